"""Ops of several outputs: between their node and each output stands a small node that passes the gradient on.

So an edge is always one node, and the walk needs no special case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._graph._node import Array, Node, next_birth, wrap


class Cotangents:
    """The gradients of an op's several outputs, gathered; added up like a single gradient is."""

    __slots__ = ("parts", "shape", "together")  # together: what rules that share a computation keep (`autograd.joint`)
    together: Any
    dtype = None  # as on the node of such an op, so that the walk has nothing to fit

    def __init__(self, parts: dict[int, Any], shape: tuple[Any, ...]) -> None:
        self.parts = parts
        self.shape = shape  # (shape, dtype) of every output

    def __add__(self, other: Cotangents) -> Cotangents:
        parts = dict(self.parts)
        for i, g in other.parts.items():
            parts[i] = parts[i] + g if i in parts else g
        return Cotangents(parts, self.shape)

    def complete(self) -> tuple[Any, ...]:
        """Return one gradient for each output, zeros where none came."""
        return tuple(self.parts[i] if i in self.parts else np.zeros(*like) for i, like in enumerate(self.shape))


class Output:
    """The pseudo-op between an op of several outputs and one of them: it passes the gradient to its place."""

    name = "output"
    derivatives = {"x": lambda g, i, shape: Cotangents({i: g}, shape)}  # noqa: RUF012  # a constant table
    rules = tuple(derivatives.values())
    needs = {"x": ("i", "shape")}  # noqa: RUF012
    arrays = ("x",)
    outputs = intermediates = ()
    saves = fitting = False


def record_several(op: Any, y: tuple[Array, ...], edges: tuple[Any, ...], saved: Sequence[Any]) -> Any:
    """Return the outputs as values that remember how they were made; those that are not floats are constants."""
    node = Node()
    node.op = op
    node.edges = edges
    node.saved = saved
    node.birth = next_birth()
    node.shape = tuple((each.shape, each.dtype) for each in y)
    node.dtype = None
    node.hooks = None
    return tuple(wrap(each, output_node(node, i) if each.dtype.kind == "f" else None) for i, each in enumerate(y))


def output_node(node: Node, i: int) -> Node:
    output = Node()
    output.op = Output
    output.edges = (node,)
    output.saved = ((i, node.shape),)
    output.birth = next_birth()
    output.shape, output.dtype = node.shape[i]
    output.hooks = None
    return output
