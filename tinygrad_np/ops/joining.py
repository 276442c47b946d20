"""Functions that join tensors in the directions that NumPy names: made of ``cat``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.movement import cat, reshape, several
from tinygrad_np.ops.reshaping import atleast_1d, atleast_2d, atleast_3d


def concatenate(tensors: Sequence[Any], axis: int = 0, *, dim: int | None = None) -> Any:
    """Join tensors along an existing dim: ``cat`` by NumPy's name, which calls the dim ``axis``.

    >>> import tinygrad_np as tg
    >>> tg.concatenate([tg.zeros(2), tg.ones(1)])
    tensor([0., 0., 1.])
    """
    return cat(tensors, axis if dim is None else dim)


def hstack(tensors: Sequence[Any]) -> Any:
    """Join tensors side by side: along dim 1, or vectors and 0-d tensors along dim 0.

    >>> import tinygrad_np as tg
    >>> tg.hstack([tg.zeros(2, 1), tg.ones(2, 1)])
    tensor([[0., 1.],
            [0., 1.]])
    """
    listed = atleast_1d(several(tensors, "hstack"))
    return cat(listed, min(raw(listed[0]).ndim - 1, 1))


def vstack(tensors: Sequence[Any]) -> Any:
    """Join tensors one above the other, along dim 0, vectors as rows.

    >>> import tinygrad_np as tg
    >>> tg.vstack([tg.zeros(2), tg.ones(2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    return cat(atleast_2d(several(tensors, "vstack")), 0)


def dstack(tensors: Sequence[Any]) -> Any:
    """Join tensors one behind the other, along dim 2; (n, m) counts as (n, m, 1), and (n,) as (1, n, 1).

    >>> import tinygrad_np as tg
    >>> tg.dstack([tg.zeros(2, 3), tg.ones(2, 3)]).shape
    (2, 3, 2)
    """
    return cat(atleast_3d(several(tensors, "dstack")), 2)


def column_stack(tensors: Sequence[Any]) -> Any:
    """Join tensors side by side, vectors as columns.

    >>> import tinygrad_np as tg
    >>> tg.column_stack([tg.tensor([1, 2]), tg.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    listed = several(tensors, "column_stack")
    return cat([reshape(x, (raw(x).size, 1)) if raw(x).ndim < 2 else x for x in listed], 1)
