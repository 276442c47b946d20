"""Derivatives, and what checks them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from tests.docs.deviations.programs import Row


def leaf(m: Any, value: float = 1.0) -> Any:
    return m.tensor([value], dtype=m.float64, requires_grad=True)


def submodule(m: Any, path: str) -> Any:
    return importlib.import_module(f"{m.__name__}.{path}")


def function(m: Any, forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``apply`` of a Function."""
    made = type("Made", (m.autograd.Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})
    return made.apply  # type: ignore[no-any-return]


def infinite_forward(m: Any) -> Any:
    with m.autograd.detect_anomaly():
        return m.log(m.zeros(1)).item()


def small_and_wrong(m: Any) -> Any:
    wrong = function(m, lambda ctx, x: 1e-7 * x, lambda ctx, g: 3e-7 * g)
    return m.autograd.gradcheck(wrong, leaf(m), raise_exception=False)


def batched(m: Any) -> Any:
    return m.autograd.gradcheck(lambda x: x * 2, leaf(m), check_batched_grad=True)


def overwritten_input(m: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x.mul_(2)

    return function(m, forward, lambda ctx, g: g * 2)(leaf(m) * 1).item()


def array_returned(m: Any) -> Any:
    return type(function(m, lambda ctx, x: np.ones(1), lambda ctx, g: g)(leaf(m))) is np.ndarray


def gradient_overwritten(m: Any) -> Any:
    x = leaf(m)
    function(m, lambda ctx, x: x * 2, lambda ctx, g: g.mul_(2))(x).backward()
    return x.grad.item()


def forward_mode(m: Any) -> Any:
    of = submodule(m, "autograd.functional")
    return of.jacobian(lambda x: x * 2, m.ones(1), vectorize=True, strategy="forward-mode").tolist()


def jacobian_without_entries(m: Any) -> Any:
    return tuple(submodule(m, "autograd.functional").jacobian(lambda x: x * 2, m.zeros(0)).shape)


def unknown_path(m: Any) -> Any:
    layer = m.nn.Linear(1, 1)
    return tuple(submodule(m, "func").functional_call(layer, {"wieght": m.ones(1, 1)}, m.ones(1, 1)).shape)


def reentrant(m: Any) -> Any:
    w = leaf(m)
    y = submodule(m, "utils.checkpoint").checkpoint(lambda x: x * w, m.ones(1), use_reentrant=True)
    return y.requires_grad


def overwritten_before_backward(m: Any) -> Any:
    x, w = leaf(m), leaf(m)
    y = submodule(m, "utils.checkpoint").checkpoint(lambda x: x * w, x, use_reentrant=False)
    with m.no_grad():
        w.mul_(3)
    y.backward()
    return x.grad.item()


def debugged(m: Any) -> Any:
    of = submodule(m, "utils.checkpoint")
    return of.checkpoint(lambda x: x * 2, m.ones(1), use_reentrant=False, debug=True).item()


ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "anomaly mode": [Row(infinite_forward, RuntimeError, -inf)],
    "`gradcheck` of small gradients": [Row(small_and_wrong, False, True)],
    "`gradcheck(check_batched_grad=True)`, `check_forward_ad`": [Row(batched, ValueError, True)],
    "`ctx.mark_dirty` of a `Function`": [Row(overwritten_input, RuntimeError, 2.0)],
    "a `Function` whose forward returns an array": [Row(array_returned, TypeError, True)],
    "a write to a gradient that a `Function` was given": [Row(gradient_overwritten, RuntimeError, 2.0)],
    '`functional.jacobian(strategy="forward-mode")`': [Row(forward_mode, NotImplementedError, [[2.0]])],
    "a Jacobian without entries": [Row(jacobian_without_entries, (0, 0), RuntimeError)],
    "`func.functional_call` with a path that the module lacks": [Row(unknown_path, KeyError, (1, 1))],
    "`checkpoint(use_reentrant=True)`": [Row(reentrant, True, False)],
    "a parameter overwritten between a checkpoint and its backward": [
        Row(overwritten_before_backward, RuntimeError, 3.0)
    ],
    "`checkpoint(debug=True)`": [Row(debugged, ValueError, 2.0)],
}
