"""Kaggle's form of MNIST: a CSV file with the columns label, pixel0, ... pixel783, one image a row.

After the header, a file consists of digits, commas and line ends, and of nothing else: no quotes, blanks, signs or
fractions. Two parsers read it. pandas takes 4 MB at a time and is fast, but forgives a lot; so what it returns is
checked, and a block in doubt is read again, field by field, by the parser that defines what is accepted and says what
is wrong and where. Rows are numbered as an editor shows them: the header is row 1.
"""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data import cache
from data.digits import CLASSES, PIXELS, DataError, Images, Labels
from data.files import write_atomically

COLUMNS = ("label", *(f"pixel{i}" for i in range(PIXELS)))
LIMITS = (CLASSES - 1, *(255 for _ in range(PIXELS)))
HEADER = ",".join(COLUMNS).encode()
BLOCK = 1 << 22  # bytes: smaller blocks cost more calls, larger ones more memory, neither is faster

# Part of the cache's key; to be raised whenever what is stored, or what is accepted, changes.
CACHE_FORMAT = 1


def read_csv(path: Path) -> tuple[Images, Labels]:
    """Read a file in Kaggle's form: uint8 images of shape (n, 784), int64 labels of shape (n,).

    The result is kept in the cache under the SHA-256 of the file's content. Raises DataError, with row and column,
    if the file is malformed, and ImportError if pandas is not installed.
    """
    content = path.read_bytes()
    key = f"kaggle-{CACHE_FORMAT}-{hashlib.sha256(content).hexdigest()}"
    table: NDArray[np.uint8]
    cached = cache.load(key)
    if cached is None:
        table = _parse(content, path)
        cache.store(key, table.tobytes())
    else:
        table = np.frombuffer(cached, np.uint8).reshape(-1, len(COLUMNS))
    return np.ascontiguousarray(table[:, 1:]), table[:, 0].astype(np.int64)


def to_csv(images: ArrayLike, labels: ArrayLike, path: str | os.PathLike[str]) -> None:
    r"""Write images and labels as a CSV file in Kaggle's form, byte for byte as Kaggle's own is laid out.

    The first line is ``label,pixel0,...,pixel783``; every line ends in ``\n``. The file appears at `path`, in place
    of one that was there, only once it is complete.

    Parameters
    ----------
    images : array of uint8, shape (n, 784)
        Grey values, 0 to 255.
    labels : array of integers, shape (n,)
        Digits, 0 to 9.
    path : path-like
        The file to write.

    Raises
    ------
    TypeError
        If the images are not uint8 or the labels not integers (nothing is cast).
    ValueError
        If a shape is wrong or a label is not from 0 to 9.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_csv(np.full((1, 784), 255, np.uint8), [7], Path(folder, "train.csv"))
    ...     Path(folder, "train.csv").read_text().splitlines()[1][:9]
    '7,255,255'
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.dtype != np.uint8:
        raise TypeError(f"to_csv: images are {images.dtype}; expected uint8, grey values from 0 to 255")
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"to_csv: labels are {labels.dtype}; expected integers from 0 to {CLASSES - 1}")
    if images.ndim != 2 or images.shape[1] != PIXELS or labels.shape != images.shape[:1]:
        raise ValueError(
            f"to_csv: images have shape {images.shape} and labels {labels.shape}; expected (n, {PIXELS}) and (n,)"
        )
    wrong = np.flatnonzero((labels < 0) | (labels >= CLASSES))
    if len(wrong):
        raise ValueError(f"to_csv: labels[{wrong[0]}] is {labels[wrong[0]]}; expected 0 to {CLASSES - 1}")

    table = np.column_stack([labels.astype(np.uint8), images])
    text = [str(value) for value in range(256)]
    with write_atomically(Path(path)) as file:
        file.write(HEADER + b"\n")
        for row in table:
            line = ",".join(map(text.__getitem__, row.tobytes()))  # iterating over bytes gives Python's integers
            file.write(line.encode() + b"\n")


def _parse(content: bytes, path: Path) -> NDArray[np.uint8]:
    """Return the whole table, labels in the first column."""
    header, _, body = content.partition(b"\n")
    _check_header(header, path)
    if not body:
        raise DataError(f"{path}: a header without rows; expected at least one image")
    tables: list[NDArray[np.uint8]] = []
    first_row = 2
    for block in _blocks(body):
        table = _parse_fast(block)
        if table is None:
            table = _parse_strictly(block, path, first_row)
        tables.append(table)
        first_row += len(table)
    return np.concatenate(tables)


def _check_header(line: bytes, path: Path) -> None:
    names = line.removesuffix(b"\r").decode("utf-8", errors="replace").split(",")
    if names == list(COLUMNS):
        return
    missing = [name for name in COLUMNS if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    problems = []
    if missing:
        problems.append(f"no column {_shortened(missing)}")
    if unknown:
        problems.append(f"unknown column {_shortened(unknown)}")
    if not problems:
        column = next(i for i, name in enumerate(names) if i >= len(COLUMNS) or name != COLUMNS[i])
        problems.append(f"column {column + 1} is {names[column]!r}, out of order or twice")
    raise DataError(f"{path}, row 1: {'; '.join(problems)}; the header must be label,pixel0,...,pixel{PIXELS - 1}")


def _shortened(names: list[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _blocks(body: bytes) -> Iterator[bytes]:
    """Cut at line ends into pieces of about BLOCK bytes."""
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + BLOCK) + 1 or len(body)
        yield body[start:end]
        start = end


def _parse_fast(block: bytes) -> NDArray[np.uint8] | None:
    """Return the rows of a block that is beyond doubt, else None."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError("reading a CSV file needs pandas: pip install 'tinygrad_np[examples]'") from error
    if block.translate(None, delete=b"0123456789,\r\n"):  # something else is in it: a sign, a point, text
        return None
    try:
        # A row longer than the one before it raises; a shorter one is filled with NaN, which makes its column float.
        table = pd.read_csv(io.BytesIO(block), header=None, skip_blank_lines=False).to_numpy()
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        return None
    if table.dtype != np.int64 or table.shape[1] != len(COLUMNS):
        return None
    if table.max() > 255 or table[:, 0].max() >= CLASSES:  # without signs in the text, nothing is below 0
        return None
    return table.astype(np.uint8)


def _parse_strictly(block: bytes, path: Path, first_row: int) -> NDArray[np.uint8]:
    """Return the rows of a block, or raise DataError that says which field is wrong."""
    lines = block.splitlines()
    table = np.empty((len(lines), len(COLUMNS)), np.uint8)
    for i, line in enumerate(lines):
        fields = line.split(b",")
        if len(fields) != len(COLUMNS):
            raise DataError(
                f"{path}, row {first_row + i}: {len(fields) if line else 0} columns, expected {len(COLUMNS)}; "
                "the file may be cut"
            )
        for j, field in enumerate(fields):
            # bytes.isdigit knows ASCII only. The length is looked at first: int() refuses thousands of digits.
            if not (field.isdigit() and len(field.lstrip(b"0")) <= 3 and int(field) <= LIMITS[j]):
                found = repr(field[:40].decode("utf-8", errors="replace")) if field else "nothing"
                raise DataError(
                    f"{path}, row {first_row + i}, column {COLUMNS[j]}: found {found}; "
                    f"expected a whole number from 0 to {LIMITS[j]}"
                )
            table[i, j] = int(field)
    return table
