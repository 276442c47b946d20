"""Higher orders: a rule applied to tensors, so that what it computes is recorded and has derivatives itself."""

from __future__ import annotations

from typing import Any

from numpy import ndarray

from tinygrad_np._graph._node import Node, wrap
from tinygrad_np._graph._op import parameters_of
from tinygrad_np._graph._outputs import output_node


def recorded(node: Node, position: int, g: Any) -> Any:
    """Apply the rule of one edge to tensors, so that what it computes is recorded."""
    self = node.op
    array = self.arrays[0 if self.arrays[0].startswith("*") else position].lstrip("*")
    needs = self.needs[array]
    arguments = {need: _as_recorded(node, need, saved) for need, saved in zip(needs, node.saved[position], strict=True)}
    if self.intermediates:  # put the expression in the place of what was saved
        sources = iter(node.saved[len(node.edges) + position])
        for need in needs:
            if need in self.intermediates:
                expression = self.intermediates[need]
                read = [_as_recorded(node, name, next(sources)) for name in parameters_of(expression)]
                arguments[need] = expression(*read)
    return self.derivatives[array](g.complete() if self.outputs else g, *arguments.values())


def _as_recorded(node: Node, need: str, saved: Any) -> Any:
    """Give a saved array the node that it came from."""
    self = node.op
    if need == "y":
        return wrap(saved, node)
    if need in self.outputs:
        i = self.outputs.index(need)
        return wrap(saved, output_node(node, i) if saved.dtype.kind == "f" else None)
    if need in self.arrays and isinstance(saved, ndarray):
        return wrap(saved, node.edges[self.arrays.index(need)])
    return saved
