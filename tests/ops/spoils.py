"""Ways to spoil a rule, for the test that the other tests notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from itertools import repeat
from typing import Any

import numpy as np

from tinygrad_np._graph import Op, wrap
from tinygrad_np._graph._declare import _first_order
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.indexing import getitem
from tinygrad_np.ops.movement import transpose

Spoil = Callable[[Any, Any], Any]  # of the gradient that the rule returned, and of the one that it was given


def flipped(result: Any, axis: int) -> Any:
    """Reverse the entries along an axis."""
    shape = raw(result).shape
    if not shape:
        return result
    return getitem(result, (*(slice(None),) * (axis % len(shape)), np.arange(shape[axis])[::-1].copy()))


def without_first(result: Any, g: Any) -> Any:
    """Drop the first entry."""
    keep = np.arange(raw(result).size).reshape(raw(result).shape) != 0
    return result * keep


def transposed(result: Any, g: Any) -> Any:
    """Swap the last two axes where they are equally long."""
    shape = raw(result).shape
    return transpose(result, -1, -2) if len(shape) > 1 and shape[-1] == shape[-2] else result


def unchanged(result: Any, g: Any) -> Any:
    """Pass the given gradient on."""
    return g if raw(g).shape == raw(result).shape else result


def detached(result: Any, g: Any) -> Any:
    """Compute the right gradient, but record nothing: only the second derivative is wrong."""
    return result if isinstance(result, (np.ndarray, np.generic)) else wrap(result.array)


FIRST_ORDER: dict[str, Spoil] = {
    "sign": lambda result, g: -result,
    "scale": lambda result, g: result * 1.001,
    "first entry": without_first,
    "all zero": lambda result, g: result * 0,
    "first axis": lambda result, g: flipped(result, 0),
    "last axis": lambda result, g: flipped(result, -1),
    "axes swapped": transposed,
    "identity": unchanged,
}


@contextmanager
def spoiled(op: Op, array: str, spoil: Spoil) -> Iterator[None]:
    """Let the rule of one array of an op go wrong, in all orders."""
    derivatives, rules = op.derivatives, op.rules
    right = derivatives[array]

    def wrong(g: Any, *saved: Any) -> Any:
        return spoil(right(g, *saved), g)

    op.derivatives = {**derivatives, array: wrong}
    in_order = [_first_order(op, name) for name in op.derivatives]
    op.rules = repeat(in_order[0]) if op.arrays[0].startswith("*") else tuple(in_order)
    try:
        yield
    finally:
        op.derivatives, op.rules = derivatives, rules


@contextmanager
def spoiled_intermediate(op: Op, name: str) -> Iterator[None]:
    """Let the expression of an intermediate, which only higher orders evaluate, go wrong."""
    intermediates = op.intermediates
    right = intermediates[name]

    @wraps(right)  # with its parameters, by which it is given its arguments
    def wrong(*arguments: Any) -> Any:
        return right(*arguments) * 1.001

    op.intermediates = {**intermediates, name: wrong}
    try:
        yield
    finally:
        op.intermediates = intermediates
