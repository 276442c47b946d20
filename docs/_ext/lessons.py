"""What the examples print, run while the site is built: a page for each lesson, and a directive for any command.

``-D run_examples=0`` leaves the runs out, for a quick look at the text.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]
LESSONS = ROOT / "examples" / "lessons"
SKIPPED = "(not run in this build)"

log = logging.getLogger(__name__)


def printed(*arguments: str) -> str:
    """Run Python with these arguments, from the project's folder; return what it prints."""
    environment = {
        **os.environ,
        "COLUMNS": "100",
        "MPLBACKEND": "agg",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("TINYGRAD_NP_DATA", None)  # the embedded sample, so that every build shows the same
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=300
    )
    if done.returncode:
        raise ExtensionError(f"python {' '.join(arguments)} failed with exit status {done.returncode}:\n{done.stderr}")
    return done.stdout.rstrip()


class Run(SphinxDirective):
    """A command, ``python -m ...``, and what it prints."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        command = self.arguments[0]
        output = printed(*command.split()[1:]) if self.config.run_examples else SKIPPED
        text = f"$ {command}\n{output}"
        return [nodes.literal_block(text, text, language="console")]


def write_pages(app: Sphinx) -> None:
    """Write a page for each lesson into the folder of generated pages, and its pictures beside it."""
    pages = Path(app.srcdir) / "generated" / "lessons"
    pages.mkdir(parents=True, exist_ok=True)
    for lesson in sorted(LESSONS.glob("lesson_*.py")):
        with tempfile.TemporaryDirectory() as folder:
            output, pictures = SKIPPED, []
            if app.config.run_examples:
                log.info("running %s", lesson.stem)
                output = printed("-c", _RUN.format(lesson.stem), folder)
                pictures = sorted(Path(folder).glob("*.png"))
            for picture in pictures:
                (pages / picture.name).write_bytes(picture.read_bytes())
        (pages / f"{lesson.stem}.md").write_text(page(lesson, output, [picture.name for picture in pictures]), "utf-8")


_RUN = "import sys, pathlib, examples.lessons.{} as lesson; lesson.main(pathlib.Path(sys.argv[1]))"


def page(lesson: Path, output: str, pictures: list[str]) -> str:
    """Return a lesson's page: its docstring, what it prints, its pictures, its source."""
    source = lesson.read_text("utf-8")
    parsed = ast.parse(source)
    title, _, text = (ast.get_docstring(parsed) or lesson.stem).partition("\n")
    title = title.rstrip(".")
    images = [f"![Picture {i} of {title}]({name})" for i, name in enumerate(pictures, 1)]
    code = "\n".join(source.splitlines()[parsed.body[0].end_lineno :]).strip()  # after the docstring
    parts = [
        f"# {title}",
        text.strip("\n"),
        f"## What it prints\n\n{_fenced(output, 'text')}",
        *images,
        f"## The code\n\n`examples/lessons/{lesson.name}`\n\n{_fenced(code, 'python')}",
    ]
    return "\n\n".join(parts)


def _fenced(text: str, language: str) -> str:
    return f"~~~~~~{language}\n{text.rstrip()}\n~~~~~~"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, and the making of the pages before any is read."""
    app.add_config_value("run_examples", True, "env", bool)
    app.add_directive("run", Run)
    app.connect("builder-inited", write_pages, priority=400)
    return {"parallel_read_safe": True}
