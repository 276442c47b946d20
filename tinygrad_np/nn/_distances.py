"""Lengths of vectors, and how near two vectors are: by their distance, or by the angle between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._dtypes import result_type
from tinygrad_np._public.wrapping import public
from tinygrad_np.ops.elementwise import clamp, raw, to
from tinygrad_np.ops.movement import broadcast_to
from tinygrad_np.ops.norms import norm_of
from tinygrad_np.ops.reduction import sum


@public
def normalize(input: Any, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12) -> Any:
    """Divide by the p-norm along ``dim``, or by eps where the norm is less: the vectors along ``dim`` get norm 1.

    It is a RuntimeError if the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> normalize(tg.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    return input / clamp(norm_of(input, p, dim, True, None, "normalize"), eps)


@public
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """Compute the cosine of the angle between vectors along ``dim``: ``x1 · x2 / (max(|x1|, eps) max(|x2|, eps))``.

    Shapes: x1 and x2 broadcast; the result lacks ``dim``. Where a length is below eps it counts as eps, also in the
    derivative (PyTorch differentiates as if it did not).

    Raises
    ------
    RuntimeError
        If neither is a float tensor, or they do not broadcast.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> cosine_similarity(tg.tensor([[1.0, 0.0], [1.0, 0.0]]), tg.tensor([[0.0, 2.0], [3.0, 3.0]]))
    tensor([0.0000, 0.7071])
    """
    name = "cosine_similarity"
    first, second = raw(x1), raw(x2)
    dtype = result_type(first, second, op=name)
    if dtype.kind != "f":
        raise RuntimeError(f"{name}: x1 or x2 must be a float tensor, got {first.dtype} and {second.dtype}")
    try:
        shape = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise RuntimeError(f"{name}: x1 of shape {first.shape} and x2 of {second.shape} do not broadcast") from None
    directions = []
    for x in (x1, x2):
        if raw(x).dtype != dtype:
            x = to(x, dtype)
        if raw(x).shape != shape:
            x = broadcast_to(x, shape)
        directions.append(x / clamp(norm_of(x, 2, dim, True, None, name), eps))
    return sum(directions[0] * directions[1], dim)


@public
def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """Compute the p-norm of x1 - x2 + eps along the last dim.

    Shapes: x1 and x2 (\\*, D) broadcast, the result is (\\*,), or (\\*, 1) with ``keepdim``. As in PyTorch eps is added
    to each difference, so that the distance of equal vectors can be differentiated.

    >>> import tinygrad_np as tg
    >>> pairwise_distance(tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]]))
    tensor([5.0000])
    """
    return norm_of(x1 - x2 + eps, p, -1, keepdim, None, "pairwise_distance")
