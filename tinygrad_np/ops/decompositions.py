"""Decompositions: Cholesky's, QR, of symmetric matrices (eigh), and of singular values.

Eigenvectors and singular vectors are unique up to their signs only: here the largest entry of each is positive. They
have no derivative where values are equal, but the values have. So the values are ops of their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_np._graph import Array, Domain, Draw, Value, is_grad_enabled, op, wrap
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np.ops.elementwise import constant, raw
from tinygrad_np.ops.linear_systems import failed, float_matrices, matrices, square, square_case, triangle, triangular
from tinygrad_np.ops.movement import cat


class qr_result(NamedTuple):  # noqa: N801  # PyTorch's name, as those below
    """The factors of A = Q R."""

    Q: Any
    R: Any


class eigh_result(NamedTuple):  # noqa: N801
    """Ascending eigenvalues, and eigenvectors in columns."""

    eigenvalues: Any
    eigenvectors: Any


class svd_result(NamedTuple):  # noqa: N801
    """The factors of A = U diag(S) Vh."""

    U: Any
    S: Any
    Vh: Any


def mirrored(x: Any) -> Any:
    """Return the symmetric matrix with the lower triangle of ``x``."""
    return triangle(x) + triangle(x, strictly=True).mT


def from_triangle(A: Any, upper: bool) -> Any:
    """Return A as the symmetric matrix given by one of its triangles; its gradient is that of a symmetric matrix."""
    array = mirrored(raw(A).mT if upper else raw(A))
    return wrap(array, A.node) if isinstance(A, Value) else array


def _symmetric(x: Array) -> Array:
    return (x + x.mT) / 2


# --------------------------------------------------------------------------------------------------------- Cholesky


def _cholesky_factor(A: Array, /) -> Array:
    try:
        return np.linalg.cholesky(_symmetric(A))
    except np.linalg.LinAlgError:
        lacking = "is not positive definite"
        raise failed("cholesky", np.linalg.cholesky, _symmetric(A), lacking) from None


def _near_diagonal(A: Array) -> tuple[Array]:
    """Make a symmetric matrix with eigenvalues near 2, 4, 6 ..."""
    return (_symmetric(0.1 * A) + np.diag(np.arange(2.0, 2 * A.shape[-1] + 1, 2)),)


_cholesky = op(
    "cholesky",
    _cholesky_factor,
    domain=Domain(case=square_case, prepared=_near_diagonal),
    promotion=float_matrices,
    # I. Murray, "Differentiation of the Cholesky decomposition", 2016, equation (9)
    A=lambda g, y: _congruent(y, mirrored(y.mT @ g) / 2),
)


def _congruent(L: Any, x: Any) -> Any:
    """Return inv(L).mT @ x @ inv(L) for a symmetric ``x``."""
    return triangular(L.mT, triangular(L.mT, x, True, False).mT, True, False)


def cholesky(A: Any, *, upper: bool = False) -> Any:
    """Factor symmetric positive definite matrices: A = L L.mT, L lower triangular; or A = R.mT R with ``upper``.

    Only the lower triangle of A is read (with ``upper``, the upper one); the gradient is that of a symmetric matrix.
    LinAlgError if a matrix is not positive definite. Shapes: (\\*, n, n), the result too.

    >>> import tinygrad_np as tg
    >>> tg.linalg.cholesky(tg.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    square(A, "linalg.cholesky")
    L = _cholesky(from_triangle(A, upper))
    return L.mT if upper else L


# --------------------------------------------------------------------------------------------------------------- QR


def _tall_case(draw: Draw) -> Case:
    n = draw.integer(0, 2)
    return [(*draw.shape(max_dims=1), n + draw.integer(0, 2), n)], ()


def _near_rectangular(A: Array) -> tuple[Array]:
    """Make a matrix with singular values near 2, 4, 6 ..."""
    m, n = A.shape[-2:]
    return (0.1 * A + np.eye(m, n) * np.arange(2, 2 * n + 1, 2),)


_qr = op(
    "qr",
    lambda A, /: tuple(np.linalg.qr(A)),
    domain=Domain(case=_tall_case, prepared=_near_rectangular),
    promotion=float_matrices,
    outputs=("Q", "R"),
    # S. F. Walter, L. Lehmann, "Algorithmic differentiation of linear algebra functions", 2010, of m >= n
    A=lambda g, Q, R: triangular(R, (g[0] + Q @ mirrored(R @ g[1].mT - g[0].mT @ Q)).mT, True, False).mT,
)


def qr(A: Any, mode: str = "reduced") -> qr_result:
    """Factor A = Q R, where Q has orthonormal columns and R is upper triangular.

    ``mode`` "reduced": Q is m x k and R k x n, with k = min(m, n); "complete": Q is m x m and R m x n; "r": only R, and
    Q is empty. The first k columns of A must be independent, else the gradient is infinite or NaN. Where m > n,
    "complete" has no gradient, for the further columns of Q are any.

    >>> import tinygrad_np as tg
    >>> tg.linalg.qr(tg.tensor([[3.0], [4.0]])).Q.abs()
    tensor([[0.6000],
            [0.8000]])
    """
    m, n = matrices(A, "linalg.qr").shape[-2:]
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"linalg.qr: mode must be 'reduced', 'complete' or 'r', got {mode!r}")
    if mode == "complete" and m > n:
        return qr_result(*_complete(A))
    if m >= n:
        Q, R = _qr(A)
    else:  # the rest of A only has to be seen from the basis Q
        Q, R = _qr(A[..., :m])
        R = cat([R, Q.mT @ A[..., m:]], -1)
    return qr_result(_nothing_like(Q), R) if mode == "r" else qr_result(Q, R)


