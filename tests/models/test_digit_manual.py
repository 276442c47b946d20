"""The hand-derived gradients are those of the loss, and the loop in plain NumPy learns."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import data
from examples.compare_gradients import gradients_by_hand
from models import digit_manual
from models.digit_manual import Parameters
from tests.models.cases import random_case

seeds = st.integers(0, 2**32 - 1)


@given(st.integers(1, 40), st.integers(1, 32), st.floats(0.01, 0.5), seeds)
def test_gradients_are_the_slopes_of_the_loss(batch, hidden, scale, seed):
    """Along a random direction through all parameters, against central differences of the loss."""
    X, labels, parameters = random_case(np.float64, batch, hidden, scale, seed)
    _, dW2, db2, _, _, dW1, db1 = gradients_by_hand(X, labels, parameters)
    rng = np.random.default_rng(seed)
    for name, gradient in zip(Parameters._fields, (dW1, db1, dW2, db2), strict=True):
        direction = rng.standard_normal(gradient.shape)
        h = 1e-6 / np.abs(direction).max()

        def loss_at(t, name=name, direction=direction):
            moved = parameters._replace(**{name: getattr(parameters, name) + t * direction})
            activations = digit_manual.forward(X, moved)
            return digit_manual.loss(activations.Z2, labels), activations.Z1 > 0

        (above, mask_above), (below, mask_below) = loss_at(h), loss_at(-h)
        if (mask_above == mask_below).all():  # no kink in between
            size = np.abs(gradient * direction).sum()
            assert (above - below) / (2 * h) == pytest.approx((gradient * direction).sum(), abs=1e-5 * size + 1e-8)


@given(st.integers(1, 40), st.integers(1, 32), st.sampled_from([0.01, 0.5, 20.0]), seeds)
def test_gradients_agree_with_pytorch(batch, hidden, scale, seed):
    torch = pytest.importorskip("torch")
    X, labels, parameters = random_case(np.float64, batch, hidden, scale, seed)
    W1, b1, W2, b2 = (torch.tensor(p, requires_grad=True) for p in parameters)
    Z1 = torch.tensor(X) @ W1.T + b1
    A1 = Z1.relu()
    Z2 = A1 @ W2.T + b2
    for result in (Z1, A1, Z2):
        result.retain_grad()
    loss = torch.nn.functional.cross_entropy(Z2, torch.tensor(labels))
    loss.backward()
    assert digit_manual.loss(digit_manual.forward(X, parameters).Z2, labels) == pytest.approx(loss.item(), rel=1e-12)
    by_hand = gradients_by_hand(X, labels, parameters)
    for ours, tensor in zip(by_hand, (Z2, W2, b2, A1, Z1, W1, b1), strict=True):
        largest = np.abs(ours).max()
        np.testing.assert_allclose(ours, tensor.grad.numpy(), rtol=0, atol=1e-11 * largest)


@given(seeds)
def test_loss_and_probabilities_are_finite_at_large_logits(seed):
    rng = np.random.default_rng(seed)
    Z2, labels = rng.uniform(-1e4, 1e4, (5, 10)).astype(np.float32), rng.integers(0, 10, 5)
    expected = np.mean(Z2.max(1) - Z2[np.arange(5), labels])
    assert digit_manual.loss(Z2, labels) == pytest.approx(expected, abs=1)


def test_a_step_moves_against_the_gradient():
    X, labels, parameters = random_case(np.float64, 20, 7, 0.1, 0)
    _, dW2, db2, _, _, dW1, db1 = gradients_by_hand(X, labels, parameters)
    expected = [p - 0.25 * g for p, g in zip(parameters, (dW1, db1, dW2, db2), strict=True)]
    digit_manual.step(X, labels, parameters, rate=0.25)
    for moved, target in zip(parameters, expected, strict=True):
        np.testing.assert_array_equal(moved, target)


def test_training_without_momentum_in_one_batch_is_a_step():
    X, labels, stepped = random_case(np.float64, 20, 7, 0.1, 0)
    trained = copy.deepcopy(stepped)
    digit_manual.step(X, labels, stepped, rate=0.5)
    digit_manual.train(X, labels, trained, epochs=1, batch=20, rate=0.5, momentum=0.0, rng=np.random.default_rng(0))
    for p, q in zip(stepped, trained, strict=True):
        np.testing.assert_allclose(p, q, rtol=0, atol=1e-15)


def test_momentum_adds_the_earlier_gradients():
    """With a batch of everything: velocity_2 = momentum * gradient_1 + gradient_2."""
    X, labels, start = random_case(np.float64, 20, 7, 0.1, 0)
    once, twice = copy.deepcopy(start), copy.deepcopy(start)
    digit_manual.step(X, labels, once, rate=0.5)
    g1 = gradients_by_hand(X, labels, start)
    g2 = gradients_by_hand(X, labels, once)
    digit_manual.train(X, labels, twice, epochs=2, batch=20, rate=0.5, momentum=0.9, rng=np.random.default_rng(0))
    expected = start.W2 - 0.5 * g1.dW2 - 0.5 * (0.9 * g1.dW2 + g2.dW2)
    np.testing.assert_allclose(twice.W2, expected, rtol=0, atol=1e-14)


def test_the_loop_learns_real_digits():
    digits = data.load_digits(data.SAMPLE)
    X, X_test = (images.astype(np.float32) / 255 for images in (digits.train_images, digits.test_images))
    rng = np.random.default_rng(0)
    parameters = digit_manual.initialise(10, rng)
    digit_manual.train(X, digits.train_labels, parameters, epochs=10, batch=32, rate=0.02, momentum=0.9, rng=rng)
    predictions = digit_manual.forward(X_test, parameters).A2.argmax(1)
    assert (predictions == digits.test_labels).mean() > 0.75
