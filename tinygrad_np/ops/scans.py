"""Running sums, products and extrema: each entry folded with all before it along a dim.

Their derivatives run the other way. Where an entry enters as a factor, that is a recurrence, ``y[i] = b[i] + a[i] *
y[i-1]``, which is closed: its own derivatives are recurrences.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tinygrad_np._dtypes import float32, float64
from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import computed, floating
from tinygrad_np._shapes import normalise_dim
from tinygrad_np.ops.elementwise import clone, constant, exp, raw, where
from tinygrad_np.ops.indexing import at_dim, gather, getitem
from tinygrad_np.ops.movement import cat, reshape
from tinygrad_np.ops.reduction import counted

cummax_result = namedtuple("cummax_result", ["values", "indices"])  # as in torch.return_types
cummin_result = namedtuple("cummin_result", ["values", "indices"])


def _one_dim(draw: Draw) -> Case:
    shape = draw.shape(min_dims=1)
    return [shape], (draw.integer(0, len(shape) - 1),)


def _one_dim_either_way(draw: Draw) -> Case:
    shapes, (dim,) = _one_dim(draw)
    return shapes, (dim, draw.choice([False, True]))


def _gated(draw: Draw) -> Case:
    (shape,), (dim, reverse) = _one_dim_either_way(draw)
    return [shape, (*shape[:dim], max(shape[dim] - 1, 0), *shape[dim + 1 :])], (dim, reverse)


# --------------------------------------------------------------------------------------------------------- recurrence


def _recurrence(b: Array, a: Array, /, dim: int, reverse: bool) -> Array:
    """Step along ``dim``, each step for all the rest at once: exact also where ``a`` is 0 or products overflow."""
    y, gates = np.moveaxis(b, dim, 0).copy(), np.moveaxis(a, dim, 0)
    if reverse:
        for i in range(len(y) - 2, -1, -1):
            y[i] += gates[i] * y[i + 1]
    else:
        for i in range(1, len(y)):
            y[i] += gates[i - 1] * y[i - 1]
    return np.moveaxis(y, 0, dim)


recurrence: Function = op(  # y[i+1] = b[i+1] + a[i] * y[i]; in reverse, y[i] = b[i] + a[i] * y[i+1]
    "recurrence",
    _recurrence,
    domain=Domain(case=_gated, analytic=True),
    b=lambda g, a, dim, reverse: recurrence(g, a, dim, not reverse),
    a=lambda g, a, y, dim, reverse: through_gates(recurrence(g, a, dim, not reverse), y, dim, reverse),
)


def through_gates(g: Any, y: Any, dim: int, reverse: bool) -> Any:
    """Multiply the gradient of what came out of each gate by what went in."""
    return but_last(g, dim) * but_first(y, dim) if reverse else but_first(g, dim) * but_last(y, dim)


def but_first(x: Any, dim: int) -> Any:
    """Return what follows the first entry along ``dim``."""
    return getitem(x, at_dim(dim, slice(1, None)))


def but_last(x: Any, dim: int) -> Any:
    """Return what precedes the last entry along ``dim``."""
    return getitem(x, at_dim(dim, slice(None, -1)))


def products_before(y: Any, dim: int) -> Any:
    """Turn the products up to each entry into those of what precedes it: of nothing, 1."""
    shape = raw(y).shape
    first = np.ones((*shape[:dim], min(shape[dim], 1), *shape[dim + 1 :]), raw(y).dtype)
    return cat([first, but_last(y, dim)], dim)


# --------------------------------------------------------------------------------------------------- sums and products


def _running_sum(x: Array, /, dim: int, reverse: bool) -> Array:
    """Add up in float64, as PyTorch does: a float32 sum would stop growing at 2 ** 24 ones."""
    turned = np.flip(x, dim) if reverse else x
    total = np.cumsum(turned, dim, float64 if x.dtype == float32 else x.dtype).astype(x.dtype, copy=False)
    return np.flip(total, dim) if reverse else total


_cumsum: Function = op(
    "cumsum",
    _running_sum,
    domain=Domain(case=_one_dim_either_way, analytic=True),
    promotion=computed,
    x=lambda g, dim, reverse: _cumsum(g, dim, not reverse),
)
running_product = op(
    "cumprod",
    lambda x, /, dim: np.cumprod(x, dim, x.dtype),
    domain=Domain(case=_one_dim, analytic=True),
    promotion=computed,
    x=lambda g, x, y, dim: products_before(y, dim) * recurrence(g, but_first(x, dim), dim, True),
)


def _along(function: Any, input: Any, dim: int, name: str, *settings: Any) -> Any:
    """Call an op along a dim; a 0-d tensor is a row of one."""
    shape = raw(input).shape
    dim = normalise_dim(dim, len(shape), name)
    if shape:
        return function(input, dim, *settings)
    return reshape(function(reshape(input, (1,)), 0, *settings), ())


def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Add up the entries along ``dim``, from the first to each; integers and bools in int64.

    >>> import tinygrad_np as tg
    >>> tg.cumsum(tg.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 3., 6.])
    """
    return _along(_cumsum, counted(input, dtype, "cumsum"), dim, "cumsum", False)


