"""The embedded sample: 1,797 real digits, small enough to be part of the project."""

from pathlib import Path

import numpy as np

from data.digits import SIDE, Digits, Images

SAMPLE = Path(__file__).with_name("optical_digits.npz")
TRAINING_IMAGES = 1500


def load_sample(origin: str) -> Digits:
    """Return the embedded sample: the first 1,500 images for training and the last 297 for testing.

    `origin` ends the sentence in `Digits.source`.
    """
    with np.load(SAMPLE) as arrays:
        images, labels = enlarge(arrays["images"]), arrays["labels"].astype(np.int64)
    n = TRAINING_IMAGES
    what = f"UCI optical digits, {n:,} + {len(images) - n} images enlarged from 8x8 to {SIDE}x{SIDE}"
    return Digits(images[:n], labels[:n], images[n:], labels[n:], f"{what}, {origin}")


def enlarge(images: Images) -> Images:
    """Bring images of 8x8 with values 0 to 16 to MNIST's form, 28x28 with values 0 to 255, as rows of 784.

    Every pixel becomes a block of 3x3, and a margin of 2 is left on each side, as MNIST leaves one of 4.

    Examples
    --------
    >>> full = enlarge(np.full((1, 8, 8), 16, np.uint8)).reshape(28, 28)
    >>> full[2:26, 2:26].min(), int(full.sum()) == 24 * 24 * 255
    (np.uint8(255), True)
    """
    grey = np.rint(images * (255 / 16)).astype(np.uint8)
    blocks = grey.repeat(3, axis=1).repeat(3, axis=2)
    return np.pad(blocks, ((0, 0), (2, 2), (2, 2))).reshape(len(images), -1)
