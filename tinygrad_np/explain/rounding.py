"""How far two arrays are apart: in bits, in values, and in roundings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinygrad_np._graph import Array


@dataclass(frozen=True)
class Difference:
    """How far an array is from its reference.

    ``ulps`` counts the floats from one number to the other, at most over the entries; near 0 there are very many.
    ``scaled_ulps`` is the largest difference in steps of the reference's largest entry, which says how much of the
    gradient is lost. ``relative`` is the largest difference of an entry as a share of that entry.
    """

    same_bits: bool
    largest_entry: float
    absolute: float
    relative: float
    ulps: int
    scaled_ulps: float


def difference(array: Array, reference: Array) -> Difference:
    """Measure how far an array is from a reference of the same shape; a NaN is equal to a NaN.

    Values are compared in the wider dtype of the two, floats counted in the narrower.

    >>> one = np.ones(3, np.float32)
    >>> difference(np.nextafter(one, np.float32(2)), one).ulps
    1
    """
    if array.shape != reference.shape:
        raise ValueError(f"difference: expected shape {reference.shape}, got {array.shape}")
    same_bits = array.dtype == reference.dtype and array.tobytes() == reference.tobytes()
    largest_entry = _largest(reference)
    apart = distances(array, reference)
    absolute = _largest(apart)
    with np.errstate(all="ignore"):
        shares = np.where(apart == 0, 0, apart / np.abs(reference))
        narrow = narrower(array, reference)
        step = np.spacing(np.asarray(largest_entry, narrow))
        scaled = absolute / step if absolute else 0.0
        counted = ulps(array.astype(narrow), reference.astype(narrow)) if absolute else 0
    return Difference(same_bits, largest_entry, absolute, _largest(shares), counted, float(scaled))


def distances(array: Array, reference: Array) -> Array:
    """Return the distance of each entry; that of equal infinities or two NaN is 0, that of one NaN infinite."""
    with np.errstate(all="ignore"):
        apart = np.abs(np.subtract(array, reference, dtype=np.result_type(array, reference)))
    same = (array == reference) | (np.isnan(array) & np.isnan(reference))
    return np.where(same, 0, np.where(np.isnan(apart), np.inf, apart))


def narrower(array: Array, reference: Array) -> np.dtype[np.floating]:
    """Return the less precise dtype of the two."""
    return min(array.dtype, reference.dtype, key=lambda dtype: dtype.itemsize)


def ulps(array: Array, reference: Array) -> int:
    """Count how many floats lie between two numbers, at most over the entries; 0 and -0 count as one float.

    >>> ulps(np.array([1.0, -0.0]), np.array([1.0, 0.0]))
    0
    """
    apart = _position(array) - _position(reference)  # wraps around beyond 2**63, and the unsigned view unwraps it
    forwards, backwards = apart.view(np.uint64), (-apart).view(np.uint64)
    return int(np.where(_position(array) >= _position(reference), forwards, backwards).max(initial=0))


def _position(array: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Number the floats in their order: 0 is 0, the smallest positive one 1, its negative -1."""
    kind = np.dtype(f"i{array.itemsize}")
    bits = np.ascontiguousarray(array).reshape(array.shape).view(kind).astype(np.int64)
    return np.where(bits < 0, np.iinfo(kind).min - bits, bits)


def _largest(array: Array) -> float:
    return float(np.abs(array).max(initial=0))
