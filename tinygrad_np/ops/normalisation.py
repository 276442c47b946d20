"""Ops that bring the entries along some axes to a common scale; all normalisations of networks are made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._shapes import Shape
from tinygrad_np.ops.activations import floats
from tinygrad_np.ops.elementwise import sqrt
from tinygrad_np.ops.reduction import mean_over

Moments = tuple[Array, Array]  # mean and variance


def average(x: Any, axes: Shape) -> Any:
    """The mean over the axes, which are kept."""
    return mean_over(x, axes, True)


def moments(x: Any, axes: Shape) -> Moments:
    """The mean over the axes, and the mean of the squared distances from it."""
    centre = average(x, axes)
    distance = x - centre
    return centre, average(distance * distance, axes)


def _standardised(x: Array, /, axes: Shape, eps: float, known: Moments | None) -> tuple[Array, dict[str, Array]]:
    """(x - mean) * r with r = 1 / sqrt(variance + eps); mean and variance may be known already."""
    if known is None:
        y = x - average(x, axes)
        variance = average(y * y, axes)
    else:
        y = x - known[0]
        variance = known[1]
    r = 1 / np.sqrt(variance + eps)
    y *= r
    return y, {"r": r}


def _inverse_deviation(x: Any, axes: Shape, eps: float) -> Any:
    return 1 / sqrt(moments(x, axes)[1] + eps)


def _axes_case(draw: Draw) -> tuple[Shape, Shape]:
    shape = draw.shape(min_dims=1, min_side=1)
    return shape, tuple(sorted({draw.integer(0, len(shape) - 1), len(shape) - 1}))


def _standardised_case(draw: Draw) -> Case:
    shape, axes = _axes_case(draw)
    return [shape], (axes, draw.choice([0.1, 1.0]), None)


standardised = op(
    "standardised",
    _standardised,
    domain=Domain(case=_standardised_case),
    promotion=floats,
    intermediates={"r": _inverse_deviation},
    x=lambda g, y, r, axes: r * (g - average(g, axes) - y * average(g * y, axes)),
)


def _scaled(x: Array, /, axes: Shape, eps: float) -> tuple[Array, dict[str, Array]]:
    """x * r with r = 1 / sqrt(mean(x²) + eps)."""
    r = 1 / np.sqrt(average(x * x, axes) + eps)
    return x * r, {"r": r}


def _scaled_case(draw: Draw) -> Case:
    shape, axes = _axes_case(draw)
    return [shape], (axes, draw.choice([0.1, 1.0]))


rms_normalised = op(
    "rms_normalised",
    _scaled,
    domain=Domain(case=_scaled_case),
    promotion=floats,
    intermediates={"r": lambda x, axes, eps: 1 / sqrt(average(x * x, axes) + eps)},
    x=lambda g, y, r, axes: r * (g - y * average(g * y, axes)),
)
