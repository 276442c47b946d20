"""Ops without derivatives: comparisons, logic, bits and searches, against Python's own operators."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tests.ops.references.first_ops import each, folded
from tinygrad_np._graph import OPS
from tinygrad_np.testing.strategies import LAYOUTS, SeededDraw, limits, seeds

ENTRIES = {"bool": [False, True], "uint8": [0, 1, 6, 255], "int64": [-3, 0, 1, 6], "float64": [-1.5, 0, 0.5]}
SPECIAL = [-math.inf, math.inf, math.nan, 0.0, -0.0, 2.0]

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "logical_and": lambda a, b: bool(a) and bool(b),
    "logical_or": lambda a, b: bool(a) or bool(b),
    "logical_xor": lambda a, b: bool(a) != bool(b),
}
BITS = {"bitwise_and": operator.and_, "bitwise_or": operator.or_, "bitwise_xor": operator.xor}
OF_FLOATS = {
    "isnan": lambda x: x != x,
    "isinf": lambda x: abs(x) == math.inf,
    "isfinite": lambda x: abs(x) < math.inf,
    "isposinf": lambda x: x == math.inf,
    "isneginf": lambda x: x == -math.inf,
    "signbit": lambda x: math.copysign(1, x) < 0,
}
FOLDS = {"any": any, "all": all}
ELSEWHERE = {"bitwise_left_shift", "bitwise_right_shift", "isclose"}  # see test_torch_elementwise


def test_every_op_without_derivatives_is_here():
    listed = {*BINARY, *BITS, *OF_FLOATS, *FOLDS, *ELSEWHERE, "logical_not", "bitwise_not"}
    assert {name for name, op in OPS.items() if not op.derivatives} == listed


def arrays(seed: int, limit: int, dtype: str, count: int, options: list[Any] | None = None) -> list[Any]:
    draw = SeededDraw(seed, limit)
    choices = np.array(options or ENTRIES[dtype], dtype)
    return [
        LAYOUTS[draw.choice(sorted(LAYOUTS))](draw.random.choice(choices, shape))
        if shape
        else np.array(draw.choice(choices))
        for shape in draw.broadcastable(count)
    ]


def check(y: Any, expected: Any) -> None:
    assert not y.requires_grad
    assert y.shape == expected.shape
    np.testing.assert_array_equal(y.array, expected)


@pytest.mark.parametrize("dtype", ENTRIES)
@pytest.mark.parametrize("name", [*BINARY, *BITS])
@given(seed=seeds, limit=limits)
def test_binary(name, dtype, seed, limit):
    if name in BITS and dtype == "float64":
        with pytest.raises(TypeError, match=name):
            getattr(tg, name)(tg.ones(2), tg.ones(2))
        return
    a, b = arrays(seed, limit, dtype, 2)
    y = getattr(tg, name)(tg.tensor(a), tg.tensor(b))
    assert y.dtype == (dtype if name in BITS else bool)
    check(y, each((BINARY | BITS)[name])(a, b))


@pytest.mark.parametrize("name", OF_FLOATS)
@given(seed=seeds, limit=limits)
def test_special_values(name, seed, limit):
    (x,) = arrays(seed, limit, "float64", 1, SPECIAL)
    check(getattr(tg, name)(tg.tensor(x)), each(OF_FLOATS[name])(x))
    check(getattr(tg.tensor(x), name)(), each(OF_FLOATS[name])(x))


@pytest.mark.parametrize("dtype", ENTRIES)
@given(seed=seeds, limit=limits)
def test_not(dtype, seed, limit):
    (x,) = arrays(seed, limit, dtype, 1)
    check(tg.logical_not(tg.tensor(x)), each(operator.not_)(x))
    if dtype == "bool":
        check(tg.bitwise_not(tg.tensor(x)), each(operator.not_)(x))
    elif dtype == "int64":
        check(~tg.tensor(x), each(operator.invert)(x))


@pytest.mark.parametrize("name", FOLDS)
@pytest.mark.parametrize("dtype", ENTRIES)
@given(seed=seeds, limit=limits, keepdim=st.booleans())
def test_folds(name, dtype, seed, limit, keepdim):
    (x,) = arrays(seed, limit, dtype, 1)
    for dim in range(x.ndim):
        check(getattr(tg, name)(tg.tensor(x), dim, keepdim), folded(FOLDS[name])(x, (dim,), keepdim))
    check(getattr(tg, name)(tg.tensor(x)), folded(FOLDS[name])(x, tuple(range(x.ndim)), False))


@pytest.mark.parametrize(("name", "best"), [("argmax", max), ("argmin", min)])
@given(seed=seeds, limit=limits, keepdim=st.booleans())
def test_searches_find_the_first_of_the_extreme_entries(name, best, seed, limit, keepdim):
    shape = SeededDraw(seed, limit).shape(min_side=1)
    x = np.random.default_rng(seed).integers(0, 3, shape)
    for dim in range(x.ndim):
        expected = folded(lambda row: row.index(best(row)))(x, (dim,), keepdim)
        check(getattr(tg, name)(tg.tensor(x), dim, keepdim), expected)
    row = x.ravel().tolist()
    assert getattr(tg, name)(tg.tensor(x)).item() == row.index(best(row))
