"""Pooling by the maximum over windows, over one, two and three dims, and its partial inverse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._graph import Value, wrap
from tinygrad_np._public.wrapping import public
from tinygrad_np._shapes import Shape
from tinygrad_np.nn._window_arguments import (
    Sizes,
    adaptive_size,
    array_of,
    batched,
    like_given,
    nonempty,
    of_numbers,
    per_dim,
    pool_windows,
)
from tinygrad_np.ops.assignment import assigned
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.indexing import taken
from tinygrad_np.ops.movement import reshape
from tinygrad_np.ops.pooling import largest, largest_adaptive


def _max_pool(
    dims: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    name = f"max_pool{dims}d"
    input, whole = batched(input, dims, name)
    x = raw(input)
    of_numbers(x, name, "f" if dims == 1 else "fiu")
    nonempty(x.shape, name)
    windows = pool_windows(x.shape[2:], kernel_size, stride, padding, dilation, ceil_mode, name)
    return _picked(input, largest(x, windows), whole, return_indices)


def _adaptive_max_pool(dims: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    name = f"adaptive_max_pool{dims}d"
    input, whole, counts = adaptive_size(input, output_size, dims, name)
    of_numbers(raw(input), name, "f")
    return _picked(input, largest_adaptive(raw(input), counts), whole, return_indices)


def _flat_places(places: np.ndarray[Any, Any], image: Shape) -> np.ndarray[Any, Any]:
    """Return places in flat planes as places in the flat batch."""
    planes = np.arange(math.prod(places.shape[:2])) * math.prod(image)
    return places + planes.reshape(*places.shape[:2], *(1,) * len(image))


def _picked(input: Any, places: np.ndarray[Any, Any], whole: bool, return_indices: bool) -> Any:
    """Return the entries at places in the flat planes, and the places if they are wanted."""
    pooled = taken(reshape(input, (-1,)), (_flat_places(places, raw(input).shape[2:]),))
    if not return_indices:
        return like_given(pooled, whole)
    return like_given(pooled, whole), wrap(places if whole else places[0])


@public
def max_pool1d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Find the largest entry of each window along one dim, as ``max_pool2d`` does over two.

    Shapes: input (N, C, L) or (C, L), result (N, C, L') or (C, L').

    >>> import tinygrad_np as tg
    >>> max_pool1d(tg.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@public
def max_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Find the largest entry of each window of an image.

    The gradient goes to the entry that was found: among equals to the first. A NaN counts as the largest.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    kernel_size : int or two
        The size of a window.
    stride : int or two, optional
        The distance from window to window; `kernel_size` if it is not given.
    padding : int or two
        How far windows may reach over each edge: at most half their size. What lies there is never the largest.
    dilation : int or two
        The distance between neighbouring entries of a window; each window must see an entry of the image.
    ceil_mode : bool
        Whether a last window that reaches over the end counts too, if it begins in the image or the padding before it.
    return_indices : bool
        Whether to return, beside the entries, their places in the flat image; int64, for ``max_unpool2d``.

    Returns
    -------
    Tensor, shape (N, C, H', W') or (C, H', W')
        With H' = (H + 2 * padding - dilation * (k1 - 1) - 1) // stride + 1, rounded up with `ceil_mode`.

    Raises
    ------
    RuntimeError
        If shapes or numbers do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> image = tg.tensor([[[1.0, 2.0], [5.0, 4.0]]])
    >>> max_pool2d(image, 2, return_indices=True)
    (tensor([[[5.]]]), tensor([[[2]]]))
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@public
def max_pool3d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Find the largest entry of each window over three dims, as ``max_pool2d`` does over two.

    Shapes: input (N, C, D, H, W) or (C, D, H, W), result the same with D', H', W'.

    >>> import tinygrad_np as tg
    >>> max_pool3d(tg.ones(1, 2, 4, 4, 4), 2).shape
    (1, 2, 2, 2, 2)
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@public
def adaptive_max_pool1d(input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """Find the largest entry of each of ``output_size`` windows along one dim, as ``adaptive_max_pool2d`` over two.

    >>> import tinygrad_np as tg
    >>> adaptive_max_pool1d(tg.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _adaptive_max_pool(1, input, output_size, return_indices)


@public
def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Find the largest entry of each window, for as many windows as are asked for.

    Window i of n, over a dim of size H, reaches from the rounded-down i * H / n to the rounded-up (i + 1) * H / n.
    The gradient goes to the entry that was found: among equals to the first.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    output_size : int or two, or None
        How many windows there are; None stands for as many as the dim has entries.
    return_indices : bool
        Whether to return, beside the entries, their places in the flat image; int64.

    Raises
    ------
    ValueError
        If `input` has too few dims.
    RuntimeError
        If other shapes or numbers do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> adaptive_max_pool2d(tg.arange(9.0).reshape(1, 3, 3), (1, 3))
    tensor([[[6., 7., 8.]]])
    """
    return _adaptive_max_pool(2, input, output_size, return_indices)


@public
def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Find the largest entry of each of so many windows over three dims, as ``adaptive_max_pool2d`` over two.

    >>> import tinygrad_np as tg
    >>> adaptive_max_pool3d(tg.ones(1, 2, 5, 5, 5), (1, None, 3)).shape
    (1, 2, 1, 5, 3)
    """
    return _adaptive_max_pool(3, input, output_size, return_indices)


# ------------------------------------------------------------------------------------------------------- unpooling


def _unpooled_size(
    count: Shape, kernel_size: Any, stride: Any, padding: Any, output_size: Sequence[int] | None, name: str
) -> Shape:
    """Return the size of the image that was pooled, as far as it can be known, or the one given."""
    dims = len(count)
    size = per_dim(kernel_size, dims, name, "kernel_size", 1)
    step = size if stride is None else per_dim(stride, dims, name, "stride", 1)
    border = per_dim(padding, dims, name, "padding", 0)
    image = tuple((n - 1) * s + k - 2 * p for n, s, k, p in zip(count, step, size, border, strict=True))
    if output_size is None:
        return image
    given = tuple(output_size)[-dims:]
    if len(output_size) not in (dims, dims + 2):
        raise ValueError(f"{name}: output_size must have {dims} or {dims + 2} entries, got {output_size}")
    if any(abs(wanted - n) >= s for wanted, n, s in zip(given, image, step, strict=True)):
        raise ValueError(f"{name}: output_size {given} must be less than a stride, {step}, away from {image}")
    return given


def _max_unpool(
    dims: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Any:
    name = f"max_unpool{dims}d"
    places = array_of(indices, name, "indices")
    if places.dtype != np.int64:
        raise RuntimeError(f"{name}: indices must be int64, got {places.dtype}; call .long()")
    if places.shape != array_of(input, name, "input").shape:
        raise RuntimeError(f"{name}: indices must have the shape of input, {raw(input).shape}, got {places.shape}")
    input, whole = batched(input, dims, name)
    x, places = raw(input), places.reshape(raw(input).shape)
    of_numbers(x, name, "f")
    nonempty(x.shape, name)
    image = _unpooled_size(x.shape[2:], kernel_size, stride, padding, output_size, name)
    if places.size and not (places.min() >= 0 and places.max() < math.prod(image)):
        raise RuntimeError(f"{name}: indices must lie in the flat image of {image}, 0 to {math.prod(image) - 1}")
    zeros = np.zeros(math.prod(x.shape[:2]) * math.prod(image), x.dtype)
    flat = _flat_places(places, image)
    filled = assigned(wrap(zeros) if isinstance(input, Value) else zeros, input, (flat,))
    return like_given(reshape(filled, (*x.shape[:2], *image)), whole)


@public
def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Any:
    """Put the entries that ``max_pool1d`` found back to where it found them, as ``max_unpool2d`` over two dims.

    >>> import tinygrad_np as tg
    >>> max_unpool1d(tg.tensor([[3.0, 2.0]]), tg.tensor([[1, 2]]), 2)
    tensor([[0., 3., 2., 0.]])
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


@public
def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Any:
    """Put the entries that ``max_pool2d`` found back to where it found them, with zeros in between.

    Where two were found at one place the last stays, and the gradient is its own.

    Parameters
    ----------
    input, indices : Tensor, shape (N, C, H, W) or (C, H, W)
        What ``max_pool2d`` returned with ``return_indices=True``.
    kernel_size, stride, padding
        As those of ``max_pool2d``.
    output_size : sequence of 2 or 4 int, optional
        The size of the image that was pooled, where several sizes are possible; the last two count.

    Raises
    ------
    ValueError
        If no image of `output_size` is pooled to that of `input`.
    RuntimeError
        If other shapes or numbers do not fit, or an index lies outside of the image.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> max_unpool2d(tg.tensor([[[5.0]]]), tg.tensor([[[2]]]), 2)
    tensor([[[0., 0.],
             [5., 0.]]])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


@public
def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Any:
    """Put the entries that ``max_pool3d`` found back to where it found them, as ``max_unpool2d`` over two dims.

    >>> import tinygrad_np as tg
    >>> max_unpool3d(tg.ones(1, 1, 1, 1), tg.tensor([[[[7]]]]), 2).shape
    (1, 2, 2, 2)
    """
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)
