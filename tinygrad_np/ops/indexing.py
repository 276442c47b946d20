"""Ops that pick entries by index, and the closed family of their derivatives: picking and adding back."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, Value, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import Shape, normalise_dim
from tinygrad_np.ops.elementwise import raw


def _place(x: Array, /, index: Any, shape: Shape) -> Array:
    """Add the entries of ``x`` at ``index`` of zeros: where an index repeats, contributions add up."""
    out = np.zeros(shape, x.dtype)
    if repeats(index):
        np.add.at(out, index, x)
    else:
        out[index] = x
    return out


def repeats(index: Any) -> bool:
    """Tell whether an index may name an entry twice: only integer arrays can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, np.ndarray) and part.dtype != np.bool_ for part in parts)


def _index_case(draw: Draw) -> Case:
    shape = draw.shape(min_dims=1, min_side=1)
    n = shape[0]
    index: Any = draw.choice(["slice", "int", "mask", "array", "both"])
    if index == "slice":
        index = (..., slice(draw.integer(0, shape[-1]), None, draw.integer(1, 2)))
    elif index == "int":
        index = draw.integer(-n, n - 1)
    elif index == "mask":
        index = draw.mask(shape[: draw.integer(1, len(shape))])
    elif index == "array":
        index = draw.integers(draw.shape(max_dims=2), -n, n - 1)
    else:
        index = (draw.integers((draw.integer(0, 4),), 0, n - 1), None, ...)
    return [shape], (index,)


def _placed_case(draw: Draw) -> Case:
    (shape,), (index,) = _index_case(draw)
    return [np.empty(shape)[index].shape], (index, shape)


_getitem = op(
    "getitem",
    lambda x, /, index: x[index],
    domain=Domain(case=_index_case),
    promotion=as_is,
    x=lambda g, index, x_shape: _scatter(g, index, x_shape),
)
_scatter: Function = op(
    "place",
    _place,
    domain=Domain(case=_placed_case),
    promotion=as_is,
    x=lambda g, index: _getitem(g, index),
)


def as_index(index: Any) -> Any:
    """Replace the tensors and lists in an index by arrays, and refuse what PyTorch refuses."""
    if type(index) is tuple:
        return tuple(_as_part(part) for part in index)
    return _as_part(index)


def _as_part(index: Any) -> Any:
    if isinstance(index, (Value, list, tuple, range, np.ndarray)):
        array = np.array(index.array) if isinstance(index, Value) else np.array(index)
        if not isinstance(index, (Value, np.ndarray)) and not array.size:
            array = array.astype(np.int64)
        if array.dtype.kind not in "bui":
            raise IndexError(f"getitem: tensors used as indices must be integer or bool, got {array.dtype}")
        if array.dtype == np.uint8:
            raise IndexError("getitem: a uint8 index is ambiguous: call .bool() for a mask or .long() for positions")
        return array if array.ndim or array.dtype == np.bool_ else int(array)
    if isinstance(index, slice) and index.step is not None and index.step <= 0:
        raise ValueError(f"getitem: the step of a slice must be positive, got {index.step}; use flip to reverse")
    return index


def steps(index: Any, ndim: int) -> tuple[Any, ...]:
    """Split an index that has arrays beside integers in two, of which only the second has arrays.

    NumPy puts the dims of arrays that stand apart in front, and counts an integer as an array and an Ellipsis for no
    dims as a gap. In PyTorch integers pick first, and such an Ellipsis is nothing.
    """
    if type(index) is not tuple or not any(isinstance(part, np.ndarray) for part in index):
        return (_viewing(index),)
    covered = sum(_dims_covered(part) for part in index)
    parts = [part for part in index if part is not Ellipsis or covered < ndim]
    first: list[Any] = []
    then: list[Any] = []
    for part in parts:
        if isinstance(part, np.ndarray):
            first += [slice(None)] * _dims_covered(part)
            then.append(part)
        elif isinstance(part, bool):
            then.append(part)
        else:
            first.append(part)
            if part is Ellipsis:
                then.append(part)
            elif part is None or isinstance(part, slice):
                then.append(slice(None))
    if len(then) == len(parts):
        return (tuple(parts),)
    if not any(part is Ellipsis for part in first):
        first.append(Ellipsis)  # so that the first step gives a view, never a number
    return tuple(first), tuple(then)


def _viewing(index: Any) -> Any:
    """Let an index of integers for all dims give a 0-d view, to which one can write; NumPy would give a number."""
    parts = index if type(index) is tuple else (index,)
    integers = [part for part in parts if type(part) is int]
    return (*parts, ...) if integers and all(type(part) in (int, slice) for part in parts) else index


def _dims_covered(part: Any) -> int:
    """Return how many dims of the tensor a part of an index stands for."""
    if part is None or part is Ellipsis or isinstance(part, bool):
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == np.bool_ else 1


def getitem(input: Any, index: Any) -> Any:
    """Pick entries by slices, integers, None, Ellipsis, bool masks and integer tensors, as ``input[index]``.

    Slices share memory; where an integer tensor repeats an index, the gradients of the repeats add up.
    """
    for step in steps(as_index(index), raw(input).ndim):
        input = _getitem(input, step)
    return input


def _gather_index(index: Array, dim: int) -> tuple[Array, ...]:
    """Spell out an index along one dim for all dims."""
    grid = list(np.ix_(*(range(n) for n in index.shape)))
    grid[dim] = index.copy()  # which the user may write to
    return tuple(grid)


def _but(dim: int, shape: Shape) -> Shape:
    return shape[:dim] + shape[dim + 1 :]


def gather(input: Any, dim: int, index: Any) -> Any:
    """Pick along one dim: ``out[i][j] = input[index[i][j]][j]`` for dim 0; ``out`` has the shape of ``index``.

    >>> import tinygrad_np as tg
    >>> tg.gather(tg.tensor([[1, 2], [3, 4]]), 1, tg.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    shape, index = raw(input).shape, raw(index)
    dim = normalise_dim(dim, len(shape), "gather")
    if index.dtype.kind not in "iu":
        raise RuntimeError(f"gather: index must be an integer tensor, got {index.dtype}")
    if index.ndim != len(shape) or any(m > n for m, n in zip(_but(dim, index.shape), _but(dim, shape), strict=True)):
        raise RuntimeError(f"gather: index of shape {index.shape} does not lie within {shape} apart from dim {dim}")
    if index.size and not (index.min() >= 0 and index.max() < shape[dim]):
        raise RuntimeError(f"gather: index out of range 0 to {shape[dim] - 1} for dim {dim} of shape {shape}")
    return _getitem(input, _gather_index(index, dim)) if index.ndim else _getitem(input, ())
