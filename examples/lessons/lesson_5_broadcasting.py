"""Lesson 5: tensors: broadcasting has to be undone, and hypothesis finds who forgets it.

    python -m examples.lessons.lesson_5_broadcasting

A bias of shape (10,) is added to (m, 10): NumPy repeats it for each row. The gradient has to come back to (10,).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hypothesis import find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import tinygrad_np as tg
from examples.lessons.lesson import BLUE, GREEN, VERMILION, figure, run, save, say, table
from models.digit_manual import Array

Shape = tuple[int, ...]
EXAMPLES = 300
B = np.array([0.1, 0.2, 0.3])
COLUMNS = (BLUE, VERMILION, GREEN)  # in the picture


# ------------------------------------------------------------------------------ four ways back from g to the shape of x


def right(g: Array, shape: Shape) -> Array:
    """Sum over the axes that broadcasting added in front, then over those that it stretched from 1."""
    g = g.sum(tuple(range(g.ndim - len(shape))))
    stretched = tuple(axis for axis, n in enumerate(shape) if n == 1)
    summed: Array = g.sum(stretched, keepdims=True)
    return summed


def forgets_stretched_axes(g: Array, shape: Shape) -> Array:
    """Sum over the axes in front, and think that is all."""
    summed: Array = g.sum(tuple(range(g.ndim - len(shape))))
    return summed


def forgets_keepdims(g: Array, shape: Shape) -> Array:
    """Sum over the right axes, but lose those of length 1."""
    g = g.sum(tuple(range(g.ndim - len(shape))))
    summed: Array = g.sum(tuple(axis for axis, n in enumerate(shape) if n == 1))
    return summed


def sums_over_everything(g: Array, shape: Shape) -> Array:
    """Give every entry the sum of all, as the script did with its biases."""
    return np.full(shape, g.sum())


WRONG = (forgets_stretched_axes, forgets_keepdims, sums_over_everything)


# --------------------------------------------------------------------------------------------------- how to find out


@st.composite
def shape_pairs(draw: st.DrawFn) -> tuple[Shape, Shape]:
    """Draw a shape, and one that broadcasts to it: some axes in front are missing, some of the others are 1."""
    missing = draw(st.lists(st.integers(1, 4), max_size=2))
    axes = draw(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=2))
    small = tuple(1 if stretched else n for n, stretched in axes)
    return small, (*missing, *(n for n, _ in axes))


def wrong_for(undo: Callable[[Array, Shape], Array], small: Shape, large: Shape) -> bool:
    """Tell whether `undo` goes wrong where x of a shape is broadcast to another.

    L = sum(g * broadcast(x)) is linear in x, so that for its gradient dx and any x, sum(dx * x) must be L again.
    """
    rng = np.random.default_rng(0)
    g, x = rng.integers(1, 10, large).astype(float), rng.integers(1, 10, small).astype(float)
    dx = undo(g, small)
    return dx.shape != small or float((dx * x).sum()) != float((g * x).sum())


def counter_example(undo: Callable[[Array, Shape], Array]) -> tuple[Shape, Shape] | None:
    """Let hypothesis search for shapes for which `undo` is wrong, and shrink them to the smallest."""
    search = settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None)
    try:
        return find(shape_pairs(), lambda shapes: wrong_for(undo, *shapes), settings=search)
    except NoSuchExample:
        return None


class Result(NamedTuple):
    """What the lesson found: the smallest counter-example to each way back, or None; whether tinygrad_np is right."""

    counter_examples: dict[str, tuple[Shape, Shape] | None]
    tinygrad_np: tuple[Shape, Shape] | None
    pictures: tuple[Path, ...]


def main(out: Path) -> Result:
    """Run the lesson; its picture goes to the folder `out`."""
    rng = np.random.default_rng(4)
    b = tg.tensor(B, requires_grad=True)
    g = rng.integers(-3, 6, (4, 3)).astype(float)
    (tg.zeros(4, 3, dtype=tg.float64) + b).backward(tg.tensor(g))
    say(
        "Z = X @ W.T + b adds b, of shape (3,), to each of 4 rows. So entry j of b is used 4 times, once in each row, "
        "and its gradient is the sum of 4 contributions (lesson 4): db = dZ.sum(0)."
    )
    table(("", "0", "1", "2"), [(f"dZ, row {i}", *(f"{v:g}" for v in row)) for i, row in enumerate(g)])
    table(
        ("", "0", "1", "2"),
        [("dZ.sum(0)", *(f"{v:g}" for v in g.sum(0))), ("b.grad", *(f"{v:g}" for v in b.grad.tolist()))],
    )
    say(
        "In general NumPy repeats x along axes that it adds in front, and along axes of length 1 that it stretches. "
        "The way back sums over both. Here are three ways that get it wrong, of which each works in many cases. "
        "Hypothesis tries random shapes until one fails, then looks for the smallest that still does:"
    )
    found = {undo.__name__: counter_example(undo) for undo in (*WRONG, right)}
    rows = []
    for undo in WRONG:
        shapes = found[undo.__name__]
        assert shapes is not None
        small, large = shapes
        dx, expected = (way(np.arange(1.0, 1 + np.prod(large)).reshape(large), small) for way in (undo, right))
        rows.append((undo.__name__, small, large, _brief(dx), _brief(expected)))
    table(("way back", "shape of x", "broadcast to", "dx for g = 1, 2, ...", "should be"), rows)
    ours = counter_example(through_tinygrad)
    say(f"For the right one, and for tinygrad_np, {EXAMPLES:,} shapes each bring no counter-example.")
    say(
        "The test needs no derivation: L = sum(g * broadcast(x)) is linear in x, so sum(dx * x) must be L again. In "
        "tinygrad_np this is written once, in the backward walk, and no rule of an op ever thinks of broadcasting."
    )
    return Result(found, ours, (save(_picture(g), out, "lesson_5_broadcasting"),))


def through_tinygrad(g: Array, shape: Shape) -> Any:
    """Let tinygrad_np broadcast x by adding it to zeros, and find the way back."""
    x = tg.zeros(shape, dtype=tg.float64, requires_grad=True)
    (tg.zeros(g.shape, dtype=tg.float64) + x).backward(tg.tensor(g))
    return x.grad.numpy()


def _brief(array: Array) -> str:
    return f"{array.shape} {array.tolist()}"


def _picture(g: Array) -> Figure:
    drawing = figure(9.5, 4.2)
    forward, back = drawing.subplots(1, 2)
    _cells(forward, B[np.newaxis], 2, "b  (3,)")
    _cells(forward, np.repeat(B[np.newaxis], len(g), 0), 0, "repeated  (4, 3)")
    _cells(back, g.sum(0)[np.newaxis], 2, "db = dZ.sum(0)  (3,)")
    _cells(back, g, 0, "dZ  (4, 3)")
    for column, colour in enumerate(COLUMNS):
        x = column + 0.5
        forward.annotate("", (x, 0), (x, 1), arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 2})
        back.annotate("", (x, 1), (x, 0), arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 2})
    forward.set_title("Forward: every row gets a copy of b")
    back.set_title("Backward: each column is summed up again")
    for axes in (forward, back):
        axes.set(xlim=(-0.1, 5.9), ylim=(-4.1, 2.1), aspect="equal")
        axes.set_axis_off()
    return drawing


def _cells(axes: Axes, array: Array, top: float, label: str) -> None:
    """Draw an array as boxes with their numbers, one colour a column, from `top` downwards."""
    for (i, j), value in np.ndenumerate(array):
        axes.add_patch(Rectangle((j, top - i - 1), 1, 1, facecolor=COLUMNS[j], alpha=0.3, edgecolor="black"))
        axes.text(j + 0.5, top - i - 0.5, f"{value:g}", ha="center", va="center", fontsize=12)
    axes.text(3.2, top - len(array) / 2, label, va="center", fontsize=11)


if __name__ == "__main__":
    run(main)
