"""Ops that act on each entry by itself, and their derivatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray, vdot

from tinygrad_np._dtypes import result_type
from tinygrad_np._graph import UFUNCS, Array, Domain, Draw, Value, op, wrap
from tinygrad_np._graph._domain import Case, broadcastable_pair
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is, floating, numeric

EVERYWHERE = Domain(analytic=True)
PAIR = Domain(analytic=True, case=broadcastable_pair)


def raw(x: Any) -> Any:
    """Return the array of a tensor, and anything else as it is: for arguments that carry no gradient."""
    return x.array if isinstance(x, Value) else x


def constant(like: Any, array: Array) -> Any:
    """Return an array that no gradient flows to as what ``like`` is: a tensor, or an array."""
    return wrap(array) if isinstance(like, Value) else array


# ----------------------------------------------------------------------------------------------------- arithmetic

add = op("add", np.add, domain=PAIR, a=lambda g: g, b=lambda g: g)
sub = op("sub", np.subtract, domain=PAIR, promotion=numeric, a=lambda g: g, b=lambda g: -g)
mul = op("mul", np.multiply, domain=PAIR, a=lambda g, b: g * b, b=lambda g, a: g * a)
div = op(
    "div",
    np.divide,
    domain=Domain(((-3.0, 3.0), (0.5, 3.0)), analytic=True, case=broadcastable_pair),
    promotion=floating,
    a=lambda g, b: g / b,
    b=lambda g, b, y: -g * y / b,
)
SHORT_CUTS = frozenset({-1, 0, 1, 2})  # exponents of which the operator makes less than a power, unlike np.power


def _pow(a: Any, b: Any, /) -> Any:
    """a ** b; other whole powers by way of abs(a): a power of a negative number takes a hundred times as long."""
    scalar = type(b) is int or type(b) is float
    if scalar and b not in SHORT_CUTS and b % 1 == 0 and isinstance(a, ndarray) and a.dtype.kind == "f":
        return np.copysign(np.abs(a) ** b, a) if b % 2 else np.abs(a) ** b
    return a**b


pow = op(  # PyTorch's name
    "pow",
    _pow,
    domain=Domain(((0.5, 3.0), (-2.0, 2.0)), analytic=True, case=broadcastable_pair),
    promotion=numeric,
    a=lambda g, a, b: g * b * a ** lowered(a, b),
    b=lambda g, a, b, y: where(zero_base(a, b), 0, g * y * log(a)),
)
neg = op("neg", np.negative, domain=EVERYWHERE, promotion=numeric, x=lambda g: -g)


def lowered(a: Any, b: Any) -> Any:
    """Return b - 1, but 0 where b is 0 and 1 / a not finite: there 0 * a ** -1 would be NaN, the derivative is 0."""
    if not np.any(raw(b) == 0):
        return b - 1
    flat = (raw(b) == 0) & ~np.isfinite(1 / raw(a))
    return b - 1 + flat if np.any(flat) else b - 1


def zero_base(a: Any, b: Any) -> Any:
    """Tell where a power is 0 ** b with b >= 0: there its derivative in the exponent is 0, as PyTorch has it."""
    return (raw(a) == 0) & (raw(b) >= 0)


# --------------------------------------------------------------------------------------------------- transcendental

POSITIVE = Domain(((0.2, 4.0),), analytic=True)

exp = op("exp", np.exp, domain=EVERYWHERE, promotion=floating, x=lambda g, y: g * y)
log: Function = op("log", np.log, domain=POSITIVE, promotion=floating, x=lambda g, x: g / x)
sqrt = op("sqrt", np.sqrt, domain=POSITIVE, promotion=floating, x=lambda g, y: g / (2 * y))
sin = op("sin", np.sin, domain=EVERYWHERE, promotion=floating, x=lambda g, x: g * cos(x))
cos: Function = op("cos", np.cos, domain=EVERYWHERE, promotion=floating, x=lambda g, x: -g * sin(x))
tanh = op("tanh", np.tanh, domain=EVERYWHERE, promotion=floating, x=lambda g, y: g * (1 - y * y))


def _sigmoid(x: Array, /) -> Array:
    """1 / (1 + exp(-x)), by way of exp(-|x|), which cannot overflow."""
    small = np.exp(-np.abs(x))
    y: Array = np.where(x >= 0, 1, small) / (1 + small)
    return y


sigmoid = op(
    "sigmoid",
    _sigmoid,
    domain=Domain(((-4.0, 4.0),)),
    promotion=floating,
    x=lambda g, y: g * y * (1 - y),
)

# ------------------------------------------------------------------------------------------------- kinks and choices

AT_ZERO = Domain(kinks=(0.0,))
AT_TIES = Domain(kinks=(0.0,), case=broadcastable_pair)

abs = op("abs", np.abs, domain=AT_ZERO, promotion=numeric, x=lambda g, x: g * sign(x))  # PyTorch's name
sign: Function = op(
    "sign",
    lambda x, /: x.copy() if x.dtype.kind == "b" else np.subtract(x > 0, x < 0, dtype=x.dtype),  # 0 for NaN
    domain=AT_ZERO,
    x=lambda g: masked(g, False),
)
ZERO = {np.dtype(name): np.zeros((), name) for name in ("float32", "float64")}  # a number is converted in each call
ONE = {np.dtype(name): np.ones((), name) for name in ("float32", "float64")}
relu = op(
    "relu",
    lambda x, /: np.maximum(x, ZERO.get(x.dtype, 0)),
    domain=AT_ZERO,
    promotion=numeric,
    fitting=True,
    x=lambda g, y: masked(g, nonzero(y)),
)
maximum = op(
    "maximum",
    np.maximum,
    domain=AT_TIES,
    a=lambda g, a, b: masked(halved(g, a == b), ~(a < b)),  # not a >= b: a NaN passes g on
    b=lambda g, a, b: masked(halved(g, a == b), ~(a > b)),
)
minimum = op(
    "minimum",
    np.minimum,
    domain=AT_TIES,
    a=lambda g, a, b: masked(halved(g, a == b), ~(a > b)),
    b=lambda g, a, b: masked(halved(g, a == b), ~(a < b)),
)


def halved(g: Any, tie: Any) -> Any:
    """Return ``g``, and half of it where there is a tie."""
    return where(tie, g / 2, g) if np.any(raw(tie)) else g


def nonzero(x: Any) -> Any:
    """Return 1 where ``x`` is not 0, and 0 where it is: a mask, which has no derivative; in the dtype of ``x``."""
    array = x if type(x) is ndarray else raw(x)
    return array.astype(bool).astype(array.dtype)


def masked(x: Any, keep: Any) -> Any:
    """Return ``x * keep`` where ``keep`` is a mask (bools, or 0 and 1): 0 where it is, even if ``x`` is infinite."""
    if type(x) is not ndarray and isinstance(x, Value):  # the first is for speed alone
        return _mask(x, raw(keep))
    y = x * keep
    if not math.isfinite(vdot(y, y)):  # an infinity times 0 is NaN
        y = np.copysign(np.where(keep, x, 0), x)
    return y


def _masked_quietly(x: Array, /, keep: Array) -> Any:
    with np.errstate(invalid="ignore"):  # as it is throughout a backward pass
        return masked(x, keep)


def _mask_case(draw: Draw) -> Case:
    shape = draw.shape()
    return [shape], (draw.mask(shape),)


_mask = op("masked", _masked_quietly, domain=Domain(case=_mask_case), x=lambda g, keep: masked(g, keep))


def _where_case(draw: Draw) -> Case:
    first, second, third = draw.broadcastable(3)
    return [first, second], (draw.mask(third),)


_where = op(
    "where",
    lambda a, b, /, condition: np.where(condition, a, b),
    domain=Domain(case=_where_case),
    a=lambda g, condition: where(condition, g, 0),
    b=lambda g, condition: where(condition, 0, g),
)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Choose entries of ``input`` where ``condition`` holds, and of ``other`` elsewhere.

    The three broadcast; ``input`` and ``other`` may be numbers. Each entry's gradient goes to the one that was chosen.
    With the condition alone, return the indices at which it is not 0: an int64 tensor for each dim.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([-1.0, 2.0])
    >>> tg.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if input is None or other is None:
        return _indices(condition, input, other)
    if isinstance(condition, Value) and not isinstance(input, Value) and not isinstance(other, Value):
        input = wrap(np.asarray(input, result_type(input, other, op="where")))  # a constant, so that a tensor comes out
    condition = raw(condition)
    if getattr(condition, "dtype", None) != np.bool_ and not isinstance(condition, bool):
        raise RuntimeError(
            f"where: condition must be bool, got {getattr(condition, 'dtype', type(condition).__name__)}"
        )
    return _where(input, other, condition)


def _indices(condition: Any, input: Any, other: Any) -> Any:
    if input is not None or other is not None:
        raise TypeError("where: expected both input and other, or neither of them, got one")
    found = np.nonzero(np.atleast_1d(raw(condition)))
    return tuple(map(wrap, found)) if isinstance(condition, Value) else found


def ratio(a: Any, b: Any) -> Any:
    """Return ``a / b``, and 0 where ``b`` is 0."""
    return masked(a / where(raw(b) == 0, 1, b), raw(b) != 0)


def _clamp_case(draw: Draw) -> Case:
    return [draw.shape()], (draw.choice([None, -1.0]), draw.choice([1.0, 1.5]))


def _clip(x: Array, /, low: float | None, high: float | None) -> Array:
    above = x if low is None else np.maximum(x, low)
    return above if high is None else np.minimum(above, high)


_clamp = op(
    "clamp",
    _clip,
    domain=Domain(kinks=(-1.0, 1.0, 1.5), case=_clamp_case),
    x=lambda g, x, low, high: masked(g, within(x, low, high)),
)


def within(x: Any, low: float | None, high: float | None) -> Any:
    """Tell which entries lie between the bounds, or on them."""
    array = raw(x)
    inside = np.ones(array.shape, bool) if low is None else array >= low
    return inside if high is None else inside & (array <= high)


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:  # PyTorch's names
    """Bring every entry into [min, max]; where min > max, to max.

    ``min`` and ``max`` are numbers, or tensors that broadcast (and then have gradients too). The derivative is 1
    inside and at the bounds, 0 outside.

    >>> import tinygrad_np as tg
    >>> tg.clamp(tg.tensor([-2.0, 0.5, 2.0]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    min, max = (bound.item() if isinstance(bound, np.generic) else bound for bound in (min, max))
    if min is None and max is None:
        raise RuntimeError("clamp: at least one of min and max must be given")
    if not isinstance(min, (Value, ndarray)) and not isinstance(max, (Value, ndarray)):
        return _clamp(_widened(input, min, max), min, max)
    if min is not None:
        input = _where(min, input, (raw(input) < raw(min)) | np.isnan(raw(min)))
    return input if max is None else _where(max, input, (raw(input) > raw(max)) | np.isnan(raw(max)))


def _widened(x: Any, *bounds: Any) -> Any:
    """Return an integer tensor as float where a bound is a float, as promotion has it."""
    if raw(x).dtype.kind != "f" and any(isinstance(bound, float) for bound in bounds):
        return to(x, np.dtype(np.float32))
    return x


# --------------------------------------------------------------------------------------- comparisons and conversion

eq = op("eq", np.equal)
ne = op("ne", np.not_equal)
lt = op("lt", np.less)
le = op("le", np.less_equal)
gt = op("gt", np.greater)
ge = op("ge", np.greater_equal)
logical_and = op("logical_and", np.logical_and)
logical_or = op("logical_or", np.logical_or)
logical_not = op("logical_not", np.logical_not, promotion=as_is)
isnan = op("isnan", np.isnan, promotion=as_is)
isinf = op("isinf", np.isinf, promotion=as_is)
isfinite = op("isfinite", np.isfinite, promotion=as_is)
bitwise_and = op("bitwise_and", np.bitwise_and)
bitwise_or = op("bitwise_or", np.bitwise_or)
bitwise_xor = op("bitwise_xor", np.bitwise_xor)
bitwise_not = op("bitwise_not", np.invert)


def _convert_case(draw: Draw) -> Case:
    return [draw.shape()], (np.dtype(draw.choice(["float32", "float64"])),)


to = op(
    "to",
    lambda x, /, dtype: x.astype(dtype),
    domain=Domain(case=_convert_case),
    promotion=as_is,
    x=lambda g: g,  # the walk brings it to the dtype of x
)
clone = op("clone", lambda x, /: x.copy(), domain=Domain(), promotion=as_is, x=lambda g: g)

UFUNCS[np.power] = pow
UFUNCS[np.absolute] = abs
UFUNCS[np.sign] = sign
