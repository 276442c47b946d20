"""Running a backward pass and writing down every step of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from tinygrad_np._graph import Node, Value
from tinygrad_np._graph._backward import seeds_of
from tinygrad_np._graph._outputs import Cotangents, Output
from tinygrad_np._graph._walk import reachable, undo_broadcast, walk
from tinygrad_np._shapes import summed_axes
from tinygrad_np.explain.entries import Contribution, Entry, Trace
from tinygrad_np.explain.formulas import formula
from tinygrad_np.explain.names import name_of, name_of_constant, path_of
from tinygrad_np.explain.recorder import RecordedNode, recording
from tinygrad_np.nn import Module


def trace(loss: Any, gradient: Any = None, *, model: Module | None = None) -> Trace:
    """Run the backward pass of ``loss`` and return what every step of it did. No ``grad`` is touched.

    ``loss`` is a tensor, best computed under ``with recording():``, or a function without arguments that computes it.
    ``gradient`` starts the pass, as in ``backward``. Tensors go by the names given with ``name``; parameters by their
    path, found in the modules called while recording, or in ``model``. The graph is kept.

    >>> import tinygrad_np as tg
    >>> x = tg.explain.name(tg.tensor([1.0, 2.0], requires_grad=True), "x")
    >>> print(tg.explain.trace(lambda: (x * x).sum()))  # doctest: +ELLIPSIS
    1  loss = sum(mul)
         dloss = 1...
    """
    if callable(loss) and not isinstance(loss, Value):
        with recording():
            loss = loss()
    seeds = seeds_of((loss,), gradient, False, "trace")
    names = _names(loss, model)
    entries: list[Entry] = []
    gradients: dict[str, Any] = {}
    joined: Counter[Node] = Counter()

    def step(node: Node, g: Any, pending: dict[Node, Any], useful: set[Node]) -> None:
        contributions = []
        for position, parent in enumerate(node.edges):
            if parent is None:
                continue
            raw = _rule(node, position)(g, *node.saved[position])
            fitted = raw if raw.shape == parent.shape else undo_broadcast(raw, parent.shape, node)
            fitted = np.asarray(fitted, parent.dtype) if node.op is not Output else fitted
            pending[parent] = pending[parent] + fitted if parent in pending else fitted
            if node.op is not Output:
                rule = _formula(names, node, position)
                contributions.append(Contribution(names[parent], rule, fitted, _undone(raw, fitted), joined[parent]))
            joined[parent] += 1
        if isinstance(g, Cotangents):
            g = g.complete()
        else:
            gradients[names[node]] = g
        if node.op is not Output:
            entries.append(_entry(names, node, g, contributions, len(entries) + 1))

    leaves = walk(seeds, retain_graph=True, step=step)
    gradients.update((names[leaf], np.asarray(g)) for leaf, g in leaves.items())
    return Trace(tuple(entries), gradients)


def _rule(node: Node, position: int) -> Callable[..., Any]:
    """Return the rule of one edge; an op of any number of arrays has one for all."""
    return next(islice(node.op.rules, position, None))  # type: ignore[no-any-return]


def _names(loss: Value, model: Module | None) -> dict[Node, str]:
    """Name every node: as the user does, by a parameter's path, or by its op, numbered in order of birth."""
    assert loss.node is not None
    order, leaves, _ = reachable([loss.node])
    names = {node: given for node in (*leaves, *order) if (given := name_of(node)) is not None}
    for path, parameter in model.named_parameters() if model is not None else ():
        if parameter.node is not None:
            names.setdefault(parameter.node, path)
    for leaf in leaves:
        found = path_of(leaf)
        if found is not None and found not in names.values():
            names.setdefault(leaf, found)
    names.setdefault(loss.node, "loss")
    counts: Counter[str] = Counter()
    for node in (*leaves, *reversed(order)):
        if node.op is Output:
            names.setdefault(node, f"{names[_only_parent(node)]}[{node.saved[0][0]}]")
        elif node not in names:
            kind = node.op.name if node.op else "leaf"
            counts[kind] += 1
            names[node] = kind if counts[kind] == 1 else f"{kind}_{counts[kind]}"
    return names


def _only_parent(node: Node) -> Node:
    (parent,) = node.edges
    assert parent is not None
    return parent


def _operands(names: dict[Node, str], node: Node) -> dict[str, str]:
    """Return what to call each array argument of an op: its name, or that of the op's own argument."""
    arrays = node.op.arrays
    if arrays[0].startswith("*"):
        return {f"{arrays[0][1:]}[{i}]": names.get(edge, "a constant") for i, edge in enumerate(node.edges) if edge}
    called = {}
    for array, edge in zip(arrays, node.edges, strict=True):
        constant = _saved_for(node, array) if edge is None else None
        called[array] = names[edge] if edge is not None else name_of_constant(constant) or _number(constant) or array
    return called


def _number(constant: Any) -> str | None:
    return repr(constant) if isinstance(constant, (int, float)) else None


def _saved_for(node: Node, wanted: str) -> Any:
    """Find the array that an argument was, if any rule read it."""
    for array, saved in zip(node.op.derivatives, node.saved, strict=True):
        if saved is not None and wanted in node.op.needs[array]:
            return saved[node.op.needs[array].index(wanted)]
    return None


def _formula(names: dict[Node, str], node: Node, position: int) -> str:
    op = node.op
    array = op.arrays[0][1:] if op.arrays[0].startswith("*") else op.arrays[position]
    return formula(op.derivatives[array], {**_operands(names, node), "g": f"d{names[node]}", "y": names[node]})


def _undone(raw: Any, fitted: Any) -> str:
    """Say over which axes a contribution was summed, because broadcasting had repeated the argument."""
    if raw.shape == fitted.shape or isinstance(raw, Cotangents):
        return ""
    axes = summed_axes(raw.shape, fitted.shape)
    assert axes is not None
    added, stretched = axes
    listed = ", ".join(str(axis) for axis in (*added, *(axis + len(added) for axis in stretched)))
    return f"{raw.shape} -> {fitted.shape} by summing axis {listed}"


def _entry(names: dict[Node, str], node: Node, g: Any, contributions: list[Contribution], index: int) -> Entry:
    recorded = node if isinstance(node, RecordedNode) else None
    return Entry(
        index=index,
        op=node.op.name,
        output=names[node],
        inputs=tuple(_operands(names, node).values()),
        shape=node.shape,
        value=recorded.value if recorded else None,
        incoming=np.asarray(g) if not isinstance(g, tuple) else np.concatenate([np.ravel(part) for part in g]),
        contributions=tuple(contributions),
        line=recorded.line if recorded else "",
        module=recorded.module if recorded else "",
    )
