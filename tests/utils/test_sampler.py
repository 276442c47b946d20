"""Samplers: permutations, their cutting into batches, and what the two ways of reading them have in common."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.utils.data import BatchSampler, RandomSampler, Sampler, SequentialSampler

sizes = st.integers(1, 50)
seeds = st.integers(0, 1000)


@given(sizes, st.one_of(st.none(), st.integers(1, 120)), seeds)
def test_random_order_without_replacement(size: int, count: int | None, seed: int) -> None:
    sampler = RandomSampler(range(size), num_samples=count, generator=tg.Generator().manual_seed(seed))
    drawn = list(sampler)
    assert len(drawn) == len(sampler) == sampler.num_samples == (count or size)
    for start in range(0, len(drawn), size):
        assert max(Counter(drawn[start : start + size]).values()) == 1
    assert set(drawn) <= set(range(size))
    assert all(type(index) is int for index in drawn)


@given(sizes, st.integers(1, 120), seeds)
def test_random_order_with_replacement(size: int, count: int, seed: int) -> None:
    drawn = list(RandomSampler(range(size), True, count, tg.Generator().manual_seed(seed)))
    assert len(drawn) == count
    assert set(drawn) <= set(range(size))
    if count > 2 * size:
        assert max(Counter(drawn).values()) > 2


def test_each_pass_has_an_order_of_its_own() -> None:
    for generator in (None, tg.Generator().manual_seed(0)):
        tg.manual_seed(0)
        sampler = RandomSampler(range(30), generator=generator)
        first, second = list(sampler), list(sampler)
        assert first != second
        assert sorted(first) == sorted(second)


def test_the_global_seed_decides_the_order() -> None:
    def order(seed: int) -> list[int]:
        tg.manual_seed(seed)
        return list(RandomSampler(range(30)))

    assert order(1) == order(1) != order(2)


def test_the_data_set_may_grow() -> None:
    data = [0, 1]
    random, sequential = RandomSampler(data), SequentialSampler(data)
    data.append(2)
    assert sorted(random) == list(sequential) == [0, 1, 2]
    assert len(random) == len(sequential) == 3


@given(st.data(), sizes, st.integers(1, 60), st.booleans())
def test_batches_are_the_order_cut(data: Any, size: int, batch_size: int, drop_last: bool) -> None:
    replacement, count, seed = data.draw(st.booleans()), data.draw(st.integers(1, 120)), data.draw(seeds)

    def samplers() -> list[Any]:
        generator = tg.Generator().manual_seed(seed)
        return [RandomSampler(range(size), replacement, count, generator), SequentialSampler(range(size)), range(size)]

    for sampler, same in zip(samplers(), samplers(), strict=True):
        order = list(same)
        expected = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        if drop_last and len(expected[-1]) < batch_size:
            expected.pop()
        batches = BatchSampler(sampler, batch_size, drop_last)
        assert len(batches) == len(expected)
        assert list(batches) == expected
        if not isinstance(sampler, RandomSampler):  # else the generator has gone on
            assert [list(block) for block in batches.blocks()] == expected


def test_an_endless_sampler_is_read_lazily() -> None:
    def endless() -> Any:
        while True:
            yield 7

    assert next(iter(BatchSampler(endless(), 3, False))) == [7, 7, 7]


def refused(message: str, kind: type[Exception] = ValueError) -> Any:
    return pytest.raises(kind, match=re.escape(message))


def test_bad_arguments() -> None:
    for value in (0, -1, 1.5, True, None):
        with refused(f"BatchSampler: batch_size must be a positive integer, got {value!r}"):
            BatchSampler(range(3), value, False)
    for value in (0, -1, 1.5, True):
        with refused(f"RandomSampler: num_samples must be a positive integer, got {value!r}"):
            RandomSampler(range(3), num_samples=value)
    with refused("BatchSampler: drop_last must be True or False, got 1"):
        BatchSampler(range(3), 2, 1)
    with refused("RandomSampler: replacement must be True or False, got 1", TypeError):
        RandomSampler(range(3), 1)
    with refused("RandomSampler: the data set is empty, there is nothing to draw from"):
        RandomSampler([])
    with refused("Sampler must define __iter__()", NotImplementedError):
        iter(Sampler())
