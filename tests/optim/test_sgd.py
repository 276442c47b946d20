"""Stochastic gradient descent: plain steps to the bit, momentum against the formulas written out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import tinygrad_np as tg
from tinygrad_np.optim import SGD


@given(
    st.sampled_from([np.float32, np.float64]),
    array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
    st.one_of(st.floats(0, 1e3), st.sampled_from([0.1, 0.3])),
    st.integers(0, 2**31),
)
def test_a_plain_step_is_p_minus_lr_times_g_to_the_bit(dtype: Any, shape: Any, lr: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    p, g = (np.asarray(generator.normal(size=shape)).astype(dtype) for _ in range(2))
    parameter = tg.tensor(p, requires_grad=True)
    parameter.grad = tg.tensor(g)
    optimizer = SGD([parameter], lr=lr)
    for _ in range(3):
        optimizer.step()
        p -= lr * g
        assert parameter.array.tobytes() == p.tobytes()
    up = tg.tensor(p, requires_grad=True)
    up.grad = tg.tensor(g)
    SGD([up], lr=lr, maximize=True).step()
    p += lr * g
    assert up.array.tobytes() == p.tobytes()


@given(
    lr=st.floats(1e-3, 1),
    momentum=st.sampled_from([0, 0.5, 0.9]),
    dampening=st.sampled_from([0, 0.3]),
    weight_decay=st.sampled_from([0, 0.1]),
    nesterov=st.booleans(),
    maximize=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_all_options_follow_the_formulas(
    lr: float, momentum: float, dampening: float, weight_decay: float, nesterov: bool, maximize: bool, seed: int
) -> None:
    if nesterov:
        momentum, dampening = 0.7, 0
    generator = np.random.default_rng(seed)
    start, gradients = generator.normal(size=(2, 3)), generator.normal(size=(4, 2, 3))
    parameter = tg.tensor(start, requires_grad=True)
    optimizer = SGD([parameter], lr, momentum, dampening, weight_decay, nesterov, maximize=maximize)
    p, b = start, None
    for gradient in gradients:
        parameter.grad = tg.tensor(gradient)
        optimizer.step()
        g = (-gradient if maximize else gradient) + weight_decay * p
        b = g if b is None else momentum * b + (1 - dampening) * g
        step = g + momentum * b if nesterov else b if momentum else g
        p = p - lr * step
        np.testing.assert_allclose(parameter.array, p, rtol=1e-13, atol=1e-13)
    if momentum:
        np.testing.assert_allclose(optimizer.state[parameter]["momentum_buffer"].array, b, rtol=1e-13, atol=1e-13)
    else:
        assert not optimizer.state


@pytest.mark.parametrize(("momentum", "dampening"), [(0, 0), (0.9, 0.1)])
def test_nesterov_needs_momentum_and_no_dampening(momentum: float, dampening: float) -> None:
    message = f"SGD: nesterov needs a momentum > 0 and dampening 0, got momentum={momentum}, dampening={dampening}"
    with pytest.raises(ValueError, match=re.escape(message)):
        SGD([tg.ones(2, requires_grad=True)], momentum=momentum, dampening=dampening, nesterov=True)


def test_parameters_of_different_dtypes_and_layouts_share_a_group() -> None:
    single = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    values = [single, single.astype(np.float64), single[0]]
    params = [tg.tensor(value, requires_grad=True) for value in values]
    for parameter in params:
        parameter.grad = tg.ones_like(parameter)
    SGD(params, lr=0.1).step()
    for parameter, value in zip(params, values, strict=True):
        assert parameter.dtype == value.dtype
        assert np.array_equal(parameter.array, value - 0.1 * np.ones_like(value))


def test_the_rate_may_change_between_steps() -> None:
    weight = tg.tensor([8.0], requires_grad=True)
    weight.grad = tg.ones(1)
    optimizer = SGD([weight], lr=1.0)
    for rate, expected in ((2.0, 6.0), (0.5, 5.5), (0, 5.5)):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        assert weight.item() == expected
