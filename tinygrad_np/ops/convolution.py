"""Convolution, in a family of three: each one's derivatives are the other two.

Images x (N, C, ...) and z (N, O, ...) and a kernel w (O, C / groups, ...) meet in one sum,

    sum of z[n, o, i] * w[o, c, j] * x[n, c, i * stride - padding + j * dilation]  over all n, o, c, i, j.

Its derivative in z is the convolution of x with w, that in x the transposed convolution of z with w, that in w the
gradient of the kernel. So the derivatives of each of these three, in turn, are the other two.

All are computed as matrix products with the columns, (C / groups * size, windows), for each group of channels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_np._dtypes import DType
from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import equal
from tinygrad_np._shapes import Shape
from tinygrad_np.ops.windows import Windows, any_windows

BLOCK = 2**19  # entries: of so many columns at a time, since more of them do not stay in the cache
WIDE = 256  # columns: a product with fewer is slow, so images are put side by side


def _blocks(images: int, rows: int, windows: Windows) -> Iterator[tuple[slice, int]]:
    """Yield which images to work on at a time, and how many to put side by side in one product."""
    count = math.prod(windows.count)
    at_once = max(1, BLOCK // max(1, rows * count))
    for start in range(0, images, at_once):
        n = min(at_once, images - start)
        yield slice(start, start + n), n if count < WIDE else 1


def _columns(x: Array, windows: Windows, groups: int, beside: int) -> Array:
    """Return what the windows see as matrices, (images / beside, groups, rows, beside * windows)."""
    images, channels = x.shape[:2]
    dims = len(windows.size)
    seen = windows.seen(x).reshape(images // beside, beside, channels, *windows.size, *windows.count)
    rows = channels // groups * math.prod(windows.size)
    last = np.moveaxis(seen, 1, 2 + dims)
    return last.reshape(images // beside, groups, rows, beside * math.prod(windows.count))


def _from_columns(columns: Array, windows: Windows, beside: int) -> Array:
    """Add matrices of columns to where the windows saw them."""
    dims, products = len(windows.size), len(columns)
    channels = columns.shape[1] * columns.shape[2] // math.prod(windows.size)
    split = columns.reshape(products, channels, *windows.size, beside, *windows.count)
    first = np.moveaxis(split, 2 + dims, 1)
    return windows.added(first.reshape(products * beside, channels, *windows.size, *windows.count))


def _rows(z: Array, groups: int, beside: int) -> Array:
    """Return images as matrices, (images / beside, groups, channels / groups, beside * entries)."""
    images, channels, entries = *z.shape[:2], math.prod(z.shape[2:])
    split = z.reshape(images // beside, beside, channels, entries).swapaxes(1, 2)
    return split.reshape(images // beside, groups, channels // groups, beside * entries)


def _from_rows(rows: Array, windows: Windows, beside: int) -> Array:
    """Return images from matrices of rows."""
    products, channels = len(rows), rows.shape[1] * rows.shape[2]
    split = rows.reshape(products, channels, beside, math.prod(windows.count)).swapaxes(1, 2)
    return split.reshape(products * beside, channels, *windows.count)


def _matrices(w: Array, groups: int) -> Array:
    """Return a kernel as matrices, (groups, O / groups, C / groups * size)."""
    return w.reshape(groups, len(w) // groups, math.prod(w.shape[1:]))


def _product(a: Array, b: Array) -> Array:
    """Multiply matrices; NumPy is slow where each entry is a single product, as with one channel in each group."""
    return a * b if a.shape[-1] == 1 else a @ b


def _convolve(x: Array, w: Array, /, windows: Windows, groups: int) -> Array:
    kernel = _matrices(w, groups)
    z = np.empty((len(x), len(w), *windows.count), np.result_type(x, w))
    for part, beside in _blocks(len(x), groups * kernel.shape[2], windows):
        z[part] = _from_rows(_product(kernel, _columns(x[part], windows, groups, beside)), windows, beside)
    return z


def _convolve_transposed(z: Array, w: Array, /, windows: Windows, groups: int) -> Array:
    kernel = _matrices(w, groups).mT
    x = np.empty((len(z), groups * w.shape[1], *windows.image), np.result_type(z, w))
    for part, beside in _blocks(len(z), groups * kernel.shape[1], windows):
        x[part] = _from_columns(_product(kernel, _rows(z[part], groups, beside)), windows, beside)
    return x


def _kernel_gradient(x: Array, z: Array, /, windows: Windows, groups: int) -> Array:
    shape = (z.shape[1], x.shape[1] // groups, *windows.size)
    w = np.zeros((groups, shape[0] // groups, math.prod(shape[1:])), np.result_type(x, z))
    for part, beside in _blocks(len(x), groups * w.shape[2], windows):
        products = _rows(z[part], groups, beside) @ _columns(x[part], windows, groups, beside).mT
        w += products[0] if len(products) == 1 else products.sum(0)
    return w.reshape(shape)


def _shapes(draw: Draw) -> tuple[Shape, Shape, Shape, tuple[Windows, int]]:
    """Choose the shapes of x, w and z, with the settings."""
    windows, groups = any_windows(draw, draw.choice([1, 1, 2])), draw.integer(1, 2)
    images, channels, outputs = draw.integer(0, 3), groups * draw.integer(1, 2), groups * draw.integer(1, 2)
    x, z = (images, channels, *windows.image), (images, outputs, *windows.count)
    return x, (outputs, channels // groups, *windows.size), z, (windows, groups)


def _with_kernel(draw: Draw) -> Case:
    x, w, _, settings = _shapes(draw)
    return [x, w], settings


def _with_kernel_transposed(draw: Draw) -> Case:
    _, w, z, settings = _shapes(draw)
    return [z, w], settings


def _with_both_images(draw: Draw) -> Case:
    x, _, z, settings = _shapes(draw)
    return [x, z], settings


def _numbers(name: str, operands: tuple[Any, ...]) -> DType:
    """Bring nothing together: both have one dtype, of numbers."""
    dtype = equal(name, operands)
    if dtype.kind == "b":
        raise NotImplementedError(f"{name}: not defined for bool; convert with .to(dtype)")
    return dtype


convolve: Function = op(
    "conv",
    _convolve,
    domain=Domain(analytic=True, case=_with_kernel),
    promotion=_numbers,
    x=lambda g, w, windows, groups: convolve_transposed(g, w, windows, groups),
    w=lambda g, x, windows, groups: kernel_gradient(x, g, windows, groups),
)
convolve_transposed: Function = op(
    "conv_transpose",
    _convolve_transposed,
    domain=Domain(analytic=True, case=_with_kernel_transposed),
    promotion=_numbers,
    z=lambda g, w, windows, groups: convolve(g, w, windows, groups),
    w=lambda g, z, windows, groups: kernel_gradient(g, z, windows, groups),
)
kernel_gradient: Function = op(
    "conv_kernel",
    _kernel_gradient,
    domain=Domain(analytic=True, case=_with_both_images),
    promotion=_numbers,
    x=lambda g, z, windows, groups: convolve_transposed(z, g, windows, groups),
    z=lambda g, x, windows, groups: convolve(x, g, windows, groups),
)
