"""Attention: an average of values, weighted by how well their keys match a query."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np._public.wrapping import public
from tinygrad_np.nn._dropout import dropout
from tinygrad_np.ops.elementwise import masked, raw, where
from tinygrad_np.ops.linalg import matmul
from tinygrad_np.ops.movement import expand, reshape, transpose
from tinygrad_np.ops.softmax_family import softmax


@public
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """Compute softmax(query @ key.mT * scale + mask) @ value. A query that may look at nothing gets zeros.

    A. Vaswani et al., "Attention is all you need" (2017).

    Parameters
    ----------
    query : Tensor, shape (\\*, L, E)
    key : Tensor, shape (\\*, S, E)
    value : Tensor, shape (\\*, S, V)
    attn_mask : Tensor, optional
        Of bool: True where a query may look at a key. Of the dtype of the query: added to the scores. Broadcasts to
        (\\*, L, S).
    dropout_p : float
        The probability of ``dropout`` of the weights. It is always applied: pass 0 outside of training.
    is_causal : bool
        Query i may look at the keys up to i only.
    scale : float, optional
        Without it, 1 / sqrt(E).
    enable_gqa : bool
        Let groups of query heads (dim -3) share a key head and a value head, which are fewer.

    Returns
    -------
    Tensor, shape (\\*, L, V)

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, a mask is given beside `is_causal`, or `dropout_p` is no probability.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> query, key, value = tg.zeros(2, 4), tg.zeros(2, 4), tg.tensor([[1.0], [3.0]])
    >>> scaled_dot_product_attention(query, key, value, is_causal=True)
    tensor([[1.],
            [2.]])
    """
    name = "scaled_dot_product_attention"
    q, k, v = raw(query), raw(key), raw(value)
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise RuntimeError(
            f"{name}: expected query (*, L, E), key (*, S, E) and value (*, S, V), got {q.shape}, {k.shape}, {v.shape}"
        )
    if not q.dtype == k.dtype == v.dtype or q.dtype.kind != "f":
        raise RuntimeError(f"{name}: expected float tensors of one dtype, got {q.dtype}, {k.dtype} and {v.dtype}")
    if not 0 <= dropout_p <= 1:
        raise RuntimeError(f"{name}: dropout_p must lie in [0, 1], got {dropout_p}")
    if is_causal and attn_mask is not None:
        raise RuntimeError(f"{name}: attn_mask and is_causal exclude each other: put both into the mask")
    if enable_gqa:
        key, value = _repeated(key, q.shape, name), _repeated(value, q.shape, name)
    if scale is None:
        scale = 1 / math.sqrt(q.shape[-1] or 1)
    scores = matmul(query, transpose(key, -2, -1)) * scale
    if is_causal:
        scores = where(np.tri(*raw(scores).shape[-2:], dtype=bool), scores, -math.inf)
    elif attn_mask is not None:
        scores = _with_mask(scores, attn_mask, name)
    return matmul(dropout(_shares(scores), dropout_p), value)


def _with_mask(scores: Any, mask: Any, name: str) -> Any:
    array, shape = raw(mask), raw(scores).shape
    if array.dtype not in (np.bool_, raw(scores).dtype):
        raise RuntimeError(f"{name}: attn_mask must be bool or have the dtype of query, got {array.dtype}")
    try:
        fits = np.broadcast_shapes(array.shape, shape)[-2:] == shape[-2:]
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(f"{name}: attn_mask of shape {array.shape} does not broadcast to the scores, {shape}")
    return where(array, scores, -math.inf) if array.dtype == np.bool_ else scores + mask


def _shares(scores: Any) -> Any:
    """The softmax of each row, and zeros for a row of -inf."""
    nothing = (raw(scores) == -math.inf).all(-1, keepdims=True)
    if not nothing.any():
        return softmax(scores, -1)
    return masked(softmax(where(nothing, 0, scores), -1), ~nothing)


def _repeated(x: Any, query_shape: tuple[int, ...], name: str) -> Any:
    """Repeat each head of (..., H, S, E) for the group of query heads that share it."""
    shape = raw(x).shape
    if len(shape) < 3 or len(query_shape) < 3 or not shape[-3] or query_shape[-3] % shape[-3]:
        raise RuntimeError(
            f"{name}: with enable_gqa, dim -3 holds heads, and those of key and value must divide those of query; got "
            f"{shape} for a query of {query_shape}"
        )
    group = query_shape[-3] // shape[-3]
    if group == 1:
        return x
    spread = expand(reshape(x, (*shape[:-2], 1, *shape[-2:])), (*shape[:-2], group, *shape[-2:]))
    return reshape(spread, (*shape[:-3], query_shape[-3], *shape[-2:]))
