"""The function of an op is spelled out when it is first called; it is the same function before and after."""

from __future__ import annotations

import inspect
import linecache
import traceback

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np._graph import OPS, op


@pytest.fixture
def halves():
    yield op("halves", lambda a, b, /, c, d: a / 2 + b * c - d, a=lambda g: g / 2, b=lambda g, c: g * c)
    del OPS["halves"]


def test_it_has_its_name_and_its_parameters_before(halves):
    assert halves.__name__ == halves.__qualname__ == "halves"
    assert list(inspect.signature(halves).parameters) == ["input", "other", "c", "d"]


def test_the_first_call_computes_and_records_like_any_other(halves):
    code = halves.__code__
    a, b = (tg.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    first = halves(a, b, 3.0, d=1.0)
    assert halves.__code__ is not code
    spelled_out = halves.__code__
    second = halves(a, b, 3.0, 1.0)
    assert halves.__code__ is spelled_out
    assert first.tolist() == second.tolist() == [2.5, 6]
    first.sum().backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([0.5, 0.5], [3, 3])


def test_arrays_give_an_array_at_the_first_call_too(halves):
    np.testing.assert_array_equal(halves(np.ones(2), np.ones(2), 1, 1), [0.5, 0.5])


def test_a_traceback_through_the_first_call_shows_the_source(halves):
    with pytest.raises(TypeError) as caught:
        halves(tg.ones(2), tg.ones(2), None, 1)
    frames = [frame for frame in traceback.extract_tb(caught.value.__traceback__) if frame.filename == "<op halves>"]
    assert frames
    assert "raise failure(self" in linecache.getline("<op halves>", frames[-1].lineno)
