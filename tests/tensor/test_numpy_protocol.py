"""NumPy's functions on tensors: NumPy's numbers, the package's gradients, or an error that names the function."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tinygrad_np as tg
from tinygrad_np._graph import OPS, UFUNCS
from tinygrad_np._numpy_protocol import FUNCTIONS

MATRIX = np.array([[0.5, 2.0, 1.0], [3.0, 0.25, 4.0]])
matrices = arrays(np.float64, (2, 3), elements=st.floats(0.1, 4))

CALLS: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    (np.sum, (), {}),
    (np.sum, (0,), {}),
    (np.sum, (0, None, None, True), {}),
    (np.sum, (0, np.float32), {}),
    (np.sum, (), {"axis": (0, 1), "keepdims": True, "out": None}),
    (np.mean, (), {"axis": 1}),
    (np.mean, (1, None, None, True), {}),
    (np.max, (), {}),
    (np.max, (1,), {"keepdims": True}),
    (np.amax, (), {"axis": 0}),
    (np.min, (), {"axis": 0}),
    (np.amin, (0, None, True), {}),
    (np.argmax, (), {}),
    (np.argmax, (1,), {"keepdims": True}),
    (np.argmin, (), {"axis": 0}),
    (np.prod, (), {"axis": 1}),
    (np.var, (), {}),
    (np.var, (0, None, None, 1, True), {}),
    (np.std, (), {"axis": 1, "ddof": 1}),
    (np.nansum, (1, None, None, True), {}),
    (np.nanmean, (), {"axis": (0, 1)}),
    (np.count_nonzero, (0,), {}),
    (np.quantile, (0.3,), {}),
    (np.quantile, (0.3, 1), {"keepdims": True, "method": "higher"}),
    (np.nanquantile, (np.array([0.1, 0.5]),), {"axis": 0}),
    (np.cumsum, (), {}),
    (np.cumsum, (1, np.float32), {}),
    (np.cumprod, (), {"axis": 0}),
    (np.cumprod, (None,), {}),
    (np.sort, (), {}),
    (np.sort, (0,), {"stable": True}),
    (np.sort, (), {"axis": None}),
    (np.argsort, (), {"kind": None, "stable": True}),
    (np.argsort, (None,), {"stable": True}),
    (np.any, (), {"axis": 0}),
    (np.all, (0,), {}),
    (np.clip, (0.5, 2.0), {}),
    (np.round, (), {}),
    (np.round, (1,), {}),
    (np.around, (), {"decimals": 2}),
    (np.sinc, (), {}),
    (np.nan_to_num, (), {"nan": 2.0}),
    (np.isclose, (MATRIX,), {}),
    (np.isclose, (MATRIX, 0.5), {"atol": 0.1}),
    (np.isposinf, (), {}),
    (np.isneginf, (), {}),
    (np.clip, (), {"a_min": 0.5, "a_max": None}),
    (np.reshape, ((3, 2),), {}),
    (np.reshape, (-1,), {}),
    (np.ravel, (), {}),
    (np.transpose, (), {}),
    (np.transpose, ((1, 0),), {}),
    (np.swapaxes, (0, 1), {}),
    (np.squeeze, (), {}),
    (np.expand_dims, (1,), {}),
    (np.moveaxis, (0, -1), {}),
    (np.flip, (), {}),
    (np.flip, (1,), {}),
    (np.flip, (), {"axis": (0, -1)}),
    (np.fliplr, (), {}),
    (np.flipud, (), {}),
    (np.rot90, (), {}),
    (np.rot90, (3, (1, 0)), {}),
    (np.roll, (2,), {}),
    (np.roll, ((1, -1), (0, 1)), {}),
    (np.tile, (2,), {}),
    (np.tile, ((2, 1, 3),), {}),
    (np.diagonal, (), {}),
    (np.diagonal, (1, 1, 0), {}),
    (np.tril, (), {}),
    (np.triu, (), {"k": 1}),
    (np.broadcast_to, ((4, 2, 3),), {}),
    (np.dot, (MATRIX.T,), {}),
    (np.shape, (), {}),
    (np.ndim, (), {}),
    (np.size, (), {}),
    (np.size, (1,), {}),
]


@pytest.mark.parametrize(("function", "args", "kwargs"), CALLS)
@given(array=matrices)
def test_functions_give_numpy_s_result(function: Any, args: Any, kwargs: Any, array: Any) -> None:
    got, wanted = function(tg.tensor(array), *args, **kwargs), function(array, *args, **kwargs)
    if isinstance(wanted, (np.ndarray, np.generic)):
        assert isinstance(got, tg.Tensor)
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        got = got.array
    np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-15)  # NumPy's deviation of equals is not quite 0


def test_every_function_of_the_table_is_tried() -> None:
    joining = {np.concatenate, np.stack, np.hstack, np.vstack, np.dstack, np.column_stack}
    assert {function for function, _, _ in CALLS} | joining | {np.allclose, np.where} == set(FUNCTIONS)


INTO_DOMAIN = {**dict.fromkeys((np.arcsin, np.arccos, np.arctanh), lambda x: x / 4), np.arccosh: lambda x: x + 1}


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda ufunc: ufunc.__name__)
def test_ufuncs_apply_their_op(ufunc: Any) -> None:
    dtype = np.float64 if any(kinds.startswith("d") for kinds in ufunc.types) else np.int64
    inputs = [MATRIX.astype(dtype)[:2, :2], (MATRIX + 1).astype(dtype)[:2, :2]][: ufunc.nin]
    inputs = [INTO_DOMAIN.get(ufunc, np.asarray)(x) for x in inputs]
    wanted = ufunc(*inputs)
    for mask in range(1, 2**ufunc.nin):  # each choice of operands that are tensors
        operands = [tg.tensor(x) if mask >> i & 1 else x for i, x in enumerate(inputs)]
        got = ufunc(*operands)
        assert isinstance(got, tg.Tensor)
        np.testing.assert_allclose(got.array, wanted)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "matmul"])
@given(
    a=arrays(np.float64, (2, 2), elements=st.floats(0.5, 2)), b=arrays(np.float64, (2, 2), elements=st.floats(0.5, 2))
)
def test_operators_take_an_array_on_either_side_and_give_the_tensor_its_gradient(name: str, a: Any, b: Any) -> None:
    operation = getattr(operator, name)
    for first, second in ((True, False), (False, True), (True, True)):
        x = tg.tensor(a, requires_grad=True) if first else a
        y = tg.tensor(b, requires_grad=True) if second else b
        both = [tg.tensor(a, requires_grad=True), tg.tensor(b, requires_grad=True)]
        got, wanted = operation(x, y), operation(*both)
        assert isinstance(got, tg.Tensor)
        np.testing.assert_array_equal(got.array, operation(a, b) if name != "pow" else wanted.array)
        got.sum().backward()
        wanted.sum().backward()
        for mine, reference in zip((x, y), both, strict=True):
            if isinstance(mine, tg.Tensor):
                np.testing.assert_array_equal(mine.grad.array, reference.grad.array)


@given(number=st.integers(1, 5), others=st.lists(st.integers(1, 5), min_size=1))
def test_a_python_number_on_the_left(number: int, others: list[int]) -> None:
    for name in ("add", "sub", "mul", "truediv", "pow", "and_", "or_", "xor"):
        operation = getattr(operator, name)
        np.testing.assert_allclose(operation(number, tg.tensor(others)).array, [operation(number, x) for x in others])


def test_comparisons_with_an_array_on_the_left() -> None:
    array, t = np.array([1.0, 2.0, 3.0]), tg.tensor([2.0, 2.0, 2.0], dtype=tg.float64)
    for name in ("lt", "le", "gt", "ge", "eq", "ne"):
        got = getattr(operator, name)(array, t)
        assert isinstance(got, tg.Tensor)
        assert got.tolist() == getattr(operator, name)(array, 2.0).tolist()


def test_numpy_scalars_are_weak() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    for product in (np.float64(3) * x, x * np.float64(3), np.multiply(np.float64(3), x)):
        assert product.dtype == tg.float32
        (gradient,) = tg.autograd.grad(product.sum(), x)
        assert gradient.tolist() == [3, 3]
    assert (np.int64(2) + x).dtype == tg.float32
    assert (np.float64(0.5) * tg.tensor([1, 2])).dtype == tg.float32


def test_joining_and_choosing_carry_gradients() -> None:
    array, x = np.ones(2), tg.tensor([3.0, 4.0], dtype=tg.float64, requires_grad=True)
    joined = np.concatenate([array, x]) * np.arange(4.0) + np.concatenate((x, array), axis=None)
    chosen = np.where(array > 2, array, x) + np.where(x > 3, x, array)
    (joined.sum() + np.stack([x, array], axis=1).sum() + chosen.sum()).backward()
    assert x.grad.tolist() == [2 + 1 + 1 + 1 + 0, 3 + 1 + 1 + 1 + 1]


@pytest.mark.parametrize("function", [np.hstack, np.vstack, np.dstack, np.column_stack], ids=lambda f: f.__name__)
@pytest.mark.parametrize("arrays", [(np.ones(2), np.arange(2.0)), (MATRIX, 2 * MATRIX)], ids=["vectors", "matrices"])
def test_joining_side_by_side(function: Any, arrays: Any) -> None:
    wanted = function(arrays)
    for first, second in ((True, False), (False, True), (True, True)):
        x, y = (
            tg.tensor(a, requires_grad=True) if take else a for a, take in zip(arrays, (first, second), strict=True)
        )
        got = function((x, y))
        np.testing.assert_array_equal(got.array, wanted)
        got.backward(tg.tensor(wanted))
        for mine, array in ((x, arrays[0]), (y, arrays[1])):
            if isinstance(mine, tg.Tensor):
                np.testing.assert_array_equal(mine.grad.array, array)


@given(array=matrices)
def test_orders_and_turns_carry_gradients(array: Any) -> None:
    for function in (np.sort, np.cumsum, np.flip, np.roll, np.tile, np.diagonal):
        x, arguments = tg.tensor(array, requires_grad=True), {np.roll: (2,), np.tile: (2,)}.get(function, ())
        (g,) = tg.autograd.grad((function(x, *arguments) ** 2).sum() / 2, x)
        if function is np.cumsum:
            expected = np.cumsum(np.cumsum(array)[::-1])[::-1].reshape(2, 3)
        else:
            expected = array * {np.tile: 2, np.diagonal: np.eye(2, 3)}.get(function, 1)
        np.testing.assert_allclose(g.array, expected)


def test_a_tensor_that_only_chooses_gives_a_tensor() -> None:
    condition = tg.tensor([True, False])
    for chosen in (
        np.where(condition, np.ones(2), np.zeros(2)),
        np.where(condition, np.ones(2), 0),
        np.where(condition, 1, np.zeros(2)),
        np.where(condition, 1.0, 0),
        tg.where(condition, np.ones(2), np.zeros(2)),
        tg.where(condition, 1.0, 0.0),
        tg.where(condition.array, 1, 0.0),
    ):
        assert isinstance(chosen, tg.Tensor)
        assert chosen.tolist() == [1, 0]
    assert tg.where(condition, 1.0, 0).dtype == tg.float32
    assert tg.where(condition, 1, 0).dtype == tg.int64


@given(
    shape=array_shapes(min_dims=0, max_side=2),
    axis=st.one_of(st.none(), st.integers(-3, 3), st.just(()), st.just((0, 1))),
)
def test_squeeze_leaves_out_what_numpy_leaves_out_and_refuses_what_numpy_refuses(shape: Any, axis: Any) -> None:
    array = np.ones(shape)
    try:
        wanted = np.squeeze(array, axis=axis).shape
    except (ValueError, IndexError):
        with pytest.raises((ValueError, IndexError), match=r"squeeze: (axis|dim) -?\d"):
            np.squeeze(tg.tensor(array), axis=axis)
    else:
        assert np.squeeze(tg.tensor(array), axis=axis).shape == wanted


@given(shapes=st.tuples(*[st.lists(st.just(2), min_size=1, max_size=3)] * 2), left=st.booleans())
def test_dot_is_numpy_s_or_refused(shapes: Any, left: bool) -> None:
    a, b = (np.arange(2.0 ** len(shape)).reshape(shape) for shape in shapes)
    operands = (tg.tensor(a), b) if left else (a, tg.tensor(b))
    if max(a.ndim, b.ndim) > 2:
        with pytest.raises(TypeError, match=r"np.dot of a tensor: expected at most 2 dims, got .*; use np.matmul"):
            np.dot(*operands)
    else:
        np.testing.assert_array_equal(np.dot(*operands).array, np.dot(a, b))


REDUCTIONS = [np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std, np.any, np.all]


@pytest.mark.parametrize("function", REDUCTIONS, ids=lambda function: function.__name__)
def test_no_axis_never_means_all_axes(function: Any) -> None:
    with pytest.raises(TypeError, match=rf"^np.{function.__name__} of a tensor: axis=\(\) names no axis; leave it out"):
        function(tg.tensor(MATRIX), axis=())


T = tg.tensor([1.0, 2.0], requires_grad=True)
OUT = np.zeros(2, np.float32)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: np.partition(T, 1), "np.partition is not known"),
        (lambda: np.median(T.detach()), "np.median is not known"),  # the middle of two, not the lower
        (lambda: np.unique(T), "np.unique is not known"),  # takes all NaN for one
        (lambda: np.sort(T, kind="stable"), "np.sort of a tensor: .*'kind'"),
        (lambda: np.cumsum(T, 0, None, OUT), "np.cumsum of a tensor: .*'out'"),
        (lambda: np.quantile(T, [0.5]), "np.quantile of a tensor: quantile: q must be a number or a tensor, got list"),
        (lambda: np.linalg.norm(T), "np.linalg.norm is not known"),
        (lambda: np.fft.fft(T), r"np.fft.*fft is not known"),
        (lambda: np.einsum("i->", T), "np.einsum is not known"),
        (lambda: np.save("unused", T), "np.save is not known"),
        (lambda: np.copyto(OUT, T), "np.copyto is not known"),
        (lambda: np.frexp(T), "np.frexp is not known"),
        (lambda: np.add.reduce(T), "np.add.reduce is not known"),
        (lambda: np.add.at(T, 0, 1), "np.add.at is not known"),
        (lambda: np.multiply.outer(T, T), "np.multiply.outer is not known"),
        (lambda: np.add(T, 1, out=OUT), "np.add with out is not known"),
        (lambda: np.add(T, 1, where=OUT > 0), "np.add with where is not known"),
        (lambda: np.exp(T, dtype=np.float64), "np.exp with dtype is not known"),
        (lambda: operator.iadd(OUT, T), "np.add with out is not known"),
        (lambda: np.sum(T, where=OUT > 0), "np.sum of a tensor: .*'where'"),
        (lambda: np.sum(T, out=OUT), "np.sum of a tensor: .*'out'"),
        (lambda: np.sum(T, 0, None, None, False, 100.0), "np.sum of a tensor: after .* at most axis, .*; got 5"),
        (lambda: np.max(T, 0, None, False, 100.0), "np.max of a tensor: after .* at most axis, out, keepdims; got 4"),
        (lambda: np.mean(T, 0, None, OUT), "np.mean of a tensor: .*'out'"),
        (lambda: np.reshape(T, (2, 1), order="F"), "np.reshape of a tensor: .*'order'"),
        (lambda: np.concatenate([T, T], dtype=np.float64), "np.concatenate of a tensor: .*'dtype'"),
        (lambda: np.where(T > 0), "np.where of a tensor: .*missing 2"),
        (lambda: np.dot(T, 2), "np.dot of a tensor: matmul: input and other must be tensors"),
    ],
)
def test_what_has_no_rule_raises_and_writes_nothing(call: Any, name: str) -> None:
    with pytest.raises(TypeError, match=name):
        call()
    assert OUT.tolist() == [0, 0]
    assert T.tolist() == [1, 2]


def test_allclose_takes_a_tensor_on_either_side() -> None:
    for operands in ((tg.tensor(MATRIX), MATRIX), (MATRIX, tg.tensor(MATRIX))):
        assert np.allclose(*operands) is True
        assert np.allclose(operands[0], operands[1] + 1e-3) is False
        assert np.allclose(operands[0], operands[1] + 1e-3, atol=0.1) is True


def test_the_ufuncs_are_those_of_the_ops() -> None:
    assert {op.forward for op in OPS.values() if isinstance(op.forward, np.ufunc)} <= set(UFUNCS)
