"""Putting entries in order along a dim. Where a value goes, its gradient comes back from.

NaN counts as larger than everything, as in PyTorch. Equal entries stay in their order, whether or not that is asked
for; only ``kthvalue``, which does not sort, returns the index of any of them.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tinygrad_np._graph import Array
from tinygrad_np._shapes import normalise_dim
from tinygrad_np.ops.elementwise import constant, raw
from tinygrad_np.ops.reduction import chosen, length

sort_result = namedtuple("sort_result", ["values", "indices"])  # as in torch.return_types
topk_result = namedtuple("topk_result", ["values", "indices"])
kthvalue_result = namedtuple("kthvalue_result", ["values", "indices"])


def order(x: Array, dim: int, descending: bool = False) -> Array:
    """Return the index that sorts an array along ``dim``, equal entries in the order they have."""
    if not x.ndim:
        return np.zeros((), np.int64)
    index: Array = np.argsort(np.flip(x, dim) if descending else x, dim, kind="stable")
    return x.shape[dim] - 1 - np.flip(index, dim) if descending else index


def sort(input: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> sort_result:
    """Sort along ``dim``; return (values, indices). Equal entries stay in their order also without ``stable``.

    >>> import tinygrad_np as tg
    >>> tg.sort(tg.tensor([3.0, 1.0, 2.0]))
    sort_result(values=tensor([1., 2., 3.]), indices=tensor([1, 2, 0]))
    """
    dim = normalise_dim(dim, raw(input).ndim, "sort")
    return sort_result(*chosen(input, dim, order(raw(input), dim, descending)))


def argsort(input: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    """Return the indices that sort along ``dim``. Equal entries stay in their order also without ``stable``.

    >>> import tinygrad_np as tg
    >>> tg.argsort(tg.tensor([3.0, 1.0, 2.0]), descending=True)
    tensor([0, 2, 1])
    """
    dim = normalise_dim(dim, raw(input).ndim, "argsort")
    return constant(input, order(raw(input), dim, descending))


def msort(input: Any) -> Any:
    """Sort along the first dim, smallest first.

    >>> import tinygrad_np as tg
    >>> tg.msort(tg.tensor([3.0, 1.0, 2.0]))
    tensor([1., 2., 3.])
    """
    return sort(input, 0).values


def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> topk_result:
    """Find the ``k`` largest (or smallest) entries along ``dim``; return (values, indices).

    They come out in order, also without ``sorted``.

    >>> import tinygrad_np as tg
    >>> tg.topk(tg.tensor([3.0, 1.0, 2.0]), 2)
    topk_result(values=tensor([3., 2.]), indices=tensor([0, 2]))
    """
    x = raw(input)
    dim = normalise_dim(dim, x.ndim, "topk")
    n = x.shape[dim] if x.ndim else 1
    if not 0 <= k <= n:
        raise RuntimeError(f"topk: k must be between 0 and the {n} entries of dim {dim} of shape {x.shape}, got {k}")
    return topk_result(*chosen(input, dim, _top(x, k, dim, largest) if x.ndim else order(x, dim)))


def _top(x: Array, k: int, dim: int, largest: bool) -> Array:
    """Return the index of the ``k`` extreme entries in order: they are sorted once they are parted from the rest."""
    n = x.shape[dim]
    if not 0 < k < n:
        return np.take(order(x, dim, largest), range(k), dim)
    parted = np.argpartition(x, n - k if largest else k - 1, dim)
    found = np.sort(np.take(parted, range(n - k, n) if largest else range(k), dim), dim)
    return np.take_along_axis(found, order(np.take_along_axis(x, found, dim), dim, largest), dim)


def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> kthvalue_result:
    """Find the ``k``-th smallest entry along ``dim``, counted from 1; return (values, indices).

    The gradient goes to that index, which among equal entries is one of theirs.

    >>> import tinygrad_np as tg
    >>> tg.kthvalue(tg.tensor([3.0, 1.0, 2.0]), 2)
    kthvalue_result(values=tensor(2.), indices=tensor(2))
    """
    x = raw(input)
    dim = normalise_dim(dim, x.ndim, "kthvalue")
    n = length(x, dim, "kthvalue")
    if not 1 <= k <= n:
        raise RuntimeError(
            f"kthvalue: k must be between 1 and the {n} entries of dim {dim} of shape {x.shape}, got {k}"
        )
    return kthvalue_result(*chosen(input, dim, smallest(x, k - 1, dim), keepdim))


def smallest(x: Array, k: int, dim: int) -> Array:
    """Return the index of an entry to which ``k`` others along ``dim`` are not larger, without sorting."""
    return np.take(np.argpartition(x, k, dim), [k], dim) if x.ndim else order(x, dim)
