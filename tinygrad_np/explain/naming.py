"""What each tensor of a graph is called in a trace: every one differently."""

from __future__ import annotations

from typing import Any

from tinygrad_np._graph import Node, Value
from tinygrad_np._graph._outputs import Output
from tinygrad_np.explain.names import name_of, name_of_constant, path_of
from tinygrad_np.nn import Module


class Naming:
    """The names of the nodes of a graph, and of the constants that its ops read.

    A node is called as the user says, else by the path of the parameter, else by its op. Where names would repeat they
    are numbered, the oldest first: ``mul``, ``mul_2``.
    """

    def __init__(self, loss: Value, order: list[Node], leaves: list[Node], model: Module | None) -> None:
        assert loss.node is not None
        self._taken: set[str] = set()
        self._of: dict[Node, str] = {}
        self._constants: dict[Any, str] = {}
        oldest_first = [*_in_order_of_use(order, leaves), *reversed(order)]
        for node in oldest_first:
            self._call(node, name_of(node))
        for path, parameter in model.named_parameters() if model is not None else ():
            if parameter.node in oldest_first:
                self._call(parameter.node, path)
        for node in oldest_first:
            self._call(node, path_of(node))
        self._call(loss.node, "loss" if loss.array.size == 1 else "output")
        for node in oldest_first:
            if node.op is Output:
                (parent,) = node.edges
                assert parent is not None
                self._call(node, f"{self._of[parent]}[{node.saved[0][0]}]")
            else:
                self._call(node, node.op.name if node.op else "leaf")

    def __getitem__(self, node: Node) -> str:
        return self._of[node]

    def operands(self, node: Node) -> dict[str, str]:
        """Return what to call each array argument of an op, by the op's own name for it."""
        arrays = node.op.arrays
        if arrays[0].startswith("*"):
            return {f"{arrays[0][1:]}[{i}]": self._operand(node, None, edge) for i, edge in enumerate(node.edges)}
        return {array: self._operand(node, array, edge) for array, edge in zip(arrays, node.edges, strict=True)}

    def _operand(self, node: Node, array: str | None, edge: Node | None) -> str:
        if edge is not None:
            return self._of[edge]
        constant = _saved_for(node, array) if array is not None else None
        if type(constant) in (int, float, bool):
            return repr(constant)
        key = id(constant) if constant is not None else (node, array)  # what no rule reads is not known any more
        if key not in self._constants:
            self._constants[key] = self._free(name_of_constant(constant) or "constant")
        return self._constants[key]

    def _call(self, node: Node, name: str | None) -> None:
        if name is not None and node not in self._of:
            self._of[node] = self._free(name)

    def _free(self, name: str) -> str:
        """Return the name, with a number if it is taken."""
        number, free = 1, name
        while free in self._taken:
            number += 1
            free = f"{name}_{number}"
        self._taken.add(free)
        return free


def _in_order_of_use(order: list[Node], leaves: list[Node]) -> list[Node]:
    """Sort the leaves by the first op that used each."""
    used = dict.fromkeys(parent for node in reversed(order) for parent in node.edges if parent is not None)
    place = {node: i for i, node in enumerate(used)}
    return sorted(leaves, key=lambda leaf: place.get(leaf, 0))


def _saved_for(node: Node, wanted: str) -> Any:
    """Find the array, or number, that an argument was, if any rule read it."""
    for array, saved in zip(node.op.derivatives, node.saved, strict=False):  # sources follow
        if saved is not None and wanted in node.op.needs[array]:
            return saved[node.op.needs[array].index(wanted)]
    return None
