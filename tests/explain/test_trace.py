"""A trace says what a backward pass did: the steps in order, the blackboard's formulas, backward's very gradients."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from models import digit_manual
from models.digit import DigitNet
from tinygrad_np.explain import Trace, name, recording, trace
from tinygrad_np.nn.functional import cross_entropy

ROOT = Path(__file__).parents[2]


def digit_trace(m: int = 6, hidden: int = 7) -> tuple[Trace, DigitNet, np.ndarray, np.ndarray]:
    """Trace the digit network on random images, with the blackboard's names."""
    rng = np.random.default_rng(m)
    X, labels = rng.random((m, 784), np.float32), rng.integers(0, 10, m)
    net = DigitNet(hidden)
    for called, parameter in zip(("W1", "b1", "W2", "b2"), net.parameters(), strict=True):
        name(parameter, called)
    images = name(tg.tensor(X), "X")

    def loss() -> tg.Tensor:
        for called, result in net.activations(images)._asdict().items():
            name(result, called)
        return cross_entropy(result, tg.tensor(labels))

    return trace(loss), net, X, labels


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


class TestTheDigitNetwork:
    def test_it_has_one_entry_for_each_op_in_backward_order(self):
        traced, *_ = digit_trace()
        calls = [(entry.index, entry.op, entry.output, entry.inputs) for entry in traced]
        assert calls == [
            (1, "cross_entropy", "loss", ("Z2",)),
            (2, "linear", "Z2", ("A1", "W2", "b2")),
            (3, "relu", "A1", ("Z1",)),
            (4, "linear", "Z1", ("X", "W1", "b1")),
        ]

    def test_its_formulas_are_the_blackboards(self):
        traced, *_ = digit_trace(m=6)
        formulas = {c.to: c.formula for entry in traced for c in entry.contributions}
        assert formulas == {
            "Z2": "(p - onehot) * dloss / m",
            "A1": "dZ2 @ W2",
            "W2": "dZ2.T @ A1",
            "b2": "dZ2.sum(0)",
            "Z1": "dA1 * (A1 != 0)",
            "W1": "dZ1.T @ X",
            "b1": "dZ1.sum(0)",
        }
        (of_logits,) = traced["loss"].contributions
        assert of_logits.where == "p = softmax(Z2, 1), onehot = 1 at each row's label, m = 6"

    @given(st.integers(1, 40), st.integers(1, 20))
    def test_its_arrays_are_those_derived_by_hand(self, m, hidden):
        traced, net, X, labels = digit_trace(m, hidden)
        parameters = digit_manual.Parameters(*(parameter.detach().numpy() for parameter in net.parameters()))
        activations = digit_manual.forward(X, parameters)
        by_hand = digit_manual.backward(X, labels, parameters, activations)
        for called, gradient in by_hand._asdict().items():
            assert traced.gradients[called[1:]].tobytes() == gradient.tobytes(), called
        for called in ("Z1", "A1", "Z2"):
            assert traced[called].value.tobytes() == getattr(activations, called).tobytes(), called
            assert traced[called].shape == getattr(activations, called).shape
            assert traced[called].incoming.tobytes() == traced.gradients[called].tobytes()

    def test_its_text_is_the_same_to_the_byte_in_another_process(self):
        program = "from tests.explain.test_trace import digit_trace; import tinygrad_np as tg; tg.manual_seed(0); "
        program += "t = digit_trace()[0]; print(t); print(t.mermaid()); print(t.dot()); print(t.html())"
        texts = []
        for seed in ("1", "2"):
            command, environment = [sys.executable, "-c", program], {**os.environ, "PYTHONHASHSEED": seed}
            finished = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=True)
            texts.append(finished.stdout)
        assert texts[0] == texts[1]
        assert b"     dW1    = dZ1.T @ X " in texts[0]


# ------------------------------------------------------------------------------------------------------- gradients

UNARY = [tg.exp, tg.tanh, tg.sin, tg.relu, tg.sigmoid, lambda x: x * 0.5, lambda x: x.T, lambda x: x[:1]]
UNARY += [lambda x: x.sum(0), lambda x: x.mean(1, keepdim=True), lambda x: tg.max(x, 1)[0], lambda x: x.split(1)[0]]
BINARY = [tg.add, tg.sub, tg.mul, tg.maximum, lambda a, b: a @ b.T, lambda a, b: tg.cat([a, b])]


