"""Trigonometric and hyperbolic functions, their inverses, and what is built of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np._graph import UFUNCS, Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case, broadcastable_pair
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import floating
from tinygrad_np.ops.elementwise import EVERYWHERE, mul, ratio, sqrt

INSIDE_ONE = Domain(((-0.8, 0.8),), analytic=True)
BEYOND_ONE = Domain(((1.2, 4.0),), analytic=True)

tan = op(
    "tan", np.tan, domain=Domain(((-1.2, 1.2),), analytic=True), promotion=floating, x=lambda g, y: g * (1 + y * y)
)
asin = op("asin", np.arcsin, domain=INSIDE_ONE, promotion=floating, x=lambda g, x: g / sqrt(1 - x * x))
acos = op("acos", np.arccos, domain=INSIDE_ONE, promotion=floating, x=lambda g, x: -g / sqrt(1 - x * x))
atan = op("atan", np.arctan, domain=EVERYWHERE, promotion=floating, x=lambda g, x: g / (1 + x * x))
sinh = op("sinh", np.sinh, domain=EVERYWHERE, promotion=floating, x=lambda g, x: g * cosh(x))
cosh: Function = op("cosh", np.cosh, domain=EVERYWHERE, promotion=floating, x=lambda g, x: g * sinh(x))
asinh = op("asinh", np.arcsinh, domain=EVERYWHERE, promotion=floating, x=lambda g, x: g / sqrt(x * x + 1))
acosh = op("acosh", np.arccosh, domain=BEYOND_ONE, promotion=floating, x=lambda g, x: g / sqrt(x * x - 1))
atanh = op("atanh", np.arctanh, domain=INSIDE_ONE, promotion=floating, x=lambda g, x: g / (1 - x * x))

# --------------------------------------------------------------------------------------- the sides of a triangle

RIGHT = Domain(((0.3, 3.0), (-3.0, 3.0)), case=broadcastable_pair)
atan2 = op(
    "atan2",
    np.arctan2,
    domain=RIGHT,
    promotion=floating,
    a=lambda g, a, b: g * ratio(b, a * a + b * b),
    b=lambda g, a, b: -g * ratio(a, a * a + b * b),
)
hypot = op(
    "hypot",
    np.hypot,
    domain=RIGHT,
    promotion=floating,
    a=lambda g, a, y: g * ratio(a, y),
    b=lambda g, b, y: g * ratio(b, y),
)


def deg2rad(input: Any) -> Any:
    """Convert degrees to radians: ``x * pi / 180``.

    >>> import tinygrad_np as tg
    >>> tg.deg2rad(tg.tensor([180.0, 90.0]))
    tensor([3.1416, 1.5708])
    """
    return mul(input, math.pi / 180)


def rad2deg(input: Any) -> Any:
    """Convert radians to degrees: ``x * 180 / pi``.

    >>> import tinygrad_np as tg
    >>> tg.rad2deg(tg.tensor([3.1415927, 0.0]))
    tensor([180.,   0.])
    """
    return mul(input, 180 / math.pi)


# ------------------------------------------------------------------------------------------------------------- sinc


def _spherical_bessel(x: Array, /, order: int) -> Array:
    """sin(x) / x is that of order 0. Large x by the recurrence in the order, small x by the power series.

    Source: Digital Library of Mathematical Functions, 10.51.1 and 10.53.1.
    """
    small = np.abs(x) < order + 1
    far = np.where(small, 1, x)
    before, at = np.cos(far) / far, np.sin(far) / far
    for n in range(order):
        before, at = at, (2 * n + 1) / far * at - before
    near = np.where(small, x, 0)
    term = near**order / math.prod(range(1, 2 * order + 2, 2))
    series = term
    for k in range(1, 20 + 2 * order):
        term = term * near * near / (-2 * k * (2 * order + 2 * k + 1))
        series = series + term
    return np.where(small, series, at)


def _bessel_case(draw: Draw) -> Case:
    return [draw.shape()], (draw.integer(0, 3),)


spherical_bessel: Function = op(
    "spherical_bessel",
    _spherical_bessel,
    domain=Domain(((-6.0, 6.0),), case=_bessel_case),
    promotion=floating,
    x=lambda g, x, order: (
        g
        * (order * spherical_bessel(x, abs(order - 1)) - (order + 1) * spherical_bessel(x, order + 1))
        / (2 * order + 1)
    ),
)
sinc = op(
    "sinc",
    lambda x, /: np.sinc(x),
    domain=Domain(),  # the complex step would cancel near 0
    promotion=floating,
    x=lambda g, x: g * -math.pi * spherical_bessel(math.pi * x, 1),
)

for degrees in (np.deg2rad, np.radians):
    UFUNCS[degrees] = deg2rad
for radians in (np.rad2deg, np.degrees):
    UFUNCS[radians] = rad2deg
