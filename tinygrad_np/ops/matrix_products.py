"""Products of vectors and matrices by name, and sums with them: what `matmul` and `*` give, with shapes checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._dtypes import result_type
from tinygrad_np._graph import Array, Domain, Draw, Value, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import equal, numeric
from tinygrad_np._shapes import Shape, normalise_dim, summed_axes
from tinygrad_np.ops.elementwise import clone, raw, to
from tinygrad_np.ops.linalg import cleared, matmul
from tinygrad_np.ops.linear_systems import check_tensors
from tinygrad_np.ops.movement import permute, reshape, transpose, unsqueeze
from tinygrad_np.ops.reduction import sum


def check_dims(name: str, dims: int, **tensors: Any) -> None:
    """Refuse tensors that have not this number of dims."""
    check_tensors(name, **tensors)
    for argument, x in tensors.items():
        if raw(x).ndim != dims:
            wanted = ("a number", "a vector", "a matrix", "a batch of matrices")[dims]
            raise RuntimeError(f"{name}: {argument} must be {wanted}, got shape {raw(x).shape}")


def _product(a: Any, b: Any, name: str) -> Any:
    """Multiply by ``matmul``, whose refusals do not name the function that was called."""
    _check_fit(raw(a), raw(b), name)
    equal(name, (raw(a), raw(b)))
    return matmul(a, b)


def _check_fit(a: Array, b: Array, name: str) -> None:
    if a.shape[-1] != b.shape[max(b.ndim - 2, 0)] or (a.ndim == b.ndim == 3 and a.shape[0] != b.shape[0]):
        raise RuntimeError(f"{name}: shapes {a.shape} and {b.shape} do not fit")


def mm(input: Any, mat2: Any) -> Any:
    """Multiply two matrices: (n, k) by (k, m).

    >>> import tinygrad_np as tg
    >>> tg.mm(tg.ones(2, 3), tg.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    check_dims("mm", 2, input=input, mat2=mat2)
    return _product(input, mat2, "mm")


def bmm(input: Any, mat2: Any) -> Any:
    """Multiply two batches of matrices: (b, n, k) by (b, k, m). Nothing broadcasts.

    >>> import tinygrad_np as tg
    >>> tg.bmm(tg.ones(4, 2, 3), tg.ones(4, 3, 1)).shape
    (4, 2, 1)
    """
    check_dims("bmm", 3, input=input, mat2=mat2)
    return _product(input, mat2, "bmm")


def mv(input: Any, vec: Any) -> Any:
    """Multiply a matrix (n, k) by a vector (k,).

    >>> import tinygrad_np as tg
    >>> tg.mv(tg.ones(2, 3), tg.ones(3))
    tensor([3., 3.])
    """
    check_dims("mv", 2, input=input)
    check_dims("mv", 1, vec=vec)
    return _product(input, vec, "mv")


def dot(input: Any, tensor: Any) -> Any:
    """Multiply two vectors of one length entry by entry, and add up.

    >>> import tinygrad_np as tg
    >>> tg.dot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    check_dims("dot", 1, input=input, tensor=tensor)
    return _product(input, tensor, "dot")


def vdot(input: Any, other: Any) -> Any:
    """Multiply two vectors of one length entry by entry, and add up: of real numbers, the same as ``dot``.

    >>> import tinygrad_np as tg
    >>> tg.vdot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    check_dims("vdot", 1, input=input, other=other)
    return _product(input, other, "vdot")


def inner(input: Any, other: Any) -> Any:
    """Add up products over the last dim of both; numbers are just multiplied.

    Shapes: (\\*a, k) and (\\*b, k) give (\\*a, \\*b).

    >>> import tinygrad_np as tg
    >>> tg.inner(tg.ones(2, 3), tg.ones(4, 3)).shape
    (2, 4)
    """
    check_tensors("inner", input=input, other=other)
    a, b = raw(input), raw(other)
    if not a.ndim or not b.ndim:
        return input * other
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"inner: the last dims of shapes {a.shape} and {b.shape} differ")
    equal("inner", (a, b))
    rows = [reshape(x, (int(np.prod(x.shape[:-1])), x.shape[-1])) for x in (input, other)]
    return reshape(matmul(rows[0], transpose(rows[1], 0, 1)), (*a.shape[:-1], *b.shape[:-1]))


