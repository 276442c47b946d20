"""Mistakes planted in the hand-derived backward pass of the digit network: as a person would write them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

import tinygrad_np as tg
from models import digit_manual
from models.digit import DigitNet
from models.digit_manual import Activations, Array, Gradients, Labels, Parameters
from tinygrad_np import nn
from tinygrad_np.explain import compare, name, recording
from tinygrad_np.explain.verdicts import WRONG

PLACES = Gradients._fields
MATRICES = ("dZ2", "dW2", "dA1", "dZ1", "dW1")
DECAY = 0.125


class Network(NamedTuple):
    """A batch and weights, and those of the step before; ``shared`` is penalised by DECAY / 2 times its square too."""

    X: Array
    labels: Labels
    parameters: Parameters
    activations: Activations
    before: dict[str, Array]
    shared: str | None

    @property
    def stale(self) -> dict[str, Array]:
        """What of the step before has the name of a tensor; the fused loss makes no tensor of A2."""
        return {called: value for called, value in self.before.items() if called != "A2"}

    @property
    def hidden(self) -> int:
        return len(self.parameters.b1)

    def loss(self) -> tg.Tensor:
        """The loss as autodiff sees it, every tensor named as in `models.digit_manual`."""
        net = DigitNet(self.hidden).to(self.X.dtype)
        paths = ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")
        net.load_state_dict({path: tg.tensor(p) for path, p in zip(paths, self.parameters, strict=True)})
        tensors = dict(zip(Parameters._fields, net.parameters(), strict=True))
        with recording():
            tensors |= net.activations(name(tg.tensor(self.X), "X"))._asdict()
            loss = nn.functional.cross_entropy(tensors["Z2"], tg.tensor(self.labels))
            if self.shared is not None:
                loss = loss + (DECAY / 2) * (tensors[self.shared] * tensors[self.shared]).sum()
        for called, tensor in tensors.items():
            name(tensor, called)
        return loss

    def formulas(self) -> dict[str, str]:
        """The right-hand sides of the lines of the hand-derived backward pass."""
        lines = re.findall(r"^    (d\w+) = (.+)$", inspect.getsource(digit_manual.backward), re.MULTILINE)
        formulas = dict(lines)
        assert tuple(formulas) == PLACES
        if self.shared is not None:
            formulas[f"d{self.shared}"] += f" + DECAY * {self.shared}"
        return formulas

    def gradients(self, mistakes: Mapping[str, str] | None = None) -> dict[str, Array]:
        """Run the lines of the backward pass, with some exchanged; a result of the wrong shape is not computed with."""
        m = len(self.X)
        onehot = np.eye(10, dtype=self.X.dtype)[self.labels]
        scope = {"np": np, "m": m, "onehot": onehot, "DECAY": self.X.dtype.type(DECAY), "X": self.X}
        scope |= self.parameters._asdict() | self.activations._asdict()
        scope |= {f"{called}_stale": value for called, value in self.before.items()}
        found = {}
        for place, formula in self.formulas().items():
            scope[place] = found[place] = eval(formula, scope)
            if mistakes and place in mistakes:
                wrong = np.asarray(eval(mistakes[place], scope))
                found[place] = wrong
                if wrong.shape == scope[place].shape:
                    scope[place] = wrong
        return found


def network(rng: np.random.Generator, batch: int, hidden: int, dtype: type, shared: str | None = None) -> Network:
    """Two batches of random images, and weights before and after a step on the first."""
    before = digit_manual.initialise(hidden, rng, dtype)
    batches = []
    for _ in range(2):
        X = rng.random((batch, 784)) * (rng.random((batch, 784)) < 0.2)
        batches.append((X.astype(dtype), rng.integers(0, 10, batch)))
    stale = digit_manual.forward(batches[0][0], before)
    after = Parameters(*(parameter.copy() for parameter in before))
    digit_manual.step(*batches[0], after, rate=0.5)
    values = {"X": batches[0][0], **before._asdict(), **stale._asdict()}
    return Network(*batches[1], after, digit_manual.forward(batches[1][0], after), values, shared)


# ------------------------------------------------------------------------------------------------------ the mistakes


def mistakes(cause: str, place: str, right: str, net: Network) -> list[str]:
    """What the cause makes of the ``right`` formula of a place; nothing where the mistake cannot be made."""
    data = right.split(" + ")[0]
    rest = right[len(data) :]
    of_matrices = {"dW2": ("dZ2", "A1"), "dW1": ("dZ1", "X")}
    m = len(net.X)
    if cause == "wrong sign":
        return [f"-({right})"]
    if cause == "1/m missing":
        return [f"m * ({right})"]
    if cause == "1/m applied twice":
        return [f"({right}) / m"]
    if cause == "transposed":
        return [f"({right}).T"] if place in MATRICES else []
    if cause == "contribution lost":
        return [data, rest[3:]] if rest else []
    if cause == "W used for W.T":
        fits = {"dA1": net.hidden == 10, "dW2": m == 10, "dW1": m == net.hidden}
        wrong = {"dA1": "dZ2 @ W2.T", "dW2": "dZ2 @ A1", "dW1": "dZ1 @ X"}
        return [wrong[place] + rest] if fits.get(place) else []
    if cause == "activation mask missing":
        return ["dA1" + rest] if place == "dZ1" else []
    if cause == "softmax treated elementwise":
        return ["-onehot / A2 / m * A2 * (1 - A2)" + rest] if place == "dZ2" else []
    if cause == "stale forward value":
        operand = {"dZ2": "A2", "dW2": "A1", "dA1": "W2", "dZ1": "Z1", "dW1": "X"}.get(place)
        return [re.sub(rf"\b{operand}\b", f"{operand}_stale", data) + rest] if operand else []
    if rest:  # a sum of another shape cannot be added to
        return []
    if place in of_matrices:
        left, other = of_matrices[place]
        every = f"({left}[:, :, np.newaxis] * {other}[:, np.newaxis, :])"
        sums = {
            "summed over everything": [f"{every}.sum()"],
            "summed over the wrong axes": [f"{every}.sum({axes})" for axes in ("1", "2", "(0, 1)", "(0, 2)", "(1, 2)")],
            "sum over the batch missing": [every, f"np.outer({left}[-1], {other}[-1])"],
        }
    elif place in ("db1", "db2"):
        g = place.replace("b", "Z")
        sums = {
            "summed over everything": [f"{g}.sum()", f"np.full_like(b{place[-1]}, {g}.sum())"],
            "summed over the wrong axes": [f"{g}.sum(1)"],
            "sum over the batch missing": [g, f"{g}[-1]"],
        }
    else:
        sums = {}
    return sums.get(cause, [])


CAUSES = (
    "transposed",
    "wrong sign",
    "1/m missing",
    "1/m applied twice",
    "W used for W.T",
    "summed over everything",
    "summed over the wrong axes",
    "sum over the batch missing",
    "activation mask missing",
    "softmax treated elementwise",
    "contribution lost",
    "stale forward value",
)


class Planting(NamedTuple):
    """A mistake in a network; ``hint`` says whether the forward values of the step before are given to ``compare``."""

    net: Network
    cause: str
    place: str
    mistake: str
    hint: bool

    def manual(self) -> dict[str, Array]:
        return self.net.gradients({self.place: self.mistake})

    def same_as(self, cause: str) -> bool:
        """Whether the cause would have given the same array here, but for rounding: then it is as right."""
        found = self.manual()[self.place]
        right = self.net.formulas()[self.place]
        alternatives = mistakes(cause, self.place, right, self.net)
        if cause == "another shape":
            alternatives = [f"({right}).reshape({found.shape})"] if found.size == self.right.size else []
        return any(
            equal(self.net.gradients({self.place: other})[self.place], found, self.right) for other in alternatives
        )

    @property
    def right(self) -> Array:
        return self.net.gradients()[self.place]

    @property
    def changes_nothing(self) -> bool:
        """Whether the mistake gives the right gradient, as a missing 1/m does in a batch of 1."""
        found = self.manual()[self.place]
        return found.shape == self.right.shape and equal(found, self.right, self.right)


def equal(a: Array, b: Array, right: Array) -> bool:
    """Whether two arrays are equal but for rounding; a number stands for an array full of it."""
    if a.shape != b.shape and {(), a.shape, b.shape} != {(), right.shape}:
        return False
    largest = max(np.abs(each).max(initial=0) for each in (a, b, right))
    return bool(np.abs(a - b).max(initial=0) <= 1e3 * np.finfo(right.dtype).eps * largest)


def random_planting(rng: np.random.Generator) -> Planting:
    """Draw a cause, then a network and a place in which it can be made; hidden width 10 in half of them."""
    cause = str(rng.choice(CAUSES))
    while True:
        hidden = 10 if rng.random() < 0.5 else int(rng.integers(1, 33))
        batch = int(rng.choice([1, 2, 10, hidden, 32, 64, int(rng.integers(1, 101))]))
        dtype = np.float32 if rng.random() < 0.5 else np.float64
        shared = None if rng.random() < 0.5 else str(rng.choice(["W1", "W2", "A1", "b1", "b2"]))
        net = network(rng, batch, hidden, dtype, shared)
        place = str(rng.choice(PLACES))
        possible = mistakes(cause, place, net.formulas()[place], net)
        hint = bool(rng.random() < 0.5)
        # Without the stale value, that the rule fits with another one shows only where not everything would fit.
        if cause == "stale forward value" and (place == "dW1" or (place == "dA1" and batch <= 10)):
            hint = True
        if possible:
            return Planting(net, cause, place, str(rng.choice(possible)), hint)


class Finding(NamedTuple):
    """What ``compare`` said of a planting: nothing, or the place and the cause; and whether that is right."""

    planting: Planting
    place: str | None
    cause: str | None
    right: bool


def find(planting: Planting) -> Finding:
    """Run ``compare``. It is right if it accuses the place of the planting alone, and the mistake or its equal."""
    stale = planting.net.stale if planting.hint else None
    comparison = compare(planting.net.loss(), planting.manual(), stale=stale)
    wrong = [verdict for verdict in comparison.verdicts.values() if verdict.status == WRONG]
    if not wrong:
        return Finding(planting, None, None, planting.changes_nothing and comparison.ok)
    place, cause = f"d{wrong[0].name}", wrong[0].cause.name if wrong[0].cause else None
    named = cause == planting.cause or (cause is not None and planting.same_as(cause))
    return Finding(planting, place, cause, len(wrong) == 1 and place == planting.place and named)


def findings(seed: int, count: int) -> Iterator[Finding]:
    """Plant and look ``count`` times; a mistake that changes nothing is not counted, but must not be accused."""
    rng = np.random.default_rng(seed)
    found = 0
    while found < count:
        finding = find(random_planting(rng))
        if finding.planting.changes_nothing:
            assert finding.right, f"a correct gradient is accused: {finding}"
        else:
            found += 1
            yield finding
