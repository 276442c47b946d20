"""Losses with a margin: nothing is to pay where the right answer leads by enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._public.wrapping import public
from tinygrad_np.nn._likelihood_losses import of_logits
from tinygrad_np.nn._loss_arguments import check_reduction, compared, reduced
from tinygrad_np.nn._window_arguments import Array
from tinygrad_np.ops.activations import logsigmoid
from tinygrad_np.ops.elementwise import clamp, masked, raw, relu
from tinygrad_np.ops.indexing import getitem
from tinygrad_np.ops.movement import reshape
from tinygrad_np.ops.reduction import sum


@public
def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0, *, reduction: str = "mean") -> Any:
    """Compute max(0, margin - t (x1 - x2)): a target of 1 wants x1 to lead, one of -1 wants x2 to.

    The derivative at the margin itself is that of the slope. The three have equally many dims, and broadcast.

    Raises
    ------
    RuntimeError
        If the numbers of dims differ, or the shapes do not broadcast.
    ValueError
        If `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> margin_ranking_loss(tg.tensor([1.0, 3.0]), tg.tensor([2.0, 2.0]), tg.tensor([1, 1]), 0.5, reduction="none")
    tensor([1.5000, 0.0000])
    """
    check_reduction(reduction, "margin_ranking_loss")
    shapes = [raw(x).shape for x in (input1, input2, target)]
    if len({len(shape) for shape in shapes}) > 1:
        raise RuntimeError(
            "margin_ranking_loss: input1, input2 and target must have equally many dims, got shapes "
            f"{', '.join(map(str, shapes))}"
        )
    return reduced(clamp(-target * (input1 - input2) + margin, 0), reduction)


@public
def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Any:
    """Take the distance x where the target is 1, and max(0, margin - x) where it is -1.

    Raises
    ------
    RuntimeError
        If input and target differ in shape.
    ValueError
        If `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> hinge_embedding_loss(tg.tensor([0.2, 0.2]), tg.tensor([1, -1]), reduction="none")
    tensor([0.2000, 0.8000])
    """
    input, target = compared(input, target, reduction, "hinge_embedding_loss")
    alike, apart = raw(target) != -1, raw(target) != 1
    losses = masked(input, alike) + masked(clamp(margin - input, 0), apart)
    return reduced(losses, reduction)


@public
def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Compute log(1 + exp(-t x)) for targets t of 1 and -1: finite at any x.

    Raises
    ------
    RuntimeError
        If input and target differ in shape.
    ValueError
        If `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> soft_margin_loss(tg.tensor([0.0, 2.0]), tg.tensor([1, -1]), reduction="none")
    tensor([0.6931, 2.1269])
    """
    input, target = compared(input, target, reduction, "soft_margin_loss")
    return reduced(-logsigmoid(input * target), reduction)


@public
def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    *,
    reduction: str = "mean",
) -> Any:
    """Add up max(0, margin - x[label] + x[c])ᵖ over the other classes c, and divide by the number of classes.

    Parameters
    ----------
    input : Tensor, shape (N, C) or (C,)
        The scores of the classes, of float dtype.
    target : Tensor, shape (N,), or () or (1,) for an input of shape (C,)
        Labels 0 to C - 1, of dtype int64.
    p : {1, 2}
    margin : float
    weight : Tensor, shape (C,), optional
        A factor for each label.
    reduction : {'mean', 'sum', 'none'}

    Raises
    ------
    ValueError
        If `p` is neither 1 nor 2, `weight` has other than one dim, or `reduction` is unknown.
    RuntimeError
        If shapes or dtypes do not fit, or a label is not one of the classes.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> multi_margin_loss(tg.tensor([[0.5, 1.0, 3.0]]), tg.tensor([2]))
    tensor(0.)
    """
    name = "multi_margin_loss"
    check_reduction(reduction, name)
    if p not in (1, 2):
        raise ValueError(f"{name}: p must be 1 or 2, got {p}")
    if weight is not None and raw(weight).ndim != 1:
        raise ValueError(f"{name}: weight must have one dim, got shape {raw(weight).shape}")
    rows = _rows(input, name)
    n, classes = raw(rows).shape
    labels = raw(target)
    if labels.shape != (n,) and not (labels.ndim == 0 and raw(input).ndim < 2):
        raise RuntimeError(
            f"{name}: for an input of {raw(input).shape} labels must have shape ({n},), got {labels.shape}"
        )
    _check_labels(labels, 0, classes, name)
    if weight is not None and raw(weight).shape != (classes,):
        raise RuntimeError(f"{name}: weight must have shape ({classes},), got {raw(weight).shape}")
    flat = labels.reshape(n)
    others = np.arange(classes) != flat[:, None]
    missing = masked(relu(margin - reshape(getitem(rows, (np.arange(n), flat)), (n, 1)) + rows), others)
    losses = sum(missing if p == 1 else missing * missing, 1) / classes
    if weight is not None:
        losses = losses * getitem(weight, flat)
    return reduced(reshape(losses, labels.shape), reduction)


