"""Labels and indices turned into rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._dtypes import int32, int64
from tinygrad_np._graph import mark_written, wrap
from tinygrad_np._public.wrapping import public
from tinygrad_np.ops.elementwise import raw, where
from tinygrad_np.ops.indexing import getitem


@public
def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """Turn labels, of shape (\\*), into rows of zeros with a 1 at the label, of shape (\\*, num_classes); int64.

    Without ``num_classes``, there are as many classes as the largest label needs.

    Raises
    ------
    RuntimeError
        If the labels are not int64, or one is negative or not less than `num_classes`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> one_hot(tg.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    labels = raw(tensor)
    if labels.dtype != int64:
        raise RuntimeError(f"one_hot: labels must be int64, got {labels.dtype}; call .long()")
    if num_classes == -1:
        if not labels.size:
            raise RuntimeError(f"one_hot: no labels in shape {labels.shape} to count classes by; pass num_classes")
        num_classes = int(labels.max()) + 1
    if num_classes < 1:
        raise RuntimeError(f"one_hot: num_classes must be positive, got {num_classes}")
    if labels.size and not (labels.min() >= 0 and labels.max() < num_classes):
        wrong = labels[(labels < 0) | (labels >= num_classes)][0]
        raise RuntimeError(f"one_hot: label {wrong} is not one of {num_classes} classes, 0 to {num_classes - 1}")
    return wrap((labels[..., None] == np.arange(num_classes)).astype(int64))


@public
def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """Look up rows of a table: row ``input[i]`` of the weight, for each i.

    Parameters
    ----------
    input : Tensor, shape (\\*)
        Indices 0 to n - 1, of dtype int64 or int32.
    weight : Tensor, shape (n, D)
    padding_idx : int, optional
        A row that gets no gradient; negative ones count from the end.
    max_norm : float, optional
        First shorten, in place, the rows that are looked up and have a larger norm.
    norm_type : float
        The p of that norm.
    scale_grad_by_freq : bool
        Divide the gradient of a row by the number of times it was looked up.
    sparse : bool
        Must be False: there are no sparse gradients.

    Returns
    -------
    Tensor, shape (\\*, D)

    Raises
    ------
    IndexError
        If an index is out of range.
    RuntimeError
        If `input` or `weight` is not of the shape or dtype above, or `sparse` is asked for.
    AssertionError
        If `padding_idx` is out of range, as in PyTorch.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> embedding(tg.tensor([2, 0]), tg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    tensor([[5., 6.],
            [1., 2.]])
    """
    index, table = raw(input), raw(weight)
    _check_lookup(index, table)
    n = len(table)
    if sparse:
        raise RuntimeError("embedding: there are no sparse gradients; leave out sparse=True")
    if padding_idx is not None and not -n <= padding_idx < n:
        raise AssertionError(f"embedding: padding_idx must be one of the {n} rows, {-n} to {n - 1}, got {padding_idx}")
    index = index.astype(np.int64)  # a copy, which is saved
    if max_norm is not None:
        _shorten(table, np.unique(index), max_norm, norm_type)
    rows = getitem(weight, (index,))
    if scale_grad_by_freq:
        share = 1 / np.bincount(index.reshape(-1), minlength=n)[index].astype(table.dtype)[..., None]
        rows = (rows - raw(rows)) * share + raw(rows)  # the value is that of the rows, the derivative is the share
    if padding_idx is not None:
        rows = where((index != padding_idx % n)[..., None], rows, raw(rows))
    return rows


def _check_lookup(index: Any, table: Any) -> None:
    if table.ndim != 2:
        raise RuntimeError(f"embedding: weight must have two dims, (rows, size), got shape {table.shape}")
    if index.dtype not in (int64, int32):
        raise RuntimeError(f"embedding: indices must be int64 or int32, got {index.dtype}; call .long()")
    wrong = index[(index < 0) | (index >= len(table))]
    if wrong.size:
        raise IndexError(f"embedding: index {wrong[0]} is out of range for {len(table)} rows, 0 to {len(table) - 1}")


def _shorten(table: Any, rows: Any, max_norm: float, norm_type: float) -> None:
    """Scale down, in place, the rows whose norm is above the largest allowed."""
    norms = np.linalg.norm(table[rows], norm_type, 1)
    long = norms > max_norm
    if long.any():
        table[rows[long]] *= (max_norm / (norms[long] + 1e-7)).astype(table.dtype)[:, None]
        mark_written(table)
