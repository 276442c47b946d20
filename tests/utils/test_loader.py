"""The loader: its quick ways give the batches of the slow one, its arguments are checked, and passes can be resumed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.utils.data import BatchSampler, DataLoader, Dataset, Subset, TensorDataset, random_split
from tinygrad_np.utils.data.loader import batch_cutter


class Slow(Dataset[Any]):
    """The same samples, one at a time."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __getitem__(self, index: Any) -> Any:
        assert type(index) is int
        return self.dataset[index]

    def __len__(self) -> int:
        return len(self.dataset)


def numbered(size: int) -> TensorDataset:
    return TensorDataset(tg.arange(size * 3).reshape(size, 3).float(), tg.arange(size))


def bits(loader: DataLoader) -> list[Any]:
    return [[(t.dtype, t.shape, t.array.tobytes()) for t in batch] for batch in loader]


@given(st.data(), st.integers(1, 40), st.integers(0, 1000))
def test_whole_batches_equal_those_made_sample_by_sample(data: Any, size: int, seed: int) -> None:
    dataset: Any = numbered(size)
    for _ in range(data.draw(st.integers(0, 2))):
        indices = data.draw(st.lists(st.integers(-len(dataset), len(dataset) - 1), min_size=1, max_size=40))
        dataset = Subset(dataset, data.draw(st.sampled_from([list, tuple, np.array]))(indices))
    assert batch_cutter(dataset) is not None
    assert batch_cutter(Slow(dataset)) is None
    options: dict[str, Any] = {
        "batch_size": data.draw(st.integers(1, 12)),
        "drop_last": data.draw(st.booleans()),
        "shuffle": data.draw(st.booleans()),
    }
    if data.draw(st.booleans()):
        del options["shuffle"]
        options["sampler"] = data.draw(st.lists(st.integers(0, len(dataset) - 1), max_size=30))
    explicit = data.draw(st.booleans())
    results = []
    for samples in (dataset, Slow(dataset)):
        tg.manual_seed(seed)
        generator = tg.Generator().manual_seed(seed) if explicit else None
        loader = DataLoader(samples, **options, generator=generator)
        passes = [bits(loader), bits(loader)]
        assert len(passes[0]) == len(loader)
        state = (generator or tg.default_generator).get_state().tobytes()
        results.append((passes, state))
    assert results[0] == results[1]


def test_sequential_batches_share_memory_and_cannot_be_written_to() -> None:
    dataset = numbered(5)
    for x, y in DataLoader(dataset, batch_size=2):
        assert np.shares_memory(x.array, dataset.tensors[0].array)
        assert np.shares_memory(y.array, dataset.tensors[1].array)
        with pytest.raises(RuntimeError, match="read-only"):
            x += 1
    dataset.tensors[0].fill_(0)  # the data set itself can


def test_shuffled_batches_are_copies() -> None:
    dataset = numbered(5)
    before = dataset.tensors[0].tolist()
    for x, _ in DataLoader(dataset, batch_size=2, shuffle=True):
        x += 1
    assert dataset.tensors[0].tolist() == before


def test_a_getitem_of_ones_own_is_used() -> None:
    class Doubled(TensorDataset):
        def __getitem__(self, index: Any) -> Any:
            return tuple(2 * entry for entry in super().__getitem__(index))

    for dataset in (Doubled(tg.arange(3)), Subset(Doubled(tg.arange(3)), [0, 1, 2])):
        assert [y.tolist() for (y,) in DataLoader(dataset, batch_size=2)] == [[0, 2], [4]]


def test_gradients_flow_into_a_data_set_that_requires_them() -> None:
    x = tg.ones(3, 2, requires_grad=True)
    for (batch,) in DataLoader(TensorDataset(x), batch_size=2):
        batch.sum().backward()
    assert x.grad.tolist() == [[1, 1]] * 3


def test_any_data_set_with_a_length_and_indices_will_do() -> None:
    assert [batch.tolist() for batch in DataLoader([1, 2, 3], batch_size=2)] == [[1, 2], [3]]
    assert list(DataLoader("abc", batch_size=2)) == [["a", "b"], ["c"]]
    assert list(DataLoader([])) == []


def test_a_collate_fn_gets_the_samples() -> None:
    loader = DataLoader(numbered(3), batch_size=2, collate_fn=lambda samples: [int(y) for _, y in samples])
    assert list(loader) == [[0, 1], [2]]


def test_a_batch_sampler() -> None:
    for batches in ([[2, 0], [1]], BatchSampler([2, 0, 1], 2, False)):
        loader = DataLoader(numbered(3), batch_sampler=batches)
        assert [y.tolist() for _, y in loader] == [[2, 0], [1]]
        assert len(loader) == 2


def test_single_samples() -> None:
    loader = DataLoader([np.float32([1, 2]), np.float32([3, 4])], batch_size=None)
    assert [sample.tolist() for sample in loader] == [[1, 2], [3, 4]]
    assert len(loader) == 2
    assert list(DataLoader([3, 4], batch_size=None, sampler=[1, 0, 1], collate_fn=str)) == ["4", "3", "4"]


@given(st.integers(0, 1000), st.integers(0, 3))
def test_a_generator_at_the_end_of_a_pass_is_all_that_is_needed_to_go_on(seed: int, done: int) -> None:
    generator = tg.Generator().manual_seed(seed)
    loader = DataLoader(numbered(10), batch_size=4, shuffle=True, generator=generator)
    for _ in range(done):
        bits(loader)
    state = generator.get_state()
    expected = [bits(loader), bits(loader)]
    other = tg.Generator()
    other.set_state(state)
    loader = DataLoader(numbered(10), batch_size=4, shuffle=True, generator=other)
    assert [bits(loader), bits(loader)] == expected


def test_two_passes_at_once_do_not_disturb_each_other() -> None:
    loader = DataLoader(range(6), batch_size=2, shuffle=True)
    drawn: list[list[int]] = [[], []]
    for pair in zip(loader, loader, strict=True):
        for entries, batch in zip(drawn, pair, strict=True):
            entries.extend(batch.tolist())
    assert sorted(drawn[0]) == sorted(drawn[1]) == list(range(6))


def test_random_parts_are_cut_whole() -> None:
    part, rest = random_split(numbered(10), [7, 3], tg.Generator().manual_seed(0))
    assert batch_cutter(part) is not None
    labels = [label for loader in (DataLoader(part, 4), DataLoader(rest, 2)) for _, y in loader for label in y.tolist()]
    assert sorted(labels) == list(range(10))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_workers": 2}, "DataLoader: num_workers must be 0, this process loads the samples; got 2"),
        (
            {"sampler": [0], "shuffle": True},
            "DataLoader: shuffle and sampler exclude each other; let the sampler shuffle",
        ),
        (
            {"batch_size": None, "drop_last": True},
            "DataLoader: drop_last needs a batch_size, with batch_size=None there are no batches",
        ),
        ({"batch_size": 0}, "BatchSampler: batch_size must be a positive integer, got 0"),
    ]
    + [
        (
            {"batch_sampler": [[0]]} | other,
            "DataLoader: batch_sampler excludes batch_size, shuffle, sampler and drop_last",
        )
        for other in ({"batch_size": 2}, {"shuffle": True}, {"sampler": [0]}, {"drop_last": True})
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        DataLoader([1, 2], **options)


def test_an_empty_data_set_cannot_be_shuffled() -> None:
    with pytest.raises(ValueError, match="RandomSampler: the data set is empty"):
        DataLoader([], shuffle=True)
