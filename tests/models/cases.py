"""Batches and weights for the comparison of gradients, bit by bit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

import tinygrad_np as tg
from models.digit import DigitNet
from models.digit_manual import Array, Gradients, Labels, Parameters

DTYPES = (np.float32, np.float64)
BATCHES = (1, 10, 64, 100, 500, 1000)
WIDTHS = (1, 2, 10, 32, 128)
SCALES = {"small": 0.01, "medium": 0.5, "saturating": 20.0}  # weights are uniform between minus and plus this


class Case(NamedTuple):
    X: Array
    labels: Labels
    parameters: Parameters

    def net(self) -> DigitNet:
        """The network from modules with these parameters."""
        names = ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")
        net = DigitNet(hidden=len(self.parameters.b1)).to(self.X.dtype)
        net.load_state_dict({name: tg.tensor(p) for name, p in zip(names, self.parameters, strict=True)})
        return net


def random_case(dtype: type, batch: int, width: int, scale: float, seed: int) -> Case:
    """Images like MNIST's, four pixels of five 0; weights and biases uniform in [-scale, scale)."""
    rng = np.random.default_rng(seed)
    X = rng.random((batch, 784)) * (rng.random((batch, 784)) < 0.2)
    shapes = (width, 784), (width,), (10, width), (10,)
    parameters = Parameters(*(rng.uniform(-scale, scale, shape).astype(dtype) for shape in shapes))
    return Case(X.astype(dtype), rng.integers(0, 10, batch), parameters)


def grid() -> Iterator[Case]:
    """The ranges of the promise: 180 cases, so 720 gradients of parameters, and 540 of what lies between."""
    for seed, (dtype, batch, width, scale) in enumerate(itertools.product(DTYPES, BATCHES, WIDTHS, SCALES.values())):
        yield random_case(dtype, batch, width, scale, seed)


def same_bits(a: Array, b: Array) -> bool:
    """Whether two arrays are of one shape and dtype and agree in every bit, the sign of zero included."""
    bits = np.dtype(f"u{a.itemsize}")
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a.view(bits), b.view(bits))


def unequal(gradients: Gradients, others: Gradients) -> set[str]:
    """The names of the gradients that differ in any bit."""
    return {name for name in Gradients._fields if not same_bits(getattr(gradients, name), getattr(others, name))}
