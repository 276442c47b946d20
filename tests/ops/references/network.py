"""References of the ops of networks, their activations and normalisations."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from tests.ops.references.first_ops import Array, Shape, each, filled


def bent(x: float, slope: float) -> float:
    return x if x > 0 else x * slope


def exponential_unit(x: float, alpha: float, scale: float, rate: float) -> float:
    return scale * (x if x > 0 else alpha * (math.exp(rate * x) - 1))


def soft(x: float, beta: float = 1, threshold: float = math.inf) -> float:
    return x if x * beta > threshold else math.log(1 + math.exp(x * beta)) / beta


def gaussian_unit(x: float) -> float:
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


def gaussian_unit_by_tanh(x: float) -> float:
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def bernoulli_loss(p: float, t: float) -> float:
    return -(t * math.log(p) + (1 - t) * math.log(1 - p))


def over(axes: Shape, function: Callable[[float, list[float]], float]) -> Callable[[Array], Array]:
    """Apply a function to each entry and the list of those that differ from it only along the axes."""

    def call(x: Array) -> Array:
        def entry(index: Shape) -> float:
            alike = [
                x[other].item()
                for other in product(*map(range, x.shape))
                if all(i == j for axis, (i, j) in enumerate(zip(index, other, strict=True)) if axis not in axes)
            ]
            return function(x[index].item(), alike)

        return filled(x.shape, entry)

    return call


def in_deviations(x: float, row: list[float], eps: float) -> float:
    mean = math.fsum(row) / len(row)
    return (x - mean) / math.sqrt(math.fsum((other - mean) ** 2 for other in row) / len(row) + eps)


def in_root_mean_squares(x: float, row: list[float], eps: float) -> float:
    return x / math.sqrt(math.fsum(other * other for other in row) / len(row) + eps)


REFERENCES: dict[str, Callable[..., Any]] = {
    "leaky_relu": lambda x, slope: each(bent)(x, np.asarray(slope)),
    "hardtanh": lambda x, low, high: each(lambda x: low if x < low else high if x > high else x)(x),
    "elu": lambda x, *settings: each(lambda x: exponential_unit(x, *settings))(x),
    "softplus": lambda x, *settings: each(lambda x: soft(x, *settings))(x),
    "logsigmoid": each(lambda x: math.log(1 / (1 + math.exp(-x)))),
    "silu": each(lambda x: x / (1 + math.exp(-x))),
    "gelu": each(gaussian_unit),
    "gelu_tanh": each(gaussian_unit_by_tanh),
    "mish": each(lambda x: x * math.tanh(soft(x))),
    "binary_cross_entropy": each(bernoulli_loss),
    "standardised": lambda x, axes, eps, known: over(axes, lambda x, row: in_deviations(x, row, eps))(x),
    "rms_normalised": lambda x, axes, eps: over(axes, lambda x, row: in_root_mean_squares(x, row, eps))(x),
}

KEEPS = {
    "leaky_relu": "x",
    "hardtanh": "x",
    "elu": "x",
    "softplus": "x",
    "logsigmoid": "x",
    "silu": "x",
    "gelu": "x",
    "gelu_tanh": "x",
    "mish": "x",
    "binary_cross_entropy": "p t",
    "standardised": "x y",
    "rms_normalised": "x y",
}
