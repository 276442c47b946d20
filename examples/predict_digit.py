"""Show what the trained network takes digits for: test images by their index, or picture files.

    python -m examples.predict_digit                        the first five test images
    python -m examples.predict_digit --index 0 7 42
    python -m examples.predict_digit my_seven.png scan.png --show

Prints the prediction and the probability of every digit, and saves a picture. Train first: `make digit`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import data
from data.digits import CLASSES, Images
from examples.digit import weights
from examples.digit.dataset import as_input, split
from examples.digit.options import OUT, OneLineParser, whole
from examples.digit.training import Array, probabilities

MOST = 50  # images in a picture


@dataclass(frozen=True)
class Example:
    """An image to look at: what it is called, its pixels, and its label where that is known."""

    name: str
    pixels: Images  # uint8, shape (784,)
    label: int | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, by default those of the command line; return the exit status."""
    parser = OneLineParser(
        prog="predict_digit", description="Show what the trained network takes digits for.", allow_abbrev=False
    )
    add = parser.add_argument
    add("files", nargs="*", type=Path, metavar="FILE", help="pictures of one digit each: any size, light or dark")
    add("--index", nargs="+", type=whole(0, 10**9), metavar="I", help="test images, counted from 0")
    add("--weights", type=Path, default=OUT / weights.FILE, metavar="FILE", help=f"(default: {OUT / weights.FILE})")
    add("--data", metavar="PATH", help="folder or CSV file with digits (default: searched for, see data/README.md)")
    add("--out", type=Path, default=OUT, metavar="DIR", help=f"folder for the picture (default: {OUT})")
    add("--show", action="store_true", help="show the picture in a window as well")
    options = parser.parse_args(arguments)

    indices = options.index or ([] if options.files else [0, 1, 2, 3, 4])
    if len(indices) + len(options.files) > MOST:
        parser.error(f"{len(indices) + len(options.files)} images are too many for a picture; give at most {MOST}")
    try:
        model = weights.load(options.weights)
        examples = [*_test_images(indices, options.data), *_pictures(options.files)]
        p = probabilities(model, as_input(np.stack([example.pixels for example in examples])))
        print(table(examples, p))
        path = options.out / file_name(indices, options.files)
        _draw(examples, p, path, show=options.show)
    except (ValueError, ImportError, OSError) as error:  # DataError, WeightsError and ScanError are ValueErrors
        parser.error(str(error))
    print(f"picture: {path}")
    return 0


def table(examples: Sequence[Example], p: Array) -> str:
    """Lay out name, label, prediction and the probabilities of the ten digits in percent, one image a row.

    >>> print(table([Example("test 7", np.zeros(784, np.uint8), 1)], np.eye(10)[[3]]))
    image   label  prediction |     0     1     2     3     4     5     6     7     8     9
    test 7      1     3 wrong |   0.0   0.0   0.0 100.0   0.0   0.0   0.0   0.0   0.0   0.0
    """
    width = max(5, *(len(example.name) for example in examples))
    digits = "".join(f"{digit:>6}" for digit in range(CLASSES))
    lines = [f"{'image':<{width}}  label  prediction |{digits}"]
    for example, row in zip(examples, p, strict=True):
        label = "-" if example.label is None else f"{example.label}"
        verdict = f"{row.argmax()} wrong" if example.label not in (None, row.argmax()) else f"{row.argmax()}      "
        percent = "".join(f"{100 * value:>6.1f}" for value in row)
        lines.append(f"{example.name:<{width}}{label:>7}{verdict:>12} |{percent}")
    return "\n".join(lines)


def file_name(indices: Sequence[int], files: Sequence[Path]) -> str:
    """Return the name of the picture, made from what is shown in it and not too long.

    >>> file_name([0, 7], [Path("photos/my seven.png")])
    'predictions_0_7_my_seven.png'
    """
    parts = [*map(str, indices), *("_".join(path.stem.split()) for path in files)]
    return f"predictions_{'_'.join(parts)[:80]}.png"


def _test_images(indices: Sequence[int], path: str | None) -> list[Example]:
    if not indices:
        return []
    parts = split(data.load_digits(path))
    count = len(parts.test_labels)
    if max(indices) >= count:
        raise ValueError(f"--index {max(indices)}: there are {count:,} test images, counted from 0 to {count - 1}")
    print(f"data: {parts.source}\n")
    return [Example(f"test {i}", parts.test_pixels[i], int(parts.test_labels[i])) for i in indices]


def _pictures(files: Sequence[Path]) -> list[Example]:
    if not files:
        return []
    from examples.digit import scan  # needs Pillow, which test images do without

    return [Example(path.name, scan.read(path), None) for path in files]


def _draw(examples: Sequence[Example], p: Array, path: Path, *, show: bool) -> None:
    from examples.digit import pictures  # matplotlib takes a second to import

    figure = pictures.probability_bars(
        [example.name for example in examples],
        np.stack([example.pixels for example in examples]),
        p,
        [example.label for example in examples],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures.save(figure, path)
    if show and not pictures.show(path):
        print("there is no display to show the picture on", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
