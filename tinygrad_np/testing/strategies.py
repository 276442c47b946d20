"""Calls of ops as hypothesis strategies, built from the domain that each op declares beside its rules.

Hypothesis chooses a seed, and how large the shapes may be; all else follows from the seed. So the choices are as
likely as they are written here (hypothesis by itself prefers the simplest), a call is drawn in a fraction of a
millisecond, and a failure still shrinks to a small shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tinygrad_np._graph import Array, Domain, Op
from tinygrad_np._shapes import Shape

GAP = 0.025  # between an entry and a kink, or two distinct entries; numerical differences step less far
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": lambda x: x.copy(),
    "transposed": lambda x: x.T.copy().T,
    "strided": lambda x: np.repeat(x, 2, -1)[..., ::2] if x.ndim else x.copy(),
    "reversed": lambda x: np.flip(np.flip(x).copy()) if x.ndim else x.copy(),
}


@dataclass(frozen=True)
class Call:
    """What an op is called with: its arrays and its further arguments."""

    arrays: tuple[Array, ...]
    settings: tuple[Any, ...]


class SeededDraw:
    """The ``Draw`` of the domains: random choices, shapes of up to ``limit`` dims and entries along each."""

    def __init__(self, seed: int, limit: int) -> None:
        self.random = np.random.default_rng(seed)
        self.limit = limit

    def integer(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high, endpoint=True))

    def choice(self, options: Sequence[Any]) -> Any:
        return options[self.integer(0, len(options) - 1)]

    def shape(self, min_dims: int = 0, max_dims: int = 3, min_side: int = 0) -> Shape:
        # Shapes without dims or entries test little else, so they are drawn one time in eight each.
        ndim = min(self.choice((0, 1, 2, 2, 2, 3, 3, 3)), self.limit, max_dims)
        smallest = min_side or self.choice((0, 1, 1, 1, 1, 1, 1, 1))
        return tuple(self.integer(smallest, max(self.limit, smallest)) for _ in range(max(ndim, min_dims)))

    def broadcastable(self, count: int) -> tuple[Shape, ...]:
        whole = self.shape()
        shapes = []
        for _ in range(count):
            start = self.choice((0, 0, 0, self.integer(0, len(whole))))
            shapes.append(tuple(self.choice((n, n, n, 1)) for n in whole[start:]))
        return tuple(shapes)

    def permutation(self, n: int) -> Shape:
        return tuple(int(i) for i in self.random.permutation(n))

    def integers(self, shape: Shape, low: int, high: int) -> Any:
        return self.random.integers(low, high, shape, endpoint=True)

    def mask(self, shape: Shape) -> Any:
        return np.asarray(self.random.random(shape) < 0.6)


seeds = st.integers(0, 2**32 - 1)
limits = st.sampled_from([1, 2, 2, 2, 3, 3, 3])  # a failure shrinks to the first


@st.composite
def calls(draw: st.DrawFn, domain: Domain, dtypes: tuple[str, ...] = ("float64",), mixed: bool = False) -> Call:
    """Draw arrays of one of the dtypes (of several, if ``mixed``), laid out in any way, and settings."""
    choose = SeededDraw(draw(seeds), draw(limits))
    shapes, settings = domain.case(choose)
    dtype = choose.choice(dtypes)
    arrays = []
    drawn = entries(choose.random, domain, shapes)
    for values in domain.prepared(*drawn) if domain.prepared else drawn:
        layout = LAYOUTS[choose.choice(sorted(LAYOUTS))]
        arrays.append(layout(np.asarray(values).astype(choose.choice(dtypes) if mixed else dtype)))
    return Call(tuple(arrays), settings)


@st.composite
def cotangents(draw: st.DrawFn, shape: Shape, dtype: Any = np.float64) -> Array:
    """Draw a gradient that arrives at an output: of either sign, no entry near 0, laid out in any way."""
    choose = SeededDraw(draw(seeds), draw(limits))
    layout = LAYOUTS[choose.choice(sorted(LAYOUTS))]
    return layout(dense(choose.random, shape).astype(dtype))


def dense(random: np.random.Generator, shape: Shape) -> Array:
    """Draw numbers of either sign between 0.5 and 2 in size."""
    return np.asarray(random.uniform(0.5, 2, shape) * random.choice([-1, 1], shape))


def entries(random: np.random.Generator, domain: Domain, shapes: list[Shape]) -> list[Array]:
    """Draw the arrays of a call: within the intervals, clear of kinks and, where the domain says so, of ties."""
    intervals = domain.intervals * len(shapes) if len(domain.intervals) == 1 else domain.intervals
    sizes = [int(np.prod(shape)) for shape in shapes]
    if domain.distinct or (domain.kinks and len(shapes) > 1):
        (low, high) = intervals[0]
        n = sum(sizes)
        spacing = (high - low) / (n + 1)
        values = low + spacing * (1 + random.permutation(n) + random.uniform(-0.2, 0.2, n))
        flat = np.split(values, np.cumsum(sizes)[:-1])
    else:
        flat = [
            _off_kinks(random.uniform(low + GAP, high - GAP, n), domain.kinks)
            for n, (low, high) in zip(sizes, intervals, strict=False)
        ]
    return [values.reshape(shape) for values, shape in zip(flat, shapes, strict=True)]


def _off_kinks(values: Array, kinks: tuple[float, ...]) -> Array:
    for kink in kinks:
        distance = values - kink
        values = np.where(np.abs(distance) < GAP, kink + np.copysign(GAP, distance), values)
    return values


def domain_of(op: Op) -> Domain:
    """Return the domain that an op was declared with."""
    if op.domain is None:
        raise TypeError(
            f"{op.name} was declared without a domain, from which its calls could be drawn: "
            "give the declaration, or check_op, a domain="
        )
    return op.domain
