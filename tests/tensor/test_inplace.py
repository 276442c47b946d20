"""Writing in place: the same numbers as out of place, in the same memory, and never at the cost of a gradient."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, broadcastable_shapes

import tinygrad_np as tg
from tinygrad_np import _inplace

DTYPES = [np.float32, np.float64, np.int64, np.int32, np.uint8]
SHAPES = array_shapes(max_dims=3, max_side=3)


def numbers(dtype: Any, shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    return arrays(dtype, shape, elements=st.integers(1, 9).map(dtype))


@st.composite
def operands(draw: st.DrawFn) -> tuple[Any, Any]:
    """An array, and a number or an array that broadcasts to it."""
    shape = draw(SHAPES)
    smaller = broadcastable_shapes(shape, max_dims=len(shape), max_side=3).filter(
        lambda other: np.broadcast_shapes(shape, other) == shape
    )
    first = draw(numbers(draw(st.sampled_from(DTYPES)), shape))
    other = draw(st.one_of(st.integers(1, 9), numbers(draw(st.sampled_from(DTYPES)), draw(smaller))))
    return first, other


@given(pair=operands(), name=st.sampled_from(["add", "sub", "mul", "div", "pow"]))
def test_in_place_gives_the_numbers_of_out_of_place_or_an_error(pair: Any, name: str) -> None:
    t, other = tg.tensor(pair[0]), tg.tensor(pair[1]) if isinstance(pair[1], np.ndarray) else pair[1]
    memory, before = t.array, t.array.copy()
    wanted = getattr(tg, name)(t, other).array
    if wanted.dtype.kind == "f" and before.dtype.kind != "f":
        with pytest.raises(RuntimeError, match=f"{name}_: the result has dtype float.*, which does not fit into"):
            getattr(t, f"{name}_")(other)
        np.testing.assert_array_equal(t.array, before)
        return
    assert getattr(t, f"{name}_")(other) is t
    assert t.array is memory
    np.testing.assert_array_equal(t.array, wanted.astype(before.dtype))


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ipow"])
def test_augmented_assignment_keeps_the_memory(name: str) -> None:
    t = tg.tensor([1.0, 2.0, 4.0])
    row = t[1:]
    assert getattr(operator, name)(t, 2) is t
    assert row.tolist() == t.tolist()[1:]
    assert t.tolist() != [1, 2, 4]


@pytest.mark.parametrize("name", ["clamp", "relu", "neg", "exp", "sqrt"])
def test_functions_in_place(name: str) -> None:
    t, arguments = tg.tensor([0.5, 2.0]), [1.0] if name == "clamp" else []
    wanted = getattr(t, name)(*arguments).tolist()
    assert getattr(t, f"{name}_")(*arguments) is t
    assert t.tolist() == wanted


def test_a_gradient_is_zeroed_in_place_or_replaced() -> None:
    own, expanded = (tg.ones(3) * tg.ones(3, requires_grad=True)), tg.ones(1).expand(3)
    assert _inplace.zeroed(own) is own
    assert own.is_leaf
    for gradient in (own, _inplace.zeroed(expanded)):
        assert gradient.tolist() == [0, 0, 0]
        gradient += 1  # can be written to
    assert expanded.tolist() == [1, 1, 1]


def test_alpha_multiplies_the_operand() -> None:
    t = tg.ones(2)
    assert t.add_(tg.tensor([1.0, 2.0]), alpha=3).tolist() == [4, 7]
    assert t.sub_(1, alpha=2).tolist() == [2, 5]
    wide = tg.tensor([1])
    assert wide.add_(tg.tensor([100], dtype=tg.int8), alpha=2).tolist() == [201]  # multiplied in int64
    for alpha in (0.5, True):
        with pytest.raises(RuntimeError, match="add_: alpha="):
            wide.add_(wide, alpha=alpha)


def test_assignment_converts_as_pytorch_does() -> None:
    t = tg.zeros(3, dtype=tg.int64)
    t[0] = 2.7
    t[1:] = tg.tensor([1.5, -1.5])
    assert t.tolist() == [2, 1, -1]
    assert t.fill_(2.5).tolist() == [2, 2, 2]
    assert t.copy_(tg.tensor(4.9)).tolist() == [4, 4, 4]
    assert t.zero_().tolist() == [0, 0, 0]


@pytest.mark.parametrize("recorded", [False, True])
def test_an_assigned_value_may_have_more_dims_of_size_1(recorded: bool) -> None:
    t, number = tg.tensor([1.0, 2.0, 3.0]), tg.tensor(1.0)
    if recorded:
        t, number = (x.requires_grad_() * 1 for x in (t, number))
    t[t > 1] = tg.tensor([[7.0, 8.0]])
    t[0] = tg.tensor([[5.0]])
    number[...] = tg.tensor([[9.0]])
    assert (t.tolist(), number.item()) == ([5, 7, 8], 9)


def masked(t: tg.Tensor) -> None:
    t[tg.tensor([True, True])] = tg.ones(2, 2)


@given(data=st.data(), shape=SHAPES)
def test_setitem_writes_what_numpy_writes(data: st.DataObject, shape: tuple[int, ...]) -> None:
    array = np.zeros(shape, np.float32)
    t = tg.tensor(array)
    mask = data.draw(arrays(np.bool_, shape))
    rows = data.draw(arrays(np.int64, 2, elements=st.integers(0, shape[0] - 1)))
    for index, value in ((mask, 5), (rows, 7.5), (..., tg.ones(shape[-1])), (slice(1, None), 2)):
        array[index] = value.array if isinstance(value, tg.Tensor) else value
        t[tg.tensor(index) if isinstance(index, np.ndarray) else index] = value
        np.testing.assert_array_equal(t.array, array)


def test_a_write_through_a_view_is_seen_in_the_base_and_back() -> None:
    base = tg.zeros(2, 3)
    view = base.view(6)[1:].reshape(5)
    view += 1
    assert base.tolist() == [[0, 1, 1], [1, 1, 1]]
    base.T[2] = tg.tensor([7.0, 8.0])
    assert view.tolist() == [1, 7, 1, 1, 8]
    base[1:] = base[:-1]
    assert base[1].tolist() == base[0].tolist()


def test_leaves_are_written_to_under_no_grad_or_by_data() -> None:
    w = tg.ones(2, requires_grad=True)
    with tg.no_grad():
        w -= 0.25
        w[0] = 5
    w.data.mul_(2)
    w.detach().add_(1)
    assert w.tolist() == [11, 2.5]
    assert w.requires_grad
    assert w.is_leaf


def overwrite(tensor: tg.Tensor, way: str) -> None:
    if way == "itself":
        with tg.no_grad():
            tensor += 1
    elif way == "a view":
        with tg.no_grad():
            tensor[1:].zero_()
    elif way == "a detached alias":
        tensor.detach().mul_(2)
    elif way == "an entry":
        tensor.detach()[0] = 3
    else:
        tensor.data.copy_(tg.zeros(2))


@pytest.mark.parametrize("way", ["itself", "a view", "a detached alias", "an entry", "data"])
@pytest.mark.parametrize("which", ["input", "output", "view"])
def test_backward_refuses_saved_arrays_that_were_overwritten(way: str, which: str) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    if which == "output":
        saved = y = x.exp()  # exp saves its output
    elif which == "input":
        saved, y = x, x * x
    else:
        saved = x
        y = x.view(2, 1).sin()
    overwrite(saved, way)
    with pytest.raises(RuntimeError, match=r"has been modified by an inplace operation: (exp|mul|sin) saved"):
        y.sum().backward()
    assert x.grad is None


def test_overwriting_what_no_rule_needs_is_fine() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x + 1
    y.detach().zero_()
    z = x.exp()  # born after the write
    (y.sum() + z.sum()).backward()
    np.testing.assert_allclose(x.grad.array, 1 + np.exp([1, 2]), rtol=1e-6)


LEAF = "a leaf Variable that requires grad is being used in an in-place operation"
WRITES = {
    "add_": lambda t: t.add_(1),
    "sub_": lambda t: t.__isub__(1),
    "pow_": lambda t: t.pow_(2),
    "clamp_": lambda t: t.clamp_(min=0),
    "copy_": lambda t: t.copy_(tg.ones(2)),
    "fill_": lambda t: t.fill_(1),
    "zero_": lambda t: t.zero_(),
    "setitem": lambda t: t.__setitem__(0, 1),
    "uniform_": lambda t: t.uniform_(),
    "normal_": lambda t: t.normal_(),
    "bernoulli_": lambda t: t.bernoulli_(),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_to_a_leaf_is_refused_unless_under_no_grad(name: str) -> None:
    leaf = tg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=f"^{name}: {LEAF}"):
        WRITES[name](leaf)
    assert leaf.tolist() == [1, 1]
    with tg.no_grad():
        WRITES[name](leaf)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_to_a_result_is_recorded(name: str) -> None:
    """What is written is what a constant gets, and the gradient that of the operation out of place."""
    leaf, constant = tg.ones(2, requires_grad=True), tg.ones(2)
    result = leaf * 1
    for t in (result, constant):
        tg.manual_seed(0)
        WRITES[name](t)
    assert result.tolist() == constant.tolist()
    result.sum().backward()
    slopes = {"add_": [1, 1], "sub_": [1, 1], "pow_": [2, 2], "clamp_": [1, 1], "setitem": [0, 1]}
    assert leaf.grad.tolist() == slopes.get(name, [0, 0])


@pytest.mark.parametrize(
    "write",
    [
        lambda t, w: t.add_(w),
        lambda t, w: t.mul_(w.double()),
        lambda t, w: t.copy_(w),
        lambda t, w: t.fill_(w.sum()),
        lambda t, w: t.clamp_(min=w),
        lambda t, w: t.__setitem__(0, w[0]),
    ],
)
def test_an_operand_gets_its_gradient_and_integers_refuse_it(write: Any) -> None:
    w, t = tg.ones(2, requires_grad=True), tg.full((2,), 0.5)
    write(t, w)
    t.sum().backward()
    assert w.grad.abs().sum() > 0
    with pytest.raises(RuntimeError, match="a gradient would be lost, since an operand requires grad"):
        write(tg.zeros(2, dtype=tg.int64), w)
    write(tg.zeros(2), w.detach())


@pytest.mark.parametrize(
    ("write", "error", "message"),
    [
        (lambda: tg.ones(1).add_(tg.ones(2)), RuntimeError, r"add_: .*the tensor has shape \(1,\)"),
        (lambda: tg.ones(2, dtype=int).add_(tg.ones(2, 2, dtype=int)), RuntimeError, r"add_: the result has shape"),
        (lambda: tg.ones(2, dtype=tg.bool).add_(1), RuntimeError, "add_: the result has dtype int64, which does not"),
        (lambda: tg.ones(2).add_("a"), TypeError, "add: .* got str"),
        (lambda: tg.ones(3).expand(2, 3).add_(1), RuntimeError, "add_: output array is read-only"),
        (lambda: tg.ones(3).expand(2, 3).zero_(), RuntimeError, "zero_: assignment destination is read-only"),
        (lambda: tg.ones(2, dtype=tg.float16).add_(1), TypeError, "add: float16 can be stored and converted"),
        (lambda: tg.ones(2).copy_(tg.ones(1, 2)), RuntimeError, r"copy_: src has shape \(1, 2\), but the tensor \(2,"),
        (lambda: tg.ones(2).copy_([1, 2]), TypeError, "copy_: the value must be a tensor, an array or a number"),
        (lambda: tg.ones(2).fill_(tg.ones(2)), RuntimeError, r"fill_: expected a number, got shape \(2,\)"),
        (lambda: tg.ones(2, dtype=tg.uint8).fill_(300), RuntimeError, "fill_: 300 does not fit into uint8"),
        (lambda: tg.ones(2).__setitem__(2, 1), IndexError, r"setitem: index 2 is out of bounds .* shape \(2,\)"),
        (lambda: tg.ones(2, 3, 2).__setitem__((9, slice(None), [0, 1]), 1), IndexError, r"setitem: .*9.*\(2, 3, 2\)"),
        (lambda: tg.ones(2, 3, 2).__setitem__((1, slice(None), [0, 7]), 1), IndexError, r"setitem: .*7.*\(2, 3, 2\)"),
        (lambda: tg.ones(2).__setitem__(0, tg.ones(2)), RuntimeError, r"setitem: .*the tensor has shape \(2,\)"),
        (lambda: tg.ones(2).__setitem__(0, np.array("1")), TypeError, "setitem: dtype <U1 is not supported"),
        (lambda: tg.ones(2).__setitem__(0, 1e300), RuntimeError, r"setitem: 1e\+300 does not fit into float32"),
        (lambda: tg.ones(2).fill_(np.float64(-1e39)), RuntimeError, r"fill_: -1e\+39 does not fit into float32"),
        (lambda: tg.ones(2, dtype=tg.uint8).fill_(np.int64(300)), RuntimeError, "fill_: 300 does not fit into uint8"),
        (lambda: tg.ones(2, dtype=int).__setitem__(0, math.nan), RuntimeError, "setitem: nan does not fit into int64"),
        (lambda: tg.ones(2).__setitem__(0, np.str_("1")), TypeError, "setitem: value must be a number, got str_"),
        (lambda: masked(tg.ones(2)), RuntimeError, r"setitem: .*the tensor has shape \(2,\)"),
        (lambda: masked(tg.ones(2, requires_grad=True) * 1), RuntimeError, r"setitem: .*a has shape \(2,\)"),
        (lambda: tg.ones(2).__setitem__(0, None), TypeError, "setitem: the value must be .* got NoneType"),
    ],
)
def test_what_is_refused(write: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        write()
