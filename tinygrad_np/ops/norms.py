"""Norms of vectors and matrices. Where a norm has a kink, at 0 above all, the derivative is 0 rather than NaN."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._dtypes import as_dtype
from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._promotion import computed
from tinygrad_np._shapes import Shape, count, normalise_dim, normalise_dims
from tinygrad_np.ops.decompositions import svdvals
from tinygrad_np.ops.elementwise import abs, masked, ratio, raw, sign, to, where
from tinygrad_np.ops.linalg import cleared
from tinygrad_np.ops.movement import permute, unsqueeze
from tinygrad_np.ops.reduction import Dim, add_reduce, amax, amin, folding, spread, sum_over


def _euclidean(x: Array, /, axes: Shape, keepdim: bool) -> Array:
    norm: Array = np.sqrt(add_reduce(x * x, axes, None, None, keepdim))
    return norm


euclidean = op(
    "euclidean_norm",
    _euclidean,
    domain=Domain(analytic=True, case=folding),
    promotion=computed,
    x=lambda g, x, y, axes: spread(ratio(g, y), raw(x).shape, axes) * x,
)


def _power_sum(x: Array, /, axes: Shape, keepdim: bool, p: float) -> Array:
    sizes = np.abs(x)
    if p < 0:  # an entry of 0 makes the norm 0: no overflow to warn of
        with np.errstate(divide="ignore"):
            return np.asarray(add_reduce(sizes**p, axes, None, None, keepdim) ** (1 / p))
    return np.asarray(add_reduce(sizes**p, axes, None, None, keepdim) ** (1 / p))


def _power_case(draw: Draw) -> Case:
    (shape,), (axes, keepdim) = folding(draw)
    return [tuple(max(n, 1) for n in shape)], (axes, keepdim, draw.choice([3.0, 1.5, 0.5, -1.0]))


_powers = op(
    "p_norm",
    _power_sum,
    domain=Domain(kinks=(0.0,), case=_power_case, prepared=lambda x: (x + np.copysign(0.3, x),)),  # steep near 0
    promotion=computed,
    x=lambda g, x, y, axes, p: spread(g, raw(x).shape, axes) * sign(x) * _share(x, y, axes, p),
)


def _share(x: Any, y: Any, axes: Shape, p: float) -> Any:
    """Return (abs(x) / y) ** (p - 1), and 0 where the norm or an entry is 0."""
    norm = spread(y, raw(x).shape, axes)
    defined = (raw(x) != 0) & (raw(norm) != 0)
    part = where(defined, abs(x), 1) / where(defined, norm, 1)
    return masked(part ** (p - 1), defined)


def vector_norm(x: Any, ord: Any = 2, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Compute a norm of all entries, or of those along ``dim``: sum(abs(x) ** ord) ** (1 / ord).

    ``ord`` is any number: inf and -inf are the largest and smallest size, 0 counts the entries that are not 0.
    ``dtype`` converts first. The derivative is 0 where the norm is 0; ties of inf share it.

    >>> import tinygrad_np as tg
    >>> tg.linalg.vector_norm(tg.tensor([3.0, -4.0])), tg.linalg.vector_norm(tg.tensor([3.0, -4.0]), 1)
    (tensor(5.), tensor(7.))
    """
    return norm_of(x, ord, dim, keepdim, dtype, "linalg.vector_norm")


def converted(x: Any, dtype: Any, name: str) -> Any:
    """Bring ``x`` to the float dtype that a norm is computed in."""
    have = raw(x).dtype
    if have.kind != "f":
        raise RuntimeError(f"{name}: expected a float tensor, got {have}; call .float() or .double()")
    if dtype is None:
        return x
    wanted = as_dtype(dtype, name)
    if wanted.kind != "f" or wanted.itemsize < have.itemsize:
        raise RuntimeError(f"{name}: dtype must be a float that holds {have}, got {wanted}")
    return x if wanted == have else to(x, wanted)


def norm_of(x: Any, ord: Any, dim: Dim, keepdim: bool, dtype: Any, name: str) -> Any:
    """Compute a norm of the entries along ``dim``, in the name of a public function."""
    x = converted(x, dtype, name)
    if not isinstance(ord, (int, float, np.number)):
        raise TypeError(f"{name}: ord must be a number, got {ord!r}")
    axes = normalise_dims(dim, raw(x).ndim, name)
    if (ord < 0 or ord == math.inf) and not count(raw(x).shape, axes):
        raise RuntimeError(f"{name}: no entries in dim {dim} of shape {raw(x).shape}, and so no norm of order {ord}")
    if ord == 2:
        return euclidean(x, axes, keepdim)
    if ord == 1:
        return sum_over(abs(x), axes, keepdim)
    if ord == 0:
        return sum_over(cleared(x) + (raw(x) != 0), axes, keepdim)
    if abs(ord) == math.inf:
        return (amax if ord > 0 else amin)(abs(x), axes, keepdim) if raw(x).ndim else abs(x)
    return _powers(x, axes, keepdim, float(ord))


