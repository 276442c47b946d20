"""Functions of a matrix: powers, the exponential, the pseudoinverse; and its diagonal."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np.ops.decompositions import from_triangle
from tinygrad_np.ops.diagonals import diagonal
from tinygrad_np.ops.elementwise import clone, raw
from tinygrad_np.ops.linalg import cleared, matmul
from tinygrad_np.ops.linear_systems import float_matrices, inv, matrices, square, square_case
from tinygrad_np.ops.movement import cat


def matrix_power(A: Any, n: int) -> Any:
    """Multiply a square matrix n times by itself; for n < 0, its inverse. n = 0 gives the identity.

    >>> import tinygrad_np as tg
    >>> tg.linalg.matrix_power(tg.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    array = square(A, "linalg.matrix_power")
    n = operator.index(n)
    if n == 0:
        return cleared(A) + np.eye(array.shape[-1], dtype=array.dtype)
    if n == 1:
        return clone(A)
    base, power = (A, n) if n > 0 else (inv(A), -n)
    out = None
    while True:  # by squaring, along the bits of n
        if power & 1:
            out = base if out is None else matmul(out, base)
        power >>= 1
        if not power:
            return out
        base = matmul(base, base)


# ------------------------------------------------------------------------------------------------------ exponential

# The numerator of the approximant to exp of degree 13, and the norm up to which it is exact to double precision:
# N. J. Higham, "The scaling and squaring method for the matrix exponential revisited", 2005, table 2.3, eq. (2.5).
PADE = (64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
        670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1)  # fmt: skip
NORM = 5.371920351148152


def _exponential(A: Array, /) -> Array:
    """Divide by a power of 2 until the approximant is exact, and square the result as often."""
    identity = np.eye(A.shape[-1], dtype=A.dtype)
    sizes = np.abs(A).sum(-2).max(-1, initial=0)
    with np.errstate(divide="ignore"):
        halvings = np.maximum(np.ceil(np.log2(sizes / NORM)), 0)
    halvings = np.where(np.isfinite(halvings), halvings, 0)  # of an infinity comes NaN, at once
    x = A * np.exp2(-halvings).astype(sizes.dtype)[..., None, None]
    b = PADE
    x2 = x @ x
    x4 = x2 @ x2
    x6 = x4 @ x2
    odd = x6 @ (b[13] * x6 + b[11] * x4 + b[9] * x2) + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * identity
    even = x6 @ (b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * identity
    odd = x @ odd
    y = np.linalg.solve(even - odd, even + odd)
    for i in range(int(halvings.max(initial=0))):
        more = halvings > i
        y[more] = y[more] @ y[more]
    return y


_exp: Function = op(
    "matrix_exp",
    _exponential,
    domain=Domain(((-1.0, 1.0),), analytic=True, case=square_case),
    promotion=float_matrices,
    # R. Mathias, "A chain rule for matrix functions and applications", 1996, theorem 2.1
    A=lambda g, A: _corner(_exp(_doubled(A.mT, g))),
)


def _doubled(A: Any, g: Any) -> Any:
    """Return the matrix [[A, g], [0, A]]."""
    return cat([cat([A, g], -1), cat([cleared(A), A], -1)], -2)


def _corner(x: Any) -> Any:
    """Return the upper right quarter."""
    n = raw(x).shape[-1] // 2
    return x[..., :n, n:]


def matrix_exp(A: Any) -> Any:
    """Compute the exponential of square matrices, the limit of I + A + A @ A / 2 + ..., (not of each entry).

    >>> import tinygrad_np as tg
    >>> tg.linalg.matrix_exp(tg.tensor([[0.0, 2.0], [0.0, 0.0]]))
    tensor([[1., 2.],
            [0., 1.]])
    """
    square(A, "linalg.matrix_exp")
    return _exp(A)


# ---------------------------------------------------------------------------------------------------- pseudoinverse


def _pseudoinverse(A: Array, /, atol: Any, rtol: Any) -> Array:
    U, s, Vh = np.linalg.svd(A, full_matrices=False)
    largest = s.max(-1, initial=0)
    kept = s > np.maximum(np.asarray(atol), np.asarray(rtol) * largest)[..., None]
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0)
    y: Array = (Vh.mT * inverse[..., None, :]) @ U.mT
    return y


def _pseudoinverse_case(draw: Draw) -> Case:
    return [(*draw.shape(max_dims=1), draw.integer(0, 3), draw.integer(0, 3))], (0.0, 1e-15)


def _near_rectangular(A: Array) -> tuple[Array]:
    return (0.2 * A + 3 * np.eye(*A.shape[-2:]),)


_pinv: Function = op(
    "pinv",
    _pseudoinverse,
    domain=Domain(case=_pseudoinverse_case, prepared=_near_rectangular),
    promotion=float_matrices,
    # G. H. Golub, V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
    # variables separate", 1973, equation (4.12)
    A=lambda g, A, y: (g.mT - A @ (y @ g.mT)) @ y @ y.mT + y.mT @ y @ (g.mT - (g.mT @ y) @ A) - y.mT @ g @ y.mT,
)


def pinv(A: Any, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:
    """Compute the pseudoinverse (Moore-Penrose): what ``inv`` is, for matrices that have no inverse, or are not square.

    Singular values up to max(atol, rtol * the largest) count as 0; ``atol`` is 0 unless given, ``rtol`` max(m, n)
    times the dtype's epsilon if ``atol`` is not given either, else 0; both may be tensors, one entry for each matrix.
    ``hermitian`` reads the lower triangle only, of a symmetric matrix. The gradient is that of matrices of the same
    rank. Shapes: (\\*, m, n) gives (\\*, n, m).

    >>> import tinygrad_np as tg
    >>> tg.linalg.pinv(tg.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    array = matrices(A, "linalg.pinv")
    if hermitian:
        square(A, "linalg.pinv")
        A = from_triangle(A, False)
    if rtol is None:
        precise = max(array.shape[-2:]) * float(np.finfo(array.dtype).eps) if array.dtype.kind == "f" else 0.0
        rtol = precise if atol is None else np.where(raw(atol) > 0, 0.0, precise)
    return _pinv(A, 0.0 if atol is None else raw(atol), raw(rtol))


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """Compute the pseudoinverse; PyTorch's older form of ``linalg.pinv(input, rtol=rcond)``.

    >>> import tinygrad_np as tg
    >>> tg.pinverse(tg.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    return pinv(input, rtol=rcond)


# --------------------------------------------------------------------------------------------------------- diagonal


def linalg_diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Take the diagonal of each matrix of a batch, as the last dim: ``diagonal``, of the last two dims.

    >>> import tinygrad_np as tg
    >>> tg.linalg.diagonal(tg.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return diagonal(A, offset, dim1, dim2)
