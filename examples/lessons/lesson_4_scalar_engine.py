"""Lesson 4: autodiff of numbers in 60 lines: contributions add up, and the walk has an order.

    python -m examples.lessons.lesson_4_scalar_engine

The engine is the first half of this file. The second half breaks it in two ways, and checks it against tinygrad_np.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import tinygrad_np as tg
from examples.lessons.lesson import BLUE, GREY, VERMILION, bare, figure, run, save, say, table

# ------------------------------------------------------------------------------------------------------- the engine

_clock = count()


class Number:
    """A number that remembers what it was computed from.

    `edges` has, for each operand, the operand and the derivative of this number with respect to it.
    """

    def __init__(self, value: float, *edges: tuple[Number, float]) -> None:
        self.value, self.grad, self.edges, self.birth = value, 0.0, edges, next(_clock)

    def __add__(self, other: Number) -> Number:
        return Number(self.value + other.value, (self, 1.0), (other, 1.0))

    def __mul__(self, other: Number) -> Number:
        return Number(self.value * other.value, (self, other.value), (other, self.value))

    def tanh(self) -> Number:
        """tanh(x), with the derivative 1 - tanh(x)^2"""
        y = math.tanh(self.value)
        return Number(y, (self, 1 - y * y))

    def relu(self) -> Number:
        """max(x, 0), with the derivative 1 where x > 0, else 0"""
        return Number(max(self.value, 0.0), (self, float(self.value > 0)))


def ancestors(root: Number) -> list[Number]:
    """Return the number and all that it depends on, in the order in which they are found."""
    found = [root]
    for number in found:  # grows while it is read
        for operand, _ in number.edges:
            if operand not in found:
                found.append(operand)
    return found


def by_birth(root: Number) -> list[Number]:
    """Return the number and all that it depends on, the youngest first; results are younger than operands."""
    return sorted(ancestors(root), key=lambda number: -number.birth)


def backward(root: Number, order: Callable[[Number], list[Number]] = by_birth, add: bool = True) -> None:
    """Compute the derivative of `root` with respect to every number it depends on: their `grad`."""
    numbers = order(root)
    for number in numbers:
        number.grad = 0.0
    root.grad = 1.0
    for number in numbers:
        for operand, derivative in number.edges:
            contribution = number.grad * derivative
            operand.grad = operand.grad + contribution if add else contribution


# ------------------------------------------------------------------------------------------------------- the lesson

EXPRESSIONS = 200


class Result(NamedTuple):
    """What the lesson found."""

    right: float
    derived: float
    overwritten: float
    wrong_order: float
    largest_difference: float  # of the scalar engine's gradients from tinygrad_np's, relative
    pictures: tuple[Path, ...]


def main(out: Path) -> Result:
    """Run the lesson; its picture goes to the folder `out`."""
    say(
        "An expression is computed step by step. Each step knows its own derivatives; the chain rule multiplies them "
        "along the way back. The engine at the top of this file does only that. Take x = 3 and:"
    )
    print("  a = x * x\n  b = a + x\n  L = a * b\n")
    x = Number(3.0)
    a = x * x
    b = a + x
    L = a * b
    backward(L)
    numbers = {"L": L, "b": b, "a": a, "x": x}
    passed = _contributions(numbers)
    table(
        ("number", "value", "gradient", "which is the sum of"),
        [(n, f"{number.value:g}", f"{number.grad:g}", passed[n]) for n, number in numbers.items()],
    )
    right, derived = x.grad, 4 * 3.0**3 + 3 * 3.0**2
    say(f"On paper, L = x^4 + x^3, so dL/dx = 4x^3 + 3x^2 = {derived:g} at 3. The engine says {right:g}.")
    say(
        "x is used three times, and a twice. If x changes, L changes along every way that leads from x to L, so the "
        "contributions of all ways are added up. That is all there is to 'gradients accumulate'."
    )

    backward(L, add=False)
    overwritten = x.grad
    backward(L, order=ancestors)
    wrong_order = x.grad
    table(
        ("walk", "dL/dx"),
        [
            ("youngest first, adding up", f"{right:g}"),
            ("youngest first, the last contribution overwrites the others", f"{overwritten:g}"),
            ("in the order of discovery L, a, b, x, adding up", f"{wrong_order:g}"),
        ],
    )
    say(
        "The order matters as well. The third walk comes to a before b, so a passes its gradient on while b's "
        "contribution to it is still missing. Youngest first is always safe: a result is younger than its operands, so "
        "whatever uses a has been walked before a is."
    )

    differences = [difference(np.random.default_rng(seed)) for seed in range(EXPRESSIONS)]
    say(
        f"Is it right in general? On {EXPRESSIONS} random expressions of three numbers, of 12 steps each, "
        f"the largest relative difference from tinygrad_np's gradients is {max(differences):.0e}. "
        "The engine of tinygrad_np walks just so; its numbers are whole arrays."
    )
    drawing = _picture(x, a, b, L, {"right": right, "overwriting": overwritten, "wrong order": wrong_order})
    return Result(
        right, derived, overwritten, wrong_order, max(differences), (save(drawing, out, "lesson_4_scalar_engine"),)
    )


def _contributions(numbers: dict[str, Number]) -> dict[str, str]:
    """Write down, for each number, the contributions to its gradient."""
    terms: dict[str, list[str]] = {name: [] for name in numbers}
    names = {number: name for name, number in numbers.items()}
    for name, number in numbers.items():
        for operand, derivative in number.edges:
            terms[names[operand]].append(f"{number.grad:g} * {derivative:g} from {name}")
    return {name: " + ".join(each) or "1, to start with" for name, each in terms.items()}


def expression(start: list[Any], rng: np.random.Generator) -> Any:
    """Compute a random expression of numbers that have +, *, tanh and relu; the same for the same random numbers."""
    known = list(start)
    for _ in range(12):
        left, right = (known[i] for i in rng.integers(0, len(known), 2))
        match rng.integers(4):
            case 0:
                known.append(left + right)
            case 1:
                known.append(left * right)
            case 2:
                known.append(left.tanh())
            case _:
                known.append(left.relu())
    total = known[0]
    for number in known[1:]:
        total = total + number
    return total


def difference(rng: np.random.Generator) -> float:
    """Compute by how much, relative to the largest, the gradients of both engines differ on a random expression."""
    values, seed = rng.uniform(-1, 1, 3), int(rng.integers(2**32))
    ours = [Number(float(v)) for v in values]
    backward(expression(ours, np.random.default_rng(seed)))
    theirs = [tg.tensor(float(v), dtype=tg.float64, requires_grad=True) for v in values]
    expression(theirs, np.random.default_rng(seed)).backward()
    a, b = np.array([n.grad for n in ours]), np.array([t.grad.item() for t in theirs])
    return float(np.abs(a - b).max() / np.abs(b).max())


def _picture(x: Number, a: Number, b: Number, L: Number, walks: dict[str, float]) -> Figure:
    drawing = figure(10, 4.6)
    left, right = drawing.subplots(1, 2, width_ratios=[1.7, 1])
    left.set(xlim=(-0.9, 6.9), ylim=(-1.6, 1.9))
    left.set_title("Values to the right, gradients back to the left")
    left.set_axis_off()
    backward(L)
    places = {"x": (0, 0), "a = x · x": (2.2, 0.9), "b = a + x": (3.9, -0.9), "L = a · b": (6, 0)}
    numbers = dict(zip(places, (x, a, b, L), strict=True))
    at = {number: places[name] for name, number in numbers.items()}
    arrow = {"arrowstyle": "<-", "color": VERMILION, "shrinkA": 30, "shrinkB": 30, "linewidth": 1.5}
    for number in numbers.values():
        for operand in dict.fromkeys(operand for operand, _ in number.edges):
            amounts = [f"{number.grad * d:g}" for o, d in number.edges if o is operand]
            (x0, y0), (x1, y1) = at[operand], at[number]
            left.annotate("", (x1, y1), (x0, y0), arrowprops=arrow)
            middle = ((x0 + x1) / 2, (y0 + y1) / 2)
            label = {"ha": "center", "va": "center", "color": VERMILION, "fontsize": 11}
            left.text(
                *middle, " + ".join(amounts), bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5}, **label
            )
    for step, (name, number) in enumerate(sorted(numbers.items(), key=lambda item: -item[1].birth), 1):
        box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": BLUE, "linewidth": 1.5}
        left.text(*at[number], f"{name}\n{number.value:g}", ha="center", va="center", color=BLUE, fontsize=11, bbox=box)
        beside = at[number][1] + (0.75 if number is a else -0.65)
        left.text(at[number][0], beside, f"gradient {number.grad:g}", ha="center", color=VERMILION, fontsize=10)
        left.text(at[number][0], beside - 0.25, f"step {step} of the walk", ha="center", color=GREY, fontsize=9)
    bars = right.bar(list(walks), list(walks.values()), color=[BLUE, VERMILION, VERMILION], width=0.6)
    bars[1].set_hatch("//")
    bars[2].set_hatch("..")
    right.bar_label(bars, fmt="%g", fontsize=11)
    right.set(title="dL/dx at x = 3 by three walks", ylabel="dL/dx")
    bare(right)
    return drawing


if __name__ == "__main__":
    run(main)
