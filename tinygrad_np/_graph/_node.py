"""What a graph is made of: values and the nodes that made them.

The graph holds arrays and nodes, never the tensor that came out of an op: a tensor owns its node, a node owns its
parents, and a leaf's node refers weakly to its tensor. So there is no cycle, and counting alone frees the memory.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


class Value:
    """An array, the node that made it (``None`` for a constant), and the gradient that was accumulated for it.

    Where it is a view, or has views, it also has ``_view_of`` or ``_views``: see ``_views``.
    """

    __slots__ = ("__weakref__", "_view_of", "_views", "array", "grad", "node")

    array: Array
    node: Node | None
    grad: Any  # a tensor or None
    _view_of: Any
    _views: Any


class Node:
    """One application of an op, as the backward walk needs it. Without ``__init__``: setting the slots is faster."""

    __slots__ = ("__weakref__", "birth", "dtype", "edges", "hooks", "op", "saved", "shape")

    op: Any  # the Op that was applied; None for a leaf
    edges: tuple[Node | None, ...]  # the nodes of the op's array arguments; None for a constant
    saved: Any  # for each edge, what its rule reads, and then, what higher orders read; Freed once it has been freed
    birth: int  # parents are born before their children, so births order the walk
    shape: Any  # the output's shape and dtype, to which incoming gradients are brought
    dtype: Any
    hooks: list[Callable[[Any], Any]] | None


class Leaf(Node):
    """The end of a path: where gradients are accumulated into a tensor's ``grad``."""

    __slots__ = ("owner",)

    owner: weakref.ref[Value]

    def __init__(self, owner: Value) -> None:
        self.op = None
        self.edges = ()
        self.saved = ()
        self.birth = 0  # before every op, so that a leaf's gradient is complete when the walk arrives
        self.shape = owner.array.shape
        self.dtype = owner.array.dtype
        self.hooks = None
        self.owner = weakref.ref(owner)


next_birth = count(1).__next__

_result_class: type[Any] = Value


def set_result_class(cls: type[Any]) -> None:
    """Make ``cls``, a subclass of Value, what ops return. Called once, by the module of the tensor class."""
    global _result_class
    _result_class = cls


def result_class() -> type[Any]:
    """Return the class of what ops return."""
    return _result_class


def wrap(array: Array, node: Node | None = None) -> Any:
    """Return a value that holds ``array`` itself."""
    value = _result_class()
    value.array = array
    value.node = node
    value.grad = None
    return value
