"""Cross entropy and negative log-likelihood: from labels or probabilities, weighted, smoothed, reduced.

Of N examples and C classes, an input has shape (N, C), (N, C, d1, ...), or (C,) for one example alone. Inside, it is
brought to rows (M, C), of which each has one label.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from tinygrad_np._dtypes import int64
from tinygrad_np._graph import Value, wrap
from tinygrad_np._shapes import Shape
from tinygrad_np.nn._loss_arguments import arrays_of, check_reduction, reduced
from tinygrad_np.nn._window_arguments import Array, array_of
from tinygrad_np.ops.elementwise import raw, where
from tinygrad_np.ops.indexing import getitem
from tinygrad_np.ops.movement import permute, reshape
from tinygrad_np.ops.network import mean_cross_entropy
from tinygrad_np.ops.reduction import sum
from tinygrad_np.ops.softmax_family import log_softmax

_UINT64 = np.dtype(np.uint64)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    r"""Measure how far logits are from labels, or from the probabilities of the classes.

    For a row x with label t this is :math:`-w_t \log \mathrm{softmax}(x)_t`, for one with probabilities p it is
    :math:`-\sum_c w_c\, p_c \log \mathrm{softmax}(x)_c`. It works from logits: do not put a softmax before it.

    Parameters
    ----------
    input : Tensor, shape (N, C), (N, C, d1, ...) or (C,)
        Logits, of float dtype.
    target : Tensor, shape (N,), (N, d1, ...) or (); for probabilities, the shape of the input
        Labels 0 to C - 1 of any integer dtype, or probabilities of a float dtype.
    weight : Tensor, shape (C,), optional
        A weight for each class, of the dtype of the input.
    ignore_index : int
        A label that stands for "none": such rows count nothing. For labels only.
    reduction : {'mean', 'sum', 'none'}
        The mean of labels divides by the sum of the weights of the labels, that of probabilities by the number of rows.
    label_smoothing : float
        The share of a label, in [0, 1], that is spread over all classes.

    Raises
    ------
    RuntimeError
        If shapes, dtypes or `label_smoothing` do not fit.
    IndexError
        If a label is not one of the classes.
    ValueError
        If `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> logits = tg.tensor([[2.0, 0.0], [0.0, 0.0]], requires_grad=True)
    >>> loss = cross_entropy(logits, tg.tensor([0, 1]))
    >>> loss.backward()
    >>> logits.grad
    tensor([[-0.0596,  0.0596],
            [ 0.2500, -0.2500]])
    """
    try:
        x, labels = input.array, target.array
    except AttributeError:
        x, labels = arrays_of(input, target, "cross_entropy")
        input = input if isinstance(input, Value) else wrap(input)
    usual = weight is None and reduction == "mean" and label_smoothing == 0
    if usual and x.ndim == 2 and labels.ndim == 1:  # what training calls, made quick
        places = _places(x, labels, ignore_index)
        if places is not None:
            return mean_cross_entropy(input, places)
    check_reduction(reduction, "cross_entropy")
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"cross_entropy: label_smoothing must be between 0.0 and 1.0, got {label_smoothing}")
    classes = _classes(x, "cross_entropy")
    _check_weight(weight, x, classes, "cross_entropy")
    if labels.shape == x.shape:
        if ignore_index >= 0:
            raise RuntimeError(
                f"cross_entropy: ignore_index is for labels; it cannot be {ignore_index} for probabilities"
            )
        return _of_probabilities(input, target, weight, reduction, label_smoothing, classes)
    labels = _checked_labels(x, labels, classes, ignore_index, "cross_entropy")
    rows = _as_rows(input)
    if usual and x.ndim != 2:
        places = _places(raw(rows), labels.reshape(-1), ignore_index)
        if places is not None:
            return mean_cross_entropy(rows, places)
    return _of_labels(log_softmax(rows, 1), labels, weight, ignore_index, reduction, label_smoothing)


def nll_loss(input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    r"""Pick the label's entry from each row of log-probabilities: :math:`-w_t\, x_t` for a row x with label t.

    Arguments and errors are those of ``cross_entropy`` for labels, which is this after a ``log_softmax``.

    >>> import tinygrad_np as tg
    >>> nll_loss(tg.tensor([[-0.1, -2.4], [-1.6, -0.2]]), tg.tensor([0, 0]))
    tensor(0.8500)
    """
    x, labels = arrays_of(input, target, "nll_loss")
    if not isinstance(input, Value):
        input = wrap(input)
    check_reduction(reduction, "nll_loss")
    classes = _classes(x, "nll_loss")
    _check_weight(weight, x, classes, "nll_loss")
    labels = _checked_labels(x, labels, classes, ignore_index, "nll_loss")
    return _of_labels(_as_rows(input), labels, weight, ignore_index, reduction, 0.0)


# --------------------------------------------------------------------------------------------------- the formulas


def _of_labels(
    log_p: Any, labels: Array, weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> Any:
    """The loss of rows of log-probabilities; for a row with label t: -(1-s) w[t] log p[t] - s/C sum(w[c] log p[c])."""
    flat = labels.reshape(-1)
    counts = flat != ignore_index
    flat = np.where(counts, flat, 0).astype(np.intp)  # an ignored row has a label, too, but counts nothing
    losses = -getitem(log_p, (np.arange(len(flat)), flat))
    total: Any = np.count_nonzero(counts)
    if weight is not None:
        weights = where(counts, getitem(weight if isinstance(weight, Value) else wrap(weight), flat), 0)
        losses = losses * weights
        total = sum(weights)
    if label_smoothing:
        everywhere = -sum(log_p if weight is None else log_p * weight, 1)
        losses = losses * (1 - label_smoothing) + everywhere * (label_smoothing / raw(log_p).shape[1])
    losses = where(counts, losses, 0)
    if reduction == "none":
        return reshape(losses, labels.shape)
    return sum(losses) / total if reduction == "mean" else sum(losses)


def _of_probabilities(
    input: Any, target: Any, weight: Any, reduction: str, label_smoothing: float, classes: int
) -> Any:
    """The loss of rows of logits, for rows of probabilities: -sum(w[c] p[c] log softmax(x)[c])."""
    shape = raw(input).shape
    if raw(target).dtype.kind != "f":
        raise RuntimeError(
            f"cross_entropy: a target of the input's shape {shape} holds probabilities and must be float, "
            f"got {raw(target).dtype}; labels have shape {_label_shape(shape)}"
        )
    p = _as_rows(target if isinstance(target, Value) else wrap(target))
    if label_smoothing:
        p = p * (1 - label_smoothing) + label_smoothing / classes
    log_p = log_softmax(_as_rows(input), 1)
    losses = -sum(log_p * p if weight is None else log_p * p * weight, 1)
    if reduction == "none":
        return reshape(losses, _label_shape(shape))
    return reduced(losses, reduction)


def _as_rows(x: Any) -> Any:
    """Bring (N, C, d1, ...) or (C,) to (M, C)."""
    shape = raw(x).shape
    if len(shape) == 2:
        return x
    if len(shape) == 1:
        return reshape(x, (1, *shape))
    last = permute(x, (0, *range(2, len(shape)), 1))
    return reshape(last, (math.prod(shape[:1] + shape[2:]), shape[1]))


def _label_shape(shape: Shape) -> Shape:
    """Return the shape of the labels of an input of ``shape``: without its dim of classes."""
    return shape[:1] + shape[2:] if len(shape) > 1 else ()


# ----------------------------------------------------------------------------------------------------- the checks


def _places(x: Array, labels: Array, ignore_index: int) -> Array | None:
    """Return where in the flat ``x`` the labels lie; None where this is not the plain case, or something is wrong."""
    rows, classes = x.shape
    if len(labels) != rows or not rows or x.dtype.kind != "f" or 0 <= ignore_index < classes:
        return None
    if labels.dtype is not int64:
        if labels.dtype.kind not in "iu":
            return None
        labels = labels.astype(int64)
    unsigned = labels.view(_UINT64)  # a negative label is a huge one: a single pass finds both kinds of wrong labels
    if unsigned.item(unsigned.argmax()) >= classes:
        return None
    return _row_starts(rows, classes) + labels


@functools.lru_cache(maxsize=8)
def _row_starts(rows: int, classes: int) -> Array:
    """Return where each row begins in a flat array."""
    starts = np.arange(0, rows * classes, classes)
    starts.flags.writeable = False
    return starts


def _classes(x: Array, name: str) -> int:
    """Return the number of classes."""
    if not x.ndim:
        raise RuntimeError(f"{name}: input must have shape (N, C), (N, C, d1, ...) or (C,), got ()")
    if x.dtype.kind != "f":
        raise RuntimeError(f"{name}: input must be a float tensor, got {x.dtype}")
    classes: int = x.shape[0 if x.ndim == 1 else 1]
    return classes


def _check_weight(weight: Any, x: Array, classes: int, name: str) -> None:
    if weight is None:
        return
    w = array_of(weight, name, "weight")
    if w.shape != (classes,):
        raise RuntimeError(f"{name}: weight must have shape ({classes},), one for each class, got {w.shape}")
    if w.dtype != x.dtype:
        raise RuntimeError(f"{name}: weight must have the dtype of input, {x.dtype}, got {w.dtype}")


def _checked_labels(x: Array, labels: Array, classes: int, ignore_index: int, name: str) -> Array:
    """Refuse labels that do not fit ``x``; return them as int64."""
    expected = _label_shape(x.shape)
    if labels.dtype.kind not in "iu":
        raise RuntimeError(
            f"{name}: labels must be integers, got {labels.dtype} of shape {labels.shape} for an input of {x.shape}"
            + ("; probabilities must have the input's shape" if labels.dtype.kind == "f" else "")
        )
    if labels.shape != expected:
        raise RuntimeError(f"{name}: for an input of {x.shape} labels must have shape {expected}, got {labels.shape}")
    wrong = np.argwhere(((labels < 0) | (labels >= classes)) & (labels != ignore_index))
    if len(wrong):
        row = tuple(wrong[0].tolist())
        raise IndexError(
            f"{name}: label {labels[row]} at row {row[0] if len(row) == 1 else row} is out of range for {classes} "
            f"classes, 0 to {classes - 1}"
        )
    return labels.astype(int64, copy=False)
