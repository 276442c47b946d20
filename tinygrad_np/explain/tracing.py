"""Running a backward pass and writing down every step of it."""

from __future__ import annotations

import linecache
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Node, RetainGrad, Value
from tinygrad_np._graph._backward import seeds_of
from tinygrad_np._graph._outputs import Cotangents, Output
from tinygrad_np._graph._walk import reachable, undo_broadcast, walk
from tinygrad_np._graph._writes import written_after
from tinygrad_np._shapes import summed_axes
from tinygrad_np.explain.entries import Contribution, Entry, Trace
from tinygrad_np.explain.formulas import formula, symbols
from tinygrad_np.explain.naming import Naming
from tinygrad_np.explain.recorder import note_of, recording
from tinygrad_np.nn import Module


def trace(loss: Any, gradient: Any = None, *, model: Module | None = None) -> Trace:
    """Run the backward pass of ``loss`` and return what every step of it did. The graph stays; no ``grad`` is touched.

    Parameters
    ----------
    loss : Tensor, or function without arguments that computes one
        A tensor best comes from a ``with recording():`` block; a function is called in one.
    gradient : Tensor, shape of `loss`, optional
        Starts the pass, as in ``backward``; a loss of one entry needs none.
    model : Module, optional
        Where to look for the names of parameters. Those of modules called while recording are known without it.

    Returns
    -------
    Trace
        One entry for each step, in backward order. Tensors go by the names given with ``name``, parameters by their
        paths, other results by their ops.

    Raises
    ------
    TypeError
        If `loss` is not a tensor and does not compute one, or `gradient` is not a tensor.
    RuntimeError
        As ``backward`` does: if `loss` does not require grad, is not a scalar and has no `gradient`, or what the graph
        saved was freed or overwritten.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.explain.name(tg.tensor([1.0, 2.0], requires_grad=True), "x")
    >>> print(trace((x * x).sum()))
    1  loss = sum(mul)
         dloss                   ()  1
         dmul   = spread(dloss)  (2,)  [1, 1]
    2  mul = mul(x, x)
         dmul                (2,)  [1, 1]
         dx     = dmul * x   (2,)  [1, 2]  1 of 2
         dx     = dmul * x   (2,)  [1, 2]  2 of 2
         dx     = their sum  (2,)  [2, 4]  fan-out 2: dmul * x + dmul * x
    """
    if callable(loss) and not isinstance(loss, Value):
        with recording():
            loss = loss()
    if not isinstance(loss, Value):
        raise TypeError(f"trace: expected a tensor, or a function that returns one, got {type(loss).__name__}")
    if gradient is not None and not isinstance(gradient, Value):
        raise TypeError(f"trace: gradient must be a tensor, got {type(gradient).__name__}")
    seeds = seeds_of((loss,), gradient, False, "trace")
    order, leaves = reachable([node for node, _ in seeds])
    writer = _Writer(Naming(loss, order, leaves, model), order)
    with _kept_gradients_untouched(order):
        arrived = walk(seeds, retain_graph=True, step=writer.step)
    writer.gradients.update((writer.names[leaf], np.asarray(g)) for leaf, g in arrived.items())
    return Trace(tuple(writer.entries), writer.gradients)


