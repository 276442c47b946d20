"""Systems of linear equations: inverses, solutions, and those of triangular matrices.

Derivatives: M. B. Giles, "An extended collection of matrix derivative results for forward and reverse mode automatic
differentiation", 2008, sections 2.2.3 and 2.2.4 (of the inverse, and of a solution).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_np._dtypes import DType
from tinygrad_np._graph import Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import equal
from tinygrad_np.ops.elementwise import masked, raw
from tinygrad_np.ops.movement import squeeze, unsqueeze


class LinAlgError(RuntimeError):
    """A matrix lacks what an operation needs: it is singular, say, or not positive definite."""


def float_matrices(name: str, operands: tuple[Any, ...]) -> DType:
    """Refuse operands of different dtypes, and integers."""
    dtype = equal(name, operands)
    if dtype.kind != "f":
        raise RuntimeError(f"{name}: expected a float tensor, got {dtype}; call .float() or .double()")
    return dtype


def check_tensors(name: str, **given: Any) -> None:
    """Refuse arguments that are not tensors."""
    for argument, x in given.items():
        if not isinstance(raw(x), np.ndarray):
            raise TypeError(f"{name}: {argument} must be a tensor, got {type(x).__name__}")


def matrices(A: Any, name: str, argument: str = "A") -> Any:
    """Return the array of ``A``, which must be a matrix or a batch of them."""
    check_tensors(name, **{argument: A})
    array = raw(A)
    if array.ndim < 2:
        raise RuntimeError(f"{name}: {argument} must be a matrix or a batch of them, got shape {array.shape}")
    return array


def square(A: Any, name: str, argument: str = "A") -> Any:
    """Return the array of ``A``, which must be a square matrix or a batch of them."""
    array = matrices(A, name, argument)
    if array.shape[-1] != array.shape[-2]:
        raise RuntimeError(f"{name}: {argument} must be square, or a batch of square matrices, got {array.shape}")
    return array


def failed(name: str, function: Callable[[Array], Any], A: Array, lacking: str) -> LinAlgError:
    """Return the error that names the first matrix of a batch for which NumPy's ``function`` fails."""
    for index in np.ndindex(A.shape[:-2]):
        try:
            function(A[index])
        except np.linalg.LinAlgError:
            where = f"matrix {index if len(index) > 1 else index[0]} of the batch" if index else "the matrix"
            return LinAlgError(f"{name}: {where} {lacking}")
    return LinAlgError(f"{name}: a matrix of shape {A.shape} {lacking}")


def well_conditioned(A: Array, *others: Array) -> tuple[Array, ...]:
    """Make matrices of drawn entries such that no test is about their rounding: near 3, 4, 5 ... on the diagonal."""
    n, m = A.shape[-2:]
    return (0.2 * A + np.eye(n, m) * np.arange(3, 3 + m), *others)


def square_case(draw: Draw) -> Case:
    """A square matrix or a batch of them."""
    n = draw.integer(1, 3) if draw.integer(0, 7) else 0
    return [(*draw.shape(max_dims=1), n, n)], ()


SQUARE = Domain(analytic=True, case=square_case, prepared=well_conditioned)

# ---------------------------------------------------------------------------------------------------------- inverse


def _inverse(A: Array, /, strict: bool) -> Array:
    try:
        return np.linalg.inv(A)
    except np.linalg.LinAlgError:
        if strict:
            raise failed("inv", np.linalg.inv, A, "is singular: it has no inverse; see pinv") from None
    singular = np.linalg.slogdet(A)[0] == 0
    inverse = np.linalg.inv(np.where(singular[..., None, None], np.eye(A.shape[-1], dtype=A.dtype), A))
    inverse[singular] = np.nan
    return inverse


def _inverse_case(draw: Draw) -> Case:
    return square_case(draw)[0], (draw.choice([True, False]),)


inverse_of = op(  # `strict` refuses a singular matrix; else all of its inverse is NaN
    "inv",
    _inverse,
    domain=Domain(analytic=True, case=_inverse_case, prepared=well_conditioned),
    promotion=float_matrices,
    A=lambda g, y: -y.mT @ g @ y.mT,
)