def _complete(A: Any) -> tuple[Any, Any]:
    array = raw(A)
    float_matrices("linalg.qr", (array,))
    if isinstance(A, Value) and A.node is not None and is_grad_enabled():
        raise RuntimeError(
            f"linalg.qr: mode='complete' has no derivative for more rows than columns, as in shape {array.shape}; "
            "use mode='reduced', or A.detach()"
        )
    Q, R = np.linalg.qr(array, "complete")
    return constant(A, Q), constant(A, R)


def _nothing_like(Q: Any) -> Any:
    empty = np.empty(0, raw(Q).dtype)
    return constant(Q, empty)


# --------------------------------------------------------------------------------------------- symmetric eigenvalues


def _signs(vectors: Array) -> Array:
    """Return for each column the sign of its largest entry."""
    if not vectors.size:
        return np.ones((*vectors.shape[:-2], 1, vectors.shape[-1]), vectors.dtype)
    largest = np.argmax(np.abs(vectors), -2, keepdims=True)
    signs: Array = np.copysign(1, np.take_along_axis(vectors, largest, -2)).astype(vectors.dtype, copy=False)
    return signs


def _antisymmetric(x: Any) -> Any:
    """Return (x - x.mT) / 2."""
    return (x - x.mT) / 2


def _apart(values: Any) -> Any:
    """Return the matrix of values[j] - values[i], and 1 on the diagonal, where nothing is to be divided."""
    return values[..., None, :] - values[..., None] + _identity(values)


def _identity(values: Any) -> Array:
    return np.eye(raw(values).shape[-1], dtype=raw(values).dtype)


def _eigen(A: Array, /) -> tuple[Array, Array]:
    try:
        values, vectors = np.linalg.eigh(_symmetric(A))
    except np.linalg.LinAlgError:
        raise failed("eigh", np.linalg.eigh, _symmetric(A), "did not let the iteration converge") from None
    return values, vectors * _signs(vectors)


_eigh = op(
    "eigh",
    _eigen,
    domain=Domain(case=square_case, prepared=_near_diagonal),
    promotion=float_matrices,
    outputs=("L", "V"),
    # M. B. Giles (see linear_systems), section 3.1
    A=lambda g, L, V: (V * g[0][..., None, :] + V @ (_antisymmetric(V.mT @ g[1]) / _apart(L))) @ V.mT,
)


def _eigenvalues(A: Array, /, known: tuple[Array, Array] | None) -> tuple[Array, dict[str, Array]]:
    values, vectors = known or _eigen(A)
    return values, {"V": vectors}


_eigvalsh = op(  # `known` is what has been computed already
    "eigvalsh",
    _eigenvalues,
    domain=Domain(case=lambda draw: (square_case(draw)[0], (None,)), prepared=_near_diagonal),
    promotion=float_matrices,
    intermediates={"V": lambda A: _eigh(A)[1]},
    A=lambda g, V: (V * g[..., None, :]) @ V.mT,
)


