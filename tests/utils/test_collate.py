"""Batches made of lists of samples."""

from __future__ import annotations

import re
from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np.utils.data import default_collate, default_convert

Pair = namedtuple("Pair", ["image", "label"])


@pytest.mark.parametrize(
    ("batch", "values", "dtype"),
    [
        ([0.5, 1.5], [0.5, 1.5], "float64"),
        ([1, 2], [1, 2], "int64"),
        ([True, False], [True, False], "bool"),
        ([np.float32(1), np.float32(2)], [1, 2], "float32"),
        ([np.uint8([1, 2]), np.uint8([3, 4])], [[1, 2], [3, 4]], "uint8"),
        ([tg.ones(1, 2), tg.zeros(1, 2)], [[[1, 1]], [[0, 0]]], "float32"),
    ],
)
def test_numbers_arrays_and_tensors(batch: Any, values: Any, dtype: str) -> None:
    collated = default_collate(batch)
    assert isinstance(collated, tg.Tensor)
    assert (collated.tolist(), collated.dtype.name) == (values, dtype)


def test_structures_are_kept() -> None:
    sample = {"x": (np.float32([1]), [1, "a"]), "pair": Pair(2, 0.5), "b": b"c"}
    batch = default_collate([sample, sample])
    assert list(batch) == ["x", "pair", "b"]
    assert batch["x"][0].tolist() == [[1], [1]]
    assert batch["x"][1][0].tolist() == [1, 1]
    assert list(batch["x"][1][1]) == ["a", "a"]
    assert isinstance(batch["pair"], Pair)
    assert batch["pair"].label.tolist() == [0.5, 0.5]
    assert list(batch["b"]) == [b"c", b"c"]


def test_a_batch_is_a_copy_and_carries_gradients() -> None:
    array, x = np.ones(2, np.float32), tg.ones(2, requires_grad=True)
    with tg.no_grad():
        default_collate([array, array]).fill_(5)
    assert array.tolist() == [1, 1]
    default_collate([x, x]).sum().backward()
    assert x.grad.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("batch", "kind", "message"),
    [
        ([tg.ones(2), tg.ones(3)], RuntimeError, "samples of one batch must have equal shapes, got [(2,), (3,)]"),
        ([[1, 2], [3]], RuntimeError, "samples of one batch must have equal lengths, got [2, 1]"),
        ([{"a": 1}, {"b": 1}], RuntimeError, "samples of one batch must have equal keys, got [['a'], ['b']]"),
        (
            [{1}, {2}],
            TypeError,
            "expected tensors, arrays, numbers, strings, dicts or lists, got set; pass a collate_fn",
        ),
        ([None], TypeError, "expected tensors, arrays, numbers, strings, dicts or lists, got NoneType"),
    ],
)
def test_samples_that_cannot_be_stacked(batch: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=re.escape(f"default_collate: {message}")):
        default_collate(batch)


def test_single_samples_are_converted() -> None:
    sample = OrderedDict(a=[np.float32([1]), "text"], b=Pair(np.int64(3), None), c=(tg.ones(1), 0.5))
    converted = default_convert(sample)
    assert converted["a"][0].tolist() == [1.0]
    assert converted["a"][1] == "text"
    assert isinstance(converted["b"], Pair)
    assert converted["b"].image.dtype == tg.int64
    assert converted["c"][0] is sample["c"][0]
    assert converted["c"][1:] == (0.5,)
