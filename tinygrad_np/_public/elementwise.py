"""Functions of each entry by itself."""

from __future__ import annotations

from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import docstrings, elementwise

__all__ = [
    "abs",
    "absolute",
    "add",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "clamp",
    "clip",
    "clone",
    "cos",
    "div",
    "divide",
    "eq",
    "exp",
    "ge",
    "gt",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "log",
    "logical_and",
    "logical_not",
    "logical_or",
    "lt",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "ne",
    "neg",
    "negative",
    "pow",
    "relu",
    "sigmoid",
    "sign",
    "sin",
    "sqrt",
    "sub",
    "subtract",
    "tanh",
    "true_divide",
    "where",
]

docstrings.attach()
abs = absolute = public(elementwise.abs)
add = public(elementwise.add)
bitwise_and = public(elementwise.bitwise_and)
bitwise_not = public(elementwise.bitwise_not)
bitwise_or = public(elementwise.bitwise_or)
bitwise_xor = public(elementwise.bitwise_xor)
clamp = clip = public(elementwise.clamp)
clone = public(elementwise.clone)
cos = public(elementwise.cos)
div = divide = true_divide = public(elementwise.div)
eq = public(elementwise.eq)
exp = public(elementwise.exp)
ge = public(elementwise.ge)
gt = public(elementwise.gt)
isfinite = public(elementwise.isfinite)
isinf = public(elementwise.isinf)
isnan = public(elementwise.isnan)
le = public(elementwise.le)
log = public(elementwise.log)
logical_and = public(elementwise.logical_and)
logical_not = public(elementwise.logical_not)
logical_or = public(elementwise.logical_or)
lt = public(elementwise.lt)
maximum = public(elementwise.maximum)
minimum = public(elementwise.minimum)
mul = multiply = public(elementwise.mul)
ne = public(elementwise.ne)
neg = negative = public(elementwise.neg)
pow = public(elementwise.pow)
relu = public(elementwise.relu)
sigmoid = public(elementwise.sigmoid)
sign = public(elementwise.sign)
sin = public(elementwise.sin)
sqrt = public(elementwise.sqrt)
sub = subtract = public(elementwise.sub)
tanh = public(elementwise.tanh)
where = public(elementwise.where)
