"""Layers, activations and losses as functions; arrays are taken as constants, and a tensor comes out."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np import _public, _random
from tinygrad_np._dtypes import int64
from tinygrad_np._graph import Value, wrap
from tinygrad_np._public import flatten, log_softmax, sigmoid, softmax, tanh
from tinygrad_np._public.wrapping import public
from tinygrad_np.nn._classification import arrays_of, cross_entropy, nll_loss, reduced
from tinygrad_np.ops import linalg
from tinygrad_np.ops.elementwise import raw

__all__ = [
    "cross_entropy",
    "dropout",
    "flatten",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]

linear = public(linalg.linear)


def relu(input: Any, inplace: bool = False) -> Any:
    """Take max(x, 0). The derivative at 0 is 0, and so it is below 0 for any incoming gradient.

    With ``inplace`` too the result is a new tensor, and the input stays as it is: use what is returned.

    >>> import tinygrad_np as tg
    >>> relu(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return _public.relu(input)


def check_probability(p: float) -> None:
    """Refuse a ``p`` that is not the probability of a dropout."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


@public
def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """In training, set each entry to 0 with probability ``p`` and divide the others by 1 - p; else do nothing.

    So every entry keeps its mean. The random numbers come from the global generator: see ``manual_seed``. With
    ``inplace`` too the result is a new tensor, and the input stays as it is: use what is returned.

    Raises
    ------
    ValueError
        If `p` does not lie in [0, 1].
    TypeError
        If the input is not a float tensor.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> _ = tg.manual_seed(0)
    >>> dropout(tg.ones(6), 0.5)
    tensor([0., 0., 2., 0., 0., 0.])
    """
    check_probability(p)
    x = raw(input)
    if x.dtype.kind != "f":
        raise TypeError(f"dropout: input must be a float tensor, got {x.dtype}")
    if not training or p == 0 or not x.size:
        return input
    if p == 1:
        return input * np.zeros_like(x)
    return input * (_random.bernoulli(1 - p, x.shape, x.dtype) / (1 - p))


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Compute (input - target)² entry by entry, and its mean, its sum, or with ``reduction="none"`` neither.

    Unlike PyTorch, which only warns, this refuses shapes that differ: (N,) against (N, 1) would be compared all with
    all.

    Raises
    ------
    RuntimeError
        If input and target differ in shape.
    ValueError
        If `reduction` is not "mean", "sum" or "none".

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]))
    tensor(2.)
    """
    x, wanted = arrays_of(input, target, "mse_loss")
    if x.shape != wanted.shape:
        raise RuntimeError(
            f"mse_loss: input has shape {x.shape}, target {wanted.shape}; they must be equal: reshape one"
        )
    if not isinstance(input, Value):
        input = wrap(input)
    distance = input - target
    return reduced(distance * distance, reduction, "mse_loss")


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
