"""Exponentials and logarithms, and what is built of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Domain, op
from tinygrad_np._graph._domain import broadcastable_pair
from tinygrad_np._graph._promotion import floating
from tinygrad_np.ops.elementwise import EVERYWHERE, POSITIVE, clamp, log, raw, sigmoid, where

LN2, LN10 = math.log(2), math.log(10)

exp2 = op("exp2", np.exp2, domain=EVERYWHERE, promotion=floating, x=lambda g, y: g * y * LN2)
expm1 = op("expm1", np.expm1, domain=EVERYWHERE, promotion=floating, x=lambda g, y: g * (y + 1))
log2 = op("log2", np.log2, domain=POSITIVE, promotion=floating, x=lambda g, x: g / (x * LN2))
log10 = op("log10", np.log10, domain=POSITIVE, promotion=floating, x=lambda g, x: g / (x * LN10))
log1p = op(
    "log1p", np.log1p, domain=Domain(((-0.8, 3.0),), analytic=True), promotion=floating, x=lambda g, x: g / (1 + x)
)
rsqrt = op("rsqrt", lambda x, /: 1 / np.sqrt(x), domain=POSITIVE, promotion=floating, x=lambda g, y: -g * y * y * y / 2)

# ------------------------------------------------------------------------------------------------ of two arguments

PAIR = Domain(case=broadcastable_pair)
logaddexp = op(
    "logaddexp",
    np.logaddexp,
    domain=PAIR,
    promotion=floating,
    a=lambda g, a, b: g * sigmoid(a - b),
    b=lambda g, a, b: g * sigmoid(b - a),
)
logaddexp2 = op(
    "logaddexp2",
    np.logaddexp2,
    domain=PAIR,
    promotion=floating,
    a=lambda g, a, b: g * sigmoid(LN2 * (a - b)),
    b=lambda g, a, b: g * sigmoid(LN2 * (b - a)),
)


def _xlogy(a: Array, b: Array, /) -> Array:
    """0 where a is 0, and no warning from the logarithm there; but NaN where b is."""
    b = np.asarray(b, np.result_type(a, b))
    nothing = (a == 0) & ~np.isnan(b)
    y: Array = np.where(nothing, 0, a * np.log(np.where(nothing, 1, b)))
    return y


xlogy = op(
    "xlogy",
    _xlogy,
    domain=Domain(((-3.0, 3.0), (0.2, 4.0)), analytic=True, case=broadcastable_pair),
    promotion=floating,
    a=lambda g, a, b: where((raw(a) == 0) & (raw(b) <= 0), 0, g * log(b)),
    b=lambda g, a, b: g * a / b,
)

# ------------------------------------------------------------------------------------------------------------ logit

_logit = op(
    "logit",
    lambda x, /: np.log(x / (1 - x)),
    domain=Domain(((0.2, 0.8),), analytic=True),
    promotion=floating,
    x=lambda g, x: g / (x * (1 - x)),
)


def logit(input: Any, eps: float | None = None) -> Any:
    """Compute ``log(x / (1 - x))``, the inverse of sigmoid; NaN outside of [0, 1].

    With ``eps``, entries are brought into [eps, 1 - eps] before; the derivative of those outside is 0.

    >>> import tinygrad_np as tg
    >>> tg.logit(tg.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    return _logit(input if eps is None else clamp(input, eps, 1 - eps))
