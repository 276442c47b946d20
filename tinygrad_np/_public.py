"""The functions of the package, which also take plain arrays: as constants, and a tensor comes out."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from tinygrad_np import _tensor
from tinygrad_np._dtypes import as_dtype
from tinygrad_np._graph import Value, wrap
from tinygrad_np.ops import (
    docstrings,
    elementwise,
    indexing,
    linalg,
    movement,
    products,
    reduction,
    softmax_family,
    truth,
)

Function = TypeVar("Function", bound=Callable[..., Any])


def public(function: Function) -> Function:
    """Return ``function`` taking arrays where it takes tensors (within the package, arrays give arrays)."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not (args and isinstance(args[0], Value)):
            args = tuple(_constant(x, function.__name__) for x in args)
            kwargs = {name: _constant(x, function.__name__) for name, x in kwargs.items()}
            if not builtins.any(_holds_tensor(x) for x in (*args, *kwargs.values())):
                given = ", ".join(type(x).__name__ for x in args) or "nothing"
                raise TypeError(f"{function.__name__}: expected a tensor or an array, got {given}")
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]  # wraps keeps the signature


def _constant(x: Any, name: str) -> Any:
    if isinstance(x, np.ndarray):
        as_dtype(x.dtype, name)
        return wrap(x.copy())  # the user may write to it before backward
    if isinstance(x, (list, tuple)) and builtins.any(isinstance(entry, np.ndarray) for entry in x):
        return [_constant(entry, name) for entry in x]
    return x


def _holds_tensor(x: Any) -> bool:
    return isinstance(x, Value) or (
        isinstance(x, (list, tuple)) and builtins.any(isinstance(entry, Value) for entry in x)
    )


docstrings.attach()
abs = absolute = public(elementwise.abs)
add = public(elementwise.add)
all = public(truth.all)
amax = public(reduction.amax)
amin = public(reduction.amin)
any = public(truth.any)
argmax = public(reduction.argmax)
argmin = public(reduction.argmin)
bitwise_and = public(elementwise.bitwise_and)
bitwise_not = public(elementwise.bitwise_not)
bitwise_or = public(elementwise.bitwise_or)
bitwise_xor = public(elementwise.bitwise_xor)
broadcast_to = public(movement.broadcast_to)
cat = concat = public(movement.cat)
chunk = public(movement.chunk)
clamp = clip = public(elementwise.clamp)
clone = public(elementwise.clone)
cos = public(elementwise.cos)
div = divide = true_divide = public(elementwise.div)
eq = public(elementwise.eq)
exp = public(elementwise.exp)
flatten = public(movement.flatten)
gather = public(indexing.gather)
ge = public(elementwise.ge)
gt = public(elementwise.gt)
isfinite = public(elementwise.isfinite)
isinf = public(elementwise.isinf)
isnan = public(elementwise.isnan)
le = public(elementwise.le)
log = public(elementwise.log)
log_softmax = public(softmax_family.log_softmax)
logical_and = public(elementwise.logical_and)
logical_not = public(elementwise.logical_not)
logical_or = public(elementwise.logical_or)
logsumexp = public(softmax_family.logsumexp)
lt = public(elementwise.lt)
matmul = public(linalg.matmul)
max = public(_tensor.max)
maximum = public(elementwise.maximum)
mean = public(reduction.mean)
min = public(_tensor.min)
minimum = public(elementwise.minimum)
mul = multiply = public(elementwise.mul)
narrow = public(movement.narrow)
ne = public(elementwise.ne)
neg = negative = public(elementwise.neg)
permute = public(movement.permute)
pow = public(elementwise.pow)
prod = public(products.prod)
relu = public(elementwise.relu)
reshape = public(movement.reshape)
sigmoid = public(elementwise.sigmoid)
sign = public(elementwise.sign)
sin = public(elementwise.sin)
softmax = public(softmax_family.softmax)
split = public(movement.split)
sqrt = public(elementwise.sqrt)
squeeze = public(movement.squeeze)
stack = public(movement.stack)
std = public(reduction.std)
sub = subtract = public(elementwise.sub)
sum = public(reduction.sum)
tanh = public(elementwise.tanh)
transpose = swapaxes = public(movement.transpose)
unbind = public(movement.unbind)
unsqueeze = public(movement.unsqueeze)
var = public(reduction.var)
where = public(elementwise.where)
