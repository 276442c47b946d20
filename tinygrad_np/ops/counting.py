"""How many entries there are of a kind: not 0, of each value, in each interval; and which values there are.

Counts are constants. The values that ``unique`` returns are entries of the input, the first of their kind, and pass
their gradients on to them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np._dtypes import float32, float64
from tinygrad_np._graph import Array, is_grad_enabled
from tinygrad_np._shapes import normalise_dim, normalise_dims
from tinygrad_np.ops.elementwise import constant, raw
from tinygrad_np.ops.indexing import getitem
from tinygrad_np.ops.movement import reshape
from tinygrad_np.ops.reduction import Dim
from tinygrad_np.ops.sorting import order


def count_nonzero(input: Any, dim: Dim = None) -> Any:
    """Count the entries over ``dim`` that are not 0 (NaN is not); int64.

    >>> import tinygrad_np as tg
    >>> tg.count_nonzero(tg.tensor([[0.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([1, 2])
    """
    x = raw(input)
    return constant(input, np.asarray(np.count_nonzero(x, normalise_dims(dim, x.ndim, "count_nonzero"))))


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """Count how often each of 0, 1, 2, ... occurs, or add up the ``weights`` where it does.

    Counts are int64; sums of float32 weights are float32, others float64. There are at least ``minlength`` of them.
    No gradient flows to the weights.

    >>> import tinygrad_np as tg
    >>> tg.bincount(tg.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    x, given = raw(input), raw(weights)
    if x.dtype.kind not in "iu" or x.ndim != 1 or (x.size and x.min() < 0):
        raise RuntimeError(
            f"bincount: input must be one-dimensional, of integers that are not negative; got shape {x.shape} "
            f"and {x.dtype}{f', smallest {x.min()}' if x.size else ''}"
        )
    if minlength < 0:
        raise RuntimeError(f"bincount: minlength must not be negative, got {minlength}")
    if weights is not None:
        if given.shape != x.shape:
            raise RuntimeError(f"bincount: weights of shape {given.shape} do not fit input of shape {x.shape}")
        if getattr(weights, "node", None) is not None and is_grad_enabled():
            raise RuntimeError("bincount: a gradient of the weights would be lost; .detach() them, or use index_add")
    counts = np.bincount(x.astype(np.int64), given, minlength)
    return constant(input, counts.astype(float32) if weights is not None and given.dtype == float32 else counts)


def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """Count the entries in each of ``bins`` equal intervals from ``min`` to ``max``, in the dtype of the input.

    What lies outside, or is NaN, is not counted; the last interval contains ``max``. Where both bounds are equal, they
    are the smallest and the largest entry.

    >>> import tinygrad_np as tg
    >>> tg.histc(tg.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    x = raw(input)
    if x.dtype not in (float32, float64):
        raise RuntimeError(f"histc: input has dtype {x.dtype}; it needs float32 or float64: call .float()")
    if bins < 1:
        raise RuntimeError(f"histc: bins must be positive, got {bins}")
    low, high = x.dtype.type(min), x.dtype.type(max)
    if low == high and x.size:
        low, high = x.min(), x.max()
    if low == high:
        low, high = low - 1, high + 1
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"histc: the range from {low} to {high} is not finite; give min and max")
    if low > high:
        raise RuntimeError(f"histc: min must not be larger than max, got {min} and {max}")
    inside = x[(x >= low) & (x <= high)]
    places = ((inside - low) / (high - low) * bins).astype(np.int64)
    return constant(input, np.bincount(np.minimum(places, bins - 1), minlength=bins).astype(x.dtype))


# -------------------------------------------------------------------------------------------------------- which values


def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Find the different entries, in ascending order also without ``sorted``; with ``dim``, the different slices.

    With ``return_inverse`` also where each entry of the input is among them, with ``return_counts`` also how often
    each occurs. Every NaN differs from every other.

    >>> import tinygrad_np as tg
    >>> tg.unique(tg.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    rows, dim = _rows(raw(input), dim, "unique")
    if rows.shape[1] == 1:
        ascending = order(rows[:, 0], 0)
    else:
        ascending = np.lexsort(rows.T[::-1]) if rows.size else np.arange(len(rows))
    return _distinct(input, dim, rows, ascending, return_inverse, return_counts)


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Keep one of each run of equal entries; with ``dim``, of equal slices. For the rest, see ``unique``.

    >>> import tinygrad_np as tg
    >>> tg.unique_consecutive(tg.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    rows, dim = _rows(raw(input), dim, "unique_consecutive")
    return _distinct(input, dim, rows, np.arange(len(rows)), return_inverse, return_counts)


def _rows(x: Array, dim: int | None, name: str) -> tuple[Array, int | None]:
    """Return what is compared, entries or slices, as the rows of a matrix; and the dim normalised."""
    if dim is None or not x.ndim:
        return x.reshape(-1, 1), None if dim is None else normalise_dim(dim, x.ndim, name)
    dim = normalise_dim(dim, x.ndim, name)
    slices = np.moveaxis(x, dim, 0)
    if len(slices) and not x.size:
        raise RuntimeError(f"{name}: the slices along dim {dim} of shape {x.shape} have no entries to compare")
    return slices.reshape(len(slices), math.prod(slices.shape[1:])), dim


def _distinct(input: Any, dim: int | None, rows: Array, index: Array, return_inverse: bool, return_counts: bool) -> Any:
    """Return one of each run of equal rows, taken in the order of ``index``, and what else was asked for."""
    n, shape = len(rows), raw(input).shape
    new = np.ones(n, bool)
    new[1:] = (rows[index[1:]] != rows[index[:-1]]).any(1)
    starts = np.flatnonzero(new)
    before = (slice(None),) * (dim or 0)
    values = getitem(reshape(input, (n,)) if dim is None or not shape else input, (*before, index[starts]))
    found = [values]
    if return_inverse:
        inverse = np.empty(n, np.int64)
        inverse[index] = np.cumsum(new) - 1
        found.append(constant(input, inverse.reshape(shape) if dim is None else inverse))
    if return_counts:
        found.append(constant(input, np.diff(starts, append=n)))
    return tuple(found) if len(found) > 1 else values
