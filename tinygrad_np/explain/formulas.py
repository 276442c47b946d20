"""The text of a derivative's rule, as it stands in the source and with the names of the tensors at hand."""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Callable, Mapping
from typing import Any

# How the ops that rules are made of are written on the blackboard.
_BLACKBOARD: dict[str, Callable[..., str]] = {
    "masked": lambda x, keep: f"{x} * ({keep})",
    "minus_one_at": lambda p, places: f"({p} - onehot)",
    "sum_over": lambda x, axes, keepdim: f"{x}.sum({axes.strip('(),')})",
    "spread": lambda x, *_: f"spread({x})",
    "len": lambda places: "m",
}


def formula(rule: Callable[..., Any], names: Mapping[str, str] | None = None) -> str:
    """Return the expression of a rule; ``names`` says what to call its parameters.

    >>> formula(lambda g, y: g * (1 - y * y), {"g": "dA", "y": "A"})
    'dA * (1 - A * A)'
    """
    expression = _expression(rule)
    if expression is None:
        parameters = rule.__code__.co_varnames[: rule.__code__.co_argcount]
        return f"{rule.__name__.strip('_')}({', '.join((names or {}).get(p, p) for p in parameters)})"
    return _written(expression, names or {})


@functools.cache
def _expression(rule: Callable[..., Any]) -> ast.expr | None:
    """Find the lambda in its source file, by the position of its body; None for a rule that is a ``def``."""
    if rule.__name__ != "<lambda>":
        return None
    start = next((p for p in rule.__code__.co_positions() if p[2] is not None and p[0] != 0 and p[1] is not None), None)
    tree = _parsed(rule.__code__.co_filename)
    if tree is None or start is None:
        return None
    first = min((p[0], p[2]) for p in rule.__code__.co_positions() if p[0] and p[2] is not None and p[3])
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            body = node.body
            begin, end = (body.lineno, body.col_offset), (body.end_lineno or 0, body.end_col_offset or 0)
            if node.lineno == rule.__code__.co_firstlineno and begin <= first < end:
                return body
    return None


@functools.cache
def _parsed(file: str) -> ast.Module | None:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return None


def _written(node: ast.expr, names: Mapping[str, str]) -> str:
    """Write an expression with names put in, and helper ops as on the blackboard."""
    return ast.unparse(_Renamed(names).visit(ast.parse(ast.unparse(node), mode="eval"))).replace("'", "")


class _Renamed(ast.NodeTransformer):
    """Put names in; a name such as ``0.weight`` is no identifier, but it is printed as one."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:  # ast's name
        return ast.Name(self.names.get(node.id, node.id))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        write = _BLACKBOARD.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if write is None:
            return node
        return ast.Name(write(*(ast.unparse(argument) for argument in node.args)))
