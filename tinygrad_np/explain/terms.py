"""Every gradient as a sum of terms, one for each use of the tensor, in a backward pass that can be interfered with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Node
from tinygrad_np._graph._call import sources_of
from tinygrad_np._graph._outputs import Cotangents, Output
from tinygrad_np._graph._walk import reachable, undo_broadcast
from tinygrad_np.explain.formulas import formula
from tinygrad_np.explain.naming import Naming


@dataclass(frozen=True, eq=False)
class Term:
    """What one use of a tensor adds to its gradient: a rule, the gradient ``g`` that came in, and what the rule reads.

    ``argument`` is what the op calls the tensor (the W of linear), ``parent`` the node of the tensor, and ``via`` the
    name of what the op made of it. ``saved`` are the rule's arguments after ``g``, ``sources`` those from which saved
    intermediates (the p of cross-entropy) can be computed anew; ``called`` says what arguments go by in formulas.
    """

    node: Node
    position: int
    parent: Node
    via: str
    g: Any
    saved: dict[str, Any]
    sources: dict[str, Any]
    called: dict[str, str]

    @property
    def op(self) -> Any:
        return self.node.op

    @property
    def argument(self) -> str:
        return _argument(self.node, self.position)

    def raw(self) -> Any:
        """Apply the rule, without undoing broadcasting; None is no gradient at all."""
        return _rule(self.node, self.position)(self.g, *self.saved.values())

    def array(self) -> Array:
        """Apply the rule, and bring its result to the shape and dtype of the tensor."""
        return self.fitted(self.raw())

    def fitted(self, raw: Any) -> Array:
        """Bring what the rule gave to the shape and dtype of the tensor."""
        fitted = raw if raw.shape == self.parent.shape else undo_broadcast(raw, self.parent.shape, self.node)
        return np.asarray(fitted, self.parent.dtype)

    def formula(self, **called: str) -> str:
        """Write the rule with the names of the tensors; ``called`` renames some."""
        names = {"g": f"d{self.via}", "y": self.via, **self.called, **called}
        return formula(self.op.derivatives[self.argument], names)

    def reading(self, **values: Any) -> Term:
        """Return the term with other values for some of what the rule reads; intermediates follow their sources."""
        sources = {**self.sources, **{name: value for name, value in values.items() if name in self.sources}}
        saved = {**self.saved, **{name: value for name, value in values.items() if name in self.saved}}
        for name in saved.keys() & self.op.intermediates.keys():
            expression = self.op.intermediates[name]
            saved[name] = expression(*(sources[source] for source in inspect.signature(expression).parameters))
        return replace(self, saved=saved, sources=sources)

    def disturbed(self, by: Disturbance) -> Any:
        """Apply the rule with what it reads, and its result, changed by a few roundings.

        Where a rule reads several arrays, it may ask whether they are equal: they are left as they are.
        """
        read = {name: value for name, value in (self.sources or self.saved).items() if isinstance(value, np.ndarray)}
        changed = {name: by(value) for name, value in read.items()} if len(read) == 1 else {}
        return by(self.reading(**changed).array())


@dataclass
class Disturbance:
    """Changes every entry of an array by a few roundings, up or down at random; nothing but floats is changed."""

    size: float  # as a share of the entry
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def __call__(self, x: Any) -> Any:
        if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
            return x
        signs = self.rng.integers(0, 2, x.shape, np.int8) * 2 - 1
        return x * (1 + x.dtype.type(self.size) * signs.astype(x.dtype))


@dataclass(eq=False)
class Backward:
    """The result of a backward pass: each gradient, and the terms that it is the sum of, in the order they came."""

    gradients: dict[str, Array] = field(default_factory=dict)
    terms: dict[str, list[Term]] = field(default_factory=dict)

    def order(self) -> list[str]:
        """Return the names in backward order: a gradient stands where its last term came."""
        last = {name: (-terms[-1].node.birth, terms[-1].position) for name, terms in self.terms.items()}
        return sorted(last, key=last.__getitem__)

    def upstream(self, name: str, up_to: Container[str] = ()) -> list[str]:
        """Return the names of the gradients that this one is computed from, the nearest first; ``up_to`` some."""
        found = [name]
        for each in found:  # grows while it is read
            before = [term.via for term in self.terms.get(each, ())]
            found += [via for via in dict.fromkeys(before) if via not in found and via not in up_to]
        return found[1:]


def backward_terms(
    start: tuple[Node, Array],
    names: Naming,
    replaced: Mapping[str, Array],
    disturbance: Disturbance | None = None,
) -> Backward:
    """Carry a gradient back through the graph; those in ``replaced`` are passed on in the place of the right ones."""
    result = Backward()
    pending: dict[Node, Any] = dict([start])
    order, leaves = reachable(pending)
    with np.errstate(all="ignore"):
        for node in order:
            if node not in pending:  # no gradient came, from nothing that was made of it
                continue
            g = pending.pop(node)
            if not isinstance(g, Cotangents):
                result.gradients[names[node]] = g
                g = replaced.get(names[node], g)
            for position, parent in enumerate(node.edges):
                if parent is None:
                    continue
                if node.op is Output:
                    contribution = _rule(node, position)(g, *node.saved[position])
                else:
                    term = _term(node, position, parent, g, names)
                    raw = term.raw()
                    if raw is None:
                        continue
                    result.terms.setdefault(names[parent], []).append(term)
                    contribution = term.fitted(raw) if disturbance is None else term.disturbed(disturbance)
                pending[parent] = pending[parent] + contribution if parent in pending else contribution
    result.gradients.update((names[leaf], pending[leaf]) for leaf in leaves if leaf in pending)
    return result


def _term(node: Node, position: int, parent: Node, g: Any, names: Naming) -> Term:
    op, argument = node.op, _argument(node, position)
    return Term(
        node=node,
        position=position,
        parent=parent,
        via=names[node],
        g=g,
        saved=dict(zip(op.needs[argument], node.saved[position], strict=True)),
        sources=_sources(node, position) if op.intermediates else {},
        called=names.operands(node),
    )


def _sources(node: Node, position: int) -> dict[str, Any]:
    """Return what the intermediates that a rule reads were computed from, by name."""
    names = sources_of(node.op, _argument(node, position))
    return dict(zip(names, node.saved[len(node.edges) + position], strict=True))


def _argument(node: Node, position: int) -> str:
    first: str = node.op.arrays[0]
    return first[1:] if first.startswith("*") else str(node.op.arrays[position])


def _rule(node: Node, position: int) -> Callable[..., Any]:
    """Return the rule of one edge; an op of any number of arrays has one for all."""
    return next(islice(node.op.rules, position, None))  # type: ignore[no-any-return]
