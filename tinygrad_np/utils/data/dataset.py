"""Data sets: things with a length whose samples are read by their index."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from tinygrad_np import _random
from tinygrad_np._tensor import Tensor

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """The base class of data sets: a subclass defines ``__getitem__(index)``, and ``__len__`` for the usual samplers.

    >>> class Squares(Dataset):
    ...     def __getitem__(self, index):
    ...         return index**2
    ...     def __len__(self):
    ...         return 10
    >>> Squares()[3]
    9
    """

    def __getitem__(self, index: Any) -> Sample:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(index)")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors whose first dim counts the samples: sample i is the tuple of their entries at i.

    Raises
    ------
    TypeError
        If there is no tensor, or if something else is among them.
    ValueError
        If their first dims differ, or one has none.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> dataset = TensorDataset(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([0, 1]))
    >>> dataset[1]
    (tensor([3., 4.]), tensor(1))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors or not all(isinstance(tensor, Tensor) for tensor in tensors):
            kinds = ", ".join(type(tensor).__name__ for tensor in tensors) or "nothing"
            raise TypeError(f"TensorDataset: expected tensors, got {kinds}; convert arrays by tg.from_numpy")
        sizes = {tensor.shape[:1] for tensor in tensors}
        if len(sizes) > 1 or sizes == {()}:
            shapes = ", ".join(str(tensor.shape) for tensor in tensors)
            raise ValueError(f"TensorDataset: the tensors must have equal first dims, got shapes {shapes}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset[Sample]):
    """The samples of another data set at some indices.

    >>> subset = Subset("abcdef", [4, 0])
    >>> subset[0], len(subset)
    ('e', 2)
    """

    def __init__(self, dataset: Any, indices: Sequence[int] | np.ndarray[Any, Any]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Sample:
        return self.dataset[self.indices[index]]  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: _random.Generator | None = None
) -> list[Subset[Any]]:
    """Split a data set at random into parts of the given lengths; from one seed, PyTorch's same parts.

    Lengths that add up to 1 are fractions; what rounding down leaves over goes to the parts in turn, one sample each.

    Raises
    ------
    ValueError
        If the lengths do not add up to the data set's, or if one is negative.
    TypeError
        If they do, but are not whole numbers.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> parts = random_split(range(10), [0.7, 0.3], tg.Generator().manual_seed(0))
    >>> [list(part) for part in parts]
    [[4, 1, 7, 5, 3, 9, 0], [8, 6, 2]]
    """
    size = len(dataset)
    if any(not length >= 0 for length in lengths):
        raise ValueError(f"random_split: lengths must not be negative, got {list(lengths)}")
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        counts = [math.floor(size * fraction) for fraction in lengths]
        for i in range(size - sum(counts)):
            counts[i % len(counts)] += 1
        if 0 in counts:
            warnings.warn(f"random_split: part {counts.index(0)} is empty", UserWarning, stacklevel=2)
        lengths = counts
    if sum(lengths) != size:
        raise ValueError(
            f"random_split: lengths must add up to the {size} samples of the data set, or to 1, got {list(lengths)}"
        )
    if any(length != int(length) for length in lengths):
        raise TypeError(f"random_split: lengths must be whole, or fractions that add up to 1, got {list(lengths)}")
    order = _random.permutation(size, generator)
    ends = itertools.accumulate(map(int, lengths))
    return [Subset(dataset, order[end - int(length) : end]) for end, length in zip(ends, lengths, strict=True)]
