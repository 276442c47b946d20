"""NumPy's warnings about infinities and NaN, off while rules run: ``token = quiet()``, later ``as_before(token)``.

The same as ``np.errstate(all="ignore")``, which takes a microsecond to make anew what it then puts into a context
variable. Here that is made once for each state that it is to follow. Which variable it is, is seen from what entering
``errstate`` changes in the context.
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
    state, put = changed[0].get, changed[0].set
    latest: tuple[Any, Any] = before.get(changed[0]), inside[changed[0]]

    def switch_off() -> Any:
        nonlocal latest
        now = state(None)
        followed, silent = latest
        if now is not followed:  # the user has changed something: errstate keeps what is not about warnings
            with np.errstate(all="ignore"):
                silent = state()
            latest = now, silent
        return put(silent)

    return switch_off, changed[0].reset


quiet, as_before = _switch()
