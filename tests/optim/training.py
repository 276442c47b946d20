"""What the tests of optimizers share: optimizers of all kinds, parameters for them, and a way to train these."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import tinygrad_np as tg
from tinygrad_np.optim import SGD, Adam, AdamW, Optimizer

KINDS: dict[str, Callable[[Any], Optimizer]] = {
    "sgd": lambda params: SGD(params, lr=0.1),
    "momentum": lambda params: SGD(params, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "adam": lambda params: Adam(params, lr=0.1, weight_decay=0.1),
    "amsgrad": lambda params: AdamW(params, lr=0.1, amsgrad=True, maximize=True),
}
kinds = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
SHAPES = ((3, 4), (4,), ())


def parameters(seed: int = 0, dtype: Any = tg.float32) -> list[tg.Tensor]:
    generator = tg.Generator().manual_seed(seed)
    return [tg.randn(shape, generator=generator, dtype=dtype, requires_grad=True) for shape in SHAPES]


def set_gradients(params: list[tg.Tensor], seed: int) -> None:
    generator = tg.Generator().manual_seed(seed)
    for parameter in params:
        parameter.grad = tg.randn(parameter.shape, generator=generator, dtype=parameter.dtype)


def train(optimizer: Optimizer, params: list[tg.Tensor], steps: range) -> list[bytes]:
    for step in steps:
        set_gradients(params, step)
        optimizer.step()
    return [parameter.array.tobytes() for parameter in params]


def refused(message: str, kind: type[Exception] = ValueError) -> Any:
    return pytest.raises(kind, match=re.escape(message))