def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Multiply the entries along ``dim``, from the first to each; integers and bools in int64.

    The gradient is exact with zeros too: nothing is divided by an entry.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> tg.cumprod(x, 0).sum().backward()
    >>> x.grad
    tensor([1., 8., 0.])
    """
    return _along(running_product, counted(input, dtype, "cumprod"), dim, "cumprod")


# -------------------------------------------------------------------------------------------------------- logsumexp


def _running_logsumexp(x: Array, /, dim: int) -> Any:
    """Work in float64 throughout: of large logits, float32 keeps too few digits after the point for the shares."""
    with np.errstate(invalid="ignore"):  # a NaN or an infinity among the entries
        wide = x.astype(float64)
        y = np.logaddexp.accumulate(wide, dim)
        shares = {"own": own_share(wide, y), "earlier": earlier_share(y, dim)}
    return y.astype(x.dtype), {name: share.astype(x.dtype) for name, share in shares.items()}


def own_share(x: Any, y: Any) -> Any:
    """Return what an entry contributes to the sum that ends with it, as a share: 0 in a sum of zeros."""
    return exp(x - where(raw(y) == -np.inf, 0, y))


def earlier_share(y: Any, dim: int) -> Any:
    """Return what each sum contributes to the next, as a share."""
    after = but_first(y, dim)
    return exp(but_last(y, dim) - where(raw(after) == -np.inf, 0, after))


_logcumsumexp = op(
    "logcumsumexp",
    _running_logsumexp,
    domain=Domain(case=_one_dim),
    promotion=floating,
    intermediates={"own": lambda x, y: own_share(x, y), "earlier": lambda y, dim: earlier_share(y, dim)},
    x=lambda g, own, earlier, dim: own * recurrence(g, earlier, dim, True),
)


def logcumsumexp(input: Any, dim: int) -> Any:
    """Compute log(cumsum(exp(x))) along ``dim`` without overflow; where all so far are -inf, with gradient 0.

    >>> import tinygrad_np as tg
    >>> tg.logcumsumexp(tg.tensor([1e4, 1e4]), 0)
    tensor([10000.0000, 10000.6934])
    """
    if raw(input).dtype.kind != "f":
        raise RuntimeError(f"logcumsumexp: input has dtype {raw(input).dtype}; it needs a float: call .float()")
    return _along(_logcumsumexp, input, dim, "logcumsumexp")


# ----------------------------------------------------------------------------------------------------------- extrema


def _running_extremum(input: Any, dim: int, better: Any, name: str) -> tuple[Any, Any]:
    """Find the index of the extreme entry so far, the latest among ties; NaN, once there, stays."""
    x = raw(input)
    dim = normalise_dim(dim, x.ndim, name)
    if not x.ndim:
        return clone(input), constant(input, np.zeros((), np.int64))
    hit = (better.accumulate(x, dim) == x) | (x != x)
    position = np.arange(x.shape[dim]).reshape(-1, *(1,) * (x.ndim - 1 - dim))
    index = np.maximum.accumulate(np.where(hit, position, 0), dim)
    return gather(input, dim, index), constant(input, index)


def cummax(input: Any, dim: int) -> cummax_result:
    """Find the largest entry along ``dim`` from the first to each, and its index; among ties the latest.

    >>> import tinygrad_np as tg
    >>> tg.cummax(tg.tensor([1.0, 3.0, 2.0]), 0)
    cummax_result(values=tensor([1., 3., 3.]), indices=tensor([0, 1, 1]))
    """
    return cummax_result(*_running_extremum(input, dim, np.maximum, "cummax"))


def cummin(input: Any, dim: int) -> cummin_result:
    """Find the smallest entry along ``dim`` from the first to each, and its index; among ties the latest.

    >>> import tinygrad_np as tg
    >>> tg.cummin(tg.tensor([2.0, 1.0, 3.0]), 0)
    cummin_result(values=tensor([2., 1., 1.]), indices=tensor([0, 1, 1]))
    """
    return cummin_result(*_running_extremum(input, dim, np.minimum, "cummin"))
