"""A trace as plain text, the same to the byte each time."""

from __future__ import annotations

from tinygrad_np.explain.entries import Contribution, Entry, Trace, described


def text(trace: Trace) -> str:
    """Return the steps of a trace, one paragraph each, with the columns lined up."""
    return "\n".join(_paragraph(entry) for entry in trace)


def _paragraph(entry: Entry) -> str:
    where = "  ".join(part for part in (entry.line, f"in {entry.module}" if entry.module else "") if part)
    head = f"{entry.index}  {entry.output} = {entry.op}({', '.join(entry.inputs)})"
    rows = [("value", "", described(entry.value))] if entry.value is not None else []
    rows.append((f"d{entry.output}", "", described(entry.incoming)))
    rows += [(f"d{c.to}", f"= {c.formula}", _result(c)) for c in entry.contributions]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{head:60}  {where}".rstrip() if where else head]
    lines += [f"     {a:{widths[0]}}  {b:{widths[1]}}  {c}".rstrip() for a, b, c in rows]
    return "\n".join(lines)


def _result(contribution: Contribution) -> str:
    notes = [described(contribution.array), contribution.undone]
    if contribution.added:
        notes.append(f"fan-out {contribution.added + 1}: added to what came before")
    return "  ".join(note for note in notes if note)
