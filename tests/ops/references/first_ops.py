"""Each op once more, the slow and obvious way: Python numbers in loops, sums without rounding errors.

Written from the definition, never from the op: ``REFERENCES`` maps a name to a function of float64 arrays.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


def filled(shape: Sequence[int], entry: Callable[[Shape], Any]) -> Array:
    """Make an array of a shape from a function of the index."""
    out = np.empty(tuple(shape))
    for index in product(*map(range, shape)):
        out[index] = entry(index)
    return out


def each(function: Callable[..., Any]) -> Callable[..., Array]:
    """Apply a function of numbers entry by entry, where sizes of 1 repeat."""

    def call(*arrays: Array) -> Array:
        ndim = max(x.ndim for x in arrays)
        padded = [(1,) * (ndim - x.ndim) + x.shape for x in arrays]
        shape = [next((n for n in sizes if n != 1), 1) for sizes in zip(*padded, strict=True)]

        def entry(index: Shape) -> Any:
            return function(*(at(x, index) for x in arrays))

        return filled(shape, entry)

    return call


def at(x: Array, index: Shape) -> Any:
    """Return the entry that broadcasting puts at ``index``."""
    own = index[len(index) - x.ndim :]
    return x[tuple(0 if n == 1 else i for i, n in zip(own, x.shape, strict=True))].item()


def folded(function: Callable[[list[float]], Any]) -> Callable[..., Array]:
    """Apply a function to each list of the entries that differ only along ``axes``."""

    def call(x: Array, axes: Shape, keepdim: bool, *settings: Any) -> Array:
        groups: dict[Shape, list[float]] = {}
        kept = [1 if axis in axes else n for axis, n in enumerate(x.shape)]
        for index in product(*map(range, kept)):
            groups[index] = []
        for index in product(*map(range, x.shape)):
            groups[tuple(0 if axis in axes else i for axis, i in enumerate(index))].append(x[index].item())
        out = filled(kept, lambda index: function(groups[index], *settings))
        if keepdim:
            return out
        return np.array(out.flatten().tolist()).reshape([n for axis, n in enumerate(x.shape) if axis not in axes])

    return call


def along(function: Callable[[list[float]], list[float]]) -> Callable[..., Array]:
    """Apply a function to each row along ``dim``, giving a row."""

    def call(x: Array, dim: int = -1) -> Array:
        if not x.ndim:
            return np.array(function([x.item()])[0])
        dim %= x.ndim

        def entry(index: Shape) -> float:
            row = [x[(*index[:dim], i, *index[dim + 1 :])].item() for i in range(x.shape[dim])]
            return function(row)[index[dim]]

        return filled(x.shape, entry)

    return call


def deviation(row: list[float], correction: float) -> float:
    mean = math.fsum(row) / len(row)
    return math.sqrt(math.fsum((x - mean) ** 2 for x in row) / (len(row) - correction))


def log_sum_exp(row: Iterable[float]) -> float:
    return math.log(math.fsum(map(math.exp, row)))


def matrix_product(a: Array, b: Array) -> Array:
    batch = each(lambda *_: 0)(*(np.zeros(x.shape[:-2]) for x in (a, b))).shape
    full_a, full_b = (np.broadcast_to(x, batch + x.shape[-2:]) for x in (a, b))

    def entry(index: Shape) -> float:
        before, i, j = index[:-2], index[-2], index[-1]
        return math.fsum(full_a[(*before, i, k)] * full_b[(*before, k, j)] for k in range(a.shape[-1]))

    return filled((*batch, a.shape[-2], b.shape[-1]), entry)


def affine(x: Array, W: Array, b: Array | None = None) -> Array:
    def entry(index: Shape) -> float:
        i, j = index
        terms = [x[i, k] * W[j, k] for k in range(x.shape[1])]
        return math.fsum([*terms, 0.0 if b is None else b[j]])

    return filled((x.shape[0], W.shape[0]), entry)


def positions(shape: Shape, index: Any) -> Array:
    """Return, for each entry that an index picks, its place in the flattened array."""
    return np.asarray(np.arange(math.prod(shape)).reshape(shape)[index])


def picked(x: Array, index: Any) -> Array:
    flat = x.flatten().tolist()
    places = positions(x.shape, index)
    return filled(places.shape, lambda i: flat[places[i]])


def placed(x: Array, index: Any, shape: Shape) -> Array:
    flat = [0.0] * math.prod(shape)
    places = positions(shape, index)
    for i in product(*map(range, places.shape)):
        flat[places[i]] += x[i].item()
    return np.array(flat, float).reshape(shape)


def reshaped(x: Array, shape: Shape) -> Array:
    entries = iter([x[index].item() for index in product(*map(range, x.shape))])
    return filled(shape, lambda index: next(entries))


def permuted(x: Array, dims: Shape) -> Array:
    def entry(index: Shape) -> Any:
        source = [0] * x.ndim
        for i, dim in zip(index, dims, strict=True):
            source[dim] = i
        return x[tuple(source)]

    return filled([x.shape[dim] for dim in dims], entry)


def joined(*arguments: Any) -> Array:
    *tensors, dim, _ = arguments
    rows = [(t, i) for t in tensors for i in range(t.shape[dim])]
    shape = list(tensors[0].shape)
    shape[dim] = len(rows)

    def entry(index: Shape) -> Any:
        tensor, i = rows[index[dim]]
        return tensor[(*index[:dim], i, *index[dim + 1 :])]

    return filled(shape, entry)


def cut(x: Array, dim: int, bounds: Shape) -> tuple[Array, ...]:
    def piece(start: int, stop: int) -> Array:
        shape = [*x.shape[:dim], stop - start, *x.shape[dim + 1 :]]
        return filled(shape, lambda index: x[(*index[:dim], index[dim] + start, *index[dim + 1 :])])

    return tuple(piece(bounds[i], bounds[i + 1]) for i in range(len(bounds) - 1))


def cross_entropy(x: Array, places: Array) -> Array:
    rows = x.tolist()
    labels = [place - i * x.shape[1] for i, place in enumerate(places.tolist())]
    return np.array(math.fsum(log_sum_exp(row) - row[k] for row, k in zip(rows, labels, strict=True)) / len(rows))


def minus_one_at(x: Array, places: Array) -> Array:
    return filled(x.shape, lambda index: x[index] - (index[0] * x.shape[1] + index[1] in places.tolist()))


def single(x: float) -> float:
    """Round to float32."""
    return float(struct.unpack("f", struct.pack("f", x))[0])


def larger(a: float, b: float) -> float:
    return a if a > b else b


def smaller(a: float, b: float) -> float:
    return a if a < b else b


REFERENCES: dict[str, Callable[..., Any]] = {
    "add": each(lambda a, b: math.fsum((a, b))),
    "sub": each(lambda a, b: math.fsum((a, -b))),
    "mul": each(lambda a, b: math.copysign(math.exp(math.log(abs(a)) + math.log(abs(b))), a) * math.copysign(1, b)),
    "div": each(lambda a, b: a * b**-1),
    "pow": each(lambda a, b: math.exp(b * math.log(a))),
    "neg": each(lambda x: 0 - x),
    "exp": each(math.exp),
    "log": each(lambda x: math.log2(x) * math.log(2)),
    "sqrt": each(lambda x: x**0.5),
    "sin": each(math.sin),
    "cos": each(math.cos),
    "tanh": each(lambda x: 1 - 2 / (math.exp(2 * x) + 1)),
    "sigmoid": each(lambda x: 0.5 + 0.5 * math.tanh(x / 2)),
    "abs": each(lambda x: -x if x < 0 else x),
    "sign": each(lambda x: (x > 0) - (x < 0)),
    "relu": each(lambda x: x if x > 0 else 0),
    "maximum": each(larger),
    "minimum": each(smaller),
    "masked": each(lambda x, keep: x if keep else 0),
    "where": lambda a, b, condition: each(lambda a, b, first: a if first else b)(a, b, condition),
    "clamp": lambda x, low, high: each(lambda x: smaller(x if low is None else larger(x, low), high))(x),
    "to": lambda x, dtype: each(single if dtype.itemsize == 4 else float)(x),
    "clone": each(float),
    "getitem": picked,
    "place": placed,
    "reshape": reshaped,
    "permute": permuted,
    "expand": lambda x, shape: filled(shape, lambda index: at(x, index)),
    "cat": joined,
    "split": cut,
    "sum": folded(math.fsum),
    "mean": folded(lambda row: math.fsum(row) / len(row)),
    "amax": folded(lambda row: sorted(row)[-1]),
    "amin": folded(lambda row: sorted(row)[0]),
    "std": folded(deviation),
    "prod": folded(math.prod),
    "log_softmax": along(lambda row: [x - log_sum_exp(row) for x in row]),
    "matmul": matrix_product,
    "matmul_transposed": matrix_product,
    "linear": affine,
    "linear_without_bias": affine,
    "cross_entropy": cross_entropy,
    "minus_one_at": minus_one_at,
}

# The arguments, intermediates and output (y) that each op keeps. Written by hand: to keep more than here is a leak.
KEEPS = {
    "abs": "x",
    "add": "",
    "amax": "x y",
    "amin": "x y",
    "cat": "",
    "clamp": "x",
    "clone": "",
    "cos": "x",
    "cross_entropy": "x",
    "div": "b y",
    "exp": "y",
    "expand": "",
    "getitem": "",
    "linear": "x W",
    "linear_without_bias": "x W",
    "log": "x",
    "log_softmax": "y",
    "masked": "",
    "matmul": "a b",
    "matmul_transposed": "a b",
    "maximum": "a b",
    "mean": "",
    "minimum": "a b",
    "minus_one_at": "",
    "mul": "a b",
    "neg": "",
    "permute": "",
    "place": "",
    "pow": "a b y",
    "prod": "x",
    "relu": "y",
    "reshape": "",
    "sigmoid": "y",
    "sign": "",
    "sin": "x",
    "split": "",
    "sqrt": "y",
    "std": "x y",
    "sub": "",
    "sum": "",
    "tanh": "y",
    "to": "",
    "where": "",
}

# What the spoiled rules cannot change: a gradient that is always 0 (no sign of it shows), one that is never a matrix
# (nothing to transpose), and one that is g itself.
ALWAYS_ZERO = {("sign", "x")}
NEVER_A_MATRIX = {("linear", "b")}
PASSES_G_ON = {("add", "a"), ("add", "b"), ("sub", "a"), ("to", "x"), ("clone", "x"), ("minus_one_at", "x")}
