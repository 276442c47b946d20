"""Where values belong in a sorted sequence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np._dtypes import int32, int64
from tinygrad_np._graph import Array
from tinygrad_np.ops.elementwise import constant, raw


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """Find the index before which each value would have to be inserted to keep the sequence, in its last dim, sorted.

    Equal entries come after that place, or with ``right`` (or ``side="right"``) before it. The sequence has one dim
    or, apart from the last, those of the values. ``sorter`` gives the order in which the sequence is sorted, if it is
    not. The result is int64, or int32 with ``out_int32``. NaN belongs at the end.

    >>> import tinygrad_np as tg
    >>> tg.searchsorted(tg.tensor([1, 3, 5]), tg.tensor([3, 4]))
    tensor([1, 2])
    """
    sequence, values = raw(sorted_sequence), np.asarray(raw(input))
    if side not in (None, "left", "right"):
        raise RuntimeError(f"searchsorted: side must be 'left' or 'right', got {side!r}")
    if side == "left" and right:
        raise RuntimeError("searchsorted: side='left' contradicts right=True")
    if not sequence.ndim:
        raise RuntimeError("searchsorted: sorted_sequence must have at least one dim, got a 0-d tensor")
    if sequence.ndim > 1 and (values.ndim != sequence.ndim or values.shape[:-1] != sequence.shape[:-1]):
        raise RuntimeError(
            f"searchsorted: sorted_sequence of shape {sequence.shape} and input of shape {values.shape} must agree in "
            "all dims but the last, unless sorted_sequence has one dim"
        )
    if sorter is not None:
        _check_sorter(raw(sorter), sequence)
        sequence = np.take_along_axis(sequence, raw(sorter), -1)
    found = _bisected(sequence, values, right or side == "right")
    return constant(sorted_sequence, found.astype(int32 if out_int32 else int64))


def _check_sorter(sorter: Any, sequence: Array) -> None:
    if not isinstance(sorter, np.ndarray) or sorter.dtype != int64 or sorter.shape != sequence.shape:
        raise RuntimeError(
            f"searchsorted: sorter must be an int64 tensor of the shape of sorted_sequence, {sequence.shape}; got "
            f"{getattr(sorter, 'dtype', type(sorter).__name__)} {getattr(sorter, 'shape', '')}"
        )
    if sorter.size and not (sorter.min() >= 0 and sorter.max() < sequence.shape[-1]):
        raise RuntimeError(f"searchsorted: sorter has an index out of range 0 to {sequence.shape[-1] - 1}")


def _bisected(sequence: Array, values: Array, right: bool) -> Array:
    """Halve the interval of every value at once, row by row of the sequence."""
    n = sequence.shape[-1]
    flat = sequence.reshape(-1)
    rows = np.zeros((), np.int64) if sequence.ndim == 1 else _first_of_rows(sequence)
    low = np.zeros(values.shape, np.int64)
    high = np.full(values.shape, n)
    while (open := low < high).any():
        middle = (low + high) // 2
        entry = flat[np.minimum(rows + middle, flat.size - 1)]
        after = open & ~(entry > values if right else entry >= values)
        low = np.where(after, middle + 1, low)
        high = np.where(open & ~after, middle, high)
    return low


def _first_of_rows(sequence: Array) -> Array:
    """Return where in the flattened sequence each row starts."""
    shape = sequence.shape
    starts: Array = np.arange(math.prod(shape[:-1])) * shape[-1]
    return starts.reshape(*shape[:-1], 1)


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """Find the bucket that each value lies in: bucket i has the values up to and including ``boundaries[i]``.

    With ``right``, a value that equals a boundary belongs to the bucket after it. See ``searchsorted``.

    >>> import tinygrad_np as tg
    >>> tg.bucketize(tg.tensor([[3, 6], [9, 0]]), tg.tensor([1, 3, 5, 7]))
    tensor([[1, 3],
            [4, 0]])
    """
    if np.ndim(raw(boundaries)) != 1:
        raise RuntimeError(f"bucketize: boundaries must have one dim, got shape {np.shape(raw(boundaries))}")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
