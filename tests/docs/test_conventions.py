"""The tables of docs/conventions.md say what is so, here and in PyTorch: every row has a program that shows it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import tinygrad_np as tg
from tests.docs.deviations import DEVIATIONS, KINKS, outcome

PAGE = Path(__file__).parents[2] / "docs" / "conventions.md"


def rows(columns: int) -> list[str]:
    """Return the first cells of the rows of all tables of that many columns, their headings left out."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row[0] for row in cells if len(row) == columns and row[0] not in ("what", "function")]


def same(a: Any, b: Any) -> bool:
    """Tell whether two outcomes are equal, NaN being equal to itself."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b or (a != a and b != b))  # NaN differs from itself


@pytest.fixture(autouse=True)
def printing_as_before():
    yield
    tg.set_printoptions(profile="default")


@pytest.fixture
def torch():
    module = pytest.importorskip("torch", reason="PyTorch is not installed")
    for name in ("optim.lr_scheduler", "utils.data"):
        importlib.import_module(f"torch.{name}")
    yield module
    module.set_printoptions(profile="default")


def test_every_row_has_a_program():
    assert rows(2) == list(KINKS)
    assert rows(4) == list(DEVIATIONS)


@pytest.mark.parametrize("row", KINKS)
def test_kinks(row):
    for program, expected in KINKS[row]:
        assert same(outcome(program, tg), expected)


@pytest.mark.parametrize("row", KINKS)
def test_kinks_torch(row, torch):
    for program, expected in KINKS[row]:
        assert same(outcome(program, torch), expected)


@pytest.mark.parametrize("row", DEVIATIONS)
def test_deviations(row):
    for each in DEVIATIONS[row]:
        found = outcome(each.program, tg)
        assert same(found, each.here), f"here it comes out as {found}"


@pytest.mark.parametrize("row", DEVIATIONS)
def test_deviations_torch(row, torch):
    for each in DEVIATIONS[row]:
        found = outcome(each.program, torch)
        assert same(found, each.torch), f"in PyTorch it comes out as {found}"


def test_a_write_to_the_array_itself_goes_unnoticed():
    """The engine's page warns of it."""
    x = tg.ones(1, requires_grad=True)
    y = x * x
    x.array[0] = 5
    y.backward(tg.ones(1))
    assert x.grad.tolist() == [10]
