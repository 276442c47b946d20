"""Functions that cut tensors into pieces, or take one piece out: all share memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from operator import index as as_index
from typing import Any

import numpy as np

from tinygrad_np._graph import Value
from tinygrad_np._shapes import normalise_dim, normalise_shape
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.indexing import at_dim, getitem
from tinygrad_np.ops.movement import piece, split


def select(input: Any, dim: int, index: int) -> Any:
    """Take the entries at one position of ``dim``, which goes away; a negative index counts from the end.

    >>> import tinygrad_np as tg
    >>> tg.select(tg.tensor([[1, 2], [3, 4]]), 1, -1)
    tensor([2, 4])
    """
    shape = raw(input).shape
    dim, at = normalise_dim(dim, len(shape), "select"), as_index(index)
    if not shape or not -shape[dim] <= at < shape[dim]:
        raise IndexError(f"select: index {at} is out of range for dim {dim} of shape {shape}")
    return getitem(input, at_dim(dim, at))


def split_with_sizes(input: Any, split_sizes: Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Cut along ``dim`` into pieces of the sizes listed.

    >>> import tinygrad_np as tg
    >>> tg.split_with_sizes(tg.arange(5), [2, 0, 3])
    (tensor([0, 1]), tensor([], dtype=int64), tensor([2, 3, 4]))
    """
    if not isinstance(split_sizes, Sequence):
        raise TypeError(f"split_with_sizes: expected a list of sizes, got {type(split_sizes).__name__}")
    return split(input, split_sizes, dim)


def tensor_split(
    input: Any,
    indices_or_sections: Any = None,
    dim: int = 0,
    *,
    indices: Any = None,
    sections: Any = None,
    tensor_indices_or_sections: Any = None,
) -> tuple[Any, ...]:
    """Cut along ``dim`` into a number of pieces, of sizes that differ by 1 at most; or before each of the indices.

    The number or the indices may also be given by the keywords ``sections``, ``indices``, or as an int64 tensor.

    >>> import tinygrad_np as tg
    >>> [len(piece) for piece in tg.tensor_split(tg.arange(5), 3)]
    [2, 2, 1]
    >>> [len(piece) for piece in tg.tensor_split(tg.arange(5), (1, 4))]
    [1, 3, 1]
    """
    given = [x for x in (indices_or_sections, indices, sections, tensor_indices_or_sections) if x is not None]
    if len(given) != 1:
        raise TypeError("tensor_split: expected a number of sections, or a list of indices, once")
    shape = raw(input).shape
    if not shape:
        raise RuntimeError("tensor_split: a 0-d tensor cannot be cut")
    dim = normalise_dim(dim, len(shape), "tensor_split")
    where = _whole_numbers(given[0], "tensor_split")
    if isinstance(where, int):
        if where <= 0:
            raise RuntimeError(f"tensor_split: the number of sections must be positive, got {where}")
        each, larger = divmod(shape[dim], where)
        return split(input, [each + 1] * larger + [each] * (where - larger), dim)
    n = shape[dim]
    bounds = [0, *(min(max(i + n if i < 0 else i, 0), n) for i in where), n]
    sizes = [stop - start for start, stop in pairwise(bounds)]
    if min(sizes) >= 0:
        return split(input, sizes, dim)
    return tuple(getitem(input, piece(dim, start, stop)) for start, stop in pairwise(bounds))  # not all are disjoint


def _whole_numbers(given: Any, name: str) -> int | list[int]:
    """Return the number, or the list of numbers, that says where to cut."""
    if isinstance(given, (Value, np.ndarray)):
        array = raw(given)
        if array.dtype != np.int64 or array.ndim > 1:
            raise RuntimeError(
                f"{name}: where to cut is a number or vector of int64, got {array.dtype} of shape {array.shape}"
            )
        return array.tolist()  # type: ignore[no-any-return]
    if isinstance(given, Sequence):
        return list(normalise_shape((given,), name))
    (number,) = normalise_shape((given,), name)
    return number


def _cut_along(dim: int, input: Any, where: Any, name: str) -> tuple[Any, ...]:
    where = _whole_numbers(where, name)
    n = raw(input).shape[dim]
    if isinstance(where, int) and (where <= 0 or n % where):
        raise RuntimeError(f"{name}: dim {dim} of shape {raw(input).shape} cannot be cut into {where} equal pieces")
    return tensor_split(input, where, dim)


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Cut column-wise: along dim 1, or a vector along dim 0; into equal pieces, or before each of the indices.

    >>> import tinygrad_np as tg
    >>> [piece.shape for piece in tg.hsplit(tg.zeros(2, 4), 2)]
    [(2, 2), (2, 2)]
    """
    if not raw(input).ndim:
        raise RuntimeError("hsplit: expected at least 1 dim, got a 0-d tensor")
    return _cut_along(min(raw(input).ndim - 1, 1), input, indices_or_sections, "hsplit")


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Cut row-wise, along dim 0: into equal pieces, or before each of the indices.

    >>> import tinygrad_np as tg
    >>> [piece.shape for piece in tg.vsplit(tg.zeros(4, 3), [1])]
    [(1, 3), (3, 3)]
    """
    if raw(input).ndim < 2:
        raise RuntimeError(f"vsplit: expected at least 2 dims, got shape {raw(input).shape}")
    return _cut_along(0, input, indices_or_sections, "vsplit")


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Cut depth-wise, along dim 2: into equal pieces, or before each of the indices.

    >>> import tinygrad_np as tg
    >>> [piece.shape for piece in tg.dsplit(tg.zeros(1, 2, 6), 3)]
    [(1, 2, 2), (1, 2, 2), (1, 2, 2)]
    """
    if raw(input).ndim < 3:
        raise RuntimeError(f"dsplit: expected at least 3 dims, got shape {raw(input).shape}")
    return _cut_along(2, input, indices_or_sections, "dsplit")
