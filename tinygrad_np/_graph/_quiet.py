"""NumPy's warnings about infinities and NaN, off while rules run: ``token = quiet()``, later ``as_before(token)``.

The same as ``np.errstate(all="ignore")``, which takes a microsecond to make anew what it then puts into a context
variable. Here that is made once: the variable, and what it is set to, are what entering it changes in the context.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any

import numpy as np


def _switch() -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    before = copy_context()
    with np.errstate(all="ignore"):
        inside = copy_context()
    changed = [variable for variable in inside if inside[variable] is not before.get(variable)]
    if len(changed) != 1:  # this NumPy keeps its state elsewhere
        return partial(np.seterr, all="ignore"), lambda state: np.seterr(**state)
    return partial(changed[0].set, inside[changed[0]]), changed[0].reset


quiet, as_before = _switch()
