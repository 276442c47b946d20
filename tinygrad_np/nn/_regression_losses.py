"""Losses of a distance: how far numbers are from those wanted.

Unlike PyTorch, which only warns, they refuse shapes that differ: (N,) against (N, 1) would be compared all with all.
"""

from __future__ import annotations

from typing import Any

from tinygrad_np.nn._loss_arguments import check_weight, compared, reduced, weighted
from tinygrad_np.ops.elementwise import abs, clamp, raw


def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """Compute (input - target)² entry by entry, and its mean, its sum, or with ``reduction="none"`` neither.

    Unlike PyTorch, which only warns, this refuses shapes that differ: (N,) against (N, 1) would be compared all with
    all. With weights, of the shape of the input, each entry counts by its weight, and the mean divides by their sum.

    Raises
    ------
    RuntimeError
        If input and target differ in shape.
    ValueError
        If `reduction` is not "mean", "sum" or "none", or the weights are not of the shape of the input.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]))
    tensor(2.)
    """
    input, target = compared(input, target, reduction, "mse_loss")
    distance = input - target
    return weighted(distance * distance, weight, reduction, "mse_loss")


def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """Compute abs(input - target) entry by entry, and its mean or sum; the derivative of a distance 0 is 0.

    Arguments and errors are those of ``mse_loss``.

    >>> import tinygrad_np as tg
    >>> l1_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]))
    tensor(1.)
    """
    input, target = compared(input, target, reduction, "l1_loss")
    return weighted(abs(input - target), weight, reduction, "l1_loss")


def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """Compute distance² / (2 beta) where the distance is below beta, and distance - beta / 2 elsewhere.

    With a beta of 0 it is the ``l1_loss``, else the ``huber_loss`` divided by beta. Errors are those of ``mse_loss``;
    a negative `beta` is a RuntimeError.

    >>> import tinygrad_np as tg
    >>> smooth_l1_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.5, 4.0]), reduction="none")
    tensor([0.1250, 1.5000])
    """
    if not beta >= 0:
        raise RuntimeError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    input, target = compared(input, target, reduction, "smooth_l1_loss")
    distance = input - target
    return reduced(_huber(distance, beta) / beta if beta else abs(distance), reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """Compute distance² / 2 where the distance is below delta, and delta * (distance - delta / 2) elsewhere.

    Its derivative is the distance, limited to [-delta, delta]. With weights, of the shape of the input, each loss is
    multiplied by its weight (unlike that of ``mse_loss``, the mean divides by the number of entries, as in PyTorch).
    P. Huber, "Robust estimation of a location parameter", Annals of Statistics 53 (1964). Errors are those of
    ``mse_loss``; a `delta` that is not positive is a RuntimeError.

    >>> import tinygrad_np as tg
    >>> huber_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.5, 4.0]), "none")
    tensor([0.1250, 1.5000])
    """
    if not delta > 0:
        raise RuntimeError(f"huber_loss: delta must be positive, got {delta}")
    input, target = compared(input, target, reduction, "huber_loss")
    losses = _huber(input - target, delta)
    if weight is not None:
        check_weight(weight, raw(input).shape, "huber_loss")
        losses = losses * weight
    return reduced(losses, reduction)


def _huber(distance: Any, delta: float) -> Any:
    """c (d - c / 2), with c the distance d limited to [-delta, delta]: no square of a large number is formed."""
    limited = clamp(distance, -delta, delta)
    return limited * (distance - limited / 2)
