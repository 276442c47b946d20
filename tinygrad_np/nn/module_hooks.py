"""Hooks of modules: what is called before and after ``forward``, and where gradients pass.

A module without hooks has no table of them, which is all that its call asks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tinygrad_np._graph import RemovableHandle, Value, is_grad_enabled, wrap
from tinygrad_np.autograd.joint import Joint, linked_to_memory, record_jointly, shown

Kind = Literal["forward_pre", "forward", "backward_pre", "backward"]


@dataclass(eq=False)
class Hook:
    """A function that was registered, and how it wants to be called."""

    function: Callable[..., Any]
    with_kwargs: bool = False
    always_call: bool = False


class Hooks:
    """The hooks of one module, each kind in the order of calls."""

    def __init__(self) -> None:
        self.of: dict[Kind, list[Hook]] = {"forward_pre": [], "forward": [], "backward_pre": [], "backward": []}

    def add(self, kind: Kind, function: Callable[..., Any], *, prepend: bool = False, **how: bool) -> RemovableHandle:
        """Register a function, after the others of its kind or before them."""
        if not callable(function):
            raise TypeError(f"a hook is a function, got {type(function).__name__}")
        hooks = self.of[kind]
        hook = Hook(function, **how)
        hooks.insert(0 if prepend else len(hooks), hook)
        return RemovableHandle(hooks, hook)  # type: ignore[arg-type]  # any object that the list holds


def call_with_hooks(module: Any, hooks: Hooks, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call ``forward`` between the module's hooks."""
    for hook in [*hooks.of["forward_pre"]]:
        args, kwargs = _before(module, hook, args, kwargs)
    passage = None
    if hooks.of["backward"] or hooks.of["backward_pre"]:
        passage = _Passage(module, [*hooks.of["backward_pre"]], [*hooks.of["backward"]])
        args = passage.entered(args)
    called: set[int] = set()
    output = None
    try:
        output = module.forward(*args, **kwargs)
        for hook in [*hooks.of["forward"]]:
            called.add(id(hook))
            output = _after(module, hook, args, kwargs, output)
    except BaseException:
        for hook in [*hooks.of["forward"]]:
            if hook.always_call and id(hook) not in called:
                _after(module, hook, args, kwargs, output)
        raise
    return output if passage is None else passage.left(output)


def _before(module: Any, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if hook.with_kwargs:
        both = hook.function(module, args, kwargs)
        if both is None:
            return args, kwargs
        if not isinstance(both, tuple) or len(both) != 2:
            raise RuntimeError(
                f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), got {type(both).__name__}"
            )
        return both
    found = hook.function(module, args)
    return args if found is None else found if isinstance(found, tuple) else (found,), kwargs


