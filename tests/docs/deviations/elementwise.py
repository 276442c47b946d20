"""Functions that work entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np

from tests.docs.deviations.programs import Row, gradient


def second_derivative_of_sinc(m: Any) -> bool:
    x = m.tensor(0.0, requires_grad=True)
    (first,) = m.autograd.grad(m.sinc(x), x, create_graph=True)
    return abs(m.autograd.grad(first, x)[0].item() + np.pi**2 / 3) < 1e-5


def slope(m: Any, x: Any) -> Any:
    """A function whose derivative at 1.5 is the expression 1 / (x (1 - x))."""
    return x * (1 / (1.5 * (1 - 1.5)))


def second_derivative_at_zero(name: str) -> Callable[[Any], Any]:
    def program(m: Any) -> float:
        x = m.tensor(0.0, requires_grad=True)
        (first,) = m.autograd.grad(getattr(m.nn.functional, name)(x), x, create_graph=True)
        return m.autograd.grad(first, x)[0].item()

    return program


def assigned_to_float16(m: Any) -> float:
    x = m.zeros(1, dtype=m.float16)
    x[0] = 1e5
    return float(x.tolist()[0])


ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "a number in place of a tensor (`atan2(x, 2)`, `eq(2, x)`)": [
        Row(lambda m: m.atan2(m.zeros(1), 2).tolist(), [0], TypeError),
        Row(lambda m: m.eq(2, m.ones(1)).tolist(), [False], TypeError),
    ],
    "`hypot`, `logaddexp` of integers": [
        Row(lambda m: m.hypot(m.tensor([3]), m.tensor([4])).tolist(), [5], NotImplementedError),
        Row(lambda m: str(m.logaddexp(m.tensor([3]), m.tensor([4])).dtype), "float32", NotImplementedError),
    ],
    "integer tensors to a negative power": [
        Row(lambda m: (m.tensor([2]) ** m.tensor([-1])).tolist(), RuntimeError, [0])
    ],
    "`addcmul` of integers with a `value` of 0.5": [
        Row(lambda m: m.addcmul(m.tensor([1]), m.tensor([2]), m.tensor([3]), value=0.5).tolist(), RuntimeError, [1])
    ],
    "`hypot` at (0, 0)": [Row(gradient(lambda m, x: m.hypot(x, m.zeros(1)), [0.0]), [0], [nan])],
    "`sinc` at 0 and near it": [
        Row(second_derivative_of_sinc, True, False),
        Row(lambda m: gradient(lambda m, x: m.sinc(x), [1e-8])(m) == [0], False, True),
    ],
    "`clamp` between equal tensor bounds": [
        Row(gradient(lambda m, low: m.clamp(m.zeros(1), low, m.ones(1)), [1.0]), [1], [0])
    ],
    "the gradient of `clamp` by tensors at NaN": [
        Row(gradient(lambda m, x: m.clamp(x, m.zeros(1), m.ones(1)), [nan]), [1], [0])
    ],
    "the second derivative of `elu`, `celu`, `selu` at 0": [
        Row(second_derivative_at_zero("elu"), 1, 0),
        Row(second_derivative_at_zero("celu"), 1, 0),
        Row(second_derivative_at_zero("selu"), float(np.float32(1.7580993175506592)), 0),
    ],
    "`logit` outside [0, 1]": [
        Row(lambda m: gradient(lambda m, x: m.logit(x), [1.5])(m)[0] == gradient(slope, [1.5])(m)[0], True, False)
    ],
    "`fill_(-1)` of uint8, 1e5 assigned to float16": [
        Row(lambda m: m.zeros(1, dtype=m.uint8).fill_(-1).tolist(), RuntimeError, [255]),
        Row(assigned_to_float16, RuntimeError, inf),
    ],
    "`x // y`, `5 % x`": [
        Row(gradient(lambda m, x: x // 2, [3.0]), [0], RuntimeError),
        Row(gradient(lambda m, x: 5 % x, [2.0]), [-2], RuntimeError),
    ],
}
