"""Hooks: functions that see, and may replace, the gradient that arrives at a tensor; and ``retain_grad``.

A node has one list of all of them, so that the walk asks a single question where there are none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_np._graph._node import Node, Value, wrap


def run_hooks(node: Node, g: Any, kept: list[tuple[Any, Any]]) -> Any:
    """Pass ``g`` through the hooks of a node; add what ``retain_grad`` is to keep to ``kept``."""
    name = node.op.name if node.op else "a leaf"
    for hook in list(node.hooks or ()):
        given = g if isinstance(g, Value) else wrap(np.array(g))
        if isinstance(hook, RetainGrad):
            kept.append((hook, given))
            continue
        if isinstance(hook, PostAccumulate):  # its time comes after the walk
            continue
        replaced = hook(given)
        if replaced is None:
            continue
        if not isinstance(replaced, Value):
            raise TypeError(
                f"a hook on the output of {name} returned {type(replaced).__name__}, expected a tensor or None"
            )
        if replaced.array.shape != node.shape or replaced.array.dtype != node.dtype:
            raise RuntimeError(
                f"a hook on the output of {name} returned a gradient of shape {replaced.array.shape} and dtype "
                f"{replaced.array.dtype}, expected {node.shape} and {node.dtype}"
            )
        g = replaced if given is g else replaced.array.copy()
    return g


class RemovableHandle:
    """What registering a hook returns; ``remove()`` takes the hook away again."""

    def __init__(self, hooks: list[Any], hook: Callable[..., Any]) -> None:
        self._hooks = hooks
        self._hook = hook

    def remove(self) -> None:
        """Take the hook away; doing so twice does no harm."""
        for i, hook in enumerate(self._hooks):
            if hook is self._hook:
                del self._hooks[i]
                break
        self._hooks = []

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def add_hook(node: Node, hook: Callable[[Any], Any]) -> RemovableHandle:
    """Run ``hook`` on the gradient that arrives at ``node``; what it returns, unless None, replaces it."""
    if node.hooks is None:
        node.hooks = []
    hooks = node.hooks
    last = len(hooks) - 1 if hooks and isinstance(hooks[-1], RetainGrad) else len(hooks)
    hooks.insert(last, hook)  # before the one that keeps the final gradient
    return RemovableHandle(hooks, hook)


class RetainGrad:
    """The hook of ``retain_grad``: keeps the gradient that arrives at a result, if the walk succeeds."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner  # a weak reference: the graph must not hold tensors

    def __call__(self, g: Any) -> None:
        owner = self.owner()
        if owner is not None:
            owner.grad = g.clone() if owner.grad is None else owner.grad + g


def retains_grad(node: Node | None) -> bool:
    """Tell whether the gradient that arrives at ``node`` is kept."""
    return bool(node is not None and node.hooks and isinstance(node.hooks[-1], RetainGrad))


class PostAccumulate:
    """The hook of ``register_post_accumulate_grad_hook``: called with a leaf when its ``grad`` has been added to."""

    def __init__(self, hook: Callable[[Any], None]) -> None:
        self.hook = hook

    def __call__(self, leaf: Any) -> None:
        self.hook(leaf)


def run_post_accumulate(leaf: Any) -> None:
    """Call the hooks that wait for the ``grad`` of a leaf."""
    for hook in list(leaf.node.hooks or () if leaf.node is not None else ()):
        if isinstance(hook, PostAccumulate):
            hook(leaf)
