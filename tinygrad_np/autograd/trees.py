"""Tensors in nested tuples, lists and dicts: taken apart, and put together again."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any


def flattened(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """Return the leaves of a tree in order, and the function that puts others in their places.

    >>> leaves, built = flattened({"a": 1, "b": (2, [3])})
    >>> leaves, built([10, 20, 30])
    ([1, 2, 3], {'a': 10, 'b': (20, [30])})
    """
    leaves: list[Any] = []
    mapped(leaves.append, tree)

    def built(others: list[Any]) -> Any:
        each = iter(others)
        return mapped(lambda _: next(each), tree)

    return leaves, built


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply a function to every leaf of a tree.

    >>> mapped(lambda x: 2 * x, {"a": 1, "b": (2, [3])})
    {'a': 2, 'b': (4, [6])}
    """
    if isinstance(tree, dict):
        made = copy.copy(tree)  # an OrderedDict, say, stays one
        made.update((key, mapped(function, value)) for key, value in tree.items())
        return made
    if isinstance(tree, tuple):
        parts = [mapped(function, value) for value in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    if isinstance(tree, list):
        return [mapped(function, value) for value in tree]
    return function(tree)
