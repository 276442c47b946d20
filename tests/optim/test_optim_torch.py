"""Optimizers and schedules beside PyTorch's: the same parameters and rates after the same steps, saved alike."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.optim import SGD, Adam, AdamW, lr_scheduler

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed (extra `torch`)")

SHAPES = ((3, 4), (4,), ())
STEPS = 20

rates = st.floats(1e-4, 0.5)
decays = st.sampled_from([0, 1e-4, 0.1])


@st.composite
def sgd_options(draw: Any) -> dict[str, Any]:
    nesterov = draw(st.booleans())
    return {
        "lr": draw(rates),
        "momentum": draw(st.sampled_from([0.5, 0.9] if nesterov else [0, 0.5, 0.9])),
        "dampening": 0 if nesterov else draw(st.sampled_from([0, 0.3])),
        "weight_decay": draw(decays),
        "nesterov": nesterov,
        "maximize": draw(st.booleans()),
    }


adam_options = st.fixed_dictionaries(
    {
        "lr": rates,
        "betas": st.tuples(st.sampled_from([0.0, 0.3, 0.9]), st.sampled_from([0.0, 0.5, 0.999])),
        "eps": st.sampled_from([1e-8, 1e-3]),
        "weight_decay": decays,
        "amsgrad": st.booleans(),
        "maximize": st.booleans(),
    }
)
cases = st.one_of(
    st.tuples(st.just((SGD, torch.optim.SGD)), sgd_options()),
    st.tuples(st.just((Adam, torch.optim.Adam)), adam_options),
    st.tuples(st.just((AdamW, torch.optim.AdamW)), adam_options),
)


def both(case: Any, dtype: Any, seed: int) -> tuple[list[Any], list[Any], Any, Any, np.random.Generator]:
    (ours, theirs), options = case
    generator = np.random.default_rng(seed)
    values = [np.asarray(generator.normal(size=shape)).astype(dtype) for shape in SHAPES]
    mine = [tg.tensor(value, requires_grad=True) for value in values]
    other = [torch.tensor(value, requires_grad=True) for value in values]
    return mine, other, ours(mine, **options), theirs(other, **options), generator


def step(mine: list[Any], other: list[Any], one: Any, two: Any, generator: np.random.Generator) -> None:
    for parameter, twin in zip(mine, other, strict=True):
        gradient = np.asarray(generator.normal(size=parameter.shape)).astype(parameter.dtype)
        parameter.grad, twin.grad = tg.tensor(gradient), torch.tensor(gradient)
        if generator.random() < 0.1:
            parameter.grad = twin.grad = None
    one.step()
    two.step()


@given(cases, st.integers(0, 2**31))
def test_float64_agrees_to_rounding(case: Any, seed: int) -> None:
    mine, other, one, two, generator = both(case, np.float64, seed)
    for _ in range(STEPS):
        step(mine, other, one, two, generator)
        for parameter, twin in zip(mine, other, strict=True):
            np.testing.assert_allclose(parameter.array, twin.detach().numpy(), rtol=1e-12, atol=1e-12)


@given(cases, st.integers(0, 2**31))
def test_float32_agrees_to_rounding(case: Any, seed: int) -> None:
    mine, other, one, two, generator = both(case, np.float32, seed)
    for _ in range(STEPS):
        step(mine, other, one, two, generator)
    for parameter, twin in zip(mine, other, strict=True):
        assert parameter.dtype == np.float32
        np.testing.assert_allclose(parameter.array, twin.detach().numpy(), rtol=1e-4, atol=1e-4)


@given(rates, st.integers(0, 2**31))
def test_defaults_are_pytorchs(lr: float, seed: int) -> None:
    for pair in ((SGD, torch.optim.SGD), (Adam, torch.optim.Adam), (AdamW, torch.optim.AdamW)):
        _, _, one, two, _ = both((pair, {}), np.float32, seed)
        theirs = two.state_dict()["param_groups"][0]
        assert one.state_dict()["param_groups"][0].items() <= theirs.items()


@given(cases, st.integers(0, 2**31))
def test_state_dicts_have_one_layout_and_load_from_pytorch(case: Any, seed: int) -> None:
    mine, other, one, two, generator = both(case, np.float64, seed)
    for _ in range(3):
        step(mine, other, one, two, generator)
    saved, theirs = one.state_dict(), two.state_dict()
    groups = zip(saved["param_groups"], theirs["param_groups"], strict=True)
    assert all(group.items() <= twin.items() for group, twin in groups)
    assert saved["state"].keys() == theirs["state"].keys()
    for index, entries in saved["state"].items():
        assert entries.keys() == theirs["state"][index].keys()
        for name, entry in entries.items():
            twin = theirs["state"][index][name].numpy()
            assert entry.dtype == twin.dtype
            np.testing.assert_allclose(entry.array, twin, rtol=1e-12, atol=1e-12)

    plain = copy.deepcopy(theirs)
    plain["state"] = {i: {k: t.numpy() for k, t in entries.items()} for i, entries in theirs["state"].items()}
    fresh = [tg.tensor(twin.detach().numpy(), requires_grad=True) for twin in other]
    loaded = type(one)(fresh)
    loaded.load_state_dict(plain)
    for _ in range(3):
        step(fresh, other, loaded, two, generator)
    for parameter, twin in zip(fresh, other, strict=True):
        np.testing.assert_allclose(parameter.array, twin.detach().numpy(), rtol=1e-12, atol=1e-12)


@given(
    st.sampled_from([("StepLR", "step_size", "gamma"), ("CosineAnnealingLR", "T_max", "eta_min")]),
    st.integers(1, 9),
    st.floats(0, 1),
    st.lists(st.floats(1e-3, 1), min_size=1, max_size=3),
    st.integers(0, 12),
)
def test_schedules_agree_and_may_be_restarted(
    names: tuple[str, str, str], period: int, number: float, initial: list[float], restart: int
) -> None:
    kind, first, second = names
    options = {first: period, second: number}
    one = SGD([{"params": [tg.ones(1, requires_grad=True)], "lr": lr} for lr in initial])
    two = torch.optim.SGD([{"params": [torch.ones(1, requires_grad=True)], "lr": lr} for lr in initial])
    mine = getattr(lr_scheduler, kind)(one, **options)
    other = getattr(torch.optim.lr_scheduler, kind)(two, **options)
    for epoch in range(25):
        assert mine.last_epoch == other.last_epoch
        assert mine.get_last_lr() == other.get_last_lr() == [group["lr"] for group in one.param_groups]
        for anything in (one, two, mine, other):
            anything.step()
        if epoch == restart:
            mine = getattr(lr_scheduler, kind)(one, **options, last_epoch=epoch)
            other = getattr(torch.optim.lr_scheduler, kind)(two, **options, last_epoch=epoch)
    saved = other.state_dict()
    assert all(saved[name] == value for name, value in mine.state_dict().items())


def test_the_lambda_schedule_agrees() -> None:
    one, two = (
        SGD([tg.ones(1, requires_grad=True)], lr=0.3),
        torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.3),
    )

    def factor(epoch: int) -> float:
        return 0.9**epoch

    mine, other = lr_scheduler.LambdaLR(one, factor), torch.optim.lr_scheduler.LambdaLR(two, factor)
    for _ in range(5):
        for anything in (one, two, mine, other):
            anything.step()
        assert mine.get_last_lr() == other.get_last_lr()


def test_the_printed_form_is_pytorchs() -> None:
    """But for the options that only PyTorch has."""
    _, _, one, two, _ = both(((AdamW, torch.optim.AdamW), {"lr": 0.5, "amsgrad": True}), np.float32, 0)
    only_theirs = ("capturable", "differentiable", "foreach", "fused")
    assert repr(one).splitlines() == [
        line for line in repr(two).splitlines() if line.split(":")[0].strip() not in only_theirs
    ]
