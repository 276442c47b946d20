"""What all optimizers share: steps, groups, and checks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from tests.optim.training import KINDS, kinds, parameters, refused, set_gradients, train
from tinygrad_np.optim import SGD, Adam, AdamW, Optimizer

# --- steps ------------------------------------------------------------------------------------------------------------


@kinds
def test_gradients_stay_and_share_no_memory(make: Callable[..., Optimizer]) -> None:
    params = parameters()
    optimizer = make(params)
    for step in range(3):
        set_gradients(params, step)
        before = [parameter.grad.array.copy() for parameter in params]
        optimizer.step()
        arrays = [t.array for entries in optimizer.state.values() for t in entries.values()]
        for parameter, gradient in zip(params, before, strict=True):
            assert np.array_equal(parameter.grad.array, gradient)
            assert not any(np.shares_memory(parameter.grad.array, array) for array in arrays)


@kinds
def test_parameters_without_a_gradient_stay(make: Callable[..., Optimizer]) -> None:
    params = parameters()
    optimizer = make(params)
    set_gradients(params, 1)
    params[1].grad = None
    before = [parameter.array.copy() for parameter in params]
    optimizer.step()
    assert [np.array_equal(p.array, b) for p, b in zip(params, before, strict=True)] == [False, True, False]
    assert all(parameter is not params[1] for parameter in optimizer.state)


@kinds
def test_a_step_writes_in_place_and_is_noticed_by_the_graph(make: Callable[..., Optimizer]) -> None:
    params = parameters()
    array = params[0].array
    optimizer = make(params)
    loss = (params[0] * params[0]).sum()
    untouched = (params[1] * params[1]).sum()
    set_gradients(params, 0)
    params[1].grad = None
    optimizer.step()
    assert params[0].array is array
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
    untouched.backward()  # a parameter that was left alone is not marked


@kinds
def test_a_step_that_failed_is_noticed_by_the_graph(make: Callable[..., Optimizer]) -> None:
    class Failing(type(make(parameters()))):
        def update(self, group, work):
            super().update(group, work)
            raise ZeroDivisionError

    params = parameters()
    loss = (params[0] * params[0]).sum()
    set_gradients(params, 0)
    with pytest.raises(ZeroDivisionError):
        Failing(params, lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_group_may_be_added_while_updating() -> None:
    class Growing(SGD):
        def update(self, group, work):
            super().update(group, work)
            if len(self.param_groups) == 1:
                self.add_param_group({"params": [late]})

    (early, *_), (late, *_) = parameters(), parameters()
    optimizer = Growing([early], lr=0.1)
    early.grad = tg.ones_like(early.detach())
    optimizer.step()
    assert len(optimizer.param_groups) == 2


def test_writing_to_the_state_is_noticed_by_the_graph() -> None:
    for make in (KINDS["momentum"], KINDS["amsgrad"]):
        params = parameters()
        optimizer = make(params)
        train(optimizer, params, range(1))
        for name in set(optimizer.state[params[0]]) - {"step"}:
            loss = (params[0] * optimizer.state[params[0]][name]).sum()
            train(optimizer, params[1:], range(1))
            set_gradients(params, 5)
            with tg.no_grad():
                kept = params[0].clone()
            optimizer.step()
            params[0].data = kept
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                loss.backward()


@kinds
def test_a_wrong_gradient_is_refused_before_anything_changes(make: Callable[..., Optimizer]) -> None:
    params = parameters()
    optimizer = make(params)
    before = [parameter.array.tobytes() for parameter in params]
    name = type(optimizer).__name__
    for wrong, text in (
        (tg.ones(1), "shape (1,) and dtype float32"),
        (tg.ones(4).double(), "shape (4,) and dtype float64"),
    ):
        set_gradients(params, 0)
        params[1].grad = wrong
        message = f"{name}: the gradient of parameter 1 has {text}, the parameter (4,) and float32"
        with refused(message, RuntimeError):
            optimizer.step()
        assert [parameter.array.tobytes() for parameter in params] == before
        assert not optimizer.state


def read_only(size: int) -> tg.Tensor:
    array = np.ones(size, np.float32)
    array.flags.writeable = False
    return tg.from_numpy(array).requires_grad_()


@kinds
@pytest.mark.parametrize("grouped", [False, True])
def test_a_read_only_parameter_is_refused_before_anything_changes(
    make: Callable[..., Optimizer], grouped: bool
) -> None:
    params = [*parameters(), read_only(5)]
    optimizer = make([{"params": params[:2]}, {"params": params[2:]}] if grouped else params)
    set_gradients(params, 0)
    before = [parameter.array.tobytes() for parameter in params]
    for _ in range(2):  # the second time too
        with refused(f"{type(optimizer).__name__}: parameter 3 of shape (5,) is read-only, as is what", RuntimeError):
            optimizer.step()
        assert [parameter.array.tobytes() for parameter in params] == before
        assert not optimizer.state
    params[3].data = params[3].detach().clone()
    optimizer.step()
    assert not np.array_equal(params[3].array, np.ones(5))


@pytest.mark.parametrize(("name", "entry"), [("momentum", "momentum_buffer"), ("adam", "exp_avg")])
def test_state_of_another_shape_is_refused_before_anything_changes(name: str, entry: str) -> None:
    params = parameters()
    optimizer = KINDS[name](params)
    train(optimizer, params, range(1))
    params[1].data = tg.ones(7)
    set_gradients(params, 0)
    before = [parameter.array.tobytes() for parameter in params]
    message = f"{entry} of parameter 1 has shape (4,), the parameter (7,), since its data was replaced"
    with refused(message, RuntimeError):
        optimizer.step()
    assert [parameter.array.tobytes() for parameter in params] == before
    train(KINDS[name](params), params, range(1))


@kinds
def test_a_wrong_rate_of_a_later_group_is_refused_before_anything_changes(make: Callable[..., Optimizer]) -> None:
    params = parameters()
    optimizer = make([{"params": params[:1]}, {"params": params[1:]}])
    set_gradients(params, 0)
    before = [parameter.array.tobytes() for parameter in params]
    optimizer.param_groups[1]["lr"] = float("nan")
    with refused("lr must be a finite number >= 0, got nan"):
        optimizer.step()
    assert [parameter.array.tobytes() for parameter in params] == before
    assert not optimizer.state


def test_an_optimizer_may_do_without_a_rate() -> None:
    class Halving(Optimizer):
        def update(self, group: Any, work: Any) -> None:
            for _, array, *_ in work:
                array /= 2

    for defaults in ({}, {"lr": None}):
        weight = tg.ones(2, requires_grad=True)
        weight.grad = tg.ones(2)
        Halving([weight], defaults).step()
        assert weight.tolist() == [0.5, 0.5]


@kinds
def test_parameters_may_get_another_array(make: Callable[..., Optimizer]) -> None:
    params = parameters()
    optimizer = make(params)
    train(optimizer, params, range(2))
    twin, other = copy.deepcopy((params, optimizer))
    for parameter in params:
        parameter.data = parameter.detach().clone()
    assert train(optimizer, params, range(2, 4)) == train(other, twin, range(2, 4))


@kinds
def test_parameters_may_be_converted(make: Callable[..., Optimizer]) -> None:
    params = parameters()
    optimizer = make(params)
    train(optimizer, params, range(2))
    for parameter in params:
        parameter.data = parameter.detach().double()
    before = params[0].array.copy()
    set_gradients(params, 2)
    optimizer.step()
    assert params[0].dtype == tg.float64
    assert not np.array_equal(params[0].array, before)
    assert not np.array_equal(params[0].array, params[0].array.astype(np.float32))


@kinds
def test_no_memory_is_allocated_for_results(make: Callable[..., Optimizer]) -> None:
    params = parameters()
    optimizer = make(params)
    train(optimizer, params, range(1))
    kept = list(optimizer._scratch.values())
    assert len(kept) == len(params)
    state = {name: t.array for name, t in optimizer.state.get(params[0], {}).items()}
    train(optimizer, params, range(3))
    for before, now in zip(kept, optimizer._scratch.values(), strict=True):
        assert before is now
        assert not np.shares_memory(now.change, now.spare)
    assert all(optimizer.state[params[0]][name].array is array for name, array in state.items())


def test_the_closure_is_called_with_gradients_recorded_and_its_loss_returned() -> None:
    weight = tg.tensor([1.0, -2.0], requires_grad=True)
    optimizer = SGD([weight], lr=0.25)

    def closure() -> tg.Tensor:
        optimizer.zero_grad()
        loss = (weight * weight).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        assert optimizer.step(closure).item() == 5
    assert weight.tolist() == [0.5, -1.0]
    assert optimizer.step() is None


def test_zero_grad() -> None:
    params = parameters()
    optimizer = SGD(params[:2], lr=0.1)
    set_gradients(params, 0)
    kept = params[0].grad
    params[1].grad = None
    saved = (kept * tg.ones(3, 4, requires_grad=True)).sum()
    optimizer.zero_grad(set_to_none=False)
    assert params[0].grad is kept
    assert not kept.array.any()
    assert params[1].grad is None
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        saved.backward()
    optimizer.zero_grad()
    assert params[0].grad is None
    assert params[2].grad is not None


def test_zero_grad_detaches_a_recorded_gradient() -> None:
    x = tg.tensor(3.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    assert x.grad.requires_grad
    SGD([x], lr=0.1).zero_grad(set_to_none=False)
    assert x.grad.item() == 0
    assert not x.grad.requires_grad


def test_zero_grad_replaces_a_gradient_that_is_read_only() -> None:
    params = parameters()
    set_gradients(params, 0)
    params[1].grad = tg.ones(1).expand(4)
    SGD(params, lr=0.1).zero_grad(set_to_none=False)
    assert [parameter.grad.array.any() for parameter in params] == [False, False, False]
    assert params[1].grad.shape == (4,)


def test_a_subclass_must_define_update() -> None:
    with refused("Optimizer must define update(group, work)", NotImplementedError):
        Optimizer(parameters(), {}).step()


# --- groups -----------------------------------------------------------------------------------------------------------


def test_groups_have_their_own_options() -> None:
    params = parameters()
    optimizer = SGD([{"params": params[:1], "lr": 0.5}, {"params": params[1]}], lr=0.25, momentum=0.5)
    optimizer.add_param_group({"params": iter(params[2:]), "momentum": 0})
    assert [(group["lr"], group["momentum"]) for group in optimizer.param_groups] == [
        (0.5, 0.5),
        (0.25, 0.5),
        (0.25, 0),
    ]
    before = [parameter.array.copy() for parameter in params]
    for parameter in params:
        parameter.grad = tg.ones_like(parameter)
    optimizer.step()
    for parameter, old, rate in zip(params, before, (0.5, 0.25, 0.25), strict=True):
        assert np.array_equal(parameter.array, old - np.float32(rate))
    assert repr(optimizer).splitlines()[:6] == [
        "SGD (",
        "Parameter Group 0",
        "    dampening: 0",
        "    lr: 0.5",
        "    maximize: False",
        "    momentum: 0.5",
    ]
    assert repr(optimizer).endswith("\n)")


def test_a_refused_group_changes_nothing() -> None:
    params = parameters()
    optimizer = SGD(params[:1], lr=0.1)
    given = {"params": params[1:], "lr": -1.0}
    with refused("SGD: lr must be a finite number >= 0, got -1.0"):
        optimizer.add_param_group(given)
    assert len(optimizer.param_groups) == 1
    assert set(given) == {"params", "lr"}
    with refused("SGD: a parameter group must have 'params', got only ['lr']"):
        optimizer.add_param_group({"lr": 0.1})


@kinds
def test_bad_parameters(make: Callable[..., Optimizer]) -> None:
    weight, other = tg.ones(2, 3, requires_grad=True), tg.ones(3, requires_grad=True)
    name = type(make([weight])).__name__
    for wrong, kind in (
        (weight, "Tensor"),
        ({weight}, "set"),
        ({"params": [weight]}, "dict"),
        (3, "int"),
        ("ab", "str"),
    ):
        message = f"{name}: params must be a list of tensors, or of dicts, got {kind}; write model.parameters()"
        with refused(message, TypeError):
            make(wrong)
    for empty in ([], iter([])):
        with refused(f"{name}: params is empty, there is nothing to optimize"):
            make(empty)
    with refused(f"{name}: params[1] must be a tensor, got ndarray", TypeError):
        make([weight, np.ones(3)])
    with refused(f"{name}: params[1] must be a tensor, got dict", TypeError):
        make([weight, {"params": other}])
    with refused(f"{name}: params[0] of shape (2, 3) was computed from other tensors; only leaves can be optimized"):
        make([weight * 2])
    twice = "of shape (2, 3) appears twice, in one group or in two; it would be changed twice in each step"
    with refused(f"{name}: params[2] {twice}"):
        make([weight, other, weight])
    with refused(f"{name}: params[1] {twice}"):
        make([{"params": weight}, {"params": [other, weight]}])


BAD_NUMBERS = [float("nan"), float("inf"), -float("inf"), -1e-9, np.float32("nan"), np.int64(-1)]


@pytest.mark.parametrize("value", BAD_NUMBERS)
@pytest.mark.parametrize(
    ("make", "name"),
    [(SGD, "lr"), (SGD, "momentum"), (SGD, "dampening"), (SGD, "weight_decay")]
    + [(kind, name) for kind in (Adam, AdamW) for name in ("lr", "eps", "weight_decay")],
)
def test_numbers_out_of_range(make: type[Optimizer], name: str, value: Any) -> None:
    with refused(f"{make.__name__}: {name} must be a finite number >= 0, got {value}"):
        make(parameters(), **{name: value})
    with refused(f"{make.__name__}: {name} must be a finite number >= 0, got {value}"):
        make([{"params": parameters(), name: value}])


@pytest.mark.parametrize("value", ["0.1", None, True, 1j, [0.1], tg.ones(2)])
def test_what_is_no_number(value: Any) -> None:
    with refused(f"SGD: lr must be a number, got {value!r}", TypeError):
        SGD(parameters(), lr=value)


@pytest.mark.parametrize("rate", [np.nan, np.inf, -np.inf, -1.0])
@kinds
def test_a_rate_that_went_wrong_is_refused_in_the_step(make: Callable[..., Optimizer], rate: float) -> None:
    params = parameters()
    optimizer = make(params)
    set_gradients(params, 0)
    before = [parameter.array.tobytes() for parameter in params]
    optimizer.param_groups[0]["lr"] = rate
    refusal = f"{type(optimizer).__name__}: lr must be a finite number >= 0, got {rate}"
    with refused(refusal):
        optimizer.step()
    group = optimizer.param_groups[0]
    work = [(p, p.array, p.grad.array, np.empty_like(p.array), np.empty_like(p.array)) for p in params]
    with refused(refusal):  # by `update` too, which is what a subclass calls
        optimizer.update(group, work)
    assert [parameter.array.tobytes() for parameter in params] == before


@pytest.mark.parametrize("value", [np.float64(0.1), np.float32(0.5), tg.tensor(0.5), tg.tensor([0.5]), 1, np.int64(1)])
def test_numbers_of_any_kind_compute_in_the_dtype_of_the_parameter(value: Any) -> None:
    params, twins = parameters(), parameters()
    assert train(SGD(params, lr=value), params, range(2)) == train(SGD(twins, lr=float(value)), twins, range(2))


@pytest.mark.parametrize("names", [("nesterov", SGD), ("maximize", SGD), ("amsgrad", Adam), ("maximize", AdamW)])
def test_flags_must_be_bools(names: tuple[str, type[Optimizer]]) -> None:
    name, make = names
    with refused(f"{make.__name__}: {name} must be True or False, got 0.9", TypeError):
        make(parameters(), **{name: 0.9})
