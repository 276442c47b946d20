"""Functions made of several ops: their derivatives, checked like those of the ops; and the in-place forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np._graph import Domain, Draw
from tinygrad_np._graph._domain import Case
from tinygrad_np.ops import deviation, elementwise, indexing, linalg, movement, reduction
from tinygrad_np.testing.derivatives import check_gradient, check_order, values_of
from tinygrad_np.testing.strategies import calls, cotangents, seeds

Function = Callable[..., Any]


def along_an_axis(draw: Draw) -> Case:
    shape = draw.shape(min_dims=1, min_side=2)
    return [shape], (draw.integer(-len(shape), len(shape) - 1),)


def several(draw: Draw) -> Case:
    shape = draw.shape()
    return [shape] * draw.integer(1, 3), (draw.integer(0, len(shape)),)


def three_broadcastable(draw: Draw) -> Case:
    return list(draw.broadcastable(3)), ()


def vectors_and_matrices(draw: Draw) -> Case:
    n, k, m = (draw.integer(0, 3) for _ in range(3))
    return draw.choice([[(k,), (k,)], [(n, k), (k,)], [(k,), (k, m)], [(2, n, k), (k,)], [(k,), (2, k, m)]]), ()


def layers(draw: Draw) -> Case:
    n, k, m = draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)
    return [draw.choice([(k,), (n, k), (2, n, k)]), (m, k), (m,)], ()


def gathering(draw: Draw) -> Case:
    shape = draw.shape(min_dims=1, min_side=1)
    dim = draw.integer(0, len(shape) - 1)
    index = (
        *(draw.integer(0, n) for n in shape[:dim]),
        draw.integer(0, 4),
        *(draw.integer(0, n) for n in shape[dim + 1 :]),
    )
    return [shape], (dim, draw.integers(index, 0, shape[dim] - 1))


FUNCTIONS: dict[str, tuple[Function, Domain]] = {
    "var": (lambda x, dim: deviation.var(x, dim, correction=0.5), Domain(case=along_an_axis)),
    "max": (
        lambda x, dim: reduction.extremum(x, dim, True, np.argmax, "max")[0],
        Domain(case=along_an_axis, distinct=True),
    ),
    "min": (
        lambda x, dim: reduction.extremum(x, dim, False, np.argmin, "min")[0],
        Domain(case=along_an_axis, distinct=True),
    ),
    "gather": (indexing.gather, Domain(case=gathering)),
    "stack": (lambda *arguments: movement.stack(arguments[:-1], arguments[-1]), Domain(case=several)),
    "clamp": (elementwise.clamp, Domain(case=three_broadcastable, distinct=True)),
    "matmul": (linalg.matmul, Domain(case=vectors_and_matrices)),
    "linear": (linalg.linear, Domain(case=layers)),
    "x @ W.T": (
        lambda x, W, b: x @ W.T + b if isinstance(x, tg.Tensor) else np.matmul(x, W.T) + b,
        Domain(case=layers),
    ),
}
every_function = pytest.mark.parametrize(("function", "domain"), FUNCTIONS.values(), ids=FUNCTIONS)


@every_function
@given(data=st.data())
def test_first_derivatives(function, domain, data):
    call = data.draw(calls(domain))
    seed = [data.draw(cotangents(y.shape)) for y in values_of(function, call)]
    check_gradient(function, function, domain, call, seed)


@every_function
@given(data=st.data(), seed=seeds)
def test_second_derivatives(function, domain, data, seed):
    check_order(2, function, data.draw(calls(domain)), np.random.default_rng(seed))


IN_PLACE = {
    "add_": (1.5,), "sub_": (1.5,), "mul_": (1.5,), "div_": (1.5,), "pow_": (2,), "clamp_": (0.5, 1.5),
    "exp_": (), "neg_": (), "relu_": (), "sqrt_": (),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_forms_write_what_the_functions_return(name):
    x = tg.tensor([[0.5, 1.0], [1.5, 4.0]])
    expected = getattr(x, name.removesuffix("_"))(*IN_PLACE[name])
    memory = x.array
    assert getattr(x, name)(*IN_PLACE[name]) is x
    assert x.array is memory
    assert x.equal(expected)


@pytest.mark.parametrize("block", [7, 39, 40])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(seed=seeds)
def test_column_sums_are_those_of_sum_however_long(block: int, dtype: str, seed: int) -> None:
    g = np.random.default_rng(seed).normal(size=(40, 3)).astype(dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduction, "BLOCK", block)
        for layout in (g, np.asfortranarray(g), g[::-1]):
            expected = reduction.total_over(layout, (0,), False)
            np.testing.assert_array_equal(reduction.column_sums(layout), expected, strict=True)
    x = tg.tensor(g, requires_grad=True)
    (slope,) = tg.autograd.grad((reduction.column_sums(x) ** 2).sum(), x)
    np.testing.assert_allclose(slope.numpy(), np.broadcast_to(2 * g.sum(0), g.shape), rtol=1e-5)
