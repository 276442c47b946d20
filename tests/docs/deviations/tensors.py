"""Tensors: making them, their dtypes, what they show of themselves."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from tests.docs.deviations.programs import Row


def locks_source(m: Any) -> bool:
    array = np.zeros(2)
    m.from_numpy(array)
    return not array.flags.writeable


def converted_shares(m: Any) -> bool:
    array = np.zeros(2)
    return np.shares_memory(array, m.as_tensor(array).numpy())


def array_of(m: Any) -> Any:
    return type(m.ones(1).array)


ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "`t.array`": [Row(array_of, np.ndarray, AttributeError)],
    "`t.numpy()`": [Row(lambda m: m.ones(1).numpy().flags.writeable, False, True)],
    "`from_numpy(a)`": [Row(locks_source, True, False)],
    "`as_tensor(a)` of an array": [Row(converted_shares, False, True)],
    "`tensor([t, u])` of tensors": [Row(lambda m: m.tensor([m.ones(2), m.ones(2)]).tolist(), [[1, 1]] * 2, ValueError)],
    "`Tensor(...)`": [Row(lambda m: m.Tensor([1, 2]).tolist(), TypeError, [1, 2])],
    "`t.shape`, `t.size()`": [
        Row(lambda m: type(m.ones(1).shape) is tuple, True, False),
        Row(lambda m: type(m.ones(1).size()) is tuple, True, False),
    ],
    "dtypes": [Row(lambda m: isinstance(m.float32, np.dtype), True, False)],
    "float16": [Row(lambda m: (m.ones(1).half() + m.ones(1).half()).float().tolist(), TypeError, [2])],
    "complex numbers": [Row(lambda m: m.tensor([1j]).tolist(), TypeError, [1j])],
    "the device": [Row(lambda m: str(m.ones(1, device="meta").device), RuntimeError, "meta")],
    "print options out of range (negative, an infinite precision)": [
        Row(lambda m: m.set_printoptions(threshold=-1), ValueError, None),
        Row(lambda m: m.set_printoptions(precision=inf), ValueError, None),
    ],
    "`get_rng_state()`": [Row(lambda m: isinstance(m.get_rng_state(), np.ndarray), True, False)],
}
