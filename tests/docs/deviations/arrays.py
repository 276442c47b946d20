"""NumPy's arrays and functions beside tensors."""

from __future__ import annotations

import warnings
from math import inf
from typing import Any

import numpy as np

from tests.docs.deviations.programs import Row


def warns_of_log_0(m: Any) -> bool:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return m.log(m.tensor([0.0])).item() == -inf and bool(caught)


F32 = np.float32
ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "`array * tensor`": [Row(lambda m: (np.ones(2, F32) * m.ones(2, requires_grad=True)).tolist(), [1, 1], TypeError)],
    "`np.tanh(tensor)`": [Row(lambda m: np.tanh(m.ones(1, requires_grad=True)).requires_grad, True, RuntimeError)],
    "a NumPy function without a rule": [Row(lambda m: np.linalg.inv(m.eye(1)).tolist(), TypeError, [[1]])],
    "`log(0)`, `1 / 0`, an overflow": [Row(warns_of_log_0, True, False)],
}
