"""Writing at an index, out of place: a copy in which the entries at an index are others, and its derivatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np._dtypes import DType, float16, float32, float64
from tinygrad_np._graph import Array, Domain, Draw, Value, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import Shape
from tinygrad_np.ops.elementwise import masked, raw
from tinygrad_np.ops.indexing import Steps, index_case, repeats, taken
from tinygrad_np.ops.movement import reshape


def write_at(x: Array, values: Any, index: Steps) -> None:
    """Set ``x[index]`` to ``values`` in place; where an index repeats, the last in the order of the index stays.

    NumPy goes through an index as it lies in memory: so ``as_index`` lets the entries lie in their order.
    """
    *views, last = index
    for view in views:
        x = x[view]
    try:
        x[last] = values
    except TypeError as error:  # what NumPy calls a shape that does not fit a mask
        raise ValueError(error) from None


def _with_values(a: Array, b: Any, /, index: Steps) -> Array:
    out = np.array(a)  # of a number too, as which a 0-d gradient may come
    write_at(out, b, index)
    return out


def _lasting(index: Steps, shape: Shape, picked: Shape) -> Array:
    """Tell which of the entries that an index picks are the last written to their place."""
    order = np.arange(int(np.prod(picked))).reshape(picked)
    writer = np.empty(shape, np.int64)
    write_at(writer, order, index)
    lasting: Array = taken(writer, index) == order
    return lasting


def lasted(g: Any, index: Steps) -> Any:
    """Pick from ``g`` what was written at an index: 0 for what a later write to the same place replaced."""
    picked = taken(g, index)
    return masked(picked, _lasting(index, raw(g).shape, raw(picked).shape)) if repeats(index[-1]) else picked


def _assignment_case(draw: Draw) -> Case:
    (shape,), (index,) = index_case(draw)
    picked = np.empty(shape)[index].shape
    values = tuple(draw.choice([n, n, n, 1]) for n in picked[draw.choice([0, 0, 0, draw.integer(0, len(picked))]) :])
    return [shape, values], ((index,),)


_assign: Function = op(
    "setitem",
    _with_values,
    domain=Domain(case=_assignment_case),
    promotion=as_is,
    a=lambda g, index: _assign(g, 0, index),
    b=lambda g, index: lasted(g, index),  # the walk sums over what was repeated
)


def assigned(input: Any, value: Any, index: Steps) -> Any:
    """Return a copy of ``input`` with ``value`` at ``index``, as ``steps(as_index(...))`` gives it.

    ``value``, a tensor or a number, broadcasts and is converted to the dtype of ``input``. Where an index repeats, the
    last write stays, and the gradient goes to it alone.
    """
    return _assign(input, without_leading_ones(value), index)


def without_leading_ones(value: Any) -> Any:
    """Leave out the first dims of size 1, which an assigned value may have too many of."""
    shape = getattr(raw(value), "shape", ())
    if not shape or shape[0] != 1:
        return value
    return reshape(value, shape[next((i for i, n in enumerate(shape) if n != 1), len(shape)) :])


_LARGEST = {dtype: float(np.finfo(dtype).max) for dtype in (float16, float32, float64)}


def as_entry(value: Any, dtype: DType, name: str) -> Any:
    """Return a number, or a tensor of one, as a number of a dtype; a float loses its fraction to integers."""
    if isinstance(value, Value) and value.node is not None:
        raise TypeError(f"{name}: value must be a number, got a tensor that requires grad; detach it")
    number = raw(value)
    if isinstance(number, (np.ndarray, np.generic)) and not number.ndim:
        number = number.item()
    if not isinstance(number, (int, float)):
        raise TypeError(f"{name}: value must be a number, got {type(value).__name__} of shape {np.shape(number)}")
    try:
        if dtype.kind != "f":
            return np.array(number if dtype.kind == "b" else int(number), dtype).item()
        entry = float(number)
        if not _LARGEST[dtype] < abs(entry) < math.inf:
            return entry
    except (OverflowError, ValueError):
        pass
    raise RuntimeError(f"{name}: {number} does not fit into {dtype}")
