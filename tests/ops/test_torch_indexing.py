"""A mixture of integers, slices, None, Ellipsis, masks and position arrays picks what PyTorch picks, or both refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import tinygrad_np as tg
from tinygrad_np.testing.strategies import SeededDraw, limits, seeds

torch: Any = pytest.importorskip("torch", reason="the comparison needs PyTorch")
agree: Any = pytest.importorskip("tests.samples.comparing").agree


def mixture(draw: SeededDraw, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Choose an index; its arrays (NumPy's, to be converted) broadcast together."""
    parts: list[Any] = []
    picked = draw.choice([(), (1,), (2,), (3,), (2, 2)])  # the shape of all position arrays
    dims = list(shape[: draw.integer(0, len(shape))])
    while dims:
        n = dims.pop(0)
        kind = draw.choice(["integer", "slice", "slice", "positions", "positions", "mask", "new"])
        if kind == "integer" and n:
            parts.append(draw.integer(-n, n - 1))
        elif kind == "positions" and n:
            array = draw.integers(picked, -n, n - 1)
            parts.append(array.tolist() if array.ndim and draw.integer(0, 1) else array)
        elif kind == "mask":
            own = (n, *(dims.pop(0) for _ in range(draw.integer(0, min(1, len(dims))))))
            mask = np.zeros(math.prod(own), bool)
            mask[draw.random.permutation(mask.size)[: math.prod(picked)]] = True
            parts.append(mask.reshape(own))
        elif kind == "new":
            dims.insert(0, n)
            parts.append(None)
        else:
            parts.append(slice(draw.choice([None, 0, 1, -1]), draw.choice([None, 2, -1]), draw.choice([None, 1, 2])))
    if draw.integer(0, 1):
        parts.insert(draw.integer(0, len(parts)), ...)
    return tuple(parts)


def converted(index: tuple[Any, ...], lib: Any) -> tuple[Any, ...]:
    return tuple(lib.tensor(part) if isinstance(part, np.ndarray) else part for part in index)


def picked_by(lib: Any, x: Any, index: tuple[Any, ...]) -> Any:
    """Return what is picked and its gradient under a weight that differs in every entry, or the error's class."""
    tensor = lib.tensor(x, requires_grad=True)
    try:
        y = tensor[converted(index, lib)]
    except (IndexError, ValueError, RuntimeError, TypeError) as error:
        return type(error)
    weight = lib.tensor(np.arange(1.0, 1 + y.numel()).reshape(tuple(y.shape)))
    return y.detach().numpy(), lib.autograd.grad(y, tensor, weight)[0].numpy()


@settings(max_examples=4 * settings.default.max_examples)
@given(seed=seeds, limit=limits)
def test_mixtures(seed, limit):
    draw = SeededDraw(seed, limit)
    shape = draw.shape(min_dims=1)
    x = np.arange(float(math.prod(shape))).reshape(shape)
    index = mixture(draw, shape)
    ours, theirs = (picked_by(lib, x, index) for lib in (tg, torch))
    if isinstance(ours, type) or isinstance(theirs, type):
        both = isinstance(ours, type) and isinstance(theirs, type)
        # Where nothing is picked, NumPy lets a mask of no entries pass, and PyTorch positions out of range.
        assert both or (ours if isinstance(theirs, type) else theirs)[0].size == 0, (shape, index)
        return
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == other.shape, (shape, index)
        np.testing.assert_array_equal(one, other)


def written_by(lib: Any, x: Any, index: tuple[Any, ...], value: Any) -> list[Any]:
    """Return what an assignment makes of a copy of ``x``, and the gradients of both under differing weights."""
    leaves = [lib.tensor(x, requires_grad=True), lib.tensor(value, requires_grad=True)]
    y = leaves[0] * 1
    y[converted(index, lib)] = leaves[1]
    weight = lib.tensor(np.arange(1.0, 1 + y.numel()).reshape(tuple(y.shape)))
    return [y.detach().numpy(), *(g.numpy() for g in lib.autograd.grad(y, leaves, weight))]


@settings(max_examples=4 * settings.default.max_examples)
@given(seed=seeds, limit=limits)
def test_mixtures_in_assignments(seed, limit):
    draw = SeededDraw(seed, limit)
    shape = draw.shape(min_dims=1)
    index = mixture(draw, shape)
    x = np.arange(float(math.prod(shape))).reshape(shape)
    places = picked_by(torch, x, index)
    assume(not isinstance(places, type))
    assume(len(np.unique(places[0])) == places[0].size > 0)  # which of several writes lasts is not PyTorch's promise
    cut = draw.integer(0, places[0].ndim)
    value = -1 - draw.random.random([draw.choice([n, n, 1]) for n in places[0].shape[cut:]])
    for one, other in zip(written_by(tg, x, index, value), written_by(torch, x, index, value), strict=True):
        np.testing.assert_array_equal(one, other, f"{shape}, {index}")
    result = []
    for lib in (tg, torch):
        constant = lib.tensor(x)
        constant[converted(index, lib)] = lib.tensor(value)
        result.append(constant.numpy())
    np.testing.assert_array_equal(*result)


