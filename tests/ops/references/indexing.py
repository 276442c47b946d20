"""Ops that pick entries by index, and those that write them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from tests.ops.references.first_ops import Array, at, filled, positions


def assigned(a: Array, b: Array, index: tuple[Any, ...]) -> Array:
    """Go through the places one by one, in the order of the entries that the index picks."""
    places = np.arange(a.size).reshape(a.shape)
    for step in index:
        places = positions_in(places, step)
    flat = a.flatten().tolist()
    for i in product(*map(range, places.shape)):
        flat[places[i]] = at(b, i)
    return filled(a.shape, lambda i: flat[int(np.ravel_multi_index(i, a.shape)) if i else 0])


def positions_in(places: Array, step: Any) -> Array:
    return places.flatten()[positions(places.shape, step)]


REFERENCES: dict[str, Callable[..., Any]] = {
    "setitem": assigned,
}

KEEPS = {
    "setitem": "",
}
