"""What lies in the middle, or at another fraction of the entries in their order; and what occurs most often."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_np._graph import Array
from tinygrad_np._shapes import normalise_dim
from tinygrad_np.ops.elementwise import raw, where
from tinygrad_np.ops.indexing import gather, getitem
from tinygrad_np.ops.movement import permute, reshape
from tinygrad_np.ops.reduction import amax, chosen, length, sum
from tinygrad_np.ops.reshaping import ravel
from tinygrad_np.ops.sorting import order, smallest, sort

median_result = namedtuple("median_result", ["values", "indices"])  # as in torch.return_types
nanmedian_result = namedtuple("nanmedian_result", ["values", "indices"])
mode_result = namedtuple("mode_result", ["values", "indices"])


# ------------------------------------------------------------------------------------------------------------ medians


def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Find the middle entry of all, the lower of two; along ``dim``, (values, indices). NaN if there is one.

    Entries equal to the median of all share its gradient; along a dim it goes to the index that is returned.

    >>> import tinygrad_np as tg
    >>> tg.median(tg.tensor([3.0, 1.0, 2.0, 4.0]))
    tensor(2.)
    """
    if dim is None:
        return _of_all(input, keepdim, _middle, "median")
    return median_result(*_along(input, dim, keepdim, _middle, "median"))


