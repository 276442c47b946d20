"""The calls that the strategies make: what the other tests rely on to be drawn is drawn, and keeps its distance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from tests.ops.registry import WITH_RULES
from tinygrad_np._graph import Domain
from tinygrad_np._graph._domain import broadcastable_pair
from tinygrad_np.testing.strategies import GAP, Call, calls, cotangents

COUNT = settings.default.max_examples
PAIRS = Domain(case=broadcastable_pair)

WANTED: dict[str, Callable[[Call], bool]] = {
    "0-d": lambda call: call.arrays[0].ndim == 0,
    "empty": lambda call: call.arrays[0].size == 0,
    "3-d": lambda call: call.arrays[0].ndim == 3 and call.arrays[0].size > 4,
    "stretched": lambda call: 1 in call.arrays[0].shape and call.arrays[0].size < call.arrays[1].size,
    "extended": lambda call: call.arrays[0].ndim > call.arrays[1].ndim > 0,
    "transposed": lambda call: call.arrays[0].flags.f_contiguous and not call.arrays[0].flags.c_contiguous,
    "strided": lambda call: call.arrays[0].size > 1 and call.arrays[0].strides[-1] == 16,
    "reversed": lambda call: call.arrays[0].size > 1 and call.arrays[0].strides[-1] < 0,
}


@pytest.mark.parametrize("wanted", WANTED)
def test_every_kind_of_array_is_soon_drawn(wanted):
    few = settings(max_examples=4 * COUNT, phases=[Phase.generate], database=None, derandomize=True)
    find(calls(PAIRS), WANTED[wanted], settings=few)


AS_DRAWN = {name: op for name, op in WITH_RULES.items() if not op.domain.prepared}


@pytest.mark.parametrize("op", AS_DRAWN.values(), ids=AS_DRAWN)
@given(data=st.data())
def test_entries_keep_to_the_domain(op, data):
    call = data.draw(calls(op.domain))
    intervals = op.domain.intervals * (len(call.arrays) if len(op.domain.intervals) == 1 else 1)
    for x, (low, high) in zip(call.arrays, intervals, strict=False):
        assert low < x.min(initial=high - GAP)
        assert x.max(initial=low + GAP) < high
    if op.domain.distinct or (op.domain.kinks and len(call.arrays) > 1):
        together = np.sort(np.concatenate([x.ravel() for x in call.arrays]))
        assert np.diff(together).min(initial=1) >= GAP
    else:
        for x in call.arrays:
            assert all(np.abs(x - kink).min(initial=1) > 0.99 * GAP for kink in op.domain.kinks)


@given(data=st.data())
def test_cotangents_have_no_entry_near_zero(data):
    assert np.abs(data.draw(cotangents((3, 2)))).min() >= 0.5
