"""Schedules against their closed forms; saving and loading; the warning about the order."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.optim import SGD, Optimizer
from tinygrad_np.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler, StepLR

Make = Callable[[Optimizer], LRScheduler]
MAKERS: dict[str, Make] = {
    "step": lambda optimizer: StepLR(optimizer, step_size=3, gamma=0.5),
    "cosine": lambda optimizer: CosineAnnealingLR(optimizer, T_max=5, eta_min=0.01),
    "lambda": lambda optimizer: LambdaLR(optimizer, [lambda epoch: 0.9**epoch, lambda epoch: 1 / (epoch + 1)]),
}
schedules = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def two_groups(*rates: float) -> SGD:
    return SGD([{"params": [tg.ones(2, requires_grad=True)], "lr": rate} for rate in rates or (0.5, 0.125)])


def rates_of(optimizer: Optimizer) -> list[float]:
    return [group["lr"] for group in optimizer.param_groups]


def run(optimizer: Optimizer, schedule: LRScheduler, epochs: int) -> list[list[float]]:
    rates = []
    for _ in range(epochs):
        rates.append(rates_of(optimizer))
        assert schedule.get_last_lr() == rates[-1]
        optimizer.step()
        schedule.step()
    return rates


def refused(message: str, kind: type[Exception] = ValueError) -> Any:
    return pytest.raises(kind, match=re.escape(message))


@given(lr=st.floats(1e-6, 10), step_size=st.integers(1, 7), gamma=st.floats(0, 2))
def test_step_lr(lr: float, step_size: int, gamma: float) -> None:
    optimizer = two_groups(lr, 2 * lr)
    for t, rates in enumerate(run(optimizer, StepLR(optimizer, step_size, gamma), 15)):
        expected = lr * gamma ** (t // step_size)
        np.testing.assert_allclose(rates, [expected, 2 * expected], rtol=1e-13)


@given(lr=st.floats(1e-3, 10), half_period=st.integers(1, 9), share=st.floats(0, 1))
def test_cosine_annealing_lr(lr: float, half_period: int, share: float) -> None:
    optimizer, lowest = two_groups(lr, 2 * lr), share * lr
    for t, rates in enumerate(run(optimizer, CosineAnnealingLR(optimizer, half_period, lowest), 30)):
        factor = (1 + math.cos(math.pi * t / half_period)) / 2
        expected = [lowest + (rate - lowest) * factor for rate in (lr, 2 * lr)]
        np.testing.assert_allclose(rates, expected, rtol=1e-9, atol=1e-9 * lr)


def test_lambda_lr() -> None:
    optimizer = two_groups()
    rates = run(optimizer, MAKERS["lambda"](optimizer), 4)
    assert rates == [[0.5 * 0.9**t, 0.125 / (t + 1)] for t in range(4)]


@schedules
def test_a_resumed_schedule_goes_on_alike(make: Make) -> None:
    optimizer = two_groups()
    expected = run(optimizer, make(optimizer), 14)
    for done in (0, 1, 3, 6):
        first = two_groups()
        schedule = make(first)
        run(first, schedule, done)
        saved, saved_optimizer = schedule.state_dict(), first.state_dict()
        run(first, schedule, 2)
        second = two_groups(0.3, 0.4)
        other = make(second)
        second.load_state_dict(saved_optimizer)
        other.load_state_dict(saved)
        assert run(second, other, 14 - done) == expected[done:]


@schedules
def test_a_new_schedule_may_start_in_the_middle(make: Make) -> None:
    optimizer = two_groups()
    expected = run(optimizer, make(optimizer), 9)
    first = two_groups()
    run(first, make(first), 4)
    second = two_groups()
    second.load_state_dict(first.state_dict())
    arguments: dict[str, Any] = {"step": (3, 0.5), "cosine": (5, 0.01)}
    for name, kind in (("step", StepLR), ("cosine", CosineAnnealingLR)):
        if make is MAKERS[name]:
            schedule = kind(second, *arguments[name], last_epoch=3)
            np.testing.assert_allclose(run(second, schedule, 5), expected[4:], rtol=1e-12)


def test_starting_in_the_middle_needs_the_first_rates() -> None:
    message = (
        "StepLR: last_epoch=3 goes on with an earlier run, but param_groups[0] has no 'initial_lr'; load the "
        "state dict of that run's optimizer first, or start at last_epoch=-1"
    )
    with refused(message, KeyError):
        StepLR(two_groups(), 2, last_epoch=3)


def test_two_schedules_work_on_the_same_rates() -> None:
    optimizer = two_groups(1.0)
    every, other = StepLR(optimizer, 1, 0.5), StepLR(optimizer, 2, 0.5)
    rates = []
    for _ in range(4):
        optimizer.step()
        every.step()
        other.step()
        rates.append(rates_of(optimizer)[0])
    assert rates == [0.5, 0.125, 0.0625, 0.015625]


@schedules
def test_the_order_of_the_steps(make: Make) -> None:
    optimizer = two_groups()
    schedule = make(optimizer)
    with pytest.warns(UserWarning, match=re.escape("lr_scheduler.step() was called before optimizer.step()")) as caught:
        schedule.step()
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schedule.step()  # once
        optimizer = two_groups()
        schedule = make(optimizer)
        optimizer.step()
        schedule.step()


def test_an_optimizer_with_a_step_of_its_own_is_not_warned_about() -> None:
    class Own(SGD):
        def step(self, closure: Any = None) -> None:
            pass

    optimizer = Own([tg.ones(2, requires_grad=True)])
    schedule = StepLR(optimizer, 1)
    optimizer.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schedule.step()


def test_states_are_copies_without_the_optimizer() -> None:
    schedule = StepLR(two_groups(), 2)
    saved = schedule.state_dict()
    assert {"step_size", "gamma", "base_lrs", "last_epoch"} < set(saved)
    assert "optimizer" not in saved
    saved["base_lrs"][0] = 9
    schedule.get_last_lr()[0] = 9
    assert schedule.base_lrs[0] == 0.5
    assert schedule.get_last_lr()[0] == 0.5
    schedule.load_state_dict(saved)
    saved["base_lrs"][0] = 7
    assert schedule.base_lrs[0] == 9


def test_a_wrong_state_dict_is_refused_whole() -> None:
    schedule = StepLR(two_groups(), 2)
    before = schedule.state_dict()
    keys = "['_last_lr', '_step_count', 'base_lrs', 'gamma', 'last_epoch', 'step_size']"
    missing = {name: 9 for name in before if name != "gamma"}
    with refused(f"StepLR: expected a state dict of {keys}, got {sorted(missing)}"):
        schedule.load_state_dict(missing)
    with refused(f"StepLR: expected a state dict of {keys}, got ["):
        schedule.load_state_dict(CosineAnnealingLR(two_groups(), 2).state_dict())
    with refused("StepLR: the state dict has rates of 1 groups, the optimizer has 2"):
        schedule.load_state_dict(StepLR(two_groups(0.1), 2).state_dict())
    assert schedule.state_dict() == before


def test_bad_arguments() -> None:
    optimizer = two_groups()
    for value in (0, -1, 2.5, True, "2"):
        with refused(f"StepLR: step_size must be a positive integer, got {value!r}"):
            StepLR(optimizer, value)
        with refused(f"CosineAnnealingLR: T_max must be a positive integer, got {value!r}"):
            CosineAnnealingLR(optimizer, value)
    for value in (-0.1, float("nan"), float("inf")):
        with refused(f"StepLR: gamma must be a finite number >= 0, got {value}"):
            StepLR(optimizer, 2, value)
        with refused(f"CosineAnnealingLR: eta_min must be a finite number >= 0, got {value}"):
            CosineAnnealingLR(optimizer, 2, value)
    with refused("LambdaLR: expected 2 functions, one for each group, got 1"):
        LambdaLR(optimizer, [float])
    with refused("StepLR: expected an optimizer, got list", TypeError):
        StepLR([optimizer], 2)
    with refused("LRScheduler must define get_lr()", NotImplementedError):
        LRScheduler(optimizer)
