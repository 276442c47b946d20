"""The softmax family, computed from logits shifted by their maximum: finite at any logit."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._dtypes import as_dtype
from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._promotion import floating
from tinygrad_np._shapes import Shape, normalise_dim, normalise_dims
from tinygrad_np.ops.elementwise import exp, masked, raw, to, where
from tinygrad_np.ops.reduction import Dim, folding_some, max_reduce, spread, sum, sum_over, total_over


def _one_axis(draw: Draw) -> Case:
    shape = draw.shape(min_side=1)
    return [shape], (draw.integer(0, len(shape) - 1) if shape else 0,)


def _some_axes(draw: Draw) -> Case:
    shapes, (axes, _) = folding_some(draw)
    return shapes, (axes,)


def _axes(x: Array, dim: int) -> Shape:
    return (dim,) if x.ndim else ()


def _softmax(x: Array, /, axes: Shape) -> Any:
    small = np.exp(x - max_reduce(x, axes, None, None, True, -np.inf))
    return small / total_over(small, axes, True)


_softmax_op = op(
    "softmax",
    _softmax,
    domain=Domain(case=_some_axes),
    promotion=floating,
    x=lambda g, y, axes: y * (g - sum_over(g * y, axes, True)),
)


def _log_softmax(x: Array, /, dim: int) -> Any:
    """x - max - log(sum), where the sum is 1 for the largest entry and the rest goes through log1p: keeps digits."""
    axes = _axes(x, dim)
    top = max_reduce(x, axes, None, None, True, -np.inf)
    small = np.exp(x - top)
    if x.ndim and x.size:
        np.put_along_axis(small, x.argmax(dim, keepdims=True), 0, dim)
    return x - top - np.log1p(total_over(small, axes, True) if x.ndim else x * 0)


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


def softmax(input: Any, dim: int, dtype: Any = None) -> Any:
    """Turn logits into probabilities along ``dim``: exp(x) / sum(exp(x)).

    >>> import tinygrad_np as tg
    >>> tg.softmax(tg.tensor([0.0, 1e4]), dim=0)
    tensor([0., 1.])
    """
    return _softmax_along(input, dim, dtype, "softmax")


def _softmax_along(input: Any, dim: int, dtype: Any, name: str) -> Any:
    input, dim = _prepared(input, dim, dtype, name)
    return _softmax_op(input, _axes(raw(input), dim))


def softmin(input: Any, dim: int, dtype: Any = None) -> Any:
    """Turn costs into probabilities along ``dim``: exp(-x) / sum(exp(-x)).

    >>> import tinygrad_np as tg
    >>> tg.nn.functional.softmin(tg.tensor([0.0, 1e4]), dim=0)
    tensor([1., 0.])
    """
    return _softmax_along(-input, dim, dtype, "softmin")


def log_softmax(input: Any, dim: int, dtype: Any = None) -> Any:
    """Compute log(softmax(x)) along ``dim`` without forming the softmax.

    >>> import tinygrad_np as tg
    >>> tg.log_softmax(tg.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return _log_softmax_op(*_prepared(input, dim, dtype, "log_softmax"))


def _logsumexp(x: Array, /, axes: Shape, keepdim: bool) -> Any:
    top = max_reduce(x, axes, None, None, True, -np.inf)
    if np.isfinite(top).all():
        y, shares = _sum_and_shares(x, top, axes)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):  # of a row of -inf, or with inf in it
            y, shares = _sum_and_shares(x, np.where(np.isinf(top), 0, top), axes)
    return (y if keepdim else y.squeeze(axes)), {"shares": shares}


def _sum_and_shares(x: Array, top: Array, axes: Shape) -> tuple[Array, Array]:
    """Return the logarithm of the sum, and each entry's share of it: of a sum of zeros, the only one below 1, 0."""
    small = np.exp(x - top)
    total = total_over(small, axes, True)
    return np.log(total) + top, small / np.maximum(total, 1)


def shares_of_sum(x: Any, axes: Shape) -> Any:
    """Return the softmax, and 0 for a row of -inf."""
    dead = max_reduce(raw(x), axes, None, None, True, -np.inf) == -np.inf
    return masked(_softmax_op(where(dead, 0, x), axes), ~np.broadcast_to(dead, raw(x).shape))


_logsumexp_op = op(
    "logsumexp",
    _logsumexp,
    domain=Domain(case=folding_some),
    promotion=floating,
    intermediates={"shares": lambda x, axes: shares_of_sum(x, axes)},
    x=lambda g, shares, x_shape, axes: spread(g, x_shape, axes) * shares,
)


def logsumexp(input: Any, dim: Dim, keepdim: bool = False) -> Any:
    """Compute log(sum(exp(x))) over ``dim``; -inf for a row of -inf, with gradient 0.

    >>> import tinygrad_np as tg
    >>> tg.logsumexp(tg.tensor([1e4, 1e4]), dim=0)
    tensor(10000.6934)
    """
    return _logsumexp_op(input, normalise_dims(dim, raw(input).ndim, "logsumexp"), keepdim)
