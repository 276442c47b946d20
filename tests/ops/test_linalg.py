"""Laws of linear algebra, and what PyTorch gets wrong or leaves open: singular and degenerate matrices, norms at 0."""

from __future__ import annotations

import warnings
from itertools import pairwise, permutations
from math import inf, prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.ops import distance_matrices
from tinygrad_np.ops.einsum_forms import _next_pair
from tinygrad_np.ops.matrix_products import _cheapest
from tinygrad_np.testing.derivatives import check_order
from tinygrad_np.testing.strategies import LAYOUTS, Call, seeds

layouts = st.sampled_from(sorted(LAYOUTS))
batches = st.sampled_from([(), (2,), (0,), (2, 1)])
sides = st.integers(0, 5)


def drawn(seed: int, shape: tuple[int, ...], layout: str = "contiguous") -> Any:
    return LAYOUTS[layout](np.random.default_rng(seed).uniform(-2, 2, shape))


def leaf(x: Any) -> tg.Tensor:
    return tg.tensor(np.asarray(x, float), requires_grad=True)


def slope(y: tg.Tensor, x: tg.Tensor) -> Any:
    return tg.autograd.grad(y, x)[0].array


# --------------------------------------------------------------------------------------------------------------- laws


@given(seed=seeds, batch=batches, n=sides, layout=layouts)
def test_inverse_and_solutions(seed, batch, n, layout):
    A = LAYOUTS[layout](drawn(seed, (*batch, n, n)) + 12 * np.eye(n))
    identity = np.broadcast_to(np.eye(n), A.shape)
    np.testing.assert_allclose((tg.tensor(A) @ tg.linalg.inv(A)).array, identity, atol=1e-12)
    np.testing.assert_allclose(tg.linalg.solve(A, identity).array, tg.linalg.inv(A).array, atol=1e-12)
    for upper, triangle in ((True, np.triu(A)), (False, np.tril(A))):
        X = tg.linalg.solve_triangular(A, identity, upper=upper).array  # which does not read the other triangle
        np.testing.assert_allclose(triangle @ X, identity, atol=1e-12)


@given(seed=seeds, batch=batches, m=sides, n=sides, layout=layouts)
def test_decompositions_multiply_to_the_matrix(seed, batch, m, n, layout):
    A = drawn(seed, (*batch, m, n), layout)
    k = min(m, n)
    Q, R = tg.linalg.qr(A)
    U, S, Vh = tg.linalg.svd(A)
    assert (Q.shape, R.shape) == ((*batch, m, k), (*batch, k, n))
    assert (U.shape, S.shape, Vh.shape) == ((*batch, m, m), (*batch, k), (*batch, n, n))
    for product in (Q @ R, U[..., :k] * S[..., None, :] @ Vh[..., :k, :]):
        np.testing.assert_allclose(product.array, A, atol=1e-12)
    for vectors, size in ((Q, k), (U, m), (Vh.mT, n)):
        np.testing.assert_allclose(
            (vectors.mT @ vectors).array, np.broadcast_to(np.eye(size), (*batch, size, size)), atol=1e-12
        )
    np.testing.assert_array_equal(np.tril(R.array, -1), 0)
    assert (np.diff(S.array) <= 0).all()
    np.testing.assert_array_equal(tg.linalg.svdvals(A).array, S.array)
    symmetric = A.mT @ A
    L, V = tg.linalg.eigh(symmetric)
    np.testing.assert_allclose((V * L[..., None, :] @ V.mT).array, symmetric, atol=1e-11)
    np.testing.assert_array_equal(tg.linalg.eigvalsh(symmetric).array, L.array)
    factor = tg.linalg.cholesky(symmetric + np.eye(n))
    np.testing.assert_allclose((factor @ factor.mT).array, symmetric + np.eye(n), atol=1e-11)


@given(seed=seeds, n=st.integers(1, 5))
def test_the_largest_entry_of_each_vector_is_positive(seed, n):
    A = drawn(seed, (n + 1, n))
    for vectors in (tg.linalg.eigh(A.T @ A).eigenvectors.array, tg.linalg.svd(A, full_matrices=False).U.array):
        assert (vectors.max(0) >= -vectors.min(0)).all()


