"""Laws of scans, orders and counts, on any shape, any dim and any layout, with ties or without."""

from __future__ import annotations

import warnings
from itertools import pairwise
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.testing.strategies import LAYOUTS, SeededDraw, limits, seeds


@st.composite
def rows(draw: st.DrawFn, dtype: str = "float64", min_side: int = 1) -> tuple[Any, int]:
    """Draw a tensor of few different entries, and one of its dims."""
    choose = SeededDraw(draw(seeds), draw(limits) + 3)
    shape = choose.shape(min_dims=1, min_side=min_side)
    x = choose.random.choice([-1.5, -1, 0, 0.5, 1, 2], shape).astype(dtype)
    return tg.tensor(LAYOUTS[choose.choice(sorted(LAYOUTS))](x)), choose.integer(-len(shape), len(shape) - 1)


def last(x: Any, dim: int) -> Any:
    return x.array.take(-1, dim)


@given(rows())
def test_a_scan_ends_with_what_folds_the_row(row):
    x, dim = row
    np.testing.assert_allclose(last(tg.cumsum(x, dim), dim), x.sum(dim).array, atol=1e-13)
    np.testing.assert_allclose(last(tg.cumprod(x, dim), dim), x.prod(dim).array, rtol=1e-13)
    np.testing.assert_allclose(last(tg.logcumsumexp(x, dim), dim), x.logsumexp(dim).array, rtol=1e-13)
    np.testing.assert_array_equal(last(tg.cummax(x, dim).values, dim), x.amax(dim).array)
    np.testing.assert_array_equal(last(tg.cummin(x, dim).values, dim), x.amin(dim).array)


@given(rows(min_side=0))
def test_a_running_extremum_stands_at_its_index_the_latest(row):
    x, dim = row
    dim %= x.ndim
    for search in (tg.cummax, tg.cummin):
        values, indices = search(x, dim)
        np.testing.assert_array_equal(np.take_along_axis(x.array, indices.array, dim), values.array)
        for end in range(x.shape[dim]):
            part = np.flip(x.array.take(range(end + 1), dim), dim)
            found = (part.argmax if search is tg.cummax else part.argmin)(dim)
            np.testing.assert_array_equal(indices.array.take(end, dim), end - found)


@given(rows(min_side=0), st.booleans())
def test_a_sorted_row_ascends_and_keeps_the_order_of_equals(row, descending):
    x, dim = row
    values, indices = tg.sort(x, dim, descending)
    np.testing.assert_array_equal(np.take_along_axis(x.array, indices.array, dim), values.array)
    np.testing.assert_array_equal(
        np.moveaxis(np.sort(indices.array, dim), dim, -1),
        np.broadcast_to(np.arange(x.shape[dim]), np.moveaxis(x.array, dim, -1).shape),
    )
    step, apart = np.diff(values.array, axis=dim), np.diff(indices.array, axis=dim)
    assert ((step < 0 if descending else step > 0) | ((step == 0) & (apart > 0))).all()
    np.testing.assert_array_equal(tg.argsort(x, dim, descending).array, indices.array)


@given(rows(), seeds, st.booleans())
def test_the_first_of_a_sorted_row(row, seed, largest):
    x, dim = row
    k = seed % (x.shape[dim] + 1)
    ordered, _ = x.sort(dim, largest, stable=True)
    values, indices = tg.topk(x, k, dim, largest)
    np.testing.assert_array_equal(values.array, ordered.array.take(range(k), dim))
    np.testing.assert_array_equal(np.take_along_axis(x.array, indices.array, dim), values.array)
    if k:
        assert all(len(set(each)) == k for each in np.moveaxis(indices.array, dim, -1).reshape(-1, k).tolist())
        np.testing.assert_array_equal(tg.kthvalue(x, k, dim).values.array, x.sort(dim).values.array.take(k - 1, dim))


