"""The site builds without a warning, and its hand-written pages keep up with the code."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import tinygrad_np as tg

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NEEDED = ("sphinx", "myst_parser", "numpydoc", "furo")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
DOCUMENTED = (  # modules whose public names the reference lists
    "tinygrad_np",
    "tinygrad_np.autograd",
    "tinygrad_np.autograd.functional",
    "tinygrad_np.explain",
    "tinygrad_np.func",
    "tinygrad_np.linalg",
    "tinygrad_np.nn",
    "tinygrad_np.nn.functional",
    "tinygrad_np.optim",
    "tinygrad_np.testing",
    "tinygrad_np.utils",
    "tinygrad_np.utils.checkpoint",
    "tinygrad_np.utils.data",
    "data",
)


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}; pip install -e '.[docs]'")
def test_the_site_builds_without_a_warning(tmp_path):
    """Read every page and resolve every link, without running the examples or writing the site, as `make docs` does."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "dummy", "-D", "run_examples=0"]
    done = subprocess.run(
        [*command, "-d", str(tmp_path / "doctrees"), str(DOCS), str(tmp_path / "site")],
        capture_output=True,
        encoding="utf-8",
        timeout=240,
    )
    assert not done.returncode, done.stderr


REFERENCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((DOCS / "api").glob("*.md")))


def listed() -> list[tuple[str, str]]:
    """Return module and name of all that stands in the reference's lists."""
    blocks = re.findall(
        r"^```\{reference\} (\S+)\n(?::inherited:\n\n)?(.*?)\n```$", REFERENCE, re.MULTILINE | re.DOTALL
    )
    return [(module, name) for module, names in blocks for name in names.split()]


def test_the_reference_lists_nothing_twice():
    assert len(set(listed())) == len(listed())


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_reference_lists_every_public_name(name):
    """Functions and classes are listed under one of their names; the others (modules, dtypes) are mentioned."""
    module = importlib.import_module(name)
    objects = [getattr(importlib.import_module(path), each) for path, each in listed()]
    for public in module.__all__:
        value = getattr(module, public)
        if callable(value) and not isinstance(value, np.dtype):
            assert any(value is each or value == each for each in objects), public
        assert re.search(rf"\b{public}\b", REFERENCE) or public == "__version__", public


def test_the_page_of_ops_explains_every_word():
    """What a rule is made of is an argument, public, an op of the page, or a word that the page explains."""
    pytest.importorskip("sphinx", reason="not installed: pip install -e '.[docs]'")
    # Not imported: no module may be loaded while tests run, for the reason in conftest.
    rendered = SimpleNamespace(**runpy.run_path(str(DOCS / "_ext" / "rendered.py")))
    table = re.findall(r"^\| (.*?) \|", (DOCS / "ops.md").read_text(encoding="utf-8"), re.MULTILINE)
    known = {"pi", "abs", *re.findall(r"`(\w+)", " ".join(table)), *tg.__all__, *rendered.OPS}
    for op in rendered.OPS.values():
        for rule in op.derivatives.values():
            tree = ast.parse(rendered.formula(rule))
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            unknown = names - known - set(inspect.signature(rule).parameters) - set(rendered.words(op))
            assert not unknown, f"{op.name}: {unknown}"


def test_the_page_of_the_engine_lists_its_files():
    text = (DOCS / "engine.md").read_text(encoding="utf-8")
    files = {path.stem: path for path in (ROOT / "tinygrad_np" / "_graph").glob("_*.py") if path.stem != "__init__"}
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(files)
    (claimed,) = re.findall(r"some ([\d,]+) lines", text)
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files.values())
    assert int(claimed.replace(",", "")) == pytest.approx(lines, rel=0.1)


def test_the_page_of_questions_has_all_of_them():
    questions = importlib.import_module("examples.why").QUESTIONS
    text = (DOCS / "questions.md").read_text(encoding="utf-8")
    assert re.findall(r"^```\{run\} python -m examples\.why (\w+)$", text, re.MULTILINE) == list(questions)


def test_the_programs_on_the_page_of_own_ops_run():
    scope: dict[str, object] = {"__name__": "own_ops"}
    programs = re.findall(r"```python\n(.*?)```", (DOCS / "own_ops.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(programs) == 5
    for program in programs:
        exec(program, scope)


def test_the_program_on_the_start_page_runs():
    (program,) = re.findall(r"```python\n(.*?)```", (DOCS / "index.md").read_text(encoding="utf-8"), re.DOTALL)
    scope: dict[str, object] = {}
    exec(program, scope)
    assert all(p.grad is not None for p in scope["model"].parameters())  # type: ignore[attr-defined]