def random_graph(seed: int) -> tuple[tg.Tensor, list[tg.Tensor], list[tg.Tensor]]:
    """Compute a loss from two leaves by random ops, in which results are used again and again."""
    rng = np.random.default_rng(seed)
    leaves = [tg.tensor(rng.normal(size=(3, 3)).astype(np.float32), requires_grad=True) for _ in range(2)]
    known = list(leaves)
    while len(known) < 12:
        first, second = (known[i] for i in rng.integers(0, len(known), 2))
        if rng.integers(2):
            made = UNARY[rng.integers(len(UNARY))](first)
        else:
            made = BINARY[rng.integers(len(BINARY))](first, second)
        known.append(tg.broadcast_to(made[:3], (3, 3)))
    return sum((known[i] for i in rng.integers(2, 12, 3)), known[-1]).sum(), leaves, known


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_a_traces_gradients_are_backwards_to_the_bit_and_no_grad_is_touched(seed, recorded):
    if recorded:
        with recording():
            loss, leaves, known = random_graph(seed)
    else:
        loss, leaves, known = random_graph(seed)
    for i, tensor in enumerate(known):
        name(tensor, f"t{i}")
    known[5].retain_grad()
    traced = trace(loss)
    assert all(tensor.grad is None for tensor in (*leaves, known[5]))
    reached = [i for i, tensor in enumerate(known) if f"t{i}" in traced.gradients]
    with np.errstate(all="ignore"):
        expected = tg.autograd.grad(loss, [known[i] for i in reached], retain_graph=True)
        loss.backward()
    for i, gradient in zip(reached, expected, strict=True):
        assert traced.gradients[f"t{i}"].tobytes() == gradient.numpy().tobytes()
    for i, tensor in enumerate(leaves):
        assert (tensor.grad is None) is (f"t{i}" not in traced.gradients)
        if tensor.grad is not None:
            assert traced.gradients[f"t{i}"].tobytes() == tensor.grad.numpy().tobytes()


@given(st.integers(0, 2**32 - 1))
def test_contributions_add_up_to_the_gradients(seed):
    traced = trace(random_graph(seed)[0])
    arrived = {}
    for entry in traced:
        for c in entry.contributions:
            assert c.added == len(arrived.setdefault(c.to, []))
            arrived[c.to].append(c)
    for to, contributions in arrived.items():
        total = contributions[0].array
        for c in contributions[1:]:
            total = total + c.array
        assert np.array_equal(total, traced.gradients[to], equal_nan=True)
        assert {c.fan_out for c in contributions} == {len(contributions)}
        *earlier, last = contributions
        assert all(c.total is None and not c.terms for c in earlier)
        if earlier:
            assert last.terms == tuple(c.formula for c in contributions)
            assert np.array_equal(last.total, traced.gradients[to], equal_nan=True)


def test_hooks_run_as_in_backward():
    x = name(leaf(1.0, 2.0), "x")
    y = name(x * 3, "y")
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    traced = trace(y.sum())
    assert traced.gradients["y"].tolist() == [10.0, 10.0]
    assert traced.gradients["x"].tolist() == [31.0, 31.0]


def test_a_gradient_starts_the_pass():
    x = name(leaf(1.0, 2.0), "x")
    traced = trace(x * 3, tg.tensor([1.0, 10.0]))
    assert traced.gradients["output"].tolist() == [1.0, 10.0]
    assert traced.gradients["x"].tolist() == [3.0, 30.0]


def test_what_retain_grad_kept_before_is_put_back():
    x = leaf(1.0, 2.0)
    y = x * 3
    y.retain_grad()
    loss = y.sum()
    loss.backward(retain_graph=True)
    kept = y.grad
    trace(loss)
    assert y.grad is kept


# ------------------------------------------------------------------------------------------------------- what is said


def test_a_broadcast_that_was_undone_is_named():
    X, W, b = tg.ones(4, 3), tg.ones(10, 3, requires_grad=True), name(tg.ones(10, requires_grad=True), "b")
    traced = trace(lambda: (X @ W.T + b).sum())
    of_bias = next(c for entry in traced for c in entry.contributions if c.to == "b")
    assert of_bias.undone == "(4, 10) -> (10,) by summing axis 0"
    assert of_bias.undone in str(traced)
    assert of_bias.array.tolist() == [4.0] * 10


def test_axes_that_were_added_and_stretched_are_named():
    b = name(tg.ones(2, 1, requires_grad=True), "b")
    traced = trace(lambda: (tg.ones(5, 2, 3) * b).sum())
    assert traced["mul"].contributions[0].undone == "(5, 2, 3) -> (2, 1) by summing axes 0, 2"


def test_a_fan_out_is_shown_as_a_sum():
    x = name(leaf(3.0), "x")
    traced = trace(lambda: (x * x - x).sum())
    assert "fan-out 3: (-dsub) + dmul * x + dmul * x" in str(traced)
    assert traced.gradients["x"].tolist() == [5.0]


def test_lines_and_their_source_are_those_of_the_calls():
    x = leaf(1.0, 2.0)
    with recording():
        y = name(x.exp(), "y")
        line = inspect.currentframe().f_lineno - 1
        loss = (
            y * 2  # the line of the product
        ).sum()
    traced = trace(loss)
    assert traced["y"].line == f"test_trace.py:{line}"
    assert traced["y"].source == 'y = name(x.exp(), "y")'
    assert traced["mul"].line == f"test_trace.py:{line + 3}"


