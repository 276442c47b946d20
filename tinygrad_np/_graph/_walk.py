"""The backward walk: the chain rule over the reachable nodes, children before parents.

It takes the youngest node for which a gradient has arrived: all that was computed from it is younger, and so done. It
is iterative, so a graph of 100,000 nodes in a row is no deeper than one of ten. Broadcasting is undone here and
nowhere else, so that a gradient always has the shape and dtype of what it is the gradient of.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterable
from heapq import heappop, heappush
from operator import attrgetter
from types import FrameType
from typing import Any, NoReturn

from tinygrad_np._graph import _writes
from tinygrad_np._graph._higher import recorded
from tinygrad_np._graph._hooks import run_hooks
from tinygrad_np._graph._mode import is_enabled, set_enabled
from tinygrad_np._graph._node import Node, Value
from tinygrad_np._graph._op import OPS
from tinygrad_np._graph._places import line_of, user_frame
from tinygrad_np._graph._quiet import as_before, quiet
from tinygrad_np._shapes import summed_axes

_birth = attrgetter("birth")
Step = Callable[[Node, Any, dict[Node, Any], set[Node] | None], None]


class Watch:
    """What anomaly mode puts in the place of a walk's steps, which it is given."""

    steps: Callable[[Step | None], Step] | None = None


def walk(
    seeds: Iterable[tuple[Node, Any]],
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    wanted: Iterable[Node] | None = None,
    no_further: bool = False,
    step: Step | None = None,
) -> dict[Any, Any]:
    """Carry the seeds back through the graph; return the gradient that arrives at each leaf, or each wanted node.

    Gradients are arrays, or tensors with ``create_graph``. They may share memory with each other, which who receives
    them has to settle. Only nodes on a path to a wanted node are worked on; ``no_further`` ends the paths there, so
    that a wanted node passes nothing on to another. ``step`` may take over what is done at a node: apply its rules to
    ``g`` and add the contributions to those pending for its parents (if they are useful, where that is not None). A
    rule that returns None adds nothing.
    """
    pending: dict[Node, Any] = {}
    queue: list[tuple[int, Node]] = []  # the youngest comes out first
    for node, seed in seeds:
        if node in pending:
            pending[node] = pending[node] + seed
        else:
            pending[node] = seed
            if node.edges:
                heappush(queue, (-node.birth, node))
    targets, useful = _EMPTY, None
    if wanted is not None:
        targets = frozenset(wanted)
        useful = _leading_to(targets, pending, no_further)
    freed = None if retain_graph else Freed(user_frame(sys._getframe(1)))
    if create_graph:
        step = _step_recorded
    if Watch.steps is not None and (step is None or create_graph):
        step = Watch.steps(step)
    latest = _writes.latest.write
    before, warnings = is_enabled(), None
    arrived: dict[Any, Any] = {}
    kept: list[tuple[Any, Any]] = []  # what retain_grad keeps, once the walk has succeeded
    try:
        set_enabled(create_graph)
        warnings = quiet()
        while queue:
            node = heappop(queue)[1]
            g = pending.pop(node)
            if node.hooks:
                g = run_hooks(node, g, kept)
                latest = _writes.latest.write  # a hook may write
            if useful is not None:
                if node in targets:
                    arrived[node] = g
                    if no_further:
                        continue
                if useful.isdisjoint(node.edges):
                    continue
            op = node.op
            fitting = op.fitting
            if node.birth < latest:
                _writes.check_unwritten(node)
                fitting = False  # a leaf may have got data of another shape or dtype since
            if step is not None:
                new = {edge for edge in node.edges if edge is not None and edge.edges and edge not in pending}
                step(node, g, pending, useful)
                for reached in new.intersection(pending):
                    heappush(queue, (-reached.birth, reached))
                if freed is not None and op.saves:
                    node.saved = freed
                continue
            for parent, rule, arguments in zip(node.edges, op.rules, node.saved):  # noqa: B905  # rules may repeat
                if parent is None or (useful is not None and parent not in useful):
                    continue
                contribution = rule(g, arguments[0]) if len(arguments) == 1 else rule(g, *arguments)  # quicker by half
                if not fitting:
                    if contribution is None:
                        continue
                    if contribution.shape != parent.shape:
                        contribution = undo_broadcast(contribution, parent.shape, node)
                    if contribution.dtype is not parent.dtype:
                        contribution = contribution.astype(parent.dtype)
                if parent in pending:
                    pending[parent] = pending[parent] + contribution
                else:
                    pending[parent] = contribution
                    if parent.edges:
                        heappush(queue, (-parent.birth, parent))
            if freed is not None and op.saves:
                node.saved = freed
        for leaf, g in pending.items():  # only leaves are left
            if leaf.hooks and (useful is None or leaf in targets):
                pending[leaf] = run_hooks(leaf, g, kept)
        if useful is None:
            arrived = pending
        else:
            arrived.update((leaf, g) for leaf, g in pending.items() if leaf in targets)
        for keep, g in kept:
            keep(g)
    except SecondBackward as error:
        raise RuntimeError(f"{_AGAIN.format(node.op.name)} {error}") from None
    finally:
        set_enabled(before)
        if warnings is not None:
            as_before(warnings)
    return arrived


