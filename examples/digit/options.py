"""The options of the training command, and their checks."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

OUT = Path("runs/digit")


@dataclass(frozen=True)
class Recipe:
    """What a recipe prescribes unless an option says otherwise."""

    epochs: int
    batch_size: int | None  # None: all training images at once, in their order
    lr: float
    momentum: float
    warm_up: float | None  # the share of the steps in which the rate rises, before it falls; None: the rate is constant
    report_every: int  # epochs between two lines, each with an evaluation and a checkpoint


RECIPES = {
    # Chosen on 5,000 held-back training images: see tests/benchmarks/recipe.py.
    "default": Recipe(epochs=14, batch_size=100, lr=0.3, momentum=0.5, warm_up=0.3, report_every=1),
    # What the script did that this project replaces: 500 steps, each on all images, at one rate.
    "script": Recipe(epochs=500, batch_size=None, lr=0.1, momentum=0.0, warm_up=None, report_every=10),
}


@dataclass(frozen=True)
class Options:
    """Everything that decides how a run goes, and where its files are written."""

    recipe: str
    hidden: int
    epochs: int
    batch_size: int | None
    lr: float
    momentum: float
    seed: int
    warm_up: float | None
    report_every: int
    data: str | None = None
    out: Path = OUT
    resume: bool = False


class OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line and exit status 2, without the usage before them."""

    def error(self, message: str) -> NoReturn:
        """Print the message and exit."""
        self.exit(2, f"{self.prog}: error: {' '.join(message.split())}\n")


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low:,} to {high:,}, got {text!r}")
        return number

    return read


def rate(text: str) -> float:
    """Read a learning rate: a finite number above 0."""
    number = _number(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a finite number above 0, got {text!r}")
    return number


def momentum(text: str) -> float:
    """Read a momentum: a number from 0, below 1."""
    number = _number(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0, below 1, got {text!r}")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def parser() -> OneLineParser:
    """Return the parser of the command line."""
    made = OneLineParser(
        prog="train_digit",
        description="Train the digit network and write weights, history and pictures.",
        allow_abbrev=False,
    )
    default = RECIPES["default"]
    add = made.add_argument
    add("--recipe", choices=sorted(RECIPES), default="default", help="script: as the script that was replaced did it")
    add("--data", metavar="PATH", help="folder or CSV file with digits (default: searched for, see data/README.md)")
    add("--hidden", type=whole(1, 10_000), default=10, metavar="N", help="hidden units (default: 10)")
    add("--epochs", type=whole(1, 100_000), metavar="N", help=f"passes over the data (default: {default.epochs})")
    add("--batch-size", type=whole(1, 10**9), metavar="N", help=f"images a step (default: {default.batch_size})")
    add("--lr", type=rate, metavar="RATE", help=f"learning rate (default: {default.lr})")
    add("--momentum", type=momentum, metavar="M", help=f"of the optimizer (default: {default.momentum})")
    add("--seed", type=whole(0, 2**32 - 1), default=0, metavar="N", help="of weights and shuffling (default: 0)")
    add("--out", type=Path, default=OUT, metavar="DIR", help=f"folder for the results (default: {OUT})")
    add("--resume", action="store_true", help="go on from the checkpoint in that folder, with the same options")
    return made


def parse(arguments: Sequence[str] | None) -> Options:
    """Read the command line; whatever is not given comes from the recipe."""
    given = vars(parser().parse_args(arguments))
    recipe = RECIPES[given["recipe"]]
    given = asdict(recipe) | {name: value for name, value in given.items() if value is not None}
    return Options(**given)
