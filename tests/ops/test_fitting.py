"""The rules of an op declared fitting give gradients of just their arguments' shapes and dtypes: the walk trusts it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.registry import WITH_RULES
from tinygrad_np._graph import Op
from tinygrad_np.testing.properties import domain_of, leaves
from tinygrad_np.testing.strategies import calls, cotangents

FITTING = [op for op in WITH_RULES.values() if op.fitting]


def test_those_of_the_digit_network_are():
    assert {op.name for op in FITTING} >= {"linear", "relu", "cross_entropy"}


@pytest.mark.parametrize("op", FITTING, ids=lambda op: op.name)
@given(data=st.data())
def test_their_rules_give_what_fits(op: Op, data: st.DataObject):
    call = data.draw(calls(domain_of(op), ("float32", "float64")))
    y = op.function(*leaves(call.arrays), *call.settings)
    g = data.draw(cotangents(y.shape, y.dtype))
    if data.draw(st.booleans()):
        g = np.where(g > 1, np.inf, g).astype(g.dtype)
    with np.errstate(all="ignore"):
        for array, rule, saved in zip(call.arrays, op.rules, y.node.saved, strict=False):
            contribution = rule(g, *saved)
            assert (contribution.shape, contribution.dtype) == (array.shape, array.dtype)