def eigh(A: Any, UPLO: str = "L") -> eigh_result:
    """Compute the eigenvalues, ascending, and orthonormal eigenvectors of symmetric matrices: A = V diag(L) V.mT.

    Only the lower triangle of A is read (with ``UPLO="U"``, the upper one). The gradient through the eigenvectors
    exists where the eigenvalues are distinct, and is infinite or NaN elsewhere; that of the eigenvalues exists
    everywhere. Shapes: (\\*, n, n), the results (\\*, n) and (\\*, n, n).

    >>> import tinygrad_np as tg
    >>> tg.linalg.eigh(tg.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    A = _given(A, UPLO, "linalg.eigh")
    L, V = _eigh(A)
    return eigh_result(_eigvalsh(A, (raw(L), raw(V))), V)


def _given(A: Any, UPLO: str, name: str) -> Any:
    """Return the symmetric matrix that a triangle of A gives."""
    square(A, name)
    if UPLO not in ("L", "U", "l", "u"):
        raise RuntimeError(f"{name}: UPLO must be 'L' or 'U', got {UPLO!r}")
    return from_triangle(A, UPLO in "Uu")


def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """Compute the eigenvalues of symmetric matrices, ascending: see ``eigh``. The gradient exists everywhere.

    >>> import tinygrad_np as tg
    >>> tg.linalg.eigvalsh(tg.tensor([[0.0, 1.0], [1.0, 0.0]]))
    tensor([-1.,  1.])
    """
    return _eigvalsh(_given(A, UPLO, "linalg.eigvalsh"), None)


# --------------------------------------------------------------------------------------------------- singular values


def _singular(A: Array, /) -> tuple[Array, Array, Array]:
    try:
        U, S, Vh = np.linalg.svd(A, full_matrices=False)
    except np.linalg.LinAlgError:
        raise failed("svd", np.linalg.svd, A, "did not let the iteration converge") from None
    signs = _signs(U)
    return U * signs, S, Vh * signs.mT


def _svd_derivative(g: tuple[Any, Any, Any], U: Any, S: Any, Vh: Any) -> Any:
    """Return the gradient: of what turns the vectors within their span, scales them, and leaves the span.

    J. Townsend, "Differentiating the singular value decomposition", 2016; where 1 / (s[j]**2 - s[i]**2) is taken apart
    into 1 / (s[j] - s[i]) and 1 / (s[j] + s[i]).
    """
    (m, k), n = raw(U).shape[-2:], raw(Vh).shape[-1]
    J, K = _antisymmetric(U.mT @ g[0]), _antisymmetric(Vh @ g[2].mT)
    turned = (J + K) / _apart(S) + (J - K) / (S[..., None, :] + S[..., None] + _identity(S))
    slope = (U @ turned + U * g[1][..., None, :]) @ Vh
    if m > k:
        slope = slope + ((g[0] - U @ (U.mT @ g[0])) / S[..., None, :]) @ Vh
    if n > k:
        slope = slope + U @ ((g[2] - (g[2] @ Vh.mT) @ Vh) / S[..., None])
    return slope


def _any_matrix(draw: Draw) -> Case:
    return [(*draw.shape(max_dims=1), draw.integer(0, 3), draw.integer(0, 3))], ()


_svd: Function = op(
    "svd",
    _singular,
    domain=Domain(case=_any_matrix, prepared=_near_rectangular),
    promotion=float_matrices,
    outputs=("U", "S", "Vh"),
    A=_svd_derivative,
)


def _singular_values(A: Array, /, known: tuple[Array, Array, Array] | None) -> tuple[Array, dict[str, Array]]:
    U, S, Vh = known or _singular(A)
    return S, {"U": U, "Vh": Vh}


_svdvals = op(  # `known` is what has been computed already
    "svdvals",
    _singular_values,
    domain=Domain(case=lambda draw: (_any_matrix(draw)[0], (None,)), prepared=_near_rectangular),
    promotion=float_matrices,
    intermediates={"U": lambda A: _svd(A)[0], "Vh": lambda A: _svd(A)[2]},
    A=lambda g, U, Vh: (U * g[..., None, :]) @ Vh,
)


def svd(A: Any, full_matrices: bool = True) -> svd_result:
    """Compute the singular value decomposition A = U diag(S) Vh, S descending.

    Shapes: A (\\*, m, n), S (\\*, k) with k = min(m, n); U (\\*, m, k) and Vh (\\*, k, n), or (\\*, m, m) and
    (\\*, n, n) with ``full_matrices``, whose further columns and rows are constants. The gradient through U and Vh
    exists where the singular values are distinct (and, unless A is square, not 0), and is infinite or NaN elsewhere;
    through S it exists everywhere.

    >>> import tinygrad_np as tg
    >>> tg.linalg.svd(tg.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    m, n = matrices(A, "linalg.svd").shape[-2:]
    U, S, Vh = _svd(A)
    S = _svdvals(A, (raw(U), raw(S), raw(Vh)))
    if full_matrices and m > n:
        U = cat([U, _complement(U)], -1)
    if full_matrices and n > m:
        Vh = cat([Vh, _complement(Vh.mT).mT], -2)
    return svd_result(U, S, Vh)


def _complement(vectors: Any) -> Any:
    """Return orthonormal vectors that complete the given ones to a basis, as constants."""
    array = raw(vectors)
    rest: Array = np.linalg.qr(array, "complete").Q[..., array.shape[-1] :]
    return constant(vectors, rest)


def svdvals(A: Any) -> Any:
    """Compute the singular values, descending: see ``svd``. The gradient exists everywhere (at 0, one of many).

    >>> import tinygrad_np as tg
    >>> tg.linalg.svdvals(tg.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor([4., 3.])
    """
    matrices(A, "linalg.svdvals")
    return _svdvals(A, None)
