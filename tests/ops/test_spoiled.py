"""The tests are tested: each rule is spoiled in every way that changes it, and the checks must notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from tests.ops.references import ALWAYS_ZERO, NEVER_A_MATRIX, PASSES_G_ON
from tests.ops.registry import WITH_RULES
from tests.ops.spoils import FIRST_ORDER, detached, spoiled, spoiled_intermediate
from tinygrad_np._graph import Op
from tinygrad_np._graph._domain import any_shape, broadcastable_pair
from tinygrad_np.testing.derivatives import check_gradient, check_order, values_of
from tinygrad_np.testing.properties import forward_of
from tinygrad_np.testing.strategies import calls, cotangents

# To pass g on is tried where shapes always agree, not only if nothing is folded or moved.
ENTRY_BY_ENTRY = (any_shape, broadcastable_pair, WITH_RULES["masked"].domain.case, WITH_RULES["where"].domain.case)


def _changes(op: Op, array: str, spoil: str) -> bool:
    """Tell whether a spoiled rule returns anything else than the right one."""
    if spoil == "identity":
        return op.domain.case in ENTRY_BY_ENTRY and (op.name, array) not in PASSES_G_ON
    if spoil == "axes swapped" and (op.name, array) in NEVER_A_MATRIX:
        return False
    return (op.name, array) not in ALWAYS_ZERO


RULES = [(op, array) for op in WITH_RULES.values() for array in op.derivatives]
SPOILED = [(op, array, spoil) for op, array in RULES for spoil in FIRST_ORDER if _changes(op, array, spoil)]


def notice(check: Callable[[Any], None]) -> None:
    """Require that the check fails on one of the calls that it would be made with, as the tests make them."""
    few = settings(max_examples=100, phases=[Phase.generate], database=None, derandomize=True, print_blob=False)
    with pytest.raises(AssertionError):
        few(given(st.data())(check))()


@pytest.mark.parametrize(("op", "array", "spoil"), SPOILED, ids=[f"{op.name}-{a}-{spoil}" for op, a, spoil in SPOILED])
def test_a_spoiled_rule_is_noticed(op, array, spoil):
    def check(data: Any) -> None:
        call = data.draw(calls(op.domain))
        seeds = [data.draw(cotangents(y.shape, y.dtype)) for y in values_of(op.function, call)]
        check_gradient(op.function, forward_of(op), op.domain, call, seeds)

    with spoiled(op, array, FIRST_ORDER[spoil]):
        notice(check)


def check_second_derivatives(op: Op) -> Callable[[Any], None]:
    def check(data: Any) -> None:
        call = data.draw(calls(op.domain))
        assume(all(y.dtype == np.float64 for y in values_of(op.function, call)))
        check_order(2, op.function, call, np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))))

    return check


VARYING = [(op, array) for op, array in RULES if (op.name, array) not in ALWAYS_ZERO]


@pytest.mark.parametrize(("op", "array"), VARYING, ids=[f"{op.name}-{array}" for op, array in VARYING])
def test_a_rule_that_is_not_differentiable_is_noticed(op, array):
    with spoiled(op, array, detached):
        notice(check_second_derivatives(op))


INTERMEDIATES = [(op, name) for op in WITH_RULES.values() for name in op.intermediates]


@pytest.mark.parametrize(("op", "name"), INTERMEDIATES, ids=[f"{op.name}-{name}" for op, name in INTERMEDIATES])
def test_a_wrong_expression_of_an_intermediate_is_noticed(op, name):
    with spoiled_intermediate(op, name):
        notice(check_second_derivatives(op))
