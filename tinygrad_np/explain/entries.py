"""What a trace says of each step of a backward pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_np._graph import Array


@dataclass(frozen=True)
class Contribution:
    """What one step passed on to one of its inputs.

    ``formula`` is the rule in the names of the tensors; ``array`` the contribution; ``undone`` says over which axes it
    was summed because broadcasting had repeated the input; ``added`` how many earlier contributions it joined.
    """

    to: str
    formula: str
    array: Array
    undone: str = ""
    added: int = 0


@dataclass(frozen=True)
class Entry:
    """One step of a backward pass: an op, the gradient that came to its output, and what it passed on.

    ``value``, ``line`` and ``module`` are known for what was computed under ``recording()``.
    """

    index: int
    op: str
    output: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    value: Array | None
    incoming: Array
    contributions: tuple[Contribution, ...]
    line: str = ""
    module: str = ""


@dataclass(frozen=True)
class Trace:
    """The steps of a backward pass, in the order in which they were taken, and the gradients it ended in.

    ``gradients`` has the gradient of every named tensor, leaves and intermediates; ``edges`` the graph, as pairs of
    names (input, output). ``print`` shows it as text; ``table``, ``html``, ``mermaid`` and ``dot`` show it otherwise.
    """

    entries: tuple[Entry, ...]
    gradients: dict[str, Array]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, output: str) -> Entry:
        """Return the entry whose output has this name."""
        for entry in self.entries:
            if entry.output == output:
                return entry
        raise KeyError(f"no step of this trace gives {output!r}; there are {', '.join(e.output for e in self.entries)}")

    @property
    def edges(self) -> list[tuple[str, str]]:
        """The graph, as pairs of names: from an input of an op to its output."""
        return [(source, entry.output) for entry in self.entries for source in entry.inputs]

    def __str__(self) -> str:
        from tinygrad_np.explain.plain_text import text

        return text(self)

    def table(self) -> Any:
        """Return a rich table, for the terminal."""
        from tinygrad_np.explain.rich_table import table

        return table(self)

    def mermaid(self) -> str:
        """Return the graph as Mermaid text."""
        from tinygrad_np.explain.diagrams import mermaid

        return mermaid(self)

    def dot(self) -> str:
        """Return the graph as DOT text, for Graphviz."""
        from tinygrad_np.explain.diagrams import dot

        return dot(self)

    def html(self) -> str:
        """Return a page that stands by itself."""
        from tinygrad_np.explain.page import page

        return page(self)

    def _repr_html_(self) -> str:
        from tinygrad_np.explain.page import fragment

        return fragment(self)


def described(array: Any) -> str:
    """Describe an array in a few words: its shape, then its value, or its range and size.

    >>> described(np.array([[3.0, -4.0]]))
    '(1, 2)  -4 ... 3  norm 5'
    """
    array = np.asarray(array)
    if array.size == 1:
        return f"{array.shape}  {array.item():.4g}"
    if array.size == 0:
        return f"{array.shape}  empty"
    strange = int(array.size - np.isfinite(array).sum()) if array.dtype.kind == "f" else 0
    if strange:
        return f"{array.shape}  {strange} of {array.size} entries are not finite"
    norm = float(np.linalg.norm(array.ravel()))
    return f"{array.shape}  {array.min():.4g} ... {array.max():.4g}  norm {norm:.4g}"
