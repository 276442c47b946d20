"""Tensors go by the names they were given, by their paths, or by their ops, and each by one of its own."""

import gc
import threading

import numpy as np
import pytest

import tinygrad_np as tg
from models.digit import DigitNet
from tinygrad_np import nn
from tinygrad_np._graph import _call
from tinygrad_np.explain import name, names, recording, trace
from tinygrad_np.nn.functional import cross_entropy


def modules_of(loss: tg.Tensor, **options: nn.Module) -> dict[str, str]:
    return {entry.output: entry.module for entry in trace(loss, **options)}


def leaves_of(loss: tg.Tensor, **options: nn.Module) -> set[str]:
    traced = trace(loss, **options)
    return set(traced.gradients) - {entry.output for entry in traced}


# -------------------------------------------------------------------------------------------------------------- names


def test_name_returns_the_tensor_itself():
    x = tg.ones(2)
    assert name(x, "x") is x


def test_the_last_name_holds():
    x = name(name(tg.ones(2, requires_grad=True), "first"), "second")
    assert leaves_of(x.sum()) == {"second"}


def test_a_name_given_before_gradients_were_required_survives():
    x = name(tg.ones(2), "x").requires_grad_()
    assert leaves_of((x * x).sum()) == {"x"}


def test_a_name_survives_the_tensor_as_long_as_the_graph():
    x = tg.ones(2, requires_grad=True)
    loss = name(x * 2, "Z").sum()
    gc.collect()
    assert trace(loss)["Z"].op == "mul"


def test_the_name_of_a_dead_array_is_forgotten():
    before = len(names._of_constants)
    x = name(tg.ones(2), "x")
    assert len(names._of_constants) == before + 1
    del x
    assert len(names._of_constants) == before


def test_equal_names_are_numbered_the_oldest_first():
    x = name(tg.ones(2, requires_grad=True), "h")
    y = name(x.exp(), "h")
    mul = name(y.sin(), "mul")
    traced = trace((mul * 2).sum())
    assert [entry.output for entry in traced] == ["loss", "mul_2", "mul", "h_2"]
    assert "h" in traced.gradients


def test_leaves_without_a_name_are_numbered_in_the_order_of_their_use():
    a, b = tg.tensor([2.0], requires_grad=True), tg.tensor([3.0], requires_grad=True)
    traced = trace((b.exp() + a).sum())
    assert traced["exp"].inputs == ("leaf",)
    assert traced["add"].inputs == ("exp", "leaf_2")
    assert trace((a * b).sum())["mul"].inputs == ("leaf", "leaf_2")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.ones(2), "x"), TypeError, "name: expected a tensor, got ndarray"),
        ((tg.ones(2), 3), TypeError, "name: a name is a string, got int"),
        ((tg.ones(2), " "), ValueError, "name: a name is one line of text, got ' '"),
        ((tg.ones(2), "a\nb"), ValueError, r"name: a name is one line of text, got 'a\\nb'"),
    ],
)
def test_what_is_no_name_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        name(*arguments)


# -------------------------------------------------------------------------------------------------------------- paths


def test_parameters_go_by_their_paths_and_ops_know_their_modules():
    net = DigitNet(hidden=3)
    with recording():
        loss = cross_entropy(net(tg.rand(4, 784)), tg.tensor([1, 2, 3, 4]))
    assert leaves_of(loss) == {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}
    assert modules_of(loss) == {"loss": "", "linear_2": "fc2", "relu": "relu", "linear": "fc1"}


def test_paths_in_a_sequential_of_sequentials():
    net = nn.Sequential(nn.Linear(3, 2), nn.Sequential(nn.ReLU(), nn.Linear(2, 1, bias=False)))
    with recording():
        loss = net(tg.rand(4, 3)).sum()
    assert leaves_of(loss) == {"0.weight", "0.bias", "1.1.weight"}
    assert modules_of(loss)["relu"] == "1.0"
    assert "linear = linear(constant, 0.weight, 0.bias)" in str(trace(loss))
    assert "d0.weight = dlinear.T @ constant" in " ".join(str(trace(loss)).split())


def test_paths_without_recording_come_from_the_model():
    net = nn.Sequential(nn.Linear(3, 2))
    loss = net(tg.rand(4, 3)).sum()
    assert leaves_of(loss, model=net) == {"0.weight", "0.bias"}
    assert leaves_of(loss) == {"leaf", "leaf_2"}


@pytest.mark.parametrize("order", ["a part first", "the whole first"])
def test_of_several_paths_the_longest_is_kept(order):
    net, x = nn.Sequential(nn.Linear(3, 3, bias=False)), tg.rand(4, 3)
    calls = [net[0], net] if order == "a part first" else [net, net[0]]
    with recording():
        loss = sum(call(x).sum() for call in calls)
    assert leaves_of(loss) == {"0.weight"}


def test_a_users_name_stands_before_a_path():
    net = nn.Sequential(nn.Linear(3, 2, bias=False))
    name(net[0].weight, "W")
    with recording():
        loss = net(tg.rand(4, 3)).sum()
    assert leaves_of(loss, model=net) == {"W"}


def test_two_models_with_equal_paths_are_told_apart():
    first, second = nn.Sequential(nn.Linear(3, 3, bias=False)), nn.Sequential(nn.Linear(3, 1, bias=False))
    with recording():
        loss = second(first(tg.rand(4, 3))).sum()
    assert leaves_of(loss) == {"0.weight", "0.weight_2"}


# ---------------------------------------------------------------------------------------------------------- recording

PLAIN = (nn.Module.__call__, _call._SCOPE["recorder"], _call._SCOPE["record_several"])


def in_use() -> tuple[object, ...]:
    return nn.Module.__call__, _call._SCOPE["recorder"], _call._SCOPE["record_several"]


def test_recording_puts_the_plain_functions_back():
    with recording():
        assert not set(in_use()) & set(PLAIN)
        with recording():
            pass
        assert not set(in_use()) & set(PLAIN)
    assert in_use() == PLAIN


def test_recording_puts_them_back_after_an_exception():
    net = nn.Sequential(nn.Linear(3, 2))
    with pytest.raises(RuntimeError, match="expected"), recording():
        net(tg.ones(4, 5))
    assert in_use() == PLAIN
    with pytest.raises(ZeroDivisionError):
        trace(lambda: 1 / 0)
    assert in_use() == PLAIN
    with recording():  # and the path of the module that raised is not left behind
        loss = tg.ones(2, requires_grad=True).sum()
    assert modules_of(loss) == {"loss": ""}


def test_recording_lasts_until_the_last_thread_is_done():
    inside, leave = threading.Event(), threading.Event()

    def work() -> None:
        with recording():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=work)
    with recording():
        thread.start()
        assert inside.wait(10)
    loss = tg.ones(2, requires_grad=True).sum()
    assert trace(loss).entries[0].line.startswith("test_names.py:")
    leave.set()
    thread.join()
    assert in_use() == PLAIN


def test_modules_are_told_apart_by_thread():
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    found = []

    def work() -> None:
        for _ in range(20):
            found.append(modules_of(net(tg.ones(1, 2)).sum()))

    with recording():
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [{"loss": "", "tanh": "1", "linear": "0"}] * 80


def test_notes_die_with_the_graph():
    from tinygrad_np.explain.recorder import _notes

    gc.collect()
    before = len(_notes)
    with recording():
        loss = tg.ones(2, requires_grad=True).exp().sum()
    assert len(_notes) == before + 2
    del loss
    assert len(_notes) == before
