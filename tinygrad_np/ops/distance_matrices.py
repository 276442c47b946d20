"""Distances between points. The derivative at distance 0 is 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np.ops.elementwise import ratio, raw
from tinygrad_np.ops.linear_systems import check_tensors, float_matrices
from tinygrad_np.ops.movement import unsqueeze
from tinygrad_np.ops.norms import norm_of
from tinygrad_np.ops.reduction import sum_over

AT_ONCE = 1 << 17  # differences of coordinates, such that they stay in the cache


def _pairwise(a: Array, b: Array, /) -> Array:
    """Compute distances from the differences of coordinates, exactly, for so many points at once as the cache holds."""
    points = max(1, AT_ONCE // max(1, b.size))
    blocks = []
    for start in range(0, max(a.shape[-2], 1), points):
        difference = a[..., start : start + points, None, :] - b[..., None, :, :]
        blocks.append(np.sqrt(np.einsum("...k,...k->...", difference, difference)))
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, -2)


def _points_case(draw: Draw) -> Case:
    first, second = draw.broadcastable(2)
    n, m, k = draw.integer(0, 3), draw.integer(0, 3), draw.integer(1, 3)
    return [(*first[-1:], n, k), (*second[-1:], m, k)], ()


_euclidean_distances = op(
    "euclidean_distances",
    _pairwise,
    domain=Domain(analytic=True, case=_points_case),
    promotion=float_matrices,
    a=lambda g, a, b, y: _pulled(ratio(g, y), a, b),
    b=lambda g, a, b, y: _pulled(ratio(g, y).mT, b, a),
)


def _pulled(weights: Any, a: Any, b: Any) -> Any:
    """For each point of ``a``, add up its weighted differences from the points of ``b``.

    The origin is moved among the points: differences stay, but lose fewer digits.
    """
    origin = raw(b).sum(-2, keepdims=True) / max(1, raw(b).shape[-2])
    return sum_over(weights, (raw(weights).ndim - 1,), True) * (a - origin) - weights @ (b - origin)


MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str | None = MODES[0]) -> Any:
    """Compute the distance of each point (row) of ``x1`` from each of ``x2``, in the norm of order ``p``.

    Shapes: (\\*, n, k) and (\\*, m, k) give (\\*, n, m); batches broadcast. ``p`` is 0 or more (see
    ``linalg.vector_norm``). Differences are always computed exactly, whatever ``compute_mode`` says. The derivative
    is 0 at distance 0.

    >>> import tinygrad_np as tg
    >>> tg.cdist(tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    check_tensors("cdist", x1=x1, x2=x2)
    a, b = raw(x1), raw(x2)
    for argument, x in (("x1", a), ("x2", b)):
        if x.ndim < 2:
            raise RuntimeError(f"cdist: {argument} must be points in rows, or a batch of them, got shape {x.shape}")
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"cdist: points have {a.shape[-1]} coordinates in x1, but {b.shape[-1]} in x2")
    float_matrices("cdist", (a, b))
    if not p >= 0:
        raise RuntimeError(f"cdist: p must be 0 or more, got {p}")
    if compute_mode is not None and compute_mode not in MODES:
        raise ValueError(f"cdist: {compute_mode!r} is not a valid compute_mode; it is one of {', '.join(MODES)}")
    if p == 2:
        return _euclidean_distances(x1, x2)
    difference = unsqueeze(x1, -2) - unsqueeze(x2, -3)
    if not a.shape[-1]:  # points without coordinates are all the same
        return sum_over(difference, (raw(difference).ndim - 1,), False)
    return norm_of(difference, p, -1, False, None, "cdist")


def dist(input: Any, other: Any, p: Any = 2) -> Any:
    """Compute the norm of order ``p`` of input - other, over all entries; shapes broadcast. At 0, derivative 0.

    >>> import tinygrad_np as tg
    >>> tg.dist(tg.tensor([3.0, 4.0]), tg.zeros(2))
    tensor(5.)
    """
    return norm_of(input - other, p, None, False, None, "dist")
