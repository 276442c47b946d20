"""Products and decompositions of matrices, norms and distances."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from tests.docs.deviations.programs import Row, gradient, leaf


def second_of_norm(m: Any) -> Any:
    x = m.zeros(2, requires_grad=True)
    (first,) = m.autograd.grad(m.norm(x), x, create_graph=True)
    (second,) = m.autograd.grad(first.sum(), x)
    return second.tolist()


def second_of_cdist(m: Any) -> Any:
    x = m.ones(1, 1, requires_grad=True)
    (first,) = m.autograd.grad(m.cdist(x, m.zeros(1, 1)), x, m.ones(1, 1), create_graph=True)
    (second,) = m.autograd.grad(first.sum(), x)
    return second.tolist()


ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "`linalg.cross` of two float dtypes": [
        Row(lambda m: str(m.linalg.cross(m.ones(3), m.ones(3).double()).dtype)[-7:], "float64", RuntimeError)
    ],
    "the gradient of `det` of a singular matrix": [
        Row(gradient(lambda m, x: m.linalg.det(x), [[1.0, 2.0], [2.0, 4.0]]), [[4, -2], [-2, 1]], [[0, 0], [0, 0]])
    ],
    "the gradient of `slogdet` of a singular matrix": [
        Row(
            gradient(lambda m, x: m.linalg.slogdet(x)[1], [[1.0, 2.0], [2.0, 4.0]]),
            [[nan, nan], [nan, nan]],
            [[-inf, inf], [inf, -inf]],
        )
    ],
    "eigenvectors and singular vectors": [
        Row(lambda m: bool((m.linalg.svd(m.tensor([[2.0, 1.0], [1.0, 2.0]])).U[:, 0] > 0).all()), True, False)
    ],
    '`qr(mode="complete")` of more rows than columns, if it requires grad': [
        Row(lambda m: m.linalg.qr(leaf(m)[None].expand(2, 1), mode="complete").Q.requires_grad, RuntimeError, True)
    ],
    '`qr(mode="r")`': [
        Row(gradient(lambda m, x: m.linalg.qr(x, mode="r").R ** 2, [[3.0]]), [[6]], RuntimeError),
    ],
    "the second derivative of a norm that is 0": [Row(second_of_norm, [0, 0], [nan, nan])],
    "`norm(p=0)` and its kind": [Row(gradient(lambda m, x: m.norm(x, 0), [2.0]), [0], AttributeError)],
    "`cdist` by way of a product of matrices (many points, or `compute_mode`)": [
        Row(lambda m: m.cdist(m.tensor([[1e4]]), m.tensor([[1e4 + 1]]), 2.0, "use_mm_for_euclid_dist").item(), 1.0, 0.0)
    ],
    "the gradient of `cdist(p=inf)` among ties": [
        Row(gradient(lambda m, x: m.cdist(x, m.zeros(1, 2), inf), [[1.0, 1.0]]), [[0.5, 0.5]], [[1, 1]])
    ],
    "the second derivative of `cdist`": [Row(second_of_cdist, [[0]], NotImplementedError)],
    "`addmm`, `addmv`, `addbmm`, `baddbmm` of integers with a factor of 0.6": [
        Row(lambda m: m.addmm(*[m.ones(1, 1).long()] * 3, beta=0.6).item(), RuntimeError, 1)
    ],
    "`x.addbmm_` where `x` broadcasts": [
        Row(lambda m: tuple(m.ones(1).addbmm_(m.ones(1, 2, 2), m.ones(1, 2, 2)).shape), RuntimeError, (2, 2))
    ],
    "`einsum` of small integers that sums before it multiplies": [
        Row(lambda m: m.einsum("ij,jk->i", *[m.ones(2, 2).int()] * 2).tolist(), [4, 4], RuntimeError)
    ],
}