def outer(input: Any, vec2: Any) -> Any:
    """Multiply each entry of a vector (n,) with each of another (m,), to a matrix (n, m).

    >>> import tinygrad_np as tg
    >>> tg.outer(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    check_dims("outer", 1, input=input, vec2=vec2)
    return unsqueeze(input, 1) * vec2


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """Add up the products of entries along a dim; the others broadcast.

    >>> import tinygrad_np as tg
    >>> tg.linalg.vecdot(tg.ones(2, 3), tg.ones(3))
    tensor([3., 3.])
    """
    if equal("linalg.vecdot", (raw(x), raw(y))).kind != "f":
        raise RuntimeError(f"linalg.vecdot: expected float tensors, got {raw(x).dtype}; call .float() or .double()")
    product = x * y
    return sum(product, normalise_dim(dim, raw(product).ndim, "linalg.vecdot"))


def kron(input: Any, other: Any) -> Any:
    """Replace each entry of ``input`` by its product with the whole of ``other``: Kronecker's product.

    Shapes: sizes multiply, dim by dim from the last; missing ones count as 1.

    >>> import tinygrad_np as tg
    >>> tg.kron(tg.tensor([1, 10]), tg.tensor([1, 2]))
    tensor([ 1,  2, 10, 20])
    """
    check_tensors("kron", input=input, other=other)
    a, b = raw(input).shape, raw(other).shape
    ndim = max(len(a), len(b))
    a, b = (1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b
    apart = reshape(input, tuple(n for size in a for n in (size, 1)))
    product = apart * reshape(other, tuple(n for size in b for n in (1, size)))
    return reshape(product, tuple(n * m for n, m in zip(a, b, strict=True)))


# ------------------------------------------------------------------------------------------------ sums with products


def _added(input: Any, product: Any, beta: Any, alpha: Any, name: str) -> Any:
    """Return beta * input + alpha * product; ``input`` broadcasts, and for beta = 0 it is not read."""
    x, y = raw(input), raw(product)
    if summed_axes(y.shape, x.shape) is None:
        raise RuntimeError(f"{name}: input of shape {x.shape} does not broadcast to the product's {y.shape}")
    for argument, factor in (("beta", beta), ("alpha", alpha)):
        if isinstance(factor, float) and y.dtype.kind != "f":
            raise RuntimeError(f"{name}: {argument} must be an integer for tensors of {y.dtype}, got {factor}")
    if x.dtype.kind == y.dtype.kind == "b":
        beta, alpha = bool(beta), bool(alpha)
    scaled = product if alpha == 1 else product * alpha
    if beta == 0:
        return cleared(input) + scaled
    return (input if beta == 1 else input * beta) + scaled


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Compute beta * input + alpha * (mat1 @ mat2); ``input`` broadcasts, and is not read if beta is 0.

    >>> import tinygrad_np as tg
    >>> tg.addmm(tg.ones(2), tg.ones(1, 3), tg.ones(3, 2), beta=2)
    tensor([[5., 5.]])
    """
    check_tensors("addmm", input=input)
    check_dims("addmm", 2, mat1=mat1, mat2=mat2)
    equal("addmm", (raw(input), raw(mat1), raw(mat2)))
    return _added(input, _product(mat1, mat2, "addmm"), beta, alpha, "addmm")


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Compute beta * input + alpha * (mat @ vec); ``input`` broadcasts, and is not read if beta is 0.

    >>> import tinygrad_np as tg
    >>> tg.addmv(tg.ones(2), tg.ones(2, 3), tg.ones(3), alpha=2)
    tensor([7., 7.])
    """
    check_tensors("addmv", input=input)
    check_dims("addmv", 2, mat=mat)
    check_dims("addmv", 1, vec=vec)
    equal("addmv", (raw(input), raw(mat), raw(vec)))
    return _added(input, _product(mat, vec, "addmv"), beta, alpha, "addmv")


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Compute beta * input + alpha * the sum of the products of a batch; ``input`` is not read if beta is 0.

    >>> import tinygrad_np as tg
    >>> tg.addbmm(tg.ones(2), tg.ones(4, 1, 3), tg.ones(4, 3, 2))
    tensor([[13., 13.]])
    """
    check_tensors("addbmm", input=input)
    check_dims("addbmm", 3, batch1=batch1, batch2=batch2)
    equal("addbmm", (raw(input), raw(batch1), raw(batch2)))
    (batches, n, k), (_, _, m) = raw(batch1).shape, raw(batch2).shape
    _check_fit(raw(batch1), raw(batch2), "addbmm")
    side_by_side = reshape(permute(batch1, (1, 0, 2)), (n, batches * k))
    product = matmul(side_by_side, reshape(batch2, (batches * k, m)))
    return _added(input, product, beta, alpha, "addbmm")


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Compute beta * input + alpha * (batch1 @ batch2); ``input`` broadcasts, and is not read if beta is 0.

    >>> import tinygrad_np as tg
    >>> tg.baddbmm(tg.ones(2), tg.ones(4, 1, 3), tg.ones(4, 3, 2)).shape
    (4, 1, 2)
    """
    check_tensors("baddbmm", input=input)
    check_dims("baddbmm", 3, batch1=batch1, batch2=batch2)
    equal("baddbmm", (raw(input), raw(batch1), raw(batch2)))
    return _added(input, _product(batch1, batch2, "baddbmm"), beta, alpha, "baddbmm")


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Compute beta * input + alpha * outer(vec1, vec2); ``input`` broadcasts, and is not read if beta is 0.

    >>> import tinygrad_np as tg
    >>> tg.addr(tg.ones(2), tg.ones(1), tg.tensor([2.0, 3.0]))
    tensor([[3., 4.]])
    """
    check_tensors("addr", input=input)
    check_dims("addr", 1, vec1=vec1, vec2=vec2)
    dtype = result_type(raw(input), raw(vec1), raw(vec2))
    input, vec1 = (x if raw(x).dtype == dtype else to(x, dtype) for x in (input, vec1))
    return _added(input, outer(vec1, vec2), beta, alpha, "addr")


