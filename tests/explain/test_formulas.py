"""Every rule can be written as a formula, in its own names or in those of the tensors."""

import ast
import builtins
import inspect
import re

import numpy as np
import pytest

from tests.ops.registry import WITH_RULES
from tinygrad_np.explain.formulas import formula, symbols
from tinygrad_np.ops.elementwise import masked

RULES = [
    pytest.param(rule, id=f"{op.name}-{argument}")
    for op in WITH_RULES.values()
    for argument, rule in op.derivatives.items()
]
BLACKBOARD = {"m", "n", "onehot", "ties", "spread", "own_piece", "permute_back", "pi"}


def identifiers(text: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_written_in_its_own_names(rule):
    written = formula(rule)
    parameters = set(inspect.signature(rule).parameters)
    functions = {key.lstrip("_") for key in rule.__globals__} | set(vars(builtins)) | {rule.__name__.lstrip("_")}
    assert "g" in identifiers(written) <= parameters | functions | BLACKBOARD
    assert "_" not in {identifier[0] for identifier in identifiers(written)}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_written_in_other_names(rule):
    parameters = list(inspect.signature(rule).parameters)
    names = {parameter: f"{i}.some_{parameter}" for i, parameter in enumerate(parameters)}
    written = formula(rule, names)
    back = re.sub(r"\d\.some_", "", written)
    assert back == formula(rule)
    assert names["g"] in written


@pytest.mark.parametrize(
    ("op", "argument", "expected"),
    [
        ("tanh", "x", "g * (1 - y * y)"),
        ("mul", "b", "g * a"),
        ("matmul", "a", "g @ b.mT"),
        ("matmul_transposed", "b", "(g.mT @ a).mT"),
        ("linear", "W", "g.T @ x"),
        ("linear", "b", "g.sum(0)"),
        ("relu", "x", "g * (y != 0)"),
        ("maximum", "a", "halved(g, a == b) * ~(a < b)"),
        ("cross_entropy", "x", "(p - onehot) * g / m"),
        ("mean", "x", "spread(g / n)"),
        ("amax", "x", "spread(g / ties) * (x == y)"),
        ("softmax", "x", "y * (g - (g * y).sum(axes))"),
        ("cumsum", "x", "cumsum(g, dim, not reverse)"),
        ("floor", "x", "g * 0"),
        ("place", "x", "g[index]"),
        ("sinc", "x", "g * -pi * spherical_bessel(pi * x, 1)"),
    ],
)
def test_the_blackboard(op, argument, expected):
    assert formula(WITH_RULES[op].derivatives[argument]) == expected


def test_names_are_put_in_and_negative_numbers_in_parentheses():
    rule = WITH_RULES["div"].derivatives["a"]
    assert formula(rule, {"g": "dZ", "b": "-2.0"}) == "dZ / (-2.0)"


def test_a_masked_sum_keeps_its_parentheses():
    assert formula(lambda g, x, y: masked(g + x, y > 0)) == "(g + x) * (y > 0)"


def nonzero(x):
    return x * x


def test_a_function_of_a_users_own_keeps_its_name():
    assert formula(lambda g, x: g * nonzero(x)) == "g * nonzero(x)"
    assert formula(lambda g, x: masked(g, nonzero(x))) == "g * nonzero(x)"


def test_lambdas_on_one_line_are_told_apart():
    rules = {"a": lambda g, b: g * b, "b": lambda g, a: g * a, "c": lambda g: -g}
    assert [formula(rule) for rule in rules.values()] == ["g * b", "g * a", "-g"]
    nested = lambda g: lambda h: h + g  # noqa: E731
    assert formula(nested(3)) == "h + g"


def test_a_lambda_over_several_lines():
    rules = {
        "x": lambda g, x: (
            g * x  # the other factor
        ),
    }
    assert formula(rules["x"]) == "g * x"


def test_without_its_source_a_rule_is_written_as_a_call():
    rule = eval("lambda g, y: g * y")
    assert formula(rule) == "rule(g, y)"
    assert formula(rule, {"g": "dA", "y": "A"}) == "rule(dA, A)"
    assert symbols(rule, {"y": 1}) == {}


def test_a_rule_that_is_no_lambda_is_written_as_a_call():
    def _slope(g, x):
        return g * x

    assert formula(_slope, {"x": "Z1"}) == "slope(g, Z1)"


def test_a_file_that_is_no_python_is_passed_over(tmp_path):
    path = tmp_path / "cell.py"
    path.write_text("%magic\nrule = lambda g: g\n")
    found = {}
    exec(compile("\nrule = lambda g: g\n", str(path), "exec"), found)
    assert formula(found["rule"]) == "rule(g)"


def test_symbols_count_what_the_formula_calls_m_and_n():
    places = np.arange(5)
    assert symbols(WITH_RULES["cross_entropy"].derivatives["x"], {"p": 0, "places": places}) == {"m": 5}
    assert symbols(WITH_RULES["mean"].derivatives["x"], {"x_shape": (2, 3, 4), "axes": (0, 2)}) == {"n": 8}
    assert symbols(WITH_RULES["permute"].derivatives["x"], {"dims": (1, 0)}) == {}