@given(seed=seeds, batch=batches, n=st.integers(0, 4))
def test_a_pseudoinverse_meets_the_four_conditions_of_penrose(seed, batch, n):
    A = drawn(seed, (*batch, 4, n)) @ drawn(seed + 1, (*batch, n, 5))
    P = tg.linalg.pinv(A).array
    for one, other in ((A @ P @ A, A), (P @ A @ P, P), (A @ P, (A @ P).mT), (P @ A, (P @ A).mT)):
        np.testing.assert_allclose(one, other, atol=1e-9 * (1 + np.abs(P).max(initial=0)))


@given(seed=seeds, n=st.integers(0, 4), scale=st.sampled_from([1e-9, 0.1, 1.0, 5.0, 40.0]))
def test_exponentials(seed, n, scale):
    """exp(A) exp(-A) = I, det exp(A) = exp(trace A), and of each matrix of a batch by itself."""
    A = drawn(seed, (n, n)) * scale / max(n, 1)
    A = A - A.T + 0.01 * scale * np.eye(n)  # whose powers do not grow apart
    y = tg.linalg.matrix_exp(A)
    np.testing.assert_allclose((y @ tg.linalg.matrix_exp(-A)).array, np.eye(n), atol=1e-12)
    np.testing.assert_allclose(tg.linalg.det(y).item(), np.exp(np.trace(A)), rtol=1e-11)
    batch = tg.linalg.matrix_exp(np.stack([A, A / 100]))
    np.testing.assert_allclose(batch[0].array, y.array, atol=1e-13)
    np.testing.assert_allclose(batch[1].array, tg.linalg.matrix_exp(A / 100).array, atol=1e-13)