class _Writer:
    """Takes the steps of a walk, and writes each down."""

    def __init__(self, names: Naming, order: list[Node]) -> None:
        self.names = names
        self.entries: list[Entry] = []
        self.gradients: dict[str, Array] = {}
        self.fan_out = Counter(parent for node in order for parent in node.edges if parent is not None)
        self.terms: dict[Node, list[str]] = {}
        self.pieces: dict[Node, list[str]] = {}
        for node in order:
            if node.op is Output and node.edges[0] is not None:
                self.pieces.setdefault(node.edges[0], []).append(names[node])

    def step(self, node: Node, g: Any, pending: dict[Node, Any], useful: set[Node] | None) -> None:
        """Apply the rules of a node as the walk does, and write an entry. Every node on the way is useful."""
        contributions = []
        for position, parent in enumerate(node.edges):
            if parent is None:
                continue
            result = _rule(node, position)(g, *node.saved[position])
            if result is None:  # a Function's backward said so
                continue
            fitted = result if result.shape == parent.shape else undo_broadcast(result, parent.shape, node)
            if node.op is not Output:
                fitted = np.asarray(fitted, parent.dtype)
            total = pending[parent] + fitted if parent in pending else fitted
            pending[parent] = total
            if node.op is not Output:
                contributions.append(self._contribution(node, position, parent, result, fitted, total))
        if node.op is Output:
            self.gradients[self.names[node]] = np.asarray(g)
            return
        several = isinstance(g, Cotangents)
        incoming = _joined(g.complete()) if several else np.asarray(g)
        if not several:
            self.gradients[self.names[node]] = incoming
        self.entries.append(self._entry(node, incoming, tuple(contributions)))

    def _contribution(
        self, node: Node, position: int, parent: Node, result: Any, fitted: Array, total: Any
    ) -> Contribution:
        op = node.op
        argument = op.arrays[0 if op.arrays[0].startswith("*") else position].lstrip("*")
        rule = op.derivatives[argument]
        operands = self.names.operands(node)
        values = dict(zip(op.needs[argument], node.saved[position], strict=False))
        called = {
            **{setting: str(x) for setting, x in values.items() if type(x) in (int, float, bool, type(None))},
            **{f"{array}_shape": f"{operand}.shape" for array, operand in operands.items()},
            **operands,
            "g": f"d{self.names[node]}",
            "y": self.names[node],
        }
        written = formula(rule, called)
        terms = self.terms.setdefault(parent, [])
        terms.append(written)
        last = len(terms) == self.fan_out[parent] > 1
        return Contribution(
            to=self.names[parent],
            formula=written,
            array=fitted,
            undone=_undone(result.shape, fitted.shape),
            where=_where(op, argument, called, values),
            added=len(terms) - 1,
            fan_out=self.fan_out[parent],
            terms=tuple(terms) if last else (),
            total=np.asarray(total) if last else None,
        )

    def _entry(self, node: Node, incoming: Array, contributions: tuple[Contribution, ...]) -> Entry:
        note = note_of(node)
        value = None
        if note is not None:
            outputs = note.value if node.op.outputs else (note.value,)
            if not written_after(outputs, node.birth):
                value = _joined(outputs) if node.op.outputs else note.value
        return Entry(
            index=len(self.entries) + 1,
            op=node.op.name,
            output=self.names[node],
            inputs=tuple(self.names.operands(node).values()),
            shape=incoming.shape,
            value=value,
            incoming=incoming,
            contributions=contributions,
            line=f"{Path(note.file).name}:{note.line}" if note else "",
            source=linecache.getline(note.file, note.line).strip() if note else "",
            module=note.module if note else "",
            pieces=tuple(sorted(self.pieces.get(node, ()))),
        )


def _rule(node: Node, position: int) -> Callable[..., Any]:
    """Return the rule of one edge; an op of any number of arrays has one for all."""
    return next(islice(node.op.rules, position, None))  # type: ignore[no-any-return]


def _joined(parts: tuple[Array, ...]) -> Array:
    return np.concatenate([np.ravel(part) for part in parts])


def _undone(large: tuple[int, ...], small: tuple[int, ...]) -> str:
    """Say over which axes a contribution was summed, because broadcasting had repeated the argument.

    >>> _undone((5, 2, 3), (2, 1))
    '(5, 2, 3) -> (2, 1) by summing axes 0, 2'
    """
    axes = summed_axes(large, small) if large != small else None
    if axes is None:
        return ""
    added, stretched = axes
    listed = [*added, *(axis + len(added) for axis in stretched)]
    return f"{large} -> {small} by summing {'axis' if len(listed) == 1 else 'axes'} {', '.join(map(str, listed))}"


def _where(op: Any, argument: str, called: dict[str, str], values: dict[str, Any]) -> str:
    """Say what the symbols of a formula stand for: an op's intermediates, the number of rows, one-hot labels."""
    legend = [
        f"{need} = {formula(op.intermediates[need], called)}" for need in op.needs[argument] if need in op.intermediates
    ]
    rule = op.derivatives[argument]
    if "onehot" in formula(rule):
        legend.append("onehot = 1 at each row's label")
    legend += [f"{symbol} = {number}" for symbol, number in symbols(rule, values).items()]
    return ", ".join(legend)


@contextmanager
def _kept_gradients_untouched(order: list[Node]) -> Iterator[None]:
    """Put back what ``retain_grad`` keeps on the way."""
    hooks = [node.hooks[-1] for node in order if node.hooks and isinstance(node.hooks[-1], RetainGrad)]
    owners = [owner for hook in hooks if (owner := hook.owner()) is not None]
    before = [owner.grad for owner in owners]
    try:
        yield
    finally:
        for owner, grad in zip(owners, before, strict=True):
            owner.grad = grad
