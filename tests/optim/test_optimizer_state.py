"""Saving and loading optimizers: they go on to the same bits, or the state is refused as a whole."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tests.optim.training import kinds, parameters, refused, set_gradients, train
from tinygrad_np.optim import SGD, Adam, AdamW, Optimizer


@kinds
@given(seed=st.integers(0, 2**31), done=st.integers(0, 3))
def test_a_loaded_optimizer_goes_on_to_the_same_bits(make: Callable[..., Optimizer], seed: int, done: int) -> None:
    params = parameters(seed)
    optimizer = make(params)
    train(optimizer, params, range(done))
    twins = copy.deepcopy(params)
    other = make(twins)
    other.param_groups[0]["lr"] = 7
    saved = optimizer.state_dict()
    other.load_state_dict(saved)
    expected = train(optimizer, params, range(done, done + 3))
    assert train(other, twins, range(done, done + 3)) == expected
    third = make(copy.deepcopy(params))
    third.load_state_dict(saved)  # neither optimizer has written to it
    assert third.param_groups[0]["lr"] == 0.1
    for index, entries in saved["state"].items():
        for name, entry in entries.items():
            mine = third.state[third.param_groups[0]["params"][index]][name]
            assert np.array_equal(mine.array, entry.array)
            assert not np.shares_memory(mine.array, entry.array)


@kinds
def test_copies_and_pickles_go_on_alike(make: Callable[..., Optimizer]) -> None:
    params = parameters()
    optimizer = make(params)
    train(optimizer, params, range(2))
    copies = [copy.deepcopy((params, optimizer)), pickle.loads(pickle.dumps((params, optimizer)))]
    expected = train(optimizer, params, range(2, 4))
    for twins, other in copies:
        assert not other._scratch
        assert other.param_groups[0]["params"][0] is twins[0]
        assert train(other, twins, range(2, 4)) == expected


def test_the_layout_is_pytorchs() -> None:
    params = parameters()
    optimizer = Adam([{"params": params[:2]}, {"params": params[2:], "lr": 0.5}])
    set_gradients(params, 0)
    params[0].grad = None
    optimizer.step()
    saved = optimizer.state_dict()
    assert [group["params"] for group in saved["param_groups"]] == [[0, 1], [2]]
    assert saved["param_groups"][1]["lr"] == 0.5
    assert sorted(saved["state"]) == [1, 2]
    assert {name: (entry.shape, entry.dtype.name) for name, entry in saved["state"][1].items()} == {
        "step": ((), "float32"),
        "exp_avg": ((4,), "float32"),
        "exp_avg_sq": ((4,), "float32"),
    }


def test_state_takes_the_dtype_of_the_parameter_but_the_step_count() -> None:
    params = parameters()
    optimizer = Adam(params)
    train(optimizer, params, range(1))
    twins = parameters(dtype=tg.float64)
    other = Adam(twins)
    other.load_state_dict(optimizer.state_dict())
    entries = other.state[twins[0]]
    assert [entries[name].dtype.name for name in ("step", "exp_avg", "exp_avg_sq")] == ["float32", "float64", "float64"]
    plain = optimizer.state_dict()
    plain["state"] = {i: {k: t.array for k, t in entries.items()} for i, entries in plain["state"].items()}
    other.load_state_dict(plain)  # arrays, as from a file
    train(other, twins, range(1))


def saved_adam() -> tuple[Adam, dict[str, Any]]:
    params = parameters()
    optimizer = Adam(params, amsgrad=True)
    train(optimizer, params, range(2))
    return optimizer, optimizer.state_dict()


def change(path: list[Any], value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(saved: Any) -> None:
        for key in path[:-1]:
            saved = saved[key]
        if value is None:
            del saved[path[-1]]
        else:
            saved[path[-1]] = value

    return apply


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (change(["state"], None), "Adam: the state dict lacks ['state']"),
        (change(["param_groups"], []), "Adam: the state dict has groups of [] parameters, this optimizer of [3]"),
        (
            change(["param_groups", 0, "params"], [0, 1]),
            "Adam: the state dict has groups of [2] parameters, this optimizer of [3]",
        ),
        (change(["param_groups", 0, "eps"], None), "Adam: group 0 of the state dict lacks the options ['eps']"),
        (change(["param_groups", 0, "lr"], float("nan")), "Adam: lr must be a finite number >= 0, got nan"),
        (change(["state", 9], {}), "Adam: the state dict has state of parameter 9, which no group has"),
        (
            change(["state", 2, "max_exp_avg_sq"], None),
            "Adam: in the state dict, the state of parameter 2 lacks ['max_exp_avg_sq']",
        ),
        (
            change(["state", 2, "exp_avg"], np.ones(1)),
            "Adam: in the state dict, exp_avg of parameter 2 has shape (1,), the parameter ()",
        ),
    ],
)
def test_a_damaged_state_dict_is_refused_whole(spoil: Callable[[dict[str, Any]], None], message: str) -> None:
    optimizer, saved = saved_adam()
    before = pickle.dumps(optimizer.state_dict())
    saved["param_groups"][0]["lr"] = 0.7
    saved["state"][0]["exp_avg"].fill_(3)
    spoil(saved)
    with refused(message):
        optimizer.load_state_dict(saved)
    assert pickle.dumps(optimizer.state_dict()) == before


def test_another_kinds_state_dict_is_refused() -> None:
    params = parameters()
    lacks = "['amsgrad', 'betas', 'decoupled_weight_decay', 'eps']"
    with refused(f"Adam: group 0 of the state dict lacks the options {lacks}"):
        Adam(params).load_state_dict(SGD(params).state_dict())
    with refused("AdamW: decoupled_weight_decay must be True; use Adam to have it otherwise"):
        AdamW(params).load_state_dict(Adam(params).state_dict())
