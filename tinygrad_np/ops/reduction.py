"""Ops that fold axes into one: sums, means, extrema, and measures of spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._dtypes import as_dtype, int64
from tinygrad_np._graph import Array, Domain, Draw, Value, op, wrap
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._promotion import as_is, computed
from tinygrad_np._shapes import Shape, count, kept_shape, normalise_dim, normalise_dims
from tinygrad_np.ops.elementwise import clone, masked, raw, to, where
from tinygrad_np.ops.indexing import gather
from tinygrad_np.ops.movement import expand, reshape

Dim = int | Sequence[int] | None

# With positional arguments (axis, dtype, out, keepdims), which NumPy's type hints lack: by name takes longer.
add_reduce: Any = np.add.reduce
max_reduce: Any = np.maximum.reduce
min_reduce: Any = np.minimum.reduce
multiply_reduce: Any = np.multiply.reduce

BLOCK = 65_536  # rows: up to here a sum is NumPy's own, bit for bit; beyond it is made of blocks


def spread(g: Any, shape: Shape, axes: Shape) -> Any:
    """Repeat ``g`` along the axes that were folded, back to ``shape``."""
    return expand(reshape(g, kept_shape(shape, axes)), shape)


def _some_axes(draw: Draw, min_side: int = 0) -> tuple[Shape, Shape, bool]:
    shape = draw.shape(min_side=min_side)
    axes = tuple(axis for axis in range(len(shape)) if draw.choice([True, False]))
    return shape, axes, draw.choice([True, False])


def folding(draw: Draw) -> Case:
    """An array of any shape, some of its axes, and whether to keep them."""
    shape, axes, keepdim = _some_axes(draw)
    return [shape], (axes, keepdim)


def folding_some(draw: Draw) -> Case:
    """As ``folding``, but no axis is empty."""
    shape, axes, keepdim = _some_axes(draw, min_side=1)
    return [shape], (axes, keepdim)


# ---------------------------------------------------------------------------------------------------- sum and mean


def _sum(x: Array, /, axes: Shape, keepdim: bool) -> Array:
    if x.size > BLOCK and x.dtype.kind == "f" and x.dtype.itemsize < 8:
        return _long_sum(x, axes, keepdim)
    total: Array = add_reduce(x, axes, None, None, keepdim)
    return total


def _long_sum(x: Array, axes: Shape, keepdim: bool) -> Array:
    """Sum in blocks where NumPy would add more than BLOCK rows one after the other, and lose digits.

    Along the last axis of a contiguous array NumPy sums pairwise itself, and loses none.
    """
    pairwise = x.ndim - 1 if x.flags.c_contiguous else None
    long = [axis for axis in axes if x.shape[axis] > BLOCK and axis != pairwise]
    for axis in long:
        before = (slice(None),) * axis
        starts = range(0, x.shape[axis], BLOCK)
        blocks = [add_reduce(x[(*before, slice(start, start + BLOCK))], axis, None, None, True) for start in starts]
        x = np.concatenate(blocks, axis)
    return np.asarray(add_reduce(x, axes, None, None, keepdim))


sum_over = op(
    "sum", _sum, domain=Domain(case=folding), promotion=computed, x=lambda g, x_shape, axes: spread(g, x_shape, axes)
)
_average = op(
    "mean",
    lambda x, /, axes, keepdim: _sum(x, axes, keepdim) / count(x.shape, axes),
    domain=Domain(case=folding_some),
    promotion=computed,
    x=lambda g, x_shape, axes: spread(g / count(x_shape, axes), x_shape, axes),
)


def counted(input: Any, dtype: Any, name: str) -> Any:
    """Bring the input of a sum or product to its dtype: integers and bools are added up in int64."""
    array = raw(input)
    if dtype is None:
        return input if array.dtype.kind == "f" else _constant(input, array.astype(int64))
    wanted = as_dtype(dtype, name)
    return to(input, wanted) if wanted.kind == "f" else _constant(input, array.astype(wanted))


def _constant(like: Any, array: Array) -> Any:
    """Return an array of integers as what it came as: a tensor (outside the graph) or an array."""
    return wrap(array) if isinstance(like, Value) else array


def sum(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Add up the entries over ``dim`` (all of them without one); integers and bools in int64.

    >>> import tinygrad_np as tg
    >>> tg.sum(tg.ones(2, 3), dim=0)
    tensor([2., 2., 2.])
    """
    array = raw(input)
    if dtype is not None or array.dtype.kind != "f":
        input = counted(input, dtype, "sum")
    return sum_over(input, normalise_dims(dim, array.ndim, "sum"), keepdim)


