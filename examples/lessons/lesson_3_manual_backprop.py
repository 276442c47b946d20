"""Lesson 3: backpropagation by hand, and a bug that accuracy does not show.

    python -m examples.lessons.lesson_3_manual_backprop

Compares the gradients of `models.digit_manual`, derived by hand, with those of the script that this project replaces,
and trains with both.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from examples.compare_gradients import WRONG, compare_all, gradients_by_hand, gradients_by_script, save_picture
from examples.lessons.lesson import BLUE, VERMILION, bare, batch, digits, figure, run, save, say, scaled, table
from models import digit_manual, digit_script
from models.digit_manual import Array, Gradients, Labels, Parameters

M, HIDDEN = 64, 10
TRAINING_IMAGES, EPOCHS, RATE, SEEDS = 1500, 12, 0.1, 3


class Result(NamedTuple):
    """What the lesson found; the accuracies are shares of the test images, the means of all seeds."""

    wrong: list[str]
    script_db2: Array
    script_db1: Array
    accuracy: dict[str, float]
    pictures: tuple[Path, ...]


def main(out: Path) -> Result:
    """Run the lesson; its pictures go to the folder `out`."""
    X, labels = batch(M)
    parameters = start(0)
    by_hand, by_script = gradients_by_hand(X, labels, parameters), gradients_by_script(X, labels, parameters)

    say("The backward pass by hand, from the loss to the first layer. `models/digit_manual.py` derives each line:")
    formulas = {
        "dZ2": "(A2 - onehot) / m",
        "dW2": "dZ2.T @ A1",
        "db2": "dZ2.sum(0)",
        "dA1": "dZ2 @ W2",
        "dZ1": "dA1 * (Z1 > 0)",
        "dW1": "dZ1.T @ X",
        "db1": "dZ1.sum(0)",
    }
    table(("gradient", "formula", "shape"), [(n, f, getattr(by_hand, n).shape) for n, f in formulas.items()])

    say("The script that this project replaces has db = 1/m * np.sum(dZ). Beside the lines above:")
    comparisons = compare_all(by_script, by_hand)
    table(
        ("gradient", "largest entry", "largest difference", "verdict"),
        [(c.name, f"{c.largest_entry:.3g}", _rounded(c.largest_difference), _verdict(c.verdict)) for c in comparisons],
    )
    right = by_hand.db2
    say(
        f"np.sum(dZ2) adds up everything: the examples, as it should, but the classes as well. Each row of dZ2 is "
        f"probabilities that add up to 1, minus a row with a single 1, so its sum is 0: all of the script's db2 are "
        f"{_rounded(by_script.db2[0])}, instead of {right.min():.3f} to {right.max():.3f}, and its output biases never "
        f"learn. All of its db1 are one number, {by_script.db1[0]:.3f}. The right line is dZ.sum(0): one sum for each "
        "bias, over the examples, since a bias has a part in every example, and only in its own column."
    )
    bars = out / "lesson_3_bias_gradients.png"
    save_picture(by_hand, by_script, bars)

    curves = {name: training(gradients) for name, gradients in BACKWARDS.items()}
    accuracy = {name: float(curve[:, -1].mean()) for name, curve in curves.items()}
    spread = max(float(np.ptp(curve[:, -1])) for curve in curves.values())
    say(f"Does it hurt? Train with both, from the same {SEEDS} starts, for {EPOCHS} epochs:")
    table(("backward", "test accuracy"), [(name, f"{100 * a:.1f} %") for name, a in accuracy.items()])
    say(
        f"The accuracies differ by {100 * abs(accuracy['by hand'] - accuracy['the script']):.1f} points, and by up to "
        f"{100 * spread:.1f} points from one start to another. Accuracy cannot show this bug: only 20 of the 7,960 "
        "parameters are biases, and the weights make up for them. Only the gradients, laid side by side, show it."
    )
    return Result(
        [c.name for c in comparisons if c.verdict == WRONG],
        by_script.db2,
        by_script.db1,
        accuracy,
        (bars, save(_picture(curves), out, "lesson_3_accuracy")),
    )


Backward = Callable[[Array, Labels, Parameters], Gradients]
BACKWARDS: dict[str, Backward] = {"by hand": gradients_by_hand, "the script": gradients_by_script}


def start(seed: int) -> Parameters:
    """Draw the parameters as the script does, in the layout of one example a row."""
    W1, b1, W2, b2 = digit_script.initialise(HIDDEN, np.random.default_rng(seed))
    return Parameters(W1, b1[:, 0], W2, b2[:, 0])


def training(gradients: Backward) -> Array:
    """Train from each seed's start; return the test accuracy after each epoch, of shape (seeds, epochs)."""
    found = digits()
    X, labels = scaled(found.train_images[:TRAINING_IMAGES]), found.train_labels[:TRAINING_IMAGES]
    X_test, labels_test = scaled(found.test_images), found.test_labels
    accuracies = np.zeros((SEEDS, EPOCHS))
    for seed, epoch in np.ndindex(SEEDS, EPOCHS):
        if epoch == 0:
            parameters, rng = start(seed), np.random.default_rng(seed)
        for chosen in np.array_split(rng.permutation(len(X)), len(X) // M):
            _, dW2, db2, _, _, dW1, db1 = gradients(X[chosen], labels[chosen], parameters)
            for parameter, gradient in zip(parameters, (dW1, db1, dW2, db2), strict=True):
                parameter -= RATE * gradient
        accuracies[seed, epoch] = (digit_manual.forward(X_test, parameters).Z2.argmax(1) == labels_test).mean()
    return accuracies


def _rounded(x: float) -> str:
    return "0, but for rounding" if abs(x) < 1e-12 else f"{x:.3g}"


def _verdict(verdict: str) -> str:
    return "WRONG" if verdict == WRONG else "right"


def _picture(curves: dict[str, Array]) -> Figure:
    drawing = figure(7.5, 4.2)
    axes = drawing.subplots()
    epochs = np.arange(1, EPOCHS + 1)
    for (name, curve), colour, style in zip(curves.items(), (BLUE, VERMILION), ("-", "--"), strict=True):
        axes.fill_between(epochs, 100 * curve.min(0), 100 * curve.max(0), color=colour, alpha=0.15, linewidth=0)
        axes.plot(epochs, 100 * curve.mean(0), style, color=colour, marker="o", markersize=4, label=name)
    axes.set(title="Accuracy does not show the bug", xlabel="epoch", ylabel="test accuracy, %")
    axes.legend(title=f"mean and range of {SEEDS} starts", frameon=False, loc="lower right")
    axes.grid(alpha=0.3)
    bare(axes)
    return drawing


if __name__ == "__main__":
    run(main)
