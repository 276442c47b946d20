"""The names that tensors go by in explanations."""

from __future__ import annotations

import weakref
from typing import Any, TypeVar

from tinygrad_np._graph import Array, Node, Value

T = TypeVar("T", bound=Value)

_of_nodes: weakref.WeakKeyDictionary[Node, str] = weakref.WeakKeyDictionary()
_paths: weakref.WeakKeyDictionary[Node, str] = weakref.WeakKeyDictionary()
_of_constants: dict[int, tuple[weakref.ref[Array], str]] = {}


def name(tensor: T, name: str) -> T:
    """Give a tensor a name for explanations, and return it.

    >>> import tinygrad_np as tg
    >>> Z = tg.explain.name(tg.ones(2, requires_grad=True) * 2, "Z")
    >>> print(tg.explain.trace(Z.sum()).entries[-1].output)
    Z
    """
    if not isinstance(tensor, Value):
        raise TypeError(f"name: expected a tensor, got {type(tensor).__name__}")
    if tensor.node is not None:
        _of_nodes[tensor.node] = name
    else:
        name_constant(tensor.array, name)
    return tensor


def name_constant(array: Array, name: str) -> None:
    """Name an array that no op made."""
    key = id(array)
    _of_constants[key] = (weakref.ref(array, lambda _: _of_constants.pop(key, None)), name)


def note_path(node: Node | None, path: str) -> None:
    """Note the path at which a parameter was found in a module; the longest says most."""
    if node is not None and len(path) > len(_paths.get(node, "")):
        _paths[node] = path


def name_of(node: Node) -> str | None:
    """Return the name that the user gave a node."""
    return _of_nodes.get(node)


def path_of(node: Node) -> str | None:
    """Return the path at which a parameter was found in a module."""
    return _paths.get(node)


def name_of_constant(array: Any) -> str | None:
    """Return the name of an array that no op made."""
    entry = _of_constants.get(id(array))
    return entry[1] if entry is not None and entry[0]() is array else None
