"""The summary of a model tells what a real pass gave, and leaves no trace of it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from models.digit import DigitNet
from tinygrad_np import nn
from tinygrad_np.explain import summary


@given(st.integers(1, 30), st.integers(1, 30))
def test_the_digit_network(m, hidden):
    found = summary(DigitNet(hidden), tg.zeros(m, 784))
    rows = [(row.path, row.kind, row.shapes, row.parameters, row.activation_bytes) for row in found.rows]
    assert rows == [
        ("fc1", "Linear", ((m, hidden),), 785 * hidden, 4 * m * hidden),
        ("relu", "ReLU", ((m, hidden),), 0, 4 * m * hidden),
        ("fc2", "Linear", ((m, 10),), 10 * (hidden + 1), 4 * m * 10),
    ]
    assert found.total_parameters == 795 * hidden + 10
    assert found.total_activation_bytes == 4 * m * (2 * hidden + 10)


class Branches(nn.Module):
    """Has a layer called twice, a tied weight, a parameter of its own, an unused layer, and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.tied = nn.Linear(3, 3, bias=False)
        self.tied.weight = self.layer.weight
        self.unused = nn.Linear(3, 100)
        self.flatten = nn.Flatten()
        self.scale = nn.Parameter(tg.ones(3))

    def forward(self, first, second):
        x = self.flatten(self.layer(self.layer(first)))
        return {"x": self.tied(x) * self.scale, "rest": [second, (x, None)]}


def test_what_is_shared_reused_or_unused_is_counted_once():
    found = summary(Branches(), (tg.zeros(2, 3), tg.zeros(4)))
    rows = [(row.path, row.shapes, row.parameters, row.activation_bytes) for row in found.rows]
    assert rows == [
        ("", ((2, 3), (4,), (2, 3)), 3, 24),
        ("layer", ((2, 3),), 12, 24),
        ("layer", ((2, 3),), 0, 24),
        ("flatten", ((2, 3),), 0, 0),
        ("tied", ((2, 3),), 0, 24),
        ("unused", (), 400, 0),
    ]
    assert found.total_parameters == sum(row.parameters for row in found.rows) == 415
    assert "not called" in str(found)


class Counting(nn.Module):
    """Changes in every pass: a buffer, an attribute, and the state of the random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", tg.zeros(3))
        self.dropout = nn.Dropout(0.5)
        self.passes = 0

    def forward(self, x):
        self.passes += 1
        with tg.no_grad():
            self.mean += x.mean(0)
        assert not tg.is_grad_enabled()
        self.seen = self.training
        return self.dropout(x)


@pytest.mark.parametrize("training", [True, False])
def test_nothing_is_changed(training):
    model = Counting().train(training)
    modes = [module.training for module in model.modules()]
    before = tg.get_rng_state().tobytes()
    attributes = dict(vars(model))
    summary(model, tg.ones(2, 3))
    assert tg.get_rng_state().tobytes() == before
    assert vars(model) == attributes
    assert model.passes == 0
    assert model.mean.tolist() == [0.0] * 3
    assert [module.training for module in model.modules()] == modes
    assert tg.is_grad_enabled()


def test_gradients_are_not_touched():
    net = nn.Linear(2, 1)
    net(tg.ones(3, 2)).sum().backward()
    gradient = net.weight.grad
    summary(net, tg.ones(3, 2))
    assert net.weight.grad is gradient


def test_an_error_of_a_layer_is_passed_on_and_nothing_is_left_changed():
    net, before = nn.Sequential(nn.Dropout(), nn.Linear(3, 2)), tg.get_rng_state().tobytes()
    with pytest.raises(RuntimeError, match=r"expected \(\*, 3\), got \(4, 5\)"):
        summary(net, tg.ones(4, 5))
    assert tg.get_rng_state().tobytes() == before
    assert tg.is_grad_enabled()
    assert "forward" not in vars(net)


def test_the_text_is_an_aligned_table():
    lines = str(summary(DigitNet(1000), tg.zeros(64, 784))).splitlines()
    assert [re.split(r"  +", line.strip()) for line in lines] == [
        ["layer", "class", "output shape", "parameters", "activation bytes"],
        ["fc1", "Linear", "(64, 1000)", "785,000", "256,000"],
        ["relu", "ReLU", "(64, 1000)", "0", "256,000"],
        ["fc2", "Linear", "(64, 10)", "10,010", "2,560"],
        ["total", "795,010", "514,560"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_the_rich_table_says_the_same():
    from rich.console import Console

    found = summary(DigitNet(), tg.zeros(64, 784))
    console = Console(width=120, no_color=True)
    with console.capture() as capture:
        console.print(found)
    words = capture.get().split()
    assert [word for word in words if word[0].isalnum() or word[0] == "("] == str(found).split()


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match="summary: model must be a Module, got function"):
        summary(tg.tanh, tg.ones(2))
