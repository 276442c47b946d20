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
CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}  # of a dtype's kind; arithmetic never leads to a lower one

# Each supported dtype and NumPy's one object for it: the hot path compares by identity, and unpickled arrays have
# dtypes that are equal but other objects.
_SUPPORTED: dict[DType, DType] = {
    dtype: dtype
    for dtype in (
        *(bool_, uint8, int8, int16, int32, int64, float16, float32, float64),
        *(np.dtype(wide) for wide in (np.uint16, np.uint32, np.uint64)),
    )
}
_NAMES = frozenset(str(dtype) for dtype in _SUPPORTED)


def as_dtype(dtype: Any, op: str) -> DType:
    """Return the supported dtype that ``dtype`` names: ours, NumPy's, a Python type or a string.

    >>> as_dtype("float64", "zeros"), as_dtype(bool, "zeros")
    (dtype('float64'), dtype('bool'))
    """
    try:
        return _SUPPORTED[dtype if isinstance(dtype, np.dtype) else np.dtype(dtype)]
    except TypeError:
        raise TypeError(f"{op}: {dtype!r} is not a dtype; it is written like float32, int64, bool") from None
    except KeyError:
        raise TypeError(
            f"{op}: dtype {np.dtype(dtype)} is not supported, only bool, integers and floats of up to 64 bits in "
            "native byte order; convert the data with NumPy's .astype"
        ) from None


def is_dtype_name(name: str) -> bool:
    """Tell whether a string names a supported dtype.

    >>> is_dtype_name("float32"), is_dtype_name("cpu")
    (True, False)
    """
    return name in _NAMES


def result_type(*operands: Any, op: str = "result_type") -> DType:
    """Return the dtype in which tensors, arrays and scalars meet, as ``torch.result_type``; ``op`` is for errors.

    >>> result_type(np.ones(3, np.float32), np.float64(2)), result_type(np.ones(3, np.int64), 2.5)
    (dtype('float32'), dtype('float32'))
    """
    ranked: list[DType | None] = [None, None, None]  # with dimensions, 0-d, scalars
    for operand in operands:
        rank, dtype = _rank(getattr(operand, "array", operand), op)
        earlier = ranked[rank]
        ranked[rank] = dtype if earlier is None else promote_types(earlier, dtype)
    result: DType | None = None
    for dtype_of_rank in ranked:
        if result is None:
            result = dtype_of_rank
        elif dtype_of_rank is not None and CATEGORY[dtype_of_rank.kind] > CATEGORY[result.kind]:
            result = promote_types(result, dtype_of_rank)
    if result is None:
        raise TypeError(f"{op}: expected at least one operand")
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


def _rank(operand: Any, op: str) -> tuple[int, DType]:
    if isinstance(operand, np.ndarray):
        return (0 if operand.ndim else 1), as_dtype(operand.dtype, op)
    if isinstance(operand, (bool, np.bool_)):
        return 2, bool_
    if isinstance(operand, (int, np.integer)):
        return 2, int64
    if isinstance(operand, np.longdouble):
        return 2, as_dtype(operand.dtype, op)  # raises: it would not be weak
    if isinstance(operand, (float, np.floating)):
        return 2, DEFAULT
    raise TypeError(f"{op}: expected a tensor, an array or a real number, got {type(operand).__name__}")
