"""Every public function and method is used by some test or example, and every function shows an example."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tinygrad_np as tg

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = {"tg", "tinygrad_np", "lib", "F"}  # `lib` is tinygrad_np or PyTorch in the comparisons
FOREIGN = {"np", "torch", "math", "operator", "builtins"}
MODULES = [
    "tinygrad_np",
    "tinygrad_np.autograd",
    "tinygrad_np.autograd.functional",
    "tinygrad_np.func",
    "tinygrad_np.nn.functional",
    "tinygrad_np.utils.checkpoint",
]


def uses(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield ("function" or "method", name) of what a syntax tree takes from the library, or may take by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            base = node.value.id if isinstance(node.value, ast.Name) else None
            if base in LIBRARY:
                yield "function", node.attr
            elif base not in FOREIGN:
                yield "method", node.attr
                yield "function", node.attr  # as in tg.autograd.grad
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tinygrad_np"):
            yield from (("function", alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield "function", node.value  # for getattr
            yield "method", node.value
        elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["NAMES"]:
            for name in re.findall(r"\w+", ast.unparse(node.value)):  # the topics of tests/samples
                yield "function", name
                yield "method", name


def examples(source: str) -> Iterator[ast.AST]:
    """Yield the syntax trees of the examples in all docstrings of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            for example in doctest.DocTestParser().get_examples(ast.get_docstring(node) or ""):
                yield ast.parse(example.source)


def used() -> set[tuple[str, str]]:
    """Collect what tests and docstrings of the project use."""
    found: set[tuple[str, str]] = set()
    for path in (ROOT / "tests").rglob("*.py"):
        if path != Path(__file__).resolve() and "benchmarks" not in path.parts:
            found.update(uses(ast.parse(path.read_text(encoding="utf-8"))))
    for folder in ("tinygrad_np", "models"):
        for path in (ROOT / folder).rglob("*.py"):
            for tree in examples(path.read_text(encoding="utf-8")):
                found.update(uses(tree))
    return found


USED = used()


def public_functions() -> Iterator[tuple[str, Any]]:
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            member = vars(module).get(name)  # not the submodules, which load when first used
            if inspect.isfunction(member) or inspect.isclass(member):
                yield f"{module.__name__}.{name}", member


FUNCTIONS = dict(public_functions())
MEMBERS = {name: inspect.getattr_static(tg.Tensor, name) for name in dir(tg.Tensor) if not name.startswith("_")}
METHODS = [name for name, member in MEMBERS.items() if not inspect.ismemberdescriptor(member)]  # no slots


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_is_tested(name):
    assert ("function", name.rpartition(".")[2]) in USED, f"no test uses {name}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_shows_an_example(name):
    assert ">>>" in (FUNCTIONS[name].__doc__ or ""), f"{name} has no example in its docstring"


@pytest.mark.parametrize("name", METHODS)
def test_a_public_method_is_tested(name):
    assert ("method", name) in USED, f"no test uses Tensor.{name}"


@pytest.mark.parametrize("name", METHODS)
def test_a_public_method_says_what_it_does(name):
    assert MEMBERS[name].__doc__, f"Tensor.{name} has no docstring"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("tg.relu(x)", {("function", "relu")}),
        ("x.relu()", {("method", "relu"), ("function", "relu")}),
        ("np.sum(x)", set()),
        ("getattr(x, 'relu')", {("method", "relu"), ("function", "relu")}),
        ("from tinygrad_np.autograd import grad", {("function", "grad")}),
        ("relu = 1  # relu", set()),
        ("NAMES = 'abs nn.relu'", {(kind, n) for kind in ("function", "method") for n in ("abs", "nn", "relu")}),
    ],
)
def test_uses_are_found(source, expected):
    assert set(uses(ast.parse(source))) == expected
