"""How images are resized: the weights with which each new entry along a dim is a sum of old ones.

New entry i lies at ``scale * (i + 1/2) - 1/2`` of the old ones, as if both dims were of the same length; with aligned
corners at ``scale * i``, so that first meets first and last meets last. Places are computed with the numbers of the
image, float32 or float64, as in PyTorch: where rounding decides which entry is nearest, it decides alike.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_np._graph import Array
from tinygrad_np.ops.weighted_sums import Weights, weights_of

Number = type[np.float32] | type[np.float64]


def _scale(old: int, new: int, align_corners: bool, factor: float | None, number: Number) -> Any:
    """Return how many old entries a new one stands for."""
    if align_corners:
        return number(old - 1) / number(new - 1) if new > 1 else number(0)
    return number(1 / factor) if factor else number(old) / number(new)


def _places(old: int, new: int, align_corners: bool, factor: float | None, number: Number) -> Array:
    """Return where among the old entries the new ones lie."""
    scale = _scale(old, new, align_corners, factor, number)
    i: Array = np.arange(new).astype(number)
    return np.asarray(i * scale if align_corners else (i + number(0.5)) * scale - number(0.5))


@functools.lru_cache(maxsize=64)
def nearest(old: int, new: int, factor: float | None, exact: bool, number: Number) -> Weights:
    """Return the weights that repeat or skip entries.

    The entry is the one below i * scale, as old versions of image libraries have it, or if ``exact`` the one whose
    middle is nearest.
    """
    if exact:
        place = np.maximum(_places(old, new, False, factor, number), 0)
        below = np.floor(place.astype(np.float32) + np.float32(0.5))
    else:
        place = np.arange(new).astype(number) * _scale(old, new, False, factor, number)
        below = np.floor(place.astype(np.float32))
    columns = np.minimum(below.astype(np.int64), old - 1)[:, None]
    return weights_of(columns, np.ones(columns.shape), old)


@functools.lru_cache(maxsize=64)
def linear(old: int, new: int, align_corners: bool, factor: float | None, number: Number) -> Weights:
    """Return the weights of straight lines between neighbours."""
    if old == new:
        return _same(old)
    place = np.maximum(_places(old, new, align_corners, factor, number), 0)
    return _neighbours(place, old, (0, 1), lambda distance: 1 - distance)


@functools.lru_cache(maxsize=64)
def cubic(old: int, new: int, align_corners: bool, factor: float | None, number: Number) -> Weights:
    """Return the weights of cubic curves through four neighbours; beyond the ends, the end is repeated."""
    if old == new:
        return _same(old)
    place = _places(old, new, align_corners, factor, number)
    return _neighbours(place, old, (-1, 0, 1, 2), _cubic_kernel(-0.75))


def _same(n: int) -> Weights:
    return weights_of(np.arange(n)[:, None], np.ones((n, 1)), n)


def _neighbours(place: Array, old: int, offsets: tuple[int, ...], kernel: Callable[[Array], Array]) -> Weights:
    """Return weights by the distance to the neighbours at ``offsets`` from the entry below."""
    columns = np.floor(place).astype(np.int64)[:, None] + np.array(offsets)
    values = kernel(np.abs(place[:, None] - columns))
    return weights_of(np.clip(columns, 0, old - 1), values, old)


def _cubic_kernel(a: float) -> Callable[[Array], Array]:
    """Return the convolution kernel of cubic interpolation (R. Keys, 1981)."""

    def kernel(x: Array) -> Array:
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = a * (((x - 5) * x + 8) * x - 4)
        return np.where(x <= 1, near, np.where(x < 2, far, 0))

    return kernel


@functools.lru_cache(maxsize=64)
def smoothed(
    old: int, new: int, align_corners: bool, factor: float | None, number: Number, kernel_is_cubic: bool
) -> Weights:
    """Return weights that also average where entries are lost: the kernel is as wide as a new entry."""
    scale = float(_scale(old, new, align_corners, factor, number))
    width = max(scale, 1.0)
    reach = (2 if kernel_is_cubic else 1) * width
    kernel = _cubic_kernel(-0.5) if kernel_is_cubic else lambda x: np.maximum(1 - x, 0)
    middle = scale * (np.arange(new) + 0.5)
    first = np.maximum((middle - reach + 0.5).astype(np.int64), 0)
    stop = np.minimum((middle + reach + 0.5).astype(np.int64), old)
    columns = first[:, None] + np.arange(math.ceil(2 * reach) + 1)
    values = np.where(columns < stop[:, None], kernel(np.abs(columns + 0.5 - middle[:, None]) / width), 0)
    return weights_of(columns, values / values.sum(1, keepdims=True), old)