def test_exponentials_of_extremes():
    np.testing.assert_allclose(tg.matrix_exp(tg.tensor([[100.0]], dtype=tg.float64)).item(), np.exp(100.0), rtol=1e-13)
    assert tg.matrix_exp(tg.zeros(2, 2)).tolist() == [[1, 0], [0, 1]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # inf - inf
        assert np.isnan(tg.matrix_exp(tg.full((2, 2), inf)).array).all()
    of_two_sizes = tg.matrix_exp(tg.tensor([[[700.0]], [[-3000.0]]], dtype=tg.float64))  # warns of nothing
    np.testing.assert_allclose(of_two_sizes.array.ravel(), [np.exp(700), 0], rtol=1e-11)


@given(seed=seeds, n=st.integers(-4, 9))
def test_powers(seed, n):
    A = drawn(seed, (2, 3, 3)) + 5 * np.eye(3)
    expected = np.linalg.matrix_power(A, n)
    np.testing.assert_allclose(tg.linalg.matrix_power(A, n).array, expected, rtol=1e-10, atol=1e-12)


@given(sizes=st.lists(st.integers(1, 6), min_size=3, max_size=7))
def test_a_chain_is_multiplied_in_the_order_of_least_work(sizes):
    def work(i: int, j: int, cut: dict[Any, int] | None) -> int:
        if i == j:
            return 0
        cuts = range(i, j) if cut is None else [cut[i, j]]
        return min(work(i, k, cut) + work(k + 1, j, cut) + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in cuts)

    last = len(sizes) - 2
    cut = _cheapest(list(pairwise(sizes)))
    assert work(0, last, cut) == work(0, last, None)


THIRD_ORDER: list[tuple[Any, list[tuple[int, ...]]]] = [
    (tg.linalg.inv, [(2, 2)]),
    (tg.linalg.solve, [(2, 2), (2, 1)]),
    (lambda A, B: tg.linalg.solve_triangular(A, B, upper=True), [(2, 2), (2, 1)]),
    (tg.linalg.slogdet, [(2, 2)]),
    (lambda A: tg.linalg.cholesky(A @ A.mT), [(2, 2)]),
    (tg.linalg.qr, [(3, 2)]),
    (lambda A: tg.linalg.eigvalsh(A + A.mT), [(2, 2)]),
    (lambda A: tg.linalg.svd(A, full_matrices=False), [(3, 2)]),
    (tg.linalg.pinv, [(3, 2)]),
    (tg.linalg.matrix_exp, [(2, 2)]),
    (tg.cdist, [(2, 2), (1, 2)]),
    (lambda A: tg.linalg.vector_norm(A, 3), [(2, 2)]),
]


@pytest.mark.parametrize(("function", "shapes"), THIRD_ORDER)
def test_third_derivatives(function, shapes):
    arrays = [np.random.default_rng(i).uniform(0.1, 0.6, shape) for i, shape in enumerate(shapes)]
    arrays[0] += np.eye(*shapes[0]) * [2, 3]
    check_order(3, function, Call(tuple(arrays), ()), np.random.default_rng(0))


# ------------------------------------------------------------------------------------------------- singular matrices


def leibniz(A: tg.Tensor) -> tg.Tensor:
    """The determinant as a polynomial of the entries, with no division."""
    n = len(A)
    total = tg.zeros((), dtype=A.dtype)
    for p in permutations(range(n)):
        sign = (-1) ** sum(p[i] > p[j] for i in range(n) for j in range(i, n))
        total = total + sign * prod((A[i, p[i]] for i in range(n)), start=tg.ones((), dtype=A.dtype))
    return total


@given(seed=seeds, n=st.integers(1, 4), rank=st.integers(0, 4))
def test_determinants_of_singular_matrices_have_exact_derivatives_of_any_order(seed, n, rank):
    random = np.random.default_rng(seed)
    rank = min(rank, n)
    A = (random.integers(-2, 3, (n, rank)) @ random.integers(-2, 3, (rank, n))).astype(float)
    weights = [random.uniform(0.5, 2, (n, n)) for _ in range(3)]
    for function in (tg.linalg.det, leibniz):
        x = leaf(A)
        y, found = function(x), []
        for weight in weights:
            (g,) = tg.autograd.grad(y, x, create_graph=True, allow_unused=True, materialize_grads=True)
            found.append(g.array)
            y = (g * tg.tensor(weight)).sum()
            if not y.requires_grad:
                break
        if function is tg.linalg.det:
            ours = found
    for i, expected in enumerate(found):
        np.testing.assert_allclose(ours[i], expected, rtol=1e-9, atol=1e-9 * max(1, np.abs(A).max()) ** n)
    first = slope(tg.linalg.det(x := leaf(A)), x)  # as a first-order pass computes it
    np.testing.assert_allclose(first, found[0], rtol=1e-9, atol=1e-9 * max(1, np.abs(A).max()) ** n)


def test_a_batch_may_have_singular_matrices_among_others():
    A = np.stack([np.eye(3), np.ones((3, 3)), np.zeros((3, 3)), np.diag([1.0, 2.0, 0.0])])
    check_order(2, tg.linalg.det, Call((A,), ()), np.random.default_rng(0))
    check_order(3, tg.linalg.det, Call((A,), ()), np.random.default_rng(1))


def curvature(U: Any, s: Any, Vh: Any, weight: Any) -> Any:
    """The derivative of <weight, cofactors> at A = U diag(s) Vh: det(A) without two of its factors, for each pair."""
    pairs = [[prod(np.delete(s, [i, j])) if i != j else 0 for j in range(len(s))] for i in range(len(s))]
    turned = U.T @ weight @ Vh.T
    return np.linalg.det(U) * np.linalg.det(Vh) * U @ (np.diag(pairs @ np.diag(turned)) - turned.T * pairs) @ Vh


@pytest.mark.parametrize(
    "batch",
    [
        [np.geomspace(1, 1e-9, 30)],
        [np.r_[1, np.full(29, 1e-5)]],
        [np.r_[np.ones(23), np.full(5, 1e-6), np.zeros(2)]],
        [np.linspace(2, 1, 20), np.zeros(20), np.r_[np.ones(19), 0]],
    ],
)
def test_second_derivatives_of_determinants_of_many_rows(batch):
    n, random = len(batch[0]), np.random.default_rng(0)
    U, Vh = (np.linalg.qr(random.normal(size=(len(batch), n, n))).Q for _ in range(2))
    A, weight = leaf((U * np.array(batch)[:, None]) @ Vh), random.normal(size=(len(batch), n, n))
    (g,) = tg.autograd.grad(tg.linalg.det(A), A, tg.ones(len(batch)).double(), create_graph=True)
    for found, *parts in zip(slope((g * tg.tensor(weight)).sum(), A), U, batch, Vh, weight, strict=True):
        expected = curvature(*parts)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7 * np.abs(expected).max())


