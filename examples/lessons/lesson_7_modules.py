"""Lesson 7: the same network from modules: 100 steps, equal to the bit.

    python -m examples.lessons.lesson_7_modules

Trains the network twice from the same weights, on the same batches: with the gradients derived by hand, and with those
of autodiff.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

import tinygrad_np as tg
from examples.compare_gradients import parameters_of
from examples.lessons.lesson import BLUE, YELLOW, bare, batch, figure, run, save, say, table
from models import digit_manual
from models.digit import DigitNet
from models.digit_manual import Array, Parameters
from tinygrad_np import nn, optim

IMAGES, M, HIDDEN, STEPS, RATE = 1500, 64, 10, 100, 0.1


class Result(NamedTuple):
    """What the lesson found."""

    losses_by_hand: list[float]
    losses_by_autodiff: list[float]
    equal_steps: int  # after how many steps all parameters were equal to the bit
    pictures: tuple[Path, ...]


def main(out: Path) -> Result:
    """Run the lesson; its picture goes to the folder `out`."""
    X, labels = batch(IMAGES, np.float32)
    tg.manual_seed(0)
    net = DigitNet(HIDDEN)
    optimizer = optim.SGD(net.parameters(), lr=RATE)
    by_hand = Parameters(*(parameter.copy() for parameter in parameters_of(net)))

    say("By hand, a step is the seven lines of lesson 3 and an update. From modules it is five lines for any network:")
    print(
        "  optimizer.zero_grad()\n  logits = net(images)\n  loss = nn.functional.cross_entropy(logits, labels)\n"
        "  loss.backward()\n  optimizer.step()\n"
    )

    rng = np.random.default_rng(0)
    losses: tuple[list[float], list[float]] = ([], [])
    equal = []
    for _ in range(STEPS):
        chosen = rng.choice(len(X), M, replace=False)
        images, digits = X[chosen], labels[chosen]

        losses[0].append(digit_manual.loss(digit_manual.forward(images, by_hand).Z2, digits))
        digit_manual.step(images, digits, by_hand, RATE)

        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(tg.tensor(images)), tg.tensor(digits))
        loss.backward()
        optimizer.step()
        losses[1].append(loss.item())
        equal.append(all(same_bits(a, b) for a, b in zip(by_hand, parameters_of(net), strict=True)))

    shown = (0, 1, 9, 49, STEPS - 1)
    table(
        ("step", "loss by hand", "loss by autodiff", "parameters"),
        [(i + 1, f"{losses[0][i]:.7f}", f"{losses[1][i]:.7f}", "same bits" if equal[i] else "DIFFER") for i in shown],
    )
    count = sum(parameter.size for parameter in by_hand)
    say(
        f"After {sum(equal)} of {STEPS} steps, all {count:,} parameters were equal to the last bit. Nothing is tuned "
        "to this network: autodiff applies the same formulas, in the same order, as the hand does."
    )
    if not all(equal):
        first = equal.index(False) + 1
        say(f"They parted at step {first}: this machine's BLAS adds up in an order of its own.")
    drawing = _picture(*losses, sum(equal))
    return Result(*losses, sum(equal), (save(drawing, out, "lesson_7_modules"),))


def same_bits(a: Array, b: Array) -> bool:
    """Tell whether two arrays have the same shape and the same bits."""
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def _picture(by_hand: list[float], by_autodiff: list[float], same: int) -> Figure:
    drawing = figure(8.5, 4.4)
    axes = drawing.subplots()
    steps = np.arange(1, STEPS + 1)
    axes.plot(steps, by_hand, color=YELLOW, linewidth=7, alpha=0.6, label="by hand")
    axes.plot(steps, by_autodiff, color=BLUE, linewidth=1.5, linestyle="--", label="by autodiff")
    axes.set(
        title=f"Parameters equal to the bit after {same} of {STEPS} steps", xlabel="step", ylabel="loss of the batch"
    )
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, loc="upper right")
    axes.grid(alpha=0.3)
    bare(axes)
    return drawing


if __name__ == "__main__":
    run(main)
