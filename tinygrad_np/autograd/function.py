"""``Function``: an operation with a forward and a backward of one's own, where a one-line rule (``tg.op``) won't do.

It is recorded as one node. The node keeps the arrays of what was saved and the nodes these came from, never tensors.
"""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from tinygrad_np._graph import Node, Value, is_grad_enabled, no_grad, set_grad_enabled, wrap
from tinygrad_np._graph._outputs import output_node
from tinygrad_np._graph._writes import check_unwritten
from tinygrad_np.autograd.joint import Joint, linked_to_memory, node_of, record_jointly, shown


class FunctionCtx:
    """What a ``Function``'s forward hands to its backward. Attributes of any name may be set on it.

    >>> import tinygrad_np as tg
    >>> tg.autograd.function.FunctionCtx().needs_input_grad
    ()
    """

    needs_input_grad: tuple[bool, ...] = ()  # for each argument of ``apply``, whether its gradient is of any use
    materialize_grads = True
    _to_save: tuple[Any, ...] = ()
    _non_differentiable: tuple[Any, ...] = ()
    _saved: Callable[[], tuple[Any, ...]] | None = None  # while backward runs

    def save_for_backward(self, *tensors: Value | None) -> None:
        """Keep tensors (inputs, outputs or others) for backward, where ``saved_tensors`` has them; None stays None.

        A second call replaces what the first one saved.
        """
        for i, tensor in enumerate(tensors):
            if tensor is not None and not isinstance(tensor, Value):
                raise TypeError(
                    f"save_for_backward can only save tensors, but argument {i} is of type {type(tensor).__name__}; "
                    "keep anything else as an attribute of ctx"
                )
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``save_for_backward`` was given; in backward only."""
        if self._saved is None:
            raise RuntimeError("saved_tensors: there are none yet; they can be read in backward")
        return self._saved()

    def mark_non_differentiable(self, *outputs: Value) -> None:
        """Say that no gradient flows through these outputs."""
        self._non_differentiable = outputs

    def set_materialize_grads(self, value: bool) -> None:
        """Say what backward gets for an output without a gradient: zeros (the default), or with False None."""
        self.materialize_grads = value

    def mark_dirty(self, *inputs: Value) -> NoReturn:
        """Refuse: forward must not write to its inputs."""
        raise RuntimeError(
            "mark_dirty: a Function may not overwrite its inputs here, since their history could not follow; "
            "let forward return a new tensor, and assign it with copy_ if the memory matters"
        )


class Function:
    """The base of operations with a backward of one's own: subclass it, and call the subclass's ``apply``.

    ``forward(ctx, *args)`` computes on tensors, without recording; what it returns (a tensor, or a tuple of tensors and
    other objects) ``apply`` returns. ``backward(ctx, *grads)`` gets one gradient for each output, and returns one for
    each argument of ``apply``: a tensor, or None for no gradient, which arguments that are no tensors must have. What
    backward computes is recorded under ``create_graph``, so that it can be differentiated again.

    Instead of taking ``ctx``, ``forward(*args)`` may leave it to ``setup_context(ctx, inputs, output)``.

    Raises
    ------
    RuntimeError
        If backward returns another number of gradients, something else than tensors and None, or a shape that does not
        fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> class Exp(tg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         y = x.exp()
    ...         ctx.save_for_backward(y)
    ...         return y
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (y,) = ctx.saved_tensors
    ...         return g * y
    >>> x = tg.tensor([0.0, 1.0], requires_grad=True)
    >>> Exp.apply(x).sum().backward()
    >>> x.grad
    tensor([1.0000, 2.7183])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(f"{type(self).__name__}: a Function has no instances; call {type(self).__name__}.apply(...)")

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the output: ``forward(ctx, *args)``, or ``forward(*args)`` beside a ``setup_context``."""
        raise NotImplementedError("a Function needs a static forward")

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what backward needs, where forward does not take ``ctx``."""
        raise NotImplementedError("a Function whose forward takes no ctx needs a static setup_context")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Compute the gradients of the arguments from those of the outputs."""
        raise NotImplementedError("a Function needs a static backward, to be differentiated")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Compute forward, and record that backward leads back."""
        ctx = FunctionCtx()
        ctx.needs_input_grad = tuple(isinstance(arg, Value) and arg.node is not None for arg in args)
        with no_grad():
            if cls.setup_context is Function.setup_context:
                returned = cls.forward(ctx, *args)
            else:
                returned = cls.forward(*args)
                cls.setup_context(ctx, args, returned)
        outputs = returned if isinstance(returned, tuple) else (returned,)
        found = _recorded(cls, ctx, args, outputs)
        return found if isinstance(returned, tuple) else found[0]


def _recorded(cls: type[Function], ctx: FunctionCtx, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> Any:
    """Return the outputs of forward, those that are tensors with their history."""
    for i, output in enumerate(outputs):
        if isinstance(output, np.ndarray):
            raise TypeError(
                f"{cls.__name__}: output {i} of forward is an ndarray, so that its gradient would be lost; "
                "return a tensor, tg.from_numpy(array) say"
            )
    places = [i for i, output in enumerate(outputs) if isinstance(output, Value)]
    inputs = [arg for arg in args if isinstance(arg, Value)]
    if not (is_grad_enabled() and any(ctx.needs_input_grad)):
        constants = [wrap(outputs[i].array) for i in places]
        return _put(outputs, places, [linked_to_memory(_UNRECORDED, each, inputs) for each in constants])
    op = Joint(cls.__name__, saves=any(tensor is not None for tensor in ctx._to_save))
    gradients = _Gradients(cls, ctx, args, outputs)
    made = record_jointly(op, [outputs[i].array for i in places], inputs, gradients)
    node = node_of(made)
    gradients.node = weakref.ref(node) if node is not None else None
    constant = {id(output) for output in ctx._non_differentiable}
    for i, each in zip(places, made, strict=True):
        if id(outputs[i]) in constant:
            each.node = None
        linked_to_memory(op, each, inputs)
    ctx._to_save = ctx._non_differentiable = ()  # the graph must not hold tensors
    return _put(outputs, places, made)


_UNRECORDED = Joint("Function", saves=False)


def _put(outputs: tuple[Any, ...], places: list[int], made: Any) -> tuple[Any, ...]:
    found = dict(zip(places, made, strict=True))
    return tuple(found.get(i, output) for i, output in enumerate(outputs))


class _Gradients:
    """Calls a Function's backward: the gathered gradients of its outputs in, the gradients of its tensors out."""

    node: weakref.ref[Node] | None = None  # weak, since the node owns this

    def __init__(self, cls: type[Function], ctx: FunctionCtx, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        self.cls = cls
        self.ctx = ctx
        self.is_tensor = tuple(isinstance(arg, Value) for arg in args)
        tensors = [i for i, output in enumerate(outputs) if isinstance(output, Value)]
        self.part_of = {i: part for part, i in enumerate(tensors)}  # for each output that is a tensor, its gradient
        self.outputs = len(outputs)
        self.running = threading.RLock()  # several threads may walk one graph, but ctx is one
        self.saved = tuple(self._kept(tensor, args, outputs) for tensor in ctx._to_save)

    def _kept(self, tensor: Any, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> Any:
        """Return an array with the node it came from; for an output the number of the output, whose node owns this."""
        if tensor is None:
            return None
        if not any(tensor is arg for arg in args):
            for i, output in enumerate(outputs):
                if tensor is output:
                    return tensor.array, None if _is_marked(tensor, self.ctx) else self.part_of[i]
        return tensor.array, tensor.node

    def __call__(self, g: Any) -> list[Any]:
        ctx = self.ctx
        recording = any(isinstance(part, Value) for part in g.parts.values())
        node = self.node() if self.node is not None else None
        if node is not None and any(kept is not None for kept in self.saved):
            self._check_unwritten(node)
        with self.running:
            ctx._saved = self._unpacked
            try:
                with set_grad_enabled(recording):
                    returned = self.cls.backward(ctx, *(self._incoming(g, i) for i in range(self.outputs)))
            finally:
                ctx._saved = None
        found = self._checked(returned if isinstance(returned, tuple) else (returned,))
        return found if recording else [None if each is None else each.array for each in found]

    def _incoming(self, g: Any, i: int) -> Any:
        """Return the gradient of an output, zeros where none came if backward wants them."""
        part = self.part_of.get(i)
        if part in g.parts:
            return shown(g.parts[part])
        return wrap(np.zeros(*g.shape[part])) if part is not None and self.ctx.materialize_grads else None

    def _unpacked(self) -> tuple[Any, ...]:
        return tuple(kept if kept is None else wrap(kept[0], self._source(kept[1])) for kept in self.saved)

    def _source(self, source: Any) -> Node | None:
        if not isinstance(source, int):
            return source  # type: ignore[no-any-return]  # a node, or None for a constant
        node = self.node() if self.node is not None else None
        return output_node(node, source) if node is not None and node.shape[source][1].kind == "f" else None

    def _check_unwritten(self, node: Node) -> None:
        """Raise PyTorch's error if a saved array has been overwritten."""
        copied = Node()
        copied.op, copied.birth = node.op, node.birth
        copied.saved = tuple((kept[0],) for kept in self.saved if kept is not None)
        check_unwritten(copied)

    def _checked(self, returned: tuple[Any, ...]) -> list[Any]:
        """Return the gradients of the arguments that are tensors; refuse what does not fit."""
        name, expected = self.cls.__name__, len(self.is_tensor)
        if len(returned) < expected or any(extra is not None for extra in returned[expected:]):
            raise RuntimeError(
                f"function {name}.backward returned an incorrect number of gradients "
                f"(expected {expected}, got {len(returned)})"
            )
        found = []
        for i, (gradient, is_tensor) in enumerate(zip(returned, self.is_tensor, strict=False)):
            if gradient is not None and not isinstance(gradient, Value):
                kind = type(gradient).__name__
                raise RuntimeError(f"{name}.backward: gradient {i} must be a tensor or None, got {kind}")
            if is_tensor:
                found.append(gradient)
            elif gradient is not None:
                raise RuntimeError(
                    f"function {name}.backward returned a gradient different from None at position {i}, "
                    "but the corresponding forward input was not a tensor"
                )
        return found


def _is_marked(tensor: Any, ctx: FunctionCtx) -> bool:
    return any(tensor is output for output in ctx._non_differentiable)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a backward that computes outside of recording, NumPy say: what it returns has no derivative.

    To differentiate it again, after ``create_graph=True``, is an error rather than a wrong gradient.

    >>> import tinygrad_np as tg
    >>> class Double(tg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     @tg.autograd.function.once_differentiable
    ...     def backward(ctx, g):
    ...         return tg.tensor(g.numpy() * 2)
    >>> x = tg.ones(1, requires_grad=True)
    >>> Double.apply(x).backward()
    >>> x.grad
    tensor([2.])
    """

    @functools.wraps(backward)
    def once(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            returned = backward(ctx, *(each if each is None else each.detach() for each in grads))
        incoming = [each for each in grads if isinstance(each, Value) and each.node is not None]
        if not (is_grad_enabled() and incoming):
            return returned
        found = returned if isinstance(returned, tuple) else (returned,)
        refusing = tuple(_refusing(each, incoming) for each in found)
        return refusing if isinstance(returned, tuple) else refusing[0]

    return once


def _refusing(gradient: Any, incoming: list[Value]) -> Any:
    """Return a gradient that depends on the incoming ones, but refuses to say how."""
    if not isinstance(gradient, Value):
        return gradient
    return record_jointly(_ONCE, [gradient.array], incoming, _refuse)[0]


def _refuse(g: Any) -> NoReturn:
    raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


_ONCE = Joint("once_differentiable", saves=False)
