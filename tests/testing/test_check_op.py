"""`check_op` accepts a right op, and names the property and the smallest call by which a planted fault shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np._graph import OPS, op
from tinygrad_np.testing import PROPERTIES, Domain, any_shape, broadcastable_pair, check_op, checking

ANALYTIC = Domain(analytic=True)


@pytest.fixture(autouse=True)
def registry():
    """Forget the ops that a test declares."""
    before = dict(OPS)
    yield
    OPS.clear()
    OPS.update(before)


def declared(forward: Any, domain: Domain | None = ANALYTIC, **rules: Any) -> Any:
    return op("planted", forward, domain=domain, **rules)


def test_a_right_op_passes():
    check_op(declared(lambda x, /: x * x * x, x=lambda g, x: 3 * g * x * x), lambda x: x**3)


def test_a_right_op_with_a_kink_passes():
    domain = Domain(kinks=(1.0,))
    check_op(declared(lambda x, /: np.maximum(x, 1), domain, x=lambda g, x: g * (x > 1)), max_examples=30)


WRONG: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "sign": ("first derivatives", np.sin, {"x": lambda g, x: -g * tg.cos(x)}),
    "a little off": ("first derivatives", np.sin, {"x": lambda g, x: 1.0001 * g * tg.cos(x)}),
    "zero": ("first derivatives", np.sin, {"x": lambda g: 0 * g}),
    "no second order": ("second derivatives", np.exp, {"x": lambda g, y: g * getattr(y, "array", y)}),
    "two orders that differ": (
        "first order and create_graph",
        np.exp,
        {"x": lambda g, y: g * y * (1 + 1e-13 * isinstance(y, np.ndarray))},
    ),
}


def raw(x: Any) -> Any:
    return getattr(x, "array", x)


@pytest.mark.parametrize("name", WRONG)
def test_a_planted_fault_is_named(name):
    property_name, forward, rules = WRONG[name]
    planted = declared(lambda x, /: forward(x), **rules)
    with pytest.raises(AssertionError) as caught:
        check_op(planted)
    assert f"planted fails the property {property_name!r}" in "".join(caught.value.__notes__)


def test_a_fault_in_the_forward_function_is_named():
    with pytest.raises(AssertionError) as caught:
        check_op(declared(lambda x, /: x * 2, x=lambda g: 2 * g), lambda x: x * 3)
    assert "planted fails the property 'forward'" in "".join(caught.value.__notes__)


def test_a_result_of_another_dtype_is_noticed():
    planted = declared(lambda x, /: x.astype(np.float64) * 2, Domain(), x=lambda g: 2 * g)
    with pytest.raises(AssertionError) as caught:
        check_op(planted)
    assert "planted fails the property 'float32 and mixed dtypes'" in "".join(caught.value.__notes__)


def test_an_input_that_is_overwritten_is_noticed(monkeypatch):
    """By the property that is there for it; those before it would fail too."""
    monkeypatch.setattr(checking, "PROPERTIES", {"memory": PROPERTIES["memory"]})

    def forward(x, /):
        x += 0.25
        return x * 1

    with pytest.raises(AssertionError) as caught:
        check_op(declared(forward, x=lambda g: g * 1))
    assert "planted fails the property 'memory'" in "".join(caught.value.__notes__)


def test_a_broadcast_that_is_forgotten_is_noticed():
    """A rule that is off by how often b was stretched, and so is right only where b is not."""
    pair = Domain(analytic=True, case=broadcastable_pair)
    rules = {"a": lambda g, b: g * b * (raw(g).size / max(raw(b).size, 1)), "b": lambda g, a: g * a}
    planted = declared(lambda a, b, /: a * b, pair, **rules)
    with pytest.raises(AssertionError):
        check_op(planted)


def test_a_wrong_subgradient_is_noticed():
    domain = Domain(kinks=(0.0,))
    planted = declared(lambda x, /: np.abs(x), domain, x=lambda g, x: g * (2.0 * (raw(x) == 0) + np.sign(raw(x))))
    with pytest.raises(AssertionError) as caught:
        check_op(planted)
    assert "planted fails the property 'kinks and ties'" in "".join(caught.value.__notes__)


def test_a_fault_shrinks_to_one_entry():
    drawn: list[Any] = []

    def forward(x, /):
        drawn.append(x)
        return np.sin(x)

    with pytest.raises(AssertionError):
        check_op(declared(forward, Domain(case=any_shape), x=lambda g, x: g * tg.sin(x)))
    assert drawn[-1].size == 1  # hypothesis runs the smallest call last


def test_what_is_no_op_is_refused():
    with pytest.raises(TypeError, match=r"check_op: expected what tinygrad_np\.op returned, got function"):
        check_op(lambda x: x)
    with pytest.raises(TypeError, match="planted was declared without a domain"):
        check_op(declared(lambda x, /: x * 1, None, x=lambda g: g))


def test_a_domain_can_be_given_with_the_check():
    undeclared = declared(lambda x, /: 1 / x, None, x=lambda g, y: -g * y * y)
    positive = Domain(intervals=((0.5, 2.0),), analytic=True)
    check_op(undeclared, np.reciprocal, domain=positive, max_examples=30)
    assert undeclared.op.domain is None
    with pytest.raises(AssertionError):
        check_op(undeclared, np.square, domain=positive, max_examples=30)


def test_every_property_says_what_it_is():
    assert all(check.__doc__ for check in PROPERTIES.values())
