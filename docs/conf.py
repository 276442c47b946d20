"""Configuration of the documentation site: `make docs` builds it, warnings being errors."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent / "_ext")]

import tinygrad_np  # noqa: E402  # found through the path above

project = "tinygrad_np"
author = copyright = "The tinygrad_np maintainers"
version = release = tinygrad_np.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "rendered",  # ours: the table of ops, and the lessons with their real output
]
myst_enable_extensions = ["colon_fence", "dollarmath"]
autosummary_generate = True
numpydoc_show_class_members = False
autodoc_typehints = "none"  # the docstrings say more
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "tinygrad_np"
