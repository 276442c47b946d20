"""The dtypes, which are NumPy's own objects, and PyTorch's rules for promoting them.

PyTorch ranks operands by kind: arrays with dimensions, then 0-d arrays, then Python and NumPy scalars. A lower kind
counts only where it brings a higher category (bool < integer < float), so ``float32_array * 2.5`` stays float32 and
``int64_array * 2.5`` becomes the default float. An integer and a float, of whatever width, give that float.

Source: https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

from __future__ import annotations

from typing import Any

import numpy as np

DType = np.dtype[Any]

float16 = np.dtype(np.float16)
float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)
uint8 = np.dtype(np.uint8)
int8 = np.dtype(np.int8)
int16 = np.dtype(np.int16)
int32 = np.dtype(np.int32)
int64 = np.dtype(np.int64)
bool_ = np.dtype(np.bool_)

DEFAULT = float32
_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}


def as_dtype(dtype: Any, op: str) -> DType:
    """Return the supported dtype that ``dtype`` names: ours, NumPy's, a Python type or a string.

    >>> as_dtype("float64", "zeros"), as_dtype(bool, "zeros")
    (dtype('float64'), dtype('bool'))
    """
    found: DType = np.dtype(dtype)
    if found.kind not in _CATEGORY or not found.isnative:
        raise TypeError(f"{op}: dtype {found} is not supported, only bool, integers and floats in native byte order")
    return found


def result_type(*operands: Any) -> DType:
    """Return the dtype in which arrays and scalars meet, as ``torch.result_type``.

    >>> result_type(np.ones(3, np.float32), np.float64(2)), result_type(np.ones(3, np.int64), 2.5)
    (dtype('float32'), dtype('float32'))
    """
    ranked: list[DType | None] = [None, None, None]  # with dimensions, 0-d, scalars
    for operand in operands:
        rank, dtype = _rank(operand)
        earlier = ranked[rank]
        ranked[rank] = dtype if earlier is None else promote_types(earlier, dtype)
    result: DType | None = None
    for dtype_of_rank in ranked:
        if result is None:
            result = dtype_of_rank
        elif dtype_of_rank is not None and _CATEGORY[dtype_of_rank.kind] > _CATEGORY[result.kind]:
            result = promote_types(result, dtype_of_rank)
    assert result is not None, "result_type needs an operand"
    return result


def promote_types(a: DType, b: DType) -> DType:
    """Return the smallest dtype that holds both, where a float wins over any integer, as ``torch.promote_types``.

    >>> promote_types(int64, float32), promote_types(uint8, int8)
    (dtype('float32'), dtype('int16'))
    """
    if a.kind == "f" and b.kind != "f":
        return a
    if b.kind == "f" and a.kind != "f":
        return b
    result = np.promote_types(a, b)
    if result.kind == "f" and a.kind != "f":  # uint64 with int64: NumPy leaves the integers
        raise TypeError(f"{a} and {b} have no common integer dtype; convert one of them")
    return result


def _rank(operand: Any) -> tuple[int, DType]:
    if isinstance(operand, np.ndarray):
        return (0 if operand.ndim else 1), operand.dtype
    if isinstance(operand, (bool, np.bool_)):
        return 2, bool_
    if isinstance(operand, (int, np.integer)):
        return 2, int64
    if isinstance(operand, (float, np.floating)):
        return 2, DEFAULT
    raise TypeError(f"expected a tensor, an array or a real number, got {type(operand).__name__}")
