"""What the lessons share: their data, their command line, how they print and how they draw."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import DTypeLike

import data
from data.digits import Digits
from examples.digit import pictures
from examples.digit.pictures import BLUE, GREY, VERMILION
from models.digit_manual import Array, Labels

__all__ = ["BLUE", "GREEN", "GREY", "OUT", "VERMILION", "YELLOW", "bare", "batch", "digits", "figure", "run", "save"]

OUT = Path("runs/lessons")
WIDTH = 100  # characters of a line of text
GREEN, YELLOW = "#009E73", "#E69F00"  # of the same palette as the others


class Result(Protocol):
    """What every lesson returns, beside the figures it prints."""

    @property
    def pictures(self) -> Sequence[Path]:
        """The files that it saved."""


def run(lesson: Callable[[Path], Result]) -> None:
    """Run a lesson from the command line."""
    documentation = sys.modules[lesson.__module__].__doc__ or ""
    parser = argparse.ArgumentParser(description=documentation.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help=f"for the pictures (default: {OUT})")
    for path in lesson(parser.parse_args().out).pictures:
        print(f"Picture: {path}")


# ------------------------------------------------------------------------------------------------------------- data


def digits() -> Digits:
    """Load the data that TINYGRAD_NP_DATA points to, else the embedded sample; nothing is downloaded."""
    return _loaded(os.environ.get("TINYGRAD_NP_DATA") or data.SAMPLE)


_loaded = cache(data.load_digits)  # a lesson that trains several times reads the files once


def batch(size: int, dtype: DTypeLike = np.float64) -> tuple[Array, Labels]:
    """Return the first `size` training images, scaled to 0 ... 1, and their labels."""
    found = digits()
    return scaled(found.train_images[:size], dtype), found.train_labels[:size]


def scaled(images: Any, dtype: DTypeLike = np.float64) -> Array:
    """Turn grey values from 0 to 255 into numbers from 0 to 1."""
    result: Array = images.astype(dtype) / 255
    return result


# --------------------------------------------------------------------------------------------------------- printing


def say(text: str) -> None:
    """Print a paragraph, its lines filled anew, and an empty line."""
    print(textwrap.fill(" ".join(text.split()), WIDTH), end="\n\n")


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows below their headings: text to the left, numbers to the right, and an empty line."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    numeric = [all(map(_is_number, column)) for column in zip(*cells, strict=True)]
    for row in [list(headings), ["-" * width for width in widths], *cells]:
        aligned = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        print(f"  {'  '.join(aligned)}".rstrip())
    print()


def _is_number(cell: str) -> bool:
    try:
        float(cell.removesuffix(" %").replace(",", ""))
    except ValueError:
        return False
    return True


# ---------------------------------------------------------------------------------------------------------- drawing


def figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches, whose parts keep clear of each other."""
    return Figure(figsize=(width, height), layout="constrained")


def bare(axes: Axes) -> None:
    """Take away the lines above and to the right, which say nothing."""
    axes.spines[["top", "right"]].set_visible(False)


def save(drawing: Figure, out: Path, name: str) -> Path:
    """Save a figure as a PNG file in the folder `out`, which is made if need be; return its path."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.png"
    pictures.save(drawing, path)
    return path
