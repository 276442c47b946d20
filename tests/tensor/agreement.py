"""Run a one-line program with PyTorch and with tinygrad_np, and bring both outcomes to a form that can be compared."""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from types import ModuleType
from typing import Any

import numpy as np


def outcome(program: str, module: ModuleType) -> Any:
    """Return what a program ``statement; ...; expression`` gives, where ``m`` is the module: a value or an error."""
    names = {"m": module, "np": np, "copy": copy, "pickle": pickle, "math": math}
    *statements, expression = program.split("; ")
    module.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec("; ".join(statements), names)
            return plain(eval(expression, names))
        except Exception as error:
            return type(error).__name__


def plain(value: Any) -> Any:
    """Spell out a tensor by its entries, dtype, shape and flags; NaN by name, since it equals nothing."""
    if isinstance(value, (tuple, list)):
        return type(value)(map(plain, value)) if type(value) in (tuple, list) else tuple(map(plain, value))
    if hasattr(value, "requires_grad"):
        dtype = str(value.dtype).removeprefix("torch.")
        return plain(value.tolist()), dtype, tuple(value.shape), value.requires_grad, value.is_leaf
    if isinstance(value, np.ndarray):
        return value.tolist(), str(value.dtype), value.shape
    if isinstance(value, float):  # five digits: PyTorch's exp and sin differ from NumPy's in the last bit
        return "nan" if math.isnan(value) else float(f"{value:.5g}")
    return value
