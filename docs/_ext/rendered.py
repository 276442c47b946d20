"""Directives that show what the code says of itself: the table of ops, and the source of an op."""

from __future__ import annotations

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

import tinygrad_np.nn  # noqa: F401  # so that all ops are declared
from tinygrad_np._graph import OPS, Op
from tinygrad_np._graph._call import source
from tinygrad_np.explain.formulas import formula


class OpSource(Directive):
    """The function that is spelled out for an op."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        text = source(OPS[self.arguments[0]])
        return [nodes.literal_block(text, text, language="python")]


class OpsTable(Directive):
    """Every differentiable op: its derivatives, where it is tested, its kinks."""

    columns: ClassVar = {"op": 2, "derivatives": 6, "tested on": 3, "kinks": 2}

    def run(self) -> list[nodes.Node]:
        declared = sorted((op for op in OPS.values() if op.derivatives), key=lambda op: op.name)
        return [_table(list(self.columns), list(self.columns.values()), [_row(op) for op in declared])]


def _row(op: Op) -> list[list[str]]:
    each = "[i]" if op.arrays[0].startswith("*") else ""
    rules = [f"d{array}{each} = {formula(rule)}" for array, rule in op.derivatives.items()]
    domain = op.domain
    if domain is None:
        return [[op.name], rules, [], []]
    intervals = [f"{low:g} ... {high:g}" for low, high in domain.intervals]
    kinks = [_kink(op, at) for at in domain.kinks] + ["ties"] * domain.distinct
    return [[op.name], rules, _unbroken(intervals), _unbroken(kinks)]


def _unbroken(lines: list[str]) -> list[str]:
    return [line.replace(" ", "\N{NO-BREAK SPACE}") for line in lines]


def _kink(op: Op, at: float) -> str:
    """Write where a kink is: at an entry, or at a difference of two."""
    if len(op.arrays) == 1:
        return f"{op.arrays[0]} = {at:g}"
    difference = f" + {at:g}" if at else ""
    return f"{op.arrays[0]} = {op.arrays[1]}{difference}"


def _table(titles: list[str], widths: list[int], rows: list[list[list[str]]]) -> nodes.table:
    table = nodes.table()
    group = nodes.tgroup(cols=len(titles))
    table += group
    for width in widths:
        group += nodes.colspec(colwidth=width)
    head, body = nodes.thead(), nodes.tbody()
    group += head
    group += body
    head += _cells([[title] for title in titles], plain=True)
    for row in rows:
        body += _cells(row)
    return table


def _cells(row: list[list[str]], plain: bool = False) -> nodes.row:
    cells = nodes.row()
    for lines in row:
        entry = nodes.entry()
        for line in lines:
            text = nodes.Text(line) if plain else nodes.literal(line, line)
            entry += nodes.paragraph("", "", text)
        cells += entry
    return cells


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("op-source", OpSource)
    app.add_directive("ops-table", OpsTable)
    return {"parallel_read_safe": True}
