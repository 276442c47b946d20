"""Initialisers: spread, what they leave alone, and what they refuse. The numbers are compared with PyTorch's."""

import math
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np import nn


@pytest.mark.parametrize(
    ("initialise", "spread"),
    [
        (lambda w: nn.init.uniform_(w, -1, 3), 4 / math.sqrt(12)),
        (lambda w: nn.init.normal_(w, 5, 0.3), 0.3),
        (lambda w: nn.init.xavier_uniform_(w), math.sqrt(2 / 500)),
        (lambda w: nn.init.xavier_normal_(w, gain=2), 2 * math.sqrt(2 / 500)),
        (lambda w: nn.init.kaiming_uniform_(w), math.sqrt(2 / 300)),
        (lambda w: nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="linear"), math.sqrt(1 / 200)),
        (lambda w: nn.init.kaiming_normal_(w, a=1), math.sqrt(1 / 300)),
    ],
)
def test_the_spread_is_the_one_promised(initialise: Any, spread: float) -> None:
    tg.manual_seed(0)
    weight = nn.Parameter(tg.zeros(200, 300, dtype=tg.float64))
    assert initialise(weight) is weight
    assert weight.std().item() == pytest.approx(spread, rel=0.02)


def test_a_leaf_that_requires_grad_is_written_and_the_write_noticed() -> None:
    weight = nn.Parameter(tg.ones(2, 2))
    loss = (weight * weight).sum()
    nn.init.zeros_(weight)
    assert weight.requires_grad
    assert weight.is_leaf
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.init.eye_(tg.ones(2)), r"eye_: only tensors with 2 dimensions are supported, got shape \(2,\)"),
        (lambda: nn.init.xavier_normal_(tg.ones(2)), r"xavier_normal_: fan in and fan out need .* got shape \(2,\)"),
        (lambda: nn.init.xavier_uniform_(tg.ones(2)), r"xavier_uniform_: fan in and fan out need a weight of at least"),
        (lambda: nn.init.kaiming_uniform_(tg.ones(2)), r"kaiming_uniform_: fan in and fan out need a weight of at"),
        (
            lambda: nn.init.kaiming_normal_(tg.ones(2, 2), mode="fan"),
            r"kaiming_normal_: mode must be 'fan_in' or 'fan_out', got 'fan'",
        ),
        (
            lambda: nn.init.kaiming_normal_(tg.ones(2, 0)),
            r"kaiming_normal_: fan_in of shape \(2, 0\) is 0, so no scale",
        ),
        (lambda: nn.init.calculate_gain("cubic"), "nonlinearity must be one of linear, .*leaky_relu, got 'cubic'"),
        (lambda: nn.init.calculate_gain("leaky_relu", True), "slope of leaky_relu must be a number, got True"),
    ],
)
def test_what_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_xavier_of_an_empty_weight_draws_nothing() -> None:
    with np.errstate(all="raise"):
        assert nn.init.xavier_uniform_(tg.empty(2, 0)).shape == (2, 0)
