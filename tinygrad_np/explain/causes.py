"""The likely causes of a wrong gradient: each hypothesis computes what one would get, to be held against what one got.

``CAUSES`` lists them, the more specific first. To add one, write what a person who makes the mistake would compute.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np

from tinygrad_np.explain.formulas import symbols
from tinygrad_np.explain.places import Candidate, Candidates, Place, onehot_of, operands, total, written
from tinygrad_np.explain.terms import Term
from tinygrad_np.explain.wrong_sums import sum_missing, summed_over_everything, summed_over_wrong_axes
from tinygrad_np.explain.wrong_values import other_value, stale_value, unknown_value

# ------------------------------------------------------------------------------------------------ of the whole gradient


def shape_alone(place: Place) -> Candidates:
    """The values are right, but stand in another shape: (10, 1) for (10,)."""
    expected, found = place.expected, place.found
    if found is None or found.shape in (expected.shape, expected.shape[::-1]):
        return
    if [n for n in found.shape if n != 1] == [n for n in expected.shape if n != 1]:
        sentence = "its values are right, but they stand in another shape"
        yield Candidate(expected.reshape(found.shape), f"({place.formula}).reshape{found.shape}", sentence)


def transposed(place: Place) -> Candidates:
    """dW.T for dW."""
    for terms in place.parts():
        right = total(terms)
        if right.ndim == 2:
            yield from place.with_other(terms, right.T, f"({written(terms)}).T", "it is the transpose of the right one")


def wrong_sign(place: Place) -> Candidates:
    """-dW for dW."""
    for terms in place.parts():
        yield from place.with_other(terms, -total(terms), f"-({written(terms)})", "its sign is wrong")


def mean_missing(place: Place) -> Candidates:
    """The loss is a mean, but its 1/m was forgotten."""
    for terms, m in product(place.parts(), place.means):
        sentence = f"the 1/m of the mean is missing (m = {m})"
        yield from place.with_other(terms, m * total(terms), f"m * ({written(terms)})", sentence)


def mean_twice(place: Place) -> Candidates:
    """The 1/m of the mean is in the incoming gradient already."""
    for terms, m in product(place.parts(), place.means):
        sentence = f"1/m was applied twice (m = {m})"
        yield from place.with_other(terms, total(terms) / m, f"({written(terms)}) / m", sentence)


def contribution_lost(place: Place) -> Candidates:
    """A tensor that is used twice gets the sum of two contributions, and one of them was forgotten."""
    for lost in [*place.uses(), *([term] for term in place.terms)]:
        rest = place.without(lost)
        if rest:
            sentence = f"the contribution {written(lost)}, by way of {lost[0].via}, is missing"
            yield Candidate(total(rest), written(rest), sentence)


def another_factor(place: Place) -> Candidates:
    """All entries are off by one factor."""
    if place.found is None or place.found.shape != place.expected.shape or place.found.size < 2:
        return
    right, found = (array.ravel().astype(np.float64) for array in (place.expected, place.found))
    factor = float(found @ right) / (float(right @ right) or 1.0)
    if factor:
        sentence = f"every entry is {factor:.4g} times the right one"
        yield Candidate(factor * place.expected, f"{factor:.4g} * ({place.formula})", sentence)


# -------------------------------------------------------------------------------------------------------- of the rules


def operand_transposed(place: Place) -> Candidates:
    """dZ @ W.T for dZ @ W: has the right shape if W is square."""
    for term in place.terms:
        for need, called in operands(term) if "@" in term.formula() else ():
            value = term.g if need == "g" else term.saved[need]
            if not isinstance(value, np.ndarray) or value.ndim != 2 or value.shape[0] != value.shape[1]:
                continue
            changed = replace(term, g=value.T) if need == "g" else term.reading(**{need: value.T})
            used, belongs = f"{called}.T", called
            if any(f"{called}.{turned}" in term.formula() for turned in ("T", "mT")):
                used, belongs = belongs, used
            formula = re.sub(rf"(?<!\w){re.escape(belongs)}(?!\w)", used, term.formula().replace(".mT", ".T"))
            yield from place.with_other([term], changed.array(), formula, f"{used} was used where {belongs} belongs")


def derivative_missing(place: Place) -> Candidates:
    """dZ = dA: the activation's derivative, or its mask, was left out."""
    for term in place.terms:
        g = term.g
        if isinstance(g, np.ndarray) and g.shape == term.parent.shape:
            sentence = f"the derivative of {term.op.name} is missing: d{term.via} was passed on as it is"
            yield from place.with_other([term], g, f"d{term.via}", sentence)


def softmax_elementwise(place: Place) -> Candidates:
    """dA * A * (1 - A): of the softmax's Jacobian only the diagonal."""
    sentence = "softmax was treated elementwise: of its Jacobian only the diagonal was used"
    for term in place.terms:
        if term.op.name == "softmax":
            y = term.saved["y"]
            formula = f"d{term.via} * {term.via} * (1 - {term.via})"
            yield from place.with_other([term], term.g * y * (1 - y), formula, sentence)
        elif term.op.name == "log_softmax":
            p = np.exp(term.saved["y"])
            yield from place.with_other([term], term.g * (1 - p), f"d{term.via} * (1 - exp({term.via}))", sentence)
        elif term.op.name == "cross_entropy":
            p, places = term.saved["p"], term.saved["places"]
            onehot = onehot_of(p, places)
            array = -onehot * (1 - p) * term.g / len(places)
            yield from place.with_other([term], array, f"-onehot / p * p * (1 - p) * d{term.via} / m", sentence)


# ----------------------------------------------------------------------------------------------------------- the table

CAUSES: dict[str, Callable[[Place], Candidates]] = {
    "another shape": shape_alone,
    "transposed": transposed,
    "wrong sign": wrong_sign,
    "1/m missing": mean_missing,
    "1/m applied twice": mean_twice,
    "W used for W.T": operand_transposed,
    "contribution lost": contribution_lost,
    "summed over everything": summed_over_everything,
    "summed over the wrong axes": summed_over_wrong_axes,
    "sum over the batch missing": sum_missing,
    "activation mask missing": derivative_missing,
    "softmax treated elementwise": softmax_elementwise,
    "stale forward value": stale_value,
    "another forward value": other_value,
    "constant factor": another_factor,
    "stale forward value (solved for)": unknown_value,
}


def means_of(terms: list[Term]) -> tuple[int, ...]:
    """Return the numbers that means divide by in a backward pass, largest first."""
    found: set[int] = set()
    for term in terms:
        found.update(symbols(term.op.derivatives[term.argument], {**term.saved, "g": None}).values())
        divisor = term.saved.get("b") if term.op.name == "div" else None
        if isinstance(divisor, (int, float)) and float(divisor).is_integer():
            found.add(int(divisor))
    return tuple(sorted(found - {0, 1}, reverse=True))