def matrix_norm(
    A: Any, ord: Any = "fro", dim: Sequence[int] = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """Compute a norm of the matrices that lie in two dims.

    ``ord``: "fro" is Frobenius' norm, the root of the sum of squares; "nuc" the sum of the singular values; 2 and -2
    the largest and smallest singular value; 1 and -1 the largest and smallest sum of sizes of a column; inf and -inf
    of a row. Ties share the derivative; of the Frobenius norm it is 0 at 0.

    >>> import tinygrad_np as tg
    >>> tg.linalg.matrix_norm(tg.tensor([[3.0, 0.0], [0.0, -4.0]]), "nuc")
    tensor(7.)
    """
    return matrix_norm_of(A, ord, dim, keepdim, dtype, "linalg.matrix_norm")


def matrix_norm_of(A: Any, ord: Any, dim: Any, keepdim: bool, dtype: Any, name: str) -> Any:
    """Compute a norm of matrices, in the name of a public function."""
    A, ndim = converted(A, dtype, name), raw(A).ndim
    if ndim < 2:
        raise RuntimeError(f"{name}: A must be a matrix or a batch of them, got shape {raw(A).shape}")
    if not isinstance(dim, Sequence) or len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be two integers, got {dim}")
    rows, columns = (normalise_dim(each, ndim, name) for each in dim)
    if rows == columns:
        raise RuntimeError(f"{name}: the two dims must differ, got {tuple(dim)}")
    if ord not in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
        raise RuntimeError(f"{name}: ord must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, got {ord!r}")
    if ord == "fro":
        return euclidean(A, tuple(sorted((rows, columns))), keepdim)
    rest = tuple(each for each in range(ndim) if each not in (rows, columns))
    matrices = permute(A, (*rest, rows, columns))
    out = _matrix_norm(matrices, ord, name)
    if keepdim:
        for each in sorted((rows, columns)):
            out = unsqueeze(out, each)
    return out


def _matrix_norm(matrices: Any, ord: Any, name: str) -> Any:
    if ord == "nuc":
        return sum_over(svdvals(matrices), (raw(matrices).ndim - 2,), False)
    if ord in (2, -2):
        of_each = svdvals(matrices)
    else:  # the sums along the other dim
        of_each = sum_over(abs(matrices), (raw(matrices).ndim - (2 if ord in (1, -1) else 1),), False)
    if raw(of_each).shape[-1]:
        return amax(of_each, -1) if ord > 0 else amin(of_each, -1)
    if ord < 0:
        raise IndexError(f"{name}: matrices of shape {raw(matrices).shape[-2:]} have no smallest value of order {ord}")
    return sum_over(of_each, (raw(of_each).ndim - 1,), False)  # 0


def linalg_norm(A: Any, ord: Any = None, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Compute a norm: of vectors if ``dim`` is one dim, of matrices if it is two (see ``matrix_norm``).

    Without ``dim``, of the vector or matrix that A is; without ``ord`` too, the Euclidean norm of all entries.

    >>> import tinygrad_np as tg
    >>> tg.linalg.norm(tg.tensor([[3.0, 0.0], [0.0, 4.0]])), tg.linalg.norm(tg.tensor([[3.0, 0.0], [0.0, 4.0]]), 2)
    (tensor(5.), tensor(4.))
    """
    name, ndim = "linalg.norm", raw(A).ndim
    dims = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"{name}: dim must be one or two integers, got {dim}")
    if ord is None:
        return norm_of(A, 2, dims, keepdim, dtype, name)
    if dims is None and ndim not in (1, 2):
        raise RuntimeError(f"{name}: with ord given and no dim, A must be a vector or a matrix, got {raw(A).shape}")
    if isinstance(ord, str) or (ndim if dims is None else len(dims)) == 2:
        return matrix_norm_of(A, ord, (0, 1) if dims is None else dims, keepdim, dtype, name)
    return norm_of(A, ord, dims, keepdim, dtype, name)


def norm(input: Any, p: Any = "fro", dim: Dim = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """Compute the norm of all entries, or of those along ``dim``; PyTorch's older form of ``linalg.norm``.

    ``p`` is a number, for which see ``linalg.vector_norm``; "fro" and None are 2; "nuc" is the sum of the singular
    values of a matrix. The derivative is 0 where the norm is 0.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([3.0, 4.0], requires_grad=True)
    >>> tg.norm(x).backward()
    >>> x.grad
    tensor([0.6000, 0.8000])
    """
    dims = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if p == "nuc":
        return matrix_norm_of(input, p, dims or tuple(range(raw(input).ndim)), keepdim, dtype, "norm")
    if isinstance(p, str) and p != "fro":
        raise RuntimeError(f"norm: p must be a number, 'fro' or 'nuc', got {p!r}")
    return norm_of(input, 2 if p in (None, "fro") else p, dims, keepdim, dtype, "norm")
