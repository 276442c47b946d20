"""Ops that fold axes into one: sums, means, and extrema.

Ties for an extremum share the gradient; a function that also returns an index gives all of it to the entry there. NaN
is larger and smaller than everything, so one among the entries is the result.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_np._dtypes import as_dtype, int64
from tinygrad_np._graph import Array, Domain, Draw, Value, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._promotion import as_is, computed
from tinygrad_np._shapes import Shape, count, kept_shape, normalise_dim, normalise_dims
from tinygrad_np.ops.aligned import pick_once
from tinygrad_np.ops.elementwise import clone, constant, masked, maximum, minimum, raw, to, where
from tinygrad_np.ops.movement import expand, reshape

Dim = int | Sequence[int] | None

# With positional arguments (axis, dtype, out, keepdims), which NumPy's type hints lack: by name takes longer.
add_reduce: Any = np.add.reduce
max_reduce: Any = np.maximum.reduce
min_reduce: Any = np.minimum.reduce
multiply_reduce: Any = np.multiply.reduce

max_result = namedtuple("max_result", ["values", "indices"])  # as in torch.return_types
min_result = namedtuple("min_result", ["values", "indices"])
aminmax_result = namedtuple("aminmax_result", ["min", "max"])

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


# ---------------------------------------------------------------------------------------------------- sums and means


def total_over(x: Array, /, axes: Shape, keepdim: bool) -> Array:
    """Add up the entries of an array over axes."""
    if x.size > BLOCK and x.dtype.kind == "f" and x.dtype.itemsize < 8:
        return _long_sum(x, axes, keepdim)
    total: Array = add_reduce(x, axes, x.dtype, None, keepdim)  # NumPy would widen small integers
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
    "sum",
    total_over,
    domain=Domain(case=folding),
    promotion=computed,
    x=lambda g, x_shape, axes: spread(g, x_shape, axes),
)


def column_sums(g: Any) -> Any:
    """Return ``g.sum(0)``; of an array that is not too long without an op, in a quarter of a microsecond less."""
    return add_reduce(g, 0) if type(g) is ndarray and len(g) <= BLOCK else sum_over(g, (0,), False)


mean_over = op(
    "mean",
    lambda x, /, axes, keepdim: total_over(x, axes, keepdim) / count(x.shape, axes),
    domain=Domain(case=folding_some),
    promotion=computed,
    x=lambda g, x_shape, axes: spread(g / count(x_shape, axes), x_shape, axes),
)


def counted(input: Any, dtype: Any, name: str) -> Any:
    """Bring the input of a sum or product to its dtype: integers and bools are added up in int64."""
    array = raw(input)
    if dtype is None:
        return input if array.dtype.kind == "f" else constant(input, array.astype(int64))
    wanted = as_dtype(dtype, name)
    return to(input, wanted) if wanted.kind == "f" else constant(input, array.astype(wanted))


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
    return mean_over(input, normalise_dims(dim, array.ndim, "mean"), keepdim)


def nansum(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Add up the entries over ``dim`` that are not NaN; the derivative in one that is NaN is 0.

    >>> import tinygrad_np as tg
    >>> tg.nansum(tg.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    axes = normalise_dims(dim, raw(input).ndim, "nansum")
    return sum_over(counted(_numbers(input), dtype, "nansum"), axes, keepdim)


def _numbers(input: Any) -> Any:
    """Replace NaN by 0."""
    return where(np.isnan(raw(input)), 0, input) if raw(input).dtype.kind == "f" else input


def nanmean(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Average the entries over ``dim`` that are not NaN; NaN where all are.

    >>> import tinygrad_np as tg
    >>> tg.nanmean(tg.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    array = raw(input)
    wanted = array.dtype if dtype is None else as_dtype(dtype, "nanmean")
    if array.dtype.kind != "f" or wanted.kind != "f":
        raise RuntimeError(f"nanmean: input has dtype {array.dtype}, dtype={dtype}; a mean needs floats: call .float()")
    axes = normalise_dims(dim, array.ndim, "nanmean")
    total = sum_over(counted(_numbers(input), dtype, "nanmean"), axes, keepdim)
    return total / np.asarray(np.count_nonzero(array == array, axes, keepdims=keepdim), wanted)


# --------------------------------------------------------------------------------------------------------- extrema


def _shared(g: Any, x: Any, y: Any, axes: Shape) -> Any:
    """Share ``g`` evenly among the entries that equal the extremum: where it is NaN, among those that are NaN."""
    x, y = raw(x), raw(y)
    hit = (x == spread(y, x.shape, axes)) | (x != x)
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


def _over_some(input: Any, dim: Dim, name: str, of_all: type[Exception] = RuntimeError) -> Shape:
    """Normalise the dims of an extremum, which no empty axis has."""
    shape = raw(input).shape
    axes = normalise_dims(dim, len(shape), name)
    if 0 in shape and any(shape[axis] == 0 for axis in axes):
        whole = dim is None or (isinstance(dim, Sequence) and not dim)
        raise (of_all if whole else IndexError)(
            f"{name}: shape {shape} has no entries along dim {axes}, and so no extremum"
        )
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


def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> aminmax_result:
    """Find the smallest and the largest entry along ``dim``, or of all; among ties the gradient is shared evenly.

    >>> import tinygrad_np as tg
    >>> tg.aminmax(tg.tensor([3.0, 1.0, 2.0]))
    aminmax_result(min=tensor(1.), max=tensor(3.))
    """
    axes = _over_some(input, _one_dim(input, dim, "aminmax"), "aminmax")
    return aminmax_result(_smallest(input, axes, keepdim), _largest(input, axes, keepdim))


def _one_dim(input: Any, dim: int | None, name: str) -> int | None:
    return dim if dim is None else normalise_dim(dim, raw(input).ndim, name)


def _best(search: Any, input: Any, dim: int | None, keepdim: bool, name: str) -> Array:
    array = raw(input)
    if dim is None:
        _over_some(input, None, name, IndexError)
        found = np.asarray(search(array))
        return found.reshape((1,) * array.ndim) if keepdim else found
    length(array, dim, name)
    return np.asarray(search(array, dim, keepdims=keepdim)) if array.ndim else np.zeros((), np.int64)


def length(x: Array, dim: int, name: str) -> int:
    """Return the number of entries along ``dim``, where one has to be found; a 0-d array has 1."""
    n = x.shape[dim] if x.ndim else 1
    if not n:
        raise IndexError(f"{name}: shape {x.shape} has no entries along dim {dim}")
    return n


def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Find the index of the largest entry (of the flattened tensor without ``dim``); among ties the first. int64.

    >>> import tinygrad_np as tg
    >>> tg.argmax(tg.tensor([[1.0, 3.0], [5.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    return constant(input, _best(np.argmax, input, _one_dim(input, dim, "argmax"), keepdim, "argmax"))


def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Find the index of the smallest entry (of the flattened tensor without ``dim``); among ties the first. int64.

    >>> import tinygrad_np as tg
    >>> tg.argmin(tg.tensor([[1.0, 3.0], [5.0, 2.0]]), dim=1)
    tensor([0, 1])
    """
    return constant(input, _best(np.argmin, input, _one_dim(input, dim, "argmin"), keepdim, "argmin"))


