"""References of sums, scans and their kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ops.references.first_ops import Array, Shape, along, deviation, filled, folded, log_sum_exp


def shares_over(x: Array, axes: Shape) -> Array:
    """Divide each exponential by the sum of those that differ from it only along ``axes``."""

    def entry(index: Shape) -> float:
        group = x[tuple(slice(None) if axis in axes else i for axis, i in enumerate(index))]
        return math.exp(x[index]) / math.fsum(map(math.exp, group.flatten().tolist()))

    return filled(x.shape, entry)


def recurrence(b: Array, a: Array, dim: int, reverse: bool) -> Array:
    """Add up each b that comes before, times all gates that it passes."""

    def entry(index: Shape) -> float:
        def at(x: Array, i: int) -> float:
            return float(x[(*index[:dim], i, *index[dim + 1 :])])

        here, terms = index[dim], []
        for start in range(here, b.shape[dim]) if reverse else range(here + 1):
            gates = range(min(start, here), max(start, here))
            terms.append(at(b, start) * math.prod(at(a, k) for k in gates))
        return math.fsum(terms)

    return filled(b.shape, entry)


def running(function: Callable[[list[float]], float]) -> Callable[..., Array]:
    """Apply a function to the first entry along ``dim``, the first two, the first three ..., or the last ones."""

    def call(x: Array, dim: int, reverse: bool = False) -> Array:
        def ends(row: list[float]) -> list[float]:
            return [function(row[i:] if reverse else row[: i + 1]) for i in range(len(row))]

        return along(ends)(x, dim)

    return call


def picked_once(x: Array, index: Array, dim: int) -> Array:
    """Take each entry from where the index says along ``dim``."""
    return filled(index.shape, lambda i: float(x[(*i[:dim], index[i], *i[dim + 1 :])]))


def put_once(x: Array, index: Array, dim: int, shape: Shape) -> Array:
    """Put each entry to where the index says along ``dim`` of zeros."""
    sent = {(*i[:dim], int(index[i]), *i[dim + 1 :]): float(x[i]) for i in np.ndindex(x.shape)}
    assert len(sent) == x.size  # none is sent to where another is
    return filled(shape, lambda place: sent.get(place, 0.0))


REFERENCES: dict[str, Callable[..., Any]] = {
    "cumprod": running(math.prod),
    "cumsum": running(math.fsum),
    "logcumsumexp": running(log_sum_exp),
    "logsumexp": folded(log_sum_exp),
    "pick_once": picked_once,
    "put_once": put_once,
    "recurrence": recurrence,
    "softmax": shares_over,
    "var": folded(lambda row, correction: deviation(row, correction) ** 2),
}

KEEPS = {
    "cumprod": "x y",
    "cumsum": "",
    "logcumsumexp": "x y",
    "logsumexp": "x",
    "pick_once": "",
    "put_once": "",
    "recurrence": "a y",
    "softmax": "y",
    "var": "x",
}
