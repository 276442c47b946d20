"""The subgradients stated in the design, where a function has a kink, a pole or a tie; and extreme logits."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg

FLOATS = [tg.float32, tg.float64]


def gradient(function: Callable[..., Any], *inputs: Any, seed: Any = None, dtype: Any = tg.float64) -> Any:
    """Return the gradients, as lists, of <seed, output>; the seed is all ones unless it is given."""
    tensors = [tg.tensor(x, dtype=dtype, requires_grad=True) for x in inputs]
    y = function(*tensors)
    found = tg.autograd.grad(y, tensors, tg.ones_like(y) if seed is None else tg.tensor(seed, dtype=dtype))
    lists = [g.tolist() for g in found]
    return lists[0] if len(lists) == 1 else lists


# What is differentiated, where, and the gradient.
TABLE: list[tuple[str, Callable[..., Any], list[Any], Any]] = [
    ("relu", tg.relu, [[-1.0, 0.0, -0.0, 2.0]], [0, 0, 0, 1]),
    ("abs", tg.abs, [[-1.0, 0.0, -0.0, 2.0]], [-1, 0, 0, 1]),
    ("sign", tg.sign, [[-1.0, 0.0, 2.0]], [0, 0, 0]),
    ("maximum", tg.maximum, [[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]], [[0, 0.5, 1], [1, 0.5, 0]]),
    ("minimum", tg.minimum, [[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]], [[1, 0.5, 0], [0, 0.5, 1]]),
    ("max of all", tg.max, [[3.0, 1.0, 3.0, 3.0, 3.0]], [0.25, 0, 0.25, 0.25, 0.25]),
    ("min of all", tg.min, [[1.0, 3.0, 1.0]], [0.5, 0, 0.5]),
    ("amax", lambda x: tg.amax(x, 1), [[[3.0, 3.0], [1.0, 2.0]]], [[0.5, 0.5], [0, 1]]),
    ("amin", lambda x: tg.amin(x, 1), [[[3.0, 3.0], [1.0, 2.0]]], [[0.5, 0.5], [1, 0]]),
    ("amax of equal columns", lambda x: tg.amax(x, 0, keepdim=True), [[[3.0], [3.0]]], [[0.5], [0.5]]),
    ("max along dim", lambda x: tg.max(x, 1).values, [[[3.0, 3.0], [1.0, 2.0]]], [[1, 0], [0, 1]]),
    ("min along dim", lambda x: tg.min(x, 0).values, [[[3.0, 3.0], [3.0, 2.0]]], [[1, 0], [0, 1]]),
    ("clamp", lambda x: tg.clamp(x, -1, 1), [[-2.0, -1.0, 0.0, 1.0, 2.0]], [0, 1, 1, 1, 0]),
    ("clamp from below", lambda x: tg.clamp(x, min=1), [[0.0, 1.0, 2.0]], [0, 1, 1]),
    ("clamp from above", lambda x: tg.clamp(x, max=1), [[0.0, 1.0, 2.0]], [1, 1, 0]),
    ("clamp by tensors", tg.clamp, [[0.0, 1.0, 3.0], [1.0] * 3, [2.0] * 3], [[0, 1, 0], [1, 0, 0], [0, 0, 1]]),
    ("clamp with min > max", lambda x: tg.clamp(x, 2, 1), [[0.0, 1.5, 3.0]], [0, 0, 0]),
    ("sqrt", tg.sqrt, [[0.0, 4.0]], [inf, 0.25]),
    ("x ** 0", lambda x: x**0, [[0.0, 2.0]], [0, 0]),
    ("x ** 0.0", lambda x: x**0.0, [[0.0, -2.0]], [0, 0]),
    ("x ** 1", lambda x: x**1, [[0.0, 2.0]], [1, 1]),
    ("x ** 2", lambda x: x**2, [[0.0, -3.0]], [0, -6]),
    ("x ** b", tg.pow, [[0.0, 0.0, 0.0], [0.0, 1.0, 2.0]], [[0, 1, 0], [0, 0, 0]]),
    ("0 ** b", lambda b: 0.0**b, [[0.0, 2.0]], [0, 0]),
    ("std", tg.std, [[3.0, 3.0, 3.0]], [0, 0, 0]),
    ("std of some", lambda x: tg.std(x, 1), [[[3.0, 3.0], [0.0, 2.0]]], [[0, 0], [-(0.5**0.5), 0.5**0.5]]),
    ("prod with one zero", tg.prod, [[2.0, 0.0, 5.0]], [0, 10, 0]),
    ("prod with two zeros", tg.prod, [[2.0, 0.0, 0.0]], [0, 0, 0]),
    ("prod along dim", lambda x: tg.prod(x, 1), [[[0.0, 3.0], [0.0, 0.0]]], [[3, 0], [0, 0]]),
    ("logsumexp", lambda x: tg.logsumexp(x, 0), [[-inf, -inf]], [0, 0]),
    ("logsumexp of some", lambda x: tg.logsumexp(x, 1), [[[-inf, -inf], [-inf, 1.0]]], [[0, 0], [0, 1]]),
    ("where", lambda x: tg.where(x > 0, tg.sqrt(x), x), [[4.0, -1.0]], [0.25, nan]),
]


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize(("function", "inputs", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
@pytest.mark.filterwarnings("ignore:invalid value encountered in sqrt:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:divide by zero encountered in log:RuntimeWarning")
def test_subgradient(function, inputs, expected, dtype):
    np.testing.assert_allclose(gradient(function, *inputs, dtype=dtype), expected, rtol=4 * np.finfo(dtype).eps)


MASKING: list[tuple[str, Callable[..., Any], list[float]]] = [
    ("relu", tg.relu, [-1.0, 0.0]),
    ("sign", tg.sign, [-1.0, 2.0]),
    ("clamp", lambda x: tg.clamp(x, -0.5, 0.5), [-1.0, 1.0]),
    ("maximum", lambda x: tg.maximum(x, tg.tensor([5.0, 5.0], dtype=x.dtype)), [0.0, 1.0]),
    ("where", lambda x: tg.where(x > 5, x, 0.0), [0.0, 1.0]),
    ("getitem", lambda x: x[:0], [0.0, 1.0]),
]


@pytest.mark.parametrize("seed", [inf, -inf, nan])
@pytest.mark.parametrize(("function", "x"), [row[1:] for row in MASKING], ids=[row[0] for row in MASKING])
def test_what_is_masked_stays_zero_even_for_an_infinite_gradient(function, x, seed):
    y = function(tg.tensor(x))
    assert gradient(function, x, seed=[seed] * len(y)) == [0, 0]


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_products_are_exact_with_zeros_in_higher_orders(dtype):
    x = tg.tensor([2.0, 0.0, 5.0, 0.0], dtype=dtype, requires_grad=True)
    (first,) = tg.autograd.grad(tg.prod(x), x, create_graph=True)
    assert first.tolist() == [0, 0, 0, 0]
    (second,) = tg.autograd.grad(first[1], x)
    assert second.tolist() == [0, 0, 0, 10]


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_the_softmax_family_is_finite_at_large_logits(dtype):
    x = tg.tensor([[1e4, -1e4, 0.0], [1e4, 1e4, 1e4]], dtype=dtype, requires_grad=True)
    third = tg.tensor(1 / 3, dtype=dtype)
    np.testing.assert_allclose(tg.softmax(x, 1).tolist(), [[1, 0, 0], [third.item()] * 3], rtol=1e-6)
    np.testing.assert_allclose(tg.log_softmax(x, 1).tolist(), [[0, -2e4, -1e4], [-np.log(3)] * 3], rtol=1e-6)
    for function in (tg.softmax, tg.log_softmax):
        (g,) = tg.autograd.grad(function(x, 1), x, tg.ones(2, 3, dtype=dtype))
        assert np.isfinite(g.tolist()).all()
    y = tg.logsumexp(x, 1)
    np.testing.assert_allclose(y.tolist(), [1e4, 1e4 + np.log(3)], rtol=1e-6)
    (g,) = tg.autograd.grad(y.sum(), x)
    # exp(x - y) is as exact as the difference of two large numbers: in float32, to the fourth digit.
    np.testing.assert_allclose(g.tolist(), [[1, 0, 0], [1 / 3] * 3], rtol=1e4 * np.finfo(dtype).eps)


def test_log_softmax_keeps_small_float32_values():
    """log(1 + exp(-20)) is 2e-9, far below the rounding of 1 in float32."""
    y = tg.log_softmax(tg.tensor([20.0, 0.0]), 0)
    np.testing.assert_allclose(y.tolist(), [-np.log1p(np.exp(-20)), -20 - np.log1p(np.exp(-20))], rtol=1e-6)


def test_sigmoid_does_not_overflow():
    x = tg.tensor([-1e4, -90.0, 0.0, 90.0, 1e4], requires_grad=True)  # warnings are errors
    y = tg.sigmoid(x)
    np.testing.assert_allclose(y.tolist(), [0, np.exp(-90.0), 0.5, 1, 1], rtol=1e-5)
    assert np.isfinite(tg.autograd.grad(y.sum(), x)[0].tolist()).all()


def test_float32_sums_of_many_rows_keep_their_digits():
    """NumPy adds rows one after the other: from 2 ** 24 on, adding 1 to a float32 changes nothing."""
    count = 2**24 + 2**16
    ones = np.broadcast_to(np.ones(2, np.float32), (count, 2))
    assert np.add.reduce(ones, 0).tolist() == [2**24, 2**24]
    assert tg.sum(ones, 0).tolist() == [count, count]


def test_powers_of_zero_have_finite_derivatives_of_every_order():
    x = tg.tensor([0.0, 1.0], dtype=tg.float64, requires_grad=True)
    y = (x**2).sum()
    for expected in ([0.0, 2.0], [2.0, 2.0], [0.0, 0.0], [0.0, 0.0]):
        (y,) = tg.autograd.grad(y.sum(), x, create_graph=True)
        assert y.tolist() == expected


def test_the_mixed_derivative_of_a_power_at_exponent_zero():
    a = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
    b = tg.tensor(0.0, dtype=tg.float64, requires_grad=True)
    (g,) = tg.autograd.grad(a**b, b, create_graph=True)  # log(a) at b = 0
    assert tg.autograd.grad(g, a)[0].item() == 0.5


def test_a_tuple_in_an_index_repeats_like_a_tensor():
    x = tg.ones(2, 3, requires_grad=True)
    x[:, (0, 0)].sum().backward()
    assert x.grad.tolist() == [[2.0, 0.0, 0.0], [2.0, 0.0, 0.0]]
