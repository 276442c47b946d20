"""Making one batch of a list of samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_np._creation import as_tensor, tensor
from tinygrad_np._dtypes import float64
from tinygrad_np._public import stack
from tinygrad_np._tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack samples along a new first dim: numbers, arrays and tensors, also inside tuples, lists and dicts.

    Python floats become float64, as in PyTorch; strings are left in a list. Tuples and lists become lists.

    Raises
    ------
    TypeError
        If samples are of a kind that cannot be stacked.
    RuntimeError
        If the samples of a batch differ in shape, length or keys.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> default_collate([(tg.tensor([1.0, 2.0]), 0), (tg.tensor([3.0, 4.0]), 1)])
    [tensor([[1., 2.],
             [3., 4.]]), tensor([0, 1])]
    """
    first = batch[0]
    if isinstance(first, (Tensor, np.ndarray, np.generic)):
        tensors = [as_tensor(sample) for sample in batch]
        _check_equal("shapes", [sample.shape for sample in tensors])
        return stack(tensors)
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        _check_equal("keys", [sorted(sample) for sample in batch])
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, Sequence):
        _check_equal("lengths", [len(sample) for sample in batch])
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns  # a named tuple keeps its names
    raise TypeError(
        f"default_collate: expected tensors, arrays, numbers, strings, dicts or lists, got {type(first).__name__}; "
        "pass a collate_fn"
    )


def _check_equal(what: str, values: list[Any]) -> None:
    if any(value != values[0] for value in values):
        raise RuntimeError(f"default_collate: samples of one batch must have equal {what}, got {values}")


def default_convert(sample: Any) -> Any:
    """Turn the arrays of a single sample into tensors, also inside tuples, lists and dicts.

    >>> default_convert((np.float32([1, 2]), "a"))
    (tensor([1., 2.]), 'a')
    """
    if isinstance(sample, (np.ndarray, np.generic)):
        return as_tensor(sample)
    if isinstance(sample, Mapping):
        return {key: default_convert(value) for key, value in sample.items()}
    if isinstance(sample, tuple):
        converted = [default_convert(value) for value in sample]
        return type(sample)(*converted) if hasattr(sample, "_fields") else tuple(converted)
    return [default_convert(value) for value in sample] if isinstance(sample, list) else sample
