"""What a recorded op keeps alive: the arrays that its rules read, and no other."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.references import KEEPS
from tests.ops.registry import WITH_RULES
from tinygrad_np._graph import wrap
from tinygrad_np.testing.derivatives import leaves, outputs_of
from tinygrad_np.testing.strategies import calls


def test_every_op_is_listed():
    assert sorted(KEEPS) == sorted(WITH_RULES)


@pytest.mark.parametrize("op", WITH_RULES.values(), ids=WITH_RULES)
@given(data=st.data())
def test_only_what_the_rules_read_is_kept(op, data):
    call = data.draw(calls(op.domain))
    names = [name.lstrip("*") for name in op.arrays] * (len(call.arrays) if op.arrays[0].startswith("*") else 1)
    owners = leaves([x.copy() for x in call.arrays])
    inputs = [wrap(owner.array.copy(), owner.node) for owner in owners]  # as the result of an op: nobody else holds it
    outputs = outputs_of(op.function, inputs, call.settings)
    nodes = [y.node for y in outputs]
    watched = [(name, weakref.ref(x.array)) for name, x in zip(names, inputs, strict=True)]
    watched += [("y", weakref.ref(y.array)) for y in outputs]
    del inputs, outputs
    alive = {name for name, reference in watched if reference() is not None}
    assert nodes
    assert alive == set(KEEPS[op.name].split())


def test_a_constant_operand_leaves_nothing_to_keep():
    """Only the rule of ``a`` runs, and it reads ``b``: ``a`` itself is free."""
    a, b = wrap(np.ones(3)).requires_grad_() * 1, wrap(np.full(3, 2.0))
    kept = weakref.ref(a.array)
    y = a * b
    del a
    assert kept() is None
    assert y.requires_grad
