"""What a trace says of each step of a backward pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_np._graph import Array


@dataclass(frozen=True, eq=False)
class Contribution:
    """What one step passed on to one of its inputs.

    ``formula`` is the rule in the names of the tensors, ``where`` what its further symbols stand for, and ``array`` the
    contribution. ``undone`` says over which axes it was summed because broadcasting had repeated the input.

    A tensor used ``fan_out`` times gets that many contributions, which are added up; ``added`` says how many came
    before this one. The last one has all their formulas as ``terms``, and their ``total``.
    """

    to: str
    formula: str
    array: Array
    undone: str = ""
    where: str = ""
    added: int = 0
    fan_out: int = 1
    terms: tuple[str, ...] = ()
    total: Array | None = None


@dataclass(frozen=True, eq=False)
class Entry:
    """One step of a backward pass: an op, the gradient that came to its output, and what it passed on.

    ``value``, ``line`` ("file.py:12"), ``source`` (the text of that line) and ``module`` (the path of the module that
    called the op) are known for what was computed under ``recording()``; the value is not if it was overwritten since.
    Of an op with several outputs, ``pieces`` has their names, and ``value`` and ``incoming`` are those of all of them,
    joined into one row.
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
    source: str = ""
    module: str = ""
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Trace:
    """The steps of a backward pass, in the order in which they were taken, and the gradients it ended in.

    ``gradients`` has the gradient of every tensor on the way by its name, leaves and intermediates. ``print`` shows
    the trace as text; ``table``, ``html``, ``mermaid`` and ``dot`` show it otherwise, and a notebook shows a table.
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
        known = ", ".join(entry.output for entry in self.entries)
        raise KeyError(f"no step of this trace gives {output!r}; its steps give: {known}")

    @property
    def edges(self) -> list[tuple[str, str]]:
        """The graph, as pairs of names: from an input of an op to its output, and from there to each of several."""
        into = [(source, entry.output) for entry in self.entries for source in entry.inputs]
        return into + [(entry.output, piece) for entry in self.entries for piece in entry.pieces]

    def __str__(self) -> str:
        from tinygrad_np.explain.plain_text import text

        return text(self)

    def __rich__(self) -> Any:
        return self.table()

    def table(self) -> Any:
        """Return a rich table, for the terminal; needs the package rich.

        >>> import tinygrad_np as tg
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> tg.explain.trace(x * x).table().row_count
        1
        """
        from tinygrad_np.explain.rich_table import table

        return table(self)

    def mermaid(self) -> str:
        """Return the graph with values and gradients as Mermaid text, which many sites render.

        >>> import tinygrad_np as tg
        >>> x = tg.explain.name(tg.tensor(3.0, requires_grad=True), "x")
        >>> print(tg.explain.trace(lambda: x * x).mermaid())
        flowchart TD
            n0["loss = mul(x, x)<br>value () 9<br>gradient () 1"]
            n1(["x<br>gradient () 6"])
            n1 --> n0
            n1 --> n0
        """
        from tinygrad_np.explain.diagrams import mermaid

        return mermaid(self)

    def dot(self) -> str:
        """Return the graph with values and gradients as DOT text, which Graphviz draws.

        >>> import tinygrad_np as tg
        >>> x = tg.explain.name(tg.tensor(3.0, requires_grad=True), "x")
        >>> print(tg.explain.trace(lambda: x * x).dot())
        digraph trace {
          node [shape=box, fontname="sans-serif"];
          n0 [label="loss = mul(x, x)\\nvalue () 9\\ngradient () 1"];
          n1 [label="x\\ngradient () 6", style=rounded];
          n1 -> n0;
          n1 -> n0;
        }
        """
        from tinygrad_np.explain.diagrams import dot

        return dot(self)

    def html(self) -> str:
        """Return a page that stands by itself: write it to a file and open that in a browser.

        >>> import tinygrad_np as tg
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> tg.explain.trace(x * x).html().splitlines()[0]
        '<!DOCTYPE html>'
        """
        from tinygrad_np.explain.page import document

        return document(self)

    def _repr_html_(self) -> str:
        from tinygrad_np.explain.page import fragment

        return fragment(self)


LISTED = 6  # arrays of up to so many entries are written out


def described(array: Any) -> str:
    """Describe an array: its shape, then its entries if they are few, else its range and Euclidean norm.

    >>> described(np.array([[3.0, -4.0]]))
    '(1, 2)  [[3, -4]]'
    >>> described(np.linspace(-1, 1, 201))
    '(201,)  -1 to 1  norm 8.226'
    """
    array = np.asarray(array)
    if array.size == 0:
        return f"{array.shape}  no entries"
    if array.size <= LISTED:
        return f"{array.shape}  {_listed(array)}"
    strange = array.size - int(np.isfinite(array).sum())
    if strange:
        return f"{array.shape}  {strange} of {array.size} entries are not finite"
    norm = float(np.linalg.norm(array.ravel().astype(np.float64)))  # float32 overflows where it squares
    return f"{array.shape}  {_number(array.min())} to {_number(array.max())}  norm {norm:.4g}"


def _listed(array: Any) -> str:
    return f"[{', '.join(map(_listed, array))}]" if np.ndim(array) else _number(array)


def _number(x: Any) -> str:
    return f"{x + 0.0:.4g}" if x.dtype.kind == "f" else str(x)  # -0.0 + 0.0 is 0.0
