"""Trading time for memory: a part of a model keeps nothing for its backward pass, and computes it anew there.

PyTorch's path to the function is ``utils.checkpoint.checkpoint``, and so it is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from tinygrad_np._graph import Leaf, Node, Value, enable_grad, is_grad_enabled, walk
from tinygrad_np._graph._node import next_birth
from tinygrad_np._graph._walk import reachable
from tinygrad_np._graph._writes import written_after
from tinygrad_np._random import get_rng_state, set_rng_state
from tinygrad_np.autograd.joint import Joint, linked_to_memory, record_from
from tinygrad_np.autograd.trees import flattened
from tinygrad_np.nn.container import Sequential

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential"]

Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]


class CheckpointError(RuntimeError):
    """What was computed anew differs from what was computed first.

    >>> import tinygrad_np as tg
    >>> each = iter([1, 2])
    >>> y = checkpoint(lambda x: (x * 2)[: next(each)], tg.ones(2, requires_grad=True))
    >>> y.sum().backward()
    Traceback (most recent call last):
    tinygrad_np.utils.checkpoint.CheckpointError: checkpoint: the outputs are [((2,), dtype('float32'))] when computed
    anew, but were [((1,), dtype('float32'))]
    """


def _no_contexts() -> Contexts:
    return nullcontext(), nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = _no_contexts,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Call ``function(*args, **kwargs)`` so that its graph is dropped, and made again when backward needs it.

    Gradients flow to the arguments, and to whatever else the function refers to, a module's parameters, say. Between
    forward and backward, only the arguments and the outputs are kept.

    Parameters
    ----------
    function : function
        Returns a tensor, or tuples, lists and dicts with tensors in them. It has to compute the same when called again:
        what it reads must not change until then. It may be a module.
    use_reentrant : bool, optional
        PyTorch has two ways of doing this; there is one here, which has the limitations of neither.
    context_fn : function
        Returns two context managers, one for the first call of `function`, one for the second.
    determinism_check : {"default", "none"}
        Whether the outputs of the second call must have the shapes and dtypes of the first.
    debug : bool
        Not supported: must be False.
    early_stop : bool
        Changes nothing: `function` is always called to its end.
    preserve_rng_state : bool
        Whether the second call draws the same random numbers, for dropout, say.

    Raises
    ------
    CheckpointError
        In backward, if `function` does something else than before.
    RuntimeError
        In backward, if an argument or a parameter has been overwritten.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> from tinygrad_np.utils.checkpoint import checkpoint
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint(lambda x: (x * x).exp(), x, use_reentrant=False).sum().backward()
    >>> x.grad
    tensor([  5.4366, 218.3926])
    """
    if debug:
        raise ValueError("checkpoint: debug=True is not supported; anomaly mode says where an op was called")
    if determinism_check not in ("default", "none"):
        raise ValueError(f"checkpoint: determinism_check is 'default' or 'none', got {determinism_check!r}")
    forward_context, backward_context = context_fn()
    state = get_rng_state() if preserve_rng_state else None
    start = next_birth()
    with forward_context:
        returned = function(*args, **kwargs)
    if not is_grad_enabled():
        return returned
    if state is not None and (get_rng_state() == state).all():
        state = None  # nothing was drawn
    outputs, built = flattened(returned)
    places = [i for i, y in enumerate(outputs) if isinstance(y, Value) and y.node is not None]
    edges = _outside([outputs[i].node for i in places], start)
    if not edges:
        return returned

    def again() -> list[Any]:
        before = None if state is None else get_rng_state()
        if state is not None:
            set_rng_state(state)
        try:
            with enable_grad(), backward_context:
                recomputed = flattened(function(*args, **kwargs))[0]
        finally:
            if before is not None:
                set_rng_state(before)
        return [recomputed[i] for i in places if i < len(recomputed)]

    tensors = [x for x in flattened((args, kwargs))[0] if isinstance(x, Value)]
    shapes = None if determinism_check == "none" else [_described(outputs[i]) for i in places]
    segment = _Segment(again, edges, tensors, start, shapes)
    op = Joint("checkpoint", saves=True)
    made = record_from(op, [outputs[i].array for i in places], edges, segment)
    for i, one in zip(places, made, strict=True):
        outputs[i] = linked_to_memory(op, one, tensors)
    return built(outputs)