@given(rows())
def test_the_median_is_the_kth_value_and_the_lower_quantile(row):
    x, dim = row
    n = x.shape[dim]
    middle = tg.kthvalue(x, (n + 1) // 2, dim).values
    for function in (tg.median, tg.nanmedian):
        assert function(x, dim).values.equal(middle)
    for function in (tg.quantile, tg.nanquantile):
        assert function(x, 0.5, dim, interpolation="lower").equal(middle)
        np.testing.assert_array_equal(function(x, 0.0, dim).array, x.amin(dim).array)
        np.testing.assert_array_equal(function(x, 1.0, dim).array, x.amax(dim).array)
    q = tg.tensor([0.1, 0.6], dtype=tg.float64)
    np.testing.assert_allclose(tg.quantile(x, q, dim).array, np.quantile(x.array, q.array, dim), rtol=1e-13)


@given(rows())
def test_the_mode_occurs_as_often_as_any(row):
    x, dim = row
    values, indices = tg.mode(x, dim, keepdim=True)
    np.testing.assert_array_equal(np.take_along_axis(x.array, indices.array, dim), values.array)
    for found, where, entries in zip(
        *(np.moveaxis(a, dim, -1).reshape(-1, a.shape[dim]).tolist() for a in (values.array, indices.array, x.array)),
        strict=True,
    ):
        times = max(entries.count(entry) for entry in entries)
        assert found == [min(entry for entry in entries if entries.count(entry) == times)]
        assert where == [len(entries) - 1 - entries[::-1].index(found[0])]


@given(rows(min_side=0), st.booleans())
def test_unique_takes_a_tensor_apart(row, flat):
    x, dim = row
    if not flat and x.shape[dim] and not x.numel():
        return
    for function in (tg.unique, tg.unique_consecutive):
        values, inverse, counts = function(x, return_inverse=True, return_counts=True, dim=None if flat else dim)
        axis = 0 if flat else dim
        again = values.array.take(inverse.array.reshape(-1), axis)
        np.testing.assert_array_equal(again.reshape(x.shape), x.array)
        np.testing.assert_array_equal(counts.array, np.bincount(inverse.array.reshape(-1), minlength=len(counts)))
        slices = np.moveaxis(values.array, axis, 0).reshape(len(counts), -1 if len(counts) else 0).tolist()
        if function is tg.unique:
            assert slices == sorted(slices)
            assert len(set(map(tuple, slices))) == len(slices)
        else:
            assert all(a != b for a, b in pairwise(slices))


def test_unique_passes_gradients_to_the_first_of_each_kind():
    x = tg.tensor([[2.0, 1.0, 2.0], [1.0, 3.0, 1.0]], requires_grad=True)
    (g,) = tg.autograd.grad(tg.unique(x), x, tg.tensor([10.0, 20.0, 30.0]))
    assert g.tolist() == [[20, 10, 0], [0, 30, 0]]
    (g,) = tg.autograd.grad(tg.unique(x, dim=1), x, tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert g.tolist() == [[2, 1, 0], [4, 3, 0]]
    (g,) = tg.autograd.grad(tg.unique_consecutive(x), x, tg.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])[:6])
    assert g.tolist() == [[1, 2, 3], [4, 5, 6]]


@given(seeds, st.booleans(), st.integers(0, 9))
def test_places_in_a_sorted_sequence(seed, right, n):
    random = np.random.default_rng(seed)
    sequence = np.sort(random.integers(0, 6, (3, n)), -1)
    values = random.integers(-1, 7, (3, 4))
    expected = [np.searchsorted(row, v, "right" if right else "left") for row, v in zip(sequence, values, strict=True)]
    found = tg.searchsorted(tg.tensor(sequence), tg.tensor(values), right=right)
    np.testing.assert_array_equal(found.array, expected)
    order = np.stack([random.permutation(n) for _ in range(3)])
    shuffled, sorter = np.take_along_axis(sequence, order, 1), np.argsort(order, 1)
    again = tg.searchsorted(tg.tensor(shuffled), tg.tensor(values), right=right, sorter=tg.tensor(sorter))
    np.testing.assert_array_equal(again.array, expected)
    np.testing.assert_array_equal(
        tg.bucketize(tg.tensor(values), tg.tensor(sequence[0]), right=right).array,
        np.digitize(values, sequence[0], not right),
    )