# -------------------------------------------------------------------------------------------------- chains and cross


def multi_dot(tensors: Sequence[Any]) -> Any:
    """Multiply a chain of matrices, of which the first and last may be vectors, in the order of least work.

    >>> import tinygrad_np as tg
    >>> tg.linalg.multi_dot([tg.ones(2, 3), tg.ones(3, 4), tg.ones(4)])
    tensor([12., 12.])
    """
    if isinstance(tensors, (Value, np.ndarray)) or not isinstance(tensors, Sequence):
        raise TypeError(f"linalg.multi_dot: expected a list or tuple of tensors, got {type(tensors).__name__}")
    if len(tensors) < 2:
        raise RuntimeError(f"linalg.multi_dot: expected at least 2 tensors, got {len(tensors)}")
    chain = list(tensors)
    shapes = [raw(t).shape for t in chain]
    vectors = len(shapes[0]) == 1, len(shapes[-1]) == 1
    if vectors[0]:
        chain[0] = unsqueeze(chain[0], 0)
    if vectors[1]:
        chain[-1] = unsqueeze(chain[-1], 1)
    for i, x in enumerate(chain):
        if raw(x).ndim != 2:
            kinds = "a matrix or a vector" if i in (0, len(chain) - 1) else "a matrix"
            raise RuntimeError(f"linalg.multi_dot: tensors[{i}] must be {kinds}, got shape {shapes[i]}")
        if i and raw(chain[i - 1]).shape[1] != raw(x).shape[0]:
            raise RuntimeError(f"linalg.multi_dot: tensors[{i - 1}] and [{i}] of shapes {shapes} do not fit")
    equal("linalg.multi_dot", tuple(map(raw, chain)))
    out = _in_order(chain, _cheapest([raw(x).shape for x in chain]), 0, len(chain) - 1)
    kept = tuple(n for n, vector in zip(raw(out).shape, vectors, strict=True) if not vector)
    return reshape(out, kept) if any(vectors) else out


