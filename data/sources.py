"""Where digit data is looked for, in order."""

import logging
import os
import textwrap
import zlib
from pathlib import Path

import numpy as np

from data import download, idx, kaggle
from data.digits import PIXELS, DataError, Digits
from data.sample import SAMPLE, load_sample

ENVIRONMENT = "TINYGRAD_NP_DATA"
FOLDER = Path(__file__).parent

logger = logging.getLogger(__name__)


def load_digits(path: str | os.PathLike[str] | None = None) -> Digits:
    """Load digit images with their labels from the first source that is there.

    The order is: `path`; the environment variable TINYGRAD_NP_DATA; ``data/train.csv``; ``data/mnist/``; MNIST from the
    download cache, which is filled on first use; and, if that fails, the small embedded sample, after a warning through
    `logging`. A source that is named (`path`, TINYGRAD_NP_DATA) or present but unusable is an error; it is never
    passed over.

    Parameters
    ----------
    path : path-like, optional
        A folder with ``train.csv`` or with the four IDX files of MNIST or of a set like it (raw or .gz; if a folder has
        both, ``train.csv`` is taken), or a CSV file in Kaggle's form, or `data.SAMPLE` for the embedded sample.
        TINYGRAD_NP_DATA may hold the same.

    Returns
    -------
    Digits
        uint8 images of shape (n, 784) with values 0 to 255, int64 labels of shape (n,), for training and for testing,
        and a sentence on where they came from. From a CSV file all rows are for training and the test arrays have no
        rows; use `hold_out`.

    Raises
    ------
    DataError
        If a named source has no data, or a file is malformed; the message names file, row and column.
    ImportError
        If a CSV file is to be read and pandas or pooch is not installed.

    Examples
    --------
    >>> digits = load_digits(SAMPLE)
    >>> digits.train_images.shape, digits.train_images.dtype, digits.test_labels.shape
    ((1500, 784), dtype('uint8'), (297,))
    """
    if path is not None:
        return _load_named(Path(path), str(path))
    environment = os.environ.get(ENVIRONMENT)
    if environment:
        return _load_named(Path(environment), ENVIRONMENT)
    if (FOLDER / "train.csv").is_file():
        return _load_csv(FOLDER / "train.csv", "data/train.csv")
    if files := idx.find(FOLDER / "mnist"):
        return _load_idx(files, "data/mnist", only_mnist=True)
    return _load_downloaded()


def _load_named(path: Path, origin: str) -> Digits:
    """Load what the user named, a folder or a file; messages name `origin` as well as the path."""
    named = f"{path} (from {ENVIRONMENT})" if origin == ENVIRONMENT else str(path)
    if not path.exists():
        raise DataError(f"{named}: no such file or folder")
    if path.is_file():
        if path.samefile(SAMPLE):
            return load_sample(f"the embedded sample, from {origin}")
        if path.suffix == ".csv":
            return _load_csv(path, origin)
        raise DataError(f"{named}: not a .csv file; for IDX files, give the folder that holds the four of them")
    if (path / "train.csv").is_file():
        return _load_csv(path / "train.csv", origin)
    if files := idx.find(path):
        return _load_idx(files, origin)
    raise DataError(f"{named}: no digits there; looked for train.csv and {', '.join(idx.MNIST)} (raw or .gz)")


def _load_csv(path: Path, origin: str) -> Digits:
    images, labels = kaggle.read_csv(path)
    no_images, no_labels = np.empty((0, PIXELS), np.uint8), np.empty(0, np.int64)
    return Digits(images, labels, no_images, no_labels, f"{len(images):,} images, from {origin} (CSV, no test split)")


def _load_idx(files: list[Path], origin: str, *, only_mnist: bool = False) -> Digits:
    content = idx.read(files)
    if content.foreign and only_mnist:
        raise DataError(
            f"{content.foreign[0]}: not MNIST's file, by its SHA-256; fetch it again, "
            f"or keep another data set in a folder of its own and name that folder"
        )
    name = "not MNIST by SHA-256" if content.foreign else "MNIST"
    count = f"{len(content.train_images):,} + {len(content.test_images):,} images"
    return Digits(
        content.train_images,
        content.train_labels,
        content.test_images,
        content.test_labels,
        f"{name}, {count}, from {origin} ({content.form})",
    )


def _load_downloaded() -> Digits:
    """Load MNIST from the download cache, or else the embedded sample with a warning of one line."""
    try:
        files = download.fetch()
    except (ImportError, OSError, EOFError, zlib.error, ValueError) as error:
        reason = textwrap.shorten(f"{type(error).__name__}: {error}", 240)
        logger.warning(
            "MNIST could not be downloaded (%s); using the small embedded sample instead. "
            "To use data of your own, set %s to its folder.",
            reason,
            ENVIRONMENT,
        )
        return load_sample("the embedded sample, as MNIST could not be downloaded")
    return _load_idx(files, "the download cache", only_mnist=True)
