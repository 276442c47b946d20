"""What the programs of all tables are made of.

A program takes the module, ours or torch. It comes out as a value, or as the type of the exception that it raises.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple


class Row(NamedTuple):
    program: Callable[[Any], Any]
    here: Any
    torch: Any


def outcome(program: Callable[[Any], Any], module: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return program(module)
        except Exception as error:
            return type(error)


def gradient(program: Callable[[Any, Any], Any], x: list[float], g: list[float] | None = None) -> Callable[[Any], Any]:
    """Return the program that differentiates ``program(module, x)``."""

    def differentiated(m: Any) -> Any:
        leaf = m.tensor(x, requires_grad=True)
        y = program(m, leaf)
        y.backward(m.ones_like(y) if g is None else m.tensor(g))
        return leaf.grad.tolist()

    return differentiated


def leaf(m: Any) -> Any:
    return m.ones(1, requires_grad=True)
