"""Directives that show what the code says of itself: the table of ops, and the source of an op."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

import tinygrad_np.ops
from tinygrad_np._graph import OPS, Op
from tinygrad_np._graph._call import source
from tinygrad_np.explain.formulas import formula

for each in pkgutil.iter_modules(tinygrad_np.ops.__path__, "tinygrad_np.ops."):
    importlib.import_module(each.name)  # so that all ops are declared


class OpSource(Directive):
    """The function that is spelled out for an op."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        text = source(OPS[self.arguments[0]])
        return [nodes.literal_block(text, text, language="python")]


class OpsTable(Directive):
    """Every differentiable op, by topic: its derivatives, where it is tested, its kinks, its orders; and the words."""

    columns: ClassVar = {"op": 2, "derivatives": 6, "tested on": 3, "kinks": 2, "orders": 2}

    def run(self) -> list[nodes.Node]:
        topics: dict[str, list[Op]] = {}
        for op in sorted(OPS.values(), key=lambda op: op.name):
            if op.derivatives:
                topics.setdefault(_module(op), []).append(op)
        return [self._topic(module, topics[module]) for module in sorted(topics)]

    def _topic(self, module: str, ops: list[Op]) -> nodes.section:
        """Make a section of the ops that one module declares, under the first sentence of its docstring."""
        name = module.rpartition(".")[2].strip("_")
        said = (sys.modules[module].__doc__ or "").split("\n\n")[0].replace("\n", " ")
        section = nodes.section("", nodes.title("", name.replace("_", " ").capitalize()), ids=[f"ops-{name}"])
        section += nodes.paragraph("", said)
        section += _table(list(self.columns), list(self.columns.values()), [_row(op) for op in ops])
        if explained := {word: text for op in ops for word, text in words(op).items()}:
            section += _glossary(explained)
        return section


def _module(op: Op) -> str:
    return str(next(iter(op.derivatives.values())).__globals__["__name__"])


def _row(op: Op) -> list[list[str]]:
    each = "[i]" if op.arrays[0].startswith("*") else ""
    rules = [f"d{array}{each} = {formula(rule)}" for array, rule in op.derivatives.items()]
    domain = op.domain
    if domain is None:
        return [[op.name], rules, [], [], []]
    intervals = [f"{low:g} ... {high:g}" for low, high in domain.intervals]
    kinks = [_kink(op, at) for at in domain.kinks] + ["ties"] * domain.distinct
    return [[op.name], rules, _unbroken(intervals), _unbroken(kinks), _unbroken([_orders(op)])]


def _orders(op: Op) -> str:
    """Say how often an op can be differentiated: always, and where every further derivative is 0, that it is."""
    if all(formula(rule) == "g * 0" for rule in op.derivatives.values()):
        return "any (all 0)"
    values = {"y", *op.intermediates, *op.outputs, *(array.lstrip("*") for array in op.arrays)}
    linear = values.isdisjoint(need for needs in op.needs.values() for need in needs)
    return "any (linear)" if linear else "any"


def words(op: Op) -> dict[str, str]:
    """Say of each word in the rules of an op what it means, unless it is public or stands in the page's own table."""
    found = {}
    for rule in op.derivatives.values():
        names = {node.id for node in ast.walk(ast.parse(formula(rule), mode="eval")) if isinstance(node, ast.Name)}
        for name in sorted(names - set(inspect.signature(rule).parameters) - {"spread"}):
            named = rule.__globals__
            value = named.get(name, named.get(f"_{name}"))
            text = (inspect.getdoc(value) or "") if callable(value) else f"{value:.6g}" if value is not None else ""
            if isinstance(declared := getattr(value, "op", None), Op):
                text = "" if declared.name == name else f"the op {declared.name}"
            if value is not None and text != inspect.getdoc(getattr(tinygrad_np, name, None)):
                found[name] = text
    return {name: _gist(text) for name, text in found.items() if text}


def _gist(text: str) -> str:
    """Shorten a docstring to what is returned: its first paragraph, up to the full stop."""
    first = text.split("\n\n")[0].replace("\n", " ").replace("``", "").rstrip(".")
    first = first.removeprefix("Return ")
    return first[:1].lower() + first[1:]


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


def _glossary(explained: dict[str, str]) -> nodes.bullet_list:
    items = nodes.bullet_list()
    for word in sorted(explained):
        line = nodes.paragraph("", "", nodes.literal(word, word), nodes.Text(f": {explained[word]}"))
        items += nodes.list_item("", line)
    return items


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