def checkpoint_sequential(
    functions: Sequential | Sequence[Callable[..., Any]],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    *,
    preserve_rng_state: bool = True,
) -> Any:
    """Call functions, or the modules of a ``Sequential``, one after the other, each of ``segments`` checkpointed.

    The last segment is not, since backward would compute it anew at once.

    >>> import tinygrad_np as tg
    >>> from tinygrad_np.utils.checkpoint import checkpoint_sequential
    >>> net = tg.nn.Sequential(*[tg.nn.Tanh() for _ in range(6)])
    >>> x = tg.ones(2, requires_grad=True)
    >>> bool((checkpoint_sequential(net, 3, x) == net(x)).all())
    True
    """
    each = [*functions]
    if not 1 <= segments <= len(each):
        raise ValueError(f"checkpoint_sequential: {len(each)} functions cannot be cut into {segments} segments")
    size = len(each) // segments
    for i in range(segments - 1):
        part = each[i * size : (i + 1) * size]
        input = checkpoint(_chain(part), input, use_reentrant=use_reentrant, preserve_rng_state=preserve_rng_state)
    return _chain(each[(segments - 1) * size :])(input)


def _chain(functions: Sequence[Callable[..., Any]]) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        for function in functions:
            x = function(x)
        return x

    return call


def _outside(roots: Iterable[Node], start: int) -> tuple[Node, ...]:
    """Return the nodes older than ``start``, leaves included, on which younger ones among the roots directly depend."""
    order, leaves = reachable(roots, _Older(start))
    return tuple(node for node in (*order, *leaves) if node.birth < start)


class _Older:
    """All nodes older than a time."""

    def __init__(self, start: int) -> None:
        self.start = start

    def __contains__(self, node: object) -> bool:
        return isinstance(node, Node) and node.birth < self.start


def _described(y: Any) -> Any:
    return (y.array.shape, y.array.dtype) if isinstance(y, Value) else type(y).__name__


class _Segment:
    """Computes the gradients of a checkpointed part by calling it again."""

    def __init__(
        self,
        again: Callable[[], list[Any]],
        edges: tuple[Node, ...],
        tensors: list[Value],
        start: int,
        shapes: list[Any] | None,
    ) -> None:
        self.again = again
        self.edges = edges
        self.tensors = tensors
        self.start = start
        self.shapes = shapes

    def __call__(self, g: Any) -> list[Any]:
        owners = [node.owner() for node in self.edges if isinstance(node, Leaf)]
        read = [value.array for value in (*self.tensors, *owners) if value is not None]
        if written_after(read, self.start):
            raise RuntimeError(
                "checkpoint: an argument or a parameter of the function was overwritten before backward, which would "
                "compute something else than forward did; write to a clone"
            )
        start = next_birth()
        outputs = self.again()
        described = [_described(y) for y in outputs]
        if self.shapes is not None and described != self.shapes:
            raise CheckpointError(f"checkpoint: the outputs are {described} when computed anew, but were {self.shapes}")
        seeds = [(outputs[i].node, part) for i, part in g.parts.items()]
        found = _outside([node for node, _ in seeds if node is not None], start)
        if any(node is None for node, _ in seeds) or any(node.edges and node not in self.edges for node in found):
            raise CheckpointError("checkpoint: when computed anew, the outputs depend on other tensors than before")
        recording = any(isinstance(part, Value) for part in g.parts.values())
        arrived = walk(seeds, create_graph=recording, retain_graph=recording, wanted=self.edges, no_further=True)
        return [arrived.get(edge) for edge in self.edges]