def test_second_derivatives_of_a_determinant_keep_the_digits_of_float32():
    random = np.random.default_rng(0)
    U, Vh = (np.linalg.qr(random.normal(size=(5, 5))).Q for _ in range(2))
    A, weight = tg.tensor((U * [1, 1, 1, 1, 2e-4]) @ Vh).float().requires_grad_(), random.normal(size=(5, 5))
    (g,) = tg.autograd.grad(tg.linalg.det(A), A, create_graph=True)
    expected = curvature(*np.linalg.svd(A.array.astype(float)), weight)
    np.testing.assert_allclose(slope((g * tg.tensor(weight).float()).sum(), A), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("A", [np.arange(1, 10).reshape(3, 3), np.outer([0.1, 0.7, 0.3], [0.3, 0.9, 1.1])])
def test_a_matrix_that_is_singular_but_for_rounding(A, dtype):
    """Its determinant comes out as 0 or as some small number; its cofactors do not depend on that."""
    x = tg.tensor(A, dtype=tg.result_type(dtype(0), np.zeros(1, dtype)), requires_grad=True)
    minors = [np.delete(np.delete(A, i, 0), j, 1) for i in range(3) for j in range(3)]
    expected = [(m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]) * (-1) ** k for k, m in enumerate(minors)]
    atol = 100 * np.finfo(dtype).eps * np.abs(A).max() ** 2
    np.testing.assert_allclose(slope(tg.linalg.det(x), x).ravel(), expected, atol=atol)


def test_a_determinant_that_underflows_has_the_derivative_0():
    A = leaf(1e-9 * np.eye(40))
    assert tg.linalg.det(A).item() == 0
    assert not slope(tg.linalg.det(A), A).any()


def test_the_logarithm_of_a_singular_determinant():
    A = leaf([[[1.0, 2.0], [2.0, 4.0]], [[2.0, 0.0], [0.0, 1.0]]])
    sign, logarithm = tg.linalg.slogdet(A)
    assert sign.tolist() == [0, 1]
    assert logarithm[0].item() == -inf
    g = tg.autograd.grad(logarithm, A, tg.ones(2).double())[0].array
    assert np.isnan(g[0]).all()
    np.testing.assert_array_equal(g[1], [[0.5, 0], [0, 1]])
    assert np.isnan(tg.logdet(tg.tensor([[0.0, 1.0], [1.0, 0.0]])).item())


def test_a_zero_on_the_diagonal_of_a_triangle_gives_infinities():
    with np.errstate(all="ignore"):
        assert tg.linalg.solve_triangular(tg.zeros(1, 1), tg.ones(1, 2), upper=True).tolist() == [[inf, inf]]


def test_linalg_error_is_a_runtime_error(monkeypatch):
    assert issubclass(tg.linalg.LinAlgError, RuntimeError)
    with pytest.raises(tg.linalg.LinAlgError, match="svd: the matrix did not let the iteration converge"):
        tg.linalg.svd(tg.full((2, 2), float("nan")))

    def fail(*arguments: Any) -> None:
        raise np.linalg.LinAlgError

    monkeypatch.setattr(np.linalg, "eigh", fail)
    with pytest.raises(tg.linalg.LinAlgError, match="eigh: matrix 0 of the batch did not let the iteration converge"):
        tg.linalg.eigh(tg.ones(2, 2, 2))


# ----------------------------------------------------------------------------------------------- degenerate matrices

EQUAL = [np.eye(3), np.zeros((3, 3)), np.diag([2.0, 2.0, 1.0]), np.ones((3, 3))]


@pytest.mark.parametrize("A", EQUAL, ids=["identity", "zero", "two equal", "rank 1"])
def test_values_have_their_derivatives_where_they_are_equal(A):
    for decomposed in (tg.linalg.eigvalsh, lambda x: tg.linalg.eigh(x).eigenvalues):
        np.testing.assert_allclose(slope(decomposed(x := leaf(A)).sum(), x), np.eye(3), atol=1e-12)  # of the trace
    np.testing.assert_allclose(slope((tg.linalg.eigvalsh(x := leaf(A)) ** 3).sum(), x), 3 * A @ A, atol=1e-11)
    for decomposed in (tg.linalg.svdvals, lambda x: tg.linalg.svd(x).S):
        np.testing.assert_allclose(slope((decomposed(x := leaf(A)) ** 2).sum(), x), 2 * A, atol=1e-12)
    for order in ("nuc", 2):
        of_norm = slope(tg.linalg.norm(x := leaf(A), order), x)
        assert np.isfinite(of_norm).all()