@given(rows(min_side=0))
def test_counts_add_up(row):
    x, dim = row
    zeros = (x == 0).sum(dim)
    np.testing.assert_array_equal(tg.count_nonzero(x, dim).array, x.shape[dim] - zeros.array)
    counts = tg.histc(x, 7, -1.5, 2)
    assert counts.dtype == x.dtype
    assert counts.sum().item() == x.numel()
    labels = (x * 2 + 3).long().reshape(-1)
    counts = tg.bincount(labels, minlength=8)
    assert [counts[i].item() for i in range(8)] == [(labels == i).sum().item() for i in range(8)]
    weights = x.reshape(-1)
    np.testing.assert_allclose(tg.bincount(labels, weights).sum().item(), weights.sum().item(), atol=1e-12)


# ------------------------------------------------------------------------------------------------------------ exactness


def test_running_float32_sums_keep_growing():
    """One added to 2 ** 24 in float32 changes nothing."""
    n = 2**24 + 4
    assert tg.cumsum(np.ones(n, np.float32), 0)[-1].item() == n
    assert tg.cumsum(np.ones(n, np.float32), 0)[2**24 - 1].item() == 2**24


def test_long_float32_sums_of_the_softmax_family():
    """One added to 2 ** 24 in float32 changes nothing."""
    n = 2**24 + 2**22
    x = tg.from_numpy(np.zeros((n, 2), np.float32))
    for total in (tg.logsumexp(x, 0), -tg.log_softmax(x, 0)[0], -tg.softmax(x, 0)[0].log()):
        np.testing.assert_allclose(total.array, np.log(n), rtol=1e-6)


