"""Rounding to integers. The derivatives are 0, at the jumps too."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import UFUNCS, Array, Domain, op
from tinygrad_np._graph._promotion import numeric
from tinygrad_np.ops.elementwise import div, masked, mul, raw, sub

AT_INTEGERS = Domain(kinks=(-2.0, -1.0, 0.0, 1.0, 2.0))
AT_HALVES = Domain(kinks=(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5))

floor = op("floor", np.floor, domain=AT_INTEGERS, promotion=numeric, x=lambda g: masked(g, False))
ceil = op("ceil", np.ceil, domain=AT_INTEGERS, promotion=numeric, x=lambda g: masked(g, False))
trunc = op("trunc", np.trunc, domain=AT_INTEGERS, promotion=numeric, x=lambda g: masked(g, False))


def _to_even(x: Array, /) -> Array:
    y: Array = np.rint(x) if x.dtype.kind == "f" else x.copy()
    return y


_round = op("round", _to_even, domain=AT_HALVES, promotion=numeric, x=lambda g: masked(g, False))


def round(input: Any, *, decimals: int = 0) -> Any:  # PyTorch's name
    """Round to ``decimals`` places after the point, before it where negative; halves to the even neighbour.

    The derivative is 0.

    >>> import tinygrad_np as tg
    >>> tg.round(tg.tensor([0.5, 1.5, 2.7]))
    tensor([0., 2., 3.])
    >>> tg.round(tg.tensor([1234.5678]), decimals=2)
    tensor([1234.5699])
    """
    if decimals == 0:
        return _round(input)
    if raw(input).dtype.kind != "f":
        raise RuntimeError(f"round: decimals are for floats, but input has dtype {raw(input).dtype}; leave them out")
    if decimals > 0:
        return div(_round(mul(input, 10.0**decimals)), 10.0**decimals)
    return mul(_round(div(input, 10.0**-decimals)), 10.0**-decimals)


def frac(input: Any) -> Any:
    """Keep what comes after the point: ``x - trunc(x)``. The derivative is 1.

    >>> import tinygrad_np as tg
    >>> tg.frac(tg.tensor([1.25, -2.5]))
    tensor([ 0.2500, -0.5000])
    """
    if raw(input).dtype.kind != "f":
        raise RuntimeError(f"frac: expected floats, got dtype {raw(input).dtype}; convert with .float()")
    return sub(input, trunc(input))


UFUNCS[np.rint] = _round
