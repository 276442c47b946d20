"""Pooling by averages over windows, over one, two and three dims."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tinygrad_np._graph import Value, wrap
from tinygrad_np._public.wrapping import public
from tinygrad_np.nn._window_arguments import (
    Sizes,
    adaptive_size,
    batched,
    like_given,
    nonempty,
    of_numbers,
    pool_windows,
)
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.pooling import adaptive_sums, sliding_sums
from tinygrad_np.ops.weighted_sums import weighted_sums
from tinygrad_np.ops.windows import Windows

Array = np.ndarray[Any, Any]


def _outer(factors: list[Array]) -> Array:
    """Multiply one vector for each dim, all with all."""
    return functools.reduce(np.multiply, np.ix_(*factors))


def _divided(sums: Any, counts: list[Array]) -> Any:
    """Divide sums over windows by the number of entries in them, the product of those along each dim."""
    divisors = _outer(counts)
    if raw(sums).dtype.kind == "f":
        return sums / divisors.astype(raw(sums).dtype)
    whole = np.trunc(raw(sums) / divisors).astype(raw(sums).dtype)  # int64, as in PyTorch
    return wrap(whole) if isinstance(sums, Value) else whole


def _counts(windows: Windows, pad: int, dim: int) -> Array:
    """Return how many entries the windows have along a dim, up to ``pad`` beyond each end of the image."""
    starts = np.arange(windows.count[dim]) * windows.stride[dim] - windows.padding[dim]
    stops = np.minimum(starts + windows.size[dim], windows.image[dim] + pad)
    return stops - np.maximum(starts, -pad)


def _avg_pool(
    dims: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None = None,
) -> Any:
    name = f"avg_pool{dims}d"
    input, whole = batched(input, dims, name)
    x = raw(input)
    of_numbers(x, name, "fl")
    nonempty(x.shape, name)
    if divisor_override == 0:
        raise RuntimeError(f"{name}: divisor_override must not be 0")
    windows = pool_windows(x.shape[2:], kernel_size, stride, padding, 1, ceil_mode, name)
    sums = input
    for dim in range(dims):
        along = (part[dim] for part in (windows.image, windows.size, windows.count, windows.stride, windows.padding))
        sums = weighted_sums(sums, sliding_sums(*along), 2 + dim)
    if divisor_override is not None:
        counts = [np.array([divisor_override])] + [np.array([1])] * (dims - 1)
    else:
        counts = [_counts(windows, windows.padding[dim] * count_include_pad, dim) for dim in range(dims)]
    return like_given(_divided(sums, counts), whole)


def _adaptive_avg_pool(dims: int, input: Any, output_size: Any) -> Any:
    name = f"adaptive_avg_pool{dims}d"
    input, whole, counts = adaptive_size(input, output_size, dims, name)
    of_numbers(raw(input), name, "f")
    along = [adaptive_sums(n, m) for n, m in zip(raw(input).shape[2:], counts, strict=True)]
    sums = input
    for axis, (weights, _) in enumerate(along, 2):
        sums = weighted_sums(sums, weights, axis)
    return like_given(_divided(sums, [sizes for _, sizes in along]), whole)


@public
def avg_pool1d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """Average each window along one dim, as ``avg_pool2d`` does over two.

    Shapes: input (N, C, L) or (C, L), result (N, C, L') or (C, L').

    >>> import tinygrad_np as tg
    >>> avg_pool1d(tg.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


@public
def avg_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Average each window of an image: the sum of its entries, divided by their number.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
        Of floats; or int64, whose averages are cut off to int64.
    kernel_size : int or two
        The size of a window.
    stride : int or two, optional
        The distance from window to window; `kernel_size` if it is not given.
    padding : int or two
        How many zeros surround the image at each side: at most half a window.
    ceil_mode : bool
        Whether a last window that reaches over the end counts too, if it begins in the image or the padding before it.
    count_include_pad : bool
        Whether the zeros of the padding count.
    divisor_override : int, optional
        What to divide by instead of the number of entries.

    Returns
    -------
    Tensor, shape (N, C, H', W') or (C, H', W')
        With H' = (H + 2 * padding - k1) // stride + 1, rounded up with `ceil_mode`.

    Raises
    ------
    RuntimeError
        If shapes or numbers do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> avg_pool2d(tg.arange(8.0).reshape(1, 2, 4), 2)
    tensor([[[2.5000, 4.5000]]])
    """
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


@public
def avg_pool3d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Average each window over three dims, as ``avg_pool2d`` does over two.

    Shapes: input (N, C, D, H, W) or (C, D, H, W), result the same with D', H', W'.

    >>> import tinygrad_np as tg
    >>> avg_pool3d(tg.ones(1, 2, 4, 4, 4), 2).shape
    (1, 2, 2, 2, 2)
    """
    return _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


@public
def adaptive_avg_pool1d(input: Any, output_size: Sizes) -> Any:
    """Average each of ``output_size`` windows along one dim, as ``adaptive_avg_pool2d`` does over two.

    >>> import tinygrad_np as tg
    >>> adaptive_avg_pool1d(tg.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    return _adaptive_avg_pool(1, input, output_size)


@public
def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """Average each window, for as many windows as are asked for.

    Window i of n, over a dim of size H, reaches from the rounded-down i * H / n to the rounded-up (i + 1) * H / n.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    output_size : int or two, or None
        How many windows there are; None stands for as many as the dim has entries.

    Raises
    ------
    ValueError
        If `input` has too few dims.
    RuntimeError
        If other shapes or numbers do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> adaptive_avg_pool2d(tg.arange(9.0).reshape(1, 3, 3), (1, 3))
    tensor([[[3., 4., 5.]]])
    """
    return _adaptive_avg_pool(2, input, output_size)


@public
def adaptive_avg_pool3d(input: Any, output_size: Any) -> Any:
    """Average each of so many windows over three dims, as ``adaptive_avg_pool2d`` does over two.

    >>> import tinygrad_np as tg
    >>> adaptive_avg_pool3d(tg.ones(1, 2, 5, 5, 5), (1, None, 3)).shape
    (1, 2, 1, 5, 3)
    """
    return _adaptive_avg_pool(3, input, output_size)
