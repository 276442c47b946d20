"""Lesson 6: why dZ.T @ A, why p - y, and where 1/m goes.

    python -m examples.lessons.lesson_6_matmul_and_softmax

Three lines of the backward pass that are easy to get wrong, each looked at until there is no other way to write it.
"""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from examples.lessons.lesson import BLUE, GREEN, VERMILION, batch, figure, run, save, say, table
from models import digit_manual
from models.digit_manual import CLASSES, Array, Labels, Parameters

STEPS, RATE = 30, 0.1
M, HIDDEN = 64, 16  # a width other than 10, so that no matrix is square and each mistake shows in the shapes


class Result(NamedTuple):
    """What the lesson found."""

    index_difference: float  # of one entry of dW2, summed up as its index formula says
    orders_that_fit: list[str]
    jacobian_difference: float  # of J.T @ (-y / p) from p - y
    halved: dict[str, float]  # by what each gradient is multiplied when the batch is taken twice
    pictures: tuple[Path, ...]


def main(out: Path) -> Result:
    """Run the lesson; its pictures go to the folder `out`."""
    X, labels = batch(M)
    parameters = digit_manual.initialise(HIDDEN, np.random.default_rng(1), np.float64)
    for _ in range(STEPS):  # so that the probabilities tell the digits apart, though not yet for certain
        digit_manual.step(X, labels, parameters, RATE)
    activations = digit_manual.forward(X, parameters)
    gradients = digit_manual.backward(X, labels, parameters, activations)
    index_difference, fitting = matmul(activations.A1, gradients.dZ2, gradients.dW2)
    unsure = int(activations.A2.max(1).argmin())
    label = int(labels[unsure])
    p, y = activations.A2[unsure], np.eye(CLASSES)[label]
    jacobian_difference = softmax(p, y, label)
    halved = mean(X, labels, parameters)
    drawings = {"indices": _indices(3, 5), "jacobian": _jacobian(p, y)}
    paths = (save(drawing, out, f"lesson_6_{name}") for name, drawing in drawings.items())
    return Result(index_difference, fitting, jacobian_difference, halved, tuple(paths))


def matmul(A1: Array, dZ2: Array, dW2: Array) -> tuple[float, list[str]]:
    """Tell why it is dZ2.T @ A1; return how far one entry is from its index formula, and which orders fit."""
    j, k = 3, 5
    by_index = sum(dZ2[i, j] * A1[i, k] for i in range(M))
    say(
        "1. Why dW2 = dZ2.T @ A1? The weight W2[j, k] leads from hidden unit k to class j, in every example i: "
        "Z2[i, j] = ... + A1[i, k] * W2[j, k] + ... So its gradient adds up, over the examples, what arrives at "
        "Z2[i, j] times A1[i, k]. A sum over the first index of both is what a product with .T in front computes."
    )
    table(
        ("", "value"),
        [
            (f"sum over i of dZ2[i, {j}] * A1[i, {k}]", f"{by_index:.12f}"),
            (f"(dZ2.T @ A1)[{j}, {k}]", f"{dW2[j, k]:.12f}"),
        ],
    )
    shapes = {"dZ2": dZ2.shape, "A1": A1.shape}
    rows = []
    for (left, right), (a, b) in product(permutations(shapes), product(("", ".T"), repeat=2)):
        first, second = shapes[left][:: -1 if a else 1], shapes[right][:: -1 if b else 1]
        if first[1] == second[0]:
            shape = (first[0], second[1])
            result, verdict = str(shape), "the gradient of W2" if shape == dW2.shape else "its transpose"
        else:
            result, verdict = "-", f"{first[1]} and {second[0]} do not fit"
        rows.append((f"{left}{a} @ {right}{b}", f"{first} @ {second}", result, verdict))
    fitting = [order for order, _, result, _ in rows if result == str(dW2.shape)]
    say(
        f"The shapes say the same: of all orders of dZ2 {dZ2.shape} and A1 {A1.shape}, one gives the shape {dW2.shape}:"
    )
    table(("product", "shapes", "result", ""), rows)
    return float(abs(by_index - dW2[j, k])), fitting


def softmax(p: Array, y: Array, label: int) -> float:
    """Tell why the logits' gradient is p - y; return how far the product with the Jacobian is from it."""
    J, dp = jacobian(p), -y / p
    say(
        f"2. Why p - y? Take one example, with the label {label}. The loss -log(p[{label}]) has the derivative -y/p: "
        f"one number, {dp[label]:.3f}, and nine zeros. Softmax has a 10x10 Jacobian, since every logit changes every "
        "probability: J = diag(p) - p p^T. Of it only the row of the label t counts, which is p[t] * (y - p), and "
        "the factor -1/p[t] turns it into p - y:"
    )
    table(
        ("class", *map(str, range(CLASSES))),
        [
            ("-y / p", *(f"{v + 0:.3f}" for v in dp)),
            ("J.T @ (-y/p)", *(f"{v:.3f}" for v in J.T @ dp)),
            ("p - y", *(f"{v:.3f}" for v in p - y)),
        ],
    )
    say(
        "The probability of the label cancels. That is why the two are taken together: -y/p alone is huge where p is "
        "tiny, and p - y never leaves -1 ... 1."
    )
    return float(np.abs(J.T @ dp - (p - y)).max())


def jacobian(p: Array) -> Array:
    """Compute the derivative of each probability (row) with respect to each logit (column): diag(p) - p p^T."""
    J: Array = np.diag(p) - np.outer(p, p)
    return J


