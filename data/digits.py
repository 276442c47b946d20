"""What loading returns: images and labels as plain arrays, and the split of them at random."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE = 28
PIXELS = SIDE * SIDE
CLASSES = 10

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


class DataError(ValueError):
    """Digit data that is missing or malformed; the message names the file, and the row and column where it has them."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Labelled digits for training and for testing, in read-only arrays, one example a row.

    Attributes
    ----------
    train_images, test_images : uint8 array, shape (n, 784)
        Grey values from 0 (background) to 255 (ink), the 28 rows of an image one after the other.
    train_labels, test_labels : int64 array, shape (n,)
        The digit each image shows, 0 to 9.
    source : str
        A phrase for people: which data this is, how much of it, and where it came from.

    A file in Kaggle's form has no test split: all its rows are for training, and the test arrays have no rows.

    Examples
    --------
    >>> digits = Digits(np.zeros((2, 784), np.uint8), np.array([3, 7]),
    ...                 np.zeros((0, 784), np.uint8), np.array([], np.int64), "two empty images")
    >>> digits.train_labels.flags.writeable
    False
    """

    train_images: Images
    train_labels: Labels
    test_images: Images
    test_labels: Labels
    source: str

    def __post_init__(self) -> None:
        for name in ("train_images", "train_labels", "test_images", "test_labels"):
            view = getattr(self, name).view()  # a view, so that the caller's own array stays writable
            view.flags.writeable = False
            object.__setattr__(self, name, view)


def hold_out(images: Images, labels: Labels, n: int, rng: np.random.Generator) -> tuple[Images, Labels, Images, Labels]:
    """Shuffle the examples and hold the first `n` of them out.

    Parameters
    ----------
    images : array, shape (m, 784)
        One example a row.
    labels : array, shape (m,)
        The label of each row.
    n : int
        How many to hold out, with 0 < n < m.
    rng : numpy.random.Generator
        Draws the one permutation that is used; the same state gives the same split.

    Returns
    -------
    tuple of four arrays
        The other m - n images and labels, then the n held-out images and labels: copies, in shuffled order.

    Raises
    ------
    ValueError
        If images and labels differ in number, or nothing would be left on one side.

    Examples
    --------
    >>> images, labels = np.zeros((5, 784), np.uint8), np.arange(5)
    >>> train_images, train_labels, held_images, held_labels = hold_out(images, labels, 2, np.random.default_rng(0))
    >>> train_images.shape, held_images.shape, sorted([*train_labels, *held_labels]) == [0, 1, 2, 3, 4]
    ((3, 784), (2, 784), True)
    """
    if len(images) != len(labels):
        raise ValueError(f"hold_out: {len(images):,} images but {len(labels):,} labels; give one label for each image")
    if not 0 < n < len(images):
        raise ValueError(
            f"hold_out: n is {n}; with {len(images):,} examples it must be between 1 and {len(images) - 1:,}"
        )
    order = rng.permutation(len(images))
    held, kept = order[:n], order[n:]
    return images[kept], labels[kept], images[held], labels[held]
