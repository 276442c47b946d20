"""Functions that work entry by entry."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np

from tests.docs.deviations.programs import Row, gradient


def second_derivative_of_sinc(m: Any) -> bool:
    x = m.tensor(0.0, requires_grad=True)
    (first,) = m.autograd.grad(m.sinc(x), x, create_graph=True)
    return abs(m.autograd.grad(first, x)[0].item() + np.pi**2 / 3) < 1e-5


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
    "`x // y`, `5 % x`": [
        Row(gradient(lambda m, x: x // 2, [3.0]), [0], RuntimeError),
        Row(gradient(lambda m, x: 5 % x, [2.0]), [-2], RuntimeError),
    ],
}
