"""From tensors to Python and NumPy, to other dtypes, to copies and pickles."""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from typing import Any
from unittest.mock import ANY

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tinygrad_np as tg

some_array = st.sampled_from([np.bool_, np.uint8, np.int64, np.float16, np.float32, np.float64]).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=0, min_side=0))
)


@given(array=some_array)
def test_what_numpy_sees(array: Any) -> None:
    t = tg.tensor(array)
    for seen in (t.numpy(), np.asarray(t)):
        assert np.shares_memory(seen, t.array) or not array.size
        assert not seen.flags.writeable
        assert seen.tobytes() == array.tobytes()
    assert np.array(t).flags.writeable
    assert repr(t.tolist()) == repr(array.tolist())
    sizes = (t.shape, t.size(), t.ndim, t.dim(), t.numel(), t.nbytes, t.itemsize, t.element_size())
    assert sizes == (array.shape, array.shape, *[array.ndim] * 2, array.size, array.nbytes, *[array.itemsize] * 2)
    assert t.is_floating_point() == (array.dtype.kind == "f")
    assert t.is_contiguous()
    assert t.device == "cpu"
    assert t.cpu() is t


def test_a_write_to_numpy_s_view_is_an_error() -> None:
    with pytest.raises(ValueError, match="read-only"):
        tg.ones(2).numpy()[0] = 1


@given(array=arrays(np.float32, array_shapes(min_dims=1, min_side=0)))
def test_iteration_yields_the_rows(array: Any) -> None:
    t = tg.tensor(array)
    assert len(t) == len(array)
    rows = list(t)
    assert all(isinstance(row, tg.Tensor) for row in rows)
    assert [row.array.tobytes() for row in rows] == [row.tobytes() for row in array]


def test_rows_carry_gradients() -> None:
    x = tg.ones(3, 2, requires_grad=True)
    sum(i * row.sum() for i, row in enumerate(x)).backward()
    assert x.grad.tolist() == [[0, 0], [1, 1], [2, 2]]


@given(number=st.floats(-1e6, 1e6, width=32))
def test_one_entry_acts_as_a_number(number: float) -> None:
    for t in (tg.tensor(number), tg.tensor([[number]])):
        assert float(t) == t.item() == number
        assert int(t) == int(number)
        assert bool(t) == bool(number)
    assert f"{tg.tensor(number):.3f}" == f"{number:.3f}"
    assert math.sqrt(tg.tensor(abs(number))) == math.sqrt(abs(number))
    assert ["a", "b"][tg.tensor(1)] == "b"
    assert list(range(tg.tensor([2]))) == [0, 1]


def test_float_and_int_warn_where_a_gradient_is_left_behind() -> None:
    w = tg.tensor(2.5, requires_grad=True)
    for convert in (float, int, math.exp):
        with pytest.warns(UserWarning, match=r"(float|int)\(\) of a tensor that requires grad leaves its gradient"):
            convert(w)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert float(w.detach()) == w.item() == 2.5
        assert f"{w:.1f}" == "2.5"


def test_contains_compares_with_every_entry() -> None:
    t = tg.tensor([1, 2])
    assert 1 in t
    assert tg.tensor(2) in t
    assert np.float32(3) not in t
    with pytest.raises(RuntimeError, match="in: expected a tensor or a number, got str"):
        assert "a" in t


def test_tensors_are_keys_by_identity_and_unequal_to_strangers() -> None:
    a, b = tg.ones(2), tg.ones(2)
    assert {a: 1, b: 2}[a] == 1
    assert a != None  # noqa: E711  # the comparison is what is tested
    assert (a == "a") is False
    assert [None, a].index(None) == 0
    assert (a == ANY) is True  # a stranger is asked for its own opinion
    assert (a != ANY) is False
    assert (a == np.ones(2, np.float32)).tolist() == [True, True]
    assert a.equal(b)
    assert not a.equal(tg.ones(3))


