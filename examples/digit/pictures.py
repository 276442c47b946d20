"""The pictures of a training run, drawn straight into figures: no window, no global state.

Colours are from a palette that colour-blind readers can tell apart (M. Okabe and K. Ito, "Color Universal Design",
2008), and nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from data.digits import CLASSES, SIDE, Images
from data.files import write_atomically
from examples.digit.training import Epoch

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#555555"
INCH = 0.0375  # inches: how large a pixel of a digit is drawn; 28 of them make 1.05 inches


def save(figure: Figure, path: Path) -> None:
    """Write the figure as a PNG file that appears only once it is whole."""
    with write_atomically(path) as file:
        figure.savefig(file, format="png", dpi=110)


def learning_curves(history: Sequence[Epoch]) -> Figure:
    """Draw the loss, and the accuracy on the training and the test images, against the epoch."""
    epochs = [line.epoch for line in history]
    losses, train, test = zip(*((e.loss, e.train_accuracy, e.test_accuracy) for e in history), strict=True)
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    marker = "o" if len(epochs) <= 30 else ""
    left.plot(epochs, losses, color=BLUE, marker=marker, markersize=4)
    left.set(title="Loss", xlabel="epoch", ylabel="mean cross-entropy of the batches")
    left.set_ylim(bottom=0)
    right.plot(epochs, train, color=BLUE, marker=marker, markersize=4, label="training, during the epoch")
    right.plot(epochs, test, color=VERMILION, marker=marker, markersize=4, linestyle="--", label="test, after it")
    right.set(title="Accuracy", xlabel="epoch", ylabel="correct, %")
    # The curves rise to the upper right, so the lower right stays free; room is made there for flat ones.
    low, high = min(*train, *test), max(*train, *test)
    right.set_ylim(low - 0.4 * max(high - low, 1), high + 0.1 * max(high - low, 1))
    right.legend(loc="lower right", frameon=False)
    for axes in (left, right):
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def image_grid(images: Images, captions: Sequence[str], wrong: NDArray[np.bool_], title: str) -> Figure:
    """Draw images of shape (n, 784) with captions; the wrongly predicted are framed and in another colour."""
    columns = 8 if len(images) > 4 else 4
    figure, axes = _mosaic(images.reshape(-1, SIDE, SIDE), captions, columns, title, cmap="gray_r", vmin=0, vmax=255)
    for i in np.flatnonzero(wrong).tolist():
        axes.add_patch(Rectangle(_corner(i, columns), SIDE, SIDE, fill=False, edgecolor=VERMILION, linewidth=2.5))
        axes.texts[1 + i].set(color=VERMILION, fontweight="bold")  # the first text is the title
    return figure


def hidden_units(weights: NDArray[Any], outgoing: NDArray[Any]) -> Figure:
    """Draw the weights of each hidden unit, (hidden, 784), as an image.

    `outgoing`, the weights of the output layer (10, hidden), tell which digits a unit speaks for and against most.
    Of more than 100 units the first 100 are drawn.
    """
    shown = min(len(weights), 100)
    captions = []
    for unit in range(shown):
        order = outgoing[:, unit].argsort()
        captions.append(f"unit {unit}\nfor {order[-1]}, {order[-2]}; not {order[0]}")
    limit = float(np.abs(weights[:shown]).max()) or 1.0
    title = "Weights of the hidden units" if shown == len(weights) else f"Weights of {shown} of {len(weights)} units"
    # From brown (negative) over white (0) to violet (positive).
    images = weights[:shown].reshape(-1, SIDE, SIDE)
    figure, axes = _mosaic(images, captions, 5 if shown <= 20 else 10, title, cmap="PuOr", vmin=-limit, vmax=limit)
    width, height = figure.get_size_inches()
    wider = width + 0.9
    figure.set_size_inches(wider, height)
    axes.set_position((0, 0, width / wider, 1))
    bar = figure.add_axes((width / wider, 0.5 - 0.7 / height, 0.13 / wider, 1.4 / height))
    figure.colorbar(axes.images[0], cax=bar, label="weight of the pixel")
    return figure


def confusion(counts: NDArray[np.int64]) -> Figure:
    """Draw how often each digit (row) was taken for each other (column), from a 10 by 10 matrix of counts."""
    figure = Figure(figsize=(7.4, 6.2), layout="constrained")
    axes = figure.subplots()
    share = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    # A square root makes the few mistakes visible beside the many correct ones.
    image = axes.imshow(share, cmap="Blues", norm=PowerNorm(0.5, vmin=0, vmax=100))
    for row in range(CLASSES):
        for column in range(CLASSES):
            colour = "white" if share[row, column] > 40 else "black" if counts[row, column] else GREY
            axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", color=colour, fontsize=10)
    axes.set_xticks(range(CLASSES))
    axes.set_yticks(range(CLASSES))
    axes.set(title="Test images by label and prediction", xlabel="prediction", ylabel="label")
    figure.colorbar(image, label="% of the label's images", ticks=[0, 1, 5, 10, 25, 50, 100], shrink=0.85)
    return figure


def probability_bars(names: Sequence[str], images: Images, p: NDArray[Any], labels: Sequence[int | None]) -> Figure:
    """Draw images of shape (n, 784), each beside the probabilities of the ten digits, (n, 10).

    The bar of the prediction is blue, or vermilion where the label is known and is another digit.
    """
    columns = min(len(images), 3)
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(4.3 * columns, 2.35 * rows), layout=ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.08))
    grid = figure.subplots(rows, 2 * columns, squeeze=False, width_ratios=[1, 1.1] * columns).reshape(-1, 2)
    for axes in grid[len(images) :].ravel():
        axes.set_axis_off()
    for (left, right), name, image, row, label in zip(grid, names, images, p, labels, strict=False):
        guess = int(row.argmax())
        wrong = label is not None and label != guess
        left.imshow(image.reshape(SIDE, SIDE), cmap="gray_r", vmin=0, vmax=255)
        left.set(xticks=[], yticks=[])
        left.set_title(_shortened(name), fontsize=9, parse_math=False)
        truth = "" if label is None else f"\nlabel {label}"
        left.set_xlabel(f"predicted {guess}{truth}", color=VERMILION if wrong else "black", fontsize=10)
        bars = right.barh(range(CLASSES), 100 * row, color="#BBBBBB")
        bars[guess].set_color(VERMILION if wrong else BLUE)
        right.set(xlim=(0, 100), ylim=(CLASSES - 0.4, -0.6), yticks=range(CLASSES), xticks=[0, 50, 100])
        right.set_xlabel("probability, %", fontsize=9)
        right.tick_params(labelsize=8)
        right.spines[["top", "right"]].set_visible(False)
    return figure


def show(path: Path) -> bool:
    """Show a picture that was saved in a window until it is closed; return False where there is no display."""
    from matplotlib import get_backend, pyplot

    pyplot.imshow(pyplot.imread(path))
    if get_backend().lower() == "agg":  # what pyplot falls back on
        return False
    pyplot.axis("off")
    pyplot.tight_layout(pad=0)
    pyplot.show()
    return True


def _shortened(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:10]}...{name[-11:]}"


def _mosaic(
    images: NDArray[Any], captions: Sequence[str], columns: int, title: str, **colours: Any
) -> tuple[Figure, Axes]:
    """Draw images of 28x28 as tiles of one picture, with captions: axes of their own for each would take seconds."""
    right, bottom = (place + SIDE for place in _corner(columns * max(1, -(-len(images) // columns)) - 1, columns))
    canvas = np.full((bottom, right), np.nan if images.dtype.kind == "f" else 0, images.dtype)  # NaN is not drawn
    left, top, below = 6, 14, 15  # pixels of the images: the margin, room for the title, room for the last captions
    width, height = right + 2 * left, bottom + top + below
    figure = Figure(figsize=(width * INCH, height * INCH))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(-left, right + left), ylim=(bottom + below, -top))
    axes.set_axis_off()
    axes.text(right / 2, -top / 2, title, ha="center", va="center", fontsize=12)
    for i, (image, caption) in enumerate(zip(images, captions, strict=True)):
        x, y = _corner(i, columns)
        canvas[y : y + SIDE, x : x + SIDE] = image
        axes.text(x + SIDE / 2, y + SIDE + 1, caption, ha="center", va="top", fontsize=8, linespacing=1.1)
    axes.imshow(canvas, extent=(0, right, bottom, 0), interpolation="nearest", aspect="auto", **colours)
    return figure, axes


def _corner(tile: int, columns: int) -> tuple[int, int]:
    """Return where the upper left corner of a tile lies in the mosaic, in pixels: x to the right, y down."""
    row, column = divmod(tile, columns)
    return column * (SIDE + 9), row * (SIDE + 15)
