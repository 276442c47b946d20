"""The text of a derivative's rule, as it stands in the source and with the names of the tensors at hand."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
from collections.abc import Callable, Mapping
from typing import Any

Rule = Callable[..., Any]
Place = tuple[int, int]  # line and column


def formula(rule: Rule, names: Mapping[str, str] | None = None) -> str:
    """Return the expression of a rule; ``names`` says what to call its parameters.

    The ops that rules are made of are written as on the blackboard: ``masked(g, y > 0)`` is ``g * (y > 0)``. A rule
    that is no lambda, or whose source is not at hand, is written as a call.

    >>> formula(lambda g, y: g * (1 - y * y), {"g": "dA", "y": "A"})
    'dA * (1 - A * A)'
    """
    names = names or {}
    body = _body(rule)
    if body is None:
        called = rule.__name__.strip("_") if rule.__name__ != "<lambda>" else "rule"
        return f"{called}({', '.join(names.get(p, p) for p in inspect.signature(rule).parameters)})"
    return ast.unparse(_Blackboard(names, rule.__globals__).visit(ast.parse(body, mode="eval")).body)


def symbols(rule: Rule, values: Mapping[str, Any]) -> dict[str, int]:
    """Return the numbers of entries that the formula of a rule calls m or n, from the values of its parameters.

    >>> symbols(lambda g, places: g / len(places), {"places": [7, 2, 9]})
    {'m': 3}
    """
    body = _body(rule)
    if body is None:
        return {}
    blackboard = _Blackboard({}, rule.__globals__)
    written = ast.walk(blackboard.visit(ast.parse(body, mode="eval")))
    left = {node.id for node in written if isinstance(node, ast.Name)}  # what is written shorter may leave some out
    counts = blackboard.counts.items()
    return {symbol: eval(text, rule.__globals__, dict(values)) for symbol, text in counts if symbol in left}


def _body(rule: Rule) -> str | None:
    """Find the text of a lambda's body in its source file; among several on a line, by its position there."""
    code = rule.__code__
    if rule.__name__ != "<lambda>":
        return None
    found = _lambdas("".join(linecache.getlines(code.co_filename, rule.__globals__))).get(code.co_firstlineno, [])
    if len(found) > 1:
        # Positions are (line, end line, column, end column), or None where Python was told not to keep them.
        places = [(line, column) for line, _, column, end in code.co_positions() if line and column is not None and end]
        first = min(places, default=(0, 0))
        found = sorted((start, end, text) for start, end, text in found if start <= first < end)[-1:]  # the innermost
    return found[0][2] if found else None


@functools.lru_cache(maxsize=64)
def _lambdas(source: str) -> dict[int, list[tuple[Place, Place, str]]]:
    """Return, for each line on which lambdas begin, where their bodies start and end, and their text."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a notebook's cell with magic commands, say
        return {}
    found: dict[int, list[tuple[Place, Place, str]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            body = node.body
            end = (body.end_lineno or 0, body.end_col_offset or 0)
            found.setdefault(node.lineno, []).append(((body.lineno, body.col_offset), end, ast.unparse(body)))
    return found


# ---------------------------------------------------------------------------------------------------- the blackboard


class _Blackboard(ast.NodeTransformer):
    """Put names in, and write the ops that rules are made of as on the blackboard.

    A name such as ``0.weight`` is no identifier, but it is printed as one. ``known`` tells what functions a rule calls:
    one of a user's own keeps its name. ``counts`` notes what m and n stand for.
    """

    def __init__(self, names: Mapping[str, str], known: Mapping[str, Any]) -> None:
        self.names = names
        self.known = known
        self.counts: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.Name:  # ast calls it so
        called = self.names.get(node.id, node.id)
        return ast.Name(f"({called})" if called.startswith("-") else called)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "math":
            return ast.Name(node.attr)  # pi
        return ast.Attribute(self.visit(node.value), node.attr)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        function = name.lstrip("_")
        is_ours = _is_the_packages(self.known.get(name))
        symbol = "m" if function == "len" else "n" if function == "count" and is_ours else None
        if symbol is not None:
            self.counts[symbol] = ast.unparse(node)
            return ast.Name(symbol)
        arguments = [self.visit(argument) for argument in node.args]
        if is_ours and function in _WRITTEN:
            return _WRITTEN[function](*arguments)
        called = ast.Name(function) if function else self.visit(node.func)
        return ast.Call(called, arguments, [self.visit(keyword) for keyword in node.keywords])


def _is_the_packages(function: Any) -> bool:
    """Tell whether a function is one of the package's (an op's, which is spelled out, has no module)."""
    return function is not None and (getattr(function, "__module__", None) or "tinygrad_np").startswith("tinygrad_np")


def _product(x: ast.expr, keep: ast.expr) -> ast.expr:
    never = isinstance(keep, ast.Constant) and keep.value is False
    return ast.BinOp(x, ast.Mult(), ast.Constant(0) if never else keep)


def _quotient(x: ast.expr, by: ast.expr) -> ast.expr:
    return ast.BinOp(x, ast.Div(), by)


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(function), list(arguments), [])


def _sum_over(x: ast.expr, axes: ast.expr, *_: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(x, "sum"), axes.elts if isinstance(axes, ast.Tuple) else [axes], [])


_WRITTEN: dict[str, Callable[..., ast.expr]] = {
    "raw": lambda x: x,
    "masked": _product,
    "nonzero": lambda x: ast.Compare(x, [ast.NotEq()], [ast.Constant(0)]),
    "dot": lambda a, b: ast.BinOp(a, ast.MatMult(), b),
    "ratio": _quotient,
    "minus_one_at": lambda p, *_: ast.BinOp(p, ast.Sub(), ast.Name("onehot")),
    "sum_over": _sum_over,
    "column_sums": lambda x: _sum_over(x, ast.Constant(0)),
    "spread": lambda x, *_: _call("spread", x),
    "shared": lambda g, x, y, *_: _product(
        _call("spread", _quotient(g, ast.Name("ties"))), ast.Compare(x, [ast.Eq()], [y])
    ),
    "getitem": lambda x, index: ast.Subscript(x, index),
    "narrow": lambda g, *_: _call("own_piece", g),
    "permute": lambda g, *_: _call("permute_back", g),
}
