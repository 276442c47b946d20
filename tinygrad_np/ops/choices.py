"""Choices between entries: the larger of two, a bound, a sign, a substitute for NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import UFUNCS, Domain, op
from tinygrad_np._graph._domain import broadcastable_pair
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import equal, floating
from tinygrad_np.ops.elementwise import clamp, clone, eq, gt, masked, raw, sign, to, where


def fmax(input: Any, other: Any) -> Any:
    """Take the larger of each two, and the number where one is NaN. Of equals, the first gets the gradient.

    >>> import tinygrad_np as tg
    >>> tg.fmax(tg.tensor([1.0, float("nan")]), tg.tensor([2.0, 3.0]))
    tensor([2., 3.])
    """
    a, b = raw(input), raw(other)
    return where((a >= b) | np.isnan(b), input, other)


def fmin(input: Any, other: Any) -> Any:
    """Take the smaller of each two, and the number where one is NaN. Of equals, the first gets the gradient.

    >>> import tinygrad_np as tg
    >>> tg.fmin(tg.tensor([1.0, float("nan")]), tg.tensor([2.0, 3.0]))
    tensor([1., 3.])
    """
    a, b = raw(input), raw(other)
    return where((a <= b) | np.isnan(b), input, other)


def clamp_min(input: Any, min: Any) -> Any:
    """Raise entries below ``min`` to it. The derivative at the bound is 1.

    >>> import tinygrad_np as tg
    >>> tg.clamp_min(tg.tensor([-2.0, 2.0]), 0)
    tensor([0., 2.])
    """
    return clamp(input, min=min)


def clamp_max(input: Any, max: Any) -> Any:
    """Lower entries above ``max`` to it. The derivative at the bound is 1.

    >>> import tinygrad_np as tg
    >>> tg.clamp_max(tg.tensor([-2.0, 2.0]), 0)
    tensor([-2.,  0.])
    """
    return clamp(input, max=max)


copysign: Function = op(
    "copysign",
    np.copysign,
    domain=Domain(((-3.0, -0.3), (0.3, 3.0)), case=broadcastable_pair),
    promotion=floating,
    a=lambda g, a, b: g * sign(a) * copysign(1, b),
    b=lambda g: masked(g, False),
)


def nan_to_num(input: Any, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """Replace NaN, infinity and minus infinity, by default by 0 and the largest and smallest numbers of the dtype.

    The derivative of what is replaced is 0.

    >>> import tinygrad_np as tg
    >>> tg.nan_to_num(tg.tensor([float("nan"), 1.0, float("inf")]), posinf=9.0)
    tensor([0., 1., 9.])
    """
    array = raw(input)
    if array.dtype.kind != "f":
        return clone(input)
    return where(np.isfinite(array), input, np.nan_to_num(array, nan=nan or 0.0, posinf=posinf, neginf=neginf))


def heaviside(input: Any, values: Any) -> Any:
    """Take 0 where ``input`` is negative, 1 where it is positive, and ``values`` where it is 0.

    The gradient of ``values`` is 1 there.

    >>> import tinygrad_np as tg
    >>> tg.heaviside(tg.tensor([-1.0, 0.0, 2.0]), tg.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    dtype = equal("heaviside", (raw(input), raw(values)))
    return where(eq(input, 0), values, to(gt(input, 0), dtype))


UFUNCS[np.fmax] = fmax
UFUNCS[np.fmin] = fmin
UFUNCS[np.heaviside] = heaviside
