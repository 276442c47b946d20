"""Bringing a picture of a digit, of any size and colour, to the form of MNIST's images.

MNIST's digits are white on black, scaled to fit into 20x20 with their proportions kept, and placed in 28x28 so that
the centre of mass is in the middle (http://yann.lecun.com/exdb/mnist/).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data.digits import PIXELS, SIDE, Images

BOX = 20
FAINT = 0.2  # of the darkest ink: what is fainter, such as paper and shadows, does not count for the digit's extent
LARGEST = 50_000_000  # pixels


class ScanError(ValueError):
    """A file that cannot be read as a picture of a digit; the message names it and says why."""


def read(path: Path) -> Images:
    """Return the digit in a picture file as MNIST would have it: uint8, shape (784,), ink 255 on 0.

    The background is the median of the picture's border. Where the ink is darker than it, the picture is inverted.

    Raises
    ------
    ScanError
        If there is no such file, it is no picture, or nothing is drawn in it.
    """
    ink = _ink(_grey(path))
    if ink.max() < 16:
        raise ScanError(f"{path}: nothing is drawn in it; the digit must be darker or lighter than the border")
    ink /= ink.max()
    rows, columns = (np.flatnonzero((ink > FAINT).any(axis)) for axis in (1, 0))
    digit = np.where(ink > FAINT / 2, ink, 0)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return like_mnist(digit)


def like_mnist(ink: NDArray[np.floating[Any]]) -> Images:
    """Return a digit as MNIST would have it: uint8, shape (784,), ink 255 on 0.

    Parameters
    ----------
    ink : float array, shape (height, width)
        How much ink is on each pixel, 0 or more in any unit. Where there is none at all, the result is blank.

    Examples
    --------
    >>> ink = np.zeros((90, 120))
    >>> ink[10:70, 5:15] = 1  # a stroke 60 high and 10 wide becomes one of 20 and 3
    >>> digit = like_mnist(ink).reshape(28, 28)
    >>> np.argwhere(digit).min(0), np.argwhere(digit).max(0)
    (array([ 4, 13]), array([23, 15]))
    """
    rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    if not rows.size:
        return np.zeros(PIXELS, np.uint8)
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.rint(255 * _centred(_scaled(digit))).astype(np.uint8).reshape(PIXELS)


def _grey(path: Path) -> NDArray[np.float64]:
    """Return the brightness of each pixel, 0 to 255; what is transparent is white paper."""
    if not path.is_file():
        raise ScanError(f"{path}: no such file")
    try:
        with Image.open(path) as image:
            if image.width * image.height > LARGEST:
                raise ScanError(f"{path}: {image.width}x{image.height} pixels are too many; make the picture smaller")
            if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow would cut off at 255
                return np.asarray(image, np.float64) * (255 / 65535)
            colours = image.convert("RGBA")
            paper = Image.new("RGBA", colours.size, "white")
            return np.asarray(Image.alpha_composite(paper, colours).convert("L"), np.float64)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ScanError(f"{path}: not a picture that can be read ({error})") from None


def _ink(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each pixel is from the background, on the side on which the ink is; 0 on the other."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    background = np.median(border)
    above, below = grey.max() - background, background - grey.min()
    ink: NDArray[np.float64] = np.maximum(grey - background if above > below else background - grey, 0)
    return ink


def _scaled(digit: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Scale to fit into 20x20, and to a brightest pixel of 1."""
    height, width = digit.shape
    longer = max(height, width)
    rows = _averaging(height, max(1, round(BOX * height / longer)))
    columns = _averaging(width, max(1, round(BOX * width / longer)))
    scaled = rows @ digit @ columns.T
    brightest: NDArray[np.float64] = scaled / scaled.max()
    return brightest


def _averaging(pixels: int, parts: int) -> NDArray[np.float64]:
    """Return the matrix (parts, pixels) that averages over each part of a line; a pixel on a border counts in shares.

    >>> _averaging(3, 2)
    array([[0.66666667, 0.33333333, 0.        ],
           [0.        , 0.33333333, 0.66666667]])
    """
    borders = np.linspace(0, pixels, parts + 1)[:, np.newaxis]
    pixel = np.arange(pixels)
    overlap = np.minimum(borders[1:], pixel + 1) - np.maximum(borders[:-1], pixel)
    shares: NDArray[np.float64] = np.maximum(overlap, 0) * (parts / pixels)
    return shares


def _centred(digit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Place in 28x28 with the centre of mass as near to the middle as whole pixels and the frame allow.

    The middle is pixel 14, counted from 0, as in MNIST: there the centres of mass lie between 13.5 and 14.5.
    """
    field = np.zeros((SIDE, SIDE))
    corner = []
    for axis, length in enumerate(digit.shape):
        centre = (digit.sum(1 - axis) @ np.arange(length)) / digit.sum()
        corner.append(min(max(round(SIDE // 2 - centre), 0), SIDE - length))
    top, left = corner
    field[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return field
