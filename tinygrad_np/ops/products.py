"""Products of many entries, exact with zeros among them: nothing is divided by an entry."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._promotion import as_is, computed
from tinygrad_np._shapes import Shape, count, normalise_dims
from tinygrad_np.ops.elementwise import masked, raw, where
from tinygrad_np.ops.movement import permute, reshape
from tinygrad_np.ops.reduction import Dim, counted, folding, multiply_reduce, spread, sum


def _others(x: Array, /) -> Array:
    """For each entry of a row, the product of the other entries: of those before it and of those after it."""
    before, after = np.ones_like(x), np.ones_like(x)
    np.cumprod(x[..., :-1], axis=-1, out=before[..., 1:])
    np.cumprod(x[..., :0:-1], axis=-1, out=after[..., -2::-1])
    return before * after


def _row(draw: Draw) -> Case:
    return [draw.shape(min_dims=1, min_side=1)], ()


def _off_diagonal(n: int) -> Array:
    return ~np.eye(n, dtype=bool)


def _each_made_one(x: Any, off: Array) -> Any:
    """Stack the rows in which one entry after the other is replaced by 1."""
    return where(off, reshape(x, (*raw(x).shape[:-1], 1, raw(x).shape[-1])), 1)


def _others_derivative(g: Any, x: Any) -> Any:
    """For entry k: the sum over i != k of g[i] times the product without i and k."""
    shape = raw(x).shape
    off = _off_diagonal(shape[-1])
    return sum(masked(reshape(g, (*shape[:-1], 1, shape[-1])), off) * others(_each_made_one(x, off)), -1)


others = op("product_of_others", _others, domain=Domain(case=_row), promotion=as_is, x=_others_derivative)


def others_over(x: Any, axes: Shape) -> Any:
    """Apply ``others`` to all entries that differ only along ``axes``."""
    shape = raw(x).shape
    order = (*(axis for axis in range(len(shape)) if axis not in axes), *axes)
    moved = permute(x, order)
    flat = reshape(moved, (*(shape[axis] for axis in order[: len(shape) - len(axes)]), count(shape, axes)))
    return permute(reshape(others(flat), raw(moved).shape), tuple(np.argsort(order)))


_multiply_up = op(
    "prod",
    lambda x, /, axes, keepdim: multiply_reduce(x, axes, None, None, keepdim),
    domain=Domain(case=folding),
    promotion=computed,
    x=lambda g, x, axes: spread(g, raw(x).shape, axes) * others_over(x, axes),
)


def prod(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Multiply the entries over ``dim``; integers and bools in int64. The gradient is exact with zeros too.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> tg.prod(x).backward()
    >>> x.grad
    tensor([0., 6., 0.])
    """
    return _multiply_up(counted(input, dtype, "prod"), normalise_dims(dim, raw(input).ndim, "prod"), keepdim)
