"""What a mistake is tested on: the place where a gradient is wrong, and what one would get there by a mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_np._graph import Array
from tinygrad_np.explain.terms import Term


@dataclass(frozen=True, eq=False)
class Candidate:
    """What one would get by a mistake: the array, its formula, and the mistake in a sentence."""

    array: Array
    formula: str
    sentence: str


@dataclass(frozen=True, eq=False)
class Place:
    """Where a gradient is wrong: what it was to be, the sum of its terms; and what was found, unless nothing is known.

    ``means`` are the numbers that the loss divides by; ``stale`` and ``values`` are forward values by name, earlier
    ones and those of this pass.
    """

    terms: list[Term]
    found: Array | None = None
    means: tuple[int, ...] = ()
    stale: Mapping[str, Array] = field(default_factory=dict)
    values: Mapping[str, Array] = field(default_factory=dict)

    @property
    def expected(self) -> Array:
        return total(self.terms)

    @property
    def formula(self) -> str:
        return written(self.terms)

    def uses(self) -> list[list[Term]]:
        """Return the terms by what the tensor was used for: x * x is one use, but has two terms."""
        by_use: dict[str, list[Term]] = {}
        for term in self.terms:
            by_use.setdefault(term.via, []).append(term)
        return list(by_use.values())

    def without(self, terms: list[Term]) -> list[Term]:
        """Return the other terms."""
        return [term for term in self.terms if term not in terms]

    def with_other(self, terms: list[Term], array: Any, formula: str, sentence: str) -> Iterator[Candidate]:
        """Put something else in the place of some terms; it cannot be added to the others if its shape is another."""
        rest = self.without(terms)
        if not rest:
            yield Candidate(np.asarray(array), formula, sentence)
        elif np.shape(array) == rest[0].parent.shape:
            yield Candidate(total(rest) + array, f"{written(rest)} + {formula}", sentence)

    def parts(self) -> list[list[Term]]:
        """Return all the terms and then, if there are several, those of each use."""
        return [self.terms] if len(self.uses()) == 1 else [self.terms, *self.uses()]


def total(terms: list[Term]) -> Array:
    """Add up, in the order of the backward pass."""
    first, *others = (term.array() for term in terms)
    for array in others:
        first = first + array
    return first


def written(terms: list[Term]) -> str:
    """Write a sum of terms."""
    return " + ".join(term.formula() for term in terms)


Candidates = Iterator[Candidate]


def operands(term: Term) -> Iterator[tuple[str, str]]:
    """Yield the arrays that a rule reads, by its own names for them, and their names in formulas."""
    yield "g", f"d{term.via}"
    for need in term.saved:
        if need in term.op.arrays:
            yield need, term.called[need]


def onehot_of(p: Array, places: Array) -> Array:
    """Return a 1 at each row's label and 0 elsewhere; ``places`` are the labels' places in the flat array."""
    onehot = np.zeros_like(p)
    onehot.ravel()[places] = 1
    return onehot
