"""Adam and AdamW against the formulas of their papers, written out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.optim import Adam, AdamW


@given(
    betas=st.tuples(st.floats(0, 0.99), st.floats(0, 0.999)),
    eps=st.sampled_from([1e-8, 1e-3]),
    weight_decay=st.sampled_from([0, 0.1]),
    amsgrad=st.booleans(),
    maximize=st.booleans(),
    decoupled=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_all_options_follow_the_formulas(
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    amsgrad: bool,
    maximize: bool,
    decoupled: bool,
    seed: int,
) -> None:
    generator = np.random.default_rng(seed)
    p, gradients = generator.normal(size=(2, 3)), generator.normal(size=(6, 2, 3))
    parameter = tg.tensor(p, requires_grad=True)
    make = AdamW if decoupled else Adam
    lr, (beta1, beta2) = 0.05, betas
    optimizer = make([parameter], lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
    m, v, v_max = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
    for t, gradient in enumerate(gradients, start=1):
        parameter.grad = tg.tensor(gradient)
        optimizer.step()
        g = -gradient if maximize else gradient
        if decoupled:
            p = p - lr * weight_decay * p
        else:
            g = g + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        v_max = np.maximum(v_max, v)
        second = (v_max if amsgrad else v) / (1 - beta2**t)
        p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(second) + eps)
        np.testing.assert_allclose(parameter.array, p, rtol=1e-11, atol=1e-11)
    assert optimizer.state[parameter]["step"].item() == len(gradients)


@pytest.mark.parametrize("make", [Adam, AdamW])
def test_parameters_count_their_own_steps_and_keep_their_dtype(make: Any) -> None:
    values = [np.float32([1, 2]), np.float64([1, 2]), np.float32([3])]
    together = [tg.tensor(value, requires_grad=True) for value in values]
    alone = [tg.tensor(value, requires_grad=True) for value in values]
    optimizers = [make([parameter], lr=0.1) for parameter in alone]
    optimizer = make(together, lr=0.1)
    for step in range(5):
        for i, (parameter, other) in enumerate(zip(together, alone, strict=True)):
            skipped = step % (i + 2) == 1
            parameter.grad = other.grad = None if skipped else tg.ones_like(parameter) * (step + 1)
        optimizer.step()
        for own in optimizers:
            own.step()
    assert [optimizer.state[parameter]["step"].item() for parameter in together] == [3, 3, 4]
    for parameter, other, value in zip(together, alone, values, strict=True):
        assert parameter.dtype == value.dtype
        assert parameter.array.tobytes() == other.array.tobytes()


def test_amsgrad_may_be_switched_on_later() -> None:
    weight = tg.ones(2, requires_grad=True)
    optimizer = Adam([weight])
    for amsgrad in (False, True, True):
        weight.grad = tg.ones(2)
        optimizer.param_groups[0]["amsgrad"] = amsgrad
        optimizer.step()
    entries = optimizer.state[weight]
    assert np.array_equal(entries["max_exp_avg_sq"].array, entries["exp_avg_sq"].array)


def test_large_gradients_do_not_overflow_before_they_must() -> None:
    weight = tg.ones(1, requires_grad=True)
    weight.grad = tg.full((1,), 1e20)  # float32 does not hold its square, but a thousandth of it
    Adam([weight], lr=0.25).step()
    assert weight.item() == pytest.approx(0.75, rel=1e-6)


@pytest.mark.parametrize("make", [Adam, AdamW])
def test_bad_betas(make: Any) -> None:
    name = make.__name__
    params = [tg.ones(2, requires_grad=True)]
    for i, value in ((0, 1.0), (1, 1.5), (0, -0.1), (1, float("nan")), (0, float("inf"))):
        betas = [0.9, 0.999]
        betas[i] = value
        with pytest.raises(
            ValueError, match=re.escape(f"{name}: betas[{i}] must be a number >= 0 and < 1, got {value}")
        ):
            make(params, betas=betas)
    for wrong in (0.9, (0.9,), (0.9, 0.99, 0.999), "ab c"):
        with pytest.raises(TypeError, match=re.escape(f"{name}: betas must be a pair of numbers, got {wrong!r}")):
            make(params, betas=wrong)
    with pytest.raises(TypeError, match=re.escape(f"{name}: betas[1] must be a number, got None")):
        make(params, betas=(0.9, None))
