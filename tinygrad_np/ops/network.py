"""Ops of networks that are more exact or faster as one op than as several."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._promotion import equal, floating
from tinygrad_np.ops.elementwise import ONE, clamp, log
from tinygrad_np.ops.reduction import add_reduce, max_reduce
from tinygrad_np.ops.softmax_family import softmax


def _cross_entropy(x: Array, /, places: Array) -> tuple[Array, dict[str, Array]]:
    """The mean over the rows of log(sum(exp(x))) - x[label], where x is the row less its maximum; ``places`` are the
    labels' places in the flat ``x``.
    """
    p = x - _largest_of_rows(x)
    chosen = p.take(places)
    np.exp(p, p)
    total = add_reduce(p, 1, None, None, True)
    p /= total
    losses = np.log(total, total).ravel()
    losses -= chosen
    return add_reduce(losses) / len(places), {"p": p}


NARROW = 32  # columns: up to here, the maximum of rows is found several times faster on the transposed array


def _largest_of_rows(x: Array) -> Any:
    """Return the maximum of each row, as a column."""
    if x.shape[1] <= NARROW:
        return max_reduce(x.T.copy(), 0, None, None, True).T
    return max_reduce(x, 1, None, None, True)


def _cross_entropy_case(draw: Draw) -> Case:
    m, n = draw.integer(1, 4), draw.integer(1, 4)
    return [(m, n)], (np.arange(m) * n + draw.integers((m,), 0, n - 1),)


def _minus_one_at(x: Array, /, places: Array) -> Array:
    """x - onehot(label)"""
    out = x.copy()
    flat = out.ravel()
    flat[places] -= ONE.get(x.dtype, 1)
    return out


def _minus_one_case(draw: Draw) -> Case:
    (shape,), (places,) = _cross_entropy_case(draw)
    return [shape], (places,)


minus_one_at = op("minus_one_at", _minus_one_at, domain=Domain(case=_minus_one_case), x=lambda g: g)

mean_cross_entropy = op(
    "cross_entropy",
    _cross_entropy,
    domain=Domain(case=_cross_entropy_case),
    promotion=floating,
    intermediates={"p": lambda x: softmax(x, 1)},
    fitting=True,
    x=lambda g, p, places: minus_one_at(p, places) * g / len(places),
)

# ------------------------------------------------------------------------------------------- binary cross entropy


def _binary_cross_entropy(p: Array, t: Array, /) -> Any:
    """-(t log(p) + (1 - t) log(1 - p)), the logarithms being at least -100."""
    with np.errstate(divide="ignore"):
        return -t * np.maximum(np.log(p), -100) - (1 - t) * np.maximum(np.log1p(-p), -100)


def _pair_of_probabilities(draw: Draw) -> Case:
    shape = draw.shape()
    return [shape, shape], ()


binary_cross_entropy = op(
    "binary_cross_entropy",
    _binary_cross_entropy,
    domain=Domain(((0.3, 0.7), (0.0, 1.0)), case=_pair_of_probabilities),
    promotion=equal,
    p=lambda g, p, t: g * (p - t) / clamp(p * (1 - p), 1e-12),
    t=lambda g, p: g * (log(1 - p) - log(p)),
)
