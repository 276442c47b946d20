"""Padding: by a constant, as one op that is its own inverse; by a tensor's own entries, made of pieces."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, Value, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import normalise_shape
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.flipping import flip
from tinygrad_np.ops.movement import cat, expand, narrow
from tinygrad_np.ops.reshaping import of_its_own

Widths = tuple[tuple[int, int], ...]  # of each dim, how many entries come before and after; negative ones are cut off


def _surrounded(x: Array, /, widths: Widths, value: float) -> Array:
    out = np.full([before + n + after for n, (before, after) in zip(x.shape, widths, strict=True)], value, x.dtype)
    out[_within(out.shape, widths)] = x[_within(x.shape, opposite(widths))]
    return out


def _within(shape: Sequence[int], widths: Widths) -> tuple[slice, ...]:
    """Return the index of what is left without so many entries before and after; negative numbers leave all."""
    return tuple(slice(max(before, 0), n - max(after, 0)) for n, (before, after) in zip(shape, widths, strict=True))


def opposite(widths: Widths) -> Widths:
    """Return the widths that undo a padding."""
    return tuple((-before, -after) for before, after in widths)


def _pad_case(draw: Draw) -> Case:
    shape = draw.shape()
    widths = []
    for n in shape:
        before = draw.integer(-n, 2)
        widths.append((before, draw.integer(-n - min(before, 0), 2)))
    return [shape], (tuple(widths), draw.choice([0, 0.5]))


_pad: Function = op(
    "pad",
    _surrounded,
    domain=Domain(case=_pad_case),
    promotion=as_is,
    x=lambda g, widths: _pad(g, opposite(widths), 0),
)


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Add entries before and after those of the last dims; negative numbers cut entries off.

    ``pad`` lists the numbers of entries before and after in the last dim, then in the last but one, and so on. The
    entries are ``value`` in the mode "constant" (0 unless given); in "reflect" the tensor's own, mirrored at the first
    and last, which are not repeated; in "replicate" its first and last; in "circular" those of the other end.
    An entry's gradient is the sum over all its copies.

    "constant" pads any number of dims; the others as PyTorch does: the last of 2 or 3 dims, the last 2 of 3 or 4, or
    the last 3 of 4 or 5.

    Raises
    ------
    NotImplementedError
        If the mode is unknown, or does not pad that many dims of the input.
    RuntimeError
        If more is cut off than there is, "reflect" is to add a dim's size or more, or "circular" more than its size.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[1, 2, 3]])
    >>> tg.nn.functional.pad(x, (2, 1))
    tensor([[0, 0, 1, 2, 3, 0]])
    >>> tg.nn.functional.pad(x, (2, 1), "reflect"), tg.nn.functional.pad(x, (2, 1), "circular")
    (tensor([[3, 2, 1, 2, 3, 2]]), tensor([[2, 3, 1, 2, 3, 1]]))
    """
    shape = raw(input).shape
    numbers = normalise_shape((pad,), "pad")
    if len(numbers) % 2 or len(numbers) > 2 * len(shape):
        raise RuntimeError(f"pad: expected two numbers for each of at most {len(shape)} dims of {shape}, got {numbers}")
    pairs = [(numbers[i], numbers[i + 1]) for i in range(0, len(numbers), 2)]
    if mode == "constant":
        widths = ((0, 0),) * (len(shape) - len(pairs)) + tuple(reversed(pairs))
        for dim, (n, (before, after)) in enumerate(zip(shape, widths, strict=True)):
            if max(-before, 0) + max(-after, 0) > n:
                raise RuntimeError(f"pad: {before, after} cut off more than the {n} entries of dim {dim} of {shape}")
        return _pad(input, widths, _fitting(value, raw(input).dtype))
    if mode not in _MODES:
        raise NotImplementedError(f"pad: the modes are constant, {', '.join(_MODES)}; got {mode!r}")
    if value is not None:
        raise RuntimeError(f"pad: the mode {mode!r} takes no value, got {value!r}")
    if not 1 <= len(pairs) <= 3 or len(shape) not in (len(pairs) + 1, len(pairs) + 2):
        raise NotImplementedError(
            f"pad: the mode {mode!r} pads the last dim of 2 or 3, the last 2 of 3 or 4, or the last 3 of 4 or 5; "
            f"got {len(numbers)} numbers for shape {shape}"
        )
    sizes = [n + before + after for n, (before, after) in zip(reversed(shape), pairs, strict=False)]
    if mode != "circular" and (0 in shape[len(shape) - len(pairs) - 1 :] or min(sizes) < 0 or max(sizes) == 0):
        raise RuntimeError(f"pad: the mode {mode!r} needs entries: got shape {shape}, of which {numbers} leave {sizes}")
    out = input
    for i, (before, after) in enumerate(pairs):
        out = _MODES[mode](out, len(shape) - 1 - i, before, after)
    return of_its_own(out, input)  # a view where nothing was added


