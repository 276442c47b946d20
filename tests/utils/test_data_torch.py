"""Loaders, samplers and splits beside PyTorch's: from one seed the same batches, and both streams stay in step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.utils import data as ours

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed (extra `torch`)")
theirs = pytest.importorskip("torch.utils.data", reason="compares with PyTorch, which is not installed (extra `torch`)")

seeds = st.integers(0, 2**64 - 1)
sizes = st.one_of(st.integers(1, 70), st.sampled_from([1000]))


def generators(seed: int, explicit: bool) -> tuple[Any, Any]:
    """Seed the global generators alike; return two more, or none."""
    tg.manual_seed(seed)
    torch.manual_seed(seed)
    return (tg.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)) if explicit else (None, None)


def next_numbers(pair: tuple[Any, Any]) -> list[list[float]]:
    """Return what the global and the explicit generators draw next, of ours and of PyTorch's."""
    mine, other = pair
    drawn = [tg.rand(2).tolist(), torch.rand(2).tolist()]
    if mine is not None:
        drawn = [drawn[0] + tg.rand(2, generator=mine).tolist(), drawn[1] + torch.rand(2, generator=other).tolist()]
    return drawn


def batches_of(loader: Any) -> list[list[Any]]:
    return [[x.tolist(), y.tolist()] for x, y in loader]


@given(sizes, st.integers(1, 40), st.booleans(), st.booleans(), st.booleans(), seeds)
def test_the_same_seed_gives_the_same_batches(
    size: int, batch_size: int, shuffle: bool, drop_last: bool, explicit: bool, seed: int
) -> None:
    x, y = np.arange(2 * size, dtype=np.float32).reshape(size, 2), np.arange(size)
    pair = generators(seed, explicit)
    options = {"batch_size": batch_size, "shuffle": shuffle, "drop_last": drop_last}
    mine = ours.DataLoader(ours.TensorDataset(tg.tensor(x), tg.tensor(y)), **options, generator=pair[0])
    other = theirs.DataLoader(theirs.TensorDataset(torch.tensor(x), torch.tensor(y)), **options, generator=pair[1])
    assert len(mine) == len(other)
    for _ in range(2):
        assert batches_of(mine) == batches_of(other)
        first, second = next_numbers(pair)
        assert first == second


@given(sizes, st.integers(1, 40), st.integers(0, 5), st.booleans(), st.booleans(), seeds)
def test_passes_that_are_left_early_stay_in_step(
    size: int, batch_size: int, taken: int, drop_last: bool, explicit: bool, seed: int
) -> None:
    pair = generators(seed, explicit)
    options = {"batch_size": batch_size, "shuffle": True, "drop_last": drop_last}
    mine = iter(ours.DataLoader(range(size), **options, generator=pair[0]))
    other = iter(theirs.DataLoader(range(size), **options, generator=pair[1]))
    for _ in range(taken):
        first, second = next(mine, None), next(other, None)
        assert (first is None) == (second is None)
        assert first is None or first.tolist() == second.tolist()
        one, two = next_numbers(pair)
        assert one == two


@given(sizes, st.integers(1, 150), st.booleans(), st.integers(1, 40), st.booleans(), seeds)
def test_random_samplers_agree(
    size: int, count: int, replacement: bool, batch_size: int, explicit: bool, seed: int
) -> None:
    pair = generators(seed, explicit)
    samplers = [
        package.RandomSampler(range(size), replacement=replacement, num_samples=count, generator=generator)
        for package, generator in zip((ours, theirs), pair, strict=True)
    ]
    assert list(samplers[0]) == list(samplers[1])
    mine, other = (
        package.BatchSampler(sampler, batch_size, False)
        for package, sampler in zip((ours, theirs), samplers, strict=True)
    )
    for batch, twin in zip(mine, other, strict=True):
        assert batch == twin
        one, two = next_numbers(pair)  # while the order is being read
        assert one == two


@given(st.integers(1, 60), st.lists(st.floats(0.1, 1), min_size=1, max_size=4), st.booleans(), seeds)
@pytest.mark.filterwarnings("ignore:random_split", "ignore:Length of split")
def test_random_splits_agree(size: int, weights: list[float], explicit: bool, seed: int) -> None:
    fractions = [weight / sum(weights) for weight in weights]
    if sum(fractions) > 1:
        return
    pair = generators(seed, explicit)
    mine = ours.random_split(range(size), fractions, *pair[:1])
    other = theirs.random_split(range(size), fractions, **({"generator": pair[1]} if explicit else {}))
    assert [list(part) for part in mine] == [list(part) for part in other]
    one, two = next_numbers(pair)
    assert one == two


def test_batches_of_other_data_sets_agree() -> None:
    samples = [
        {"image": np.float32([i, 1]), "label": i, "weight": i / 2, "name": str(i), "pair": (i, [i])} for i in range(5)
    ]
    for mine, other in zip(ours.DataLoader(samples, 2), theirs.DataLoader(samples, 2), strict=True):
        assert list(mine) == list(other)
        for key in ("image", "label", "weight"):
            assert mine[key].tolist() == other[key].tolist()
            assert mine[key].dtype == other[key].numpy().dtype
        assert list(mine["name"]) == list(other["name"])
        assert mine["pair"][0].tolist() == other["pair"][0].tolist()
        assert mine["pair"][1][0].tolist() == other["pair"][1][0].tolist()
