"""Comparing gradients derived by hand with autodiff's: which is wrong first, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Node, Value
from tinygrad_np._graph._backward import seeds_of
from tinygrad_np._graph._walk import reachable
from tinygrad_np.explain.causes import CAUSES, means_of
from tinygrad_np.explain.naming import Naming
from tinygrad_np.explain.places import Candidate, Place
from tinygrad_np.explain.recorder import recording
from tinygrad_np.explain.rounding import difference, distances
from tinygrad_np.explain.terms import Backward, Disturbance, backward_terms
from tinygrad_np.explain.tracing import trace
from tinygrad_np.explain.verdicts import EXACT, INHERITED, ROUNDED, WRONG, Cause, Comparison, Verdict
from tinygrad_np.nn import Module
from tinygrad_np.ops.elementwise import raw

ROUNDINGS = 4  # by how many each step is disturbed, to see how far a gradient moves


def compare(
    loss: Any,
    manual: Mapping[str, Any],
    gradient: Any = None,
    *,
    model: Module | None = None,
    stale: Mapping[str, Any] | None = None,
) -> Comparison:
    """Compare gradients derived by hand with those of autodiff, and say which is wrong first, and why.

    A gradient that differs is held against its own rule, applied to the *manual* gradients before it. If it fits, it
    only inherits their error. If not, it is wrong by itself, and its cause is the first mistake of
    ``tinygrad_np.explain.causes.CAUSES`` that gives what was found.

    Equal means equal to rounding: up to what some roundings in each step change, as another order of a sum does.

    Parameters
    ----------
    loss : Tensor, or a function without arguments that computes it
        As in ``trace``: tensors go by the names given with ``name``, parameters by their path.
    manual : mapping of names to arrays
        The derivative with respect to Z2 under "Z2" or "dZ2"; of as many tensors as wanted, also of those in between.
    gradient : Tensor, optional
        Starts the backward pass, as in ``backward``.
    model : Module, optional
        Where to look for the names of parameters.
    stale : mapping of names to arrays, optional
        Forward values of another step, by the names of the tensors, to find out whether one was used by mistake.

    Returns
    -------
    Comparison
        True if all gradients are right. It has ``verdicts`` by name and ``first_wrong``; printed, it says first the
        one line that matters.

    Raises
    ------
    ValueError
        If a name is unknown, ambiguous or given twice.
    TypeError
        If a gradient is not made of real numbers.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> from tinygrad_np.explain import compare, name
    >>> x = tg.tensor([[1.0, 2.0], [3.0, 5.0]])
    >>> W = name(tg.tensor([[1.0, 0.5]], requires_grad=True), "W")
    >>> b = name(tg.tensor([0.25], requires_grad=True), "b")
    >>> loss = tg.nn.functional.linear(x, W, b).sum()
    >>> comparison = compare(loss, {"dW": [[4.0, 7.0]], "db": [-2.0]})
    >>> print(comparison.headline)
    db is wrong: its sign is wrong; expected dlinear.sum(0) (1,), found -(dlinear.sum(0)) (1,).
    """
    if callable(loss) and not isinstance(loss, Value):
        with recording():
            loss = loss()
    traced = trace(loss, gradient, model=model)
    start = seeds_of((loss,), gradient, False, "compare")[0]
    order, leaves = reachable([start[0]])
    names = Naming(loss, order, leaves, model)
    right = backward_terms(start, names, {})
    terms = [term for each in right.terms.values() for term in each]
    values = {entry.output: entry.value for entry in traced if isinstance(entry.value, np.ndarray)}
    used = dict.fromkeys(name for term in terms for name in (*term.called.values(), term.via))
    judge = _Judge(
        start=start,
        names=names,
        truth=traced.gradients,
        order=right.order(),
        given=_by_name(manual, traced.gradients, "manual"),
        means=means_of(terms),
        stale=_by_name(stale or {}, used, "stale"),
        values=values,
    )
    with np.errstate(all="ignore"):
        return Comparison(judge.verdicts())


def _by_name(arrays: Mapping[str, Any], known: Iterable[str], argument: str) -> dict[str, Array]:
    """Return arrays under the names of the tensors, of which they are the values or, with a d before, gradients."""
    found: dict[str, Array] = {}
    for key, value in arrays.items():
        fitting = [name for name in known if key in (name, f"d{name}")]
        if not fitting:
            raise ValueError(f"compare: {argument} has {key!r}, but the tensors are {', '.join(known)}")
        if len(fitting) > 1:
            raise ValueError(f"compare: {key!r} in {argument} may mean {' or '.join(fitting)}; rename a tensor")
        if fitting[0] in found:
            raise ValueError(f"compare: {argument} has {fitting[0]!r} twice, with and without a d before it")
        array = np.asarray(raw(value))
        if array.dtype.kind not in "fiub":
            raise TypeError(f"compare: {argument}[{key!r}] must be real numbers, got {array.dtype}")
        found[fitting[0]] = array if array.dtype.kind == "f" else array.astype(np.float64)
    return found


@dataclass
class _Judge:
    """Goes through the gradients in backward order; ``replaced`` are the wrong ones, passed on as they are."""

    start: tuple[Node, Array]
    names: Naming
    truth: Mapping[str, Array]
    order: list[str]
    given: dict[str, Array]
    means: tuple[int, ...]
    stale: Mapping[str, Array]
    values: Mapping[str, Array]
    replaced: dict[str, Array] = field(default_factory=dict)
    found: dict[str, Verdict] = field(default_factory=dict)

    def verdicts(self) -> dict[str, Verdict]:
        self.right = self.passed({})
        self.local = self.right
        for name in [*self.order, *(name for name in self.given if name not in self.order)]:
            if name in self.given:
                self.judge(name, self.given[name])
        place = {name: i for i, name in enumerate(self.order)}
        return dict(sorted(self.found.items(), key=lambda item: place.get(item[0], -1)))

    def judge(self, name: str, found: Array) -> None:
        expected = self.truth[name]
        fits = found.shape == expected.shape
        apart = difference(found, expected) if fits else None
        shapes = (expected.shape, found.shape)
        if apart is not None and self.right.close(name, found):
            self.found[name] = Verdict(name, EXACT if apart.same_bits else ROUNDED, *shapes, apart)
            return
        if not self.local.close(name, found):
            cause = self.cause(name, found)
            if not self.blame_before(name, found, cause):
                self.found[name] = Verdict(name, WRONG, *shapes, apart, cause, () if cause else self.origins(name))
                self.replace(name, found)
                return
        self.found[name] = Verdict(name, INHERITED, *shapes, apart, None, self.origins(name))

    def origins(self, name: str) -> tuple[str, ...]:
        """Return the gradients, wrong by themselves, that this one is computed from."""
        before = self.right.backward.upstream(name)
        return tuple(each for each, verdict in self.found.items() if verdict.status == WRONG and each in before)

    def replace(self, name: str, wrong: Array) -> None:
        """Pass a wrong gradient on from here, if its shape allows it."""
        if wrong.shape == self.truth[name].shape:
            self.replaced[name] = wrong.astype(self.truth[name].dtype)
            self.local = self.passed(self.replaced)

    def passed(self, replaced: Mapping[str, Array]) -> _Pass:
        backward = backward_terms(self.start, self.names, replaced)
        dtypes = {array.dtype for array in (*self.given.values(), *backward.gradients.values())}
        coarsest = max((np.finfo(dtype) for dtype in dtypes), key=lambda info: float(info.eps))
        disturbance = Disturbance(ROUNDINGS * float(coarsest.eps))
        return _Pass(backward, backward_terms(self.start, self.names, replaced, disturbance), coarsest)

    # ------------------------------------------------------------------------------------------------------- causes

    def cause(self, name: str, found: Array) -> Cause | None:
        """Return the first mistake that gives what was found, from the gradients before as they are, or should be."""
        place = self.place(self.local, name, found)
        strange = found.size - int(np.isfinite(found).sum())
        if strange and place.terms and np.isfinite(self.truth[name]).all():
            sentence = f"{strange} of {found.size} entries are not finite"
            return _cause("not finite", place, Candidate(found, "NaN or infinity", sentence), found.shape)
        passes = [self.local, self.right] if self.replaced else [self.right]
        for same_shape in (True, False):  # the very shape goes first; then (1,) may stand for ()
            for kind, each in product(CAUSES, passes):
                place = self.place(each, name, found)
                for candidate in _candidates(kind, place):
                    array = candidate.array
                    if (array.shape == found.shape) == same_shape and each.agree(name, array, found):
                        return _cause(kind, place, candidate, found.shape)
        return None

    def place(self, each: _Pass, name: str, found: Array | None = None) -> Place:
        return Place(each.backward.terms.get(name, []), found, self.means, self.stale, self.values)

    def blame_before(self, name: str, found: Array, cause: Cause | None) -> bool:
        """Blame a gradient that was not given, if a mistake there explains more than the error found here does."""
        most = 1 + self.explained(name, found)[1] if cause else 0
        best = None
        for suspect in self.right.backward.upstream(name, up_to=self.given):
            place = self.place(self.local, suspect)
            for kind in CAUSES:
                for candidate in _candidates(kind, place):
                    this_one, count = self.explained(suspect, candidate.array, name)
                    if this_one and count > most:
                        most, best = count, (suspect, kind, place, candidate)
        if best is None:
            return False
        suspect, kind, place, candidate = best
        shape = place.expected.shape
        blamed = _cause(kind, place, candidate, shape)
        self.found[suspect] = Verdict(suspect, WRONG, shape, shape, None, blamed, given=False)
        self.replace(suspect, candidate.array)
        return True

    def explained(self, name: str, wrong: Array, wanted: str = "") -> tuple[bool, int]:
        """Tell whether a wrong gradient explains what was found at ``wanted``, and at how many places in all."""
        replaced = {**self.replaced, name: wrong} if wrong.shape == self.truth[name].shape else self.replaced
        gradients = backward_terms(self.start, self.names, replaced).gradients
        agreeing = [each for each, found in self.given.items() if self.local.agree(each, gradients[each], found)]
        return wanted in agreeing, len(agreeing)


def _candidates(kind: str, place: Place) -> Iterator[Candidate]:
    if place.terms:  # the gradient that starts the pass has none
        yield from CAUSES[kind](place)


def _cause(kind: str, place: Place, candidate: Candidate, shape: tuple[int, ...]) -> Cause:
    name = kind.split(" (")[0]
    return Cause(name, candidate.sentence, place.formula, candidate.formula, place.expected.shape, shape)


@dataclass(frozen=True)
class _Pass:
    """A backward pass, and the same with a disturbance of some roundings, which shows what rounding may change."""

    backward: Backward
    disturbed: Backward
    precision: np.finfo[Any]  # of the least exact dtype that takes part

    @property
    def gradients(self) -> dict[str, Array]:
        return self.backward.gradients

    def close(self, name: str, found: Array) -> bool:
        """Tell whether what was found is the gradient, but for rounding."""
        return found.shape == self.gradients[name].shape and self.agree(name, self.gradients[name], found)

    def agree(self, name: str, candidate: Array, found: Array) -> bool:
        """Tell whether what was found is what a mistake gives, but for rounding."""
        if [n for n in candidate.shape if n != 1] != [n for n in found.shape if n != 1]:
            return False
        apart = distances(found, candidate.reshape(found.shape)).max(initial=0)
        return bool(apart <= self.tolerance(name, candidate))

    def tolerance(self, name: str, candidate: Array) -> float:
        """Return how far a gradient may be off by rounding, or by underflow.

        A sum that adds up n terms in turn may be off by sqrt(n) times what one step is.
        """
        longest = max(max(array.shape, default=1) for array in self.gradients.values())
        step = ROUNDINGS * float(self.precision.eps) * _largest(np.abs(candidate))
        moved = _largest(distances(self.disturbed.gradients[name], self.gradients[name]))
        return 2 * math.sqrt(longest) * max(step, moved) + float(self.precision.smallest_normal)


def _largest(array: Array) -> float:
    """Return the largest entry, of those that are finite."""
    return float(array.max(where=np.isfinite(array), initial=0))
