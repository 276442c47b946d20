"""Every rule of every op has every property of ``tinygrad_np.testing``: an op that is registered is tested."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.registry import WITH_RULES
from tinygrad_np._graph import Op
from tinygrad_np.testing import PROPERTIES, calls
from tinygrad_np.testing.derivatives import check_order
from tinygrad_np.testing.properties import Property

THIRD_ORDER = ["cos", "cross_entropy", "div", "linear", "matmul", "pow", "prod", "softmax", "sqrt", "std", "tanh"]


def test_every_op_with_rules_has_a_domain():
    assert [name for name, op in WITH_RULES.items() if op.domain is None] == []


def holds_for_every_op(check: Property) -> Callable[..., None]:
    """Make a test of a property. One for each: hypothesis cannot take a thousand parameters of a single test."""

    @pytest.mark.parametrize("op", WITH_RULES.values(), ids=WITH_RULES)
    @given(data=st.data())
    def test(op: Op, data: st.DataObject) -> None:
        check(op, data)

    return test


for name, check in PROPERTIES.items():
    globals()[f"test_{name.replace(' ', '_')}"] = holds_for_every_op(check)


@pytest.mark.parametrize("name", THIRD_ORDER)
@settings(max_examples=max(5, settings.default.max_examples // 5))
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_third_derivatives(name, data, seed):
    op = WITH_RULES[name]
    check_order(3, op.function, data.draw(calls(op.domain)), np.random.default_rng(seed))
