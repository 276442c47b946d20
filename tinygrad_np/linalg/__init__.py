"""Linear algebra under PyTorch's names: norms, systems of equations, decompositions, functions of matrices.

All take batches of matrices, in the last two dims, and have derivatives of any order. Where a matrix lacks what is
needed (an inverse, say), they raise ``LinAlgError``.
"""

from __future__ import annotations

from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import (
    decompositions,
    determinants,
    linear_systems,
    matrix_functions,
    matrix_products,
    norms,
)
from tinygrad_np.ops.linalg import matmul as _matmul
from tinygrad_np.ops.linear_systems import LinAlgError

__all__ = [
    "LinAlgError",
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "vecdot",
    "vector_norm",
]

cholesky = public(decompositions.cholesky)
cross = public(matrix_products.linalg_cross)
det = public(determinants.det)
diagonal = public(matrix_functions.linalg_diagonal)
eigh = public(decompositions.eigh)
eigvalsh = public(decompositions.eigvalsh)
inv = public(linear_systems.inv)
matmul = public(_matmul)
matrix_exp = public(matrix_functions.matrix_exp)
matrix_norm = public(norms.matrix_norm)
matrix_power = public(matrix_functions.matrix_power)
multi_dot = public(matrix_products.multi_dot)
norm = public(norms.linalg_norm)
pinv = public(matrix_functions.pinv)
qr = public(decompositions.qr)
slogdet = public(determinants.slogdet)
solve = public(linear_systems.solve)
solve_triangular = public(linear_systems.solve_triangular)
svd = public(decompositions.svd)
svdvals = public(decompositions.svdvals)
vecdot = public(matrix_products.vecdot)
vector_norm = public(norms.vector_norm)
