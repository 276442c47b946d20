"""Lesson 2: a derivative by nudging: which step is too large, and which too small.

    python -m examples.lessons.lesson_2_nudge

A derivative says how much the loss changes when a weight does. So change a weight a little, and look.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from examples.lessons.lesson import BLUE, GREY, VERMILION, YELLOW, bare, batch, figure, run, save, say, table
from models import digit_manual
from models.digit_manual import Array, Labels, Parameters

M, HIDDEN = 64, 10
STEPS = 10.0 ** -np.arange(0, 13.5, 0.5)
FORWARD, CENTRAL, CENTRAL_FLOAT32 = "one-sided, float64", "central, float64", "central, float32"


class Result(NamedTuple):
    """What the lesson found: for each kind of difference, its best step and the relative error there."""

    best: dict[str, tuple[float, float]]
    order: float  # how many times smaller the error gets with a step 10 times smaller, as a power of 10
    pictures: tuple[Path, ...]


class Nudger:
    """The loss of a batch as a function of one weight of the output layer."""

    def __init__(self, X: Array, labels: Labels, parameters: Parameters) -> None:
        self.labels, self.W2, self.b2 = labels, parameters.W2.copy(), parameters.b2
        self.A1 = digit_manual.forward(X, parameters).A1

    def loss(self, place: tuple[int, ...], nudge: float) -> float:
        """Return the loss with one weight changed by `nudge`; the weight is put back."""
        before = self.W2[place]
        self.W2[place] += nudge
        # In the dtype of the weights throughout: what is lost to rounding is the point of this lesson.
        Z2 = self.A1 @ self.W2.T + self.b2
        self.W2[place] = before
        shifted = Z2 - Z2.max(1, keepdims=True)
        losses = np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(Z2)), self.labels]
        return float(losses.mean())

    def one_sided(self, place: tuple[int, ...], h: float) -> float:
        """(L(w + h) - L(w)) / h"""
        return (self.loss(place, h) - self.loss(place, 0)) / h

    def central(self, place: tuple[int, ...], h: float) -> float:
        """(L(w + h) - L(w - h)) / 2h"""
        return (self.loss(place, h) - self.loss(place, -h)) / (2 * h)


def error(difference: Callable[[tuple[int, ...], float], float], h: float, exact: Array) -> float:
    """Compare the differences of all weights with the exact derivatives: |difference - exact| / |exact|."""
    found = np.array([difference(place, h) for place in np.ndindex(exact.shape)]).reshape(exact.shape)
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def main(out: Path) -> Result:
    """Run the lesson; its picture goes to the folder `out`."""
    X, labels = batch(M)
    parameters = digit_manual.initialise(HIDDEN, np.random.default_rng(1), np.float64)
    exact = digit_manual.backward(X, labels, parameters, digit_manual.forward(X, parameters)).dW2
    nudger = Nudger(X, labels, parameters)
    small = Nudger(X.astype(np.float32), labels, Parameters(*(p.astype(np.float32) for p in parameters)))

    place = tuple(int(i) for i in np.unravel_index(np.abs(exact).argmax(), exact.shape))
    h = 1e-3
    up, down = nudger.loss(place, h), nudger.loss(place, -h)
    say(f"Take the weight {list(place)} of the output layer W2. Nudge it up and down by h = {h:g}:")
    table(
        ("", "value"),
        [
            ("L(w + h)", f"{up:.10f}"),
            ("L(w - h)", f"{down:.10f}"),
            ("(L(w + h) - L(w - h)) / 2h", f"{(up - down) / (2 * h):.10f}"),
            ("the derivative by backpropagation", f"{exact[place]:.10f}"),
        ],
    )
    say(
        f"The same for all {exact.size} weights of W2, with steps from 1 to {STEPS[-1]:.0e}. The error is the length "
        "of (differences - derivatives), relative to the length of the derivatives:"
    )
    kinds = {FORWARD: nudger.one_sided, CENTRAL: nudger.central, CENTRAL_FLOAT32: small.central}
    errors = {kind: np.array([error(f, h, exact) for h in STEPS]) for kind, f in kinds.items()}
    table(
        ("h", *kinds), [(f"{h:.0e}", *(f"{errors[k][i]:.1e}" for k in kinds)) for i, h in enumerate(STEPS) if not i % 2]
    )

    best = {kind: (float(STEPS[e.argmin()]), float(e.min())) for kind, e in errors.items()}
    order = float(np.log10(errors[CENTRAL][2] / errors[CENTRAL][6]) / np.log10(STEPS[2] / STEPS[6]))
    say(
        f"Two errors compete. A large step sees the curve bend: the central difference is wrong by about h^2 (with a "
        f"step 10 times smaller the error falls {10**order:.0f}-fold), the one-sided by about h. A small step drowns "
        "in rounding: two losses that are almost equal are subtracted, and what is left of 16 digits is divided by h."
    )
    say(
        f"They meet where h^2 = precision / h, which for a curve of ordinary bend is the cube root of float64's "
        f"precision, {np.finfo(np.float64).eps ** (1 / 3):.0e}. This loss bends little: its best central step is "
        f"{best[CENTRAL][0]:.0e}, with an error of {best[CENTRAL][1]:.0e}. In float32 no step gets below "
        f"{best[CENTRAL_FLOAT32][1]:.0e}, so gradients are checked in float64."
    )
    count = sum(p.size for p in parameters)
    say(
        f"Nudging every one of the {count:,} parameters takes {2 * count:,} forward passes. Backpropagation "
        "gets all derivatives, exact but for rounding, for about the price of two. The nudge remains the judge."
    )
    return Result(best, order, (save(_picture(errors, best), out, "lesson_2_nudge"),))


def _picture(errors: dict[str, Array], best: dict[str, tuple[float, float]]) -> Figure:
    drawing = figure(8.5, 5)
    axes = drawing.subplots()
    looks = {FORWARD: (YELLOW, "s"), CENTRAL: (BLUE, "o"), CENTRAL_FLOAT32: (VERMILION, "^")}
    for kind, (colour, marker) in looks.items():
        axes.loglog(STEPS, errors[kind], color=colour, marker=marker, markersize=4, label=kind)
        axes.plot(*best[kind], marker="o", markersize=13, markerfacecolor="none", markeredgecolor=colour)
    axes.set(
        xlabel="step h",
        ylabel="relative error of the gradient",
        title="Too large a step bends, too small a step drowns",
    )
    axes.text(2e-12, 3e-5, "rounding:\nerror ~ 1/h", color=GREY, ha="center")
    axes.text(1e-1, 1e-8, "the curve bends:\nerror ~ h²", color=GREY, ha="center")
    axes.legend(title="rings: the best step", frameon=False, loc="lower left")
    axes.grid(alpha=0.3)
    bare(axes)
    return drawing


if __name__ == "__main__":
    run(main)
