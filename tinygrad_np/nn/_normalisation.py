"""Normalisations: entries brought to mean 0 and variance 1 over some dims, then scaled and shifted by what is learned.

They differ in the dims alone: those of an example's features (``layer_norm``), of a group of its channels
(``group_norm``) or of one of them (``instance_norm``), or of all examples (``batch_norm``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._graph import mark_written
from tinygrad_np._public.wrapping import public
from tinygrad_np._shapes import Shape, count
from tinygrad_np.nn._average_pooling import avg_pool2d
from tinygrad_np.nn._rectifiers import check_float
from tinygrad_np.ops.elementwise import clone, raw
from tinygrad_np.ops.movement import reshape
from tinygrad_np.ops.normalisation import Moments, moments, rms_normalised, standardised
from tinygrad_np.ops.padding import pad


@public
def layer_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Compute (x - mean) / sqrt(variance + eps) * weight + bias over the last dims, those of ``normalized_shape``.

    Shapes: input (\\*, normalized_shape), weight and bias normalized_shape. The variance divides by the number of
    entries. J. L. Ba et al., "Layer normalization" (2016).

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, or the input is not a float tensor.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> layer_norm(tg.tensor([[1.0, 3.0], [0.0, 20.0]]), (2,))
    tensor([[-1.0000,  1.0000],
            [-1.0000,  1.0000]])
    """
    axes = _last_dims(input, normalized_shape, {"weight": weight, "bias": bias}, "layer_norm")
    return _affine(standardised(input, axes, float(eps), None), weight, bias)


@public
def rms_norm(input: Any, normalized_shape: Sequence[int], weight: Any = None, eps: float | None = None) -> Any:
    """Compute x / sqrt(mean(x²) + eps) * weight over the last dims, those of ``normalized_shape``.

    Shapes: input (\\*, normalized_shape), weight normalized_shape. Without an ``eps`` it is that of the dtype, the
    distance from 1 to the next number. B. Zhang and R. Sennrich, "Root mean square layer normalization" (2019).

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, or the input is not a float tensor.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> rms_norm(tg.tensor([[1.0, 7.0]]), (2,))
    tensor([[0.2000, 1.4000]])
    """
    axes = _last_dims(input, normalized_shape, {"weight": weight}, "rms_norm")
    return _affine(rms_normalised(input, axes, float(np.finfo(raw(input).dtype).eps if eps is None else eps)), weight)


