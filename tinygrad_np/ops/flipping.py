"""Ops that reverse and shift entries along dims, and the rotation made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._graph import Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import Shape, normalise_dim, normalise_shape
from tinygrad_np.ops.elementwise import clone, raw
from tinygrad_np.ops.movement import reshape, transpose
from tinygrad_np.ops.reshaping import ravel


def _some_dims(draw: Draw, least: int = 0) -> tuple[Shape, Shape]:
    shape = draw.shape(min_dims=least)
    return shape, draw.permutation(len(shape))[: draw.integer(least, len(shape))]


def _flip_case(draw: Draw) -> Case:
    shape, dims = _some_dims(draw)
    return [shape], (dims,)


def _roll_case(draw: Draw) -> Case:
    shape, dims = _some_dims(draw, 1)
    return [shape], (tuple(draw.integer(-4, 4) for _ in dims), dims)


_flip: Function = op(
    "flip",
    lambda x, /, dims: np.flip(x, dims).copy(),  # a view with a negative stride would show later writes to x
    domain=Domain(case=_flip_case),
    promotion=as_is,
    x=lambda g, dims: _flip(g, dims),
)
_roll: Function = op(
    "roll",
    lambda x, /, shifts, dims: np.roll(x, shifts, dims),
    domain=Domain(case=_roll_case),
    promotion=as_is,
    x=lambda g, shifts, dims: _roll(g, back(shifts), dims),
)


def back(shifts: Shape) -> Shape:
    """Return the shifts that undo others."""
    return tuple(-shift for shift in shifts)


def flip(input: Any, *positional: Any, dims: Any = None) -> Any:
    """Reverse the order of the entries along the dims listed, in a copy.

    >>> import tinygrad_np as tg
    >>> tg.flip(tg.tensor([[1, 2], [3, 4]]), (1,))
    tensor([[2, 1],
            [4, 3]])
    """
    if (dims is None) == (not positional):
        raise TypeError("flip: expected dims, once: as in flip(0, 1), flip((0, 1)) or flip(dims=(0, 1))")
    listed = normalise_shape(positional if dims is None else (dims,), "flip")
    ndim = raw(input).ndim
    wanted = tuple(normalise_dim(dim, ndim, "flip") for dim in listed)
    if len(set(wanted)) < len(wanted):
        raise RuntimeError(f"flip: dims {listed} name a dim twice")
    return _flip(input, wanted if ndim else ())


def fliplr(input: Any) -> Any:
    """Reverse the columns of a matrix: flip dim 1.

    >>> import tinygrad_np as tg
    >>> tg.fliplr(tg.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    if raw(input).ndim < 2:
        raise RuntimeError(f"fliplr: expected at least 2 dims, got shape {raw(input).shape}; use .flip(0)")
    return _flip(input, (1,))


def flipud(input: Any) -> Any:
    """Reverse the rows of a matrix: flip dim 0.

    >>> import tinygrad_np as tg
    >>> tg.flipud(tg.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    if not raw(input).ndim:
        raise RuntimeError("flipud: expected at least 1 dim, got a 0-d tensor")
    return _flip(input, (0,))


def roll(input: Any, shifts: Any, dims: Any = ()) -> Any:
    """Shift entries along dims; what leaves at one end comes in at the other. Without dims, as if flattened.

    >>> import tinygrad_np as tg
    >>> tg.roll(tg.arange(5), 2)
    tensor([3, 4, 0, 1, 2])
    """
    moves = normalise_shape((shifts,), "roll")
    axes = normalise_shape((dims,), "roll")
    if not moves:
        raise RuntimeError("roll: expected at least one shift, got none")
    shape = raw(input).shape
    if not axes and len(moves) == 1:
        return reshape(_roll(ravel(input), moves, (0,)), shape)
    if len(axes) != len(moves):
        raise RuntimeError(f"roll: expected a shift for each dim, got shifts {moves} and dims {axes}")
    if not raw(input).size:
        return clone(input)
    if not shape:
        raise IndexError(f"roll: a 0-d tensor has no dim {axes[0]}")
    return _roll(input, moves, tuple(normalise_dim(dim, len(shape), "roll") for dim in axes))


def rot90(input: Any, k: int = 1, dims: Sequence[int] = (0, 1)) -> Any:
    """Turn by 90 degrees ``k`` times in the plane of two dims, from the first towards the second, in a copy.

    >>> import tinygrad_np as tg
    >>> tg.rot90(tg.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    listed = normalise_shape((list(dims),), "rot90")
    ndim = raw(input).ndim
    if len(listed) != 2 or ndim < 2:
        raise RuntimeError(f"rot90: expected 2 dims of at least 2, got dims {listed} of shape {raw(input).shape}")
    first, second = (normalise_dim(dim, ndim, "rot90") for dim in listed)
    if first == second:
        raise RuntimeError(f"rot90: dims {listed} are the same dim of shape {raw(input).shape}")
    quarters = k % 4
    if quarters % 2 == 0:
        return _flip(input, (first, second) if quarters else ())
    return transpose(_flip(input, (second if quarters == 1 else first,)), first, second)
