"""Programs that run on this package and on PyTorch alike: what comes out has to be the same.

A program takes the module, ``lib``: ours or torch. It comes out as numbers and texts, nested in any way, or as the type
of the exception that it raises.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg

Program = Callable[[Any], Any]


def double(lib: Any, values: Any, requires_grad: bool = True) -> Any:
    """Make a float64 leaf."""
    return lib.tensor(values, dtype=lib.float64, requires_grad=requires_grad)


def line() -> int:
    """Return the number of the line that calls."""
    return sys._getframe(1).f_lineno


def plain(x: Any) -> Any:
    """Take tensors, at any depth, for nested lists with their dtype."""
    if hasattr(x, "tolist"):
        return [str(x.dtype).removeprefix("torch."), x.tolist()]
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, (tuple, list)):
        return [plain(each) for each in x]
    return x


def outcome(program: Program, lib: Any) -> Any:
    """Run a program: what it returns, or the type of what it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(program(lib))
        except Exception as error:
            return f"raises {type(error).__name__}"


def same(a: Any, b: Any) -> bool:
    """Compare outcomes, numbers to rounding."""
    if isinstance(a, float) or isinstance(b, float):
        return isinstance(a, (int, float)) and isinstance(b, (int, float)) and bool(np.isclose(a, b, 1e-9, 1e-12, True))
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)


def agree(program: Program) -> None:
    """Run a program on both; what comes out must be the same, and where it raises, so must the kind of exception."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    for name in ("func", "autograd.functional", "utils.checkpoint"):
        importlib.import_module(f"torch.{name}")
        importlib.import_module(f"tinygrad_np.{name}")
    here, there = outcome(program, tg), outcome(program, torch)
    assert same(here, there), f"here {here}, in PyTorch {there}"
