"""Data sets: what they hand out, how they are split, what they refuse."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.utils.data import Dataset, Subset, TensorDataset, random_split


def test_samples_of_tensors() -> None:
    x, y = tg.arange(12).reshape(4, 3), tg.arange(4)
    dataset = TensorDataset(x, y)
    assert len(dataset) == 4
    assert [entry.tolist() for entry in dataset[-1]] == [[9, 10, 11], 3]
    assert [entry.tolist() for entry in dataset[1:3]] == [[[3, 4, 5], [6, 7, 8]], [1, 2]]
    assert dataset.tensors == (x, y)


@pytest.mark.parametrize(
    ("tensors", "kind", "message"),
    [
        ((), TypeError, "TensorDataset: expected tensors, got nothing; convert arrays by tg.from_numpy"),
        ((tg.ones(2), np.ones(2)), TypeError, "TensorDataset: expected tensors, got Tensor, ndarray; convert arrays"),
        ((tg.ones(2), tg.ones(3, 2)), ValueError, "must have equal first dims, got shapes (2,), (3, 2)"),
        ((tg.ones(2), tg.ones(())), ValueError, "must have equal first dims, got shapes (2,), ()"),
        ((tg.ones(()),), ValueError, "must have equal first dims, got shapes ()"),
    ],
)
def test_tensors_that_do_not_fit(tensors: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=re.escape(message)):
        TensorDataset(*tensors)


def test_a_dataset_must_define_its_samples() -> None:
    with pytest.raises(NotImplementedError, match=re.escape("Dataset must define __getitem__(index)")):
        Dataset()[0]


@given(st.data(), st.integers(2, 40), st.integers(0, 1000))
def test_parts_are_a_partition(data: Any, size: int, seed: int) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=4)))
    lengths = np.diff([0, *cuts, size]).tolist()
    parts = random_split(range(size), lengths, tg.Generator().manual_seed(seed))
    assert [len(part) for part in parts] == lengths
    assert sorted(sample for part in parts for sample in part) == list(range(size))
    again = random_split(range(size), lengths, tg.Generator().manual_seed(seed))
    assert [list(part) for part in again] == [list(part) for part in parts]


def test_fractions() -> None:
    assert [len(part) for part in random_split(range(10), [0.25, 0.25, 0.5])] == [3, 2, 5]
    assert [len(part) for part in random_split(range(1), [1])] == [1]
    with pytest.warns(UserWarning, match="random_split: part 1 is empty"):
        assert [len(part) for part in random_split(range(1), [0.5, 0.5])] == [1, 0]


def test_the_global_generator_splits_by_default() -> None:
    tg.manual_seed(5)
    parts = random_split(range(9), [4, 5])
    assert list(parts[0]) == list(random_split(range(9), [4, 5], tg.Generator().manual_seed(5))[0])


@pytest.mark.parametrize("lengths", [[3, 3], [], [0.5, 0.4], [8]])
def test_lengths_that_do_not_fit(lengths: list[float]) -> None:
    message = f"random_split: lengths must add up to the 7 samples of the data set, or to 1, got {lengths}"
    with pytest.raises(ValueError, match=re.escape(message)):
        random_split(range(7), lengths)


@pytest.mark.parametrize("lengths", [[8, -1], [1.5, -0.5], [float("nan"), 7]])
def test_negative_lengths(lengths: list[float]) -> None:
    with pytest.raises(ValueError, match=re.escape(f"random_split: lengths must not be negative, got {lengths}")):
        random_split(range(7), lengths)


def test_lengths_must_be_whole() -> None:
    with pytest.raises(
        TypeError, match=re.escape("random_split: lengths must be whole, or fractions that add up to 1")
    ):
        random_split(range(7), [3.5, 3.5])


def test_subsets_of_subsets() -> None:
    inner = Subset("abcdef", [5, 3, 1])
    assert list(Subset(inner, (2, 0))) == ["b", "f"]
