"""The arguments of functions of windows: one number for all dims, or one for each; images, alone or in a batch."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from tinygrad_np._shapes import Shape
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.movement import squeeze, unsqueeze
from tinygrad_np.ops.windows import Windows

Sizes = int | Sequence[int]
Array = np.ndarray[Any, Any]


def per_dim(value: Any, dims: int, name: str, argument: str, least: int) -> Shape:
    """Return an integer for each dim, none of them below ``least``."""
    given = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    if any(isinstance(n, bool) or not hasattr(n, "__index__") for n in given):
        raise TypeError(f"{name}: {argument} must be an integer, or one for each of {dims} dims, got {value!r}")
    if len(given) not in (1, dims):
        raise RuntimeError(f"{name}: {argument} must be one integer, or {dims} of them, got {value!r}")
    sizes = tuple(map(as_index, given)) * (1 if len(given) == dims else dims)
    if any(n < least for n in sizes):
        wanted = "positive" if least == 1 else "0 or more"
        raise RuntimeError(f"{name}: {argument} must be {wanted}, got {value!r}")
    return sizes


def array_of(x: Any, name: str, argument: str) -> Array:
    """Return the array of a tensor."""
    array = raw(x)
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name}: {argument} must be a tensor or an array, got {type(array).__name__}")
    return array


def batched(input: Any, dims: int, name: str) -> tuple[Any, bool]:
    """Return images (N, C, d1, ...) and whether they came as a batch; one image alone is made a batch of one."""
    shape = array_of(input, name, "input").shape
    if len(shape) not in (dims + 1, dims + 2):
        image = ("L", "H, W", "D, H, W")[dims - 1]
        raise RuntimeError(f"{name}: input must have shape (N, C, {image}) or (C, {image}), got {shape}")
    whole = len(shape) == dims + 2
    return (input if whole else unsqueeze(input, 0)), whole


def like_given(output: Any, whole: bool) -> Any:
    """Return one image alone where one alone was given."""
    return output if whole else squeeze(output, 0)


def nonempty(shape: Shape, name: str) -> None:
    """Refuse images without entries; a batch of none is fine."""
    if 0 in shape[1:]:
        raise RuntimeError(f"{name}: only the batch may be empty, got an input of shape {shape}")


def of_numbers(x: Array, name: str, kinds: str) -> None:
    """Refuse dtypes that PyTorch's function does not take; "l" stands for int64."""
    if x.dtype.kind not in kinds and not ("l" in kinds and x.dtype == np.int64):
        wanted = {"f": "floats", "fl": "floats or int64", "fiu": "numbers"}[kinds]
        raise NotImplementedError(f"{name}: input must hold {wanted}, got {x.dtype}; convert it with .to(dtype)")


def pool_windows(
    image: Shape, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, name: str
) -> Windows:
    """Return the windows over which to pool."""
    dims = len(image)
    size = per_dim(kernel_size, dims, name, "kernel_size", 1)
    step = size if stride is None or stride in ((), []) else per_dim(stride, dims, name, "stride", 1)
    border = per_dim(padding, dims, name, "padding", 0)
    spacing = per_dim(dilation, dims, name, "dilation", 1)
    reach = tuple(d * (k - 1) + 1 for k, d in zip(size, spacing, strict=True))
    if any(p > k // 2 for p, k in zip(border, size, strict=True)):
        raise RuntimeError(f"{name}: padding must be at most half of kernel_size, got {border} for {size}")
    each = zip(image, reach, step, border, strict=True)
    count = tuple(_how_many(n, r, s, p, ceil_mode) for n, r, s, p in each)
    if min(count) < 1:
        raise RuntimeError(f"{name}: windows of {reach} do not fit into an image of {image}, with padding {border}")
    windows = Windows(image, size, count, step, border, spacing)
    if any(d > n for d, n in zip(spacing, image, strict=True)):
        _check_all_see(windows, name)
    return windows


def _check_all_see(windows: Windows, name: str) -> None:
    """Refuse windows so far spread out that one sees nothing of the image, but steps over it."""
    for dim, n in enumerate(windows.image):
        positions = windows.positions(dim)
        if not ((positions >= 0) & (positions < n)).any(1).all():
            raise RuntimeError(
                f"{name}: with dilation {windows.dilation}, a window of {windows.size} sees nothing of an image of "
                f"{windows.image}, with padding {windows.padding}"
            )


def _how_many(image: int, reach: int, stride: int, padding: int, ceil_mode: bool) -> int:
    """Return how many windows there are along a dim; rounded up, the last one begins before the image ends."""
    room = image + 2 * padding - reach
    count = (room + stride - 1 if ceil_mode else room) // stride + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= image + padding else count


def adaptive_size(input: Any, output_size: Any, dims: int, name: str) -> tuple[Any, bool, Shape]:
    """Return images, whether they came as a batch, and how many windows there are along each dim."""
    shape = array_of(input, name, "input").shape
    given = tuple(output_size) if isinstance(output_size, Sequence) else (output_size,) * dims
    if dims > 1 and len(shape) <= dims:
        raise ValueError(f"{name}: input must have {dims + 1} or {dims + 2} dims, got shape {shape}")
    if len(given) != dims:
        raise RuntimeError(f"{name}: output_size must be one integer, or {dims} of them, got {output_size!r}")
    input, whole = batched(input, dims, name)
    image = raw(input).shape[2:]
    wanted = given if dims == 1 else tuple(n if m is None else m for m, n in zip(given, image, strict=True))
    if 0 in image:
        raise RuntimeError(f"{name}: an image of {image} has no entries to pool")
    return input, whole, per_dim(wanted, dims, name, "output_size", 0)