_EMPTY: frozenset[Node] = frozenset()
_AGAIN = "Trying to backward through the graph a second time: the arrays that {} saved were freed by the first backward"


class SecondBackward(Exception):  # noqa: N818  # the walk makes a RuntimeError of it
    """What a node saved was read after it had been freed."""


class Freed:
    """Stands for what nodes saved once a backward has freed it; to read it says who did.

    It notes the line that called that backward as cheaply as can be: most are never asked for.
    """

    __slots__ = ("code", "instruction")

    def __init__(self, frame: FrameType) -> None:
        self.code = frame.f_code
        self.instruction = frame.f_lasti

    def __iter__(self) -> NoReturn:
        where = f"{self.code.co_filename}, line {line_of(self.code, self.instruction)}"
        raise SecondBackward(f"({where}); call that with retain_graph=True if a second one is to follow")

    def __getitem__(self, position: int) -> NoReturn:
        self.__iter__()


def reachable(roots: Iterable[Node], until: Container[Node] = _EMPTY) -> tuple[list[Node], list[Node]]:
    """Return what the roots depend on, no further than ``until``: the nodes of ops, youngest first, and the leaves."""
    seen = set(roots)
    order = [root for root in seen if root.edges]
    leaves = [root for root in seen if not root.edges]
    for node in order:  # grows while it is read
        if node in until:
            continue
        for parent in node.edges:
            if parent is not None and parent not in seen:
                seen.add(parent)
                (order if parent.edges else leaves).append(parent)
    order.sort(key=_birth, reverse=True)
    return order, leaves


def _leading_to(targets: frozenset[Node], roots: Iterable[Node], no_further: bool) -> set[Node]:
    """Return the nodes below the roots from which a target is reached, targets included."""
    order, leaves = reachable(roots, targets if no_further else _EMPTY)
    leading: set[Node] = set()
    for node in (*leaves, *reversed(order)):
        if node in targets or any(parent in leading for parent in node.edges):
            leading.add(node)
    return leading


def _step_recorded(node: Node, g: Any, pending: dict[Node, Any], useful: set[Node] | None) -> None:
    """Take one step as the loop above does, with rules that record."""
    for position, parent in enumerate(node.edges):
        if parent is None or (useful is not None and parent not in useful):
            continue
        contribution = recorded(node, position, g)
        if contribution is None:
            continue
        if contribution.dtype is not None and not isinstance(contribution, Value):
            raise RuntimeError(
                f"{node.op.name}: given tensors, its rule returned {type(contribution).__name__}, so that the gradient "
                "cannot be differentiated; use only operators and functions of tensors in it, not .array or .numpy()"
            )
        if contribution.shape != parent.shape:
            contribution = undo_broadcast(contribution, parent.shape, node)
        if contribution.dtype != parent.dtype:
            contribution = contribution.to(parent.dtype)
        earlier = pending.get(parent)
        pending[parent] = contribution if earlier is None else earlier + contribution


def undo_broadcast(g: Any, shape: tuple[int, ...], node: Node) -> Any:
    """Sum ``g`` over the axes along which broadcasting repeated the argument: its gradient has its shape."""
    axes = summed_axes(g.shape, shape)
    if axes is None:
        raise RuntimeError(
            f"{node.op.name}: its rule returned a gradient of shape {g.shape} for an argument of {shape}"
        )
    added, stretched = axes
    total = OPS["sum"].function
    if added:
        g = total(g, added, False)
    return total(g, stretched, True) if stretched else g
