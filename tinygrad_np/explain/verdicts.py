"""What a comparison of gradients says: a verdict on each, the first wrong one, and the text of it all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinygrad_np.explain.rounding import Difference

EXACT = "equal to the bit"
ROUNDED = "equal to rounding"
INHERITED = "inherits an error"
WRONG = "WRONG"


@dataclass(frozen=True)
class Cause:
    """Why a gradient is wrong: the name of the mistake, a sentence, and what was found in the place of what."""

    name: str
    sentence: str
    expected: str
    found: str
    expected_shape: tuple[int, ...]
    found_shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.sentence}; expected {self.expected} {self.expected_shape}, found {self.found} {self.found_shape}"


@dataclass(frozen=True)
class Verdict:
    """What is to be said of one gradient.

    ``status`` is "equal to the bit", "equal to rounding", "inherits an error" or "WRONG". ``difference`` is None where
    the shapes differ, ``cause`` where no known mistake gives what was found. ``inherited`` names the wrong gradients
    that this one was computed from. A gradient that was not ``given``, but must have been wrong, has a verdict as well.
    """

    name: str
    status: str
    expected_shape: tuple[int, ...]
    found_shape: tuple[int, ...]
    difference: Difference | None
    cause: Cause | None = None
    inherited: tuple[str, ...] = ()
    given: bool = True

    @property
    def ok(self) -> bool:
        """Whether the gradient is right."""
        return self.status in (EXACT, ROUNDED)

    def __str__(self) -> str:
        named = f"d{self.name}" + ("" if self.given else " (not given)")
        if self.ok:
            return f"{named} is {self.status}."
        origin = _listed([f"d{name}" for name in self.inherited])
        if self.status == INHERITED:
            return f"{named} inherits the error of {origin}: from that it is computed correctly."
        if self.cause is not None:
            return f"{named} is wrong: {self.cause}."
        shapes = f"expected shape {self.expected_shape}, found {self.found_shape}"
        perhaps = f"; it may follow from the error of {origin}" if origin else ""
        return f"{named} is wrong: no known mistake gives it{perhaps}; {shapes}."


@dataclass(frozen=True, repr=False)
class Comparison:
    """The verdicts on gradients derived by hand, by name, in backward order; it is true if all are right."""

    verdicts: dict[str, Verdict]

    @property
    def ok(self) -> bool:
        """Whether every gradient is right."""
        return all(verdict.ok for verdict in self.verdicts.values())

    @property
    def first_wrong(self) -> Verdict | None:
        """The verdict on the gradient, first in backward order, that is wrong by itself; None if all are right."""
        return next((verdict for verdict in self.verdicts.values() if verdict.status == WRONG), None)

    def __bool__(self) -> bool:
        return self.ok

    def __getitem__(self, name: str) -> Verdict:
        """Return the verdict on the gradient of the tensor of this name."""
        return self.verdicts[name]

    def __str__(self) -> str:
        """Write the one line that matters, a table, and what there is to say of each gradient that is not right."""
        parts = [self.headline, "", *lined_up([HEADINGS, *self.rows()])]
        return "\n".join([*parts, "", *self.remarks] if self.remarks else parts)

    __repr__ = __str__

    def __rich__(self) -> Any:
        from tinygrad_np.explain.verdict_table import report

        return report(self)

    @property
    def headline(self) -> str:
        """The one line that matters."""
        if self.first_wrong is not None:
            return str(self.first_wrong)
        statuses = [verdict.status for verdict in self.verdicts.values()]
        if len(statuses) == 1:
            return f"The gradient is right: {statuses[0]}."
        counts = [f"{statuses.count(status)} {status}" for status in (EXACT, ROUNDED) if status in statuses]
        return f"All {len(statuses)} gradients are right: {', '.join(counts)}."

    @property
    def remarks(self) -> list[str]:
        """What there is to say of the other gradients that are not right, a line each."""
        first = self.first_wrong
        return [str(verdict) for verdict in self.verdicts.values() if not verdict.ok and verdict is not first]

    def rows(self) -> list[tuple[str, ...]]:
        """Return a table's rows, under ``HEADINGS``."""
        return [row(f"d{verdict.name}", verdict) for verdict in self.verdicts.values()]


HEADINGS = ("gradient", "shape", "largest difference", "relative", "ULP", "ULP of the largest", "verdict")
NUMBERS = range(2, 6)  # the columns of numbers


def row(name: str, verdict: Verdict) -> tuple[str, ...]:
    """Return a row of the table."""
    d = verdict.difference
    measures = (short(d.absolute), short(d.relative), short(d.ulps), short(d.scaled_ulps)) if d else ("", "", "", "")
    shape = str(verdict.found_shape) if verdict.given else "not given"
    if verdict.found_shape != verdict.expected_shape:
        shape += f" for {verdict.expected_shape}"
    said = verdict.status
    if verdict.status == INHERITED:
        said = f"inherits the error of {_listed([f'd{name}' for name in verdict.inherited])}"
    elif verdict.cause is not None:
        said = f"{WRONG}: {verdict.cause.name}"
    return (name, shape, *measures, said)


def short(x: float) -> str:
    """Write a number with three digits, but a whole number of up to six digits in full."""
    return f"{int(x):,}" if float(x).is_integer() and abs(x) < 1e6 else f"{x:.3g}"


def lined_up(rows: list[tuple[str, ...]]) -> list[str]:
    """Pad the cells of a table to columns, those of numbers to the right."""
    columns = []
    for i, column in enumerate(zip(*rows, strict=True)):
        width = max(map(len, column))
        columns.append([cell.rjust(width) if i in NUMBERS else cell.ljust(width) for cell in column])
    return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
