"""The error function, its complement and its inverse, in the precision of their argument.

For float64, rational approximations on three intervals: W. J. Cody, Rational Chebyshev approximations for the error
function, Mathematics of Computation 23 (1969), 631-637; the coefficients, good to 18 digits, are those of his CALERF
(1990). For float32, a shorter one in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinygrad_np._dtypes import float32, float64
from tinygrad_np._graph import Array, Domain, op
from tinygrad_np._graph._promotion import floating
from tinygrad_np.ops.elementwise import exp

# Numerator and denominator, from the highest power down. Up to NEAR, erf(x) = x P(x^2) / Q(x^2).
NEAR = 0.46875
NEAR_P = (
    *(1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2),
    3.20937758913846947e3,
)
NEAR_Q = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
# Up to FAR, erfc(x) = exp(-x^2) P(x) / Q(x).
FAR = 4.0
MIDDLE_P = (
    *(2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1),
    *(2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3),
    1.23033935479799725e3,
)
MIDDLE_Q = (
    *(1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3),
    *(3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)
# Beyond, erfc(x) = exp(-x^2) / x (1 / sqrt(pi) - t P(t) / Q(t)) with t = 1 / x^2.
FAR_P = (
    *(1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1),
    *(1.60837851487422766e-2, 6.58749161529837803e-4),
)
FAR_Q = (
    *(1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2),
    2.33520497626869185e-3,
)
ZERO_FROM = 28.0  # erfc(28) is below the smallest float64
SLOPE = 2 / math.sqrt(math.pi)  # of erf at 0
# For float32: erfc(x) = t exp(P(t) - x^2) with t = 2 / (2 + x), for all x >= 0; a fit that is good to 7e-9. The form is
# that of W. H. Press et al., Numerical Recipes, second edition (1992), section 6.2.
SINGLE_P = (
    *(-0.1328195461, 0.9196297258, -2.656360937, 4.049515543, -3.382256104, 1.56723161, -0.6727069855, 0.2156378963),
    *(0.3561645508, 1.001530262, -1.265566008),
)
BLOCK = 16384  # entries that are worked on at a time, so that what lies between stays in the cache


def _in_blocks(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Apply a function of vectors to arrays of any shape, block by block."""

    def whole(x: Array, /) -> Array:
        y = np.empty_like(x, order="C")
        entries, results = x.reshape(-1), y.reshape(-1)
        for start in range(0, x.size, BLOCK):
            block = slice(start, start + BLOCK)
            results[block] = function(entries[block])
        return y

    return whole


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    y = coefficients[0] * x
    y += coefficients[1]
    for coefficient in coefficients[2:]:
        y *= x
        y += coefficient
    return y


def _near(x: Array) -> Array:
    """erf(x) for abs(x) <= NEAR."""
    square = x * x
    return x * (_polynomial(NEAR_P, square) / _polynomial(NEAR_Q, square))


def _middle(x: Array) -> Array:
    """erfc(x) for NEAR <= x <= FAR."""
    return _bell(x, _polynomial(MIDDLE_P, x) / _polynomial(MIDDLE_Q, x))


def _far(x: Array) -> Array:
    """erfc(x) for x >= FAR."""
    t = 1 / (x * x)
    return _bell(x, (1 / math.sqrt(math.pi) - t * (_polynomial(FAR_P, t) / _polynomial(FAR_Q, t))) / x)


def _bell(x: Array, factor: Array) -> Array:
    """exp(-x^2) * factor. Rounding x * x would cost digits, so the exponent is split, its first part being exact."""
    coarse = np.trunc(x * 16) / 16
    y: Array = np.exp(-coarse * coarse) * (np.exp((coarse - x) * (coarse + x)) * factor)
    return y


def _complement(x: Array) -> Array:
    """erfc(x) for x >= NEAR, and for float32 (then in float64) for all x >= 0."""
    if x.dtype == float32:
        x = x.astype(float64)
        t = 2 / (2 + x)
        y: Array = t * np.exp(_polynomial(SINGLE_P, t) - x * x)
        return y
    x = np.minimum(x, ZERO_FROM)
    y, far = _middle(x), x > FAR
    y[far] = _far(x[far])
    return y


@_in_blocks
def _erf(x: Array) -> Array:
    size = np.abs(x)
    y: Array = np.copysign(np.where(size <= NEAR, _near(np.minimum(size, NEAR)), 1 - _complement(size)), x)
    return y


@_in_blocks
def _erfc(x: Array) -> Array:
    size = np.abs(x)
    y = _complement(size)
    if x.dtype != float32:
        near = size <= NEAR
        y[near] = 1 - _near(size[near])
    return np.where(x < 0, 2 - y, y)


def _erfinv(x: Array, /) -> Array:
    """Winitzki's approximation to 0.2 %, then steps of Halley's method, each of which triples the digits.

    float32 needs one step. S. Winitzki, A handy approximation for the error function and its inverse (2008).
    """
    size = np.abs(x)
    inside = np.where(size < 1, size, 0)
    log = np.log1p(-inside * inside)
    half = SLOPE * SLOPE / (2 * 0.147) + log / 2
    y = np.sqrt(np.sqrt(half * half - log / 0.147) - half)
    for _ in range(1 if y.dtype == float32 else 3):
        # erf(y) - x; beyond 1/2 by way of the complements, which keep their digits
        missed = np.where(inside > 0.5, (1 - inside) - _erfc(y), _erf(y) - inside)
        step = missed / (SLOPE * np.exp(-y * y))
        y = y - step / (1 + y * step)
    outside = np.where(size == 1, np.inf, np.nan).astype(y.dtype)
    return np.copysign(np.where(size < 1, y, outside), x)


EVERYWHERE = Domain()
erf = op("erf", _erf, domain=EVERYWHERE, promotion=floating, x=lambda g, x: g * (SLOPE * exp(-x * x)))
erfc = op("erfc", _erfc, domain=EVERYWHERE, promotion=floating, x=lambda g, x: -g * (SLOPE * exp(-x * x)))
erfinv = op(
    "erfinv",
    _erfinv,
    domain=Domain(((-0.9, 0.9),)),
    promotion=floating,
    x=lambda g, y: g * (exp(y * y) / SLOPE),
)