@given(array=some_array, dtype=st.sampled_from(["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]))
def test_conversion_is_numpy_s(array: Any, dtype: str) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        t, wanted = tg.tensor(array), array.astype(dtype)
        for converted in (
            t.to(dtype),
            t.to(tg.zeros(0, dtype=dtype)),
            t.type(dtype),
            t.type_as(tg.ones(1, dtype=dtype)),
        ):
            assert converted.dtype == dtype
            assert converted.array.tobytes() == wanted.tobytes()
            assert (converted is t) == (array.dtype == dtype)
    assert t.to(t.dtype, copy=True) is not t
    assert t.to(t.dtype, False, True) is not t


@pytest.mark.parametrize("name", ["float", "double", "half", "int", "long", "byte", "bool"])
def test_conversion_by_name(name: str) -> None:
    t = getattr(tg.tensor([0.0, 2.5], requires_grad=True), name)()
    dtypes = {"float": "float32", "double": "float64", "half": "float16", "int": "int32", "long": "int64"}
    assert t.type() == dtypes.get(name, {"byte": "uint8"}.get(name, name))
    assert t.requires_grad == (t.dtype.kind == "f")


def test_a_gradient_comes_back_in_the_dtype_of_its_leaf() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    (x.double() ** 2).sum().backward()
    assert x.grad.dtype == tg.float32
    assert x.grad.tolist() == [2, 4]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_copies_are_leaves_of_their_own(duplicate: Any, requires_grad: bool) -> None:
    t = tg.tensor([[1.0, 2.0], [3.0, 4.0]]).T.requires_grad_(requires_grad)
    again = duplicate(t)
    assert again.tolist() == t.tolist()
    assert again.dtype is t.dtype  # the hot path compares dtypes by identity
    assert (again.requires_grad, again.is_leaf) == (requires_grad, True)
    assert again.array.strides == t.array.strides
    assert not np.shares_memory(again.array, t.array)
    first, second = duplicate([t, t])
    assert first is second


def test_a_deep_copy_takes_the_gradient_along_and_a_shallow_one_the_memory() -> None:
    t = tg.ones(2, requires_grad=True)
    t.sum().backward()
    deep, shallow = copy.deepcopy(t), copy.copy(t)
    assert deep.grad.tolist() == [1, 1]
    assert not np.shares_memory(deep.grad.array, t.grad.array)
    assert shallow.grad is None
    assert np.shares_memory(shallow.array, t.array)


@pytest.mark.parametrize(
    ("convert", "error", "message"),
    [
        (lambda: tg.ones(2).item(), RuntimeError, r"item: a tensor of shape \(2,\) cannot be one number"),
        (lambda: float(tg.ones(2)), ValueError, r"float: a tensor of shape \(2,\) cannot be one number"),
        (lambda: int(tg.ones(0)), ValueError, r"int: a tensor of shape \(0,\) cannot be one number"),
        (lambda: bool(tg.ones(2)), RuntimeError, r"bool: the truth of a tensor of shape \(2,\) is ambiguous"),
        (lambda: [1][tg.zeros(1)], TypeError, "index: only integer tensors of one entry .* got float32"),
        (lambda: [1][tg.zeros(2, dtype=int)], TypeError, r"index: only integer tensors .* got int64 \(2,\)"),
        (lambda: len(tg.tensor(1)), TypeError, r"len\(\) of a 0-d tensor"),
        (lambda: list(tg.tensor(1)), TypeError, "iteration over a 0-d tensor"),
        (lambda: tg.ones(2, requires_grad=True).numpy(), RuntimeError, "numpy: can't be called .* requires grad"),
        (lambda: np.asarray(tg.ones(2, requires_grad=True)), RuntimeError, "numpy: can't be called on a tensor"),
        (lambda: tg.ones(2).to("cuda"), RuntimeError, "to: there is no device 'cuda', tensors live on the CPU"),
        (lambda: tg.ones(2).to("float3"), RuntimeError, "to: there is no device 'float3'"),
        (lambda: tg.ones(2).to(complex), TypeError, "to: dtype complex128 is not supported"),
        (lambda: tg.ones(2).to(3), TypeError, "to: 3 is not a dtype; it is written like float32"),
        (lambda: tg.ones(2).equal(1), TypeError, "equal: expected a tensor, got int"),
        (lambda: copy.deepcopy(tg.ones(2, requires_grad=True) * 1), RuntimeError, "only leaves can be copied or pick"),
        (lambda: pickle.dumps(tg.ones(2, requires_grad=True) * 1), RuntimeError, "only leaves can be copied or pick"),
        (lambda: tg.ones(2, 3, 4).T, RuntimeError, r"T: expected a matrix, got shape \(2, 3, 4\)"),
        (lambda: tg.ones(2, 3, 4).t(), RuntimeError, r"t: expected at most a matrix, got shape \(2, 3, 4\)"),
        (lambda: tg.ones(2).mT, RuntimeError, r"mT: expected a matrix or a batch of them, got shape \(2,\)"),
        (lambda: tg.ones(2).size(1), IndexError, "size: dim 1 is out of range for 1 dimensions"),
    ],
)
def test_what_is_refused(convert: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        convert()


def test_force_lets_numpy_see_a_tensor_that_requires_grad() -> None:
    assert tg.ones(2, requires_grad=True).numpy(force=True).tolist() == [1, 1]
