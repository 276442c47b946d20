"""A comparison of gradients as a table for the terminal."""

from __future__ import annotations

from typing import Any

from tinygrad_np.explain.verdicts import HEADINGS, INHERITED, NUMBERS, WRONG, Comparison


def report(comparison: Comparison) -> Any:
    """Return the one line that matters, a ``rich.table.Table``, and the remarks.

    >>> import tinygrad_np as tg
    >>> x = tg.explain.name(tg.tensor([1.0, 2.0], requires_grad=True), "x")
    >>> report(tg.explain.compare((x * x).sum(), {"dx": [2.0, 4.0]})).renderables[0].plain
    'The gradient is right: equal to rounding.'
    """
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for i, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if i in NUMBERS else "left", overflow="fold")
    for cells, verdict in zip(comparison.rows(), comparison.verdicts.values(), strict=True):
        style = {WRONG: "bold #E69F00", INHERITED: "#E69F00"}.get(verdict.status)
        table.add_row(*map(Text, cells), style=style)
    return Group(Text(comparison.headline, "bold"), table, *map(Text, comparison.remarks))