@public
def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Add up max(0, 1 - (x[l] - x[c])) over the labels l and the other classes c, and divide by the number of classes.

    Shapes: input (N, C) or (C,); target of the same shape, int64: labels, and behind the last of them -1.

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, or a label is not one of the classes.
    ValueError
        If `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> multilabel_margin_loss(tg.tensor([0.1, 0.2, 0.4, 0.8]), tg.tensor([3, 0, -1, 1]))
    tensor(0.8500)
    """
    name = "multilabel_margin_loss"
    check_reduction(reduction, name)
    rows = _rows(input, name)
    n, classes = raw(rows).shape
    labels = raw(target)
    if labels.shape != raw(input).shape:
        raise RuntimeError(
            f"{name}: for an input of {raw(input).shape} labels must have that shape, got {labels.shape}"
        )
    _check_labels(labels, -1, classes, name)
    flat = labels.reshape(n, classes)
    counts = np.logical_and.accumulate(flat >= 0, 1)  # what stands behind a -1 is no label
    labelled = np.zeros((n, classes), bool)
    labelled[np.nonzero(counts)[0], flat[counts]] = True
    of_labels = getitem(rows, (np.arange(n)[:, None], np.where(counts, flat, 0)))
    missing = relu(1 - reshape(of_labels, (n, classes, 1)) + reshape(rows, (n, 1, classes)))
    losses = sum(masked(missing, counts[:, :, None] & ~labelled[:, None, :]), (1, 2)) / classes
    return reduced(losses if labels.ndim == 2 else reshape(losses, ()), reduction)


@public
def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """Average ``binary_cross_entropy_with_logits`` over the classes, the last dim.

    ``weight`` is a factor for each class; it broadcasts, and the mean still divides by the number of classes.

    Raises
    ------
    RuntimeError
        If input and target differ in shape, or the input is not a float tensor.
    IndexError
        If the input is 0-d.
    ValueError
        If `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> multilabel_soft_margin_loss(tg.tensor([[0.0, 20.0]]), tg.tensor([[1.0, 1.0]]))
    tensor(0.3466)
    """
    input, target = compared(input, target, reduction, "multilabel_soft_margin_loss")
    if not raw(input).ndim:
        raise IndexError("multilabel_soft_margin_loss: the last dim of input is that of the classes; it is 0-d")
    losses = of_logits(input, target)
    losses = sum(losses if weight is None else losses * weight, -1) / raw(input).shape[-1]
    return reduced(losses, reduction)


def _rows(input: Any, name: str) -> Any:
    """Bring scores of shape (N, C), (C,) or () to rows."""
    shape = raw(input).shape
    if len(shape) > 2 or 0 in shape[-1:]:
        raise RuntimeError(f"{name}: input must have shape (N, C) or (C,), with at least one class, got {shape}")
    return input if len(shape) == 2 else reshape(input, (1, shape[0] if shape else 1))


def _check_labels(labels: Array, lowest: int, classes: int, name: str) -> None:
    if labels.dtype != np.int64:
        raise RuntimeError(f"{name}: labels must be int64, got {labels.dtype}; call .long()")
    wrong = labels[(labels < lowest) | (labels >= classes)]
    if len(wrong):
        raise RuntimeError(f"{name}: label {wrong[0]} is out of range for {classes} classes, {lowest} to {classes - 1}")
