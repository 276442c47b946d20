"""The softmax family, computed from logits shifted by their maximum: finite at any logit."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._dtypes import as_dtype
from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._promotion import floating
from tinygrad_np._shapes import Shape, normalise_dim, normalise_dims
from tinygrad_np.ops.elementwise import exp, raw, to, where
from tinygrad_np.ops.reduction import Dim, folding_some, max_reduce, spread, sum


def _one_axis(draw: Draw) -> Case:
    shape = draw.shape(min_side=1)
    return [shape], (draw.integer(0, len(shape) - 1) if shape else 0,)


def _axes(x: Array, dim: int) -> Shape:
    return (dim,) if x.ndim else ()


def shifted_exp(x: Array, axes: Shape) -> tuple[Array, Array]:
    """Return ``exp(x - max)`` and the shift; a row of -inf is shifted by 0."""
    top = max_reduce(x, axes, None, None, True, -np.inf)
    if not np.isfinite(top).all():
        top = np.where(np.isfinite(top), top, np.where(np.isnan(top), top, 0))
    return np.exp(x - top), top


def _softmax(x: Array, /, dim: int) -> Any:
    small, _ = shifted_exp(x, _axes(x, dim))
    return small / small.sum(_axes(x, dim), keepdims=True)


_softmax_op = op(
    "softmax",
    _softmax,
    domain=Domain(case=_one_axis),
    promotion=floating,
    x=lambda g, y, dim: y * (g - sum(g * y, dim, True)),
)


def _log_softmax(x: Array, /, dim: int) -> Any:
    """x - max - log(sum), where the sum is 1 for the largest entry and the rest goes through log1p: keeps digits."""
    axes = _axes(x, dim)
    top = max_reduce(x, axes, None, None, True, -np.inf)
    small = np.exp(x - top)
    if x.ndim and x.size:
        np.put_along_axis(small, x.argmax(dim, keepdims=True), 0, dim)
    return x - top - np.log1p(small.sum(axes, keepdims=True) if x.ndim else x * 0)


_log_softmax_op = op(
    "log_softmax",
    _log_softmax,
    domain=Domain(case=_one_axis),
    promotion=floating,
    x=lambda g, y, dim: g - exp(y) * sum(g, dim, True),
)


def _prepared(input: Any, dim: int, dtype: Any, name: str) -> tuple[Any, int]:
    if dtype is not None:
        wanted = as_dtype(dtype, name)
        if wanted.kind != "f":
            raise RuntimeError(f"{name}: dtype must be a float, got {wanted}")
        input = to(input, wanted)
    return input, normalise_dim(dim, raw(input).ndim, name)


def softmax(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Turn logits into probabilities along ``dim``: exp(x) / sum(exp(x)).

    >>> import tinygrad_np as tg
    >>> tg.softmax(tg.tensor([0.0, 1e4]), dim=0)
    tensor([0., 1.])
    """
    return _softmax_op(*_prepared(input, dim, dtype, "softmax"))


def log_softmax(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Compute log(softmax(x)) along ``dim`` without forming the softmax.

    >>> import tinygrad_np as tg
    >>> tg.log_softmax(tg.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return _log_softmax_op(*_prepared(input, dim, dtype, "log_softmax"))


def _logsumexp(x: Array, /, axes: Shape, keepdim: bool) -> Any:
    small, top = shifted_exp(x, axes)
    total = np.log(small.sum(axes, keepdims=True)) + top
    return total if keepdim else total.squeeze(axes)


def _finite(y: Any) -> Any:
    """Replace -inf by 0: the softmax of a row of -inf is then 0, and so is its gradient."""
    return where(raw(y) == -np.inf, 0, y)


_logsumexp_op = op(
    "logsumexp",
    _logsumexp,
    domain=Domain(case=folding_some),
    promotion=floating,
    x=lambda g, x, y, axes: spread(g, raw(x).shape, axes) * exp(x - spread(_finite(y), raw(x).shape, axes)),
)


def logsumexp(input: Any, dim: Dim, keepdim: bool = False) -> Any:
    """Compute log(sum(exp(x))) over ``dim``; -inf for a row of -inf, with gradient 0.

    >>> import tinygrad_np as tg
    >>> tg.logsumexp(tg.tensor([1e4, 1e4]), dim=0)
    tensor(10000.6934)
    """
    return _logsumexp_op(input, normalise_dims(dim, raw(input).ndim, "logsumexp"), keepdim)
