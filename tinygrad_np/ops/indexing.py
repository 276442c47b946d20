"""Ops that pick entries by index, and the closed family of their derivatives: picking and adding back."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from tinygrad_np._dtypes import int32, int64
from tinygrad_np._graph import Array, Domain, Draw, Value, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import Shape, normalise_dim
from tinygrad_np.ops.elementwise import masked, raw

INTEGERS = (int64, int32)
Steps = tuple[Any, ...]  # indices, each to apply to what the one before it picked


def _place(x: Array, /, index: Any, shape: Shape) -> Array:
    """Add the entries of ``x`` at ``index`` of zeros: where an index repeats, contributions add up."""
    out = np.zeros(shape, x.dtype)
    if not repeats(index):
        out[index] = x
    elif (rows := _leading(index)) is None:
        np.add.at(out, index, x)
    elif x.size:
        np.add.at(out.reshape(-1), places(rows, shape), x.reshape(-1))  # NumPy is much faster at one index
    return out


def _leading(index: Any) -> tuple[Array, ...] | None:
    """Return an index as position arrays for the first dims, if that is what it is."""
    parts = index if isinstance(index, tuple) else (index,)
    plain = all(isinstance(part, np.ndarray) and part.dtype != np.bool_ for part in parts)
    return parts if plain else None


def places(rows: tuple[Array, ...], shape: Shape) -> Array:
    """Return the places in the flattened array of all that position arrays for the first dims pick."""
    covered = len(rows)
    first = np.ravel_multi_index(np.broadcast_arrays(*rows), shape[:covered], "wrap")
    length = math.prod(shape[covered:])
    return (first[..., None] * length + np.arange(length)).reshape(-1)


def repeats(index: Any) -> bool:
    """Tell whether an index may name an entry twice: only integer arrays can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, np.ndarray) and part.dtype != np.bool_ for part in parts)


def index_case(draw: Draw) -> Case:
    """An array and an index into it of any kind."""
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
    (shape,), (index,) = index_case(draw)
    return [np.empty(shape)[index].shape], (index, shape)


_getitem = op(
    "getitem",
    lambda x, /, index: x[index],
    domain=Domain(case=index_case),
    promotion=as_is,
    view=lambda x, v, index: rewritten(x, v, index),
    x=lambda g, index, x_shape: place(g, index, x_shape),
)
place: Function = op(
    "place",
    _place,
    domain=Domain(case=_placed_case),
    promotion=as_is,
    x=lambda g, index: _getitem(g, index),
)


def rewritten(x: Any, v: Any, index: Any) -> Any:
    """Return ``x`` with ``v`` at an index of slices: what ``x`` becomes where its view is overwritten."""
    keep = np.ones(raw(x).shape, bool)
    keep[index] = False
    return masked(x, keep) + place(v, index, keep.shape)


def as_index(index: Any, name: str = "getitem") -> Any:
    """Replace the tensors and lists in an index by arrays, and refuse what PyTorch refuses, or is about to change."""
    if type(index) is tuple:
        return tuple(_as_part(part, name) for part in index)
    if type(index) is list and not all(isinstance(part, (int, np.integer, np.bool_)) for part in index):
        raise IndexError(
            f"{name}: a list of other than numbers is ambiguous as an index: pass a tuple for an index per dim, or a "
            "tensor of positions"
        )
    return _as_part(index, name)


def _as_part(index: Any, name: str) -> Any:
    kind = type(index)
    if kind is int or index is None or index is Ellipsis:
        return index
    if kind is slice:
        return _as_slice(index, name)
    if isinstance(index, (Value, list, tuple, range, np.ndarray)):
        return _as_array(index, name)
    if isinstance(index, str):
        raise TypeError(f"{name}: a str is no index, got {index!r}")
    return index.item() if isinstance(index, np.generic) else index


def _as_slice(index: slice, name: str) -> slice:
    if index.step is not None and index.step <= 0:
        raise ValueError(f"{name}: the step of a slice must be positive, got {index.step}; use flip to reverse")
    parts = (index.start, index.stop, index.step)
    if all(part is None or type(part) is int for part in parts):
        return index
    return slice(*(part if part is None else operator.index(part) for part in parts))  # a tensor may be written to


def _as_array(index: Any, name: str) -> Any:
    array = np.array(raw(index), order="C")  # as `write_at` needs it
    if not array.size and not isinstance(index, (Value, np.ndarray)):
        array = array.astype(np.int64)
    if array.dtype not in (np.bool_, *INTEGERS):
        raise IndexError(
            f"{name}: tensors used as indices must be bool, int64 or int32, got {array.dtype}; "
            "call .bool() for a mask or .long() for positions"
        )
    return array if array.ndim or array.dtype == np.bool_ else int(array)


