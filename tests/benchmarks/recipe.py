"""How the recipe of `examples.train_digit` was chosen: candidates, on 5,000 training images that are held back.

    python -m tests.benchmarks.recipe

The test images play no part in it. It needs MNIST; a candidate, six seeds of it, takes about 20 seconds. The names are
those of `examples.digit.options.Recipe`; what a candidate does not name is as in BASE. Seeds differ as much as
neighbouring candidates do; what matters is a warm-up, a rate that is not small, and enough epochs. Beyond a rate of 0.3
the network no longer learns on the embedded sample, whose images have more ink, so that is where the choice ends.
"""

import time
from dataclasses import replace

import numpy as np

import data
from examples.digit.dataset import Split
from examples.digit.options import parse
from examples.digit.training import Run

HELD_BACK = 5_000
SEEDS = range(100, 106)
BASE = {"epochs": 10, "batch_size": 64, "momentum": 0.5, "warm_up": 0.3}
BASE: dict[str, float | int] = {"epochs": 10, "batch_size": 64, "momentum": 0.5, "warm_up": 0.3}
CANDIDATES: tuple[dict[str, float | int], ...] = (
    {"lr": 0.2, "warm_up": 0.0},
    {"lr": 0.2, "warm_up": 0.1},
    {"lr": 0.2},
    {"lr": 0.3},
    {"lr": 0.4},
    {"lr": 0.6},
    {"lr": 0.4, "warm_up": 0.5},
    {"lr": 0.08, "momentum": 0.9},
    {"lr": 0.8, "momentum": 0.0},
    {"lr": 0.3, "batch_size": 32},
    {"lr": 0.6, "batch_size": 128},
    {"lr": 0.4, "epochs": 6},
    {"lr": 0.2, "epochs": 12},
    {"lr": 0.3, "epochs": 12},
    {"lr": 0.3, "epochs": 14, "batch_size": 100},
    {"lr": 0.5, "epochs": 15, "batch_size": 128},
)


def main() -> None:
    """Train with each candidate and print the accuracies on the images held back."""
    digits, options = data.load_digits(), parse([])
    held = data.hold_out(digits.train_images, digits.train_labels, HELD_BACK, np.random.default_rng(0))
    tensors = Split(*held, digits.source).tensors()
    print(f"{digits.source}\n{HELD_BACK:,} training images held back; seeds {SEEDS[0]} to {SEEDS[-1]}\n")
    print(f"{'candidate':<40}{'mean':>8}{'min':>8}{'max':>8}{'time':>10}")
    for candidate in CANDIDATES:
        start = time.perf_counter()
        found = []
        for seed in SEEDS:
            run = Run(replace(options, seed=seed, **BASE | candidate), *tensors)
            run.train()
            found.append(run.history[-1].test_accuracy)
        name = ", ".join(f"{name} {value}" for name, value in candidate.items())
        seconds = (time.perf_counter() - start) / len(SEEDS)
        print(f"{name:<40}{np.mean(found):>8.2f}{min(found):>8.2f}{max(found):>8.2f}{seconds:>8.1f} s", flush=True)


if __name__ == "__main__":
    main()