def test_vectors_of_equal_values_have_no_derivative():
    """None is better than a wrong one, of 0 say: the function V diag(L**2) V.T has one, but not by way of V."""
    L, V = tg.linalg.eigh(x := leaf(np.eye(2)))
    assert not np.isfinite(slope((V * L**2 @ V.mT).sum(), x)).all()
    U, _, Vh = tg.linalg.svd(x := leaf(np.eye(2)))
    assert not np.isfinite(slope((U @ Vh).sum(), x)).all()


def test_only_one_triangle_is_read():
    full = np.array([[4.0, 1.0], [1.0, 3.0]])
    for upper in (False, True):
        half = np.where(np.tri(2, dtype=bool).T if upper else np.tri(2, dtype=bool), full, np.nan)
        UPLO = "U" if upper else "L"
        x = leaf(half)
        np.testing.assert_array_equal(tg.linalg.eigvalsh(x, UPLO).array, tg.linalg.eigvalsh(full).array)
        np.testing.assert_allclose(slope(tg.linalg.eigvalsh(x, UPLO).sum(), x), np.eye(2), atol=1e-15)
        factor = tg.linalg.cholesky(x, upper=upper).array
        np.testing.assert_allclose(factor.T @ factor if upper else factor @ factor.T, full)
    np.testing.assert_allclose(
        tg.linalg.pinv(np.where(np.tri(2, dtype=bool), full, np.nan), hermitian=True).array, np.linalg.inv(full)
    )


def test_qr_forms():
    A = leaf(drawn(0, (4, 2)))
    with pytest.raises(RuntimeError, match=r"linalg.qr: mode='complete' has no derivative .*\(4, 2\); use mode='red"):
        tg.linalg.qr(A, "complete")
    Q, R = tg.linalg.qr(A.detach(), "complete")
    assert (Q.shape, R.shape) == ((4, 4), (4, 2))
    np.testing.assert_allclose((Q @ R).array, A.array, atol=1e-14)
    nothing, only = tg.linalg.qr(A, "r")
    assert nothing.shape == (0,)
    assert slope(only.sum(), A).any()
    with tg.no_grad():
        assert tg.linalg.qr(A, "complete").Q.shape == (4, 4)


# ------------------------------------------------------------------------------------------------ norms and distances


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, inf, -1, -inf])
@pytest.mark.parametrize("x", [[0.0, 0.0], [0.0, 2.0], [-3.0, 2.0]])
def test_norms_have_finite_derivatives_of_two_orders_at_0(p, x):
    """And no warning: pytest makes one an error."""
    y = tg.linalg.vector_norm(x := leaf(x), p)
    (g,) = tg.autograd.grad(y, x, create_graph=True)
    assert np.isfinite(g.array).all()
    assert (g.array[x.array == 0] == 0).all()
    if p < 0 and 0 in x.tolist():  # the norm is 0
        assert not g.array.any()
    if g.requires_grad:
        assert np.isfinite(slope(g.sum(), x)).all()


def test_the_norm_of_order_0_counts():
    x = leaf([[0.0, float("nan"), -inf], [0.0, 0.0, 2.0]])
    y = tg.linalg.vector_norm(x, 0, dim=1)
    assert y.tolist() == [2, 1]
    assert slope(y.sum(), x).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_beta_0_does_not_read_the_input():
    nan = tg.full((2,), float("nan"), requires_grad=True)
    y = tg.addmm(nan, tg.ones(2, 2), tg.ones(2, 2), beta=0)
    assert y.tolist() == [[2, 2], [2, 2]]
    y.sum().backward()
    assert nan.grad.tolist() == [0, 0]


def test_addr_of_bools():
    true, false = tg.tensor([True]), tg.tensor([False])
    assert tg.addr(true, true, false, beta=3, alpha=2).tolist() == [[True]]
    assert tg.addr(true, true, false, beta=0).tolist() == [[False]]


