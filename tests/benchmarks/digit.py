"""The main job on MNIST: training against the same loop in NumPy, the time of the whole process, the test accuracy."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

import data
from examples.digit.dataset import split
from examples.digit.options import parse
from examples.digit.training import Run
from models import digit_manual
from tests.benchmarks.timing import interleaved, report

ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(10)


def whole_process() -> float:
    """Return the seconds that the command takes from start to exit, with the threads a user has."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "examples.train_digit", "--out", folder]
        start = time.perf_counter()
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        return time.perf_counter() - start


def main() -> bool:
    digits = data.load_digits()
    if len(digits.train_labels) != 60_000:
        print(f"digit: these figures are about MNIST; found {digits.source}")
        return False
    tensors = split(digits).tensors()
    options = parse([])
    X, labels = (tensor.numpy() for tensor in tensors[:2])

    def by_hand() -> None:
        """The loop alone: no schedule, no loss, no accuracy."""
        rng = np.random.default_rng(0)
        digit_manual.train(
            X,
            labels,
            digit_manual.initialise(options.hidden, rng),
            epochs=1,
            batch=options.batch_size or len(X),
            rate=options.lr / 2,
            momentum=options.momentum,
            rng=rng,
        )

    one_epoch = replace(options, epochs=1)
    ours, hand = interleaved(lambda: Run(one_epoch, *tensors).train(), by_hand, rounds=9, calls=1)
    verdicts = [
        report(
            "make digit: an epoch, against the loop in NumPy",
            ours / hand,
            1.5,
            detail=f"{ours:.3f} s, {hand:.3f} s; {options.epochs} epochs",
        )
    ]
    seconds = median(whole_process() for _ in range(3))
    verdicts.append(report("make digit: the whole process", seconds, 8, unit="s"))

    found = []
    for seed in SEEDS:
        run = Run(replace(options, seed=seed), *tensors)
        run.train()
        found.append(run.history[-1].test_accuracy)
    # Limits are upper ones: of the mistakes, in percent.
    each = " ".join(f"{accuracy:.2f}" for accuracy in found)
    verdicts.append(report("make digit: mistakes, mean of ten seeds", 100 - np.mean(found), 6, unit="%"))
    verdicts.append(report("make digit: mistakes, the worst seed", 100 - min(found), 7, unit="%"))
    print(f"    test accuracy, seeds {SEEDS[0]} to {SEEDS[-1]}: mean {np.mean(found):.2f}; {each}")
    return all(verdicts)


if __name__ == "__main__":
    main()