def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Find the middle entry of those that are not NaN; NaN where all are. For the rest, see ``median``.

    >>> import tinygrad_np as tg
    >>> tg.nanmedian(tg.tensor([3.0, 1.0, 2.0, float("nan")]))
    tensor(2.)
    """
    if dim is None:
        return _of_all(input, keepdim, _middle_number, "nanmedian")
    return nanmedian_result(*_along(input, dim, keepdim, _middle_number, "nanmedian"))


def _middle(x: Array, dim: int) -> Array:
    """Return the index of the median along ``dim``, or of the first NaN."""
    nan = x != x
    middle = smallest(x, (x.shape[dim] - 1) // 2, dim)
    return np.where(nan.any(dim, keepdims=True), nan.argmax(dim, keepdims=True), middle)


def _middle_number(x: Array, dim: int) -> Array:
    """Return the index of the median of the numbers along ``dim``."""
    last = np.count_nonzero(x == x, dim, keepdims=True) - 1  # -1 where all are NaN
    return np.take_along_axis(order(x, dim), np.maximum(last // 2, 0), dim)


def _along(input: Any, dim: int, keepdim: bool, find: Any, name: str) -> tuple[Any, Any]:
    x = raw(input)
    dim = normalise_dim(dim, x.ndim, name)
    length(x, dim, name)
    return chosen(input, dim, find(x, dim) if x.ndim else order(x, dim), keepdim)


def _of_all(input: Any, keepdim: bool, find: Any, name: str) -> Any:
    """Return the entries equal to the median as one, so that they share its gradient."""
    x = raw(input)
    if keepdim:
        raise TypeError(f"{name}: keepdim=True needs a dim")
    if not x.size:
        if x.dtype.kind != "f":
            raise RuntimeError(f"{name}: there is none of no entries, shape {x.shape}; floats would give NaN")
        return sum(input) + np.nan
    flat = x.reshape(-1)
    found = flat[find(flat, 0)[0]]
    return amax(getitem(input, np.asarray(x == found if found == found else x != x)))


def mode(input: Any, dim: int = -1, keepdim: bool = False) -> mode_result:
    """Find the entry along ``dim`` that occurs most often, the smallest of several; return (values, indices).

    The index is the last at which it occurs; the gradient goes there.

    >>> import tinygrad_np as tg
    >>> tg.mode(tg.tensor([3, 1, 3, 2]))
    mode_result(values=tensor(3), indices=tensor(2))
    """
    return mode_result(*_along(input, dim, keepdim, _most_frequent, "mode"))


def _most_frequent(x: Array, dim: int) -> Array:
    """Return the index of the last entry of the longest run in the sorted array."""
    index = order(x, dim)
    rows = np.moveaxis(np.take_along_axis(x, index, dim), dim, -1)
    position = np.arange(rows.shape[-1])
    starts = np.zeros(rows.shape, np.int64)
    starts[..., 1:] = np.where(rows[..., 1:] != rows[..., :-1], position[1:], 0)
    end = (position - np.maximum.accumulate(starts, -1)).argmax(-1, keepdims=True)
    return np.take_along_axis(index, np.moveaxis(end, -1, dim), dim)


# ---------------------------------------------------------------------------------------------------------- quantiles

_TO_ONE_RANK: dict[str, Callable[..., Any]] = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}
_INTERPOLATIONS = ("linear", "midpoint", *_TO_ONE_RANK)


def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """Find what stands at the fraction ``q`` of the entries along ``dim`` (of all without one) in their order.

    That is at rank q * (n - 1); what lies between two ranks is interpolated ("linear"), taken from the "lower", the
    "higher" or the "nearest" of them, or their "midpoint". ``q`` is a number in [0, 1], or a tensor of them with one
    dim, which then comes first in the result. NaN where an entry is.

    >>> import tinygrad_np as tg
    >>> tg.quantile(tg.tensor([0.0, 1.0, 4.0]), tg.tensor([0.5, 0.75]))
    tensor([1.0000, 2.5000])
    """
    return _quantile(input, q, dim, keepdim, interpolation, "quantile")


def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """Find what stands at the fraction ``q`` of the entries that are not NaN: see ``quantile``. NaN where all are.

    >>> import tinygrad_np as tg
    >>> tg.nanquantile(tg.tensor([0.0, float("nan"), 4.0]), 0.5)
    tensor(2.)
    """
    return _quantile(input, q, dim, keepdim, interpolation, "nanquantile")


def _quantile(input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, name: str) -> Any:
    shape = raw(input).shape
    fractions = _fractions(q, raw(input), interpolation, name)
    if dim is None or not shape:
        if dim is not None:
            normalise_dim(dim, 0, name)
        rows, without, kept = ravel(input), (), (1,) * len(shape)
    else:
        at = normalise_dim(dim, len(shape), name)
        rows = permute(input, (*(axis for axis in range(len(shape)) if axis != at), at))
        without, kept = shape[:at] + shape[at + 1 :], (*shape[:at], 1, *shape[at + 1 :])
    rows = sort(rows).values
    found = _at_rank(rows, _ranks(raw(rows), fractions, name), interpolation)
    last = raw(found).ndim - 1
    first = permute(found, (last, *range(last)))
    return reshape(first, (*np.shape(raw(q)), *(kept if keepdim else without)))


def _fractions(q: Any, x: Array, interpolation: str, name: str) -> Any:
    """Return ``q`` with one dim, in the dtype of the input."""
    if x.dtype.kind != "f":
        raise RuntimeError(f"{name}: input has dtype {x.dtype}; it needs a float: call .float()")
    if not x.size:
        raise RuntimeError(f"{name}: input of shape {x.shape} has no entries")
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(f"{name}: interpolation must be one of {', '.join(_INTERPOLATIONS)}, got {interpolation!r}")
    given = raw(q)
    if not isinstance(given, (int, float, np.number, np.ndarray)):
        raise TypeError(f"{name}: q must be a number or a tensor, got {type(given).__name__}")
    if isinstance(given, np.ndarray) and (given.ndim > 1 or given.dtype != x.dtype):
        raise RuntimeError(
            f"{name}: q must be a number or a tensor of at most one dim and of the dtype of input, {x.dtype}; "
            f"got shape {given.shape} and {given.dtype}"
        )
    if not np.all((np.asarray(given) >= 0) & (np.asarray(given) <= 1)):
        raise RuntimeError(f"{name}: q must lie between 0 and 1, got {given}")
    return ravel(q) if isinstance(given, np.ndarray) else np.full(1, given, x.dtype)


def _ranks(rows: Array, q: Any, name: str) -> Any:
    """Return the ranks at fractions ``q`` of sorted rows: of the numbers alone, or else at NaN where there is one."""
    n = rows.shape[-1]
    numbers = np.count_nonzero(rows == rows, -1, keepdims=True)
    if name == "nanquantile":
        return q * np.maximum(numbers - 1, 0).astype(rows.dtype)
    return where(numbers < n, n - 1.0, q * (n - 1))


def _at_rank(rows: Any, rank: Any, interpolation: str) -> Any:
    """Take the entries of sorted rows at ranks, or between two."""
    dim = raw(rows).ndim - 1
    if interpolation in _TO_ONE_RANK:
        return gather(rows, dim, _TO_ONE_RANK[interpolation](raw(rank)).astype(np.int64))
    below, above = np.floor(raw(rank)), np.ceil(raw(rank))
    low, high = (gather(rows, dim, whole.astype(np.int64)) for whole in (below, above))
    return low + (rank - below if interpolation == "linear" else 0.5) * (high - low)
