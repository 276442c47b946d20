"""The graph and the backward pass."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.docs.deviations.programs import Row, leaf


def written_to_a_piece(m: Any) -> Any:
    pieces = (m.ones(2, requires_grad=True) * 2).split(1)
    pieces[0].mul_(3)
    return pieces[0].item()


def overwritten_through_data(m: Any) -> Any:
    x = m.tensor([2.0], requires_grad=True)
    y = x * x
    x.data[0] = 5
    y.backward(m.ones(1))
    return x.grad.item()


def data_replaced(m: Any) -> Any:
    x = m.tensor([2.0], requires_grad=True)
    y = x * x
    x.data = m.tensor([7.0])
    y.backward(m.ones(1))
    return x.grad.item()


def gradient_left_by_an_error(m: Any) -> bool:
    x, w = leaf(m), leaf(m)
    y = w * 2
    loss = y * x

    def fail(g: Any) -> None:
        raise ValueError

    y.register_hook(fail)
    try:
        loss.backward(m.ones(1))
    except ValueError:
        return x.grad is not None
    raise AssertionError("the hook did not run")


def second_derivative_of_relu(m: Any) -> Any:
    x = leaf(m)
    (first,) = m.autograd.grad(m.relu(x).sum(), x, create_graph=True)
    return m.autograd.grad(first.sum(), x)[0].tolist()


def added_to_a_neighbour(m: Any) -> Any:
    x = m.ones(3, requires_grad=True)
    y = x * 2
    y[1:] += y[:-1]
    y.sum().backward()
    return y.tolist()


def written(m: Any, write: Callable[[Any], Any]) -> Any:
    w = m.ones(1, requires_grad=True)
    y = w * 2
    write(y)
    y.sum().backward()
    return w.grad.tolist()


def seen_by_hook_of_view(m: Any) -> Any:
    seen: list[Any] = []
    y = m.ones(2, requires_grad=True) * 2
    view = y[:1]
    view.register_hook(lambda g: seen.append(g.tolist()))
    view.mul_(3)
    (y.sum() * 5).backward()
    return seen


def copied_with_view(m: Any) -> Any:
    x = m.ones(2)
    whole, view = copy.deepcopy([x, x[:1]])
    whole.zero_()
    return view.tolist()


ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "the second derivative of a function that is linear between its kinks (`relu`)": [
        Row(second_derivative_of_relu, RuntimeError, [0.0])
    ],
    "`y[1:] += y[:-1]` where `y` has a graph": [Row(added_to_a_neighbour, [2.0, 4.0, 4.0], RuntimeError)],
    "a write to an output of `split`, `chunk` or `unbind` that has a graph": [
        Row(written_to_a_piece, 6.0, RuntimeError)
    ],
    "a write to `t.data` before `backward`": [Row(overwritten_through_data, RuntimeError, 10.0)],
    "`t.data = u` before `backward`": [Row(data_replaced, 4.0, 14.0)],
    "a comparison in place, `y.eq_(2)`, of a result": [
        Row(lambda m: written(m, lambda y: y.eq_(2.0)), RuntimeError, [0]),
        Row(lambda m: written(m, lambda y: y.logical_not_()), RuntimeError, [2]),
    ],
    "a hook on a view, in place since": [Row(seen_by_hook_of_view, [[15]], [])],
    "`deepcopy` of a list of a tensor and its view": [Row(copied_with_view, [1], [0])],
    "an error in a backward pass": [Row(gradient_left_by_an_error, False, True)],
}
