"""The graph and the backward pass."""

from __future__ import annotations

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


ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "a write to an output of `split`, `chunk` or `unbind` that has a graph": [
        Row(written_to_a_piece, 6.0, RuntimeError)
    ],
    "a write to `t.data` before `backward`": [Row(overwritten_through_data, RuntimeError, 10.0)],
    "`t.data = u` before `backward`": [Row(data_replaced, 4.0, 14.0)],
    "an error in a backward pass": [Row(gradient_left_by_an_error, False, True)],
}
