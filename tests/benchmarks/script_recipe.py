"""The script that was replaced, in float64 as it was, against `--recipe script`: time a step, and accuracy."""

import time
from dataclasses import replace
from statistics import median

import numpy as np

import data
from examples.digit.dataset import SCRIPT_ROWS, script_split
from examples.digit.options import parse
from examples.digit.training import Run
from models import digit_script
from tests.benchmarks.timing import report

STEPS, ROUNDS = 25, 7


class Clock:
    """Notes the time whenever it is called."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, *ignored: object) -> None:
        self.times.append(time.perf_counter())

    def between(self) -> float:
        """Return the mean time between two calls, in seconds."""
        return (self.times[-1] - self.times[0]) / (len(self.times) - 1)


def main() -> bool:
    digits = data.load_digits()
    images, labels = digits.train_images[:SCRIPT_ROWS], digits.train_labels[:SCRIPT_ROWS]
    if len(labels) != SCRIPT_ROWS:
        print(f"script_recipe: the script had {SCRIPT_ROWS:,} images; found {digits.source}")
        return False
    script, ours = [], []
    theirs_right, ours_right = [], []
    for seed in range(ROUNDS):
        # Only the steps are timed, which both report on: from the first report to the last.
        times = Clock()
        rng = np.random.default_rng(seed)
        _, right = digit_script.train(images, labels, rng, steps=STEPS + 1, report=times)
        script.append(times.between() / 10)
        theirs_right.append(100 * right)

        options = replace(parse(["--recipe", "script"]), seed=seed, epochs=STEPS + 1)
        run = Run(options, *script_split(digits, seed).tensors())
        times = Clock()
        run.train(on_step=times)
        ours.append(times.between())
        ours_right.append(run.history[-1].test_accuracy)
    detail = f"{1e3 * median(script):.0f} ms, {1e3 * median(ours):.0f} ms a step"
    held = report(
        "--recipe script: time, against the script (limit: a third)",
        median(ours) / median(script),
        1 / 3,
        detail=detail,
    )
    accuracies = f"script {np.mean(theirs_right):.1f} %, ours {np.mean(ours_right):.1f} %"
    print(f"    after {STEPS + 1} steps, held-out accuracy: {accuracies}")
    return held


if __name__ == "__main__":
    main()
