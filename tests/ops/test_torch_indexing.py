"""A mixture of integers, slices, None, Ellipsis, masks and position arrays picks what PyTorch picks, or both refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import tinygrad_np as tg
from tests.ops.strategies import SeededDraw, limits, seeds

torch: Any = pytest.importorskip("torch", reason="the comparison needs PyTorch")


def mixture(draw: SeededDraw, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Choose an index; its arrays (NumPy's, to be converted) broadcast together."""
    parts: list[Any] = []
    picked = draw.choice([(), (1,), (2,), (3,), (2, 2)])  # the shape of all position arrays
    dims = list(shape[: draw.integer(0, len(shape))])
    while dims:
        n = dims.pop(0)
        kind = draw.choice(["integer", "slice", "slice", "positions", "positions", "mask", "new"])
        if kind == "integer" and n:
            parts.append(draw.integer(-n, n - 1))
        elif kind == "positions" and n:
            array = draw.integers(picked, -n, n - 1)
            parts.append(array.tolist() if array.ndim and draw.integer(0, 1) else array)
        elif kind == "mask":
            own = (n, *(dims.pop(0) for _ in range(draw.integer(0, min(1, len(dims))))))
            mask = np.zeros(math.prod(own), bool)
            mask[draw.random.permutation(mask.size)[: math.prod(picked)]] = True
            parts.append(mask.reshape(own))
        elif kind == "new":
            dims.insert(0, n)
            parts.append(None)
        else:
            parts.append(slice(draw.choice([None, 0, 1, -1]), draw.choice([None, 2, -1]), draw.choice([None, 1, 2])))
    if draw.integer(0, 1):
        parts.insert(draw.integer(0, len(parts)), ...)
    return tuple(parts)


def converted(index: tuple[Any, ...], lib: Any) -> tuple[Any, ...]:
    return tuple(lib.tensor(part) if isinstance(part, np.ndarray) else part for part in index)


def picked_by(lib: Any, x: Any, index: tuple[Any, ...]) -> Any:
    """Return what is picked and its gradient under a weight that differs in every entry, or the error's class."""
    tensor = lib.tensor(x, requires_grad=True)
    try:
        y = tensor[converted(index, lib)]
    except (IndexError, ValueError, RuntimeError, TypeError) as error:
        return type(error)
    weight = lib.tensor(np.arange(1.0, 1 + y.numel()).reshape(tuple(y.shape)))
    return y.detach().numpy(), lib.autograd.grad(y, tensor, weight)[0].numpy()


@settings(max_examples=4 * settings.default.max_examples)
@given(seed=seeds, limit=limits)
def test_mixtures(seed, limit):
    draw = SeededDraw(seed, limit)
    shape = draw.shape(min_dims=1)
    x = np.arange(float(math.prod(shape))).reshape(shape)
    index = mixture(draw, shape)
    ours, theirs = (picked_by(lib, x, index) for lib in (tg, torch))
    if isinstance(ours, type) or isinstance(theirs, type):
        both = isinstance(ours, type) and isinstance(theirs, type)
        # Where nothing is picked, NumPy lets a mask of no entries pass, and PyTorch positions out of range.
        assert both or (ours if isinstance(theirs, type) else theirs)[0].size == 0, (shape, index)
        return
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == other.shape, (shape, index)
        np.testing.assert_array_equal(one, other)


@settings(max_examples=4 * settings.default.max_examples)
@given(seed=seeds, limit=limits)
def test_mixtures_in_assignments(seed, limit):
    draw = SeededDraw(seed, limit)
    shape = draw.shape(min_dims=1)
    index = mixture(draw, shape)
    places = picked_by(torch, np.arange(float(math.prod(shape))).reshape(shape), index)
    assume(not isinstance(places, type))
    assume(len(np.unique(places[0])) == places[0].size > 0)  # which of several writes lasts is not PyTorch's promise
    results = []
    for lib in (tg, torch):
        tensor = lib.tensor(np.zeros(shape))
        tensor[converted(index, lib)] = lib.tensor(1 + np.arange(float(places[0].size)).reshape(places[0].shape))
        results.append(tensor.numpy())
    np.testing.assert_array_equal(*results)
