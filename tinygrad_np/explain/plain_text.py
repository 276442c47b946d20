"""A trace as plain text, the same to the byte each time."""

from __future__ import annotations

from tinygrad_np.explain.entries import Contribution, Entry, Trace, described


def text(trace: Trace) -> str:
    """Return the steps of a trace, one paragraph each, with the columns lined up."""
    return "\n".join(_paragraph(entry) for entry in trace)


def _paragraph(entry: Entry) -> str:
    where = "  ".join(part for part in (entry.line, f"module {entry.module}" if entry.module else "") if part)
    head = f"{entry.index}  {call(entry)}"
    rows = [("value", "", described(entry.value))] if entry.value is not None else []
    rows.append((f"d{entry.output}", "", described(entry.incoming)))
    rows += [row for contribution in entry.contributions for row in rows_of(contribution)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{head:60}  {where}".rstrip()]
    lines += [f"     {label:{widths[0]}}  {rule:{widths[1]}}  {result}".rstrip() for label, rule, result in rows]
    legend = dict.fromkeys(contribution.where for contribution in entry.contributions if contribution.where)
    return "\n".join([*lines, *(f"     where {symbols}" for symbols in legend)])


def call(entry: Entry) -> str:
    """Write the op of an entry as a call.

    >>> import tinygrad_np as tg
    >>> x = tg.explain.name(tg.ones(2, requires_grad=True), "x")
    >>> call(tg.explain.trace((x * x).sum()).entries[1])
    'mul = mul(x, x)'
    """
    return f"{entry.output} = {entry.op}({', '.join(entry.inputs)})"


def rows_of(contribution: Contribution) -> list[tuple[str, str, str]]:
    """Return gradient, formula and result of a contribution; and, where it is the last of several, of their sum."""
    label = f"d{contribution.to}"
    notes = [described(contribution.array), contribution.undone]
    if contribution.fan_out > 1:
        notes.append(f"{contribution.added + 1} of {contribution.fan_out}")
    rows = [(label, f"= {contribution.formula}", "  ".join(note for note in notes if note))]
    if contribution.total is not None:
        total = f"fan-out {contribution.fan_out}: {' + '.join(map(_term, contribution.terms))}"
        rows.append((label, "= their sum", f"{described(contribution.total)}  {total}"))
    return rows


def _term(formula: str) -> str:
    return f"({formula})" if formula.startswith("-") else formula
