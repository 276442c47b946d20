"""Losses that are negative log-likelihoods of numbers: of probabilities, counts, and normally distributed values.

Those of classes stand in ``_classification``. Shapes of input and target are equal, as PyTorch's documentation asks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np._public.wrapping import public
from tinygrad_np.nn._loss_arguments import check_reduction, compared, reduced
from tinygrad_np.ops import network
from tinygrad_np.ops.activations import logsigmoid
from tinygrad_np.ops.elementwise import exp, log, raw, where
from tinygrad_np.ops.exponential import xlogy
from tinygrad_np.ops.movement import unsqueeze
from tinygrad_np.ops.reduction import sum


@public
def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """Compute -(t log(p) + (1 - t) log(1 - p)) for probabilities p of the input and t of the target.

    The logarithms are limited to -100 from below, and p (1 - p) in the derivative to 1e-12, as in PyTorch. For logits
    use ``binary_cross_entropy_with_logits``, which needs no limits.

    Parameters
    ----------
    input, target : Tensor, of equal shapes
        Probabilities, of one float dtype.
    weight : Tensor, optional
        A factor for each entry; broadcasts.
    reduction : {'mean', 'sum', 'none'}

    Raises
    ------
    RuntimeError
        If an entry of `input` or `target` is not in [0, 1], or the dtypes differ.
    ValueError
        If the shapes differ, or `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> binary_cross_entropy(tg.tensor([0.5, 0.25]), tg.tensor([1.0, 0.0]), reduction="none")
    tensor([0.6931, 0.2877])
    """
    input, target = compared(input, target, reduction, "binary_cross_entropy", ValueError)
    for name, x in (("input", raw(input)), ("target", raw(target))):
        if not ((x >= 0) & (x <= 1)).all():
            raise RuntimeError(
                f"binary_cross_entropy: every entry of {name} must be between 0 and 1; use "
                "binary_cross_entropy_with_logits for logits"
            )
    losses = network.binary_cross_entropy(input, target)
    return reduced(losses if weight is None else losses * weight, reduction)


@public
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """Compute ``binary_cross_entropy`` of sigmoid(input), from the logits: finite and exact at any of them.

    Parameters
    ----------
    input, target : Tensor, of equal shapes
        Logits, and the probabilities that are wanted.
    weight : Tensor, optional
        A factor for each entry; broadcasts.
    reduction : {'mean', 'sum', 'none'}
    pos_weight : Tensor, optional
        A factor for what the target wants to be 1; broadcasts, one for each class for example.

    Raises
    ------
    ValueError
        If the shapes differ, or `reduction` is unknown.
    RuntimeError
        If the input is not a float tensor.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> binary_cross_entropy_with_logits(tg.tensor([0.0, 1e4]), tg.tensor([1.0, 0.0]))
    tensor(5000.3467)
    """
    input, target = compared(input, target, reduction, "binary_cross_entropy_with_logits", ValueError)
    losses = of_logits(input, target, pos_weight)
    return reduced(losses if weight is None else losses * weight, reduction)


def of_logits(x: Any, target: Any, pos_weight: Any = None) -> Any:
    """-(t log(sigmoid(x)) + (1 - t) log(sigmoid(-x))): of the two terms none is negative, so no digits cancel."""
    positive = logsigmoid(x) * target
    return (target - 1) * logsigmoid(-x) - (positive if pos_weight is None else positive * pos_weight)


@public
def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """Compute t (log(t) - x), entry by entry: the Kullback-Leibler divergence of log-probabilities x from t.

    Parameters
    ----------
    input : Tensor
        Log-probabilities.
    target : Tensor, of the same shape
        Probabilities; with ``log_target`` log-probabilities.
    reduction : {'mean', 'sum', 'none', 'batchmean'}
        ``"batchmean"``, the sum divided by the size of the first dim, is the divergence as mathematics defines it;
        ``"mean"`` divides by the number of entries.

    Raises
    ------
    RuntimeError
        If input and target differ in shape.
    ValueError
        If `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> kl_div(tg.tensor([[0.5, 0.5]]).log(), tg.tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931)
    """
    if reduction not in ("mean", "sum", "none", "batchmean"):
        raise ValueError(f"kl_div: reduction must be 'mean', 'sum', 'none' or 'batchmean', got {reduction!r}")
    input, target = compared(input, target, "none", "kl_div")
    losses = exp(target) * (target - input) if log_target else xlogy(target, target) - target * input
    if reduction == "batchmean":
        shape = raw(input).shape
        return sum(losses) / shape[0] if shape else losses
    return reduced(losses, reduction)


@public
def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
) -> Any:
    """Compute exp(x) - t x, for counts t of events of which exp(x) are expected, on average.

    Without ``log_input``, x itself is expected: x - t log(x + eps). With ``full``, Stirling's approximation to log(t!)
    is added where t > 1: t log(t) - t + log(2 pi t) / 2.

    Raises
    ------
    RuntimeError
        If input and target differ in shape.
    ValueError
        If `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> poisson_nll_loss(tg.tensor([0.0, 1.0]), tg.tensor([1.0, 2.0]), reduction="none")
    tensor([1.0000, 0.7183])
    """
    input, target = compared(input, target, reduction, "poisson_nll_loss")
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        many = raw(target) > 1
        t = where(many, target, 1)  # where there is nothing to add, nothing is differentiated either
        losses = losses + where(many, t * log(t) - t + log(2 * math.pi * t) / 2, 0)
    return reduced(losses, reduction)


@public
def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """Compute (log(var) + (input - target)² / var) / 2, for targets normally distributed about the input.

    Parameters
    ----------
    input, target : Tensor
        The means, and what was observed; they broadcast.
    var : Tensor or float
        The variances, of the shape of the input, or with one dim of size 1 or without the last dim: one variance for
        the whole of that dim. Those below `eps` count as `eps`, but the derivative does not see that, as in PyTorch.
    full : bool
        Add the constant log(2 pi) / 2.
    reduction : {'mean', 'sum', 'none'}

    Raises
    ------
    ValueError
        If a variance is negative, or `var` of another shape, or `reduction` is unknown.
    RuntimeError
        If input and target do not broadcast.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> gaussian_nll_loss(tg.tensor([1.0]), tg.tensor([3.0]), tg.tensor([4.0]))
    tensor(1.1931)
    """
    check_reduction(reduction, "gaussian_nll_loss")
    x, v = raw(input), np.asarray(raw(var))
    if (v < 0).any():
        raise ValueError("gaussian_nll_loss: var has negative entries")
    if v.shape != x.shape and not isinstance(var, (int, float)):
        differing = [n for n, m in zip(v.shape, x.shape, strict=False) if n != m]
        if v.shape == x.shape[:-1]:
            var = unsqueeze(var, -1)
        elif v.ndim != x.ndim or differing != [1]:
            raise ValueError(
                f"gaussian_nll_loss: var must have the shape of input, {x.shape}, or a dim of size 1, or no last dim, "
                f"got {v.shape}"
            )
    distance = input - target
    if (v < eps).any():
        var = var + np.maximum(eps - raw(var), 0)
    losses = (log(var) + distance * distance / var) / 2
    if full:
        losses = losses + math.log(2 * math.pi) / 2
    return reduced(losses, reduction)
