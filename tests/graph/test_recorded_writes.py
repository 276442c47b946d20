"""In-place writes that are recorded: any program of views and writes has the derivatives of the same NumPy program.

NumPy's own views are the reference: the program runs once more on complex arrays, whose imaginary part is the
derivative. So nothing of what is tested, neither rules nor views, goes into what is expected.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np._graph import OPS
from tinygrad_np.testing.strategies import SeededDraw

STEP = 1e-20


def looked_at(choose: SeededDraw, t: Any) -> Any:
    """Choose a view of a tensor, or of an array."""
    shape = tuple(t.shape)
    kind = choose.choice(["flat", "transposed", "slice", "row"]) if shape else "flat"
    if kind == "flat":
        return t.reshape(-1)
    if kind == "transposed":
        order = choose.permutation(len(shape))
        return t.permute(order) if isinstance(t, tg.Tensor) else t.transpose(order)
    dim = choose.integer(0, len(shape) - 1)
    at = choose.integer(0, max(shape[dim] - 1, 0))
    entries = at if kind == "row" and shape[dim] else slice(at, None, choose.integer(1, 2))
    index = (*[slice(None)] * dim, entries)
    return t[index] if isinstance(t, tg.Tensor) else t[(*index, ...)]  # a view, even of a single entry


def written(t: Any, kind: str, w: Any, k: int) -> None:
    """Write to ``t`` in place, with entry ``k`` of the vector ``w``; what a rule saves is a copy."""
    copy = t.clone() if isinstance(t, tg.Tensor) else t.copy()
    if kind == "mul":
        t *= w[k]
    elif kind == "add":
        t += w[k] * copy
    elif kind == "fill":
        t[...] = w[k] * w[0]
    elif kind == "zero":
        t[...] = 0
    elif kind == "square":
        t *= copy
    elif kind == "last":
        if t.ndim and t.shape[0]:
            t[-1] = w[k]
    elif t.ndim and t.shape[0]:  # "repeated": the last write stays
        t[[0, -1, 0]] = w[k] if t.ndim > 1 else w[[k, 0, 1]]


WRITES = ["mul", "add", "fill", "zero", "square", "last", "repeated"]


def program(choose: SeededDraw, x: Any, w: Any, constant_base: bool) -> Any:
    """Run a random program on arrays of NumPy or tensors and return a number."""
    if isinstance(x, tg.Tensor):
        start = tg.zeros(x.shape, dtype=tg.float64) if constant_base else x * 1.5
    else:
        start = np.zeros_like(x) if constant_base else np.asarray(x * 1.5)
    family = [start]
    total = 0.0
    for _ in range(choose.integer(2, 7)):
        t = family[choose.integer(0, len(family) - 1)]
        what = choose.choice(["look", "look", "write", "write", "read"])
        if what == "look":
            family.append(looked_at(choose, t))
        elif what == "write":
            written(t, choose.choice(WRITES), w, choose.integer(0, 2))
        else:
            total = total + (t * choose.integer(1, 5)).sum()
    for i, t in enumerate(family):
        total = total + (t * (i + 1.5)).sum() + (t * t).sum()
    return total + (x * x).sum()


@settings(max_examples=8 * settings.default.max_examples)
@given(seed=st.integers(0, 2**32 - 1), limit=st.sampled_from([2, 3]), constant_base=st.booleans())
def test_a_program_has_the_derivatives_of_the_same_numpy_program(seed, limit, constant_base):
    random = np.random.default_rng(seed)
    shape = SeededDraw(seed, limit).shape(min_side=1)
    x, w = np.asarray(random.uniform(0.5, 1.5, shape)), random.uniform(0.5, 1.5, 3)

    def run(x: Any, w: Any) -> Any:
        return program(SeededDraw(seed, limit), x, w, constant_base)

    tensors = [tg.tensor(x).requires_grad_(), tg.tensor(w).requires_grad_()]
    loss = run(*tensors)
    loss.backward()
    np.testing.assert_allclose(loss.item(), run(x, w), rtol=1e-12)
    for position, tensor in enumerate(tensors):
        found = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.array
        for index in np.ndindex(tensor.shape):
            moved = [x.astype(complex), w.astype(complex)]
            moved[position][index] += STEP * 1j
            expected = run(*moved).imag / STEP
            np.testing.assert_allclose(found[index], expected, rtol=1e-10, atol=1e-12)


def test_both_sides_of_an_assignment_get_their_gradient():
    x, v = (tg.tensor(values, requires_grad=True) for values in ([1.0, 2.0, 3.0], [5.0, 7.0]))
    y = x * 2
    y[1:] = v
    (y * tg.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [2, 0, 0]
    assert v.grad.tolist() == [10, 100]


def test_a_constant_that_is_written_to_joins_the_graph():
    x, out = tg.tensor([1.0, 2.0], requires_grad=True), tg.zeros(2, 2)
    row = out[0]
    out[0][1] = x[0] * x[1]  # through a view that nobody keeps
    assert out.requires_grad
    assert row.requires_grad  # it looks at the same memory
    out.sum().backward()
    assert x.grad.tolist() == [2, 1]


def test_second_derivatives_go_through_a_write():
    x = tg.tensor([2.0], requires_grad=True, dtype=tg.float64)
    y = x * x
    y[0] = y[0].clone() * x[0]  # x cubed
    (first,) = tg.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = tg.autograd.grad(first.sum(), x)
    assert (first.item(), second.item()) == (12, 12)


def test_what_was_read_before_a_write_keeps_its_gradient():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    before = y[0] + y[1]
    y.zero_()
    (before + y.sum()).backward()
    assert x.grad.tolist() == [3, 3]


def test_a_write_to_what_a_rule_saved_is_noticed():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    z = y * y
    y.mul_(3)
    with pytest.raises(RuntimeError, match="modified by an inplace operation: mul saved"):
        z.sum().backward()


def test_retain_grad_follows_the_tensor():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.mul_(5)
    (y * y).sum().backward()
    assert y.grad.tolist() == (2 * y).tolist()
    assert y.retains_grad


def test_a_write_under_no_grad_is_not_recorded():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    with tg.no_grad():
        y.mul_(100)
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda x, m: x[0].mul_(2), r"mul_: a view of a leaf Variable that requires grad is being used"),
        (lambda x, m: x.reshape(2, 1)[1:].zero_(), r"zero_: a view of a leaf Variable that requires grad"),
        (lambda x, m: x.__setitem__(0, 1), r"setitem: a leaf Variable that requires grad is being used"),
        (lambda x, m: m.view_without_grad(x * 2).mul_(2), r"mul_: this view was made under no_grad\(\)"),
        (lambda x, m: m.view_without_grad(x * 2).mul_(x[0]), r"mul_: this view was made under no_grad\(\)"),
        (lambda x, m: (x * 2).expand(3, 2).mul_(2), r"a write to a view made by expand cannot be recorded"),
    ],
)
def test_what_is_refused_and_left_as_it_was(write, message):
    x = tg.tensor([1.0, 2.0], requires_grad=True)

    class Module:
        @staticmethod
        @tg.no_grad()
        def view_without_grad(y: Any) -> Any:
            return y[:1]

    with pytest.raises(RuntimeError, match=message):
        write(x, Module)
    assert x.tolist() == [1, 2]


def test_a_view_made_under_no_grad_stays_a_constant():
    y = tg.ones(2, requires_grad=True) * 2
    with tg.no_grad():
        aside = y[:1]
    y.mul_(3)
    assert (aside.tolist(), aside.requires_grad, y.requires_grad) == ([6], False, True)


def test_the_dead_views_of_a_tensor_are_forgotten():
    x = tg.zeros(10)
    for i in range(100):
        x[i % 10]
    assert not x._views
    alive = [x[i % 10] for i in range(100)]
    assert [each() for each in x._views] == alive


def test_views_of_views_may_be_as_deep_as_one_likes():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    view = y = x * 1
    for _ in range(5_000):
        view = view[:]
    y.mul_(3)
    view[0] = 7 * x[0]
    assert view.tolist() == y.tolist() == [7, 6]
    (y.sum() + 10 * view.sum()).backward()
    assert x.grad.tolist() == [77, 33]


def test_a_view_of_a_single_number_is_a_view():
    x = tg.tensor(5.0, requires_grad=True)
    y = x * 2
    y[()].mul_(3)
    assert y.item() == 30
    y.backward()
    assert x.grad.item() == 6


def test_pieces_that_are_written_to_cost_no_more_than_their_number():
    calls = []
    rows = (out := tg.zeros(50, 2)).unbind()
    split = OPS["split"]
    function = split.function
    try:
        split.function = lambda *arguments: calls.append(arguments) or function(*arguments)
        rows[3].add_(tg.ones(2, requires_grad=True))
    finally:
        split.function = function
    assert len(calls) == 1
    assert out.requires_grad
    assert all(row.requires_grad for row in rows)


def test_views_that_threads_make_at_once_are_all_known():
    for _ in range(20):
        x, start = tg.zeros(4), threading.Barrier(4)

        def look(x: Any = x, start: Any = start) -> list[Any]:
            start.wait()
            return [x[i % 4] for i in range(200)]

        with ThreadPoolExecutor(4) as pool:
            views = [view for made in [pool.submit(look) for _ in range(4)] for view in made.result()]
        assert len(x._views) == len(views)


def test_data_replaced_ends_the_family():
    base = tg.zeros(3)
    view = base[:2]
    base.data = tg.ones(3)
    view.add_(tg.ones(2, requires_grad=True))
    assert view.requires_grad
    assert not base.requires_grad
    assert base.tolist() == [1, 1, 1]
