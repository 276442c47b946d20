"""Which tensors require gradients, which are leaves, and what replacing their data does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg


def test_leaves_constants_and_results() -> None:
    leaf, constant = tg.ones(2, requires_grad=True), tg.ones(2)
    result = leaf * constant
    assert [t.requires_grad for t in (leaf, constant, result)] == [True, False, True]
    assert [t.is_leaf for t in (leaf, constant, result)] == [True, True, False]
    assert [t.grad_fn is None for t in (leaf, constant, result)] == [True, True, False]
    for t in (result.detach(), result.data, result > 0, result.argmax(), result.long(), result.bool()):
        assert not t.requires_grad
        assert t.is_leaf
    with tg.no_grad():
        assert not (leaf * 2).requires_grad


def test_requires_grad_is_switched_on_leaves() -> None:
    t = tg.ones(2)
    assert t.requires_grad_() is t
    assert t.requires_grad
    t.requires_grad_(False)
    assert not (t * 2).requires_grad
    result = tg.ones(2, requires_grad=True) * 2
    assert result.requires_grad_() is result
    assert result.detach_() is result
    assert result.is_leaf


def test_only_leaves_and_retained_results_get_a_gradient() -> None:
    x = tg.ones(2, requires_grad=True)
    kept, other = x * 2, x * 3
    kept.retain_grad()
    kept.retain_grad()  # twice is once
    (kept + other).sum().backward()
    assert x.grad.tolist() == [5, 5]
    assert kept.grad.tolist() == [1, 1]
    assert other.grad is None
    assert kept.retains_grad
    assert not other.retains_grad


def test_a_hook_sees_and_replaces_the_gradient_until_it_is_removed() -> None:
    x = tg.ones(2, requires_grad=True)
    handle = x.register_hook(lambda g: g * 10)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [20, 20]
    handle.remove()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [22, 22]


def test_new_data_keep_hooks_and_the_place_in_the_graph() -> None:
    x = tg.ones(2, requires_grad=True)
    x.register_hook(lambda g: g * 10)
    loss = (x * 2).sum()
    x.data = tg.tensor([5.0, 6.0])
    loss.backward()
    assert x.grad.tolist() == [20, 20]
    assert x.tolist() == [5, 6]


def test_data_of_another_shape_or_float_dtype_make_another_leaf_of_a_leaf() -> None:
    x = tg.ones(2, requires_grad=True)
    x.data = tg.ones(3, dtype=tg.float64)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    assert x.grad.dtype == tg.float64
    constant = tg.ones(2)
    constant.data = tg.tensor([[1]])
    assert constant.tolist() == [[1]]


def test_a_detached_tensor_shares_memory_and_nothing_else() -> None:
    x = tg.ones(2, requires_grad=True)
    for alias in (x.detach(), x.data):
        assert np.shares_memory(alias.array, x.array)
        alias.requires_grad_()
        (alias * 3).sum().backward()
        assert alias.grad.tolist() == [3, 3]
    assert x.grad is None


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda x: tg.ones(2, dtype=tg.int64).requires_grad_(), RuntimeError, "only float tensors .* this is int64"),
        (lambda x: (x * 1).requires_grad_(False), RuntimeError, r"requires_grad: can be switched off on leaves only"),
        (lambda x: x.requires_grad_("yes"), RuntimeError, "requires_grad: must be True or False, got 'yes'"),
        (lambda x: setattr(x, "data", np.ones(2)), TypeError, "data: expected a tensor, got ndarray"),
        (lambda x: setattr(x, "data", tg.ones(2, dtype=int)), RuntimeError, "data: a leaf that requires grad of shape"),
        (lambda x: setattr(x * 1, "data", tg.ones(3)), RuntimeError, r"data: the result of an op of shape \(2,\)"),
        (lambda x: x.detach().retain_grad(), RuntimeError, "retain_grad: the tensor does not require grad"),
        (lambda x: x.detach().register_hook(print), RuntimeError, "register_hook: cannot register a hook"),
        (lambda x: x.detach().sum().backward(), RuntimeError, "does not require grad and does not have a grad_fn"),
    ],
)
def test_what_is_refused(change: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        change(tg.ones(2, requires_grad=True))
