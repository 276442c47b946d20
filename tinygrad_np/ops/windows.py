"""Windows that slide over an image: where they lie, what they see, and how it is added back.

An image here is an array of (images, channels, d1, ..., dk); windows slide over d1, ..., dk. What all windows see, side
by side, are the columns; to see and to add back are each other's derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import Shape


@dataclass(frozen=True)
class Windows:
    """Where windows lie over an image.

    Along each dim, window i sees the entries i * stride - padding + j * dilation, for j from 0 to size - 1. Outside of
    the image lie zeros.
    """

    image: Shape
    size: Shape
    count: Shape
    stride: Shape
    padding: Shape  # before the image; after it there is as much as the windows reach
    dilation: Shape

    @property
    def whole(self) -> Shape:
        """The size of the padded image."""
        reach = ((n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(*self._steps, strict=True))
        return tuple(max(r, p + n) for r, p, n in zip(reach, self.padding, self.image, strict=True))

    @property
    def _steps(self) -> tuple[Shape, ...]:
        return self.count, self.stride, self.size, self.dilation

    @property
    def inner(self) -> tuple[Any, ...]:
        """The index of the image in the padded image."""
        return (..., *(slice(p, p + n) for p, n in zip(self.padding, self.image, strict=True)))

    def offsets(self) -> Iterator[tuple[Shape, tuple[Any, ...]]]:
        """Yield each offset in a window, with the index of the entries that all windows see there."""
        for offset in product(*map(range, self.size)):
            starts = [j * d for j, d in zip(offset, self.dilation, strict=True)]
            seen = zip(starts, self.count, self.stride, strict=True)
            yield offset, (..., *(slice(start, start + (n - 1) * s + 1, s) for start, n, s in seen))

    def positions(self, dim: int) -> Array:
        """Return where along a dim of the image each window (row) sees its entries; some may lie outside."""
        starts = np.arange(self.count[dim]) * self.stride[dim] - self.padding[dim]
        return np.asarray(starts[:, None] + np.arange(self.size[dim]) * self.dilation[dim])

    def padded(self, x: Array, fill: Any = 0) -> Array:
        """Surround the image with padding; where there is none, return it as it is."""
        if self.whole == self.image:
            return x
        out = np.full((*x.shape[: -len(self.image)], *self.whole), fill, x.dtype)
        out[self.inner] = x
        return out

    def seen(self, x: Array) -> Array:
        """Return what the windows see, (images, channels, *size, *count), without copying it."""
        x = self.padded(x)
        steps = x.strides[2:]
        inside = (step * d for step, d in zip(steps, self.dilation, strict=True))
        between = (step * s for step, s in zip(steps, self.stride, strict=True))
        shape = (*x.shape[:2], *self.size, *self.count)
        return as_strided(x, shape, (*x.strides[:2], *inside, *between), writeable=False)

    def added(self, columns: Array) -> Array:
        """Add what each window saw, (images, channels, *size, *count), to where it saw it."""
        out = np.zeros((*columns.shape[:2], *self.whole), columns.dtype)
        before: tuple[Any, ...] = (slice(None), slice(None))
        for offset, index in self.offsets():
            out[index] += columns[(*before, *offset)]
        return np.asarray(out[self.inner])


def any_windows(draw: Draw, dims: int) -> Windows:
    """Choose windows, for the domains of ops."""
    size = tuple(draw.choice([1, 2, 2, 3]) for _ in range(dims))
    count = tuple(draw.choice([k, k, k, 1, 3]) for k in size)
    stride = tuple(draw.integer(1, 3) for _ in range(dims))
    dilation = tuple(draw.integer(1, 2) for _ in range(dims))
    reach = [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(count, stride, size, dilation, strict=True)]
    padding = tuple(draw.integer(0, min(2, r - 1)) for r in reach)
    # What lies in front is padding; the image may end before or after the last window does.
    image = tuple(max(r - p + draw.integer(-1, 1), 1) for r, p in zip(reach, padding, strict=True))
    return Windows(image, size, count, stride, padding, dilation)


def _image_case(draw: Draw) -> Case:
    windows = any_windows(draw, draw.integer(1, 2))
    images, channels = (draw.choice([0, 1, 1, 1, 1, 2]) for _ in range(2))
    return [(images, channels, *windows.image)], (windows,)


def _columns_case(draw: Draw) -> Case:
    ((images, channels, *_),), (windows,) = _image_case(draw)
    return [(images, channels * math.prod(windows.size), math.prod(windows.count))], (windows,)


def _as_columns(x: Array, /, windows: Windows) -> Array:
    seen = windows.seen(x).copy()
    return seen.reshape(len(x), x.shape[1] * math.prod(windows.size), math.prod(windows.count))


def _as_image(x: Array, /, windows: Windows) -> Array:
    channels = x.shape[1] // math.prod(windows.size)
    return windows.added(x.reshape(len(x), channels, *windows.size, *windows.count))


columns_of_image = op(
    "im2col",
    _as_columns,
    domain=Domain(analytic=True, case=_image_case),
    promotion=as_is,
    x=lambda g, windows: image_of_columns(g, windows),
)
image_of_columns: Function = op(
    "col2im",
    _as_image,
    domain=Domain(analytic=True, case=_columns_case),
    promotion=as_is,
    x=lambda g, windows: columns_of_image(g, windows),
)
