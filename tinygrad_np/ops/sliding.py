"""Windows that slide along one dim, and the closed family of their derivatives: windows, and their overlapping sum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import Shape, normalise_dim
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.indexing import at_dim, getitem
from tinygrad_np.ops.movement import reshape


def _seen_through(x: Array, /, dim: int, size: int, step: int) -> Array:
    every = sliding_window_view(x, size, dim)
    # A copy: a view by strides does not know whose memory it looks at, so that a later write would go unnoticed.
    seen: Array = every[at_dim(dim, slice(None, None, step))].copy()
    return seen


def _added_up(x: Array, /, dim: int, step: int, n: int) -> Array:
    """Add windows, the last dim of ``x``, back to where they were seen along a dim of ``n`` entries."""
    out = np.zeros((*x.shape[:dim], n, *x.shape[dim + 1 : -1]), x.dtype)
    reach = step * (x.shape[dim] - 1) + 1
    for k in range(x.shape[-1]):
        out[at_dim(dim, slice(k, k + reach, step))] += x[..., k]
    return out


def _windows_case(draw: Draw) -> Case:
    size, step, more = draw.integer(0, 3), draw.integer(1, 3), draw.integer(0, 2)
    others = draw.shape(max_dims=2)
    dim = draw.integer(0, len(others))
    return [(*others[:dim], size + step * more + draw.integer(0, 1), *others[dim:])], (dim, size, step)


def _overlap_case(draw: Draw) -> Case:
    (shape,), (dim, size, step) = _windows_case(draw)
    return [_seen_through(np.empty(shape), dim, size, step).shape], (dim, step, shape[dim])


_windows: Function = op(
    "windows",
    _seen_through,
    domain=Domain(case=_windows_case),
    promotion=as_is,
    x=lambda g, x_shape, dim, step: _overlap_add(g, dim, step, x_shape[dim]),
)
_overlap_add: Function = op(
    "overlap_add",
    _added_up,
    domain=Domain(case=_overlap_case),
    promotion=as_is,
    x=lambda g, x_shape, dim, step: _windows(g, dim, x_shape[-1], step),
)


def unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    """Take all windows of ``size`` entries along a dim, ``step`` apart: they become the last dim.

    Windows overlap where ``step`` is less than ``size``; each entry's gradient is the sum over its windows. The
    result is a copy and can't be written to: in PyTorch that would write to the input.

    >>> import tinygrad_np as tg
    >>> tg.arange(4).unfold(0, 2, 1)
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    shape: Shape = raw(input).shape
    dim = normalise_dim(dimension, len(shape), "unfold")
    n = shape[dim] if shape else 1
    if step <= 0:
        raise RuntimeError(f"unfold: step must be positive, got {step}")
    if not 0 <= size <= n:
        raise RuntimeError(f"unfold: size must be from 0 to {n}, the entries of dim {dim} of shape {shape}, got {size}")
    if not shape:
        return getitem(reshape(input, (1,)), slice(size))
    out = _windows(input, dim, size, step)
    raw(out).flags.writeable = False
    return out


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """Refuse: strides speak of memory, of which a tensor here may share any part, in any order.

    Use ``unfold`` for windows, ``diagonal``, ``expand`` to repeat, ``x[..., ::step]`` to skip, ``flip`` to reverse.

    >>> import tinygrad_np as tg
    >>> tg.arange(4).unfold(0, 2, 1)  # for as_strided((3, 2), (1, 1))
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    raise NotImplementedError(
        f"as_strided: a tensor of shape {raw(input).shape} has no strides of its own here; use unfold for windows, "
        "diagonal, expand to repeat entries, x[..., ::step] to skip some, or flip"
    )
