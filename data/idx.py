"""Reading MNIST's own file format, IDX, raw or compressed with gzip.

An IDX file is a header of big-endian 32-bit numbers and then the values, one unsigned byte each:
the magic number (0x0803 for three dimensions, 0x0801 for one), then the length of every dimension.
See Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits".
"""

import gzip
import hashlib
import math
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.digits import CLASSES, PIXELS, SIDE, DataError, Images, Labels

IMAGES_MAGIC = 0x0803
LABELS_MAGIC = 0x0801

# The four files of MNIST and the SHA-256 of their contents once decompressed; the bytes of a .gz differ by mirror.
MNIST = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


class IdxDigits(NamedTuple):
    """The content of the four files, and what they are."""

    train_images: Images
    train_labels: Labels
    test_images: Images
    test_labels: Labels
    foreign: list[Path]  # the files whose content is not MNIST's by its SHA-256
    form: str  # "IDX" or "IDX .gz"


def find(folder: Path) -> list[Path]:
    """Return the four IDX files in `folder`, in MNIST's order, or an empty list if it has none of them.

    A raw file is preferred to its .gz. Raises DataError if some of the four are there and others are not.
    """
    found, missing = [], []
    for name in MNIST:
        candidates = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
        if candidates:
            found.append(candidates[0])
        else:
            missing.append(name)
    if found and missing:
        raise DataError(f"{folder}: no file {' or '.join(missing)} (raw or .gz); all four IDX files are needed")
    return found


def read(paths: list[Path]) -> IdxDigits:
    """Read the four files that `find` returned, raising DataError if one is malformed or two do not fit together."""
    # Decompression and hashing release Python's lock. The first file takes as long as the other three together.
    with ThreadPoolExecutor(max_workers=2) as pool:
        contents = list(pool.map(_content, paths))
    train_images, test_images = (_images(contents[i].data, paths[i]) for i in (0, 2))
    train_labels, test_labels = (_labels(contents[i].data, paths[i]) for i in (1, 3))
    _check_same_number(train_images, paths[0], train_labels, paths[1])
    _check_same_number(test_images, paths[2], test_labels, paths[3])
    files = zip(paths, contents, MNIST.values(), strict=True)
    foreign = [path for path, content, sha256 in files if content.sha256 != sha256]
    form = "IDX .gz" if any(path.suffix == ".gz" for path in paths) else "IDX"
    return IdxDigits(train_images, train_labels, test_images, test_labels, foreign, form)


class _Content(NamedTuple):
    data: bytes
    sha256: str


def _content(path: Path) -> _Content:
    data = path.read_bytes()
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path}: the gzip file is cut or damaged ({error}); fetch it again") from error
    return _Content(data, hashlib.sha256(data).hexdigest())


def _images(content: bytes, path: Path) -> Images:
    values, (_, height, width) = _values(content, path, IMAGES_MAGIC, dimensions=3)
    if (height, width) != (SIDE, SIDE):
        raise DataError(f"{path}: the images are {height}x{width}; expected {SIDE}x{SIDE}")
    return values.reshape(-1, PIXELS)


def _labels(content: bytes, path: Path) -> Labels:
    values, _ = _values(content, path, LABELS_MAGIC, dimensions=1)
    wrong = np.flatnonzero(values >= CLASSES)
    if len(wrong):
        row = wrong[0]
        raise DataError(f"{path}: label {row + 1:,} of {len(values):,} is {values[row]}; expected 0 to {CLASSES - 1}")
    return values.astype(np.int64)


def _values(content: bytes, path: Path, magic: int, dimensions: int) -> tuple[NDArray[np.uint8], tuple[int, ...]]:
    """Check header and length; return the values, flat, and the length of each dimension."""
    header_size = 4 * (1 + dimensions)
    found = int.from_bytes(content[:4], "big")
    if len(content) >= 4 and found != magic:
        kind = "images" if magic == IMAGES_MAGIC else "labels"
        raise DataError(f"{path}: magic number 0x{found:08x}; an IDX file of {kind} starts with 0x{magic:08x}")
    if len(content) < header_size:
        raise DataError(f"{path}: cut after {len(content)} bytes, within the header of {header_size}; fetch it again")
    lengths = struct.unpack(f">{dimensions}I", content[4:header_size])
    if 0 in lengths:
        raise DataError(f"{path}: dimensions {lengths}, so there is nothing in it")
    expected = header_size + math.prod(lengths)
    if len(content) != expected:
        problem = "cut" if len(content) < expected else "too long"
        raise DataError(
            f"{path}: {problem}: {len(content):,} bytes, where the header's dimensions {lengths} "
            f"make {expected:,}; fetch it again"
        )
    return np.frombuffer(content, np.uint8, offset=header_size), lengths


def _check_same_number(images: Images, images_path: Path, labels: Labels, labels_path: Path) -> None:
    if len(images) != len(labels):
        raise DataError(
            f"{images_path} has {len(images):,} images but {labels_path} has {len(labels):,} labels; "
            "the two files do not belong together"
        )
