"""Lesson 8: six wrong backward passes: what accuracy shows, and what `explain.compare` says.

    python -m examples.lessons.lesson_8_break_it

Each mistake is planted into the gradients derived by hand. Then the network is trained with it, and compared.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import tinygrad_np as tg
from examples.compare_gradients import parameters_of
from examples.lessons.lesson import BLUE, GREY, VERMILION, bare, batch, digits, figure, run, save, say, scaled, table
from models import digit_manual
from models.digit import DigitNet
from models.digit_manual import CLASSES, Array, Gradients, Labels, Parameters
from tinygrad_np import explain, nn

M, HIDDEN = 64, 10  # with 10 hidden units W2 is square: its transpose fits, and no shape gives it away
TRAINING_IMAGES, EPOCHS, RATE, SEEDS = 1500, 10, 0.1, 3
RIGHT = "the right one"


class Mistake(NamedTuple):
    """A wrong line, the gradient it makes wrong, and the cause that `explain.compare` should name."""

    gradient: str
    line: str
    cause: str


MISTAKES = {
    "bias": Mistake("db2", "db2 = dZ2.sum()", "summed over everything"),
    "mean": Mistake("dZ2", "dZ2 = A2 - onehot", "1/m missing"),
    "mask": Mistake("dZ1", "dZ1 = dA1", "activation mask missing"),
    "transpose": Mistake("dA1", "dA1 = dZ2 @ W2.T", "W used for W.T"),
    "softmax": Mistake("dZ2", "dZ2 = onehot * (A2 - 1) / m", "softmax treated elementwise"),
    "sign": Mistake("dZ2", "dZ2 = (onehot - A2) / m", "wrong sign"),
}


class Result(NamedTuple):
    """What the lesson found: for each mistake the first wrong gradient, the cause named, and the test accuracy."""

    verdicts: dict[str, tuple[str, str]]
    accuracy: dict[str, float]
    right_headline: str
    pictures: tuple[Path, ...]


def backward(X: Array, labels: Labels, parameters: Parameters, mistake: str = RIGHT) -> Gradients:
    """Compute the gradients as `models.digit_manual` does, with one line wrong."""
    Z1, A1, _, A2 = digit_manual.forward(X, parameters)
    W2, m = parameters.W2, len(X)
    onehot = np.eye(CLASSES, dtype=A2.dtype)[labels]
    dZ2 = (A2 - onehot) / m
    if mistake == "mean":
        dZ2 = A2 - onehot
    if mistake == "sign":
        dZ2 = (onehot - A2) / m
    if mistake == "softmax":  # dA2 * A2 * (1 - A2) with dA2 = -onehot / A2 / m, as if each probability had one logit
        dZ2 = onehot * (A2 - 1) / m
    dW2 = dZ2.T @ A1
    db2 = np.full(CLASSES, dZ2.sum()) if mistake == "bias" else dZ2.sum(0)
    dA1 = dZ2 @ W2.T if mistake == "transpose" else dZ2 @ W2
    dZ1 = dA1 if mistake == "mask" else dA1 * (Z1 > 0)
    dW1 = dZ1.T @ X
    db1 = dZ1.sum(0)
    return Gradients(dZ2, dW2, db2, dA1, dZ1, dW1, db1)


def main(out: Path) -> Result:
    """Run the lesson; its picture goes to the folder `out`."""
    say(
        "Six backward passes, each with one wrong line. All of them run: no shape gives them away. How well does the "
        f"network do after {EPOCHS} epochs with each (the mean of {SEEDS} starts), and what does "
        f"`explain.compare` say of one batch of {M} images?"
    )
    accuracy = {m: float(np.mean([trained(m, seed) for seed in range(SEEDS)])) for m in (RIGHT, *MISTAKES)}
    comparisons = {mistake: compared(mistake) for mistake in (RIGHT, *MISTAKES)}
    verdicts = {}
    for mistake in MISTAKES:
        first = comparisons[mistake].first_wrong
        assert first is not None, f"the mistake {mistake} was not noticed"
        verdicts[mistake] = (f"d{first.name}", first.cause.name if first.cause else "unknown")
    rows = [(RIGHT, _percent(accuracy[RIGHT]), "-", "-")]
    rows += [(MISTAKES[m].line, _percent(accuracy[m]), *verdicts[m]) for m in MISTAKES]
    table(("the line", "test accuracy", "first wrong", "cause, as compare names it"), rows)
    say(
        "Accuracy drops to guessing for some, and hardly changes for others: a network learns in spite of a wrong "
        "gradient, as long as it points roughly downhill. So the question is not whether it learns, but whether the "
        f"gradient is right. (Without 1/m, the steps are {M} times too long; with the wrong sign they go uphill.)"
    )
    say("All that compare says of the transposed weights:")
    print(f"{comparisons['transpose']}\n")
    say(
        "dZ1, dW1 and db1 differ as well, but only because dA1 does: they inherit its error. Who repairs dA1 has "
        "repaired them all."
    )
    drawing = _picture(accuracy, verdicts)
    return Result(verdicts, accuracy, comparisons[RIGHT].headline, (save(drawing, out, "lesson_8_break_it"),))


def compared(mistake: str) -> explain.Comparison:
    """Compare the gradients with this mistake with those of autodiff, on one batch."""
    X, labels = batch(M)
    tg.manual_seed(0)
    net = DigitNet(HIDDEN).to(tg.float64)
    wrong = backward(X, labels, parameters_of(net), mistake)

    def loss() -> Any:
        activations = net.activations(tg.tensor(X))
        for name, tensor in zip(
            ("Z1", "A1", "Z2", "W1", "b1", "W2", "b2"), (*activations, *net.parameters()), strict=True
        ):
            explain.name(tensor, name)
        return nn.functional.cross_entropy(activations.Z2, tg.tensor(labels))

    return explain.compare(loss, wrong._asdict())


def trained(mistake: str, seed: int) -> float:
    """Train with this mistake; return the share of the test images that the network then gets right."""
    found = digits()
    X, labels = scaled(found.train_images[:TRAINING_IMAGES]), found.train_labels[:TRAINING_IMAGES]
    rng = np.random.default_rng(seed)
    parameters = digit_manual.initialise(HIDDEN, rng, np.float64)
    for _ in range(EPOCHS):
        for chosen in np.array_split(rng.permutation(len(X)), len(X) // M):
            _, dW2, db2, _, _, dW1, db1 = backward(X[chosen], labels[chosen], parameters, mistake)
            for parameter, gradient in zip(parameters, (dW1, db1, dW2, db2), strict=True):
                parameter -= RATE * gradient
    guesses = digit_manual.forward(scaled(found.test_images), parameters).Z2.argmax(1)
    return float((guesses == found.test_labels).mean())


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _picture(accuracy: dict[str, float], verdicts: dict[str, tuple[str, str]]) -> Figure:
    drawing = figure(10.5, 4.4)
    axes = drawing.subplots()
    lines = [RIGHT if mistake == RIGHT else MISTAKES[mistake].line for mistake in accuracy]
    percent = [100 * share for share in accuracy.values()]
    bars = axes.barh(lines, percent, color=[BLUE, *[VERMILION] * len(MISTAKES)], height=0.6)
    axes.bar_label(bars, fmt="%.1f %%", padding=4)
    axes.invert_yaxis()
    axes.axvline(100 / CLASSES, color=GREY, linestyle=":")
    axes.text(100 / CLASSES + 0.8, -0.5, "guessing", color=GREY, fontsize=9, va="bottom")
    for row, mistake in enumerate(accuracy):
        said = "all gradients equal" if mistake == RIGHT else "{} is wrong: {}".format(*verdicts[mistake])
        axes.text(112, row, said, va="center", color=BLUE if mistake == RIGHT else VERMILION)
    axes.text(112, -0.9, "what explain.compare says", va="bottom", fontweight="bold")
    axes.set(xlim=(0, 175), xticks=range(0, 101, 20), xlabel="test accuracy, %")
    axes.xaxis.set_label_coords(50 / 175, -0.11)
    axes.set_yticks(range(len(lines)), lines, family="monospace")
    bare(axes)
    axes.spines["bottom"].set_bounds(0, 100)
    return drawing


if __name__ == "__main__":
    run(main)
