"""Ops that move entries, the slow and obvious way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

from tests.ops.references.first_ops import Array, Shape, filled


def flipped(x: Array, dims: Shape) -> Array:
    def entry(index: Shape) -> Any:
        return x[tuple(x.shape[d] - 1 - i if d in dims else i for d, i in enumerate(index))]

    return filled(x.shape, entry)


def rolled(x: Array, shifts: Shape, dims: Shape) -> Array:
    by = dict(zip(dims, shifts, strict=True))
    return filled(x.shape, lambda index: x[tuple((i - by.get(d, 0)) % x.shape[d] for d, i in enumerate(index))])


def on_diagonal(index: Shape, offset: int, dim1: int, dim2: int) -> tuple[Shape, int] | None:
    """Return the place on the diagonal of an entry of the matrix, or None if it does not lie there."""
    row, column = index[dim1], index[dim2]
    if column - row != offset:
        return None
    return tuple(i for d, i in enumerate(index) if d not in (dim1, dim2)), min(row, column)


def diagonal(x: Array, offset: int, dim1: int, dim2: int) -> Array:
    found = {}
    for index in product(*map(range, x.shape)):
        if place := on_diagonal(index, offset, dim1, dim2):
            found[(*place[0], place[1])] = x[index]
    rest = [n for d, n in enumerate(x.shape) if d not in (dim1, dim2)]
    rows, columns = x.shape[dim1], x.shape[dim2]
    length = len([r for r in range(rows) if 0 <= r + offset < columns])
    return filled((*rest, length), found.__getitem__)


def placed_on_diagonal(x: Array, shape: Shape, offset: int, dim1: int, dim2: int) -> Array:
    def entry(index: Shape) -> Any:
        place = on_diagonal(index, offset, dim1, dim2)
        return 0 if place is None else x[(*place[0], place[1])]

    return filled(shape, entry)


def windows(x: Array, dim: int, size: int, step: int) -> Array:
    starts = [start for start in range(0, x.shape[dim] + 1, step) if start + size <= x.shape[dim]]
    shape = (*x.shape[:dim], len(starts), *x.shape[dim + 1 :], size)
    return filled(shape, lambda index: x[(*index[:dim], starts[index[dim]] + index[-1], *index[dim + 1 : -1])])


def overlap_added(x: Array, dim: int, step: int, n: int) -> Array:
    shape = (*x.shape[:dim], n, *x.shape[dim + 1 : -1])
    terms: dict[Shape, list[float]] = {index: [] for index in product(*map(range, shape))}
    for index in product(*map(range, x.shape)):
        *place, k = index
        place[dim] = step * place[dim] + k
        terms[tuple(place)].append(x[index])
    return filled(shape, lambda index: math.fsum(terms[index]))


def padded(x: Array, widths: Sequence[tuple[int, int]], value: float) -> Array:
    def entry(index: Shape) -> Any:
        source = tuple(i - before for i, (before, _) in zip(index, widths, strict=True))
        return x[source] if all(0 <= i < n for i, n in zip(source, x.shape, strict=True)) else value

    return filled([n + sum(pair) for n, pair in zip(x.shape, widths, strict=True)], entry)


REFERENCES = {
    "diagonal": diagonal,
    "flip": flipped,
    "overlap_add": overlap_added,
    "pad": padded,
    "place_diagonal": placed_on_diagonal,
    "roll": rolled,
    "tril": lambda x, k: filled(x.shape, lambda index: x[index] if index[-1] <= index[-2] + k else 0),
    "triu": lambda x, k: filled(x.shape, lambda index: x[index] if index[-1] >= index[-2] + k else 0),
    "windows": windows,
}

KEEPS = {
    "diagonal": "",
    "flip": "",
    "overlap_add": "",
    "pad": "",
    "place_diagonal": "",
    "roll": "",
    "tril": "",
    "triu": "",
    "windows": "",
}