Form = Callable[..., Any]  # of the library and a tensor x of shape (2, 3, 4)

FORMS: dict[str, Form] = {
    "new dims": lambda lib, x: x[None, ..., None, 0, None],
    "True": lambda lib, x: x[True, 0],
    "False": lambda lib, x: x[0, False],
    "a 0-d mask": lambda lib, x: x[lib.tensor(True)] * x[lib.tensor(True), 1],
    "a 0-d position": lambda lib, x: x[lib.tensor(1)] * x[:, lib.tensor(-1), 0:1].sum(),
    "NumPy's": lambda lib, x: x[np.int64(1)] * x[np.array([0, 1]), np.int64(0) :, np.array(2)][0, :, None],
    "a slice of tensors": lambda lib, x: x[lib.tensor(0) : lib.tensor(1), :: lib.tensor(2)],
    "int32": lambda lib, x: x[lib.tensor([1, 0, 1], dtype=lib.int32)],
    "an empty list": lambda lib, x: x[[]],
    "an empty tensor": lambda lib, x: x[:, lib.tensor([], dtype=lib.int64)],
    "a list of bools": lambda lib, x: x[[True, False]],
    "a range": lambda lib, x: x[range(2)],
    "tuples": lambda lib, x: x[(0, 1), (2, 0)] * x[((1, 0),)][:, 0],
    "no index": lambda lib, x: x[()] * x[...],
    "a mask of two dims": lambda lib, x: x[:, x[0] > 1] * 2,
    "a mask and a position": lambda lib, x: x[x[..., 0] > 1, 0],
    "positions apart": lambda lib, x: x[[0, 1], :, [1, 2]],
    "positions after an integer": lambda lib, x: x[0, :, [1, 2]],
    "positions after new dims": lambda lib, x: x[None, [0, 1], None, [0, 1]],
    "slices beyond": lambda lib, x: x[-9:9, 5:, 3:1],
    "0-d": lambda lib, x: x.sum()[None] * x.sum()[...] * x.sum()[lib.tensor(True)],
    "gather of a 0-d tensor": lambda lib, x: x.sum().gather(0, lib.tensor([0, 0])) * x.sum().gather(0, lib.tensor(0)),
    "gather by one": lambda lib, x: x[0, 0].gather(0, lib.tensor(2)),
    "gather of nothing": lambda lib, x: x.gather(1, lib.tensor([], dtype=lib.int64)),
    "gather of fewer": lambda lib, x: x.gather(2, lib.tensor([[[3, 3, 0, 3, 1]]])),
    "gather, sparse": lambda lib, x: lib.gather(x, 0, lib.tensor([[[1]]]), sparse_grad=False),
    "index_select": lambda lib, x: x.index_select(-2, lib.tensor([2, 0, 2])),
    "index_select by one": lambda lib, x: x.index_select(0, lib.tensor(1)) * x.sum().index_select(0, lib.tensor([0])),
    "take": lambda lib, x: x.take(lib.tensor([[0, -1], [5, 5]])) * x.take(lib.tensor(3)),
    "take_along_dim": lambda lib, x: x.take_along_dim(lib.tensor([[[-1], [0], [3]]]), 2),
    "take_along_dim that broadcasts": lambda lib, x: x[:1].take_along_dim(lib.tensor([[[0]], [[2]], [[2]]]), dim=1),
    "take_along_dim of all": lambda lib, x: lib.take_along_dim(x, lib.tensor([[23, 0], [0, 2]])),
    "masked_select": lambda lib, x: (
        x.masked_select(x[0, :1] > 1) * x[:1].masked_select(lib.tensor([[[True]], [[False]]])).sum()
    ),
    "scatter": lambda lib, x: x.scatter(2, lib.tensor([[[3, 1]], [[0, 2]]]), x[:, 1:2, 1:3]),
    "scatter a number": lambda lib, x: (
        x.scatter(1, lib.tensor([[[0]]]), 7) * x.scatter(0, lib.tensor([[[1]]]), value=2.5)
    ),
    "scatter to 0-d": lambda lib, x: (
        x.sum().scatter(0, lib.tensor(0), x.mean()) + x.sum().scatter_add(0, lib.tensor([0]), x[0, 0, :1])
    ),
    "scatter nothing": lambda lib, x: (
        x.scatter(0, lib.tensor([], dtype=lib.int64), x[0, 0, :0])
        + x.scatter_add(1, lib.tensor([[[]]], dtype=lib.int64), x[:1, :1, :0])
    ),
    "scatter by int32": lambda lib, x: x.scatter(0, lib.tensor([[[1]]], dtype=lib.int32), x[:1, :1, :1] * 2),
    "scatter_add": lambda lib, x: x.scatter_add(-1, lib.tensor([[[3, 3, 3]], [[0, 1, 0]]]), x[:, :1, :3] * 2),
    "index_add": lambda lib, x: x.index_add(1, lib.tensor([2, 2]), x[:, 1:] * x[:, :2], alpha=-2.5),
    "index_add to 0-d": lambda lib, x: x.sum().index_add(0, lib.tensor([0]), x.mean()),
    "index_copy": lambda lib, x: x.index_copy(-1, lib.tensor([3, 0]), x[..., 1:3] * x[..., :2]),
    "index_copy a 0-d tensor": lambda lib, x: x[0, 0].index_copy(0, lib.tensor(1), x.sum()),
    "index_fill by a tensor": lambda lib, x: (
        x.index_fill(1, lib.tensor([0, 2]), x.sum()) * x.index_fill(0, lib.tensor(0), 3)
    ),
    "index_put": lambda lib, x: x.index_put((lib.tensor([0, 1]), lib.tensor([[0], [2]])), x[0, 0]),
    "index_put at a mask": lambda lib, x: x.index_put((x > 1,), x.sum()),
    "index_put that adds": lambda lib, x: x.index_put((lib.tensor([0, 0, 1]), lib.tensor(1)), x[0], accumulate=True),
    "index_put of integers": lambda lib, x: (
        lib.zeros(3).long().index_put((lib.tensor([1, 1]),), lib.tensor([2, 3]), True)
    ),
    "put": lambda lib, x: x.put(lib.tensor([[0, -1]]), x[0, 0, 1:3]) * x.put(lib.tensor(4), x.sum()),
    "put that adds": lambda lib, x: x.put(lib.tensor([5, 5, 0]), x[0, 0, 1:], accumulate=True),
    "masked_fill": lambda lib, x: x.masked_fill(x > 1, x.sum()) * x[:, :1].masked_fill(x[0] > 1, -2),
    "masked_fill of integers": lambda lib, x: (
        x.long().masked_fill(x > 1, 2.9) + x.long().masked_fill(x > 1, lib.tensor(-1.5))
    ),
    "masked_fill with infinity": lambda lib, x: x.masked_fill(x > 1, float("-inf")).softmax(0),
    "masked_scatter": lambda lib, x: x.masked_scatter(x[:, :1] > 1, x * x) * x[0].masked_scatter(x > 1, x * 2),
    "select_scatter": lambda lib, x: x.select_scatter(x[0] * x[1], 0, -1),
    "slice_scatter": lambda lib, x: x.slice_scatter(x[:, :2] * 2, dim=1, start=-9, end=9, step=2),
    "slice_scatter of a tail": lambda lib, x: lib.slice_scatter(x, x[..., :1] * 3, -1, start=-1),
    "diagonal_scatter": lambda lib, x: (
        x.diagonal_scatter(x[:, 0, :3] * 2, 1, 1, 2) * x.diagonal_scatter(x[:, :0, 0], 9, -1, 1)
    ),
    "diagonal_scatter below": lambda lib, x: x.diagonal_scatter(x[0, :, :1] * 2, offset=-1, dim1=0, dim2=2),
    "scatter_reduce": lambda lib, x: x.scatter_reduce(
        0, lib.tensor([[[1], [1], [1]]]), x * x, "amax", include_self=False
    ),
    "nonzero": lambda lib, x: (
        lib.nonzero(x > 1),
        *lib.nonzero(x > 1, as_tuple=True),
        *lib.nonzero(x.sum(), as_tuple=True),
    ),
    "argwhere": lambda lib, x: (lib.argwhere(x > 1), lib.argwhere(x.sum()), lib.argwhere(x.sum() * 0)),
    "in place": lambda lib, x: [
        (x * 1).scatter_(0, lib.tensor([[[1]]]), x[:1, :1, :1]),
        (x * 1).index_add_(0, lib.tensor([0]), x[1:]),
        (x * 1).scatter_add_(0, lib.tensor([[[1]]]), x[:1, :1, :1]),
        (x * 1).scatter_reduce_(0, lib.tensor([[[1]]]), x[:1, :1, :1], "prod"),
        (x * 1).index_copy_(0, lib.tensor([0]), x[1:]),
        (x * 1).index_fill_(0, lib.tensor([0]), x.sum()),
        (x * 1).index_reduce_(0, lib.tensor([0]), x[1:], "amax"),
        (x * 1).masked_scatter_(x > 1, x * x),
        (x * 1).masked_fill_(x > 1, 0),
        (x * 1).index_put_((lib.tensor([0]),), x[1]),
        (x * 1).put_(lib.tensor([3]), x.sum()),
    ],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_forms(form):
    agree(form, [np.random.default_rng(0).uniform(0.5, 2, (2, 3, 4))])


@pytest.mark.filterwarnings("ignore:The reduce argument of torch.scatter:UserWarning")
@pytest.mark.parametrize("reduce", ["add", "multiply"])
def test_scatter_with_a_fold(reduce):
    """PyTorch has its values, but no derivatives."""
    random = np.random.default_rng(0)
    x, index, src = random.random((2, 3)), random.integers(0, 2, (4, 3)), random.random((4, 3))
    for written in (src, 2.5):
        results = []
        for lib in (tg, torch):
            given = lib.tensor(written) if isinstance(written, np.ndarray) else written
            results.append(lib.scatter(lib.tensor(x), 0, lib.tensor(index), given, reduce=reduce).numpy())
        np.testing.assert_allclose(*results, rtol=1e-14)
