"""Lesson 1: digits, the forward pass, and why the loss starts near ln 10.

    python -m examples.lessons.lesson_1_forward

Follows a batch of images through the network, layer by layer, with weights that nobody has trained yet.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from examples.digit.pictures import probability_bars
from examples.lessons.lesson import batch, run, save, say, table
from models import digit_manual
from models.digit_manual import CLASSES

M, HIDDEN, SHOWN = 500, 10, 6


class Result(NamedTuple):
    """What the lesson found."""

    loss: float
    accuracy: float
    pictures: tuple[Path, ...]


def main(out: Path) -> Result:
    """Run the lesson; its picture goes to the folder `out`."""
    X, labels = batch(M)
    parameters = digit_manual.initialise(HIDDEN, np.random.default_rng(1), np.float64)
    activations = digit_manual.forward(X, parameters)

    say(f"An image of 28x28 pixels is a row of 784 numbers from 0 to 1. A batch of {M} images is the matrix X.")
    say("The forward pass is four lines. Each makes a new matrix, and still has one row for each image:")
    rules = {
        "X": "the images",
        "Z1": "X @ W1.T + b1",
        "A1": "max(Z1, 0)",
        "Z2": "A1 @ W2.T + b2",
        "A2": "softmax of each row of Z2",
    }
    rows = []
    for (name, rule), array in zip(rules.items(), (X, *activations), strict=True):
        rows.append((name, rule, array.shape, f"{array.min():.3f}", f"{array.max():.3f}"))
    table(("name", "computed as", "shape", "smallest", "largest"), rows)
    say("Each row of A2 is positive and adds up to 1: the ten probabilities of an image. Here is the first one's row:")
    table(("digit", *map(str, range(CLASSES))), [("probability", *(f"{p:.3f}" for p in activations.A2[0]))])

    loss = digit_manual.loss(activations.Z2, labels)
    accuracy = float((activations.A2.argmax(1) == labels).mean())
    say(
        "The loss asks one thing of each row: how surprised was the network by the label? Surprise is -log(probability "
        "of the label): 0 for a probability of 1, and the larger the smaller the probability. The loss is the mean."
    )
    table(
        ("", "loss", "accuracy"),
        [
            ("this network, untrained", f"{loss:.4f}", f"{accuracy:.1%}".replace("%", " %")),
            ("all ten probabilities 1/10", f"{math.log(CLASSES):.4f}", "10.0 %"),
        ],
    )
    say(
        f"Who knows nothing gives each digit 1/10, and -log(1/10) = ln 10 = {math.log(10):.4f}. A loss that does not "
        "start near ln 10 is the first sign of a bug: of labels that are mixed up, or weights that are far too large."
    )

    bars = probability_bars(
        [f"image {i}" for i in range(SHOWN)], np.rint(X[:SHOWN] * 255), activations.A2[:SHOWN], labels[:SHOWN].tolist()
    )
    return Result(loss, accuracy, (save(bars, out, "lesson_1_forward"),))


if __name__ == "__main__":
    run(main)