def steps(index: Any, ndim: int) -> Steps:
    """Split an index that has arrays beside integers in two, of which only the second has arrays.

    NumPy puts the dims of arrays that stand apart in front, and counts an integer as an array and an Ellipsis for no
    dims as a gap. In PyTorch integers pick first, and such an Ellipsis is nothing.
    """
    if type(index) is int:  # the most frequent of all
        return ((index, ...),)
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
    """Let an index for all dims, or for the none there are, give a 0-d view to write to; NumPy would give a number."""
    parts = index if type(index) is tuple else (index,)
    if parts and int not in map(type, parts):
        return index
    return (*parts, ...) if all(type(part) in (int, slice) for part in parts) else index


def _dims_covered(part: Any) -> int:
    """Return how many dims of the tensor a part of an index stands for."""
    if part is None or part is Ellipsis or isinstance(part, bool):
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == np.bool_ else 1


def getitem(input: Any, index: Any) -> Any:
    """Pick entries by slices, integers, None, Ellipsis, bool masks and integer tensors, as ``input[index]``.

    Slices share memory; where an integer tensor repeats an index, the gradients of the repeats add up.
    """
    return taken(input, steps(as_index(index), raw(input).ndim))


def taken(input: Any, index: Steps) -> Any:
    """Pick entries at an index in steps."""
    for step in index:
        input = _getitem(input, step)
    return input


def placed(input: Any, index: Steps, shape: Shape) -> Any:
    """Add entries at an index in steps to zeros of a shape."""
    if len(index) > 1:
        first, *rest = index
        inner = np.broadcast_to(np.zeros((), bool), shape)[first].shape
        return place(placed(input, tuple(rest), inner), first, shape)
    return place(input, index[0], shape)


def along(index: Array, dim: int) -> tuple[Array, ...]:
    """Spell out an index along one dim for all dims."""
    grid = list(np.ix_(*(range(n) for n in index.shape)))
    grid[dim] = index.copy()  # which the user may write to
    return tuple(grid)


def at_dim(dim: int, position: Any) -> tuple[Any, ...]:
    """Return the index that picks at a position along ``dim``, and all of the dims before it."""
    return (*(slice(None),) * dim, position)


def _but(dim: int, shape: Shape) -> Shape:
    return shape[:dim] + shape[dim + 1 :]


def positions(index: Any, name: str, dtypes: tuple[Any, ...] = INTEGERS, refusal: Any = RuntimeError) -> Array:
    """Return the array of an index tensor, of the dtypes that PyTorch takes; an empty one may have any."""
    array = raw(index)
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name}: index must be a tensor, got {type(index).__name__}")
    if not array.size:
        return np.zeros(array.shape, np.int64)
    if array.dtype not in dtypes:
        listed = " or ".join(map(str, dtypes))
        raise refusal(f"{name}: index must be an integer tensor ({listed}), got {array.dtype}; call .long()")
    return array


def check_range(
    index: Array, n: int, name: str, where: str, refusal: type[Exception] = IndexError, low: int = 0
) -> None:
    """Refuse positions that are not among the ``n`` there are, which from the end may start at ``low``."""
    if index.size and not (index.min() >= low and index.max() < n):
        wrong = index[(index < low) | (index >= n)][0]
        raise refusal(f"{name}: index out of range: {wrong} is not among {low} to {n - 1}, {where}")


def check_within(index: Array, dim: int, shape: Shape, name: str, src: Shape | None = None) -> None:
    """Refuse an index along ``dim`` that has other dims, or reaches beyond the tensor (apart from dim) or ``src``."""
    if index.ndim != len(shape) or any(m > n for m, n in zip(_but(dim, index.shape), _but(dim, shape), strict=True)):
        raise RuntimeError(f"{name}: index of shape {index.shape} does not lie within {shape} apart from dim {dim}")
    if src is not None and (len(src) != index.ndim or any(m > n for m, n in zip(index.shape, src, strict=True))):
        raise RuntimeError(f"{name}: index of shape {index.shape} does not lie within src of shape {src}")
    check_range(index, shape[dim], name, f"along dim {dim} of shape {shape}", RuntimeError)


def gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    """Pick along one dim: ``out[i][j] = input[index[i][j]][j]`` for dim 0; ``out`` has the shape of ``index``.

    Where an index repeats, the gradients of the repeats add up. ``sparse_grad`` changes nothing: gradients are dense.

    >>> import tinygrad_np as tg
    >>> tg.gather(tg.tensor([[1, 2], [3, 4]]), 1, tg.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    shape, index = raw(input).shape, positions(index, "gather")
    dim = normalise_dim(dim, len(shape), "gather")
    if not shape or not index.ndim:  # a number is taken as a vector of one entry
        picked = gather(input if shape else _getitem(input, (None,)), dim, index if index.ndim else index[None])
        return picked if index.ndim else _getitem(picked, (0, ...))
    if not index.size:
        return _getitem(input, (np.zeros(index.shape, np.int64),) * len(shape))
    check_within(index, dim, shape, "gather")
    return _getitem(input, along(index, dim))