def chosen(input: Any, dim: int, index: Array, keepdim: bool = True) -> tuple[Any, Any]:
    """Return the entries at an index along ``dim``, none of them twice, and the index; gradients go back there.

    The index has as many dims as the input; without ``keepdim`` that one, of size 1, goes away.
    """
    values = pick_once(input, index.copy(), dim) if index.ndim else clone(input)  # the user may write to the index
    if keepdim or not index.ndim:
        return values, constant(input, index)
    shape = index.shape[:dim] + index.shape[dim + 1 :]
    return reshape(values, shape), constant(input, index.reshape(shape))


def extremum(input: Any, dim: int, keepdim: bool, search: Any, name: str) -> tuple[Any, Any]:
    """Return the extreme entries along ``dim`` and their indices; the gradient goes to that one index."""
    dim = normalise_dim(dim, raw(input).ndim, name)
    return chosen(input, dim, _best(search, input, dim, True, name), keepdim)


def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """Find the largest entry of all; along ``dim``, (values, indices); against a tensor, the larger of each two.

    Ties share the gradient, but along a dim it goes to the index that is returned.

    >>> import tinygrad_np as tg
    >>> tg.max(tg.tensor([[1.0, 3.0], [5.0, 2.0]]), 1)
    max_result(values=tensor([3., 5.]), indices=tensor([1, 0]))
    """
    other = _other(input, dim, keepdim, other, "max")
    if other is not None:
        return maximum(input, other)
    if dim is None:
        return _largest(input, _over_some(input, None, "max"), False)
    return max_result(*extremum(input, dim, keepdim, np.argmax, "max"))


def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """Find the smallest entry of all; along ``dim``, (values, indices); against a tensor, the smaller of each two.

    Ties share the gradient, but along a dim it goes to the index that is returned.

    >>> import tinygrad_np as tg
    >>> tg.min(tg.tensor([[1.0, 3.0], [5.0, 2.0]]), 1).indices
    tensor([0, 1])
    """
    other = _other(input, dim, keepdim, other, "min")
    if other is not None:
        return minimum(input, other)
    if dim is None:
        return _smallest(input, _over_some(input, None, "min"), False)
    return min_result(*extremum(input, dim, keepdim, np.argmin, "min"))


def _other(input: Any, dim: Any, keepdim: bool, other: Any, name: str) -> Any:
    """Return the tensor to compare with entry by entry, by whatever name it was given; None if there is none."""
    if not isinstance(input, (Value, np.ndarray)):
        raise TypeError(f"{name}: input must be a tensor, got {type(input).__name__}")
    if isinstance(dim, (Value, np.ndarray)) and other is None:
        dim, other = None, dim
    if other is not None and (dim is not None or not isinstance(other, (Value, np.ndarray))):
        raise TypeError(f"{name}: expected a dim or another tensor, got dim={dim!r} and other={type(other).__name__}")
    if keepdim and dim is None:
        raise TypeError(f"{name}: keepdim=True needs a dim; to keep all dims, use a{name}")
    return other
