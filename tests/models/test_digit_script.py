"""The script as it was: its mistakes are there, are noticed, and do not show in its accuracy."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import data
from examples.compare_gradients import gradients_by_autodiff, gradients_by_script
from models import digit_manual, digit_script
from tests.models.cases import random_case, unequal

seeds = st.integers(0, 2**32 - 1)


@given(st.integers(1, 200), st.integers(2, 64), st.floats(0.01, 0.5), seeds)
def test_its_bias_gradients_are_wrong_and_the_others_right(batch, hidden, scale, seed):
    X, labels, parameters = case = random_case(np.float64, batch, hidden, scale, seed)
    right = gradients_by_autodiff(X, labels, case.net())
    assume(np.ptp(right.db1) > 0)  # not all hidden units dead
    script = gradients_by_script(X, labels, parameters)
    for name in ("dZ2", "dW2", "dA1", "dZ1", "dW1"):
        expected = getattr(right, name)
        np.testing.assert_allclose(getattr(script, name), expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    assert np.abs(script.db2).max() < 1e-13 * np.abs(right.db2).max()
    assert np.ptp(script.db1) == 0
    assert script.db1[0] == pytest.approx(right.db1.sum(), abs=1e-12 * np.abs(right.db1).sum())
    assert {"db1", "db2"} <= unequal(script, right)


def test_one_hidden_unit_hides_the_mistake_in_the_hidden_layer():
    X, labels, parameters = case = random_case(np.float64, 20, 1, 0.1, 0)
    right, script = gradients_by_autodiff(X, labels, case.net()), gradients_by_script(X, labels, parameters)
    np.testing.assert_allclose(script.db1, right.db1, rtol=1e-12)


def test_its_softmax_overflows_where_ours_does_not():
    Z = np.array([[0.0], [1000.0]])
    with pytest.warns(RuntimeWarning, match="overflow"), np.errstate(invalid="ignore"):
        assert np.isnan(digit_script.softmax(Z)).any()
    assert digit_manual.loss(Z.T, np.array([1])) == 0


def test_it_divides_by_the_size_of_the_whole_set():
    """After one step from the same parameters, the weights have moved by rate * dW * (n - 1000) / n."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (1100, 784), dtype=np.uint8), rng.integers(0, 10, 1100)
    parameters, _ = digit_script.train(images, labels, np.random.default_rng(7), steps=1, rate=0.5)
    again = np.random.default_rng(7)
    order = again.permutation(1100)[1000:]
    W1, b1, W2, b2 = digit_script.initialise(10, again)
    rows = digit_manual.Parameters(W1, b1.ravel(), W2, b2.ravel())
    X, labels = images[order] / 255, labels[order]
    right = digit_manual.backward(X, labels, rows, digit_manual.forward(X, rows))
    np.testing.assert_allclose(W2 - parameters.W2, 0.5 * right.dW2 * (100 / 1100), rtol=1e-9, atol=1e-12)


def test_it_learns_all_the_same():
    digits = data.load_digits(data.SAMPLE)
    reports = []
    _, accuracy = digit_script.train(
        digits.train_images,
        digits.train_labels,
        np.random.default_rng(0),
        steps=201,
        rate=0.5,
        report=lambda step, accuracy: reports.append((step, accuracy)),
    )
    assert [step for step, _ in reports] == list(range(0, 201, 10))
    assert reports[-1][1] > reports[0][1] + 0.3
    assert accuracy > 0.3
