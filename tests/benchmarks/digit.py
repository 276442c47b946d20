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
import tinygrad_np as tg
from examples.digit.dataset import split
from examples.digit.options import Options, parse
from examples.digit.training import Run, rate_factor
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


def train_by_hand(options: Options, tensors: tuple[tg.Tensor, ...]) -> tuple[float, float, float]:
    """Train one epoch as `Run` does, in plain NumPy: rate, momentum, loss, accuracy on the way and on the test images.

    Returns the three numbers of a line of the history.
    """
    X, labels, X_test, labels_test = (tensor.numpy() for tensor in tensors)
    rng = np.random.default_rng(0)
    parameters = digit_manual.initialise(options.hidden, rng)
    velocities = [np.zeros_like(parameter) for parameter in parameters]
    size = options.batch_size or len(X)
    factor = rate_factor(-(-len(X) // size), options.warm_up)
    order = rng.permutation(len(X))
    loss_sum, right = 0.0, 0
    for step, start in enumerate(range(0, len(X), size)):
        batch = order[start : start + size]
        X_batch, labels_batch = X[batch], labels[batch]
        activations = digit_manual.forward(X_batch, parameters)
        loss_sum += digit_manual.loss(activations.Z2, labels_batch) * len(batch)
        right += np.count_nonzero(activations.A2.argmax(1) == labels_batch)
        _, dW2, db2, _, _, dW1, db1 = digit_manual.backward(X_batch, labels_batch, parameters, activations)
        rate = options.lr * factor(step)
        for parameter, gradient, velocity in zip(parameters, (dW1, db1, dW2, db2), velocities, strict=True):
            velocity *= options.momentum
            velocity += gradient
            parameter -= rate * velocity
    test = np.mean(digit_manual.forward(X_test, parameters).A2.argmax(1) == labels_test)
    return loss_sum / len(X), 100 * right / len(X), 100 * float(test)


def main() -> bool:
    digits = data.load_digits()
    if len(digits.train_labels) != 60_000:
        print(f"digit: these figures are about MNIST; found {digits.source}")
        return False
    tensors = split(digits).tensors()
    options = parse([])
    one_epoch = replace(options, epochs=1)
    ours, hand = interleaved(
        lambda: Run(one_epoch, *tensors).train(), lambda: train_by_hand(one_epoch, tensors), rounds=15, calls=1
    )
    detail = f"{ours:.3f} s, {hand:.3f} s; {options.epochs} epochs"
    verdicts = [report("make digit: an epoch, against the same loop in NumPy", ours / hand, 1.5, detail=detail)]
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
