"""The forward function of every op against its reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.references import REFERENCES
from tests.ops.registry import WITH_RULES
from tinygrad_np.testing.derivatives import values_of
from tinygrad_np.testing.strategies import LAYOUTS, calls

every_op = pytest.mark.parametrize("op", WITH_RULES.values(), ids=WITH_RULES)


def test_every_op_has_a_reference():
    assert sorted(REFERENCES) == sorted(WITH_RULES)


@every_op
@given(data=st.data())
def test_forward(op, data):
    call = data.draw(calls(op.domain))
    outputs = values_of(op.function, call)
    expected = REFERENCES[op.name](*call.arrays, *call.settings)
    for y, reference in zip(outputs, expected if isinstance(expected, tuple) else [expected], strict=True):
        assert y.shape == reference.shape
        np.testing.assert_allclose(y, reference, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_keep_the_entries(layout):
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(LAYOUTS[layout](x), x)
    assert LAYOUTS[layout](x).flags.c_contiguous == (layout == "contiguous")
