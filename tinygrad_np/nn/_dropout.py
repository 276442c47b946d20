"""Dropout: entries or whole channels set aside at random in training, so that no unit relies on another.

The random numbers come from the global generator: see ``manual_seed``. With ``inplace=True`` too the result is a new
tensor, and the input stays as it is: use what is returned.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_np import _random
from tinygrad_np._public.wrapping import public
from tinygrad_np.ops.elementwise import raw

Array = np.ndarray[Any, Any]

SATURATION = 1.7580993408473766  # what selu tends to for large negative x, without its sign: 1.6733 * 1.0507


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
    return _dropped(input, p, training, raw(input).shape, "dropout")


@public
def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """In training, set whole channels to 0, each with probability ``p``, and divide the others by 1 - p.

    Shapes: input (N, C, L) or (C, L). Errors are those of ``dropout``; another shape is a RuntimeError. J. Tompson et
    al., "Efficient object localization using convolutional networks" (2015).

    >>> import tinygrad_np as tg
    >>> _ = tg.manual_seed(0)
    >>> dropout1d(tg.ones(3, 2))
    tensor([[0., 0.],
            [0., 0.],
            [2., 2.]])
    """
    return _dropped(input, p, training, _channels(input, (3, 2), 2, "dropout1d"), "dropout1d")


@public
def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """In training, set whole channels to 0, each with probability ``p``, and divide the others by 1 - p.

    Shapes: input (N, C, H, W); one of three dims is taken as (N, C, L), as in PyTorch. Errors are those of
    ``dropout1d``.

    >>> import tinygrad_np as tg
    >>> _ = tg.manual_seed(0)
    >>> dropout2d(tg.ones(1, 3, 1, 2)).tolist()
    [[[[0.0, 0.0]], [[0.0, 0.0]], [[2.0, 2.0]]]]
    """
    return _dropped(input, p, training, _channels(input, (4, 3), None, "dropout2d"), "dropout2d")


@public
def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """In training, set whole channels to 0, each with probability ``p``, and divide the others by 1 - p.

    Shapes: input (N, C, D, H, W) or (C, D, H, W). Errors are those of ``dropout1d``.

    >>> import tinygrad_np as tg
    >>> _ = tg.manual_seed(0)
    >>> dropout3d(tg.ones(3, 1, 1, 2)).tolist()
    [[[[0.0, 0.0]]], [[[0.0, 0.0]]], [[[2.0, 2.0]]]]
    """
    return _dropped(input, p, training, _channels(input, (5, 4), 4, "dropout3d"), "dropout3d")


@public
def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """In training, replace each entry by selu's saturation value with probability ``p``, then scale and shift.

    So inputs of mean 0 and variance 1 keep them, as ``selu`` wants it. Errors are those of ``dropout``. G. Klambauer et
    al., "Self-normalizing neural networks" (2017).

    >>> import tinygrad_np as tg
    >>> _ = tg.manual_seed(0)
    >>> alpha_dropout(tg.zeros(4), 0.5, training=True)
    tensor([-0.7792, -0.7792,  0.7792, -0.7792])
    """
    return _saturated(input, p, training, raw(input).shape, "alpha_dropout")


@public
def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Do what ``alpha_dropout`` does, but with whole channels: with all entries of one, or with none.

    Shapes: input (N, C, \\*). Errors are those of ``dropout1d``.

    >>> import tinygrad_np as tg
    >>> _ = tg.manual_seed(0)
    >>> feature_alpha_dropout(tg.zeros(1, 3, 2), 0.5, training=True)
    tensor([[[-0.7792, -0.7792],
             [-0.7792, -0.7792],
             [ 0.7792,  0.7792]]])
    """
    shape = raw(input).shape
    if training and len(shape) < 2:
        raise RuntimeError(f"feature_alpha_dropout: input must have shape (N, C, ...), got {shape}")
    return _saturated(input, p, training, shape[:2] + (1,) * len(shape[2:]), "feature_alpha_dropout")


def _channels(input: Any, allowed: tuple[int, ...], unbatched: int | None, name: str) -> tuple[int, ...]:
    """Return the shape of numbers that are drawn one for each channel."""
    shape: tuple[int, ...] = raw(input).shape
    if len(shape) not in allowed:
        raise RuntimeError(f"{name}: input must have {allowed[1]} or {allowed[0]} dims, got shape {shape}")
    kept = 1 if len(shape) == unbatched else 2
    return shape[:kept] + (1,) * (len(shape) - kept)


def _dropped(input: Any, p: float, training: bool, shape: tuple[int, ...], name: str) -> Any:
    check_probability(p)
    if not training or p == 0 or not raw(input).size:
        return input
    if p == 1:
        return input * np.zeros_like(raw(input))
    return input * (_kept(input, p, shape, name) / (1 - float(p)))


def _saturated(input: Any, p: float, training: bool, shape: tuple[int, ...], name: str) -> Any:
    check_probability(p)
    if not training or p == 0 or not raw(input).size:
        return input
    if p == 1:
        return input * np.zeros_like(raw(input))
    scale = 1 / math.sqrt((SATURATION * SATURATION * p + 1) * (1 - p))
    kept = _kept(input, p, shape, name)
    return input * (kept * scale) + ((kept - 1) * (SATURATION * scale) + SATURATION * scale * float(p))


def _kept(input: Any, p: float, shape: tuple[int, ...], name: str) -> Array:
    """Draw ones for what is kept, and zeros."""
    dtype = raw(input).dtype
    if dtype.kind != "f":
        raise TypeError(f"{name}: input must be a float tensor, got {dtype}")
    return _random.bernoulli(1 - p, shape, dtype)
