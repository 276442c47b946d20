"""Where an op is defined: what the tests generate its inputs from, kept beside the op so that the two cannot drift."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Shape = tuple[int, ...]


class Draw(Protocol):
    """A source of choices; ``testing`` draws them from a seed and a limit, by which hypothesis shrinks a failure."""

    def integer(self, low: int, high: int) -> int:
        """Choose an integer, both bounds included."""

    def choice(self, options: Sequence[Any]) -> Any:
        """Choose one of the options."""

    def shape(self, min_dims: int = 0, max_dims: int = 3, min_side: int = 0) -> Shape:
        """Choose a shape."""

    def broadcastable(self, count: int) -> tuple[Shape, ...]:
        """Choose shapes that broadcast together."""

    def permutation(self, n: int) -> Shape:
        """Choose an order of 0 ... n-1."""

    def integers(self, shape: Shape, low: int, high: int) -> Any:
        """Choose an int64 array with entries from ``low`` to ``high``, both included."""

    def mask(self, shape: Shape) -> Any:
        """Choose a bool array."""


Case = tuple[list[Shape], tuple[Any, ...]]  # the shapes of the array arguments, and the further arguments


def any_shape(draw: Draw) -> Case:
    """One array of any shape, and no further arguments."""
    return [draw.shape()], ()


def broadcastable_pair(draw: Draw) -> Case:
    """Two arrays whose shapes broadcast together."""
    return list(draw.broadcastable(2)), ()


@dataclass(frozen=True)
class Domain:
    """The inputs that an op takes.

    ``intervals`` gives the open interval of each array argument's entries (one for all, or one each). ``kinks`` are
    the entries (of two arrays: the differences of their entries) at which the derivative jumps. ``analytic`` tells
    whether the forward function also takes complex numbers, so that the complex step can check the rule. ``case``
    chooses the shapes of the arrays and the further arguments of one call; ``distinct`` asks for entries without
    ties. ``prepared`` makes of the drawn arrays those of the call, where not all will do: invertible matrices, say.
    """

    intervals: tuple[tuple[float, float], ...] = ((-3.0, 3.0),)
    kinks: tuple[float, ...] = ()
    analytic: bool = False
    distinct: bool = False
    case: Callable[[Draw], Case] = any_shape
    prepared: Callable[..., Sequence[Any]] | None = None
