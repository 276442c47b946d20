"""A trace as a table for the terminal."""

from __future__ import annotations

from typing import Any

from tinygrad_np.explain.entries import Trace, described
from tinygrad_np.explain.plain_text import call, rows_of


def table(trace: Trace) -> Any:
    """Return a ``rich.table.Table`` with a row for each step: what was computed, and what was passed back.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> table(tg.explain.trace((x * x).sum())).row_count
    2
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rows = Table(box=box.SIMPLE_HEAD, title="The backward pass, step by step", title_justify="left", show_lines=True)
    rows.add_column("", justify="right", style="dim")
    rows.add_column("step", overflow="fold")
    rows.add_column("passes back", overflow="fold")
    for entry in trace:
        step = Text(call(entry), "bold")
        if entry.value is not None:
            step.append(f"\nvalue  {described(entry.value)}", "not bold")
        step.append(f"\nd{entry.output}  {described(entry.incoming)}", "not bold cyan")
        where = [entry.line, f"module {entry.module}" if entry.module else ""]
        step.append("".join(f"\n{part}" for part in where if part), "not bold dim")
        passed = Text()
        for contribution in entry.contributions:
            for gradient, rule, result in rows_of(contribution):
                passed.append(f"{gradient} {rule}\n", "bold")
                passed.append(f"  {result}\n")
        for symbols in dict.fromkeys(contribution.where for contribution in entry.contributions):
            passed.append(f"where {symbols}\n" if symbols else "", "dim")
        passed.rstrip()
        rows.add_row(str(entry.index), step, passed)
    return rows