def _fitting(value: Any, dtype: Any) -> Any:
    """Return the number to pad with, as the dtype holds it; refuse what it cannot hold."""
    if value is None:
        return 0
    if isinstance(value, Value) or not isinstance(value, (bool, int, float, np.number)):
        raise TypeError(f"pad: value must be a number, got {type(value).__name__}")
    if dtype.kind == "b":
        return bool(value)
    whole = dtype.kind in "iu"
    limits: Any = np.iinfo(dtype) if whole else np.finfo(dtype)
    if not float(limits.min) <= value <= float(limits.max) and (whole or math.isfinite(value)):
        raise RuntimeError(f"pad: the value {value} does not fit into {dtype}")
    return int(value) if whole else value


# ---------------------------------------------------------------------------------------- by a tensor's own entries


def _cut(x: Any, dim: int, before: int, after: int) -> Any:
    """Cut off entries where the numbers are negative."""
    first, last = max(-before, 0), raw(x).shape[dim] - max(-after, 0)
    return narrow(x, dim, first, last - first) if first or last < raw(x).shape[dim] else x


def _reflected(x: Any, dim: int, before: int, after: int) -> Any:
    n = raw(x).shape[dim]
    if max(before, after) >= n:
        raise RuntimeError(f"pad: 'reflect' adds less than the {n} entries of dim {dim}, got {before, after}")
    pieces = [x]
    if before > 0:
        pieces.insert(0, flip(narrow(x, dim, 1, before), dim))
    if after > 0:
        pieces.append(flip(narrow(x, dim, n - 1 - after, after), dim))
    return _cut(cat(pieces, dim) if len(pieces) > 1 else x, dim, before, after)


def _replicated(x: Any, dim: int, before: int, after: int) -> Any:
    n, shape = raw(x).shape[dim], raw(x).shape
    pieces = [x]
    if before > 0:
        pieces.insert(0, expand(narrow(x, dim, 0, 1), (*shape[:dim], before, *shape[dim + 1 :])))
    if after > 0:
        pieces.append(expand(narrow(x, dim, n - 1, 1), (*shape[:dim], after, *shape[dim + 1 :])))
    return _cut(cat(pieces, dim) if len(pieces) > 1 else x, dim, before, after)


def _wrapped_around(x: Any, dim: int, before: int, after: int) -> Any:
    """What is cut off is not there to go round."""
    shape = raw(x).shape
    if max(-before, 0) + max(-after, 0) > shape[dim]:
        raise RuntimeError(f"pad: {before, after} cut off more than the {shape[dim]} entries of dim {dim} of {shape}")
    x = _cut(x, dim, before, after)
    n = raw(x).shape[dim]
    if max(before, after) > n:
        raise RuntimeError(f"pad: 'circular' adds at most the {n} entries left of dim {dim}, got {before, after}")
    pieces = [x]
    if before > 0:
        pieces.insert(0, narrow(x, dim, n - before, before))
    if after > 0:
        pieces.append(narrow(x, dim, 0, after))
    return cat(pieces, dim) if len(pieces) > 1 else x


_MODES: dict[str, Callable[[Any, int, int, int], Any]] = {
    "reflect": _reflected,
    "replicate": _replicated,
    "circular": _wrapped_around,
}
