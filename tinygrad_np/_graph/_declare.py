"""How an op is declared.

An op is a NumPy function and, for each differentiable argument, one expression of the incoming gradient ``g``, the
output ``y`` and the arguments, as on the blackboard::

    tanh = op("tanh", np.tanh, x=lambda g, y: g * (1 - y * y))
    mul = op("mul", np.multiply, a=lambda g, b: g * b, b=lambda g, a: g * a)

A rule's parameter names say what it needs, and only that is saved: tanh keeps its output and forgets its input.
``x_shape`` asks for the shape of ``x`` alone. The arguments before the ``/`` of the function's signature are arrays;
those after it are settings (dims, shapes, indices), passed on as they are.

Called with tensors, an op computes and records. Called with plain arrays, as a rule is in a first-order backward
pass, it just computes. So the same line serves every order of derivative.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import repeat
from typing import Any

import numpy as np

from tinygrad_np._dtypes import DType
from tinygrad_np._graph._call import spelled_out
from tinygrad_np._graph._domain import Domain
from tinygrad_np._graph._op import OPS, UFUNCS, Function, Op, Rule, parameters_of
from tinygrad_np._graph._promotion import same


def op(
    name: str,
    forward: Callable[..., Any],
    /,
    *,
    domain: Domain | None = None,
    promotion: Callable[[str, tuple[Any, ...]], DType | None] = same,
    outputs: tuple[str, ...] = (),
    intermediates: dict[str, Rule] | None = None,
    view: Rule | bool = False,
    fitting: bool = False,
    **rules: Rule,
) -> Function:
    """Register an op and return the function that calls it.

    ``forward`` takes arrays and gives an array, or a tuple of them for several ``outputs``; with ``intermediates`` it
    gives (output, {name: array}). An op without rules (a comparison, say) is never recorded. An op whose output may
    share memory with its argument says so by ``view``: the expression in ``x``, ``v`` and the settings of what the
    argument becomes where the output is overwritten by ``v``; or True, where the output cannot be written to.
    ``fitting`` says that the rules give gradients of just their arguments' shapes and dtypes: the walk need not look.
    """
    arrays, settings = signature_of(forward)
    if arrays[0].startswith("*") and settings:
        forward = _positional(forward, settings)
    intermediates = intermediates or {}
    self = Op(
        name, forward, arrays, settings, rules, outputs, intermediates, promotion, domain, None, bool(view), fitting
    )
    if name in OPS:
        raise ValueError(f"op {name} is declared twice")
    if rules and set(rules) != {a.lstrip("*") for a in arrays}:
        raise ValueError(f"op {name}: there are rules for {', '.join(rules)}, but the arrays are {', '.join(arrays)}")
    self.needs = {array: parameters_of(rule)[1:] for array, rule in rules.items()}
    self.picks = None
    in_order = [_first_order(self, array) for array in rules]
    self.rules = repeat(in_order[0]) if arrays[0].startswith("*") and rules else tuple(in_order)
    kept = {*self.outputs, *self.intermediates, *(a.lstrip("*") for a in arrays), "y"}
    self.saves = any(need in kept for needs in self.needs.values() for need in needs)
    if callable(view):
        self.view = view
    function = spelled_out(self)
    function.op = self  # type: ignore[attr-defined]  # the tests and explain find the declaration here
    self.function = function
    OPS[name] = self
    if isinstance(forward, np.ufunc):
        UFUNCS[forward] = function
    return function


def signature_of(forward: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the arguments that are arrays, and those of the settings."""
    if isinstance(forward, np.ufunc):
        return (("x",) if forward.nin == 1 else ("a", "b")), ()
    arrays, settings = [], []
    for parameter in inspect.signature(forward).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            arrays.append(f"*{parameter.name}")
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            arrays.append(parameter.name)
        else:
            settings.append(parameter.name)
    return tuple(arrays), tuple(settings)


def _positional(forward: Callable[..., Any], settings: tuple[str, ...]) -> Callable[..., Any]:
    """Let what stands after a starred argument, and so has to be named, be passed by position."""
    end = -len(settings)
    return lambda *arguments: forward(*arguments[:end], **dict(zip(settings, arguments[end:], strict=True)))


def _first_order(self: Op, array: str) -> Rule:
    """Return the rule as the walk calls it."""
    rule = self.derivatives[array]
    return (lambda g, *saved: rule(g.complete(), *saved)) if self.outputs else rule
