"""Products of many entries, exact with zeros among them: nothing is divided by an entry."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import Domain, op
from tinygrad_np._graph._promotion import computed
from tinygrad_np._shapes import Shape, count, normalise_dims
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.movement import inverse, permute, reshape
from tinygrad_np.ops.reduction import Dim, counted, folding, multiply_reduce, spread
from tinygrad_np.ops.scans import but_first, products_before, recurrence, running_product


def others(x: Any) -> Any:
    """For each entry of a row, multiply the others: those before it, and those after it."""
    dim = raw(x).ndim - 1
    return products_before(running_product(x, dim), dim) * _products_after(x, dim)


def _products_after(x: Any, dim: int) -> Any:
    """For each entry of a row, multiply those after it; for a tensor by a recurrence, which has derivatives."""
    after = np.zeros_like(raw(x))
    after[..., -1:] = 1
    if not isinstance(x, np.ndarray):
        return recurrence(after, but_first(x, dim), dim, True)
    np.cumprod(x[..., :0:-1], dim, out=after[..., -2::-1])
    return after


def others_over(x: Any, axes: Shape) -> Any:
    """Apply ``others`` to all entries that differ only along ``axes``."""
    shape = raw(x).shape
    order = (*(axis for axis in range(len(shape)) if axis not in axes), *axes)
    moved = permute(x, order)
    flat = reshape(moved, (*(shape[axis] for axis in order[: len(shape) - len(axes)]), count(shape, axes)))
    return permute(reshape(others(flat), raw(moved).shape), inverse(order))


_multiply_up = op(
    "prod",
    lambda x, /, axes, keepdim: multiply_reduce(x, axes, x.dtype, None, keepdim),
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