def inv(A: Any) -> Any:
    """Invert a square matrix, or each of a batch; LinAlgError if one is singular.

    Shapes: (\\*, n, n), the result too. To solve a system, ``solve`` is faster and more exact.

    >>> import tinygrad_np as tg
    >>> tg.linalg.inv(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    square(A, "linalg.inv")
    return inverse_of(A, True)


# --------------------------------------------------------------------------------------------------------- solution


def _solution(A: Array, B: Array, /) -> Array:
    try:
        return np.linalg.solve(A, B)
    except np.linalg.LinAlgError:
        raise failed("solve", np.linalg.inv, A, "is singular: the system has no solution, or many") from None


def _system_case(draw: Draw) -> Case:
    first, second = draw.broadcastable(2)
    n, k = draw.integer(0, 3), draw.integer(0, 3)
    return [(*first[-1:], n, n), (*second[-1:], n, k)], ()


_solve: Function = op(
    "solve",
    _solution,
    domain=Domain(analytic=True, case=_system_case, prepared=well_conditioned),
    promotion=float_matrices,
    A=lambda g, A, y: -_solve(A.mT, g) @ y.mT,
    B=lambda g, A: _solve(A.mT, g),
)


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """Solve A X = B for X (with ``left=False``, X A = B); LinAlgError if a matrix is singular.

    Shapes: A (\\*, n, n), B (\\*, n, k), X as B; batches broadcast. B may also be a vector (n,), or one for each
    matrix of A, of shape (\\*, n).

    >>> import tinygrad_np as tg
    >>> tg.linalg.solve(tg.tensor([[2.0, 0.0], [0.0, 4.0]]), tg.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    check_tensors("linalg.solve", B=B)
    n, shape = square(A, "linalg.solve").shape, raw(B).shape
    if len(shape) == 1 or shape == n[:-1]:
        if not left:
            raise RuntimeError(f"linalg.solve: with left=False, B must be a matrix or a batch of them, got {shape}")
        _check_rows(n, (*shape, 1), shape, "linalg.solve")
        return squeeze(_solve(A, unsqueeze(B, -1)), -1)
    matrices(B, "linalg.solve", "B")
    if not left:
        A, B = A.mT, B.mT
    _check_rows(n, raw(B).shape, shape, "linalg.solve")
    X = _solve(A, B)
    return X if left else X.mT


def _check_rows(n: tuple[int, ...], columns: tuple[int, ...], shape: tuple[int, ...], name: str) -> None:
    if columns[-2:-1] != n[-1:]:
        raise RuntimeError(f"{name}: A of shape {n} and B of shape {shape} do not fit")


# ------------------------------------------------------------------------------------------------ triangular systems


def _substituted(L: Array, B: Array) -> Array:
    """Solve L X = B for a lower triangular L: by halves, so that most of the work is done by products of matrices."""
    n = L.shape[-1]
    if n < 2:
        quotient: Array = B / np.diagonal(L, 0, -2, -1)[..., None]
        return quotient
    half = n // 2
    first = _substituted(L[..., :half, :half], B[..., :half, :])
    then = _substituted(L[..., half:, half:], B[..., half:, :] - L[..., half:, :half] @ first)
    return np.concatenate([first, then], -2)


def _triangular_solution(A: Array, B: Array, /, upper: bool, unit: bool) -> Array:
    if unit:
        A = np.where(np.eye(A.shape[-1], dtype=bool), 1, A)
    if upper:  # the last row first
        A, B = np.flip(A, (-2, -1)), np.flip(B, -2)
    X = _substituted(A, B)
    return np.flip(X, -2).copy() if upper else X


def _triangular_case(draw: Draw) -> Case:
    return _system_case(draw)[0], (draw.choice([True, False]), draw.choice([True, False]))


def triangle(x: Any, upper: bool = False, strictly: bool = False) -> Any:
    """Return ``x`` with zeros above (or below) the diagonal, and on it, if ``strictly``."""
    n, m = raw(x).shape[-2:]
    return masked(x, ~np.tri(n, m, 0 if strictly else -1, bool) if upper else np.tri(n, m, -strictly, bool))


triangular: Function = op(
    "solve_triangular",
    _triangular_solution,
    domain=Domain(analytic=True, case=_triangular_case, prepared=well_conditioned),
    promotion=float_matrices,
    A=lambda g, A, y, upper, unit: -triangle(triangular(A.mT, g, not upper, unit) @ y.mT, upper, unit),
    B=lambda g, A, upper, unit: triangular(A.mT, g, not upper, unit),
)


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """Solve A X = B (with ``left=False``, X A = B) for a triangular A, of which the other triangle is not read.

    With ``unitriangular`` the diagonal is not read either, but taken for ones. A zero on it gives infinities or NaN.
    Shapes: A (\\*, n, n), B (\\*, n, k), X as B; batches broadcast.

    >>> import tinygrad_np as tg
    >>> A = tg.tensor([[2.0, 1.0], [0.0, 4.0]])
    >>> tg.linalg.solve_triangular(A, tg.tensor([[2.0], [4.0]]), upper=True)
    tensor([[0.5000],
            [1.0000]])
    """
    n, shape = square(A, "linalg.solve_triangular").shape, matrices(B, "linalg.solve_triangular", "B").shape
    if not left:
        A, B, upper = A.mT, B.mT, not upper
    _check_rows(n, raw(B).shape, shape, "linalg.solve_triangular")
    X = triangular(A, B, upper, unitriangular)
    return X if left else X.mT
