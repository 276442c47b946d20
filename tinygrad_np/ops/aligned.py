"""Picking along one dim what no index picks twice, and putting it back: each is the other's derivative.

Where an index may repeat, ``gather`` picks, whose derivative has to add up.
"""

from __future__ import annotations

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import Shape


def _once(draw: Draw, shape: Shape, dim: int) -> Array:
    """Draw for each row of a shape some of its positions, in any order."""
    k, rows = draw.integer(0, shape[dim]), (*shape[:dim], *shape[dim + 1 :])
    index = np.empty((*rows, k), np.int64)
    for row in np.ndindex(rows):
        index[row] = draw.permutation(shape[dim])[:k]
    return np.moveaxis(index, -1, dim)


def _pick_case(draw: Draw) -> Case:
    shape = draw.shape(min_dims=1)
    dim = draw.integer(0, len(shape) - 1)
    return [shape], (_once(draw, shape, dim), dim)


def _put_case(draw: Draw) -> Case:
    (shape,), (index, dim) = _pick_case(draw)
    return [index.shape], (index, dim, shape)


def _put(x: Array, /, index: Array, dim: int, shape: Shape) -> Array:
    out = np.zeros(shape, x.dtype)
    np.put_along_axis(out, index, x, dim)
    return out


pick_once: Function = op(
    "pick_once",
    lambda x, /, index, dim: np.take_along_axis(x, index, dim),
    domain=Domain(case=_pick_case),
    promotion=as_is,
    x=lambda g, index, dim, x_shape: put_once(g, index, dim, x_shape),
)
put_once: Function = op(
    "put_once",
    _put,
    domain=Domain(case=_put_case),
    promotion=as_is,
    x=lambda g, index, dim: pick_once(g, index, dim),
)
