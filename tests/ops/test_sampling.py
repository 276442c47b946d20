"""Drawing by probabilities: the numbers are PyTorch's, and what has no weight is never drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np import _random

CALLS: dict[str, Callable[[Any, Any], Any]] = {  # of the library, and of weights of shape (4, 6) in [0, 1)
    "multinomial of one": lambda lib, p: lib.multinomial(p, 1),
    "multinomial": lambda lib, p: lib.multinomial(p, 4),
    "multinomial of a row": lambda lib, p: p[0].multinomial(6),
    "multinomial with replacement": lambda lib, p: lib.multinomial(p, 20, replacement=True),
    "multinomial from a generator": lambda lib, p: lib.multinomial(p, 2, generator=lib.Generator().manual_seed(3)),
    "bernoulli": lambda lib, p: lib.bernoulli(p),
    "bernoulli of 0-d": lambda lib, p: lib.bernoulli(p[0, 0]),
    "bernoulli from a generator": lambda lib, p: p.bernoulli(generator=lib.Generator().manual_seed(3)),
    "normal": lambda lib, p: lib.normal(p, p * 2),
    "normal with one deviation": lambda lib, p: lib.normal(p, 0.5) + lib.normal(p),
    "normal with one mean": lambda lib, p: lib.normal(1.5, p[0]),
    "normal that broadcasts": lambda lib, p: lib.normal(p[:, None], p[:, :1]),
    "normal of numbers": lambda lib, p: lib.normal(1, 2.0, (3, 2), dtype=p.dtype) + lib.normal(1.0, 0.0, [2]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CALLS)
def test_the_numbers_are_those_of_pytorch(name, dtype):
    torch = pytest.importorskip("torch", reason="the comparison needs PyTorch")
    weights = np.random.default_rng(0).random((4, 6)).astype(dtype)
    for seed in range(20):
        results = []
        for lib in (tg, torch):
            lib.manual_seed(seed)
            results.append((CALLS[name](lib, lib.tensor(weights)).numpy(), lib.rand(2).numpy()))
        (ours, next_ours), (theirs, next_theirs) = results
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(next_ours, next_theirs)  # as many random words were used


@given(
    weights=st.lists(st.sampled_from([0.0, 1e-6, 0.5, 3.0]), min_size=1, max_size=6).filter(any),
    replacement=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_what_has_no_weight_is_never_drawn(weights, replacement, seed):
    tg.manual_seed(seed)
    possible = [i for i, weight in enumerate(weights) if weight]
    drawn = tg.multinomial(tg.tensor(weights), len(possible), replacement).tolist()
    assert set(drawn) <= set(possible)
    assert replacement or sorted(drawn) == possible


def test_the_smallest_number_does_not_draw_what_has_no_weight(monkeypatch):
    monkeypatch.setattr(_random, "uniform", lambda shape, *_: np.zeros(shape))
    assert tg.multinomial(tg.tensor([0.0, 0.0, 1.0, 0.0]), 2, replacement=True).tolist() == [2, 2]
    assert tg.multinomial(tg.tensor([0.0, 0.0, 1.0, 0.0]), 1).tolist() == [2]
    assert sorted(tg.multinomial(tg.tensor([3e38, 0.0, 3e38]), 2).tolist()) == [0, 2]  # their sum overflows


def test_the_frequencies_are_the_weights():
    tg.manual_seed(0)
    weights = np.array([1.0, 3.0, 0.0, 4.0])
    counts = np.bincount(tg.multinomial(tg.tensor(weights), 80_000, replacement=True).numpy(), minlength=4)
    np.testing.assert_allclose(counts / 80_000, weights / 8, atol=0.01)
    first = tg.multinomial(tg.tensor(np.tile(weights, (20_000, 1))), 2)[:, 0].numpy()
    np.testing.assert_allclose(np.bincount(first, minlength=4) / 20_000, weights / 8, atol=0.02)


def test_a_row_of_no_samples_and_no_rows():
    assert tg.multinomial(tg.zeros(0, 3), 2).shape == (0, 2)
    assert tg.multinomial(tg.zeros(0, 3), 2, replacement=True).shape == (0, 2)


@pytest.mark.parametrize("draw", [tg.bernoulli, tg.normal, lambda p: tg.normal(0.0, p)])
def test_the_derivative_of_what_was_drawn_is_0(draw):
    p = tg.tensor([0.25, 0.5], requires_grad=True)
    draw(p).sum().backward()
    assert p.grad.tolist() == [0, 0]
