"""The names that tensors go by in explanations."""

from __future__ import annotations

import weakref
from typing import Any, TypeVar

from tinygrad_np._graph import Array, Leaf, Node, Value

T = TypeVar("T", bound=Value)

_of_nodes: weakref.WeakKeyDictionary[Node, str] = weakref.WeakKeyDictionary()
_paths: weakref.WeakKeyDictionary[Node, str] = weakref.WeakKeyDictionary()
_of_constants: dict[int, tuple[weakref.ref[Array], str]] = {}


def name(tensor: T, name: str) -> T:
    """Give a tensor a name for explanations, and return it. Its gradient is called ``d`` and the name.

    Parameters
    ----------
    tensor : Tensor
        A parameter, a constant such as the input, or a result.
    name : str
        As on the blackboard: "Z1". A second name replaces the first.

    Raises
    ------
    TypeError
        If `tensor` is not a tensor, or `name` not a string.
    ValueError
        If `name` is empty or spans several lines.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> Z = name(x * 2, "Z")
    >>> tg.explain.trace(Z.sum())["Z"].op
    'mul'
    """
    if not isinstance(tensor, Value):
        raise TypeError(f"name: expected a tensor, got {type(tensor).__name__}")
    if not isinstance(name, str):
        raise TypeError(f"name: a name is a string, got {type(name).__name__}")
    if not name.strip() or not name.isprintable():
        raise ValueError(f"name: a name is one line of text, got {name!r}")
    if tensor.node is not None:
        _of_nodes[tensor.node] = name
    else:
        _name_array(tensor.array, name)
    return tensor


def _name_array(array: Array, name: str) -> None:
    key = id(array)
    _of_constants[key] = (weakref.ref(array, lambda _: _of_constants.pop(key, None)), name)


def note_path(node: Node | None, path: str) -> None:
    """Note the path at which a parameter was found in a module; the longest says most."""
    if node is not None and len(path) > len(_paths.get(node, "")):
        _paths[node] = path


def name_of(node: Node) -> str | None:
    """Return the name that the user gave a node; a leaf's may have come before it required gradients."""
    owner = node.owner() if isinstance(node, Leaf) else None
    return _of_nodes.get(node) or (name_of_constant(owner.array) if owner is not None else None)


def path_of(node: Node) -> str | None:
    """Return the path at which a parameter was found in a module."""
    return _paths.get(node)


def name_of_constant(array: Any) -> str | None:
    """Return the name of an array that no op made."""
    entry = _of_constants.get(id(array))
    return entry[1] if entry is not None and entry[0]() is array else None