@pytest.mark.parametrize("power", [lambda A: tg.linalg.matrix_power(A, 1), tg.chain_matmul])
def test_a_matrix_by_itself_is_copied(power):
    A = tg.ones(2, 2)
    power(A).zero_()
    assert A.tolist() == [[1, 1], [1, 1]]


def test_distances_are_computed_in_blocks_of_points(monkeypatch):
    a, b = drawn(0, (2, 7, 3)), drawn(1, (5, 3))
    whole = tg.cdist(a, b).array
    monkeypatch.setattr(distance_matrices, "AT_ONCE", 30)
    np.testing.assert_array_equal(tg.cdist(a, b).array, whole)
    np.testing.assert_allclose(whole, np.linalg.norm(a[:, :, None] - b, axis=-1))


def test_distances_of_points_far_from_the_origin():
    """The difference counts, not the place."""
    a, b = leaf([[1e12, 0.0]]), leaf([[1e12 + 3, 4.0], [1e12 + 1, 1.0]])
    y = tg.cdist(a, b)
    assert y.tolist() == [[5, 2**0.5]]
    g = tg.autograd.grad(y.sum(), [a, b])
    np.testing.assert_allclose(g[0].array, [[-0.6 - 0.5**0.5, -0.8 - 0.5**0.5]], rtol=1e-12)
    np.testing.assert_allclose(g[1].array, [[0.6, 0.8], [0.5**0.5, 0.5**0.5]], rtol=1e-12)


# ------------------------------------------------------------------------------------------------------------- einsum


@given(data=st.data(), seed=seeds)
def test_any_einsum(data, seed):
    """Against NumPy's, which is summed in one loop over all names; and the gradient against differences."""
    names = st.text("abc", max_size=3)
    terms = data.draw(st.lists(names, min_size=1, max_size=4))
    used = sorted(set("".join(terms)))
    result = "".join(data.draw(st.permutations([name for name in used if data.draw(st.booleans())])))
    sizes = {name: data.draw(st.integers(0 if seed % 5 == 0 else 1, 3)) for name in used}
    equation = f"{','.join(terms)}->{result}"
    operands = [drawn(seed + i, tuple(sizes[name] for name in term)) for i, term in enumerate(terms)]
    np.testing.assert_allclose(tg.einsum(equation, *operands).array, np.einsum(equation, *operands), atol=1e-12)
    check_order(1, lambda *x: tg.einsum(equation, *x), Call(tuple(operands), ()), np.random.default_rng(seed))


def test_einsum_of_integers_is_widened_where_it_sums():
    a = tg.tensor([[1, 2], [3, 4]], dtype=tg.int32)
    assert tg.einsum("ij,jk->ik", a, a).dtype == tg.int32
    for equation in ("ij->i", "ij,jk->i"):  # PyTorch fails at the second
        assert tg.einsum(equation, a, *[a] * equation.count(",")).dtype == tg.int64
    assert tg.einsum("ij,jk->i", a, a).tolist() == [17, 37]
    assert tg.einsum("i,i->i", tg.tensor([True, False]), tg.tensor([True, True])).tolist() == [True, False]


def test_einsum_of_many_operands_multiplies_those_whose_product_is_smallest():
    """From left to right the first product would have 10**6 entries, not one."""
    terms = [(np.ones(1000), [name]) for name in (0, 1, 0, 1)]
    assert _next_pair(terms, [], {0: 1000, 1: 1000}) == (0, 2)
    assert _next_pair(terms, [0], {0: 1000, 1: 1000}) == (1, 3)
    assert tg.einsum("a,b,a,b->", *(tg.ones(1000) for _ in terms)).item() == 1e6


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((tg.ones(2), 0), TypeError, "einsum: expected a list of integers after each operand, got int"),
        ((tg.ones(2), [0.5]), ValueError, "an integer from 0 to 51 or by Ellipsis, got 0.5"),
        ((tg.ones(2, 2), [..., ...]), RuntimeError, "at most one Ellipsis"),
    ],
)
def test_einsum_refuses_lists(arguments, kind, message):
    with pytest.raises(kind, match=message):
        tg.einsum(*arguments)
