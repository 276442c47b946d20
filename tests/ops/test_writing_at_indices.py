"""Functions that write at indices, against loops over the entries; and laws that they obey together."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.testing.derivatives import check_order
from tinygrad_np.testing.strategies import LAYOUTS, Call, SeededDraw, dense, limits, seeds

FOLDS: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "prod": math.prod,
    "mean": lambda row: math.fsum(row) / len(row),
    "amax": max,
    "amin": min,
}


def laid_out(draw: SeededDraw, array: Any) -> Any:
    """Lay an array out in memory in any way: in which order it lies must not decide which write lasts."""
    return LAYOUTS[draw.choice(sorted(LAYOUTS))](array)


class Target:
    """Places along a dim, as the arguments of scatter and its kin have them, and which entry of src goes where."""

    def __init__(self, seed: int, limit: int) -> None:
        draw = SeededDraw(seed, limit)
        self.draw, self.shape = draw, draw.shape(min_dims=1, min_side=1)
        self.dim = draw.integer(0, len(self.shape) - 1)
        free = [draw.integer(0, n) for n in self.shape]
        free[self.dim] = draw.integer(0, 4)
        self.index = laid_out(draw, draw.integers(tuple(free), 0, self.shape[self.dim] - 1))
        source = tuple(n + draw.choice([0, 0, 1]) for n in free)
        self.x, self.src = dense(draw.random, self.shape), laid_out(draw, dense(draw.random, source))

    def sent(self) -> dict[tuple[int, ...], list[tuple[int, ...]]]:
        """Return, for each place that is written to, the entries of src that go there, in order."""
        places: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        for i in product(*map(range, self.index.shape)):
            place = (*i[: self.dim], int(self.index[i]), *i[self.dim + 1 :])
            places.setdefault(place, []).append(i)
        return places


def leaf(x: Any) -> tg.Tensor:
    return tg.tensor(x).requires_grad_()


def pulled_back(y: tg.Tensor, *leaves: tg.Tensor) -> tuple[Any, list[Any]]:
    """Return a cotangent that differs in every entry, and what it becomes at the leaves."""
    g = np.arange(1.0, 1 + y.numel()).reshape(y.shape)
    found = tg.autograd.grad(y, leaves, tg.tensor(g), materialize_grads=True)
    return g, [each.numpy() for each in found]


@given(seed=seeds, limit=limits)
def test_scatter_keeps_the_last_write_and_sends_the_gradient_there_alone(seed, limit):
    target = Target(seed, limit)
    x, src = leaf(target.x), leaf(target.src)
    y = tg.scatter(x, target.dim, tg.from_numpy(target.index), src)
    g, (to_x, to_src) = pulled_back(y, x, src)
    expected, expected_x, expected_src = target.x.copy(), g.copy(), np.zeros_like(target.src)
    for place, entries in target.sent().items():
        expected[place] = target.src[entries[-1]]
        expected_x[place] = 0
        expected_src[entries[-1]] = g[place]
    np.testing.assert_array_equal(y.numpy(force=True), expected)
    np.testing.assert_array_equal(to_x, expected_x)
    np.testing.assert_array_equal(to_src, expected_src)


@pytest.mark.parametrize("reduce", FOLDS)
@given(seed=seeds, limit=limits, include_self=st.booleans(), zeros=st.booleans())
def test_scatter_reduce_folds_what_meets_at_a_place(reduce, seed, limit, include_self, zeros):
    target = Target(seed, limit)
    if zeros:
        target.src = target.src * target.draw.mask(target.src.shape)
    x, src = leaf(target.x), leaf(target.src)
    y = tg.scatter_reduce(x, target.dim, tg.tensor(target.index), src, reduce, include_self=include_self)
    expected = target.x.copy()
    for place, entries in target.sent().items():
        row = [target.src[i] for i in entries] + [target.x[place]] * include_self
        expected[place] = FOLDS[reduce](row)
    np.testing.assert_allclose(y.numpy(force=True), expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("reduce", FOLDS)
@given(seed=seeds, limit=limits, include_self=st.booleans())
def test_second_derivatives_of_scatter_reduce(reduce, seed, limit, include_self):
    target = Target(seed, limit)
    index = tg.tensor(target.index)
    apart = 0.2 * (1 + target.draw.random.permutation(target.x.size + target.src.size))  # no ties within a step
    x, src = apart[: target.x.size].reshape(target.shape), apart[target.x.size :].reshape(target.src.shape)

    def call(x: Any, src: Any) -> Any:
        return tg.scatter_reduce(x, target.dim, index, src, reduce, include_self=include_self)

    check_order(2, call, Call((x, src), ()), np.random.default_rng(seed))


def test_products_with_zeros_are_exact_to_the_second_order():
    """Of 2 * 0 * 5 * 0 the derivative in both zeros is 10; PyTorch refuses it."""
    x, src = leaf([2.0, 7.0]), leaf([0.0, 5.0, 0.0])
    y = tg.scatter_reduce(x, 0, tg.tensor([0, 0, 0]), src, "prod")
    (first,) = tg.autograd.grad(y[0], src, create_graph=True)
    assert first.tolist() == [0, 0, 0]
    assert tg.autograd.grad(first[0], src)[0].tolist() == [0, 0, 10]


@pytest.mark.parametrize("reduce", ["amax", "amin"])
@pytest.mark.parametrize("tied", [3.0, math.inf, -math.inf])
def test_ties_share_the_gradient_evenly(reduce, tied):
    x, src, index = leaf([tied, 9.0]), leaf([tied, tied, tied]), tg.tensor([0, 0, 0])
    y = tg.scatter_reduce(x, 0, index, src, reduce)
    to_x, to_src = tg.autograd.grad(y[0], (x, src))
    assert to_x.tolist() == [0.25, 0]
    assert to_src.tolist() == [0.25] * 3
    y = tg.scatter_reduce(x, 0, index, src, reduce, include_self=False)  # though x has the value of the extremum
    to_x, to_src = tg.autograd.grad(y[0], (x, src))
    assert to_x.tolist() == [0, 0]
    np.testing.assert_allclose(to_src.tolist(), [1 / 3] * 3)


def test_means_of_integers_are_rounded_down():
    y = tg.scatter_reduce(tg.tensor([0, 0]), 0, tg.tensor([0, 1]), tg.tensor([-3, 3]), "mean")
    assert y.tolist() == [-2, 1]
    assert y.dtype == tg.int64


@given(seed=seeds, limit=limits)
def test_functions_of_a_vector_are_scatter_along_whole_slices(seed, limit):
    draw = SeededDraw(seed, limit)
    shape = draw.shape(min_dims=1, min_side=1)
    dim = draw.integer(0, len(shape) - 1)
    vector = draw.integers((draw.integer(0, 4),), 0, shape[dim] - 1)
    slices = (*shape[:dim], len(vector), *shape[dim + 1 :])
    index = tg.tensor(np.broadcast_to(vector.reshape(-1, *(1,) * (len(shape) - dim - 1)), slices).copy())
    at, arrays = tg.tensor(vector), (dense(draw.random, shape), dense(draw.random, slices))
    pairs: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
        (lambda x, s: tg.index_copy(x, dim, at, s), lambda x, s: tg.scatter(x, dim, index, s)),
        (lambda x, s: tg.index_add(x, dim, at, s, alpha=3), lambda x, s: tg.scatter_add(x, dim, index, 3 * s)),
        (lambda x, s: tg.index_fill(x, dim, at, 2.0), lambda x, s: tg.scatter(x, dim, index, value=2.0)),
        (lambda x, s: tg.index_select(x, dim, at), lambda x, s: tg.gather(x, dim, index)),
        (lambda x, s: tg.scatter(x, dim, index, s, reduce="add"), lambda x, s: tg.scatter_add(x, dim, index, s)),
        (
            lambda x, s: tg.scatter(x, dim, index, s, reduce="multiply"),
            lambda x, s: tg.scatter_reduce(x, dim, index, s, "prod"),
        ),
        *(
            (
                lambda x, s, fold=fold: tg.index_reduce(x, dim, at, s, fold, include_self=False),
                lambda x, s, fold=fold: tg.scatter_reduce(x, dim, index, s, fold, include_self=False),
            )
            for fold in ("prod", "mean", "amax", "amin")
        ),
    ]
    for one, other in pairs:
        results = []
        for function in (one, other):
            x, s = map(leaf, arrays)
            y = function(x, s)
            results.append([y.numpy(force=True), *pulled_back(y, x, s)[1]])
        for mine, expected in zip(*results, strict=True):
            np.testing.assert_allclose(mine, expected, rtol=1e-14)


@pytest.mark.parametrize("accumulate", [False, True])
@given(seed=seeds, limit=limits)
def test_put_and_index_put(accumulate, seed, limit):
    draw = SeededDraw(seed, limit)
    shape = draw.shape(min_dims=1, min_side=1)
    n = math.prod(shape)
    places = laid_out(draw, draw.integers(draw.shape(max_dims=2), -n, n - 1))
    x, src = dense(draw.random, shape), laid_out(draw, dense(draw.random, places.shape))
    g = np.arange(1.0, 1 + n)
    expected, to_x, to_src = x.flatten(), g.copy(), np.zeros(src.shape)
    last = {}
    for i in product(*map(range, places.shape)):
        place = int(places[i]) % n
        expected[place] = expected[place] + src[i] if accumulate else src[i]
        to_src[i] = g[place]
        if not accumulate:
            to_x[place] = 0
            if place in last:
                to_src[last[place]] = 0
            last[place] = i
    spelled = tuple(tg.from_numpy(np.asarray(each)) for each in np.unravel_index(places % n, shape))
    for function, index in ((tg.put, tg.from_numpy(places)), (tg.index_put, spelled)):
        inputs = leaf(x), leaf(src)
        y = function(inputs[0], index, inputs[1], accumulate)
        np.testing.assert_allclose(y.numpy(force=True), expected.reshape(shape), rtol=1e-14)
        found = tg.autograd.grad(y, inputs, tg.tensor(g.reshape(shape)))
        np.testing.assert_array_equal(found[0].numpy(), to_x.reshape(shape))
        np.testing.assert_array_equal(found[1].numpy(), to_src)


@pytest.mark.parametrize("recorded", [False, True])
def test_in_an_assignment_the_last_write_stays_however_the_index_lies_in_memory(recorded):
    index = tg.from_numpy(np.array([[0, 1], [1, 0]])[::-1, ::-1].T)
    t, v = tg.zeros(2), tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=recorded)
    t[index] = v
    assert t.tolist() == [4, 3]
    if recorded:
        t.backward(tg.tensor([5.0, 6.0]))
        assert v.grad.tolist() == [[0, 0], [6, 5]]


@given(seed=seeds, limit=limits)
def test_masked_select_and_masked_scatter_undo_each_other(seed, limit):
    draw = SeededDraw(seed, limit)
    shape, masked = draw.broadcastable(2)
    x, mask = tg.tensor(dense(draw.random, shape)), tg.tensor(draw.mask(masked))
    picked = tg.masked_select(x, mask)
    whole = tg.zeros(np.broadcast_shapes(shape, masked), dtype=tg.float64) + x
    np.testing.assert_array_equal(tg.masked_scatter(whole * 0, mask, picked).numpy(), (whole * mask).numpy())
    np.testing.assert_array_equal(tg.masked_scatter(x, mask, picked).numpy(), whole.numpy())
    np.testing.assert_array_equal(tg.masked_fill(x, mask, 7.0).numpy(), np.where(mask.numpy(), 7.0, whole.numpy()))


@given(seed=seeds, limit=limits)
def test_what_is_not_0_is_where_nonzero_says(seed, limit):
    draw = SeededDraw(seed, limit)
    x = tg.tensor(dense(draw.random, shape := draw.shape()) * draw.mask(shape))
    rows = tg.argwhere(x)
    assert rows.shape == (np.count_nonzero(x.numpy()), len(shape))
    assert rows.dtype == tg.int64
    assert rows.tolist() == tg.nonzero(x).tolist() == sorted(rows.tolist())
    if shape:
        assert x[tg.nonzero(x, as_tuple=True)].tolist() == [entry for entry in x.flatten().tolist() if entry]


@given(seed=seeds, limit=limits)
def test_take_along_dim_applies_what_argmax_found(seed, limit):
    draw = SeededDraw(seed, limit)
    x = tg.tensor(dense(draw.random, shape := draw.shape(min_dims=1, min_side=1)))
    for dim in range(len(shape)):
        found = tg.take_along_dim(x, tg.argmax(x, dim, keepdim=True), dim)
        np.testing.assert_array_equal(found.numpy(), tg.amax(x, dim, keepdim=True).numpy())
    assert tg.take_along_dim(x, tg.argmax(x).reshape(1)).item() == tg.amax(x).item()


I = tg.tensor([[0, 1, 0]])  # noqa: E741  # an index
CALLS: dict[str, Callable[..., Any]] = {  # of an index tensor to write to afterwards, x of shape (2, 3), and src
    "getitem": lambda i, x, s: x[i[0]],
    "gather": lambda i, x, s: x.gather(0, i),
    "index_select": lambda i, x, s: x.index_select(0, i[0]),
    "take": lambda i, x, s: x.take(i),
    "take_along_dim": lambda i, x, s: x.take_along_dim(i, 0),
    "masked_select": lambda i, x, s: x.masked_select(i > 0),
    "scatter": lambda i, x, s: x.scatter(0, i, s),
    "scatter_add": lambda i, x, s: x.scatter_add(0, i, s),
    "scatter_reduce": lambda i, x, s: x.scatter_reduce(0, i, s, "prod"),
    "index_add": lambda i, x, s: x.index_add(1, i[0], s),
    "index_copy": lambda i, x, s: x.index_copy(1, i[0], s),
    "index_fill": lambda i, x, s: x.index_fill(0, i[0], s[0, 0]),
    "index_put": lambda i, x, s: x.index_put((i, i), s[:1]),
    "index_reduce": lambda i, x, s: x.index_reduce(1, i[0], s, "mean"),
    "put": lambda i, x, s: x.put(i, s[:1]),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_index_may_be_written_to_before_backward(name):
    def gradients(write: bool) -> list[Any]:
        index = I.clone()
        x, s = leaf(np.arange(6.0).reshape(2, 3)), leaf(1 + np.arange(6.0).reshape(2, 3))
        y = CALLS[name](index, x, s)
        if write:
            index.fill_(1)
        return pulled_back(y, x, s)[1]

    for one, other in zip(gradients(False), gradients(True), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", CALLS)
def test_the_result_has_memory_of_its_own(name):
    x, s = tg.ones(2, 3), tg.ones(2, 3)
    for index in (I, I[:, :0]) if name in ("gather", "take", "scatter", "scatter_add", "scatter_reduce") else (I,):
        assert not np.shares_memory(CALLS[name](index, x, s).array, x.array)


def test_scatter_reduce_of_nothing_is_a_copy():
    x = tg.ones(2)
    tg.scatter_reduce(x, 0, tg.tensor([], dtype=tg.int64), tg.ones(0), "amax").fill_(5)
    assert x.tolist() == [1, 1]


def test_a_hub_at_which_many_entries_meet():
    """Half of the entries go to one place, the others to one each: memory stays in proportion to the entries."""
    n = 20_000
    index = tg.tensor(np.concatenate((np.zeros(n, np.int64), np.arange(n))))
    src = tg.tensor(np.arange(2.0 * n))
    y = tg.scatter_reduce(tg.zeros(n, dtype=tg.float64), 0, index, src, "amax")
    assert y[0].item() == n
    assert y[1:].tolist() == list(range(n + 1, 2 * n))
