"""Mistakes in the sum over the batch, and in the sums that undo broadcasting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tinygrad_np._graph import Array
from tinygrad_np.explain.places import Candidates, Place
from tinygrad_np.explain.terms import Term

Axes = tuple[int, ...]


def summed_over_everything(place: Place) -> Candidates:
    """np.sum(dZ) for dZ.sum(0)."""
    yield from _wrong_sums(place, lambda axes, ndim: len(axes) == ndim)


def summed_over_wrong_axes(place: Place) -> Candidates:
    """dZ.sum(1) for dZ.sum(0)."""
    yield from _wrong_sums(place, lambda axes, ndim: 0 < len(axes) < ndim)


def sum_missing(place: Place) -> Candidates:
    """dZ for dZ.sum(0); or the contribution of one example alone, as a loop gives it that overwrites."""
    yield from _wrong_sums(place, lambda axes, ndim: not axes)
    for term in place.terms:
        for summed in _summed(term):
            for only, example in (("last", slice(-1, None)), ("first", slice(1))) if 0 in summed.right else ():
                array = np.einsum(summed.einsum(summed.right), *(factor[example] for factor in summed.arrays))
                sentence = f"the sum over the batch is missing: it is that of the {only} example alone"
                yield from place.with_other([term], array, f"{term.formula()} of the {only} example", sentence)


@dataclass(frozen=True, eq=False)
class _Sum:
    """A term as a sum in einsum's notation: ``letters`` are the axes, of which those of ``right`` are to be summed."""

    arrays: tuple[Array, ...]
    subscripts: str
    letters: str
    right: Axes
    formula: str

    def einsum(self, axes: Axes) -> str:
        """Return the instruction that sums over these axes."""
        return f"{self.subscripts}->{''.join(letter for i, letter in enumerate(self.letters) if i not in axes)}"

    def shape(self, axes: Axes) -> tuple[int, ...]:
        """Return the shape that summing over these axes leaves."""
        sizes = {
            letter: n
            for letters, array in zip(self.subscripts.split(","), self.arrays, strict=True)
            for letter, n in zip(letters, array.shape, strict=True)
        }
        return tuple(sizes[letter] for i, letter in enumerate(self.letters) if i not in axes)


def _summed(term: Term) -> Iterator[_Sum]:
    """Yield the sum that a term is, if it is one over the batch or over axes along which broadcasting repeated."""
    g, saved = term.g, term.saved
    if not isinstance(g, np.ndarray):
        return
    name, argument = term.op.name, term.argument
    dy = f"d{term.via}"
    if name == "linear" and argument == "b":
        yield _Sum((g,), "ij", "ij", (0,), dy)
    elif name in ("linear", "linear_without_bias") and argument == "W":
        yield _Sum((g, saved["x"]), "ij,ik", "ijk", (0,), f"({dy}[:, :, None] * {term.called['x']}[:, None, :])")
    elif name in ("matmul", "matmul_transposed") and argument == "b" and g.ndim == saved["a"].ndim == 2:
        yield _Sum((saved["a"], g), "ij,ik", "ijk", (0,), f"({term.called['a']}[:, :, None] * {dy}[:, None, :])")
    else:
        raw = term.raw()
        if raw.shape != term.parent.shape and raw.ndim <= 4:
            letters = "ijkl"[: raw.ndim]
            added = raw.ndim - len(term.parent.shape)
            right = tuple(i for i in range(raw.ndim) if i < added or raw.shape[i] != term.parent.shape[i - added])
            yield _Sum((raw,), letters, letters, right, f"({term.formula()})")


def _wrong_sums(place: Place, wanted: Callable[[Axes, int], bool]) -> Candidates:
    for term in place.terms:
        for summed in _summed(term):
            ndim = len(summed.letters)
            for axes in (axes for count in range(ndim + 1) for axes in combinations(range(ndim), count)):
                if axes != summed.right and wanted(axes, ndim) and _may_be(summed.shape(axes), place):
                    array = _filled(np.einsum(summed.einsum(axes), *summed.arrays), place)
                    formula = f"{summed.formula}.sum({_listed(axes)})" if axes else summed.formula
                    yield from place.with_other([term], array, formula, _sentence(axes, summed.right, ndim))


def _may_be(shape: tuple[int, ...], place: Place) -> bool:
    """Tell whether an array of this shape could have been found, so that no large one is made for nothing."""
    wanted = place.terms[0].parent.shape if place.found is None else place.found.shape
    return not shape or [n for n in shape if n != 1] == [n for n in wanted if n != 1]


def _filled(array: Array, place: Place) -> Array:
    """Repeat a number as often as it was found: who subtracts one number from all biases may say so either way."""
    shape = place.terms[0].parent.shape
    repeated = place.found is not None and place.found.shape == shape
    return np.full(shape, array) if array.size == 1 and repeated else array


def _listed(axes: Axes) -> str:
    return ", ".join(map(str, axes)) if len(axes) < 2 else f"({', '.join(map(str, axes))})"


def _sentence(axes: Axes, right: Axes, ndim: int) -> str:
    meant = "the batch (axis 0)" if right == (0,) else f"axis {_listed(right)}"
    if not axes:
        return f"the sum over {meant} is missing"
    if len(axes) == ndim:
        return f"it was summed over everything, where only the sum over {meant} was meant"
    return f"it was summed over axis {_listed(axes)}, where the sum over {meant} was meant"
