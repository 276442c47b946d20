"""The loader: batches of a data set, in an order that a sampler gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from tinygrad_np import _random
from tinygrad_np._graph import wrap
from tinygrad_np._tensor import Tensor
from tinygrad_np.utils.data.collate import default_collate, default_convert
from tinygrad_np.utils.data.dataset import Subset, TensorDataset
from tinygrad_np.utils.data.sampler import BatchSampler, Block, RandomSampler, SequentialSampler, draw_seed


class DataLoader:
    """Iterate over a data set in batches; from one seed, PyTorch's same batches.

    A `TensorDataset`, or a `Subset` of one, is cut whole batches at a time. In sequential order these share the memory
    of its tensors, and are therefore read-only: write to ``batch.clone()``.

    Parameters
    ----------
    dataset : Dataset
        Anything with a length and ``dataset[index]``.
    batch_size : int or None
        Samples per batch; None yields single samples.
    shuffle : bool
        Read in random order, a new one in each pass.
    sampler : iterable of int, optional
        The order, instead of ``shuffle``.
    batch_sampler : iterable of list of int, optional
        The indices of each batch, instead of ``batch_size``, ``shuffle``, ``sampler`` and ``drop_last``.
    num_workers : int
        0: samples are loaded by this process, the only way there is.
    collate_fn : function, optional
        Makes a batch of a list of samples; `default_collate` unless given.
    drop_last : bool
        Leave out a last batch that is smaller than the others.
    generator : Generator, optional
        Where the order is drawn from; the global generator unless given. Its state at the end of a pass is all that
        is needed to go on from there.

    Raises
    ------
    ValueError
        If arguments exclude each other or are out of range, or if the data set is empty and to be shuffled.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> dataset = TensorDataset(tg.arange(5), tg.arange(5) ** 2)
    >>> for number, square in DataLoader(dataset, batch_size=2):
    ...     print(number, square)
    tensor([0, 1]) tensor([0, 1])
    tensor([2, 3]) tensor([4, 9])
    tensor([4]) tensor([16])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Sequence[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        *,
        drop_last: bool = False,
        generator: _random.Generator | None = None,
    ) -> None:
        if num_workers != 0:
            raise ValueError(f"DataLoader: num_workers must be 0, this process loads the samples; got {num_workers}")
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: shuffle and sampler exclude each other; let the sampler shuffle")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError("DataLoader: batch_sampler excludes batch_size, shuffle, sampler and drop_last")
        if batch_size is None and drop_last:
            raise ValueError("DataLoader: drop_last needs a batch_size, with batch_size=None there are no batches")
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.generator = generator
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)

    def __len__(self) -> int:
        """Return how many batches a pass has; without batches, how many samples."""
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:
        # PyTorch draws a seed for its workers even without any: so do we, and the streams stay in step.
        draw_seed(self.generator)
        return self._samples() if self.batch_sampler is None else self._batches(self.batch_sampler)

    def _samples(self) -> Iterator[Any]:
        for index in self.sampler:
            yield self.collate_fn(self.dataset[index])

    def _batches(self, batch_sampler: Iterable[Sequence[int]]) -> Iterator[Any]:
        cut = batch_cutter(self.dataset) if self.collate_fn is default_collate else None
        if cut is None:
            for indices in batch_sampler:
                yield self.collate_fn([self.dataset[index] for index in indices])
        else:
            for block in batch_sampler.blocks() if type(batch_sampler) is BatchSampler else batch_sampler:
                yield cut(block)


def batch_cutter(dataset: Any) -> Callable[[Block], list[Tensor]] | None:
    """Return a function that cuts the batch at some indices out of the tensors of a data set as a whole.

    None if there is no quicker way than sample by sample: other data sets, subclasses with a ``__getitem__`` of their
    own, tensors that require gradients.
    """
    get = getattr(type(dataset), "__getitem__", None)
    if get is Subset.__getitem__:
        cut = batch_cutter(dataset.dataset)
        if cut is None:
            return None
        order = np.asarray(dataset.indices)
        return lambda block: cut(order[_as_index(block)])
    if get is not TensorDataset.__getitem__ or any(tensor.requires_grad for tensor in dataset.tensors):
        return None
    arrays = [tensor.array for tensor in dataset.tensors]
    return lambda block: [_entries(array, _as_index(block)) for array in arrays]


def _as_index(block: Block) -> Any:
    """Return a range as a slice, which NumPy reads without a copy, anything else as an array of indices."""
    return slice(block.start, block.stop) if isinstance(block, range) else np.asarray(block)


def _entries(array: np.ndarray[Any, Any], index: Any) -> Tensor:
    entries = array[index]
    if isinstance(index, slice):  # no copy: a write to the batch would change the data set
        entries.flags.writeable = False
    return wrap(entries)  # type: ignore[no-any-return]