def test_a_call_through_a_numpy_function_has_the_callers_line():
    x = leaf(1.0, 2.0)
    traced = trace(lambda: np.sum(np.exp(x)))
    assert all(entry.source.startswith("traced = trace(lambda: np.sum") for entry in traced)


def test_numbers_are_shown_and_constants_numbered():
    a, b = tg.ones(2), tg.ones(2)
    x = leaf(1.0, 2.0).float()
    traced = trace(lambda: (x * a * b * a / -2.0).sum())
    assert [entry.inputs[1:] for entry in traced][1:5] == [("-2.0",), ("constant",), ("constant_2",), ("constant",)]
    assert traced["div"].contributions[0].formula == "ddiv / (-2.0)"


def test_m_and_n_are_said():
    x = leaf(1.0, 2.0, 3.0)
    (of_mean,) = trace(x.mean()).entries[0].contributions
    assert (of_mean.formula, of_mean.where) == ("spread(dloss / n)", "n = 3")


def test_several_outputs_are_pieces_of_one_step():
    x = name(leaf(1.0, 2.0, 3.0), "x")
    with recording():
        first, second, _ = x.split(1)
        loss = (first * 5 + second * 7).sum()
    traced = trace(loss)
    assert traced.gradients["x"].tolist() == [5.0, 7.0, 0.0]
    assert traced.gradients["split[1]"].tolist() == [7.0]
    step = traced["split"]
    assert step.pieces == ("split[0]", "split[1]")
    assert (step.value.tolist(), step.incoming.tolist(), step.shape) == ([1.0, 2.0, 3.0], [5.0, 7.0, 0.0], (3,))
    assert step.line.startswith("test_trace.py:")
    assert ("split", "split[0]") in traced.edges
    assert step.contributions[0].formula == "cat(dsplit, 0)"


def test_the_largest_of_a_dim_gets_the_gradient():
    x = name(leaf(1.0, 5.0, 2.0), "x")
    values, _ = tg.max(x, 0)
    assert trace(values).gradients["x"].tolist() == [0.0, 1.0, 0.0]


def test_a_graph_made_without_recording_has_no_values_and_lines():
    x = leaf(1.0, 2.0)
    traced = trace((x * x).sum())
    assert [(entry.value, entry.line, entry.source, entry.module) for entry in traced] == [(None, "", "", "")] * 2
    assert traced.gradients["leaf"].tolist() == [2.0, 4.0]
    assert "value" not in str(traced)


def test_a_value_that_was_overwritten_is_not_shown():
    x = leaf(1.0, 2.0)
    with recording():
        y = name(x + 1, "y")  # whose rule reads nothing that is overwritten
        loss = y.sum()
    with tg.no_grad():
        y.zero_()
    assert trace(loss)["y"].value is None


def test_a_leaf_has_a_trace_without_steps():
    x = tg.tensor(2.0, requires_grad=True)
    traced = trace(x)
    assert len(traced) == 0
    assert traced.gradients["loss"] == 1.0
    assert str(traced) == ""


def test_the_graph_is_kept():
    x = leaf(1.0, 2.0)
    loss = (x * x).sum()
    assert str(trace(loss)) == str(trace(loss))
    loss.backward()
    assert x.grad.tolist() == [2.0, 4.0]


# ------------------------------------------------------------------------------------------------------------- errors


def test_a_saved_array_that_was_overwritten_is_refused():
    x = leaf(1.0, 2.0)
    loss = (x * x).sum()
    with tg.no_grad():
        x.zero_()
    with pytest.raises(RuntimeError, match="mul saved an array of its forward pass that was overwritten"):
        trace(loss)


def test_a_graph_that_was_freed_is_refused():
    loss = leaf(1.0).exp().sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="a second time"):
        trace(loss)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3.0,), TypeError, "trace: expected a tensor, or a function that returns one, got float"),
        ((lambda: None,), TypeError, "trace: expected a tensor, or a function that returns one, got NoneType"),
        ((leaf(1.0, 2.0), np.ones(2)), TypeError, "trace: gradient must be a tensor, got ndarray"),
        ((leaf(1.0, 2.0),), RuntimeError, r"trace: grad can be implicitly created only for scalar outputs; .* \(2,\)"),
        ((leaf(1.0), tg.ones(3)), RuntimeError, r"trace: gradient has shape \(3,\), but .* has \(1,\)"),
        ((tg.ones(()),), RuntimeError, "trace: element 0 of tensors does not require grad"),
    ],
)
def test_what_is_wrong_is_said(arguments, error, message):
    with pytest.raises(error, match=message):
        trace(*arguments)


def test_an_unknown_step_is_an_error_that_lists_the_known():
    with pytest.raises(KeyError, match=r"no step of this trace gives 'Z'; its steps give: loss, exp"):
        trace(leaf(1.0).exp().sum())["Z"]
