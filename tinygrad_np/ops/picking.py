"""Picking entries along a dim, by their place in the flattened tensor, or by a mask; and finding those that are not 0.

All are compositions of ``getitem``: the gradient is added back where the entry was picked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._dtypes import int64
from tinygrad_np._graph import Array
from tinygrad_np._shapes import Shape, normalise_dim
from tinygrad_np.ops.elementwise import constant, raw
from tinygrad_np.ops.indexing import along, at_dim, check_range, positions, taken
from tinygrad_np.ops.movement import expand, reshape
from tinygrad_np.ops.reshaping import ravel

LONG = (int64,)


def as_vector(index: Array, name: str, refusal: type[Exception] = IndexError) -> Array:
    """Return an index tensor of one dim, or of none, as a vector of its own memory."""
    if index.ndim > 1:
        raise refusal(f"{name}: index must be a vector, got shape {index.shape}")
    return index.reshape(-1).copy()  # the user may write to it


def index_select(input: Any, dim: int, index: Any) -> Any:
    """Pick entries along ``dim``, given by a vector: ``out[:, j] = input[:, index[j]]`` for dim 1 of a matrix.

    Where an index repeats, the gradients of the repeats add up.

    Raises
    ------
    IndexError
        If an index is negative or too large, or ``index`` is no vector.
    RuntimeError
        If ``index`` is not int64 or int32.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.index_select(tg.tensor([[1, 2, 3], [4, 5, 6]]), 1, tg.tensor([2, 0]))
    tensor([[3, 1],
            [6, 4]])
    """
    shape = raw(input).shape
    dim = normalise_dim(dim, len(shape), "index_select")
    where = as_vector(positions(index, "index_select"), "index_select")
    if not shape and where.size != 1:
        raise RuntimeError(f"index_select: of a 0-d tensor one entry can be picked, got {where.size}")
    n = shape[dim] if shape else 1
    check_range(where, n, "index_select", f"along dim {dim} of shape {shape}")
    if not shape:
        return reshape(taken(reshape(input, (1,)), (where,)), ())
    return taken(input, (at_dim(dim, where),))


def take(input: Any, index: Any) -> Any:
    """Pick entries by their place in the flattened tensor: ``out[i] = input.flatten()[index[i]]``.

    ``out`` has the shape of ``index``; a negative place counts from the end. Where one repeats, the gradients add up.

    Raises
    ------
    IndexError
        If a place is out of range.
    RuntimeError
        If ``index`` is not int64.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.take(tg.tensor([[1, 2, 3], [4, 5, 6]]), tg.tensor([0, -1]))
    tensor([1, 6])
    """
    return _from_flat(input, positions(index, "take", LONG), "take")


def _from_flat(input: Any, index: Array, name: str) -> Any:
    check_places(index, raw(input).shape, name)
    picked = taken(ravel(input), (index.reshape(-1).copy(),))
    return reshape(picked, index.shape)


def check_places(index: Array, shape: Shape, name: str) -> None:
    """Refuse places that are not in the flattened tensor."""
    n = int(np.prod(shape))
    check_range(index, n, name, f"in the flattened tensor of shape {shape}", low=-n)


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """Pick along ``dim`` as ``gather`` does, but the other dims broadcast; without ``dim``, from the flattened tensor.

    It applies what ``argmax`` and ``argsort`` give. A negative index counts from the end.

    Raises
    ------
    IndexError
        If an index is out of range.
    RuntimeError
        If ``indices`` is not int64, or the shapes do not broadcast apart from ``dim``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[3.0, 1.0], [2.0, 4.0]])
    >>> tg.take_along_dim(x, tg.argmax(x, dim=1, keepdim=True), dim=1)
    tensor([[3.],
            [4.]])
    """
    index, shape = positions(indices, "take_along_dim", LONG), raw(input).shape
    if dim is None:
        return _from_flat(input, index.reshape(-1), "take_along_dim")
    dim = normalise_dim(dim, len(shape), "take_along_dim")
    if index.ndim != len(shape):
        raise RuntimeError(f"take_along_dim: input and indices must have as many dims, got {shape} and {index.shape}")
    if not shape:
        return _from_flat(input, index, "take_along_dim")
    rest = (*shape[:dim], 1, *shape[dim + 1 :])
    try:
        whole = np.broadcast_shapes(rest, (*index.shape[:dim], 1, *index.shape[dim + 1 :]))
    except ValueError:
        raise RuntimeError(
            f"take_along_dim: shapes {shape} and {index.shape} do not broadcast apart from dim {dim}"
        ) from None
    check_range(index, shape[dim], "take_along_dim", f"along dim {dim} of shape {shape}", low=-shape[dim])
    wide = np.broadcast_to(index, (*whole[:dim], index.shape[dim], *whole[dim + 1 :]))
    return taken(expand(input, (*whole[:dim], shape[dim], *whole[dim + 1 :])), (along(wide, dim),))


def broadcast_with_mask(input: Any, mask: Any, name: str) -> tuple[Any, Array]:
    """Broadcast a tensor and a bool mask together."""
    array, where = raw(input), raw(mask)
    if not isinstance(where, np.ndarray):
        raise TypeError(f"{name}: mask must be a tensor, got {type(mask).__name__}")
    if where.dtype != np.bool_:
        raise RuntimeError(f"{name}: mask must be bool, got {where.dtype}; call .bool()")
    try:
        shape = np.broadcast_shapes(array.shape, where.shape)
    except ValueError:
        raise RuntimeError(f"{name}: input {array.shape} and mask {where.shape} do not broadcast together") from None
    return (input if array.shape == shape else expand(input, shape)), np.broadcast_to(where, shape)


def masked_select(input: Any, mask: Any) -> Any:
    """Pick the entries where a bool mask is true, as a vector, in their order. The two broadcast.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[1.0, -2.0], [3.0, 4.0]])
    >>> tg.masked_select(x, x > 0)
    tensor([1., 3., 4.])
    """
    input, mask = broadcast_with_mask(input, mask, "masked_select")
    return taken(input, (mask.copy(),))


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """Find the entries that are not 0: a matrix of a row of indices for each; int64, without gradient.

    With ``as_tuple``, a vector of indices for each dim, so that ``input[nonzero(input, as_tuple=True)]`` picks them; a
    0-d tensor then counts as a vector of one entry.

    >>> import tinygrad_np as tg
    >>> tg.nonzero(tg.tensor([[0, 5], [7, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    array = raw(input)
    if as_tuple:
        return tuple(constant(input, each) for each in np.nonzero(np.atleast_1d(array)))
    return argwhere(input)


def argwhere(input: Any) -> Any:
    """Find the entries that are not 0: a matrix of a row of indices for each; int64, without gradient.

    >>> import tinygrad_np as tg
    >>> tg.argwhere(tg.tensor([0.0, 2.0, 3.0]))
    tensor([[1],
            [2]])
    """
    return constant(input, np.ascontiguousarray(np.argwhere(raw(input))))
