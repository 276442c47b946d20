"""Mistakes in the forward values that a rule reads: of an earlier step, of another layer, or of nobody knows where."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tinygrad_np._graph import Array
from tinygrad_np.explain.places import Candidates, Place, onehot_of, operands, total
from tinygrad_np.explain.terms import Term


def stale_value(place: Place) -> Candidates:
    """The forward value of an earlier step, which the caller has given."""

    def offers(name: str) -> list[tuple[str, Array]]:
        return [(f"{name}_stale", place.stale[name])] if name in place.stale else []

    yield from _with_values(place, offers, "{0} is stale: its value of another forward pass was used")


def other_value(place: Place) -> Candidates:
    """dZ2.T @ Z1 for dZ2.T @ A1: another value of this forward pass."""

    def offers(name: str) -> list[tuple[str, Array]]:
        return list(place.values.items())

    yield from _with_values(place, offers, "{1} was used in the place of {0}")


def _with_values(place: Place, offers: Callable[[str], list[tuple[str, Array]]], sentence: str) -> Candidates:
    """Apply the rules to other values, of what they read and of what that was computed from."""
    for term in place.terms:
        computed = {need: "y" for need in term.op.arrays if "y" in term.saved and need not in term.saved}
        computed |= {need: intermediate for need in term.sources for intermediate in term.op.intermediates}
        for need, name in {**term.called, "y": term.via}.items():
            for other, value in offers(name):
                changed = _reading(term, need, value)
                if changed is not None:
                    read = computed.get(need, need)
                    wrong = other if read == need else f"{read}_of_{other}"
                    said = sentence.format(name, other)
                    yield from place.with_other([term], changed.array(), term.formula(**{read: wrong}), said)


def _reading(term: Term, need: str, value: Array) -> Term | None:
    """Return the term as it is with another value of an operand, if its rule depends on it in a way that is known."""
    for known in (term.saved, term.sources):
        if need in known:
            before = known[need]
            fits = isinstance(before, np.ndarray) and before.shape == value.shape
            return term.reading(**{need: value.astype(before.dtype)}) if fits else None
    settings = [term.saved.get(setting) for setting in term.op.settings]
    if "y" not in term.saved or len(term.op.arrays) > 1 or None in settings or value.shape != term.parent.shape:
        return None
    return term.reading(y=term.op.forward(value.astype(term.g.dtype), *settings))


def unknown_value(place: Place) -> Candidates:
    """A forward value that nobody has given: what was found fits the rule, but with another value in it.

    The value is solved for; the hypothesis says something only where not everything would fit.
    """
    if place.found is None or place.found.shape != place.terms[0].parent.shape:
        return
    for term in place.terms:
        solve = _SOLVED.get((term.op.name, term.argument))
        if solve is not None:
            rest = place.without([term])
            found = place.found.astype(np.float64) - (total(rest) if rest else 0)
            for array, name, formula in solve(term, found):
                sentence = f"it fits the rule with another {name}: a stale forward value, from another step or batch"
                yield from place.with_other([term], array, formula, sentence)


Solved = Iterator[tuple[Array, str, str]]  # what the rule gives, the value that was solved for, the formula


def _other_mask(term: Term, found: Array) -> Solved:
    g = term.g
    yield np.where(np.abs(found) < np.abs(found - g), 0, g), term.via, term.formula(y=f"{term.via}_other")


def _other_probabilities(term: Term, found: Array) -> Solved:
    p, places = term.saved["p"], term.saved["places"]
    scale = term.g / len(places)
    onehot = onehot_of(p, places)
    implied = np.clip(found / scale + onehot, 0, 1)
    total = implied.sum(1, keepdims=True)
    yield (implied / np.where(total, total, 1) - onehot) * scale, "p", term.formula(p="p_other")
    implied = p - found / scale
    labels = implied == implied.max(1, keepdims=True)
    yield (p - labels) * scale, "onehot", term.formula().replace("onehot", "onehot_other")


def _other_factor(left: str) -> Callable[[Term, Array], Solved]:
    """Solve ``left @ unknown = found``, where there are more equations than unknowns."""

    def solve(term: Term, found: Array) -> Solved:
        if not term.g.ndim == found.ndim == 2 or not np.isfinite(term.g).all():
            return
        known = term.g.astype(np.float64)
        if left == "g.T":
            known = known.T
        if left == "right":
            known, found = known.T, found.T
        u, s, _ = np.linalg.svd(known, full_matrices=False)
        rank = int((s > s[0] * np.sqrt(max(known.shape)) * 8 * np.finfo(term.g.dtype).eps).sum()) if s.size else 0
        if rank < np.count_nonzero(known.any(1)):  # that a row of zeros gives zeros says nothing
            u = u[:, :rank]
            fitting = u @ (u.T @ found)
            need, name = next(operand for operand in operands(term) if operand[0] != "g")
            yield fitting.T if left == "right" else fitting, name, term.formula(**{need: f"{name}_other"})

    return solve


_SOLVED: dict[tuple[str, str], Callable[[Term, Array], Solved]] = {
    ("relu", "x"): _other_mask,
    ("cross_entropy", "x"): _other_probabilities,
    ("linear", "x"): _other_factor("g"),
    ("linear", "W"): _other_factor("g.T"),
    ("linear_without_bias", "x"): _other_factor("g"),
    ("linear_without_bias", "W"): _other_factor("g.T"),
    ("matmul", "a"): _other_factor("g"),
    ("matmul", "b"): _other_factor("right"),
    ("matmul_transposed", "a"): _other_factor("g"),
    ("matmul_transposed", "b"): _other_factor("right"),
}
