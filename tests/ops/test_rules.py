"""Every rule of every op, on calls made from the op's domain: an op that is registered is tested."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.ops.checks import check_gradient, check_order, gradients, leaves, outputs_of, values_of
from tests.ops.strategies import WITH_RULES, Call, calls, cotangents, promoting
from tinygrad_np._dtypes import result_type
from tinygrad_np._graph import Op, grad, wrap

THIRD_ORDER = [
    "cos",
    "cross_entropy",
    "div",
    "linear",
    "log",
    "matmul",
    "pow",
    "prod",
    "softmax",
    "sqrt",
    "std",
    "tanh",
]
PRODUCTS = ["linear", "linear_without_bias", "matmul", "matmul_transposed"]

every_op = pytest.mark.parametrize("op", WITH_RULES.values(), ids=WITH_RULES)


def draw_seeds(data: st.DataObject, op: Op, call: Call) -> list[Any]:
    return [data.draw(cotangents(y.shape, y.dtype)) for y in values_of(op.function, call)]


def forward(op: Op) -> Any:
    """Return the forward function without the intermediates that it saves."""
    return (lambda *arguments: op.forward(*arguments)[0]) if op.intermediates else op.forward


def rule_arguments(op: Op, call: Call) -> list[tuple[str, tuple[Any, ...]]]:
    """Return, for each rule, the array it belongs to and what a call on leaves saves for it."""
    inputs = leaves(call.arrays)
    first = outputs_of(op.function, inputs, call.settings)[0]
    node = first.node.edges[0] if op.outputs else first.node
    names = [name.lstrip("*") for name in op.arrays]
    return list(zip(names * len(call.arrays), node.saved, strict=False))


def test_every_op_with_rules_has_a_domain():
    assert [name for name, op in WITH_RULES.items() if op.domain is None] == []


@every_op
@given(data=st.data())
def test_first_derivatives(op, data):
    call = data.draw(calls(op.domain))
    check_gradient(op.function, forward(op), op.domain, call, draw_seeds(data, op, call))


@every_op
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_second_derivatives(op, data, seed):
    call = data.draw(calls(op.domain))
    assume(all(y.dtype == np.float64 for y in values_of(op.function, call)))
    check_order(2, op.function, call, np.random.default_rng(seed))


@pytest.mark.parametrize("name", THIRD_ORDER)
@settings(max_examples=max(5, settings.default.max_examples // 5))
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_third_derivatives(name, data, seed):
    op = WITH_RULES[name]
    check_order(3, op.function, data.draw(calls(op.domain)), np.random.default_rng(seed))


@every_op
@given(data=st.data())
def test_arrays_and_tensors_go_through_the_rule_alike(op, data):
    """First order and ``create_graph`` give the same bits.

    Nearly so where an intermediate is computed anew, and in matrix products: BLAS is called by another function.
    """
    call = data.draw(calls(op.domain, dtypes=("float32", "float64")))
    seeds = draw_seeds(data, op, call)
    plain = gradients(op.function, call, seeds)
    recorded = gradients(op.function, call, seeds, create_graph=True)
    for one, other in zip(plain, recorded, strict=True):
        assert one.dtype == other.dtype
        ulp = 8 * np.finfo(one.dtype).eps
        if op.intermediates or op.name in PRODUCTS:
            np.testing.assert_allclose(one, other, rtol=ulp, atol=ulp)
        else:
            np.testing.assert_array_equal(one, other)


@every_op
@given(data=st.data())
def test_float32_and_mixed_dtypes(op, data):
    """Outputs have the promoted dtype, gradients that of their input; the numbers are those of float64, rounded."""
    call = data.draw(calls(op.domain, dtypes=("float32", "float64"), mixed=promoting(op)))
    outputs = values_of(op.function, call)
    if op.name != "to":
        assert {y.dtype for y in outputs} == {result_type(*call.arrays)}
    seeds = draw_seeds(data, op, call)
    found = gradients(op.function, call, seeds)
    exact_call = Call(tuple(x.astype(np.float64) for x in call.arrays), call.settings)
    exact_outputs = values_of(op.function, exact_call)
    exact = gradients(op.function, exact_call, [s.astype(y.dtype) for s, y in zip(seeds, exact_outputs, strict=True)])
    for y, expected in zip(outputs, exact_outputs, strict=True):
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    for x, g, expected in zip(call.arrays, found, exact, strict=True):
        assert (g.shape, g.dtype) == (x.shape, x.dtype)
        np.testing.assert_allclose(g, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max(initial=1))


@every_op
@given(data=st.data(), create_graph=st.booleans())
def test_memory_is_neither_written_nor_shared(op, data, create_graph):
    """Inputs and cotangent stay as they were; no gradient shares memory with them or with another gradient."""
    call = data.draw(calls(op.domain))
    seeds = draw_seeds(data, op, call)
    given = (*call.arrays, *seeds)
    before = [x.copy() for x in given]
    found = gradients(op.function, call, seeds, create_graph)
    for x, copied in zip(given, before, strict=True):
        np.testing.assert_array_equal(x, copied)
    for i, g in enumerate(found):
        assert not any(np.shares_memory(g, x) for x in (*given, *found[:i]))


@every_op
@given(data=st.data())
def test_a_rule_returns_none_of_the_arrays_it_reads(op, data):
    call = data.draw(calls(op.domain))
    seeds = draw_seeds(data, op, call)
    for (_, saved), rule in zip(rule_arguments(op, call), op.rules, strict=False):
        g = _gathered(op, call, seeds)
        result = rule(g, *saved)
        assert not any(isinstance(x, np.ndarray) and np.shares_memory(result, x) for x in saved)


def _gathered(op: Op, call: Call, seeds: list[Any]) -> Any:
    """Return the seeds as a rule is given them: one, or those of several outputs gathered."""
    if not op.outputs:
        return seeds[0]
    outputs = outputs_of(op.function, leaves(call.arrays), call.settings)
    total = None
    for y, seed in zip(outputs, seeds, strict=True):
        part = y.node.op.rules[0](seed, *y.node.saved[0])
        total = part if total is None else total + part
    return total


@every_op
@given(data=st.data())
def test_only_the_gradients_asked_for(op, data):
    """The gradient of one argument is the same when the others are constants."""
    call = data.draw(calls(op.domain))
    seeds = draw_seeds(data, op, call)
    together = gradients(op.function, call, seeds)
    for position, expected in enumerate(together):
        tensors = [wrap(x) for x in call.arrays]
        tensors[position].requires_grad_()
        outputs = outputs_of(op.function, tensors, call.settings)
        (alone,) = grad(outputs, tensors[position], [wrap(seed) for seed in seeds])
        np.testing.assert_array_equal(alone.array, expected)
