"""Functions of each entry by itself."""

from __future__ import annotations

from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import (
    arithmetic,
    choices,
    division,
    docstrings,
    elementwise,
    error_function,
    exponential,
    logic,
    rounding,
    trigonometric,
)

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "addcdiv",
    "addcmul",
    "allclose",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "clone",
    "copysign",
    "cos",
    "cosh",
    "deg2rad",
    "div",
    "divide",
    "eq",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "fix",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "heaviside",
    "hypot",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "le",
    "lerp",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "lt",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "nan_to_num",
    "ne",
    "neg",
    "negative",
    "not_equal",
    "positive",
    "pow",
    "rad2deg",
    "reciprocal",
    "relu",
    "remainder",
    "round",
    "rsqrt",
    "rsub",
    "sgn",
    "sigmoid",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "sub",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
    "xlogy",
]

docstrings.attach()
abs = absolute = public(elementwise.abs)
acos = arccos = public(trigonometric.acos)
acosh = arccosh = public(trigonometric.acosh)
add = public(arithmetic.add)
addcdiv = public(arithmetic.addcdiv)
addcmul = public(arithmetic.addcmul)
allclose = public(logic.allclose)
asin = arcsin = public(trigonometric.asin)
asinh = arcsinh = public(trigonometric.asinh)
atan = arctan = public(trigonometric.atan)
atan2 = arctan2 = public(trigonometric.atan2)
atanh = arctanh = public(trigonometric.atanh)
bitwise_and = public(elementwise.bitwise_and)
bitwise_left_shift = public(logic.bitwise_left_shift)
bitwise_not = public(elementwise.bitwise_not)
bitwise_or = public(elementwise.bitwise_or)
bitwise_right_shift = public(logic.bitwise_right_shift)
bitwise_xor = public(elementwise.bitwise_xor)
ceil = public(rounding.ceil)
clamp = clip = public(elementwise.clamp)
clamp_max = public(choices.clamp_max)
clamp_min = public(choices.clamp_min)
clone = public(elementwise.clone)
copysign = public(choices.copysign)
cos = public(elementwise.cos)
cosh = public(trigonometric.cosh)
deg2rad = public(trigonometric.deg2rad)
div = divide = public(division.div)
eq = public(elementwise.eq)
erf = public(error_function.erf)
erfc = public(error_function.erfc)
erfinv = public(error_function.erfinv)
exp = public(elementwise.exp)
exp2 = public(exponential.exp2)
expm1 = public(exponential.expm1)
float_power = public(arithmetic.float_power)
floor = public(rounding.floor)
floor_divide = public(division.floor_divide)
fmax = public(choices.fmax)
fmin = public(choices.fmin)
fmod = public(division.fmod)
frac = public(rounding.frac)
ge = greater_equal = public(elementwise.ge)
gt = greater = public(elementwise.gt)
heaviside = public(choices.heaviside)
hypot = public(trigonometric.hypot)
isclose = public(logic.isclose)
isfinite = public(elementwise.isfinite)
isinf = public(elementwise.isinf)
isnan = public(elementwise.isnan)
isneginf = public(logic.isneginf)
isposinf = public(logic.isposinf)
le = less_equal = public(elementwise.le)
lerp = public(arithmetic.lerp)
log = public(elementwise.log)
log10 = public(exponential.log10)
log1p = public(exponential.log1p)
log2 = public(exponential.log2)
logaddexp = public(exponential.logaddexp)
logaddexp2 = public(exponential.logaddexp2)
logical_and = public(elementwise.logical_and)
logical_not = public(elementwise.logical_not)
logical_or = public(elementwise.logical_or)
logical_xor = public(logic.logical_xor)
logit = public(exponential.logit)
lt = less = public(elementwise.lt)
maximum = public(elementwise.maximum)
minimum = public(elementwise.minimum)
mul = multiply = public(elementwise.mul)
nan_to_num = public(choices.nan_to_num)
ne = not_equal = public(elementwise.ne)
neg = negative = public(elementwise.neg)
positive = public(arithmetic.positive)
pow = public(arithmetic.pow)
rad2deg = public(trigonometric.rad2deg)
reciprocal = public(arithmetic.reciprocal)
relu = public(elementwise.relu)
remainder = public(division.remainder)
round = public(rounding.round)
rsqrt = public(exponential.rsqrt)
rsub = public(arithmetic.rsub)
sigmoid = public(elementwise.sigmoid)
sign = sgn = public(elementwise.sign)
signbit = public(logic.signbit)
sin = public(elementwise.sin)
sinc = public(trigonometric.sinc)
sinh = public(trigonometric.sinh)
sqrt = public(elementwise.sqrt)
square = public(arithmetic.square)
sub = subtract = public(arithmetic.sub)
tan = public(trigonometric.tan)
tanh = public(elementwise.tanh)
true_divide = public(elementwise.div)
trunc = fix = public(rounding.trunc)
where = public(elementwise.where)
xlogy = public(exponential.xlogy)
