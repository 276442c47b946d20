"""Small made-up digits, and runs on them."""

from dataclasses import replace

import numpy as np

from data.digits import Digits
from examples.digit.dataset import split
from examples.digit.options import parse
from examples.digit.training import Epoch, Run


def made_up(count: int = 70, tests: int = 20, seed: int = 0) -> Digits:
    """Digits whose pixels say which row they are: the first two are its number in base 256."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count + tests, 784), np.uint8)
    rows = np.arange(count + tests)
    images[:, 0], images[:, 1] = rows // 256, rows % 256
    labels = rng.integers(0, 10, count + tests)
    return Digits(images[:count], labels[:count], images[count:], labels[count:], "made up")


def rows_of(pixels: np.ndarray) -> list[int]:
    return (pixels[:, 0].astype(int) * 256 + pixels[:, 1]).tolist()


def parameters_of(run: Run) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in run.model.state_dict().items()}


def without_time(history: list[Epoch]) -> list[Epoch]:
    return [replace(line, seconds=0) for line in history]


def tiny(digits: Digits, **changed: object) -> Run:
    options = replace(parse([]), hidden=3, epochs=3, batch_size=16, **changed)
    return Run(options, *split(digits).tensors())