def _cheapest(shapes: list[Shape]) -> dict[tuple[int, int], int]:
    """Return for each part of a chain, from i to j, after which matrix to cut it (dynamic programming)."""
    sizes = [*(n for n, _ in shapes), shapes[-1][1]]
    cost = {(i, i): 0 for i in range(len(shapes))}
    cut = {}
    for length in range(1, len(shapes)):
        for i in range(len(shapes) - length):
            j = i + length
            cost[i, j], cut[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
    return cut


def _in_order(chain: list[Any], cut: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return chain[i]
    return matmul(_in_order(chain, cut, i, cut[i, j]), _in_order(chain, cut, cut[i, j] + 1, j))


def chain_matmul(*matrices: Any) -> Any:
    """Multiply matrices in the order of least work; PyTorch's older form of ``linalg.multi_dot``.

    >>> import tinygrad_np as tg
    >>> tg.chain_matmul(tg.ones(2, 3), tg.ones(3, 4), tg.ones(4, 1)).shape
    (2, 1)
    """
    for matrix in matrices:
        check_dims("chain_matmul", 2, matrix=matrix)
    return clone(matrices[0]) if len(matrices) == 1 else multi_dot(matrices)


def _cross(a: Array, b: Array, /, dim: int) -> Array:
    a0, a1, a2 = np.moveaxis(a, dim, 0)
    b0, b1, b2 = np.moveaxis(b, dim, 0)
    return np.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], dim)


def _cross_case(draw: Draw) -> Case:
    first, second = draw.broadcastable(2)
    ndim = max(len(first), len(second))
    first, second = (1,) * (ndim - len(first)) + first, (1,) * (ndim - len(second)) + second
    at = draw.integer(0, ndim)
    return [(*first[:at], 3, *first[at:]), (*second[:at], 3, *second[at:])], (at - ndim - 1,)


_cross_product: Function = op(
    "cross",
    _cross,
    domain=Domain(analytic=True, case=_cross_case),
    promotion=numeric,
    a=lambda g, b, dim: _cross_product(b, g, dim),
    b=lambda g, a, dim: _cross_product(g, a, dim),
)


def cross_along(input: Any, other: Any, dim: int, name: str) -> Any:
    """Multiply vectors of three entries along a dim: the cross product."""
    check_tensors(name, input=input, other=other)
    a, b = raw(input), raw(other)
    if a.ndim != b.ndim:
        raise RuntimeError(f"{name}: both must have the same number of dims, got shapes {a.shape} and {b.shape}")
    dim = normalise_dim(dim, a.ndim, name)
    if not a.ndim or a.shape[dim] != 3 or b.shape[dim] != 3:
        raise RuntimeError(f"{name}: dim {dim} must have size 3 in both, got shapes {a.shape} and {b.shape}")
    return _cross_product(input, other, dim - a.ndim)


def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """Multiply vectors of three entries along ``dim``: the cross product. Without a dim, along the first of size 3.

    The other dims broadcast. For ``linalg.cross`` the dim is the last unless it is given.

    >>> import tinygrad_np as tg
    >>> tg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]), dim=0)
    tensor([0., 0., 1.])
    """
    if dim is None:
        check_tensors("cross", input=input, other=other)
        shape = raw(input).shape
        if 3 not in shape:
            raise RuntimeError(f"cross: no dim of size 3 in shape {shape}")
        dim = shape.index(3)
    return cross_along(input, other, dim, "cross")


def linalg_cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """Multiply vectors of three entries along ``dim``: the cross product. The other dims broadcast.

    >>> import tinygrad_np as tg
    >>> tg.linalg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    return cross_along(input, other, dim, "linalg.cross")
