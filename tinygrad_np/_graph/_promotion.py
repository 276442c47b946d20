"""What an op does with operands of several dtypes: each of these returns the dtype to bring them to, or None."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._dtypes import DEFAULT, DType, result_type


def same(name: str, operands: tuple[Any, ...]) -> DType:
    """Bring the operands to the dtype in which they meet."""
    return result_type(*operands, op=name)


def numeric(name: str, operands: tuple[Any, ...]) -> DType:
    """Bring the operands to the dtype in which they meet, unless it is bool, for which the op means nothing."""
    dtype = result_type(*operands, op=name)
    if dtype.kind == "b":
        raise RuntimeError(f"{name}: not defined for bool; convert with .to(dtype), or use logical operations")
    return dtype


def floating(name: str, operands: tuple[Any, ...]) -> DType:
    """Bring the operands to the dtype in which they meet, integers to the default float."""
    dtype = result_type(*operands, op=name)
    return dtype if dtype.kind == "f" else DEFAULT


def equal_numbers(name: str, operands: tuple[Any, ...]) -> DType:
    """Refuse operands of different dtypes, and bools."""
    dtype = equal(name, operands)
    return numeric(name, operands) if dtype.kind == "b" else dtype


def as_is(name: str, operands: tuple[Any, ...]) -> None:
    """Take any dtype, also those that only store."""
    return


def computed(name: str, operands: tuple[Any, ...]) -> None:
    """Take any dtype but those that only store."""
    if any(x.dtype == np.float16 for x in operands):
        raise TypeError(f"{name}: float16 can be stored and converted, but not computed with; use .float() first")


def equal(name: str, operands: tuple[Any, ...]) -> DType:
    """Refuse operands of different dtypes, as PyTorch's matrix products do."""
    dtypes = [x.dtype for x in operands if isinstance(x, np.ndarray)]
    if len(set(dtypes)) > 1:
        listed = " and ".join(str(dtype) for dtype in dtypes)
        raise RuntimeError(f"{name}: expected operands of one dtype, got {listed}; convert one with .to(dtype)")
    first: DType = dtypes[0]
    return first
