"""Drawing by given probabilities, or around given means: the numbers are those of PyTorch's CPU generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np import _random
from tinygrad_np._dtypes import as_dtype, float32, float64
from tinygrad_np._graph import Array, Value, wrap
from tinygrad_np._shapes import Shape, normalise_shape
from tinygrad_np.ops.elementwise import add, constant, masked, raw, to

Generator = _random.Generator | None


def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Generator = None) -> Any:
    """Draw indices from each row of weights, each with a probability in proportion to its weight; int64.

    The weights, of shape (n,) or (m, n), need not add up to 1. Without ``replacement`` no index is drawn twice: the
    largest of weight / e is taken first, the numbers e being drawn from the exponential distribution [1]_.

    Raises
    ------
    RuntimeError
        If weights are negative, infinite or NaN, or all 0 in a row; or if too many samples are asked for without
        replacement: more than there are weights other than 0.

    Notes
    -----
    .. [1] P. S. Efraimidis and P. G. Spirakis, "Weighted random sampling with a reservoir", Information Processing
       Letters 97 (2006), 181-185.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> _ = tg.manual_seed(0)
    >>> tg.multinomial(tg.tensor([0.0, 10.0, 3.0, 0.0]), 2)
    tensor([1, 2])
    """
    weights = raw(input)
    _check_weights(weights)
    if isinstance(num_samples, bool) or not hasattr(num_samples, "__index__"):
        raise TypeError(f"multinomial: num_samples must be an integer, got {num_samples!r}")
    if num_samples <= 0:
        raise RuntimeError(f"multinomial: num_samples must be positive, got {num_samples}")
    if not replacement and num_samples > np.count_nonzero(weights, -1).min(initial=weights.shape[-1]):
        raise RuntimeError(
            f"multinomial: {num_samples} samples without replacement need as many weights other than 0 in each row"
        )
    rows = weights.reshape(-1, weights.shape[-1])
    draw = _with_replacement if replacement else _without_replacement
    drawn = draw(rows, num_samples, generator).reshape(*weights.shape[:-1], num_samples)
    return constant(input, drawn)


def _check_weights(weights: Array) -> None:
    if weights.dtype not in (float32, float64):
        raise RuntimeError(f"multinomial: weights must be float32 or float64, got {weights.dtype}; call .float()")
    if weights.ndim not in (1, 2) or not weights.shape[-1]:
        raise RuntimeError(f"multinomial: weights must have shape (n,) or (m, n) with n > 0, got {weights.shape}")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise RuntimeError("multinomial: weights must be neither negative nor infinite nor NaN")
    if not weights.any(-1).all():
        raise RuntimeError("multinomial: the weights of a row are all 0")


def _without_replacement(rows: Array, count: int, generator: Generator) -> Array:
    lengths = -np.log1p(-_random.uniform(rows.shape, float64, generator)).astype(rows.dtype)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        keys = np.where(rows > 0, rows / lengths, -1)
    return np.argsort(-keys, -1, kind="stable")[:, :count]


def _with_replacement(rows: Array, count: int, generator: Generator) -> Array:
    bounds = np.cumsum(rows, -1)
    bounds /= bounds[:, -1:]
    points = _random.uniform((len(rows), count), float64, generator)
    drawn = [np.searchsorted(row[:-1], point, "right") for row, point in zip(bounds, points, strict=True)]
    return np.array(drawn, np.int64).reshape(len(rows), count)


def bernoulli(input: Any, p: float | None = None, *, generator: Generator = None) -> Any:
    """Draw ones and zeros in the shape and dtype of ``input``, whose entries are the probabilities of a one.

    With ``p``, that is the probability of all. The derivative is 0.

    Raises
    ------
    RuntimeError
        If a probability is not in [0, 1].
    NotImplementedError
        If the probabilities are not floats.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.bernoulli(tg.tensor([0.0, 1.0, 1.0]))
    tensor([0., 1., 1.])
    """
    chances = raw(input)
    if p is not None:
        return wrap(np.asarray(_random.bernoulli(p, chances.shape, chances.dtype, generator)))
    if chances.dtype not in (float32, float64):
        raise NotImplementedError(f"bernoulli: probabilities must be float32 or float64, got {chances.dtype}")
    if not ((chances >= 0) & (chances <= 1)).all():
        raise RuntimeError("bernoulli: probabilities must lie in [0, 1]")
    drawn = np.less(_random.uniform(chances.shape, chances.dtype, generator), chances)
    return _drawn(drawn.astype(chances.dtype), input)


def _drawn(numbers: Any, *parameters: Any) -> Any:
    """Return what was drawn as a tensor that depends on the parameters, with derivative 0."""
    out = wrap(np.asarray(numbers))
    for parameter in parameters:
        if isinstance(parameter, Value) and parameter.node is not None:
            out = add(out, to(masked(parameter, False), out.array.dtype))
    return out


def normal(
    mean: Any, std: Any = 1.0, size: Sequence[int] | None = None, *, generator: Generator = None, dtype: Any = None
) -> Any:
    """Draw from normal distributions with these means and standard deviations; tensors of them broadcast.

    Two numbers take a ``size``, and a ``dtype``, by default float32. The derivative is 0: to differentiate in the mean
    and the deviation, write ``mean + std * randn_like(mean)``.

    Raises
    ------
    RuntimeError
        If a standard deviation is negative.
    TypeError
        If mean and std are numbers and no ``size`` is given, or one of them is a tensor and ``size`` or ``dtype`` is.
    NotImplementedError
        If the first tensor of the two, which gives the dtype, does not hold floats.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> _ = tg.manual_seed(0)
    >>> tg.normal(tg.tensor([10.0, -10.0]), 1.0)
    tensor([ 11.5410, -10.2934])
    """
    center, spread = raw(mean), raw(std)
    tensors = [x for x in (center, spread) if isinstance(x, np.ndarray)]
    if bool(tensors) == (size is not None) or (tensors and dtype is not None):
        raise TypeError("normal: expected a tensor for mean or std, or else two numbers and a size")
    if not np.all(spread >= 0):
        raise RuntimeError("normal: std must not be negative")
    kind = tensors[0].dtype if tensors else as_dtype(dtype or float32, "normal")
    if kind not in (float32, float64):
        raise NotImplementedError(f"normal: mean and std must be float32 or float64, got {kind}")
    shape = normalise_shape(size, "normal") if size is not None else _together(center, spread)
    numbers = _random.normal(shape, kind, generator) * spread + center
    return _drawn(numbers.astype(kind, copy=False), mean, std)


def _together(mean: Any, std: Any) -> Shape:
    try:
        return np.broadcast_shapes(np.shape(mean), np.shape(std))
    except ValueError:
        raise RuntimeError(f"normal: mean {np.shape(mean)} and std {np.shape(std)} do not broadcast together") from None