def mean(X: Array, labels: Labels, parameters: Parameters) -> dict[str, float]:
    """Tell where 1/m goes; return by what each gradient is multiplied when every example is there twice."""
    once, twice = (
        digit_manual.backward(images, digits, parameters, digit_manual.forward(images, parameters))
        for images, digits in ((X, labels), (np.tile(X, (2, 1)), np.tile(labels, 2)))
    )
    halved = {}
    for name, a, b in zip(once._fields, once, twice, strict=True):
        halved[name] = float(np.linalg.norm(b[: len(a)]) / np.linalg.norm(a))
    say(
        f"3. Where does 1/m go? The loss is a mean, sum / m, so each example's loss gets the gradient 1/m = 1/{M}. "
        "That factor enters once, in dZ2 = (A2 - onehot) / m, and every later line is linear in dZ2, so it is carried "
        "along. dW and db then sum over m rows that each have it: they are means. Put each example into the "
        "batch twice:"
    )
    where = dict.fromkeys(("dZ2", "dA1", "dZ1"), "of each example")
    table(
        ("gradient", "is", "multiplied by"),
        [(name, where.get(name, "of a parameter"), f"{factor:.6f}") for name, factor in halved.items()],
    )
    say(
        "The rows of single examples halve, and the gradients of the parameters stay: the size of the batch does not "
        "change the size of a step. Dividing again at dW would make it 1/m^2."
    )
    return halved


def _indices(j: int, k: int) -> Figure:
    """Draw which entries meet in dW2[j, k], for a small batch."""
    drawing = figure(10, 4.6)
    axes = drawing.subplots()
    m, hidden, gap = 6, 8, 2.2
    middle = CLASSES + gap
    right = middle + hidden + gap
    _grid(axes, 0, (m, CLASSES), {(i, j): BLUE for i in range(m)}, "dZ2  (m, 10)")
    _grid(axes, middle, (m, hidden), {(i, k): VERMILION for i in range(m)}, "A1  (m, hidden)")
    _grid(axes, right, (CLASSES, hidden), {(j, k): GREEN}, "dW2  (10, hidden)")
    for i in range(m):
        axes.text(j + 0.5, -i - 0.5, f"{i}", ha="center", va="center", color="white", fontsize=9)
        axes.text(middle + k + 0.5, -i - 0.5, f"{i}", ha="center", va="center", color="white", fontsize=9)
    axes.text(CLASSES + gap / 2, -m / 2, "·", ha="center", va="center", fontsize=26)
    axes.text(right - gap / 2, -m / 2, "=", ha="center", va="center", fontsize=20)
    axes.text(j + 0.5, -m - 0.4, f"column j = {j}", ha="center", va="top", color=BLUE, fontsize=10)
    axes.text(middle + k + 0.5, -m - 0.4, f"column k = {k}", ha="center", va="top", color=VERMILION, fontsize=10)
    axes.text(right + hidden / 2, -CLASSES - 0.4, f"row j = {j}, column k = {k}", ha="center", va="top", color=GREEN)
    axes.set(xlim=(-0.2, right + hidden + 0.2), ylim=(-CLASSES - 1.3, 1.4), aspect="equal")
    axes.set_title("dW2[j, k] = sum over the examples i of dZ2[i, j] · A1[i, k]")
    axes.set_axis_off()
    return drawing


def _grid(axes: Axes, left: float, shape: tuple[int, int], coloured: dict[tuple[int, int], str], label: str) -> None:
    """Draw a matrix as boxes from 0 downwards, some of them coloured."""
    for i, j in np.ndindex(shape):
        colour = coloured.get((i, j), "white")
        axes.add_patch(Rectangle((left + j, -i - 1), 1, 1, facecolor=colour, edgecolor="#999999", linewidth=0.8))
    axes.text(left + shape[1] / 2, 0.3, label, ha="center", va="bottom", fontsize=11)


def _jacobian(p: Array, y: Array) -> Figure:
    """Draw the Jacobian, times -y/p, equals p - y; each with its own scale, as they differ in size."""
    drawing = figure(10, 4.8)
    matrix, before, after = drawing.subplots(1, 3, width_ratios=[10, 2.2, 2.2])
    columns = {
        "softmax's Jacobian, transposed\ndiag(p) − p pᵀ": (matrix, jacobian(p).T),
        "times\n−y / p": (before, (-y / p)[:, np.newaxis]),
        "equals\np − y": (after, (p - y)[:, np.newaxis]),
    }
    for title, (axes, array) in columns.items():
        limit = float(np.abs(array).max())
        axes.imshow(array, cmap="PuOr", vmin=-limit, vmax=limit, aspect="equal")
        axes.set_title(title, fontsize=11)
        axes.set_yticks(range(CLASSES))
        axes.set_xticks(range(CLASSES) if array.shape[1] > 1 else [])
        for (i, j), value in np.ndenumerate(array):
            colour = "white" if abs(value) > 0.6 * limit else "black"
            text = f"{value:.2f}".replace("0.", ".") if abs(value) < 1 else f"{value:.1f}"
            axes.text(
                j,
                i,
                "0" if abs(value) < 0.005 else text.replace("-", "−"),
                ha="center",
                va="center",
                color=colour,
                fontsize=8,
            )
    matrix.set(xlabel="probability of class", ylabel="logit of class")
    return drawing


if __name__ == "__main__":
    run(main)
