"""Reading and writing at indices."""

from __future__ import annotations

from typing import Any

from tests.docs.deviations.programs import Row, gradient, leaf

WRITES = [  # of v, twice to the first of two zeros
    lambda m, v: assigned(m, v),
    lambda m, v: m.zeros(2).scatter(0, m.tensor([0, 0]), v),
    lambda m, v: m.zeros(2).index_copy(0, m.tensor([0, 0]), v),
    lambda m, v: m.zeros(2).index_put((m.tensor([0, 0]),), v),
    lambda m, v: m.zeros(2).put(m.tensor([0, 0]), v),
]


def assigned(m: Any, v: Any) -> Any:
    t = m.zeros(2)
    t[[0, 0]] = v
    return t


def assigned_at_positions(m: Any) -> Any:
    t = m.zeros(2)
    t[[0]] = m.tensor([7])
    return t.tolist()


def second_derivative_of_a_product(m: Any) -> Any:
    v = m.tensor([0.0, 5.0, 0.0], requires_grad=True)
    y = m.ones(1).scatter_reduce(0, m.tensor([0, 0, 0]), v, "prod")
    (first,) = m.autograd.grad(y, v, create_graph=True)
    return m.autograd.grad(first[0], v)[0].tolist()


def assigned_to_integers(m: Any) -> Any:
    y = m.zeros(2, dtype=m.int64)
    y[0] = 3.0 * leaf(m)[0]
    return y.tolist(), y.requires_grad


ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "a float that requires grad assigned to integers": [Row(assigned_to_integers, RuntimeError, ([3, 0], False))],
    "`t[i] = v`, `scatter`, `index_copy`, `index_put`, `put` where an index repeats": [
        Row(gradient(write, [1.0, 2.0]), [0, 1], [1, 1]) for write in WRITES
    ],
    "`scatter` and its kind with `src` larger than `index`": [
        Row(gradient(lambda m, v: m.zeros(2).scatter(0, m.tensor([1]), v), [1.0, 2.0]), [1, 0], RuntimeError),
        Row(gradient(lambda m, v: m.zeros(2).scatter_add(0, m.tensor([1]), v), [1.0, 2.0]), [1, 0], RuntimeError),
    ],
    "`scatter(reduce=...)`": [
        Row(gradient(lambda m, v: m.ones(1).scatter(0, m.tensor([0]), v, reduce="add"), [2.0]), [1], RuntimeError)
    ],
    'the second derivative of `scatter_reduce` by `"prod"` with several zeros': [
        Row(second_derivative_of_a_product, [0, 0, 5], RuntimeError)
    ],
    '`scatter_reduce(include_self=False)` by `"amax"` where the entry there equals the maximum': [
        Row(
            gradient(lambda m, v: m.ones(1).scatter_reduce(0, m.tensor([0]), v, "amax", include_self=False), [1.0]),
            [1],
            [0.5],
        )
    ],
    "`take_along_dim` out of range": [
        Row(lambda m: m.take_along_dim(m.tensor([4, 5]), m.tensor([3]), 0).tolist(), IndexError, [5])
    ],
    "`multinomial` of more samples than weights other than 0, without replacement": [
        Row(lambda m: m.multinomial(m.tensor([1.0, 0.0]), 2).tolist(), RuntimeError, [0, 1])
    ],
    "a list of lists, tensors or slices as an index": [
        Row(lambda m: m.ones(3, 3)[[[0, 1], [1, 2]]].tolist(), IndexError, [1, 1]),
        Row(lambda m: m.ones(3, 3)[[m.tensor(0), m.tensor(1)]].item(), IndexError, 1),
        Row(lambda m: m.ones(3, 3)[[slice(2), 0]].tolist(), IndexError, [1, 1]),
    ],
    "two Ellipses in an index": [
        Row(lambda m: m.ones(2)[..., ...].tolist(), IndexError, [1, 1]),
        Row(lambda m: m.ones(2, 3, 4)[..., ..., 0].tolist(), IndexError, IndexError),
    ],
    "a uint8 tensor as an index": [
        Row(lambda m: m.tensor([4, 5])[m.tensor([1, 0], dtype=m.uint8)].tolist(), IndexError, [4])
    ],
    "`t[positions] = v` of another dtype": [Row(assigned_at_positions, [7, 0], RuntimeError)],
    "-1 assigned to uint8, by `masked_fill`, `index_fill`, `scatter` or `t[i] = -1`": [
        Row(lambda m: m.zeros(1).to(m.uint8).masked_fill(m.tensor(True), -1).item(), RuntimeError, 255),
        Row(lambda m: m.zeros(1).to(m.uint8).index_fill(0, m.tensor([0]), -1).item(), RuntimeError, 255),
        Row(lambda m: m.zeros(1).to(m.uint8).scatter(0, m.tensor([0]), -1).item(), RuntimeError, 255),
        Row(lambda m: m.zeros(1).to(m.uint8).__setitem__(0, -1), RuntimeError, None),
    ],
}