@public
def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalise each example over groups of its channels, and all their positions.

    Shapes: input (N, C, \\*), weight and bias (C,). Y. Wu and K. He, "Group normalization" (2018).

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, the channels cannot be divided into `num_groups` equal groups, or the input is
        not a float tensor.
    ValueError
        If a group has one entry only, and there is but one.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> group_norm(tg.tensor([[1.0, 3.0, 0.0, 20.0]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    shape = _with_channels(input, {"weight": weight, "bias": bias}, "group_norm")
    if num_groups < 1 or shape[1] % num_groups:
        raise RuntimeError(f"group_norm: {shape[1]} channels of input {shape} cannot be in {num_groups} equal groups")
    if shape[0] * shape[1] // num_groups * math.prod(shape[2:]) == 1:
        raise ValueError(f"group_norm: expected more than 1 value in a group, got input {shape}")
    grouped = reshape(input, (shape[0], num_groups, math.prod(shape[1:]) // num_groups))
    return _by_channel(reshape(standardised(grouped, (2,), float(eps), None), shape), weight, bias)


@public
def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel over all examples and positions: in training by its own mean and variance.

    In training the running statistics, unless None, move towards those of the batch, in place: running = (1 - momentum)
    running + momentum batch, where the variance of the batch divides by its number of entries less 1. Otherwise they
    take the place of mean and variance. S. Ioffe and C. Szegedy, "Batch normalization" (2015).

    Shapes: input (N, C, \\*), all others (C,).

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, running statistics are missing, or the input is not a float tensor.
    ValueError
        If, in training, a channel has one entry only, one running statistic is missing, or `eps` is not positive; or if
        `eps` is negative.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> mean, var = tg.zeros(2), tg.ones(2)
    >>> batch_norm(tg.tensor([[1.0, 0.0], [3.0, 20.0]]), mean, var, training=True)
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    >>> mean, var
    (tensor([0.2000, 1.0000]), tensor([ 1.1000, 20.9000]))
    """
    if not (eps > 0 if training else eps >= 0):
        raise ValueError(f"batch_norm: eps must be {'positive in training' if training else '0 or more'}, got {eps}")
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    if not raw(input).size:
        check_float(input, "batch_norm")
        return clone(input)
    shape = _with_channels(input, given, "batch_norm")
    if not training:
        return _by_channel(_by_running(input, running_mean, running_var, eps, "batch_norm"), weight, bias)
    if (running_mean is None) != (running_var is None):
        raise ValueError("batch_norm: running_mean and running_var must both be given, or neither")
    if math.prod(shape) == shape[1]:
        raise ValueError(f"batch_norm: expected more than 1 value of each channel in training, got input {shape}")
    axes = (0, *range(2, len(shape)))
    found = _moved(input, axes, running_mean, running_var, momentum)
    return _by_channel(standardised(input, axes, float(eps), found), weight, bias)


@public
def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel of each example over its positions.

    Running statistics, unless None, move towards the average over the examples, in place, as those of ``batch_norm``.
    Without ``use_input_stats`` they take the place of mean and variance. D. Ulyanov et al., "Instance normalization"
    (2016).

    Shapes: input (N, C, \\*), all others (C,).

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, running statistics are missing, or the input is not a float tensor.
    ValueError
        If there is one position only.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> instance_norm(tg.tensor([[[1.0, 3.0], [0.0, 20.0]]]))
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    shape = _with_channels(input, given, "instance_norm")
    if not use_input_stats:
        return _by_channel(_by_running(input, running_mean, running_var, eps, "instance_norm"), weight, bias)
    if not raw(input).size:
        return clone(input)
    if math.prod(shape[2:]) == 1:
        raise ValueError(f"instance_norm: expected more than 1 position, got input {shape}")
    axes = tuple(range(2, len(shape)))
    found = _moved(input, axes, running_mean, running_var, momentum)
    return _by_channel(standardised(input, axes, float(eps), found), weight, bias)


@public
def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """Divide by (k + alpha * mean of the squares in a window of ``size`` channels) ** beta.

    The window of channel c goes from c - size // 2 to c + (size - 1) // 2; channels that do not exist count as zeros.
    A. Krizhevsky et al., "ImageNet classification with deep convolutional neural networks" (2012).

    Shapes: input (N, C, \\*), of three dims or more.

    Raises
    ------
    ValueError
        If the input has less than three dims.
    RuntimeError
        If `size` is not positive.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> local_response_norm(tg.tensor([[[1.0], [2.0]]]), 2, alpha=2.0, beta=1.0)
    tensor([[[0.5000],
             [0.3333]]])
    """
    shape = raw(input).shape
    if len(shape) < 3:
        raise ValueError(f"local_response_norm: input must have shape (N, C, ...), of three dims or more, got {shape}")
    if size < 1:
        raise RuntimeError(f"local_response_norm: size must be positive, got {size}")
    if not raw(input).size:
        return input
    rows = reshape(input * input, (shape[0], 1, shape[1], math.prod(shape[2:])))
    near = avg_pool2d(pad(rows, (0, 0, size // 2, (size - 1) // 2)), (size, 1), 1)
    return input / (reshape(near, shape) * alpha + k) ** beta


# --------------------------------------------------------------------------------------------------- running statistics


def _moved(input: Any, axes: Shape, running_mean: Any, running_var: Any, momentum: float) -> Moments | None:
    """Move the running statistics towards those over the axes, and return the latter; None if nothing moves."""
    if running_mean is None and running_var is None:
        return None
    x = raw(input)
    centre, variance = found = moments(x, axes)
    n = count(x.shape, axes)
    for running, batch in ((running_mean, centre), (running_var, variance * (n / (n - 1)))):
        if running is not None:
            array = raw(running)
            array[...] = (1 - momentum) * array + momentum * batch.reshape(-1, len(array)).mean(0)
            mark_written(array)
    return found


def _by_running(input: Any, running_mean: Any, running_var: Any, eps: float, name: str) -> Any:
    """Normalise by the running statistics, which are constants."""
    if running_mean is None or running_var is None:
        raise RuntimeError(f"{name}: running_mean and running_var must be given where they are used")
    column = (-1, *(1,) * (raw(input).ndim - 2))
    centre, variance = raw(running_mean).reshape(column), raw(running_var).reshape(column)
    return (input - centre) * (1 / np.sqrt(variance + float(eps)))


# ---------------------------------------------------------------------------------------------- scale, shift and checks


def _affine(y: Any, weight: Any, bias: Any = None) -> Any:
    if weight is not None:
        y = y * weight
    return y if bias is None else y + bias


def _by_channel(y: Any, weight: Any, bias: Any) -> Any:
    """Scale and shift by numbers of each channel, dim 1."""
    column = (-1, *(1,) * (raw(y).ndim - 2))
    return _affine(y, *(None if each is None else reshape(each, column) for each in (weight, bias)))


def _last_dims(input: Any, normalized_shape: Sequence[int], given: dict[str, Any], name: str) -> Shape:
    """Return the dims to normalise over."""
    x = check_float(input, name)
    if not isinstance(normalized_shape, Sequence):
        raise TypeError(f"{name}: normalized_shape must be a tuple of integers, got {normalized_shape!r}")
    shape = tuple(normalized_shape)
    if not shape or x.shape[-len(shape) :] != shape:
        raise RuntimeError(f"{name}: the last dims of input {x.shape} must be normalized_shape, {shape}")
    _check_fits(x, given, shape, name)
    return tuple(range(x.ndim - len(shape), x.ndim))


def _with_channels(input: Any, given: dict[str, Any], name: str) -> Shape:
    """Return the shape of an input (N, C, ...)."""
    x = check_float(input, name)
    if x.ndim < 2:
        raise RuntimeError(f"{name}: input must have shape (N, C, ...), got {x.shape}")
    _check_fits(x, given, x.shape[1:2], name)
    return x.shape  # type: ignore[no-any-return]


def _check_fits(x: Any, given: dict[str, Any], shape: Shape, name: str) -> None:
    for argument, tensor in given.items():
        if tensor is None:
            continue
        array = raw(tensor)
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{name}: {argument} must be a tensor or None, got {type(tensor).__name__}")
        if array.shape != shape or array.dtype != x.dtype:
            raise RuntimeError(
                f"{name}: for input {x.shape} of {x.dtype}, {argument} must have shape {shape} and the same dtype, "
                f"got {array.shape} of {array.dtype}"
            )
