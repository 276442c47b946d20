"""Yes-or-no questions about entries beyond the comparisons, and the shifting of bits. None has a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import UFUNCS, Array, op
from tinygrad_np._graph._promotion import as_is, equal, numeric
from tinygrad_np.ops.elementwise import raw

logical_xor = op("logical_xor", np.logical_xor)
isposinf = op("isposinf", lambda x, /: x == np.inf, promotion=as_is)
isneginf = op("isneginf", lambda x, /: x == -np.inf, promotion=as_is)
signbit = op("signbit", lambda x, /: np.signbit(x) if x.dtype.kind == "f" else x < 0, promotion=as_is)
bitwise_left_shift = op("bitwise_left_shift", np.left_shift, promotion=numeric)
bitwise_right_shift = op("bitwise_right_shift", np.right_shift, promotion=numeric)


def _isclose(a: Array, b: Array, /, rtol: float, atol: float, equal_nan: bool) -> Array:
    y: Array = np.isclose(a, b, rtol, atol, equal_nan)
    return y


_close = op("isclose", _isclose, promotion=equal)


def isclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Tell where ``|a - b| <= atol + rtol * |b|``. Infinities are close to themselves; NaNs if ``equal_nan``.

    >>> import tinygrad_np as tg
    >>> tg.isclose(tg.tensor([1.0, 2.0]), tg.tensor([1.0 + 1e-6, 2.1]))
    tensor([ True, False])
    """
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose: rtol and atol must not be negative, got {rtol} and {atol}")
    return _close(input, other, rtol, atol, equal_nan)


def allclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Tell whether all entries are close, as ``isclose`` has it; a Python bool.

    >>> import tinygrad_np as tg
    >>> tg.allclose(tg.tensor([1.0, 2.0]), tg.tensor([1.0 + 1e-6, 2.0]))
    True
    """
    return bool(raw(isclose(input, other, rtol, atol, equal_nan)).all())


UFUNCS[np.signbit] = signbit
