"""Arithmetic with PyTorch's further arguments, and what is built of it. The operators are the plain ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._dtypes import CATEGORY, float64, result_type
from tinygrad_np._graph import UFUNCS, Value
from tinygrad_np.ops import elementwise
from tinygrad_np.ops.elementwise import mul, raw, to, where


def add(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """Add: a + alpha * b. Shapes broadcast.

    >>> import tinygrad_np as tg
    >>> tg.add(tg.tensor([1.0, 2.0]), 1)
    tensor([2., 3.])
    >>> tg.add(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]), alpha=10)
    tensor([31., 42.])
    """
    return elementwise.add(input, other if is_one(alpha) else times(alpha, other, input, "add"))


def sub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """Subtract: a - alpha * b. Shapes broadcast.

    >>> import tinygrad_np as tg
    >>> tg.sub(tg.tensor([1.0, 2.0]), 1)
    tensor([0., 1.])
    """
    return elementwise.sub(input, other if is_one(alpha) else times(alpha, other, input, "sub"))


def rsub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """Subtract the other way round: b - alpha * a.

    >>> import tinygrad_np as tg
    >>> tg.rsub(tg.tensor([1.0, 2.0]), 10)
    tensor([9., 8.])
    """
    return sub(other, input, alpha=alpha)


def times(factor: Any, x: Any, other: Any, name: str, argument: str = "alpha") -> Any:
    """Return ``factor * x`` in the dtype in which ``x`` and ``other`` meet, which the factor must not change."""
    dtype = result_type(x, other, op=name)
    kind = "b" if isinstance(factor, (bool, np.bool_)) else "i" if isinstance(factor, (int, np.integer)) else "f"
    if isinstance(factor, Value) or CATEGORY[kind] > max(CATEGORY[dtype.kind], CATEGORY["i"]):
        raise RuntimeError(f"{name}: {argument}={factor!r} must be a number that fits into the result's dtype {dtype}")
    if kind == "b" and dtype.kind != "b":
        raise RuntimeError(f"{name}: {argument}={factor} is a bool, but the result has dtype {dtype}; write a number")
    if isinstance(x, (Value, np.ndarray)) and raw(x).dtype != dtype:
        x = to(x, dtype)
    return mul(x, np.asarray(factor).astype(dtype) if dtype.kind != "f" else factor)  # -1 in uint8 is 255


def pow(input: Any, exponent: Any) -> Any:  # PyTorch's name
    """Raise to a power: a ** b. Shapes broadcast.

    At a = 0 the derivative of a ** 0 in a is 0, and so is that of 0 ** b in b for b >= 0.

    >>> import tinygrad_np as tg
    >>> tg.pow(tg.tensor([2.0, 3.0]), 2)
    tensor([4., 9.])
    """
    return elementwise.pow(input, exponent)


def float_power(input: Any, exponent: Any) -> Any:
    """Raise to a power in float64, whatever the dtypes.

    >>> import tinygrad_np as tg
    >>> tg.float_power(tg.tensor([2, 3]), -1)
    tensor([0.5000, 0.3333], dtype=float64)
    """
    return elementwise.pow(_in_float64(input), _in_float64(exponent))


def _in_float64(x: Any) -> Any:
    return to(x, float64) if isinstance(x, (Value, np.ndarray)) else float(x)


def square(input: Any) -> Any:
    """Multiply by itself: x ** 2.

    >>> import tinygrad_np as tg
    >>> tg.square(tg.tensor([2.0, -3.0]))
    tensor([4., 9.])
    """
    return elementwise.pow(input, 2)


def reciprocal(input: Any) -> Any:
    """Divide 1 by x; integers in float32.

    >>> import tinygrad_np as tg
    >>> tg.reciprocal(tg.tensor([2.0, -4.0]))
    tensor([ 0.5000, -0.2500])
    """
    return elementwise.div(1, input)


def positive(input: Any) -> Any:
    """Return the tensor itself: +x. Bools are refused.

    >>> import tinygrad_np as tg
    >>> tg.positive(tg.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    if raw(input).dtype.kind == "b":
        raise RuntimeError("positive: not defined for bool; convert with .to(dtype)")
    return input


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """Add a product: input + value * tensor1 * tensor2. Shapes broadcast.

    >>> import tinygrad_np as tg
    >>> tg.addcmul(tg.ones(2), tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]), value=10)
    tensor([31., 81.])
    """
    product = mul(tensor1, tensor2)
    return elementwise.add(input, product if is_one(value) else times(value, product, input, "addcmul", "value"))


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """Add a quotient: input + value * tensor1 / tensor2. Shapes broadcast.

    >>> import tinygrad_np as tg
    >>> tg.addcdiv(tg.ones(2), tg.tensor([1.0, 2.0]), tg.tensor([2.0, 8.0]), value=10)
    tensor([6.0000, 3.5000])
    """
    if raw(tensor1).dtype.kind != "f" and raw(tensor2).dtype.kind != "f":
        raise RuntimeError("addcdiv: tensor1 and tensor2 are integers, whose quotient is none; convert with .float()")
    quotient = elementwise.div(tensor1, tensor2)
    return elementwise.add(input, quotient if is_one(value) else times(value, quotient, input, "addcdiv", "value"))


def is_one(value: Any) -> bool:
    """Tell whether a factor need not be multiplied by."""
    return type(value) is int and value == 1


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """Interpolate linearly: input + weight * (end - input), exactly ``end`` where the weight is 1. Shapes broadcast.

    ``weight`` is a number or a tensor, of any size.

    >>> import tinygrad_np as tg
    >>> tg.lerp(tg.zeros(2), tg.tensor([1.0, 2.0]), 0.25)
    tensor([0.2500, 0.5000])
    """
    dtypes = [raw(x).dtype for x in (input, end, weight) if isinstance(x, (Value, np.ndarray))]
    if len(set(dtypes)) > 1 or dtypes[0].kind != "f":
        listed = ", ".join(map(str, dtypes))
        raise RuntimeError(f"lerp: expected tensors of one float dtype, got {listed}; convert with .to(dtype)")
    distance = end - input
    if not isinstance(raw(weight), np.ndarray):
        return input + weight * distance if -0.5 < weight < 0.5 else end - (1 - weight) * distance
    small = np.abs(raw(weight)) < 0.5
    return where(small, input, end) + where(small, weight, weight - 1) * distance


UFUNCS[np.positive] = positive
UFUNCS[np.square] = square
UFUNCS[np.reciprocal] = reciprocal
UFUNCS[np.float_power] = float_power
