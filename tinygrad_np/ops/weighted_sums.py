"""Weighted sums along an axis: each entry of the result is a sum of a few entries, times fixed weights.

That is a matrix, most of whose entries are 0, applied along the axis. Its derivative is the transposed matrix applied
to the gradient: so one op is a family by itself. Average pooling and every way to resize an image are such sums, one
axis after the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import computed
from tinygrad_np._shapes import Shape
from tinygrad_np.ops.reduction import sum_over

Strip = tuple[slice, slice, Array | None]  # rows, columns, weights (or all of them 1)


@dataclass(frozen=True, eq=False)
class Weights:
    """A matrix of weights, as a sum of strips: matrices whose entries lie along a line, a row or a column.

    Along a line, rows and columns both grow in even steps. So the matrix and its transpose are both applied by slicing,
    adding up and repeating. An entry that is 0 is left out: what it would weigh, be it infinite, does not count.
    """

    shape: Shape
    strips: tuple[Strip, ...]

    @property
    def T(self) -> Weights:
        """The transposed matrix."""
        return Weights(self.shape[::-1], tuple((columns, rows, weights) for rows, columns, weights in self.strips))


def weights_of(columns: Array, values: Array, width: int) -> Weights:
    """Return the matrix with ``values[i]`` in row i at ``columns[i]``, zeros and what lies outside left out."""
    rows, taps = np.nonzero((values != 0) & (columns >= 0) & (columns < width))
    at, weights = columns[rows, taps], values[rows, taps]
    strips: list[Strip] = []
    for entries in _strips(rows, at, taps, width // math.gcd(width, len(columns))) if len(rows) else ():
        strip = weights[entries]
        strips.append((_slice(rows[entries]), _slice(at[entries]), None if (strip == 1).all() else strip))
    return Weights((len(columns), width), tuple(strips))


def _strips(rows: Array, columns: Array, taps: Array, period: int) -> list[Array]:
    """Split entries into strips, as few as are found.

    Each tap is tried as a line. If that gives more strips than taps, or than rows, all else is tried: where columns
    repeat, they do so with a period in the rows, and lines of such rows may be longer; or each row is a strip, or each
    column.
    """
    best = _ends(order := np.lexsort((rows, taps)), rows, columns, (True, True))
    if len(best) > min(taps.max(), rows.max()):
        lines = [(np.lexsort((rows, rows % step, taps)), (True, True)) for step in {*range(2, 9), period}]
        each_row, each_column = np.lexsort((columns, rows)), np.lexsort((rows, columns))
        for other, moves in (*lines, (each_row, (False, True)), (each_column, (True, False))):
            ends = _ends(other, rows, columns, moves)
            if len(ends) < len(best):
                best, order = ends, other
    return np.split(order, best)


def _ends(order: Array, rows: Array, columns: Array, moves: tuple[bool, bool]) -> Array:
    """Return where strips end and others begin, for entries in an order.

    In a strip all steps from entry to entry are the same, forward in the rows, the columns, or both, as ``moves`` says.
    """
    steps = np.diff(rows[order]), np.diff(columns[order])
    allowed = np.logical_and(*(step > 0 if moving else step == 0 for step, moving in zip(steps, moves, strict=True)))
    goes_on = allowed.copy()
    goes_on[1:] &= ~allowed[:-1] | np.logical_and(*(np.diff(step) == 0 for step in steps))
    return np.flatnonzero(~goes_on) + 1


def _slice(strip: Array) -> slice:
    """Return positions in even steps, or one position, as a slice."""
    step = int(strip[1] - strip[0]) if len(strip) > 1 else 1
    return slice(int(strip[0]), int(strip[-1]) + 1, step or 1)


def _weigh(x: Array, /, weights: Weights, axis: int) -> Array:
    before, after = (slice(None),) * axis, (1,) * (x.ndim - axis - 1)
    out = np.zeros((*x.shape[:axis], weights.shape[0], *x.shape[axis + 1 :]), x.dtype)
    for rows, columns, values in weights.strips:
        term = x[(*before, columns)]
        if values is not None:
            term = term * values.astype(x.dtype).reshape(-1, *after)
        if rows.stop - rows.start == 1 < term.shape[axis]:
            term = sum_over(term, (axis,), True)
        out[(*before, rows)] += term
    return out


def _case(draw: Draw) -> Case:
    shape = draw.shape(min_dims=1, min_side=1)
    axis = draw.integer(0, len(shape) - 1)
    size = (draw.integer(1, 4), draw.integer(1, 3))
    columns = draw.integers(size, -1, shape[axis] - 1)
    return [shape], (weights_of(columns, draw.integers(size, -1, 2) / 2, shape[axis]), axis)


weighted_sums: Function = op(
    "weighted_sums",
    _weigh,
    domain=Domain(analytic=True, case=_case),
    promotion=computed,
    x=lambda g, weights, axis: weighted_sums(g, weights.T, axis),
)
