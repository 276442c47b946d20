"""The images a run trains and is tested on, in the form the network takes them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

import data
import tinygrad_np as tg
from data.digits import Digits, Images, Labels

SCRIPT_ROWS = 42_000  # of Kaggle's train.csv, which the script read; it held 1,000 of them out
SCRIPT_HELD_OUT = 1_000
TEST_SHARE = 7  # one image in seven is for testing, as in MNIST, where the data has no test images of its own


@dataclass(frozen=True)
class Split:
    """Images for training and testing: the pixels for pictures, the tensors for the network."""

    train_pixels: Images
    train_labels: Labels
    test_pixels: Images
    test_labels: Labels
    source: str

    def tensors(self) -> tuple[tg.Tensor, tg.Tensor, tg.Tensor, tg.Tensor]:
        """Return training images and labels, test images and labels, for the network."""
        return (
            as_input(self.train_pixels),
            tg.from_numpy(self.train_labels),
            as_input(self.test_pixels),
            tg.from_numpy(self.test_labels),
        )

    def fingerprint(self) -> str:
        """Return a digest of all that is trained on, by which a checkpoint recognises its data."""
        digest = hashlib.sha256(np.ascontiguousarray(self.train_pixels).data)
        digest.update(np.ascontiguousarray(self.train_labels).data)
        return digest.hexdigest()


def as_input(pixels: Images) -> tg.Tensor:
    """Return what the network is given: pixels / 255 as float32, shape (n, 784).

    >>> as_input(np.array([[0, 51, 255]], np.uint8))
    tensor([[0.0000, 0.2000, 1.0000]])
    """
    values = pixels.astype(np.float32)
    values /= 255
    return tg.from_numpy(values)


def split(digits: Digits) -> Split:
    """Return the data's own split; where it has no test images, one in seven, always the same, is held out.

    The split does not depend on the seed of a run, so that runs can be compared and `predict_digit` finds the same
    test images.
    """
    if len(digits.test_labels):
        parts = digits.train_images, digits.train_labels, digits.test_images, digits.test_labels
        return Split(*parts, digits.source)
    count = len(digits.train_labels) // TEST_SHARE
    return _held_out(digits, len(digits.train_labels), count, np.random.default_rng(0))


def script_split(digits: Digits, seed: int) -> Split:
    """Return the script's split: all rows shuffled, the first 1,000 held out, the rest for training.

    The script's rows were the 42,000 of Kaggle's file; of larger data, such as MNIST's 60,000 training images, the
    first 42,000 are taken. Of data with fewer than 7,000 rows only one in seven is held out.
    """
    rows = min(len(digits.train_labels), SCRIPT_ROWS)
    count = min(SCRIPT_HELD_OUT, rows // TEST_SHARE)
    return _held_out(digits, rows, count, np.random.default_rng(seed))


def _held_out(digits: Digits, rows: int, count: int, rng: np.random.Generator) -> Split:
    if not count:
        raise data.DataError(f"{rows} images ({digits.source}) are too few to hold some out for testing")
    parts = data.hold_out(digits.train_images[:rows], digits.train_labels[:rows], count, rng)
    return Split(*parts, f"{digits.source}; {count:,} of {rows:,} rows held out for testing")
