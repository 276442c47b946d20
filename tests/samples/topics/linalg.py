"""Linear algebra: products, norms, distances, decompositions. Vectors are compared up to the signs they may have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

NAMES = """
    __rmatmul__ addbmm addmm addmm.decomposed addmv addr baddbmm bmm cdist cross dist dot einsum inner kron
    linalg.cholesky linalg.cross linalg.det linalg.diagonal linalg.eigh linalg.eigvalsh linalg.inv linalg.matrix_norm
    linalg.matrix_power linalg.multi_dot linalg.norm linalg.pinv
    linalg.pinv.hermitian linalg.qr linalg.slogdet linalg.solve linalg.solve_triangular linalg.svd linalg.svdvals
    linalg.vecdot linalg.vector_norm logdet matmul matrix_exp mm mv norm norm.fro norm.inf norm.nuc outer pinverse
    tensordot vdot
"""
PATHS = {"__rmatmul__": "Tensor.__rmatmul__"}


def _eigenvectors(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        values, vectors = function(*arguments, **options)
        return values, vectors.abs()

    return call


def _singular_vectors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compare what is unique: the vectors that belong to singular values, without their signs."""

    def call(*arguments: Any, **options: Any) -> Any:
        U, S, Vh = function(*arguments, **options)
        k = S.shape[-1]
        if str(S.dtype).endswith("32"):  # the vectors are as exact as the values are far apart
            return S, (U[..., :k] * S[..., None, :]) @ Vh[..., :k, :]
        return U[..., :k].abs(), S, Vh[..., :k, :].abs(), (U[..., :k] * S[..., None, :]) @ Vh[..., :k, :]

    return call


def _equation_first(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda operands, equation: function(equation, *operands)


def _of_symmetric(function: Callable[..., Any]) -> Callable[..., Any]:
    """PyTorch's gradient reads the triangle that its value does not read."""
    return lambda A, **options: function(A + A.mT, **options)


ADAPTED = {
    "einsum": _equation_first,
    "linalg.eigh": _eigenvectors,
    "linalg.pinv.hermitian": _of_symmetric,
    "linalg.svd": _singular_vectors,
}
CONSTANTS = {"linalg.pinv": ("atol", "rtol")}


def _truncated(sample: Any) -> str | None:
    """PyTorch truncates a factor of 0.6, say, to 0 for integers."""
    integers = not sample.arrays and sample.arguments[1].dtype.kind != "f"
    floats = any(isinstance(factor, float) for factor in sample.options.values())
    return "a float factor of integers is refused" if integers and floats else None


def _enlarged(sample: Any) -> str | None:
    """PyTorch's addbmm_ gives the tensor that it writes to another shape."""
    written, *_, last = sample.arrays or sample.arguments
    return "broadcasts" if written.shape[-1:] != last.shape[-1:] or written.ndim != 2 else _truncated(sample)


def _inexact(sample: Any) -> str | None:
    """PyTorch computes these distances by way of a product of matrices, and loses digits."""
    by_product = sample.options.get("compute_mode") == "use_mm_for_euclid_dist"
    return "inexact in float32" if by_product and not sample.arrays else None


def _at_zero(sample: Any) -> str | None:
    """PyTorch's second derivative of a norm that is 0 is NaN."""
    return "a norm that is 0" if sample.arrays and not np.any(sample.arrays[0]) else None


LEFT_OUT: dict[str, Callable[[Any], str | None]] = {
    "addbmm": _enlarged,
    "addmv": _truncated,
    "baddbmm": _truncated,
    "cdist": _inexact,
    "linalg.norm": _at_zero,
    "norm": _at_zero,
}
