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
    "numpydoc",
    "lessons",  # these four are ours, in _ext: what the examples print,
    "mathml",  # formulas,
    "reference",  # the docstrings by topic,
    "rendered",  # the table of ops
]
myst_enable_extensions = ["colon_fence", "dollarmath"]
autosummary_generate = False  # no page for each name
numpydoc_show_class_members = False
autodoc_typehints = "none"  # the docstrings say more
add_module_names = False
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "tinygrad_np"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sphinx = False
html_copy_source = False
