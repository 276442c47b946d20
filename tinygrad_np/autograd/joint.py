"""Nodes whose gradients come all at once, from one function, rather than from one rule for each argument.

Such a node always has several outputs, even if it is but one: between it and each stands the small node of
``_graph/_outputs``, so that the gradients of all outputs are gathered before the function is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from tinygrad_np._graph import Node, Value, _call, wrap
from tinygrad_np._graph._outputs import Cotangents
from tinygrad_np._graph._views import viewed

Gradients = Callable[[Any], Sequence[Any]]  # of the gathered gradients of the outputs; one (or None) for each edge


class Joint:
    """What stands in the place of an op: its rules share one computation."""

    outputs = settings = ()
    intermediates: dict[str, Any] = {}  # noqa: RUF012  # a constant table
    arrays = ("*inputs",)
    needs = {"inputs": ("gradients", "i")}  # noqa: RUF012  # a constant table
    domain = view = None
    fitting = False

    def __init__(self, name: str, saves: bool) -> None:
        self.name = name
        self.saves = saves  # whether a backward frees what was saved, so that a second one is an error
        self.derivatives = {"inputs": each_gradient}
        self.rules = repeat(each_gradient)

    def function(self, *arguments: Any) -> Any:
        """Stand where an op is called anew, for a view whose base was overwritten."""
        raise RuntimeError(
            f"{self.name}: its output looks at the memory of its input, so that an in-place write to the input cannot "
            "be recorded; let forward return a clone"
        )


def each_gradient(g: Cotangents, gradients: Gradients, i: int) -> Any:
    """Compute the gradients of all arguments with the first that is asked for; ``g`` lives as long as the walk."""
    try:
        found = g.together
    except AttributeError:
        found = g.together = gradients(g)
    return found[i]


def record_jointly(op: Joint, arrays: Sequence[Any], inputs: Sequence[Value], gradients: Gradients) -> tuple[Any, ...]:
    """Return output arrays as values that came from the inputs; those that are not floats are constants."""
    return record_from(op, arrays, tuple(value.node for value in inputs), gradients)


def record_from(op: Joint, arrays: Sequence[Any], edges: tuple[Any, ...], gradients: Gradients) -> tuple[Any, ...]:
    """Return output arrays as values that came from the nodes of inputs."""
    saved = tuple(None if edge is None else (gradients, i) for i, edge in enumerate(edges))
    recorder = _call._SCOPE["record_several"]  # which explain replaces
    made: tuple[Any, ...] = recorder(op, tuple(arrays), edges, saved)
    return made


def linked_to_memory(op: Joint, output: Value, inputs: Sequence[Value]) -> Value:
    """Note which input an output looks at the memory of, so that writes to it are recorded on neither, but refused."""
    for value in inputs:
        if np.may_share_memory(output.array, value.array):
            if output.array is value.array:
                output.array = output.array.view()
            return viewed(op, output, value, ())  # type: ignore[arg-type, no-any-return]  # stands for an Op
    return output


def shown(part: Any) -> Any:
    """Return a gradient as a tensor: an array of a first-order walk as a constant that cannot be written to."""
    if isinstance(part, Value):
        return part
    view = np.asarray(part).view()
    view.flags.writeable = False  # other rules may be given the same array
    return wrap(view)


def node_of(outputs: Sequence[Any]) -> Node | None:
    """Return the node that made several outputs, if any of them has a gradient."""
    return next((value.node.edges[0] for value in outputs if value.node is not None), None)
