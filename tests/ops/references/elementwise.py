"""The elementwise ops beyond the first, from their definitions."""

from __future__ import annotations

import cmath
import decimal
import math
from fractions import Fraction
from typing import Any

from tests.ops.references.first_ops import each


def integral(function: Any, low: float, high: float, pieces: int = 2000) -> float:
    """Integrate by Simpson's rule."""
    step = (high - low) / (2 * pieces)
    weights = [1, *([4, 2] * pieces)[:-1], 1]
    return math.fsum(w * function(low + i * step) for i, w in enumerate(weights)) * step / 3


def bisected(function: Any, y: float, low: float, high: float) -> float:
    """Find where an increasing function takes a value."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < y else (low, middle)
    return low


def spherical_bessel(x: float, order: int) -> float:
    """Poisson's integral."""
    size = integral(lambda u: math.cos(x * u) * (1 - u * u) ** order, -1, 1, 5000)
    return x**order / (2 ** (order + 1) * math.factorial(order)) * size


def towards_zero(a: float, b: float) -> int:
    return int(Fraction(a) / Fraction(b))


def downwards(a: float, b: float) -> int:
    return math.floor(Fraction(a) / Fraction(b))


def halves_to_even(x: float) -> float:
    return float(decimal.Decimal(x).to_integral_value(decimal.ROUND_HALF_EVEN))


REFERENCES = {
    "exp2": each(lambda x: math.exp(x * math.log(2))),
    "expm1": each(lambda x: 2 * math.sinh(x / 2) * math.exp(x / 2)),
    "log2": each(lambda x: math.log(x) / math.log(2)),
    "log10": each(lambda x: math.log(x) / math.log(10)),
    "log1p": each(lambda x: 2 * math.atanh(x / (2 + x))),
    "rsqrt": each(lambda x: x**-0.5),
    "logaddexp": each(lambda a, b: math.log(math.exp(a) + math.exp(b))),
    "logaddexp2": each(lambda a, b: math.log2(2**a + 2**b)),
    "xlogy": each(lambda a, b: a * math.log(b) if a else 0),
    "logit": each(lambda x: math.log(x) - math.log(1 - x)),
    "tan": each(lambda x: math.sin(x) / math.cos(x)),
    "asin": each(lambda x: math.atan2(x, math.sqrt((1 - x) * (1 + x)))),
    "acos": each(lambda x: math.atan2(math.sqrt((1 - x) * (1 + x)), x)),
    "atan": each(lambda x: cmath.phase(complex(1, x))),
    "atan2": each(lambda a, b: cmath.phase(complex(b, a))),
    "hypot": each(lambda a, b: abs(complex(a, b))),
    "sinh": each(lambda x: (math.exp(x) - math.exp(-x)) / 2),
    "cosh": each(lambda x: (math.exp(x) + math.exp(-x)) / 2),
    "asinh": each(lambda x: math.copysign(math.log(abs(x) + math.sqrt(x * x + 1)), x)),
    "acosh": each(lambda x: math.log(x + math.sqrt(x * x - 1))),
    "atanh": each(lambda x: math.log((1 + x) / (1 - x)) / 2),
    "sinc": each(lambda x: math.sin(math.pi * x) / (math.pi * x) if x else 1),
    "spherical_bessel": lambda x, order: each(lambda x: spherical_bessel(x, order))(x),
    "erf": each(lambda x: 2 / math.sqrt(math.pi) * integral(lambda t: math.exp(-t * t), 0, x)),
    "erfc": each(lambda x: 1 - 2 / math.sqrt(math.pi) * integral(lambda t: math.exp(-t * t), 0, x)),
    "erfinv": each(lambda y: bisected(math.erf, y, -6, 6)),
    "floor": each(math.floor),
    "ceil": each(math.ceil),
    "trunc": each(int),
    "round": each(halves_to_even),
    "floor_divide": each(downwards),
    "trunc_divide": each(towards_zero),
    "remainder": each(lambda a, b: float(Fraction(a) - downwards(a, b) * Fraction(b))),
    "fmod": each(lambda a, b: float(Fraction(a) - towards_zero(a, b) * Fraction(b))),
    "copysign": each(lambda a, b: abs(a) if b > 0 else -abs(a)),
}

KEEPS = {
    "acos": "x",
    "acosh": "x",
    "asin": "x",
    "asinh": "x",
    "atan": "x",
    "atan2": "a b",
    "atanh": "x",
    "ceil": "",
    "copysign": "a b",
    "cosh": "x",
    "erf": "x",
    "erfc": "x",
    "erfinv": "y",
    "exp2": "y",
    "expm1": "y",
    "floor": "",
    "floor_divide": "",
    "fmod": "a b",
    "hypot": "a b y",
    "log10": "x",
    "log1p": "x",
    "log2": "x",
    "logaddexp": "a b",
    "logaddexp2": "a b",
    "logit": "x",
    "remainder": "a b",
    "round": "",
    "rsqrt": "y",
    "sinc": "x",
    "sinh": "x",
    "spherical_bessel": "x",
    "tan": "y",
    "trunc": "",
    "trunc_divide": "",
    "xlogy": "a b",
}

ALWAYS_ZERO = {
    *((name, "x") for name in ("floor", "ceil", "trunc", "round")),
    *((name, array) for name in ("floor_divide", "trunc_divide") for array in "ab"),
    ("copysign", "b"),
}
PASSES_G_ON = {("remainder", "a"), ("fmod", "a")}
