"""Views, and functions that move entries."""

from __future__ import annotations

from typing import Any

from tests.docs.deviations.programs import Row, gradient, leaf


def unfolded_and_written_to(m: Any) -> Any:
    x = m.arange(2)
    x.unfold(0, 1, 1).fill_(9)
    return x.tolist()


def gradient_of_no_pixels(m: Any) -> Any:
    x = m.ones(4, 0, 1, requires_grad=True)
    m.pixel_shuffle(x, 2).sum().backward()
    return tuple(x.grad.shape)


ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "`t.T`": [Row(lambda m: tuple(m.ones(3, 2, 1).T.shape), RuntimeError, (1, 2, 3))],
    "`x.unfold(...)`": [Row(unfolded_and_written_to, RuntimeError, [9, 9])],
    "`x.view(dtype)`": [
        Row(lambda m: leaf(m).view(m.float32).requires_grad, True, False),
        Row(lambda m: (leaf(m) * 2).view(m.int32).zero_().item(), RuntimeError, 0),
    ],
    "`memory_format` of `clone` and `contiguous`": [
        Row(lambda m: m.ones(1).clone(memory_format=None).item(), TypeError, 1.0)
    ],
    "the gradient of `block_diag` after an empty vector": [
        Row(gradient(lambda m, x: m.block_diag(m.zeros(0), x), [1.0, 1.0], [[1.0, 2.0], [3.0, 4.0]]), [3, 4], [1, 2])
    ],
    "the gradient of `pixel_shuffle` of no pixels": [Row(gradient_of_no_pixels, (4, 0, 1), RuntimeError)],
    '`pad(mode="circular")` that adds more than it leaves of a dim': [
        Row(lambda m: list(m.nn.functional.pad(m.ones(1, 1), (-1, 1), "circular").shape), RuntimeError, [1, 1])
    ],
}
