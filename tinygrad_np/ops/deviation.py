"""How far entries lie from their mean: the variance, and its square root."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._promotion import computed
from tinygrad_np._shapes import Shape, count, normalise_dims
from tinygrad_np.ops.elementwise import ratio, raw
from tinygrad_np.ops.reduction import Dim, mean, mean_over, spread, total_over


def _var(x: Array, /, axes: Shape, keepdim: bool, correction: float) -> Array:
    distance = centred(x, axes)
    return total_over(distance * distance, axes, keepdim) / _freedom(x.shape, axes, correction)


def centred(x: Any, axes: Shape) -> Any:
    """Return the distance of each entry from the mean; twice, for what rounding left in the first mean."""
    once = x - mean_over(x, axes, True)
    return once - mean_over(once, axes, True)


def _freedom(shape: Shape, axes: Shape, correction: float) -> float:
    """Return what a variance is divided by: 0 where the correction leaves nothing, so that it is NaN or infinite."""
    n = count(shape, axes)
    return max(n - correction, 0.0) if n else 0.0


def _case(draw: Draw) -> Case:
    shape = draw.shape(min_dims=1, min_side=2)
    axes = draw.choice([(len(shape) - 1,), (0,), tuple(range(len(shape)))])
    return [shape], (axes, draw.choice([True, False]), draw.choice([0, 1, 0.5]))


def _distance(g: Any, x: Any, axes: Shape, correction: float) -> Any:
    """Return ``g`` times the distance of each entry from the mean, over the degrees of freedom."""
    shape = raw(x).shape
    return spread(g / _freedom(shape, axes, correction), shape, axes) * centred(x, axes)


_variance = op(
    "var",
    _var,
    domain=Domain(case=_case),
    promotion=computed,
    x=lambda g, x, axes, correction: _distance(2 * g, x, axes, correction),
)
_deviation = op(
    "std",
    lambda x, /, axes, keepdim, correction: np.sqrt(_var(x, axes, keepdim, correction)),
    domain=Domain(case=_case, distinct=True),
    promotion=computed,
    x=lambda g, x, y, axes, correction: _distance(ratio(g, y), x, axes, correction),
)


def _settings(input: Any, dim: Any, unbiased: bool | None, correction: float | None, name: str) -> tuple[Shape, float]:
    """Return the axes and the correction; ``unbiased`` may stand in the place of ``dim``."""
    if isinstance(dim, bool) and unbiased is None:
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(f"{name}: give correction={correction} or unbiased={unbiased}, not both")
    array = raw(input)
    if array.dtype.kind != "f":
        raise RuntimeError(f"{name}: input has dtype {array.dtype}; it needs a float: call .float()")
    if correction is None:
        correction = 1 if unbiased is None else unbiased
    return normalise_dims(dim, array.ndim, name), float(correction)


def var(
    input: Any,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """Compute the variance over ``dim``: the sum of squared distances from the mean, over n - correction.

    The correction is 1 unless it is given. ``unbiased`` is PyTorch's older word for a correction of 1 (True) or 0
    (False), and may be the only argument.

    >>> import tinygrad_np as tg
    >>> tg.var(tg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    axes, correction = _settings(input, dim, unbiased, correction, "var")
    return _variance(input, axes, keepdim, correction)


def std(
    input: Any,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """Compute the standard deviation over ``dim``: the square root of ``var``. Of equal values, gradient 0.

    >>> import tinygrad_np as tg
    >>> tg.std(tg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    axes, correction = _settings(input, dim, unbiased, correction, "std")
    return _deviation(input, axes, keepdim, correction)


def var_mean(
    input: Any,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Any, Any]:
    """Compute the variance, as ``var``, and the mean.

    >>> import tinygrad_np as tg
    >>> tg.var_mean(tg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    axes, correction = _settings(input, dim, unbiased, correction, "var_mean")
    return _variance(input, axes, keepdim, correction), mean(input, axes, keepdim)


def std_mean(
    input: Any,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Any, Any]:
    """Compute the standard deviation, as ``std``, and the mean.

    >>> import tinygrad_np as tg
    >>> tg.std_mean(tg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    axes, correction = _settings(input, dim, unbiased, correction, "std_mean")
    return _deviation(input, axes, keepdim, correction), mean(input, axes, keepdim)
