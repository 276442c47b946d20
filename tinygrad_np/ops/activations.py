"""Activations that are more exact or faster as one op than as several."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np._dtypes import DType, result_type
from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._promotion import numeric
from tinygrad_np.ops.elementwise import clamp, exp, masked, raw, sigmoid, tanh, where
from tinygrad_np.ops.error_function import erfc


def floats(name: str, operands: tuple[Any, ...]) -> DType:
    """Bring the operands to the dtype in which they meet, and refuse integers, as PyTorch does for these."""
    dtype = result_type(*operands, op=name)
    if dtype.kind != "f":
        raise RuntimeError(f"{name}: not defined for {dtype}; call .float()")
    return dtype


# -------------------------------------------------------------------------------------------------- straight pieces


def positive(x: Any) -> Any:
    """Tell where ``x`` is above 0: a mask, which has no derivative."""
    return raw(x) > 0


def strictly_within(x: Any, low: float, high: float) -> Any:
    """Tell which entries lie between the bounds and not on them (and which are NaN)."""
    array = raw(x)
    return ~((array <= low) | (array >= high))


leaky_relu = op(
    "leaky_relu",
    lambda x, /, slope: np.maximum(x, 0) + slope * np.minimum(x, 0),  # one of the two is 0; a choice takes longer
    domain=Domain(kinks=(0.0,), case=lambda draw: ([draw.shape()], (draw.choice([0.01, -0.5]),))),
    promotion=floats,
    x=lambda g, x, slope: masked(g, positive(x)) + masked(g * slope, ~positive(x)),
)
hardtanh = op(
    "hardtanh",
    lambda x, /, low, high: np.minimum(np.maximum(x, low), high),
    domain=Domain(kinks=(-1.0, 0.0, 1.0), case=lambda draw: ([draw.shape()], draw.choice([(-1, 1), (0, 1), (-1, 0)]))),
    promotion=numeric,
    x=lambda g, x, low, high: masked(g, strictly_within(x, low, high)),
)

# ------------------------------------------------------------------------------------------------ exponential pieces


def _elu(x: Array, /, alpha: float, scale: float, rate: float) -> Any:
    return scale * np.maximum(x, 0) + scale * alpha * np.expm1(rate * np.minimum(x, 0))


def _elu_slope(x: Any, alpha: float, rate: float) -> Any:
    """The derivative where x <= 0; elsewhere its value at 0, so that nothing overflows."""
    return alpha * rate * exp(rate * clamp(x, None, 0))


elu = op(
    "elu",
    _elu,
    domain=Domain(
        kinks=(0.0,), case=lambda draw: ([draw.shape()], draw.choice([(0.5, 1, 1), (1.7, 1.1, 1), (2, 1, 0.5)]))
    ),
    promotion=floats,
    x=lambda g, x, alpha, scale, rate: (
        scale * (masked(g, positive(x)) + masked(g * _elu_slope(x, alpha, rate), ~positive(x)))
    ),
)


def _log_of_one_plus_exp(x: Array) -> Array:
    """log(1 + exp(x)), by way of exp(-|x|), which cannot overflow."""
    y: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return y


def _softplus(x: Array, /, beta: float, threshold: float) -> Array:
    return np.where(x * beta > threshold, x, _log_of_one_plus_exp(x * beta) / beta)


def _softplus_case(draw: Draw) -> Case:
    return [draw.shape()], draw.choice([(1, 20), (2.5, 20), (-1, 20), (1, 1), (2, 2)])


softplus = op(
    "softplus",
    _softplus,
    domain=Domain(kinks=(1.0,), case=_softplus_case),  # where beta * x crosses a small threshold
    promotion=floats,
    x=lambda g, x, beta, threshold: where(raw(x) * beta > threshold, g, g * sigmoid(x * beta)),
)
logsigmoid = op(
    "logsigmoid",
    lambda x, /: -_log_of_one_plus_exp(-x),
    domain=Domain(),
    promotion=floats,
    x=lambda g, x: g * sigmoid(-x),
)

# --------------------------------------------------------------------------------------------------- x times a share


def _silu(x: Array, /) -> tuple[Array, dict[str, Array]]:
    s = sigmoid(x)
    return x * s, {"s": s}


silu = op(
    "silu",
    _silu,
    domain=Domain(),
    promotion=floats,
    intermediates={"s": lambda x: sigmoid(x)},
    x=lambda g, x, s: g * s * (1 + x * (1 - s)),
)


def normal_share(x: Any) -> Any:
    """The share of the standard normal distribution below x, exact also where it is tiny."""
    return erfc(x * -math.sqrt(0.5)) / 2


def normal_density(x: Any) -> Any:
    """The density of the standard normal distribution at x."""
    return exp(x * x / -2) / math.sqrt(2 * math.pi)


def _gelu(x: Array, /) -> tuple[Array, dict[str, Array]]:
    s = normal_share(x)
    return x * s, {"s": s}


gelu = op(
    "gelu",
    _gelu,
    domain=Domain(),
    promotion=floats,
    intermediates={"s": lambda x: normal_share(x)},
    x=lambda g, x, s: g * (s + x * normal_density(x)),
)

TANH_RATE, CUBIC = math.sqrt(8 / math.pi), 0.044715  # of Hendrycks and Gimpel, Gaussian error linear units (2016)


def near_normal_share(x: Any) -> Any:
    """The approximation (1 + tanh(z / 2)) / 2 = sigmoid(z), where z is a polynomial of x."""
    return sigmoid(TANH_RATE * x * (1 + CUBIC * x * x))


def _gelu_tanh(x: Array, /) -> tuple[Array, dict[str, Array]]:
    s = near_normal_share(x)
    return x * s, {"s": s}


gelu_tanh = op(
    "gelu_tanh",
    _gelu_tanh,
    domain=Domain(),
    promotion=floats,
    intermediates={"s": lambda x: near_normal_share(x)},
    x=lambda g, x, s: g * s * (1 + x * (1 - s) * TANH_RATE * (1 + 3 * CUBIC * x * x)),
)


def _mish(x: Array, /) -> tuple[Array, dict[str, Array]]:
    t = np.tanh(_log_of_one_plus_exp(x))
    return x * t, {"t": t}


mish = op(
    "mish",
    _mish,
    domain=Domain(),
    promotion=floats,
    intermediates={"t": lambda x: tanh(softplus(x, 1, math.inf))},
    x=lambda g, x, t: g * (t + x * (1 - t * t) * sigmoid(x)),
)
