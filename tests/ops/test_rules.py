"""Every rule of every op has every property of ``tinygrad_np.testing``: an op that is registered is tested."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.strategies import WITH_RULES
from tinygrad_np.testing import PROPERTIES, calls
from tinygrad_np.testing.derivatives import check_order

THIRD_ORDER = ["cos", "cross_entropy", "div", "linear", "matmul", "pow", "prod", "softmax", "sqrt", "std", "tanh"]


def test_every_op_with_rules_has_a_domain():
    assert [name for name, op in WITH_RULES.items() if op.domain is None] == []


@pytest.mark.parametrize("name", PROPERTIES)
@pytest.mark.parametrize("op", WITH_RULES.values(), ids=WITH_RULES)
@given(data=st.data())
def test_property(op, name, data):
    PROPERTIES[name](op, data)


@pytest.mark.parametrize("name", THIRD_ORDER)
@settings(max_examples=max(5, settings.default.max_examples // 5))
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_third_derivatives(name, data, seed):
    op = WITH_RULES[name]
    check_order(3, op.function, data.draw(calls(op.domain)), np.random.default_rng(seed))
