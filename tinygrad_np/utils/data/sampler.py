"""Samplers: the order in which a data set is read, and its cutting into batches.

The samplers here hand out whole *blocks* of indices as well, ranges or arrays, from which the loader cuts batches
without handling each index in Python.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

from tinygrad_np import _random

Index = TypeVar("Index", covariant=True)
Block = Any  # a range or an array of int64


class Sampler(Generic[Index]):
    """The base class of samplers: a subclass defines ``__iter__``, which yields indices, and ``__len__``."""

    def __iter__(self) -> Iterator[Index]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__()")


class _BlockSampler(Sampler[int]):
    """A sampler whose indices come in blocks."""

    def blocks(self) -> Iterator[Block]:
        """Yield the indices in ranges or arrays."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[int]:
        for block in self.blocks():
            yield from block if isinstance(block, range) else block.tolist()


class SequentialSampler(_BlockSampler):
    """Read a data set from its first sample to its last.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def blocks(self) -> Iterator[Block]:
        """Yield all indices as one range."""
        yield range(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(_BlockSampler):
    """Read a data set in random order; from one seed, in PyTorch's same order.

    Parameters
    ----------
    data_source : object with a length
        The data set.
    replacement : bool
        Draw each index from all, so that a sample may come repeatedly and another not at all.
    num_samples : int, optional
        How many indices are drawn: the data set's length unless given.
    generator : Generator, optional
        Where the order is drawn from. Without one, each pass draws from a new generator, whose seed the global one
        gives.

    Raises
    ------
    TypeError
        If ``replacement`` is not a bool.
    ValueError
        If ``num_samples`` is not a positive integer, or the data set is empty.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> list(RandomSampler("abcde", generator=tg.Generator().manual_seed(1)))
    [0, 4, 2, 3, 1]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: _random.Generator | None = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler: replacement must be True or False, got {replacement!r}")
        if num_samples is not None:
            _check_positive("RandomSampler", "num_samples", num_samples)
        if len(data_source) == 0:
            raise ValueError("RandomSampler: the data set is empty, there is nothing to draw from")
        self.data_source = data_source
        self.replacement = replacement
        self.generator = generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        """How many indices one pass draws; without a number given, as many as the data set has samples now."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def blocks(self) -> Iterator[Block]:
        """Yield the indices in arrays: whole permutations of the data set, or 32 independent draws at a time."""
        size = len(self.data_source)
        generator = self.generator
        if generator is None:
            generator = _random.Generator().manual_seed(draw_seed(None))
        if self.replacement:
            whole, rest = divmod(self.num_samples, 32)
            for _ in range(whole):
                yield _random.integers(0, size, (32,), generator)
            yield _random.integers(0, size, (rest,), generator)
        else:
            whole, rest = divmod(self.num_samples, size)
            for _ in range(whole):
                yield _random.permutation(size, generator)
            if rest:
                yield _random.permutation(size, generator)[:rest]
            else:
                # PyTorch draws a last permutation even if nothing of it is used. We draw the words that it takes, so
                # that the generator goes on from the same place.
                _random.integers(0, 2, (size - 1,), generator)

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Cut the order of another sampler into batches.

    Raises
    ------
    ValueError
        If ``batch_size`` is not a positive integer, or ``drop_last`` not a bool.

    Examples
    --------
    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        _check_positive("BatchSampler", "batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"BatchSampler: drop_last must be True or False, got {drop_last!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        for block in self.blocks():
            yield block.tolist() if isinstance(block, np.ndarray) else list(block)

    def blocks(self) -> Iterator[Block | Sequence[int]]:
        """Yield the batches as ranges or arrays if the sampler has blocks, else as lists."""
        if isinstance(self.sampler, _BlockSampler):
            yield from _cut(self.sampler.blocks(), self.batch_size, self.drop_last)
            return
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)


def _cut(blocks: Iterator[Block], size: int, drop_last: bool) -> Iterator[Block]:
    """Cut blocks into batches of ``size``, across their borders where they do not fit."""
    rest: Block = ()
    for block in blocks:
        joined = np.concatenate((rest, block)) if len(rest) else block
        whole = len(joined) - len(joined) % size
        for start in range(0, whole, size):
            yield joined[start : start + size]
        rest = joined[whole:]
    if len(rest) and not drop_last:
        yield rest


def _check_positive(owner: str, name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{owner}: {name} must be a positive integer, got {value!r}")


def draw_seed(generator: _random.Generator | None) -> int:
    """Draw a number from 0 to 2**63 - 1, as PyTorch's ``torch.empty((), dtype=torch.int64).random_()``.

    >>> draw_seed(_random.Generator().manual_seed(0))
    900450186894289455
    """
    return int(_random.integers(-(2**63), 0, (), generator)) + 2**63
