"""Autodiff gives the hand-derived gradients of the digit network to the last bit."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_np as tg
from examples.compare_gradients import gradients_by_autodiff, gradients_by_hand
from models import digit_manual
from models.digit_manual import Gradients, Parameters
from tests.models.cases import Case, grid, random_case, same_bits, unequal
from tinygrad_np import nn


@st.composite
def cases(draw):
    """Any batch, hidden width, weights and dtype of the promise, with the corners that rounding and zeros have."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    batch, width = draw(st.integers(1, 1000)), draw(st.integers(1, 128))
    scale = 10 ** draw(st.floats(-3, 2))
    X, labels, (W1, b1, W2, b2) = random_case(dtype, batch, width, scale, draw(st.integers(0, 2**32 - 1)))
    if draw(st.booleans()):  # inputs of both signs, as of data that was standardised
        X -= X.mean(dtype=dtype)
    if draw(st.booleans()):  # at the kink: without a bias, an empty image gives Z1 = 0
        X[::2], b1[::3] = 0, 0
    if draw(st.booleans()):  # dead hidden units
        b1[::2] = -1e6
    if draw(st.booleans()):  # probabilities of exactly 0 and 1
        W2, b2 = W2 * dtype(1e5), b2 * dtype(1e5)
    if draw(st.booleans()):
        labels[:] = draw(st.integers(0, 9))
    return Case(X, labels, Parameters(W1, b1, W2, b2))


@settings(max_examples=4 * settings.default.max_examples)
@given(cases())
def test_autodiff_has_the_bits_of_the_hand_derived_gradients(case):
    by_hand = gradients_by_hand(*case)
    by_autodiff = gradients_by_autodiff(case.X, case.labels, case.net())
    assert unequal(by_autodiff, by_hand) == set()


def test_every_gradient_of_the_grid_is_equal_to_the_bit():
    counts = dict.fromkeys(Gradients._fields, 0)
    tried = list(grid())
    for case in tried:
        differ = unequal(gradients_by_autodiff(case.X, case.labels, case.net()), gradients_by_hand(*case))
        for name in counts:
            counts[name] += name not in differ
    print(f"{sum(counts.values()):,} of {len(tried) * len(counts):,} gradients are equal to the bit: {counts}")
    assert set(counts.values()) == {len(tried)}


@given(cases())
def test_forward_pass_and_loss_have_the_bits_of_the_formulas(case):
    X, labels, parameters = case
    expected = digit_manual.forward(X, parameters)
    activations = case.net().activations(tg.tensor(X))
    for name, tensor in activations._asdict().items():
        assert same_bits(tensor.detach().numpy(), getattr(expected, name)), name
    loss = nn.functional.cross_entropy(activations.Z2, tg.tensor(labels)).item()
    assert loss == digit_manual.loss(expected.Z2, labels)


def test_the_corners_are_reached():
    """Dead units, saturated softmax and the kink, as the strategy makes them, are what their names say."""
    X, labels, (W1, b1, W2, b2) = random_case(np.float32, 6, 4, 100.0, 0)
    X[::2], b1[::3] = 0, 0
    b1[2] = -1e6
    case = Case(X, labels, Parameters(W1, b1, W2 * np.float32(1e5), b2 * np.float32(1e5)))
    Z1, A1, _, A2 = digit_manual.forward(X, case.parameters)
    assert (Z1[::2, 0] == 0).all()
    assert (A1[:, 2] == 0).all()
    assert set(A2.ravel()) == {0, 1}
    by_hand = gradients_by_hand(*case)
    assert np.signbit(by_hand.dZ1[by_hand.dZ1 == 0]).any()  # the sign of zero is compared too
    assert unequal(gradients_by_autodiff(X, labels, case.net()), by_hand) == set()


# ------------------------------------------------------------------------- the comparison notices what it is there for

FAULTS = {
    "the bias gradient summed over everything": ("dZ2.sum(0)", "np.full_like(parameters.b2, dZ2.sum())", {"db2"}),
    "the same in the hidden layer": ("dZ1.sum(0)", "np.full_like(parameters.b1, dZ1.sum())", {"db1"}),
    "the bias gradient of one example": ("dZ1.sum(0)", "dZ1[0]", {"db1"}),
    "no division by m": ("(A2 - onehot) / m", "A2 - onehot", set(Gradients._fields)),
    "division by a larger m": ("/ m", "/ (m + 1)", set(Gradients._fields)),
    "multiplication by 1 / m": ("/ m", "* (1 / m)", set(Gradients._fields)),
    "the softmax without the labels": ("A2 - onehot", "A2", set(Gradients._fields)),
    "the wrong sign": ("A2 - onehot", "onehot - A2", set(Gradients._fields)),
    "W2 transposed": ("dZ2 @ W2", "dZ2 @ W2.T", {"dA1", "dZ1", "dW1", "db1"}),
    "no mask": ("dA1 * (Z1 > 0)", "dA1", {"dZ1", "dW1", "db1"}),
    "1 at the kink": ("Z1 > 0", "Z1 >= 0", {"dZ1", "db1"}),
    "the sign of zero": ("dA1 * (Z1 > 0)", "np.where(Z1 > 0, dA1, 0)", {"dZ1"}),
    "the activations before the ReLU": ("dZ2.T @ A1", "dZ2.T @ Z1", {"dW2"}),
    "the examples in another order": ("dZ1.T @ X", "dZ1[::-1].T @ X[::-1]", {"dW1"}),
    "a sum in another order": ("dZ2.sum(0)", "dZ2[::-1].sum(0)", {"db2"}),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_planted_fault_is_noticed(fault, dtype):
    """With 10 hidden units, where a transposed W2 has the right shape."""
    right, wrong, touched = FAULTS[fault]
    case = random_case(dtype, batch=100, width=10, scale=0.5, seed=1)
    case.X[0], case.parameters.b1[0] = 0, 0  # an empty image: Z1[0, 0] = 0 is the kink
    source = inspect.getsource(digit_manual.backward)
    assert source.count(right) == 1
    spoiled = dict(vars(digit_manual))
    exec(source.replace(right, wrong), spoiled)
    by_fault = spoiled["backward"](*case, digit_manual.forward(case.X, case.parameters))
    by_autodiff = gradients_by_autodiff(case.X, case.labels, case.net())
    assert unequal(gradients_by_hand(*case), by_autodiff) == set()
    assert unequal(by_fault, by_autodiff) == touched