def mean(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Average the entries over ``dim``: their sum divided by their number. Integers must name a ``dtype``.

    >>> import tinygrad_np as tg
    >>> tg.mean(tg.tensor([1.0, 2.0, 6.0]))
    tensor(3.)
    """
    if dtype is not None:
        input = to(input, as_dtype(dtype, "mean"))
    array = raw(input)
    if array.dtype.kind != "f":
        raise RuntimeError(f"mean: input has dtype {array.dtype}; a mean needs a float: pass dtype= or call .float()")
    return _average(input, normalise_dims(dim, array.ndim, "mean"), keepdim)


# --------------------------------------------------------------------------------------------------------- extrema


def _shared(g: Any, x: Any, y: Any, axes: Shape) -> Any:
    """Share ``g`` evenly among the entries that equal the extremum."""
    x, y = raw(x), raw(y)
    hit = x == spread(y, x.shape, axes)
    ties = hit.sum(axes, dtype=x.dtype).reshape(y.shape)
    return masked(spread(g / ties, x.shape, axes), hit)


TIES = Domain(case=folding_some, distinct=True)
_largest = op(
    "amax",
    lambda x, /, axes, keepdim: max_reduce(x, axes, None, None, keepdim),
    domain=TIES,
    promotion=as_is,
    x=lambda g, x, y, axes: _shared(g, x, y, axes),
)
_smallest = op(
    "amin",
    lambda x, /, axes, keepdim: min_reduce(x, axes, None, None, keepdim),
    domain=TIES,
    promotion=as_is,
    x=lambda g, x, y, axes: _shared(g, x, y, axes),
)


def _over_some(input: Any, dim: Dim, name: str) -> Shape:
    """Normalise the dims of an extremum, which no empty axis has."""
    shape = raw(input).shape
    axes = normalise_dims(dim, len(shape), name)
    if any(shape[axis] == 0 for axis in axes):
        raise IndexError(f"{name}: shape {shape} has no entries along dim {axes}, and so no extremum")
    return axes


def amax(input: Any, dim: Dim = (), keepdim: bool = False) -> Any:
    """Find the largest entry over ``dim``; among ties the gradient is shared evenly.

    >>> import tinygrad_np as tg
    >>> tg.amax(tg.tensor([[1.0, 3.0], [5.0, 2.0]]), dim=1)
    tensor([3., 5.])
    """
    return _largest(input, _over_some(input, dim, "amax"), keepdim)


def amin(input: Any, dim: Dim = (), keepdim: bool = False) -> Any:
    """Find the smallest entry over ``dim``; among ties the gradient is shared evenly.

    >>> import tinygrad_np as tg
    >>> tg.amin(tg.tensor([[1.0, 3.0], [5.0, 2.0]]), dim=1)
    tensor([1., 2.])
    """
    return _smallest(input, _over_some(input, dim, "amin"), keepdim)


def _best(search: Any, input: Any, dim: int | None, keepdim: bool, name: str) -> Array:
    array = raw(input)
    axes = _over_some(input, dim, name)
    if dim is None:
        found = np.asarray(search(array))
        return found.reshape((1,) * array.ndim) if keepdim else found
    if not axes:  # a 0-d tensor
        return np.zeros((), np.int64)
    return np.asarray(search(array, axes[0], keepdims=keepdim))


_index_of = op("argextremum", lambda x, /, found: found, promotion=as_is)


def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Find the index of the largest entry (of the flattened tensor without ``dim``); among ties the first. int64.

    >>> import tinygrad_np as tg
    >>> tg.argmax(tg.tensor([[1.0, 3.0], [5.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    return _index_of(input, _best(np.argmax, input, dim, keepdim, "argmax"))


def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Find the index of the smallest entry (of the flattened tensor without ``dim``); among ties the first. int64.

    >>> import tinygrad_np as tg
    >>> tg.argmin(tg.tensor([[1.0, 3.0], [5.0, 2.0]]), dim=1)
    tensor([0, 1])
    """
    return _index_of(input, _best(np.argmin, input, dim, keepdim, "argmin"))


def extremum(input: Any, dim: int, keepdim: bool, search: Any, name: str) -> tuple[Any, Any]:
    """Return the extreme entries along ``dim`` and their indices; the gradient goes to that one index."""
    dim = normalise_dim(dim, raw(input).ndim, name)
    if not raw(input).ndim:
        return clone(input), _index_of(input, np.zeros((), np.int64))
    index = _best(search, input, dim, True, name)
    values = gather(input, dim, index)
    shape = index.shape if keepdim else index.shape[:dim] + index.shape[dim + 1 :]
    return reshape(values, shape), _index_of(input, index.reshape(shape))


# ---------------------------------------------------------------------------------------------------------- spread


def var(
    input: Any, dim: Dim = None, *, correction: float = 1, keepdim: bool = False, unbiased: bool | None = None
) -> Any:
    """Compute the variance over ``dim``: the sum of squared distances from the mean, over n - correction.

    ``unbiased`` is PyTorch's older word for a correction of 1 (True) or 0 (False).

    >>> import tinygrad_np as tg
    >>> tg.var(tg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    if raw(input).dtype.kind != "f":
        raise RuntimeError(f"var: input has dtype {raw(input).dtype}; it needs a float: call .float()")
    correction = _corrected(correction, unbiased)
    axes = normalise_dims(dim, raw(input).ndim, "var")
    distance = input - mean(input, axes, True)
    return sum_over(distance * distance, axes, keepdim) / _freedom(raw(input).shape, axes, correction)


def _corrected(correction: float, unbiased: bool | None) -> float:
    return float(correction if unbiased is None else unbiased)


def _freedom(shape: Shape, axes: Shape, correction: float) -> float:
    """Return what a variance is divided by; NaN where nothing is left, as in PyTorch."""
    return max(count(shape, axes) - correction, 0) or float("nan")


def _std(x: Array, /, axes: Shape, keepdim: bool, correction: float) -> Array:
    distance = x - _sum(x, axes, True) / max(count(x.shape, axes), 1)
    return np.sqrt(_sum(distance * distance, axes, keepdim) / _freedom(x.shape, axes, correction))


def ratio(a: Any, b: Any) -> Any:
    """Return ``a / b``, and 0 where ``b`` is 0."""
    return masked(a / where(raw(b) == 0, 1, b), raw(b) != 0)


def _std_case(draw: Draw) -> Case:
    shape = draw.shape(min_dims=1, min_side=2)
    return [shape], ((len(shape) - 1,), draw.choice([True, False]), draw.choice([0, 1, 0.5]))


_deviation = op(
    "std",
    _std,
    domain=Domain(case=_std_case, distinct=True),
    promotion=computed,
    x=lambda g, x, y, axes, correction: (
        spread(ratio(g, y) / _freedom(raw(x).shape, axes, correction), raw(x).shape, axes) * (x - mean(x, axes, True))
    ),
)


def std(
    input: Any, dim: Dim = None, *, correction: float = 1, keepdim: bool = False, unbiased: bool | None = None
) -> Any:
    """Compute the standard deviation over ``dim``: the square root of the variance. Of equal values, gradient 0.

    >>> import tinygrad_np as tg
    >>> tg.std(tg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    if raw(input).dtype.kind != "f":
        raise RuntimeError(f"std: input has dtype {raw(input).dtype}; it needs a float: call .float()")
    return _deviation(input, normalise_dims(dim, raw(input).ndim, "std"), keepdim, _corrected(correction, unbiased))
