"""Broadcasting arithmetic, the normalising of dims, and the wording of errors about shapes.

Knows no other module of the package: only tuples of integers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index as as_index

Shape = tuple[int, ...]


def normalise_dim(dim: int, ndim: int, op: str) -> int:
    """Return ``dim`` counted from the front; a 0-d tensor takes 0 and -1, as in PyTorch.

    >>> normalise_dim(-1, 3, "sum")
    2
    """
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        raise TypeError(f"{op}: a dim is an integer, got {dim!r}")
    bound = ndim or 1
    if not -bound <= dim < bound:
        raise IndexError(f"{op}: dim {dim} is out of range for {ndim} dimensions, expected {-bound} to {bound - 1}")
    return as_index(dim) % bound


def normalise_dims(dim: int | Sequence[int] | None, ndim: int, op: str) -> Shape:
    """Return the dims a reduction runs over, ascending; ``None`` and ``()`` mean all of them.

    >>> normalise_dims((-1, 0), 3, "sum"), normalise_dims(None, 3, "sum")
    ((0, 2), (0, 1, 2))
    """
    if dim is None:
        return tuple(range(ndim))
    if isinstance(dim, Sequence):
        dims = tuple(sorted(normalise_dim(d, ndim, op) for d in dim))
        if len(set(dims)) < len(dims):
            raise RuntimeError(f"{op}: a dim appears more than once in dim={tuple(dim)} of {ndim} dimensions")
        return dims if ndim and dims else tuple(range(ndim))
    only = normalise_dim(dim, ndim, op)
    return (only,) if ndim else ()


def normalise_shape(shape: Sequence[int] | Sequence[Sequence[int]], op: str) -> Shape:
    """Accept ``f(2, 3)``, ``f((2, 3))`` and ``f([2, 3])`` alike.

    >>> normalise_shape((2, 3), "zeros"), normalise_shape(((2, 3),), "zeros")
    ((2, 3), (2, 3))
    """
    if len(shape) == 1 and isinstance(shape[0], Sequence):
        shape = shape[0]
    try:
        return tuple(as_index(n) for n in shape)  # type: ignore[arg-type]  # as_index refuses what is no integer
    except TypeError:
        raise TypeError(f"{op}: a shape is made of integers, got {tuple(shape)}") from None


def infer_shape(shape: Shape, size: int, op: str) -> Shape:
    """Fill in the one -1 of a requested shape so that it has ``size`` entries.

    >>> infer_shape((2, -1), 6, "reshape")
    (2, 3)
    """
    known = math.prod(n for n in shape if n != -1)
    holes = shape.count(-1)
    if holes > 1 or any(n < -1 for n in shape):
        raise RuntimeError(f"{op}: shape {shape} may have one -1 and no other negative size")
    if holes and known == 0:
        raise RuntimeError(f"{op}: the -1 in shape {shape} is ambiguous, since the other sizes multiply to 0")
    if (size % known if holes else size != known) != 0:
        raise RuntimeError(f"{op}: shape {shape} is invalid for a tensor of {size} entries")
    return tuple(size // known if n == -1 else n for n in shape)


def summed_axes(large: Shape, small: Shape) -> tuple[Shape, Shape] | None:
    """Return the axes that broadcasting ``small`` to ``large`` added, and those that it stretched.

    ``None`` if ``small`` does not broadcast to ``large``.

    >>> summed_axes((4, 2, 3), (2, 1)), summed_axes((2, 3), (4,))
    (((0,), (1,)), None)
    """
    added = len(large) - len(small)
    if added < 0:
        return None
    stretched = []
    for axis, (wide, narrow) in enumerate(zip(large[added:], small, strict=True)):
        if wide != narrow:
            if narrow != 1:
                return None
            stretched.append(axis)
    return tuple(range(added)), tuple(stretched)


def kept_shape(shape: Shape, axes: Shape) -> Shape:
    """Return the shape that a reduction over ``axes`` leaves with ``keepdim=True``.

    >>> kept_shape((2, 3, 4), (0, 2))
    (1, 3, 1)
    """
    return tuple(1 if axis in axes else n for axis, n in enumerate(shape))


def count(shape: Shape, axes: Shape) -> int:
    """Return how many entries a reduction over ``axes`` folds into one.

    >>> count((2, 3, 4), (0, 2))
    8
    """
    return math.prod(shape[axis] for axis in axes)