@pytest.mark.parametrize("name", ["var", "std", "var_mean", "std_mean"])
def test_a_far_mean_does_not_spoil_the_distances_from_it(name):
    array = (np.random.default_rng(6).normal(size=(1000, 3)) + 1e4).astype(np.float32)
    weights = np.random.default_rng(7).uniform(0.5, 2, 3)
    slopes = []
    for dtype in (np.float32, np.float64):
        x = tg.tensor(array.astype(dtype), requires_grad=True)
        y = getattr(tg, name)(x, 0)
        y = y[0] if isinstance(y, tuple) else y
        slopes.append((y.array, tg.autograd.grad(y, x, tg.tensor(weights.astype(dtype)))[0].array))
    np.testing.assert_allclose(slopes[0][0], slopes[1][0], rtol=1e-6)
    np.testing.assert_allclose(slopes[0][1], slopes[1][1], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("value", [0.1, 1.9, 1e4 / 3])
@pytest.mark.parametrize("dtype", [tg.float32, tg.float64], ids=str)
def test_equal_values_do_not_deviate(value, dtype):
    """Their mean, rounded, may differ from each of them."""
    x = tg.full((7, 3), value, dtype=dtype, requires_grad=True)
    for function in (tg.var, tg.std):
        for dim in (None, 0, 1):
            y = function(x, dim)
            assert not y.any()
            assert not tg.autograd.grad(y.sum(), x)[0].any()


@pytest.mark.parametrize("correction", [-1, 0, 1])
def test_nothing_has_no_deviation(correction):
    with np.errstate(invalid="ignore"):
        assert tg.std(tg.zeros(2, 0), 1, correction=correction).isnan().all()


@pytest.mark.parametrize("zeros", [[0], [1, 3], [0, 1, 4], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("name", ["cumprod", "prod"])
def test_products_are_exact_with_zeros_to_the_third_order(name, zeros):
    """Every derivative is a product of small integers: none may be off at all."""
    values = np.array([2.0, 3.0, 5.0, 7.0, 11.0])
    values[zeros] = 0
    x = tg.tensor(values, requires_grad=True)
    y = tg.prod(x) if name == "prod" else tg.cumprod(x, 0)[3]
    n = 5 if name == "prod" else 4

    def without(*left_out: int) -> float:
        if len(set(left_out)) < len(left_out) or max(left_out) >= n:
            return 0.0
        return float(np.prod(np.delete(values[:n], left_out)))

    (first,) = tg.autograd.grad(y, x, create_graph=True)
    assert first.tolist() == [without(i) for i in range(5)]
    for i in range(5):
        (second,) = tg.autograd.grad(first[i], x, create_graph=True)
        assert second.tolist() == [without(i, j) for j in range(5)]
        for j in range(5):
            (third,) = tg.autograd.grad(second[j], x, retain_graph=True)
            assert third.tolist() == [without(i, j, k) for k in range(5)]


def test_a_product_that_overflows_does_not_spoil_the_rest():
    x = tg.tensor([1.0, 1e200, 1e200], dtype=tg.float64, requires_grad=True)
    with np.errstate(over="ignore"):
        y = tg.cumprod(x, 0)
    assert y.tolist() == [1, 1e200, inf]
    assert tg.autograd.grad(y[0], x)[0].tolist() == [1, 0, 0]


@pytest.mark.parametrize("dtype", [tg.float32, tg.float64])
def test_the_shares_of_a_large_sum_keep_their_digits(dtype):
    x = tg.tensor([[1e4, 1e4 + 1, 1e4 - 2], [-1e4, -1e4, -1e4]], dtype=dtype, requires_grad=True)
    shifted = np.array([[0.0, 1, -2], [0, 0, 0]])
    shares = np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True)
    (g,) = tg.autograd.grad(tg.logsumexp(x, 1).sum(), x)
    np.testing.assert_allclose(g.array, shares, rtol=8 * np.finfo(dtype).eps)
    (g,) = tg.autograd.grad(tg.logcumsumexp(x, 1)[:, 2].sum(), x)
    np.testing.assert_allclose(g.array, shares, rtol=1e-6 if dtype == tg.float32 else 1e-11)


# What is differentiated, where, the value and the gradient.
SPECIAL: list[tuple[str, Any, list[float], Any, Any]] = [
    ("logsumexp of -inf", lambda x: tg.logsumexp(x, 0), [-inf, -inf], -inf, [0, 0]),
    ("logsumexp with -inf", lambda x: tg.logsumexp(x, 0), [-inf, 1.0], 1, [0, 1]),
    ("logcumsumexp of -inf", lambda x: tg.logcumsumexp(x, 0), [-inf, -inf], [-inf, -inf], [0, 0]),
    ("logcumsumexp from -inf", lambda x: tg.logcumsumexp(x, 0), [-inf, 1.0, -inf], [-inf, 1, 1], [0, 2, 0]),
    ("logcumsumexp of NaN", lambda x: tg.logcumsumexp(x, 0), [0.0, nan], [0, nan], [nan, nan]),
    ("logsumexp of inf", lambda x: tg.logsumexp(x, 0), [1.0, inf, inf], inf, [0, nan, nan]),
    ("logcumsumexp of inf", lambda x: tg.logcumsumexp(x, 0), [inf, 1.0], [inf, inf], [nan, 0]),
    ("amax of NaN", lambda x: tg.amax(x), [nan, 5.0, nan], nan, [0.5, 0, 0.5]),
    ("amin of NaN", lambda x: tg.amin(x, 0), [nan, 5.0, 1.0], nan, [1, 0, 0]),
    ("max of NaN", lambda x: tg.max(x), [nan, 5.0, nan], nan, [0.5, 0, 0.5]),
    ("aminmax of NaN", lambda x: sum(tg.aminmax(x)), [nan, 5.0, nan], nan, [1, 0, 1]),
    ("median of ties", lambda x: tg.median(x), [2.0, 1.0, 2.0, 2.0, 3.0], 2, [1 / 3, 0, 1 / 3, 1 / 3, 0]),
    ("median of NaN", lambda x: tg.median(x), [2.0, nan, nan], nan, [0, 0.5, 0.5]),
    ("nanmedian of ties", lambda x: tg.nanmedian(x), [2.0, nan, 2.0], 2, [0.5, 0, 0.5]),
    ("nanmedian of NaN", lambda x: tg.nanmedian(x), [nan, nan], nan, [0.5, 0.5]),
    ("median of -inf", lambda x: tg.median(x), [-inf, -inf, 1.0], -inf, [0.5, 0.5, 0]),
    ("nansum", lambda x: tg.nansum(x), [1.0, nan, inf], inf, [1, 0, 1]),
    ("nanmean", lambda x: tg.nanmean(x), [1.0, nan, 2.0], 1.5, [0.5, 0, 0.5]),
    ("nanmean of NaN", lambda x: tg.nanmean(x), [nan, nan], nan, [0, 0]),
    ("quantile with inf", lambda x: tg.quantile(x, 0.75), [1.0, inf, 2.0, 3.0], inf, [0, 0.25, 0, 0.75]),
    ("std of equals", lambda x: tg.std(x), [2.0, 2.0], 0, [0, 0]),
    ("var of equals", lambda x: tg.var(x), [2.0, 2.0], 0, [0, 0]),
    ("var of one", lambda x: tg.var(x), [2.0], nan, [nan]),
    ("sort with NaN", lambda x: tg.sort(x).values[:2], [nan, 2.0, 1.0], [1, 2], [0, 1, 1]),
    ("cummax with NaN", lambda x: tg.cummax(x, 0).values, [1.0, nan, 3.0], [1, nan, nan], [1, 2, 0]),
]


@pytest.mark.parametrize("dtype", [tg.float32, tg.float64], ids=str)
@pytest.mark.parametrize(("function", "x", "value", "gradient"), [r[1:] for r in SPECIAL], ids=[r[0] for r in SPECIAL])
def test_special_values(function, x, value, gradient, dtype):
    """Where the value is not NaN, or NaN is among the entries, nothing warns."""
    x = tg.tensor(x, dtype=dtype, requires_grad=True)
    with warnings.catch_warnings():
        if not np.isnan(x.array).any() and np.isnan(value).any():
            warnings.simplefilter("ignore")
        if np.isnan(x.array).all():
            warnings.simplefilter("ignore")
        y = function(x)
    np.testing.assert_allclose(y.tolist(), value, rtol=1e-6)
    (g,) = tg.autograd.grad(y, x, tg.ones_like(y))
    np.testing.assert_allclose(g.tolist(), gradient, rtol=1e-6)


@pytest.mark.parametrize("function", [tg.logsumexp, tg.logcumsumexp])
def test_sums_of_zeros_have_second_derivatives(function):
    x = tg.tensor([[-inf, -inf], [-inf, 1.0]], dtype=tg.float64, requires_grad=True)
    (first,) = tg.autograd.grad(function(x, 1).sum(), x, create_graph=True)
    assert first.tolist() == [[0, 0], [0, 1]]
    assert tg.autograd.grad(first.sum(), x)[0].tolist() == [[0, 0], [0, 0]]


def test_the_median_of_nothing_but_nan_is_the_first():
    x = tg.tensor([[nan, nan, nan], [nan, 1.0, 0.0]])
    assert tg.nanmedian(x, 1).indices.tolist() == [0, 2]
    assert tg.median(x, 1).indices.tolist() == [0, 0]


def test_the_nearest_rank_halfway_between_two_is_the_even_one():
    q = tg.tensor([0.125, 0.375, 0.625])
    assert tg.quantile(tg.arange(5.0), q, interpolation="nearest").tolist() == [0, 2, 2]


def test_an_index_may_be_written_to_before_backward():
    x = tg.tensor([3.0, 1.0, 2.0], requires_grad=True)
    for find in (lambda: x.sort(), lambda: x.topk(3), lambda: x.cummax(0)):
        values, indices = find()
        (wanted,) = tg.autograd.grad((values * tg.tensor([1.0, 2.0, 3.0])).sum(), x)
        values, indices = find()
        indices.zero_()
        (g,) = tg.autograd.grad((values * tg.tensor([1.0, 2.0, 3.0])).sum(), x)
        assert g.tolist() == wanted.tolist()


def test_results_have_names():
    x = tg.tensor([[3.0, 1.0, 2.0]])
    for result in (
        x.max(1), x.min(1), x.sort(), x.topk(1), x.kthvalue(1), x.median(1), x.nanmedian(1), x.mode(1), x.cummax(1),
        x.cummin(1),
    ):  # fmt: skip
        values, indices = result
        assert values is result.values
        assert indices is result.indices
        assert indices.dtype == tg.int64
    assert [t.item() for t in (x.aminmax().min, x.aminmax().max)] == [1, 3]


def test_in_place_scans():
    x = tg.tensor([2, 3, 4], dtype=tg.int32)
    memory = x.array
    assert x.cumsum_(0) is x
    assert x.array is memory
    assert x.cumprod_(0).tolist() == [2, 10, 90]
    y = tg.tensor([2.0, 3.0], requires_grad=True)
    z = y * 1
    z.cumprod_(0)
    assert tg.autograd.grad(z.sum(), y)[0].tolist() == [4, 2]