def _after(module: Any, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
    given = (args, kwargs, output) if hook.with_kwargs else (args, output)
    found = hook.function(module, *given)
    return output if found is None else found


class _Passage:
    """One call of a module with backward hooks: its inputs and its outputs each go through a node that calls them."""

    def __init__(self, module: Any, before: list[Hook], after: list[Hook]) -> None:
        self.module = module
        self.before = before
        self.after = after
        self.grad_outputs: Any = None

    def entered(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments, their tensors passed through a node."""
        self.arguments = len(args)
        found, self.watched = _through(self.at_inputs, args, _zeros)
        return found

    def left(self, output: Any) -> Any:
        """Return the output, its tensors passed through a node."""
        if not isinstance(output, (Value, tuple)):
            warnings.warn(
                f"backward hooks are called for a module that returns a tensor or a tuple of them, not for "
                f"{type(output).__name__}",
                UserWarning,
                stacklevel=4,
            )
            return output
        outputs = output if isinstance(output, tuple) else (output,)
        self.outputs = len(outputs)
        found, self.places = _through(self.at_outputs, outputs, _nothing)
        return found if isinstance(output, tuple) else found[0]

    def at_outputs(self, gradients: list[Any]) -> list[Any]:
        """Call the hooks that wait for the gradients of the outputs."""
        grads = _spread(gradients, self.places, self.outputs)
        for hook in self.before:
            found = hook.function(self.module, grads)
            if found is not None:
                grads = _same_number("backward pre-hook", "grad_output", found, grads)
        self.grad_outputs = grads
        if not self.watched:
            self._without_inputs()
        return [grads[i] for i in self.places]

    def _without_inputs(self) -> None:
        """Call the other hooks at once, where no input requires a gradient, as PyTorch does."""
        nothing = (None,) * self.arguments
        for hook in self.after:
            found = hook.function(self.module, nothing, self.grad_outputs)
            if found is not None and any(each is not None for each in found):
                raise RuntimeError("a backward hook of a module, none of whose inputs requires grad, must return None")
        self.grad_outputs = None

    def at_inputs(self, gradients: list[Any]) -> list[Any]:
        """Call the hooks that wait for the gradients of the inputs."""
        if self.grad_outputs is None:  # no gradient came to the outputs
            return gradients
        grads = _spread(gradients, self.watched, self.arguments)
        for hook in self.after:
            found = hook.function(self.module, grads, self.grad_outputs)
            if found is not None:
                grads = _same_number("backward hook", "grad_input", found, grads)
        self.grad_outputs = None
        return [grads[i] for i in self.watched]


def _nothing(shape: tuple[int, ...], dtype: Any) -> None:
    """Stand for a gradient that did not come."""


def _zeros(shape: tuple[int, ...], dtype: Any) -> Any:
    return wrap(np.zeros(shape, dtype))


def _through(
    at: Callable[[list[Any]], list[Any]], values: tuple[Any, ...], zeros: Callable[..., Any]
) -> tuple[tuple[Any, ...], list[int]]:
    """Pass the tensors among ``values`` through one node, on whose gradients ``at`` is called.

    Return what they became, and the places of those tensors; of none, if no gradient is to come. As in PyTorch, a
    gradient that does not come is None for an output and ``zeros`` for an input.
    """
    places = [i for i, value in enumerate(values) if isinstance(value, Value)]
    tensors = [values[i] for i in places]
    if not is_grad_enabled() or all(tensor.node is None for tensor in tensors):
        return values, []
    shapes = [None if tensor.node is None else tensor.array.shape for tensor in tensors]

    def gradients(g: Any) -> list[Any]:
        recording = any(isinstance(part, Value) for part in g.parts.values())
        came = [shown(g.parts[part]) if part in g.parts else zeros(*like) for part, like in enumerate(g.shape)]
        found = [_fitting(each, shape) for each, shape in zip(at(came), shapes, strict=True)]
        return found if recording else [None if each is None else each.array for each in found]

    op = Joint("module_hooks", saves=False)
    passed = record_jointly(op, [tensor.array.view() for tensor in tensors], tensors, gradients)
    put = {
        place: linked_to_memory(op, one, [tensor])
        for place, one, tensor in zip(places, passed, tensors, strict=True)
        if tensor.node is not None
    }
    return tuple(put.get(i, value) for i, value in enumerate(values)), places


def _fitting(gradient: Any, shape: tuple[int, ...] | None) -> Any:
    """Return a gradient that a hook may have replaced; None for a tensor that has none."""
    if gradient is None or shape is None:
        return None
    if not isinstance(gradient, Value):
        raise TypeError(f"a backward hook of a module returned {type(gradient).__name__} as a gradient, not a tensor")
    if gradient.array.shape != shape:
        raise RuntimeError(
            f"a backward hook of a module returned a gradient of shape {gradient.array.shape} for a tensor of {shape}"
        )
    return gradient


def _spread(gradients: list[Any], places: list[int], count: int) -> tuple[Any, ...]:
    found = dict(zip(places, gradients, strict=True))
    return tuple(found.get(i) for i in range(count))


def _same_number(kind: str, what: str, found: Any, expected: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(found, (tuple, list)) or len(found) != len(expected):
        got = len(found) if isinstance(found, (tuple, list)) else type(found).__name__
        raise RuntimeError(f"{kind} returned an invalid number of {what}, got {got}, but expected {len(expected)}")
    return tuple(found)
