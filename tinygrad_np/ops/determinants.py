"""Determinants. Their derivatives are exact for singular matrices too, in any order: nothing is divided by a zero."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygrad_np._graph import Domain, Value, op
from tinygrad_np.ops.elementwise import raw, where
from tinygrad_np.ops.linear_systems import (
    SQUARE,
    float_matrices,
    inverse_of,
    square,
    square_case,
    well_conditioned,
)
from tinygrad_np.ops.movement import reshape, stack, unbind
from tinygrad_np.ops.products import others
from tinygrad_np.ops.reduction import sum


class slogdet_result(NamedTuple):  # noqa: N801  # PyTorch's name
    """The sign of a determinant and the logarithm of its size."""

    sign: Any
    logabsdet: Any


determinant = op(
    "det",
    lambda A, /: np.linalg.det(A),
    domain=SQUARE,
    promotion=float_matrices,
    A=lambda g, A, y: g[..., None, None] * cofactors(A, y),
)


def cofactors(A: Any, y: Any) -> Any:
    """Return the matrix of cofactors, det(A) * inv(A).mT where the determinant ``y`` is not 0."""
    if isinstance(A, Value):
        return _recorded_cofactors(A)
    if np.all(y != 0):
        return y[..., None, None] * np.linalg.inv(A).mT  # both from one factorisation, whose errors cancel
    U, s, Vh = np.linalg.svd(A)
    orientation = np.linalg.det(U) * np.linalg.det(Vh)
    return (U * (orientation[..., None] * others(s))[..., None, :]) @ Vh


FEW = 4  # rows: of so small a determinant, few terms cancel


def _recorded_cofactors(A: Any, small: bool = False) -> Any:
    """Return the matrix of cofactors as an expression that can be differentiated at a singular matrix.

    With U B Vh = A, where U and Vh are constant, those of B = [[P, Q], [R, T]] come from inv(P) and from the cofactors
    of the Schur complement T - R inv(P) Q, which belongs to the ``small`` singular values and is not divided by; if
    it has many rows, it is taken apart in turn.
    """
    n = raw(A).shape[-1]
    U, s, Vh = np.linalg.svd(raw(A))
    small_part = np.finfo(s.dtype).eps ** 0.25  # of the largest: to divide by less costs half the digits, and more
    ranks = np.count_nonzero(s > small_part * s[..., :1], -1)
    rank = int(np.min(ranks, initial=n))
    if np.any(ranks != rank):  # matrices that are to be cut in different places
        return reshape(stack([_recorded_cofactors(each, small) for each in _one_by_one(A)]), raw(A).shape)
    if rank == 0 or (small and n <= FEW):
        return _without_division(A)
    if rank == n:
        return determinant(A)[..., None, None] * inverse_of(A, True).mT
    first, rest = slice(None, rank), slice(rank, None)
    B = U.mT @ A @ Vh.mT
    P_inverse = inverse_of(B[..., first, first], True)
    left, right = B[..., rest, first] @ P_inverse, P_inverse @ B[..., first, rest]
    complement = B[..., rest, rest] - left @ B[..., first, rest]
    minors = _recorded_cofactors(complement, True)
    of_rest = (U[..., rest] - U[..., first] @ left.mT) @ minors @ (Vh[..., rest, :] - right.mT @ Vh[..., first, :])
    of_first = _trace(complement @ minors.mT) / (n - rank) * (U[..., first] @ P_inverse.mT @ Vh[..., first, :])
    orientation = np.linalg.det(U) * np.linalg.det(Vh)
    return (orientation * determinant(B[..., first, first]))[..., None, None] * (of_rest + of_first)


def _one_by_one(A: Any) -> tuple[Any, ...]:
    n = raw(A).shape[-1]
    return unbind(reshape(A, (-1, n, n)))


def _without_division(S: Any) -> Any:
    """Return the matrix of cofactors by the method of Faddeev and LeVerrier.

    Exact where S is 0; of no use for many rows, since terms cancel.
    """
    n = raw(S).shape[-1]
    identity = np.eye(n, dtype=raw(S).dtype)
    adjugate = identity * (-1) ** (n - 1)
    for k in range(1, n):
        product = S @ adjugate
        adjugate = product - identity * (_trace(product) / k)
    return adjugate.mT


def _trace(x: Any) -> Any:
    return sum(x * np.eye(raw(x).shape[-1], dtype=raw(x).dtype), (-2, -1), True)


def det(A: Any) -> Any:
    """Compute the determinant of a square matrix, or of each of a batch.

    The derivative is the matrix of cofactors, exact for singular matrices too, in every order. Shapes: (\\*, n, n), the
    result (\\*,).

    >>> import tinygrad_np as tg
    >>> A = tg.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    >>> tg.linalg.det(A).backward()
    >>> A.grad
    tensor([[ 4., -2.],
            [-2.,  1.]])
    """
    square(A, "linalg.det")
    return determinant(A)


_sign_and_logarithm = op(
    "slogdet",
    lambda A, /: tuple(map(np.asarray, np.linalg.slogdet(A))),
    domain=Domain(case=square_case, prepared=well_conditioned),
    promotion=float_matrices,
    outputs=("sign", "logabsdet"),
    A=lambda g, A: g[1][..., None, None] * inverse_of(A, False).mT,
)


def slogdet(A: Any) -> slogdet_result:
    """Compute the sign of the determinant and the logarithm of its size, which neither over- nor underflows.

    Of a singular matrix: 0 and -inf, and the derivative is NaN, for there is none. Shapes: (\\*, n, n), the results
    (\\*,).

    >>> import tinygrad_np as tg
    >>> tg.linalg.slogdet(tg.tensor([[0.0, 1.0], [1.0, 0.0]]))
    slogdet_result(sign=tensor(-1.), logabsdet=tensor(0.))
    """
    square(A, "linalg.slogdet")
    return slogdet_result(*_sign_and_logarithm(A))


def logdet(input: Any) -> Any:
    """Compute the logarithm of the determinant: -inf where it is 0, NaN where it is negative.

    >>> import tinygrad_np as tg
    >>> tg.logdet(tg.eye(3) * 2)
    tensor(2.0794)
    """
    square(input, "logdet", "input")
    sign, logarithm = _sign_and_logarithm(input)
    return where(raw(sign) < 0, float("nan"), logarithm)
