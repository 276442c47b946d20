"""The reference: names of a module, as a list and each with its docstring.

A page holds a topic: a page for each name would make hundreds of them, which take minutes to write.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Reference(SphinxDirective):
    """Functions and classes of a module, whose names are the content; ``inherited`` shows inherited methods too."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"inherited": directives.flag}

    def run(self) -> list[nodes.Node]:
        module = importlib.import_module(self.arguments[0])
        names = " ".join(self.content).split()
        text = [f".. currentmodule:: {module.__name__}", ""]
        if len(names) > 1:
            text += [".. autosummary::", "   :nosignatures:", "", *(f"   {name}" for name in names)]
        for name in names:
            text += ["", *self._entry(name, getattr(module, name))]
        return self.parse_text_to_nodes("\n".join(["```{eval-rst}", *text, "```"]))

    def _entry(self, name: str, value: object) -> list[str]:
        if not inspect.isclass(value):
            return [f".. autofunction:: {name}"]
        inherited = ["   :inherited-members: object"] if "inherited" in self.options else []
        return [f".. autoclass:: {name}", "   :members:", "   :special-members: __call__", *inherited]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("reference", Reference)
    return {"parallel_read_safe": True}
