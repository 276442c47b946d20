"""The dtype of every binary function's result is PyTorch's, or both refuse; values agree too."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg

torch: Any = pytest.importorskip("torch", reason="the comparison needs PyTorch")

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64"]
KINDS = ["array", "0-d", "python", "numpy"]
PYTHON = {"b": True, "u": 2, "i": 2, "f": 2.0}
BINARY: dict[str, Any] = {
    "add": lambda lib, a, b: a + b,
    "sub": lambda lib, a, b: a - b,
    "mul": lambda lib, a, b: a * b,
    "div": lambda lib, a, b: a / b,
    "pow": lambda lib, a, b: a**b,
    "eq": lambda lib, a, b: a == b,
    "ne": lambda lib, a, b: a != b,
    "lt": lambda lib, a, b: a < b,
    "le": lambda lib, a, b: a <= b,
    "gt": lambda lib, a, b: a > b,
    "ge": lambda lib, a, b: a >= b,
    "and": lambda lib, a, b: a & b,
    "or": lambda lib, a, b: a | b,
    "xor": lambda lib, a, b: a ^ b,
    "result_type": lambda lib, a, b: lib.zeros(1, dtype=lib.result_type(a, b)),
}
OF_TENSORS: dict[str, Any] = {
    "maximum": lambda lib, a, b: lib.maximum(a, b),
    "minimum": lambda lib, a, b: lib.minimum(a, b),
    "logical_and": lambda lib, a, b: lib.logical_and(a, b),
    "logical_or": lambda lib, a, b: lib.logical_or(a, b),
    "where": lambda lib, a, b: lib.where(a == a, a, b),
    "cat": lambda lib, a, b: lib.cat([a.reshape(-1), b.reshape(-1)]),
    "matmul": lambda lib, a, b: a.reshape(1, -1) @ b.reshape(-1, 1),
}
UNARY = [
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "abs",
    "neg",
    "sign",
    "relu",
    "logical_not",
    "isnan",
    "isfinite",
    "clone",
]
FOLDS: dict[str, Any] = {
    "sum": lambda lib, x: lib.sum(x),
    "prod": lambda lib, x: lib.prod(x, 0),
    "mean": lambda lib, x: lib.mean(x),
    "amax": lambda lib, x: lib.amax(x, 0),
    "max": lambda lib, x: lib.max(x, 0).values,
    "std": lambda lib, x: lib.std(x),
    "var": lambda lib, x: lib.var(x, 0),
    "softmax": lambda lib, x: lib.softmax(x, 0),
    "log_softmax": lambda lib, x: lib.log_softmax(x, 0),
    "logsumexp": lambda lib, x: lib.logsumexp(x, 0),
    "any": lambda lib, x: lib.any(x),
    "argmax": lambda lib, x: lib.argmax(x),
    "invert": lambda lib, x: ~x,
    "clamp": lambda lib, x: lib.clamp(x, 0, 1),
    "clamp by floats": lambda lib, x: lib.clamp(x, 0.5, 1.5),
    "2 **": lambda lib, x: 2**x,
    "2.0 **": lambda lib, x: 2.0**x,
    "cat with float": lambda lib, x: lib.cat([x, lib.zeros(1)]),
    "where with numbers": lambda lib, x: lib.where(x > 0, x, 1.5),
}


DEVIATIONS = {
    *product(("softmax", "log_softmax"), DTYPES[:6]),  # PyTorch refuses integers
    ("argmax", "bool"),  # PyTorch refuses
}
ONE = [(name, dtype) for name in [*UNARY, *FOLDS] for dtype in DTYPES if (name, dtype) not in DEVIATIONS]


def operand(lib: Any, kind: str, dtype: str) -> Any:
    number = np.dtype(dtype).type(2)
    if kind == "python":
        return PYTHON[np.dtype(dtype).kind]
    if kind == "numpy":
        return number
    return lib.tensor(np.array(number) if kind == "0-d" else np.array([number, 1, 0], dtype))


def result(lib: Any, function: Any, *operands: Any) -> Any:
    """Return the result as an array, or None where the library refuses."""
    try:
        return function(lib, *operands).numpy()
    except (RuntimeError, TypeError, NotImplementedError):
        return None


def check(function: Any, ours: list[Any], theirs: list[Any]) -> None:
    mine, expected = result(tg, function, *ours), result(torch, function, *theirs)
    if expected is None or mine is None:
        assert mine is expected is None, (mine, expected)
        return
    assert (mine.dtype, mine.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(mine, expected, rtol=1e-6)


def deviates(name: str, kinds: tuple[str, ...], dtypes: tuple[str, ...]) -> bool:
    """Tell whether PyTorch's behaviour is not the one wanted."""
    if "bool" not in dtypes:
        return False
    if name == "sub" and set(dtypes) != {"bool"}:
        return True  # PyTorch refuses every bool, tinygrad_np only what would be bool minus bool
    if name in ("pow", "matmul") and set(dtypes) == {"bool"}:
        return (
            True  # PyTorch refuses powers of tensors but not of numbers, and products, where NumPy has the logical one
        )
    return ("numpy", "bool") in zip(kinds, dtypes, strict=True)  # PyTorch takes NumPy's bool scalar for a float


WITH_A_TENSOR = [kinds for kinds in product(KINDS, KINDS) if set(kinds) & {"array", "0-d"}]
TENSORS = [kinds for kinds in WITH_A_TENSOR if set(kinds) <= {"array", "0-d"}]
CASES = [(name, kinds) for name in BINARY for kinds in WITH_A_TENSOR]
CASES += [(name, kinds) for name in OF_TENSORS for kinds in TENSORS]


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize(("name", "kinds"), CASES, ids=[f"{name} {' '.join(kinds)}" for name, kinds in CASES])
def test_binary(name, kinds):
    for dtypes in product(DTYPES, DTYPES):
        if deviates(name, kinds, dtypes):
            continue
        ours, theirs = (
            [operand(lib, kind, dtype) for kind, dtype in zip(kinds, dtypes, strict=True)] for lib in (tg, torch)
        )
        try:
            check((BINARY | OF_TENSORS)[name], ours, theirs)
        except AssertionError as error:
            raise AssertionError(f"{name} of {kinds} of {dtypes}: {error}") from None


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize(("name", "dtype"), ONE, ids=[f"{name} {dtype}" for name, dtype in ONE])
def test_of_one_tensor(name, dtype):
    function = FOLDS.get(name) or (lambda lib, x: getattr(lib, name)(x))
    check(function, *([operand(lib, "array", dtype)] for lib in (tg, torch)))
