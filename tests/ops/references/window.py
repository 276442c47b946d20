"""Windows, convolutions and weighted sums, written from their definitions."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def views(windows: Any) -> list[tuple[Any, Any, Any]]:
    """List (window, offset in it, position in the image) of all that is seen of the image."""
    found = []
    for i in product(*map(range, windows.count)):
        for j in product(*map(range, windows.size)):
            at = tuple(
                i[d] * windows.stride[d] - windows.padding[d] + j[d] * windows.dilation[d] for d in range(len(i))
            )
            if all(0 <= p < n for p, n in zip(at, windows.image, strict=True)):
                found.append((i, j, at))
    return found


def collected(shape: Any, terms: Any) -> Array:
    """Add up terms (index, number) without rounding errors."""
    lists: dict[Any, list[float]] = {index: [] for index in product(*map(range, shape))}
    for index, number in terms:
        lists[index].append(number)
    return np.array([math.fsum(entries) for entries in lists.values()], float).reshape(shape)


def columns(x: Array, windows: Any) -> Array:
    shape = (*x.shape[:2], *windows.size, *windows.count)
    pairs = product(range(len(x)), range(x.shape[1]))
    seen = [((n, c, *j, *i), x[(n, c, *at)].item()) for n, c in pairs for i, j, at in views(windows)]
    return collected(shape, seen).reshape(len(x), x.shape[1] * math.prod(windows.size), math.prod(windows.count))


def image(x: Array, windows: Any) -> Array:
    channels = x.shape[1] // math.prod(windows.size)
    taken = x.reshape(len(x), channels, *windows.size, *windows.count)
    pairs = product(range(len(x)), range(channels))
    terms = [((n, c, *at), taken[(n, c, *j, *i)].item()) for n, c in pairs for i, j, at in views(windows)]
    return collected((len(x), channels, *windows.image), terms)


def meetings(images: int, outputs: int, channels: int, windows: Any, groups: int) -> list[tuple[Any, Any, Any]]:
    """List the indices into x, w and z of all products that a convolution adds up."""
    found = []
    for n, o, c in product(range(images), range(outputs), range(channels)):
        if o * groups // outputs == c * groups // channels:
            for i, j, at in views(windows):
                found.append(((n, c, *at), (o, c % (channels // groups), *j), (n, o, *i)))
    return found


def convolution(x: Array, w: Array, windows: Any, groups: int) -> Array:
    met = meetings(len(x), len(w), x.shape[1], windows, groups)
    terms = [(c, x[a].item() * w[b].item()) for a, b, c in met]
    return collected((len(x), len(w), *windows.count), terms)


def transposed_convolution(z: Array, w: Array, windows: Any, groups: int) -> Array:
    channels = w.shape[1] * groups
    met = meetings(len(z), len(w), channels, windows, groups)
    terms = [(a, z[c].item() * w[b].item()) for a, b, c in met]
    return collected((len(z), channels, *windows.image), terms)


def kernel_gradient(x: Array, z: Array, windows: Any, groups: int) -> Array:
    met = meetings(len(x), z.shape[1], x.shape[1], windows, groups)
    terms = [(b, x[a].item() * z[c].item()) for a, b, c in met]
    return collected((z.shape[1], x.shape[1] // groups, *windows.size), terms)


def weighted_sums(x: Array, weights: Any, axis: int) -> Array:
    m, n = weights.shape
    terms = []
    for rows, cols, values in weights.strips:
        row_list, column_list = np.arange(m)[rows].tolist(), np.arange(n)[cols].tolist()
        count = max(len(row_list), len(column_list))  # along a row or a column, the other is repeated
        numbers = [1.0] * count if values is None else values.tolist()
        row_list, column_list = (a * count if len(a) == 1 else a for a in (row_list, column_list))
        for row, column, weight in zip(row_list, column_list, numbers, strict=True):
            for index in product(*map(range, x.shape)):
                if index[axis] == column:
                    terms.append(((*index[:axis], row, *index[axis + 1 :]), weight * x[index].item()))
    return collected((*x.shape[:axis], m, *x.shape[axis + 1 :]), terms)


REFERENCES = {
    "im2col": columns,
    "col2im": image,
    "conv": convolution,
    "conv_transpose": transposed_convolution,
    "conv_kernel": kernel_gradient,
    "weighted_sums": weighted_sums,
}
KEEPS = {
    "im2col": "",
    "col2im": "",
    "conv": "x w",
    "conv_transpose": "z w",
    "conv_kernel": "x z",
    "weighted_sums": "",
}
