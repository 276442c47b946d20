"""Quotients rounded to integers, and the remainders that they leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_np._graph import UFUNCS, Array, Domain, op
from tinygrad_np._graph._domain import broadcastable_pair
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import numeric
from tinygrad_np.ops import elementwise
from tinygrad_np.ops.elementwise import masked

BETWEEN_JUMPS = Domain(((-2.8, -2.2), (0.95, 1.05)), case=broadcastable_pair)  # quotients between -3 and -2


def _whole(divide: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    """Let a division refuse to divide integers by 0, of which NumPy makes 0."""

    def forward(a: Array, b: Array, /) -> Array:
        if np.result_type(a, b).kind != "f" and not np.all(b):
            raise ValueError("an integer cannot be divided by 0")
        return divide(a, b)

    return forward


def _towards_zero(a: Array, b: Array) -> Array:
    y: Array = np.trunc(a / b) if np.result_type(a, b).kind == "f" else (a - np.fmod(a, b)) // b
    return y


floor_divide: Function = op(
    "floor_divide",
    _whole(np.floor_divide),
    domain=BETWEEN_JUMPS,
    promotion=numeric,
    a=lambda g: masked(g, False),
    b=lambda g: masked(g, False),
)
trunc_divide: Function = op(
    "trunc_divide",
    _whole(_towards_zero),
    domain=BETWEEN_JUMPS,
    promotion=numeric,
    a=lambda g: masked(g, False),
    b=lambda g: masked(g, False),
)
remainder = op(
    "remainder",
    _whole(np.remainder),
    domain=BETWEEN_JUMPS,
    promotion=numeric,
    a=lambda g: g,
    b=lambda g, a, b: -g * floor_divide(a, b),
)
fmod = op(
    "fmod",
    _whole(np.fmod),
    domain=BETWEEN_JUMPS,
    promotion=numeric,
    a=lambda g: g,
    b=lambda g, a, b: -g * trunc_divide(a, b),
)

ROUNDED = {None: elementwise.div, "floor": floor_divide, "trunc": trunc_divide}


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """Divide: a / b, integers in float32; rounded down ("floor") or towards 0 ("trunc"), and then in their dtype.

    Shapes broadcast. The derivative of a rounded quotient is 0.

    >>> import tinygrad_np as tg
    >>> tg.div(tg.tensor([1, 3]), 2)
    tensor([0.5000, 1.5000])
    >>> tg.div(tg.tensor([-7.0]), 2, rounding_mode="trunc")
    tensor([-3.])
    """
    if rounding_mode not in ROUNDED:
        raise RuntimeError(f'div: rounding_mode must be None, "floor" or "trunc", got {rounding_mode!r}')
    return ROUNDED[rounding_mode](input, other)


UFUNCS[np.floor_divide] = floor_divide
UFUNCS[np.remainder] = remainder
UFUNCS[np.fmod] = fmod
