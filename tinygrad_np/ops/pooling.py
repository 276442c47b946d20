"""Where the largest entry of each window lies, and sums over windows: what pooling is made of.

Pooling by the maximum picks entries by their places, and averages are sums along one dim after the other: their
derivatives are those of picking and of weighted sums.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from tinygrad_np._graph import Array
from tinygrad_np._shapes import Shape
from tinygrad_np.ops.weighted_sums import Weights, weights_of
from tinygrad_np.ops.windows import Windows


def adaptive_bounds(image: int, count: int) -> tuple[Array, Array]:
    """Return where each of ``count`` windows begins and ends that cover a dim: evenly, overlapping where they must."""
    i = np.arange(count)
    return i * image // max(count, 1), -(-(i + 1) * image // max(count, 1))


@functools.lru_cache(maxsize=64)
def adaptive_sums(image: int, count: int) -> tuple[Weights, Array]:
    """Return the sums over the windows of ``adaptive_bounds`` along one dim, and how many entries each adds up."""
    starts, stops = adaptive_bounds(image, count)
    return _sums_between(starts, stops, image), stops - starts


@functools.lru_cache(maxsize=64)
def sliding_sums(image: int, size: int, count: int, stride: int, padding: int) -> Weights:
    """Return the sums over windows that slide along one dim."""
    starts = np.arange(count) * stride - padding
    return _sums_between(starts, starts + size, image)


def _sums_between(starts: Array, stops: Array, image: int) -> Weights:
    columns = starts[:, None] + np.arange(max(stops - starts, default=0))
    return weights_of(columns, (columns < stops[:, None]).astype(float), image)


# --------------------------------------------------------------------------------------------------------- maxima


def largest(x: Array, windows: Windows) -> Array:
    """Return where in each plane of the image the windows find their largest entry: its place in the flat plane.

    That is the first of the largest, but the last NaN where there is one, as in PyTorch.
    """
    return _chosen(_places(windows), _choices(windows.padded(x, _lowest(x)), windows))


def largest_adaptive(x: Array, counts: Shape) -> Array:
    """Return where in each plane of the image the windows of ``adaptive_bounds`` find their largest entry."""
    positions, places = _adaptive_places(x.shape[-len(counts) :], counts)
    for axis, at in enumerate(positions, x.ndim - len(counts)):  # lay the windows side by side
        x = x.take(at.reshape(-1), axis)
    size = tuple(at.shape[1] for at in positions)
    apart = Windows(x.shape[-len(counts) :], size, counts, size, (0,) * len(counts), (1,) * len(counts))
    return _chosen(places, _choices(x, apart))


def _lowest(x: Array) -> Any:
    return -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min


def _choices(padded: Array, windows: Windows) -> Array:
    """Return the number of the offset at which each window has its largest entry."""
    seen = [padded[index] for _, index in windows.offsets()]
    best = seen[0].copy()
    choice = np.zeros(best.shape, np.min_scalar_type(len(seen)))
    better = np.empty(best.shape, bool)
    for number, entries in enumerate(seen[1:], 1):
        np.greater(entries, best, out=better)
        np.copyto(choice, number, where=better)
        np.maximum(best, entries, out=best)
    if best.size and best.dtype.kind == "f" and math.isnan(best.max()):
        for number, entries in enumerate(seen):
            np.copyto(choice, number, where=np.isnan(entries))
    return choice


def _chosen(places: Array, choice: Array) -> Array:
    """Return the places that belong to the offsets chosen, (..., *count), from a table (*count, offsets)."""
    window = np.arange(0, places.size, places.shape[-1]).reshape(places.shape[:-1])
    return np.asarray(places.reshape(-1).take(window + choice))


@functools.lru_cache(maxsize=16)
def _places(windows: Windows) -> Array:
    """Return the place in the flat plane of what each window sees at each offset, (*count, offsets).

    What lies in the padding is moved to the nearest entry that the window sees: so a window of nothing but -inf, which
    is the padding too, finds an entry of the image.
    """
    found = []
    for dim, n in enumerate(windows.image):
        positions = windows.positions(dim)
        inside = (positions >= 0) & (positions < n)
        first = np.where(inside, positions, n).min(1, keepdims=True)
        last = np.where(inside, positions, -1).max(1, keepdims=True)
        found.append(np.clip(positions, first, last))
    return _flat(found, windows.image)


@functools.lru_cache(maxsize=16)
def _adaptive_places(image: Shape, counts: Shape) -> tuple[list[Array], Array]:
    """Return where along each dim the adaptive windows see their entries, and the places of those in the flat plane.

    The last entry of a window shorter than others is repeated.
    """
    found = []
    for n, count in zip(image, counts, strict=True):
        starts, stops = adaptive_bounds(n, count)
        offsets = np.arange(max(stops - starts, default=1))
        found.append(np.minimum(starts[:, None] + offsets, stops[:, None] - 1))
    return found, _flat(found, image)


def _flat(positions: list[Array], image: Shape) -> Array:
    """Return the places in the flat plane of positions (windows, size) along each dim, (*windows, sizes)."""
    dims = len(image)
    places = np.zeros((1,) * (2 * dims), np.int64)
    for dim, at in enumerate(positions):
        shape = [1] * (2 * dims)
        shape[dim], shape[dims + dim] = at.shape
        places = places * image[dim] + at.reshape(shape)
    return places.reshape(*places.shape[:dims], math.prod(places.shape[dims:]))
