"""Products of vectors and matrices, norms and distances; what PyTorch has of `linalg` under an older name too."""

from __future__ import annotations

import functools
from typing import Any

from tinygrad_np._public.wrapping import Function, public
from tinygrad_np.ops import (
    determinants,
    distance_matrices,
    einsum_forms,
    linalg,
    linear_systems,
    matrix_functions,
    matrix_products,
    norms,
)

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "bmm",
    "cdist",
    "chain_matmul",
    "cross",
    "det",
    "dist",
    "dot",
    "einsum",
    "ger",
    "inner",
    "inverse",
    "kron",
    "logdet",
    "matmul",
    "matrix_exp",
    "matrix_power",
    "mm",
    "mv",
    "norm",
    "outer",
    "pinverse",
    "slogdet",
    "tensordot",
    "vdot",
]


def _of_input(function: Function) -> Function:
    """Return a function of `linalg` under its older name, whose tensor is called ``input`` instead of ``A``."""

    @functools.wraps(function)
    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        return function(input, *args, **kwargs)

    return public(call)  # type: ignore[return-value]  # wraps keeps the signature


addbmm = public(matrix_products.addbmm)
addmm = public(matrix_products.addmm)
addmv = public(matrix_products.addmv)
addr = public(matrix_products.addr)
baddbmm = public(matrix_products.baddbmm)
bmm = public(matrix_products.bmm)
cdist = public(distance_matrices.cdist)
chain_matmul = public(matrix_products.chain_matmul)
cross = public(matrix_products.cross)
det = _of_input(determinants.det)
dist = public(distance_matrices.dist)
dot = public(matrix_products.dot)
einsum = public(einsum_forms.einsum)
inner = public(matrix_products.inner)
inverse = _of_input(linear_systems.inv)
kron = public(matrix_products.kron)
logdet = public(determinants.logdet)
matmul = public(linalg.matmul)
matrix_exp = _of_input(matrix_functions.matrix_exp)
matrix_power = _of_input(matrix_functions.matrix_power)
mm = public(matrix_products.mm)
mv = public(matrix_products.mv)
norm = public(norms.norm)
outer = ger = public(matrix_products.outer)
pinverse = public(matrix_functions.pinverse)
slogdet = _of_input(determinants.slogdet)
tensordot = public(einsum_forms.tensordot)
vdot = public(matrix_products.vdot)
