"""What functions that pick or write at an index refuse: the class of the error, which is PyTorch's, and its message."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg

Form = Callable[..., Any]  # of the library, tg or torch, and a tensor x of shape (2, 3)


def at(lib: Any, *index: Any) -> Any:
    return lib.tensor(list(index), dtype=lib.int64)


REFUSED: dict[str, tuple[Form, type[Exception], str]] = {  # what is refused, the class, the message
    "a str": (lambda lib, x: x["a"], TypeError, "getitem: a str is no index, got 'a'"),
    "a float": (lambda lib, x: x[1.0], IndexError, "getitem: only integers"),
    "int16": (lambda lib, x: x[lib.tensor([0], dtype=lib.int16)], IndexError, "getitem: tensors .* got int16; call"),
    "a slice of floats": (lambda lib, x: x[0:1.0], TypeError, "float"),
    "setitem: a slice backwards": (
        lambda lib, x: x.__setitem__(slice(None, None, -1), 1),
        ValueError,
        "setitem: the step of a slice must be positive, got -1",
    ),
    "gather: index of floats": (
        lambda lib, x: x.gather(0, lib.tensor([[0.0]])),
        RuntimeError,
        r"gather: index must be an integer tensor \(int64 or int32\), got float32",
    ),
    "gather: a list": (lambda lib, x: x.gather(0, [[0]]), TypeError, "gather: index must be a tensor, got list"),
    "gather: negative": (
        lambda lib, x: x.gather(1, at(lib, [-1])),
        RuntimeError,
        r"gather: index out of range: -1 is not among 0 to 2, along dim 1 of shape \(2, 3\)",
    ),
    "index_select: a matrix": (
        lambda lib, x: x.index_select(0, at(lib, [0])),
        IndexError,
        r"index_select: index must be a vector, got shape \(1, 1\)",
    ),
    "index_select: out of range": (
        lambda lib, x: x.index_select(0, at(lib, 2)),
        IndexError,
        "index_select: index out of range: 2 is not among 0 to 1, along dim 0",
    ),
    "index_select: two of a 0-d tensor": (
        lambda lib, x: x.sum().index_select(0, at(lib, 0, 0)),
        RuntimeError,
        "index_select: of a 0-d tensor one entry can be picked, got 2",
    ),
    "take: int32": (lambda lib, x: x.take(at(lib, 0).int()), RuntimeError, r"take: index must .*\(int64\), got int32"),
    "take: out of range": (
        lambda lib, x: x.take(at(lib, 0, 6)),
        IndexError,
        r"take: index out of range: 6 is not among -6 to 5, in the flattened tensor of shape \(2, 3\)",
    ),
    "take_along_dim: dims": (
        lambda lib, x: x.take_along_dim(at(lib, 0), 0),
        RuntimeError,
        r"take_along_dim: input and indices must have as many dims, got \(2, 3\) and \(1,\)",
    ),
    "take_along_dim: shapes": (
        lambda lib, x: x.take_along_dim(at(lib, [0], [0], [0]), 1),
        RuntimeError,
        r"take_along_dim: shapes \(2, 3\) and \(3, 1\) do not broadcast apart from dim 1",
    ),
    "masked_select: a mask of integers": (
        lambda lib, x: x.masked_select(at(lib, 1, 0, 1)),
        RuntimeError,
        "masked_select: mask must be bool, got int64",
    ),
    "masked_select: shapes": (
        lambda lib, x: x.masked_select(lib.tensor([True, False])),
        RuntimeError,
        r"masked_select: input \(2, 3\) and mask \(2,\) do not broadcast together",
    ),
    "masked_select: a list": (
        lambda lib, x: x.masked_select([True]),
        TypeError,
        "masked_select: mask must be a tensor",
    ),
    "scatter: no src": (lambda lib, x: x.scatter(0, at(lib, [0])), TypeError, "scatter: expected src.* or value"),
    "scatter: reduce": (
        lambda lib, x: x.scatter(0, at(lib, [0]), x, reduce="mean"),
        RuntimeError,
        'scatter: reduce must be "add" or "multiply", got \'mean\'',
    ),
    "scatter: dtypes": (
        lambda lib, x: x.scatter(0, at(lib, [0]), x.double()),
        RuntimeError,
        "scatter: source must have the dtype of input, float32, got float64",
    ),
    "scatter: index beyond src": (
        lambda lib, x: x.scatter(0, at(lib, [0, 0, 0]), x[:, :2]),
        RuntimeError,
        r"scatter: index of shape \(1, 3\) does not lie within src of shape \(2, 2\)",
    ),
    "scatter: index beyond input": (
        lambda lib, x: x[:, :2].scatter(0, at(lib, [0, 0, 0]), x),
        RuntimeError,
        r"scatter: index of shape \(1, 3\) does not lie within \(2, 2\) apart from dim 0",
    ),
    "scatter: out of range": (
        lambda lib, x: x.scatter(0, at(lib, [2]), 1.0),
        RuntimeError,
        "scatter: index out of range: 2 is not among 0 to 1",
    ),
    "scatter: a number that does not fit": (
        lambda lib, x: x.to(lib.uint8).scatter(0, at(lib, [0]), 300),
        RuntimeError,
        "scatter: 300 does not fit into uint8",
    ),
    "scatter_add: src of a number": (
        lambda lib, x: x.scatter_add(0, at(lib, [0]), 1.0),
        TypeError,
        "source must be a ten",
    ),
    "scatter_reduce: reduce": (
        lambda lib, x: x.scatter_reduce(0, at(lib, [0]), x, "median"),
        RuntimeError,
        "scatter_reduce: reduce must be sum, prod, mean, amax or amin, got 'median'",
    ),
    "index_add: out of range": (
        lambda lib, x: x.index_add(0, at(lib, 2), x[:1]),
        RuntimeError,
        "index_add: index out of range: 2 is not among 0 to 1, along dim 0",
    ),
    "index_add: counts": (
        lambda lib, x: x.index_add(0, at(lib, 0, 1), x[:1]),
        RuntimeError,
        r"index_add: 2 positions along dim 0 of shape \(2, 3\) need a source of \(2, 3\), got \(1, 3\)",
    ),
    "index_add: a tensor as alpha": (
        lambda lib, x: x.index_add(0, at(lib, 0), x[:1], alpha=lib.tensor(2.0, requires_grad=True)),
        TypeError,
        "index_add: alpha must be a number, got a tensor",
    ),
    "index_fill: a gradient lost to integers": (
        lambda lib, x: x.long().index_fill(0, at(lib, 0), lib.tensor(2.0, requires_grad=True)),
        RuntimeError,
        "index_fill: a gradient would be lost",
    ),
    "masked_fill: a gradient lost to integers": (
        lambda lib, x: x.long().masked_fill(x > 0, lib.tensor(2.0, requires_grad=True)),
        RuntimeError,
        "masked_fill: a gradient would be lost",
    ),
    "scatter: a gradient lost": (
        lambda lib, x: x.scatter(1, lib.tensor([[0]]), value=lib.tensor(2.0, requires_grad=True)),
        TypeError,
        "scatter: value must be a number, got a tensor that requires grad",
    ),
    "index_add: dtypes": (lambda lib, x: x.index_add(0, at(lib, 0), x[:1].double()), RuntimeError, "index_add: source"),
    "index_copy: counts": (lambda lib, x: x.index_copy(0, at(lib, 0, 1), x[:1]), IndexError, "index_copy: 2 positions"),
    "index_copy: shapes": (
        lambda lib, x: x.index_copy(0, at(lib, 0), x[:1, :2]),
        RuntimeError,
        r"index_copy: 1 positions along dim 0 of shape \(2, 3\) need a source of \(1, 3\), got \(1, 2\)",
    ),
    "index_copy: out of range": (
        lambda lib, x: x.index_copy(0, at(lib, -1), x[:1]),
        IndexError,
        "index_copy: index out",
    ),
    "index_fill: out of range": (
        lambda lib, x: x.index_fill(1, at(lib, -4), 1),
        IndexError,
        "index_fill: index out of range: -4 is not among -3 to 2",
    ),
    "index_fill: a matrix": (
        lambda lib, x: x.index_fill(0, at(lib, [0]), 1),
        RuntimeError,
        "index_fill: index must be a",
    ),
    "index_fill: floats": (lambda lib, x: x.index_fill(0, x[0], 1), IndexError, "index_fill: index must be an integer"),
    "index_fill: a vector": (
        lambda lib, x: x.index_fill(0, at(lib, 0), x[0]),
        RuntimeError,
        r"index_fill: value must be a number or a 0-d tensor, got shape \(3,\)",
    ),
    "index_reduce: reduce": (
        lambda lib, x: x.index_reduce(0, at(lib, 0), x[:1], "sum"),
        RuntimeError,
        "index_reduce: reduce must be prod, mean, amax or amin, got 'sum'",
    ),
    "index_put: a list of integers": (
        lambda lib, x: x.index_put(([0],), x[0]),
        TypeError,
        "index_put: indices must be a tuple of tensors",
    ),
    "index_put: out of range": (
        lambda lib, x: x.index_put((at(lib, 2),), x[0]),
        IndexError,
        r"index_put: index 2 is out of bounds .*; the tensor has shape \(2, 3\)",
    ),
    "index_put: too many": (lambda lib, x: x.index_put((at(lib, 0),) * 3, x[0]), IndexError, "index_put: too many"),
    "index_put: values": (
        lambda lib, x: x.index_put((at(lib, 0),), x[:, 0]),
        RuntimeError,
        r"index_put: values of shape \(2,\) do not broadcast to \(1, 3\)",
    ),
    "index_put: dtypes": (
        lambda lib, x: x.index_put((at(lib, 0),), at(lib, 1)),
        RuntimeError,
        "index_put: source must",
    ),
    "put: counts": (
        lambda lib, x: x.put(at(lib, 0, 1), x[0]),
        IndexError,
        r"put: index of shape \(2,\) and source of \(3,\) must have as many entries",
    ),
    "put: out of range": (
        lambda lib, x: x.put(at(lib, -7), x[0, :1]),
        IndexError,
        "put: index out of range: -7 is not",
    ),
    "put: a number": (lambda lib, x: x.put(at(lib, 0), 1.0), TypeError, "put: source must be a tensor, got float"),
    "masked_fill: a vector": (
        lambda lib, x: x.masked_fill(x > 0, x[0]),
        RuntimeError,
        "masked_fill: value must be a number or a 0-d tensor",
    ),
    "masked_fill: a str": (lambda lib, x: x.masked_fill(x > 0, "a"), TypeError, "masked_fill: value must be a number"),
    "masked_fill: too large": (
        lambda lib, x: x.masked_fill(x > 0, 1e300),
        RuntimeError,
        r"masked_fill: 1e\+300 does not",
    ),
    "masked_fill: a mask of integers": (
        lambda lib, x: x.masked_fill(at(lib, 1), 0.0),
        RuntimeError,
        "mask must be bool",
    ),
    "masked_scatter: too few": (
        lambda lib, x: x.masked_scatter(x > 0, x[0]),
        RuntimeError,
        "masked_scatter: the mask is true 6 times, but source has 3 entries",
    ),
    "masked_scatter: dtypes": (
        lambda lib, x: x.masked_scatter(x > 0, x.long()),
        RuntimeError,
        "masked_scatter: source",
    ),
    "select_scatter: shapes": (
        lambda lib, x: x.select_scatter(x[:, :2], 0, 0),
        RuntimeError,
        r"select_scatter: src has shape \(2, 2\), but what it replaces has \(3,\)",
    ),
    "select_scatter: out of range": (
        lambda lib, x: x.select_scatter(x[0], 0, 2),
        IndexError,
        "select_scatter: index 2 is",
    ),
    "select_scatter of 0-d": (
        lambda lib, x: x.sum().select_scatter(x.sum(), 0, 0),
        IndexError,
        "select_scatter: a 0-d",
    ),
    "slice_scatter: step": (lambda lib, x: x.slice_scatter(x, 0, 0, 2, 0), RuntimeError, "slice_scatter: step must be"),
    "slice_scatter: shapes": (lambda lib, x: x.slice_scatter(x, 0, 1), RuntimeError, "slice_scatter: src has shape"),
    "diagonal_scatter: dims": (
        lambda lib, x: x.diagonal_scatter(x[0], 0, 1, -1),
        RuntimeError,
        r"diagonal_scatter: dim1 and dim2 must differ, got 1 and -1 for shape \(2, 3\)",
    ),
    "diagonal_scatter: shapes": (
        lambda lib, x: x.diagonal_scatter(x[0]),
        RuntimeError,
        "diagonal_scatter: src has shape",
    ),
    "multinomial: negative": (
        lambda lib, x: lib.multinomial(-x, 1),
        RuntimeError,
        "multinomial: weights must be neither",
    ),
    "multinomial: integers": (
        lambda lib, x: lib.multinomial(x.long(), 1),
        RuntimeError,
        "multinomial: weights must be fl",
    ),
    "multinomial: 0-d": (
        lambda lib, x: lib.multinomial(x.sum(), 1),
        RuntimeError,
        r"must have shape \(n,\) or \(m, n\)",
    ),
    "multinomial: all 0": (lambda lib, x: lib.multinomial(x * 0, 1), RuntimeError, "the weights of a row are all 0"),
    "multinomial: none": (lambda lib, x: lib.multinomial(x, 0), RuntimeError, "num_samples must be positive, got 0"),
    "multinomial: a half": (
        lambda lib, x: lib.multinomial(x, 0.5),
        TypeError,
        "num_samples must be an integer, got 0.5",
    ),
    "multinomial: too many": (
        lambda lib, x: lib.multinomial(x, 4),
        RuntimeError,
        "multinomial: 4 samples without repl",
    ),
    "bernoulli: above 1": (lambda lib, x: lib.bernoulli(2 * x), RuntimeError, r"probabilities must lie in \[0, 1\]"),
    "bernoulli: integers": (
        lambda lib, x: lib.bernoulli(x.long()),
        NotImplementedError,
        "bernoulli: probabilities must",
    ),
    "normal: std < 0": (lambda lib, x: lib.normal(x, -x), RuntimeError, "normal: std must not be negative"),
    "normal: no size": (lambda lib, x: lib.normal(0.0, 1.0), TypeError, "normal: expected a tensor .* and a size"),
    "normal: shapes": (
        lambda lib, x: lib.normal(x, x.T),
        RuntimeError,
        r"normal: mean \(2, 3\) and std \(3, 2\) do not",
    ),
    "normal: integers": (
        lambda lib, x: lib.normal(x.long(), 1.0),
        NotImplementedError,
        "normal: mean and std must be fl",
    ),
}

ONES = np.ones((2, 3), np.float32)


@pytest.mark.parametrize(("form", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(form, kind, message):
    with pytest.raises(kind) as caught:
        form(tg, tg.tensor(ONES))
    assert caught.type is kind
    assert re.search(message, str(caught.value)), str(caught.value)


@pytest.mark.parametrize(("form", "kind"), [row[:2] for row in REFUSED.values()], ids=REFUSED)
def test_refused_by_pytorch_with_the_same_class(form, kind):
    torch = pytest.importorskip("torch", reason="the comparison needs PyTorch")
    with pytest.raises(kind) as caught:
        form(torch, torch.tensor(ONES))
    assert caught.type is kind


OURS: dict[str, tuple[Form, type[Exception], str]] = {  # what PyTorch lets pass: see docs/conventions.md
    "a list of lists": (lambda lib, x: x[[[0], [1]]], IndexError, "getitem: a list of other than numbers is ambiguous"),
    "two Ellipses": (lambda lib, x: x[..., ...], IndexError, "getitem: an index can only have a single ellipsis"),
    "uint8": (
        lambda lib, x: x[lib.tensor([1, 0], dtype=lib.uint8)],
        IndexError,
        "getitem: tensors .* got uint8; call .b",
    ),
    "take_along_dim: out of range": (
        lambda lib, x: x.take_along_dim(at(lib, [3]), 1),
        IndexError,
        "take_along_dim: index out of range: 3 is not among -3 to 2, along dim 1",
    ),
    "multinomial: too few weights": (
        lambda lib, x: lib.multinomial(lib.tensor([1.0, 0.0]), 2),
        RuntimeError,
        "multinomial: 2 samples without replacement need as many weights other than 0 in each row",
    ),
    "a mask of uint8": (
        lambda lib, x: x.__setitem__(lib.tensor([1, 0], dtype=lib.uint8), 1),
        IndexError,
        "setitem: tensors used as indices",
    ),
}


@pytest.mark.parametrize(("form", "kind", "message"), OURS.values(), ids=OURS)
def test_refused_here(form, kind, message):
    with pytest.raises(kind, match=message):
        form(tg, tg.tensor(ONES))
