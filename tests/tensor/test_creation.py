"""Making tensors: what comes out holds exactly what went in, in memory of its own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tinygrad_np as tg

SUPPORTED = [np.bool_, np.uint8, np.int8, np.int16, np.int32, np.int64, np.float16, np.float32, np.float64]
some_array = st.sampled_from(SUPPORTED).flatmap(lambda dtype: arrays(dtype, array_shapes(min_dims=0, min_side=0)))
sizes = st.lists(st.integers(0, 4), max_size=4).map(tuple)


@given(array=some_array)
def test_an_array_is_copied_to_the_bit(array: Any) -> None:
    t = tg.tensor(array)
    assert t.dtype == array.dtype
    assert t.array.tobytes() == array.tobytes()
    assert not np.shares_memory(t.array, array)


@given(array=some_array)
@np.errstate(over="ignore")  # a float64 beyond float32 becomes infinite, of which NumPy warns
def test_nested_lists_come_back_by_tolist(array: Any) -> None:
    t = tg.tensor(array.tolist())
    if array.size:
        assert t.dtype == {"b": np.bool_, "u": np.int64, "i": np.int64, "f": np.float32}[array.dtype.kind]
    np.testing.assert_array_equal(tg.tensor(t.tolist(), dtype=t.dtype).array, t.array)
    np.testing.assert_array_equal(t.array.reshape(-1), array.astype(t.dtype).reshape(-1))


@given(size=sizes, dtype=st.sampled_from(SUPPORTED))
def test_constants_of_any_size(size: tuple[int, ...], dtype: Any) -> None:
    for make, number in ((tg.zeros, 0), (tg.ones, 1)):
        for t in (make(size, dtype=dtype), make(list(size), dtype=dtype), make(size=size, dtype=dtype)):
            assert (t.shape, t.dtype) == (size, dtype)
            assert (t.array == number).all()
        if size:
            assert make(*size).shape == size
    t = tg.full(size, 1, dtype=dtype)
    for like, number in ((tg.zeros_like, 0), (tg.ones_like, 1), (lambda x: tg.full_like(x, 1), 1)):
        assert (like(t).shape, like(t).dtype) == (size, dtype)
        assert (like(t).array == number).all()
    assert (tg.empty_like(t).shape, tg.empty_like(t).dtype) == (size, dtype)
    assert (tg.empty(size, dtype=dtype).shape, tg.empty(size, dtype=dtype).dtype) == (size, dtype)


@pytest.mark.parametrize("dtype", [float, "float64", np.float64, tg.float64, np.dtype("f8")])
def test_a_dtype_has_many_names(dtype: Any) -> None:
    assert tg.zeros(2, dtype=dtype).dtype is tg.float64
    assert tg.tensor([1], dtype=dtype).dtype is tg.float64
    assert tg.ones(1).to(dtype).dtype is tg.float64


@given(start=st.integers(-50, 50), end=st.integers(-50, 50), step=st.integers(-7, 7))
def test_arange_counts_as_range_does(start: int, end: int, step: int) -> None:
    if step == 0 or (end - start) * step < 0:
        with pytest.raises(RuntimeError, match=r"arange: step .* does not lead from"):
            tg.arange(start, end, step)
        return
    assert tg.arange(start, end, step).tolist() == list(range(start, end, step))
    halves = tg.arange(start / 2, end / 2, step / 2)  # halves are exact in float32
    assert halves.dtype == tg.float32
    assert halves.tolist() == [n / 2 for n in range(start, end, step)]


def test_arange_of_an_integer_dtype_converts_its_bounds_first() -> None:
    assert tg.arange(3.5, dtype=tg.int64).tolist() == [0, 1, 2]


def test_arange_is_exact_beyond_the_integers_of_floats() -> None:
    assert tg.arange(2**62, 2**62 + 3).tolist() == [2**62, 2**62 + 1, 2**62 + 2]


@given(start=st.floats(-100, 100), end=st.floats(-100, 100), steps=st.integers(0, 30))
def test_linspace_has_both_ends_and_equal_distances(start: float, end: float, steps: int) -> None:
    t = tg.linspace(start, end, steps, dtype=tg.float64)
    assert t.shape == (steps,)
    if steps:
        assert t[0].item() == start
    if steps > 1:
        assert t[-1].item() == end
        np.testing.assert_allclose(np.diff(t.array), (end - start) / (steps - 1), atol=1e-12)


@given(n=st.integers(0, 6), m=st.integers(0, 6))
def test_eye_is_neutral(n: int, m: int) -> None:
    t = tg.eye(n, m)
    assert t.shape == (n, m)
    assert all(t[i, j].item() == (i == j) for i in range(n) for j in range(m))
    assert tg.eye(n).shape == (n, n)


@given(n=st.integers(0, 40), seed=st.integers(0, 99))
def test_random_numbers_keep_to_their_range(n: int, seed: int) -> None:
    generator = tg.Generator().manual_seed(seed)
    assert sorted(tg.randperm(n, generator=generator).tolist()) == list(range(n))
    drawn = tg.randint(-3, 5, (n,), generator=generator)
    assert set(drawn.tolist()) <= set(range(-3, 5))
    uniform = tg.rand(n, generator=generator)
    assert ((uniform.array >= 0) & (uniform.array < 1)).all()
    again = tg.rand_like(uniform, generator=tg.Generator().manual_seed(seed))
    assert again.tolist() == tg.rand(n, generator=tg.Generator().manual_seed(seed)).tolist()
    normal = tg.randn_like(uniform, generator=tg.Generator().manual_seed(seed))
    assert normal.tolist() == tg.randn(n, generator=tg.Generator().manual_seed(seed)).tolist()


def test_every_maker_takes_requires_grad_and_the_device() -> None:
    one = tg.ones(2)
    for made in (
        tg.tensor([1.0], device="cpu", requires_grad=True),
        tg.zeros(2, device="cpu", requires_grad=True),
        tg.ones(2, device="cpu:0", requires_grad=True),
        tg.empty(2, device="cpu", requires_grad=True),
        tg.full((2,), 1.0, device="cpu", requires_grad=True),
        tg.arange(2.0, device="cpu", requires_grad=True),
        tg.linspace(0, 1, 3, device="cpu", requires_grad=True),
        tg.eye(2, device="cpu", requires_grad=True),
        tg.rand(2, device="cpu", requires_grad=True),
        tg.randn(2, device="cpu", requires_grad=True),
        tg.randint(2, (2,), dtype=tg.float32, device="cpu", requires_grad=True),
        tg.zeros_like(one, device="cpu", requires_grad=True),
        tg.ones_like(one, device="cpu", requires_grad=True),
        tg.empty_like(one, device="cpu", requires_grad=True),
        tg.full_like(one, 2, device="cpu", requires_grad=True),
        tg.rand_like(one, device="cpu", requires_grad=True),
        tg.randn_like(one, device="cpu", requires_grad=True),
    ):
        assert made.requires_grad
        assert made.is_leaf
    with pytest.raises(RuntimeError, match="zeros: there is no device 'cuda:0', tensors live on the CPU"):
        tg.zeros(2, device="cuda:0")


def test_from_numpy_shares_its_memory_and_locks_its_source() -> None:
    source = np.arange(3.0)
    t = tg.from_numpy(source)
    assert np.shares_memory(t.array, source)
    with pytest.raises(ValueError, match="read-only"):
        source[0] = 5
    t += 1
    assert source.tolist() == [1, 2, 3]


def test_from_numpy_of_a_slice_locks_the_whole_array() -> None:
    source = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    t = tg.from_numpy(source.T[:2])  # a view of a view
    loss = (t.requires_grad_() * t).sum()
    with pytest.raises(ValueError, match="read-only"):
        source[0, 0] = 5
    with tg.no_grad():
        t += 1
    assert source[:, :2].tolist() == [[1, 2], [4, 5]]
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_from_numpy_takes_back_what_numpy_gave() -> None:
    t = tg.ones(2)
    again = tg.from_numpy(t.numpy())
    t += 1  # is still writable
    assert again.tolist() == [2, 2]


def test_a_tensor_that_requires_grad_is_copied_with_a_warning() -> None:
    x = tg.ones(2, requires_grad=True)
    for source in (x, x * 1):
        with pytest.warns(
            UserWarning, match=r"^To copy .* sourceTensor.detach\(\).clone\(\) or .* tensor\(source"
        ) as caught:
            copied = tg.tensor(source)
        assert caught[0].filename == __file__
        assert copied.tolist() == [1, 1]
        assert not copied.requires_grad
    assert tg.tensor(x.detach()).tolist() == [1, 1]  # without a warning


def test_as_tensor_copies_only_what_is_no_tensor_of_that_dtype() -> None:
    t = tg.ones(2)
    assert tg.as_tensor(t) is t
    assert tg.as_tensor(t, tg.float32, "cpu") is t
    assert tg.as_tensor(t, dtype=tg.int64).tolist() == [1, 1]
    array = np.ones(2)
    assert not np.shares_memory(tg.as_tensor(array).array, array)


def test_lists_may_hold_arrays_and_tensors_whose_dtype_counts() -> None:
    t = tg.tensor([tg.ones(2), np.zeros(2, np.float32), [3, 4.5]])
    assert t.tolist() == [[1, 1], [0, 0], [3, 4.5]]
    assert t.dtype == tg.float32
    assert tg.tensor([np.float64(1), 2]).dtype == tg.float64


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tg.tensor([[1, 2], [3]]), ValueError, "tensor: expected numbers that fit int64, in lists of equal"),
        (lambda: tg.tensor([math.nan], dtype=int), ValueError, "tensor: .* cannot convert float NaN to integer"),
        (lambda: tg.tensor([300], dtype=tg.uint8), RuntimeError, "tensor: expected numbers that fit uint8"),
        (lambda: tg.tensor([2**70]), RuntimeError, "tensor: expected numbers that fit int64"),
        (lambda: tg.tensor(None), TypeError, "tensor: expected real numbers, got NoneType"),
        (lambda: tg.tensor([1, "a"]), TypeError, "tensor: expected real numbers, got str"),
        (lambda: tg.tensor(["1"], dtype=tg.float32), TypeError, "tensor: expected real numbers, got str"),
        (lambda: tg.tensor(1j), TypeError, "tensor: expected real numbers, got complex"),
        (
            lambda: tg.tensor(np.ones(2, object)),
            TypeError,
            "tensor: expected real numbers, got ndarray of dtype object",
        ),
        (lambda: tg.tensor(np.ones(2, ">f4")), TypeError, "tensor: dtype >f4 is not supported.* native byte order"),
        (lambda: tg.tensor([tg.ones(1, requires_grad=True)]), RuntimeError, "tensor: .* gradient would be lost"),
        (lambda: tg.from_numpy([1]), TypeError, "from_numpy: expected an array, got list"),
        (lambda: tg.from_numpy(np.ones(2, complex)), TypeError, "from_numpy: dtype complex128 is not supported"),
        (lambda: tg.zeros(), TypeError, r"zeros: expected a size, as in zeros\(2, 3\) or zeros\(\(2, 3\)\)"),
        (lambda: tg.ones(2, size=(2,)), TypeError, "ones: expected a size"),
        (lambda: tg.rand(2, -1), RuntimeError, r"rand: a size must not be negative, got \(2, -1\)"),
        (lambda: tg.randn(2.5), TypeError, r"randn: a shape is made of integers, got \(2.5,\)"),
        (lambda: tg.empty(2, dtype="float3"), TypeError, "empty: 'float3' is not a dtype"),
        (lambda: tg.full(2, 7), TypeError, "full: expected a tuple and a number"),
        (lambda: tg.full((2,), tg.ones(2).tolist()), TypeError, "full: expected a tuple and a number"),
        (lambda: tg.zeros_like([1]), TypeError, "zeros_like: input must be a tensor, got list"),
        (lambda: tg.arange(math.inf), RuntimeError, "arange: the range from 0 to inf is not finite"),
        (lambda: tg.linspace(0, 1, -1), RuntimeError, "linspace: steps must not be negative, got -1"),
        (lambda: tg.eye(2, -1), RuntimeError, r"eye: a size must not be negative, got \(2, -1\)"),
        (lambda: tg.randint(3, 4), TypeError, r"randint: expected randint\(high, size\) or"),
        (lambda: tg.randint(300, (2,), dtype=tg.uint8), RuntimeError, "randint: uint8 does not hold all integers"),
    ],
)
def test_what_is_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
