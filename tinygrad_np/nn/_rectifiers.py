"""The activations made of straight pieces.

With ``inplace=True`` too they give a new tensor, and the input stays as it is: use what is returned.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np import _public, _random
from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import activations
from tinygrad_np.ops.elementwise import masked, raw, where
from tinygrad_np.ops.movement import reshape


def relu(input: Any, inplace: bool = False) -> Any:
    """Take max(x, 0). The derivative at 0 is 0, and so it is below 0 for any incoming gradient.

    With ``inplace`` too the result is a new tensor, and the input stays as it is: use what is returned.

    >>> import tinygrad_np as tg
    >>> relu(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return _public.relu(input)


@public
def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """Bring every entry into [min_val, max_val]; unlike that of ``clamp``, the derivative at the bounds is 0.

    Integers stay integers. ``inplace`` too gives a new tensor.

    Raises
    ------
    ValueError
        If `min_val` is above `max_val`.
    RuntimeError
        If a bound is negative for an unsigned input, or the input is bool.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> hardtanh(tg.tensor([-2.0, 0.5, 2.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val must not be above max_val, got {min_val} and {max_val}")
    dtype = raw(input).dtype
    if dtype.kind == "u" and min_val < 0:
        raise RuntimeError(f"hardtanh: the bounds of {dtype} cannot be negative, got {min_val}")
    number = float if dtype.kind == "f" else int
    return activations.hardtanh(input, number(min_val), number(max_val))


def relu6(input: Any, inplace: bool = False) -> Any:
    """Take min(max(x, 0), 6). The derivative at 0 and at 6 is 0. ``inplace`` too gives a new tensor.

    >>> import tinygrad_np as tg
    >>> relu6(tg.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """
    return hardtanh(input, 0.0, 6.0)


@public
def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """Take x where x > 0, and negative_slope * x elsewhere, the derivative at 0 included.

    ``inplace`` too gives a new tensor. It is a RuntimeError if the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> leaky_relu(tg.tensor([-1.0, 2.0]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return activations.leaky_relu(input, float(negative_slope))


@public
def rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False) -> Any:
    """Take x where x > 0, and elsewhere x times a slope: in training each entry's own, drawn from [lower, upper).

    Otherwise the slope is (lower + upper) / 2. The random numbers come from the global generator: see ``manual_seed``.
    B. Xu et al., "Empirical evaluation of rectified activations in convolutional network" (2015). ``inplace`` too
    gives a new tensor. It is a RuntimeError if `lower` is above `upper`, or the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> rrelu(tg.tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5000,  2.0000])
    """
    if not lower <= upper:
        raise RuntimeError(f"rrelu: lower must be less than or equal to upper, got {lower} and {upper}")
    if not training:
        return activations.leaky_relu(input, float(lower + upper) / 2)
    x = raw(input)
    slopes = np.ones(x.shape, x.dtype)
    bent = x <= 0
    slopes[bent] = _random.uniform_range(lower, upper, (int(bent.sum()),), np.float64)
    return activations.leaky_relu(input, slopes)


@public
def prelu(input: Any, weight: Any) -> Any:
    """Take x where x > 0, and weight * x elsewhere, the derivative at 0 included; the weight is learned.

    Shapes: input (N, C, \\*), weight (C,), or (1,) or () for one slope for all. K. He et al., "Delving deep into
    rectifiers" (2015).

    Raises
    ------
    RuntimeError
        If the weight is not of such a shape, or not of the dtype of the input.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> prelu(tg.tensor([[-1.0, 2.0], [-3.0, -4.0]]), tg.tensor([0.5, 0.25]))
    tensor([[-0.5000,  2.0000],
            [-1.5000, -1.0000]])
    """
    x, w = raw(input), raw(weight)
    if w.dtype != x.dtype:
        raise RuntimeError(f"prelu: weight must have the dtype of input, {x.dtype}, got {w.dtype}")
    if w.ndim > 1:
        raise RuntimeError(f"prelu: weight must have shape (), (1,) or (C,), got {w.shape}")
    check_float(input, "prelu")
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.size == 1:
        weight = reshape(weight, ())
    elif w.size == channels and x.ndim > 1:
        weight = reshape(weight, (channels,) + (1,) * (x.ndim - 2))
    else:
        raise RuntimeError(f"prelu: input of shape {x.shape} has {channels} channels, weight has shape {w.shape}")
    above = x > 0
    return masked(input, above) + masked(input, ~above) * weight


@public
def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """Take x where x > threshold, and ``value`` elsewhere; there, and at the threshold, the derivative is 0.

    Integers stay integers. ``inplace`` too gives a new tensor.

    >>> import tinygrad_np as tg
    >>> F = tg.nn.functional
    >>> F.threshold(tg.tensor([-1.0, 2.0, 3.0]), 2.0, 0.5)
    tensor([0.5000, 0.5000, 3.0000])
    """
    x = raw(input)
    if x.dtype.kind == "b":
        raise RuntimeError("threshold: not defined for bool; call .float()")
    if x.dtype.kind != "f":
        threshold, value = int(threshold), int(value)
    return where(x <= threshold, np.asarray(value, x.dtype), input)


@public
def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """Take min(max(x + 3, 0), 6) / 6: a sigmoid of straight pieces. The derivative at -3 and at 3 is 0.

    ``inplace`` too gives a new tensor. It is a RuntimeError if the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> hardsigmoid(tg.tensor([-3.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    check_float(input, "hardsigmoid")
    return activations.hardtanh(input + 3, 0, 6) / 6


@public
def hardswish(input: Any, inplace: bool = False) -> Any:
    """Take x * hardsigmoid(x). The derivative at -3 is 0, and at 3 it is 1.

    A. Howard et al., "Searching for MobileNetV3" (2019). ``inplace`` too gives a new tensor. It is a RuntimeError if
    the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> hardswish(tg.tensor([-4.0, 1.5, 4.0]))
    tensor([-0.0000,  1.1250,  4.0000])
    """
    check_float(input, "hardswish")
    return input * (activations.hardtanh(input + 3, 0, 6) / 6)


@public
def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """Take x, but 0 where -lambd <= x <= lambd; there, the bounds included, the derivative is 0.

    It is a RuntimeError if the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> hardshrink(tg.tensor([0.4, 2.0]))
    tensor([0., 2.])
    """
    x = check_float(input, "hardshrink")
    return masked(input, ~((x >= -lambd) & (x <= lambd)))


@public
def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """Bring x towards 0 by lambd, but not beyond it; where -lambd <= x <= lambd, the derivative is 0.

    It is a RuntimeError if `lambd` is negative or infinite, or the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> softshrink(tg.tensor([0.4, 2.0, -2.0]))
    tensor([ 0.0000,  1.5000, -1.5000])
    """
    x = check_float(input, "softshrink")
    if not 0 <= lambd < math.inf:
        raise RuntimeError(f"softshrink: lambd must be finite and not negative, got {lambd}")
    beyond = ~(np.abs(x) <= lambd)
    return masked(input, beyond) - np.copysign(float(lambd), x) * beyond


def check_float(input: Any, name: str) -> Any:
    """Return the array of the input, which must be float."""
    x = raw(input)
    if x.dtype.kind != "f":
        raise RuntimeError(f"{name}: not defined for {x.dtype}; call .float()")
    return x
