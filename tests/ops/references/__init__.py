"""What the tests know of each op with rules, one module for each topic: these are all of them together.

``REFERENCES`` maps an op to a slow and obvious function of float64 arrays, written from the definition; ``KEEPS`` to
the arguments, intermediates and output (y) that it keeps for backward. The pairs (op, array) are those whose rule some
spoils cannot change: the gradient is always 0, or never a matrix, or g itself.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

REFERENCES: dict[str, Callable[..., Any]] = {}
KEEPS: dict[str, str] = {}
ALWAYS_ZERO: set[tuple[str, str]] = set()
NEVER_A_MATRIX: set[tuple[str, str]] = set()
PASSES_G_ON: set[tuple[str, str]] = set()

for found in pkgutil.iter_modules(__path__, f"{__name__}."):
    topic = importlib.import_module(found.name)
    for table in ("REFERENCES", "KEEPS", "ALWAYS_ZERO", "NEVER_A_MATRIX", "PASSES_G_ON"):
        globals()[table].update(getattr(topic, table, {}))
