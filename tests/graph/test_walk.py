"""The backward walk: the chain rule over graphs of any shape, depth and order."""

import _thread
import gc
import sys
import time
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np._graph import OPS
from tinygrad_np.nn.functional import linear


def leaf(*values: float, dtype=tg.float64) -> tg.Tensor:
    return tg.tensor(list(values), dtype=dtype, requires_grad=True)


def test_a_diamond_adds_both_paths():
    x = leaf(2.0, -3.0)
    left, right = x * 3, x.exp()
    (left * right).sum().backward()
    np.testing.assert_allclose(x.grad.array, 3 * np.exp(x.array) * (1 + x.array), rtol=1e-15)


@given(st.lists(st.sampled_from(["add", "mul", "neg", "square"]), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_random_graphs_have_the_derivative_of_their_polynomial(steps, seed):
    """Every node may use any earlier one, so that fan-out and depth come in all mixtures; the complex step checks."""
    choose = np.random.default_rng(seed)
    picks = [choose.integers(0, i + 1, 2) for i in range(len(steps))]

    def build(x):
        values = [x]
        for step, (i, j) in zip(steps, picks, strict=True):
            a, b = values[i], values[j]
            values.append({"add": a + b, "mul": a * b * 0.5, "neg": -a, "square": a * a * 0.5}[step])
        return values[-1]

    x = leaf(0.7)
    out = build(x)
    (gradient,) = tg.autograd.grad(out, x, tg.ones(1, dtype=tg.float64), allow_unused=True)
    expected = build(np.array([0.7 + 1e-20j])).imag / 1e-20
    np.testing.assert_allclose(np.zeros(1) if gradient is None else gradient.array, expected, rtol=1e-12)


def test_a_tensor_used_twice_by_one_op_counts_twice():
    x = leaf(3.0)
    (x * x).backward()
    assert x.grad.item() == 6.0


@pytest.mark.parametrize("collector", [True, False])
def test_a_chain_of_100_000_ops(collector):
    """Forward, backward and deletion: nothing in them is recursive."""
    if not collector:
        gc.disable()
    try:
        x = leaf(1.0)
        y = x
        for _ in range(100_000):
            y = y + 1.0
        y.backward()
        assert x.grad.item() == 1.0
        del y
    finally:
        gc.enable()


def test_a_deep_graph_is_deleted_without_a_backward():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y.sin()
    del y


def test_memory_does_not_grow_over_10_000_steps_with_the_collector_off():
    """There is no cycle, not even with create_graph: counting alone frees everything."""
    w = tg.randn(3, 3, requires_grad=True)
    x = tg.randn(4, 3)

    def step(order):
        loss = ((x @ w).tanh() ** 2).mean()
        (slope,) = tg.autograd.grad(loss, w, create_graph=True)
        (slope * slope).sum().backward() if order == 2 else loss.backward()
        w.grad = None

    gc.collect()
    gc.disable()
    try:
        for _ in range(1000):  # Python's own free lists fill
            step(2)
        before = len(gc.get_objects()), sys.getallocatedblocks()
        for i in range(10_000):
            step(2 if i % 10 == 0 else 1)
        after = len(gc.get_objects()), sys.getallocatedblocks()
    finally:
        gc.enable()
    assert after[0] - before[0] < 100
    assert after[1] - before[1] < 1000  # a leak of one object a step would be 10,000


def test_a_dead_graph_frees_its_arrays_at_once():
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = x.exp()
        array = weakref.ref(y.array)
        z = (y * y).sum()
        del y
        assert array() is not None  # saved for the backward pass
        z.backward()
        assert array() is None  # freed by it, though z is alive
    finally:
        gc.enable()


def test_the_graph_does_not_hold_tensors():
    x = leaf(1.0)
    y = x * 2
    z = y.exp()
    gone = weakref.ref(y)
    del y
    assert gone() is None
    z.backward()
    leaf_tensor = weakref.ref(x)
    z = x.exp()
    del x
    assert leaf_tensor() is None
    z.backward()  # the leaf has gone: its gradient has nowhere to go, which is no error


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_any_order_of_derivative(order):
    x = leaf(0.3)
    y = x.sin()
    for _ in range(order):
        (y,) = tg.autograd.grad(y, x, create_graph=True)
    assert y.item() == pytest.approx(np.sin(0.3 + order * np.pi / 2), rel=1e-13)


def test_broadcasting_is_undone_to_shape_and_dtype():
    x = tg.ones(2, 1, requires_grad=True)
    y = tg.ones(2, 1, 2, dtype=tg.float64, requires_grad=True)
    out = x * y
    out.backward(tg.ones_like(out))
    assert (x.grad.shape, x.grad.dtype) == ((2, 1), tg.float32)
    assert (y.grad.shape, y.grad.dtype) == ((2, 1, 2), tg.float64)
    assert x.grad.tolist() == [[4.0], [4.0]]


def test_a_long_float32_sum_keeps_its_digits():
    x = tg.zeros(1, 2, requires_grad=True)
    (x + tg.ones(2**21, 2)).sum().backward()
    assert x.grad.tolist() == [[2.0**21, 2.0**21]]
    tall = tg.full((2**25, 1), 1.0).expand(-1, 2)  # 2**24 is where float32 stops counting by ones
    assert tall.sum(0).tolist() == [2.0**25, 2.0**25]
    assert tg.full((2**25,), 1.0).sum().item() == 2.0**25


def test_a_rule_whose_shape_is_wrong_is_named():
    op = OPS["tanh"]
    rules, op.rules = op.rules, (lambda g, y: g[:1],)
    try:
        with pytest.raises(
            RuntimeError, match=r"tanh: its rule returned a gradient of shape \(1,\) for an argument of \(2,\)"
        ):
            leaf(1.0, 2.0).tanh().sum().backward()
    finally:
        op.rules = rules


def test_several_outputs_gather_their_gradients_before_the_rule():
    x = leaf(1.0, 2.0, 3.0)
    first, second = x.split([1, 2])
    (first * 5).sum().backward(retain_graph=True)
    assert x.grad.tolist() == [5.0, 0.0, 0.0]
    x.grad = None
    (first.sum() * second.sum() + second[0]).backward()
    assert x.grad.tolist() == [5.0, 2.0, 1.0]


def test_second_order_through_several_outputs():
    x = leaf(1.0, 2.0, 3.0)
    first, second = (x * x).split([1, 2])
    (g,) = tg.autograd.grad(first.sum() * second.sum(), x, create_graph=True)
    g.sum().backward()
    expected = [2 * 13 + 4 * 1 * 5, 2 * 1 + 4 * 1 * 2, 2 * 1 + 4 * 1 * 3]  # of x0^2 (x1^2 + x2^2)
    assert x.grad.tolist() == expected


def test_only_what_leads_to_the_inputs_is_worked_on():
    x, w = leaf(1.0), leaf(2.0)
    out = x.sin() * w.tanh()
    op = OPS["tanh"]
    rules, op.rules = op.rules, (lambda g, y: pytest.fail("the rule of tanh was not needed"),)
    try:
        (slope,) = tg.autograd.grad(out, x)
    finally:
        op.rules = rules
    assert slope.item() == pytest.approx(np.cos(1.0) * np.tanh(2.0))


@pytest.mark.parametrize("build", [lambda W: tg.ones(4, 3) @ W.mT, lambda W: linear(tg.ones(4, 3), W, tg.ones(2))])
def test_data_of_another_dtype_or_shape_after_recording(build):
    W = tg.ones(2, 3, requires_grad=True)
    y = build(W).sum()
    W.data = tg.ones(2, 3, dtype=tg.float64)
    y.backward()
    assert W.grad.dtype == tg.float64
    W = tg.ones(2, 3, requires_grad=True)
    y = build(W).sum()
    W.data = tg.zeros(5, 3)
    with pytest.raises(
        RuntimeError, match=r"its rule returned a gradient of shape \(2, 3\) for an argument of \(5, 3\)"
    ):
        y.backward()
    assert W.grad is None


def test_a_hook_of_a_leaf_that_is_not_asked_for_is_not_called():
    asked, other = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    called = []
    for leaf in (asked, other):
        leaf.register_hook(lambda g, leaf=leaf: called.append(leaf))
    tg.autograd.backward([(asked * other).sum(), other], [None, tg.ones(2)], inputs=[asked])
    assert len(called) == 1
    assert called[0] is asked
    assert other.grad is None


def test_backward_as_the_only_function_of_a_thread():
    x = tg.ones(2, requires_grad=True)
    loss = (x * 2).sum()
    _thread.start_new_thread(tg.autograd.backward, (loss,))
    end = time.monotonic() + 20
    while x.grad is None and time.monotonic() < end:
        time.sleep(0.01)
    assert x.grad.tolist() == [2, 2]
