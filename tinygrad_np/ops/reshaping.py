"""Functions that see the entries of a tensor in another shape, or their dims in another order: all share memory.

Made of the few ops of ``movement``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._graph import Value, wrap
from tinygrad_np._shapes import Shape, infer_shape, normalise_dim, normalise_shape
from tinygrad_np.ops.elementwise import clone, raw
from tinygrad_np.ops.movement import expand, permute, reshape, transpose, view


def view_as(input: Any, other: Any) -> Any:
    """Reshape to the shape of ``other`` without copying; an error where that is impossible.

    >>> import tinygrad_np as tg
    >>> tg.arange(6).view_as(tg.zeros(2, 3)).shape
    (2, 3)
    """
    return view(input, raw(other).shape)


def reshape_as(input: Any, other: Any) -> Any:
    """Reshape to the shape of ``other``.

    >>> import tinygrad_np as tg
    >>> tg.arange(6).reshape_as(tg.zeros(2, 3)).shape
    (2, 3)
    """
    return reshape(input, raw(other).shape)


def ravel(input: Any) -> Any:
    """Put all entries into one dim, in their order.

    >>> import tinygrad_np as tg
    >>> tg.ravel(tg.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return reshape(input, (-1,))


def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """Spread one dim over several, whose sizes multiply to its own; one -1 is worked out.

    >>> import tinygrad_np as tg
    >>> tg.zeros(2, 12).unflatten(1, (3, -1)).shape
    (2, 3, 4)
    """
    if not isinstance(sizes, Sequence) or isinstance(sizes, str):
        raise TypeError(f"unflatten: sizes must be a tuple of integers, got {sizes!r}")
    shape = raw(input).shape
    at = normalise_dim(dim, len(shape), "unflatten")
    if not shape or not sizes:
        raise RuntimeError(f"unflatten: dim {dim} of shape {shape} cannot be spread over sizes {tuple(sizes)}")
    inner = infer_shape(normalise_shape((list(sizes),), "unflatten"), shape[at], f"unflatten of dim {dim}")
    return reshape(input, (*shape[:at], *inner, *shape[at + 1 :]))


def t(input: Any) -> Any:
    """Transpose a matrix; a vector and a 0-d tensor stay as they are.

    >>> import tinygrad_np as tg
    >>> tg.t(tg.zeros(2, 3)).shape
    (3, 2)
    """
    shape = raw(input).shape
    if len(shape) > 2:
        raise RuntimeError(f"t: expected at most a matrix, got shape {shape}; use .mT for batches of matrices")
    return transpose(input, 0, 1) if len(shape) == 2 else reshape(input, shape)


def swapaxes(input: Any, axis0: int, axis1: int) -> Any:
    """Swap two dims: ``transpose`` by NumPy's name.

    >>> import tinygrad_np as tg
    >>> tg.swapaxes(tg.zeros(2, 3, 4), 0, 2).shape
    (4, 3, 2)
    """
    return transpose(input, axis0, axis1)


def movedim(input: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """Move one or several dims to other positions; the others stay in their order.

    >>> import tinygrad_np as tg
    >>> tg.movedim(tg.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    >>> tg.movedim(tg.zeros(2, 3, 4), (0, 1), (1, 2)).shape
    (4, 2, 3)
    """
    if isinstance(source, Sequence) != isinstance(destination, Sequence):
        raise TypeError(f"movedim: both or neither must be a tuple, got source {source} and destination {destination}")
    ndim = raw(input).ndim
    start, end = _moved(source, ndim, "source"), _moved(destination, ndim, "destination")
    if len(start) != len(end):
        raise RuntimeError(f"movedim: source {source} and destination {destination} name different numbers of dims")
    if not ndim:
        return reshape(input, ())
    order = [dim for dim in range(ndim) if dim not in start]
    for position, dim in sorted(zip(end, start, strict=True)):
        order.insert(position, dim)
    return permute(input, tuple(order))


def _moved(dims: int | Sequence[int], ndim: int, name: str) -> Shape:
    listed = dims if isinstance(dims, Sequence) else (dims,)
    found = tuple(normalise_dim(dim, ndim, "movedim") for dim in listed)
    if len(set(found)) < len(found):
        raise RuntimeError(f"movedim: {name} {tuple(listed)} names a dim twice")
    return found


def expand_as(input: Any, other: Any) -> Any:
    """Repeat dims of size 1 to the shape of ``other``, without copying; the result can't be written to.

    >>> import tinygrad_np as tg
    >>> tg.zeros(3, 1).expand_as(tg.zeros(2, 3, 4)).shape
    (2, 3, 4)
    """
    return expand(input, raw(other).shape)


def broadcast_shapes(*shapes: Any) -> Shape:
    """Return the shape to which shapes broadcast; an integer stands for a shape of one dim.

    >>> import tinygrad_np as tg
    >>> tg.broadcast_shapes((2, 1), (3,), 1)
    (2, 3)
    """
    listed = [normalise_shape((shape,), "broadcast_shapes") for shape in shapes]
    if any(n < 0 for shape in listed for n in shape):
        raise ValueError(f"broadcast_shapes: sizes cannot be negative, got {', '.join(map(str, listed))}")
    return _common(listed, "broadcast_shapes")


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """Repeat dims of size 1 of each tensor to the shape in which all meet, without copying.

    >>> import tinygrad_np as tg
    >>> [x.shape for x in tg.broadcast_tensors(tg.zeros(2, 1), tg.zeros(3))]
    [(2, 3), (2, 3)]
    """
    listed = alike(tensors, "broadcast_tensors")
    shape = _common([raw(tensor).shape for tensor in listed], "broadcast_tensors")
    return tuple(expand(tensor, shape) for tensor in listed)


def alike(tensors: Sequence[Any], name: str) -> list[Any]:
    """Return tensors and arrays as a list: all tensors, if any of them is one."""
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, (Value, np.ndarray)):
            raise TypeError(f"{name}: tensors[{i}] must be a tensor, got {type(tensor).__name__}")
    if not any(isinstance(tensor, Value) for tensor in tensors):
        return list(tensors)
    return [tensor if isinstance(tensor, Value) else wrap(tensor.copy()) for tensor in tensors]


def one_by_one(tensors: tuple[Any, ...]) -> Any:
    """Return the tensors that were given one by one, or in one list."""
    return tensors[0] if len(tensors) == 1 and isinstance(tensors[0], Sequence) else tensors


def _common(shapes: list[Shape], name: str) -> Shape:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise RuntimeError(f"{name}: shapes {', '.join(map(str, shapes))} do not broadcast together") from None


def contiguous(input: Any) -> Any:
    """Return the tensor, copied if its entries do not lie in memory in their order.

    >>> import tinygrad_np as tg
    >>> tg.zeros(2, 3).T.contiguous().is_contiguous()
    True
    """
    return input if raw(input).flags.c_contiguous else clone(input)


def of_its_own(out: Any, input: Any) -> Any:
    """Return ``out``, copied if it looks at the memory of ``input``: where PyTorch copies, writes must stay apart."""
    shared = np.may_share_memory(raw(out), raw(input)) or not raw(out).flags.writeable
    return clone(out) if shared else out


def _with_dims(ndim: int, name: str, tensors: Any) -> Any:
    listed = one_by_one(tensors)
    shaped = tuple(x if raw(x).ndim >= ndim else _widened(x, ndim) for x in alike(listed, name))
    return shaped[0] if listed is tensors and len(shaped) == 1 else shaped


def _widened(tensor: Any, ndim: int) -> Any:
    """Add dims of size 1: a vector becomes a row, and a matrix that needs a third dim gets it at the end."""
    shape = raw(tensor).shape
    if len(shape) == 2:
        return reshape(tensor, (*shape, 1))
    row = (1, *shape) if shape else (1, 1)
    return reshape(tensor, {1: (1,), 2: row, 3: (*row, 1)}[ndim])


def atleast_1d(*tensors: Any) -> Any:
    """Give a 0-d tensor one dim. Several tensors, or a list of them, come out as a tuple.

    >>> import tinygrad_np as tg
    >>> tg.atleast_1d(tg.tensor(2.0))
    tensor([2.])
    """
    return _with_dims(1, "atleast_1d", tensors)


def atleast_2d(*tensors: Any) -> Any:
    """Give tensors two dims at least: a vector becomes a row. Several tensors, or a list, come out as a tuple.

    >>> import tinygrad_np as tg
    >>> tg.atleast_2d(tg.zeros(3)).shape
    (1, 3)
    """
    return _with_dims(2, "atleast_2d", tensors)


def atleast_3d(*tensors: Any) -> Any:
    """Give tensors three dims at least: (n,) becomes (1, n, 1), and (n, m) becomes (n, m, 1).

    Several tensors, or a list of them, come out as a tuple.

    >>> import tinygrad_np as tg
    >>> tg.atleast_3d(tg.zeros(3)).shape, tg.atleast_3d(tg.zeros(2, 3)).shape
    ((1, 3, 1), (2, 3, 1))
    """
    return _with_dims(3, "atleast_3d", tensors)
