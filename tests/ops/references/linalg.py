"""The references of linear algebra: elimination, substitution and rotations in Python's own numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from tests.ops.references.first_ops import Array, Shape, at, filled, folded

Matrix = list[list[float]]


def of_matrices(function: Callable[..., Any], outputs: int = 1) -> Callable[..., Any]:
    """Apply a function of matrices, as lists of rows, to each of batches that broadcast."""

    def call(*arguments: Any) -> Any:
        arrays = [x for x in arguments if isinstance(x, np.ndarray)]
        settings = arguments[len(arrays) :]
        batch = np.broadcast_shapes(*(x.shape[:-2] for x in arrays))
        results: list[list[Any]] = [[] for _ in range(outputs)]
        for index in np.ndindex(batch):
            given = [np.broadcast_to(x, (*batch, *x.shape[-2:]))[index] for x in arrays]
            y = function(*(Rows(x) for x in given), *settings)
            for i, each in enumerate(y if outputs > 1 else (y,)):
                results[i].append(np.array(each, float))
        if not results[0]:  # an empty batch: the shapes are those of any other
            y = function(*(Rows(np.eye(*x.shape[-2:])) for x in arrays), *settings)
            shapes = [np.array(each, float).shape for each in (y if outputs > 1 else (y,))]
            made = [np.empty((*batch, *shape)) for shape in shapes]
        else:
            made = [np.stack(each).reshape((*batch, *each[0].shape)) for each in results]
        return tuple(made) if outputs > 1 else made[0]

    return call


class Rows(list[list[float]]):
    """A matrix as a list of rows, which knows its size also where it is empty."""

    def __init__(self, x: Array) -> None:
        super().__init__(x.tolist())
        self.shape: Shape = x.shape


def table(n: int, m: int, entry: Callable[[int, int], float]) -> Array:
    return filled((n, m), lambda index: entry(*index))


def product(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]], m: int) -> Matrix:
    return [[math.fsum(x * b[k][j] for k, x in enumerate(row)) for j in range(m)] for row in a]


def transposed(a: Any) -> Rows:
    n, m = a.shape
    return Rows(table(m, n, lambda i, j: a[j][i]))


def symmetrised(a: Any) -> Matrix:
    return [[(a[i][j] + a[j][i]) / 2 for j in range(len(a))] for i in range(len(a))]


def solution(a: Any, b: Any) -> Array:
    """Eliminate below and above the largest entry of each column in turn."""
    n, k = b.shape
    rows = [[*a[i], *b[i]] for i in range(n)]
    for i in range(n):
        best = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[best] = rows[best], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for r in range(n):
            if r != i:
                rows[r] = [x - rows[r][i] * y for x, y in zip(rows[r], rows[i], strict=True)]
    return table(n, k, lambda i, j: rows[i][n + j])


def inverse(a: Any, strict: bool = True) -> Array:
    return solution(a, Rows(np.eye(len(a))))


def by_substitution(a: Any, b: Any, upper: bool, unit: bool) -> Array:
    n, k = b.shape
    x = np.zeros((n, k))
    for i in reversed(range(n)) if upper else range(n):
        known = range(i + 1, n) if upper else range(i)
        for j in range(k):
            rest = b[i][j] - math.fsum(a[i][r] * x[r, j] for r in known)
            x[i, j] = rest if unit else rest / a[i][i]
    return x


def leibniz(a: Any) -> float:
    """Add up the products of one entry from each row and column, with the sign of their order."""
    n = len(a)
    return math.fsum(
        (-1) ** sum(p[i] > p[j] for i in range(n) for j in range(i, n)) * math.prod(a[i][p[i]] for i in range(n))
        for p in permutations(range(n))
    )


def sign_and_logarithm(a: Any) -> tuple[float, float]:
    return math.copysign(1, leibniz(a)), math.log(abs(leibniz(a)))


def cholesky(a: Any) -> Array:
    n, s = len(a), symmetrised(a)
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            rest = s[i][j] - math.fsum(L[i, k] * L[j, k] for k in range(j))
            L[i, j] = math.sqrt(rest) if i == j else rest / L[j, j]
    return L


def reflections(a: Any) -> tuple[Array, Array]:
    """Householder's reflections, each of which turns a column to the axis, away from the entry there."""
    m, n = a.shape
    Q, R = [[float(i == j) for j in range(m)] for i in range(m)], [list(row) for row in a]
    for k in range(min(m - 1, n)):
        column = [0.0] * k + [R[i][k] for i in range(k, m)]
        column[k] += math.copysign(math.hypot(*column), column[k])
        scale = 2 / math.fsum(x * x for x in column)
        mirror = [[float(i == j) - scale * column[i] * column[j] for j in range(m)] for i in range(m)]
        Q, R = product(Q, mirror, m), product(mirror, R, n)
    return table(m, n, lambda i, j: Q[i][j]), table(n, n, lambda i, j: R[i][j] if i <= j else 0.0)


def rotations(s: Matrix) -> tuple[list[float], Matrix]:
    """Jacobi's rotations, each of which makes an entry off the diagonal 0: eigenvalues and eigenvectors, in columns."""
    n = len(s)
    s, V = [list(row) for row in s], [[float(i == j) for j in range(n)] for i in range(n)]
    for _ in range(12):
        for p in range(n):
            for q in range(p + 1, n):
                angle = math.atan2(2 * s[p][q], s[q][q] - s[p][p]) / 2
                turn = [[float(i == j) for j in range(n)] for i in range(n)]
                turn[p][p] = turn[q][q] = math.cos(angle)
                turn[p][q], turn[q][p] = math.sin(angle), -math.sin(angle)
                back = [[turn[j][i] for j in range(n)] for i in range(n)]
                s, V = product(product(back, s, n), turn, n), product(V, turn, n)
    return [s[i][i] for i in range(n)], V


def largest_positive(vector: list[float]) -> list[float]:
    return [math.copysign(1, max(vector, key=abs)) * x for x in vector]


def symmetric_eigen(a: Any) -> tuple[list[float], Array]:
    n = len(a)
    values, V = rotations(symmetrised(a))
    order = sorted(range(n), key=values.__getitem__)
    columns = [largest_positive([V[i][k] for i in range(n)]) for k in order]
    return [values[k] for k in order], table(n, n, lambda i, j: columns[j][i])


def singular_values(a: Any) -> tuple[Array, list[float], Array]:
    """From the eigenvalues of the smaller of A.T A and A A.T."""
    (m, n), k = a.shape, min(a.shape)
    at = transposed(a)
    squares, vectors = rotations(product(a, at, m) if m < n else product(at, a, n))
    order = sorted(range(k), key=lambda i: -squares[i])
    S = [math.sqrt(squares[i]) for i in order]
    own = [[vectors[r][i] for r in range(k)] for i in order]
    other = [
        [math.fsum(x * y for x, y in zip(row, v, strict=True)) / s for row in (at if m < n else a)]
        for v, s in zip(own, S, strict=True)
    ]
    U, V = (own, other) if m < n else (other, own)
    signs = [math.copysign(1, max(u, key=abs)) for u in U]
    return table(m, k, lambda i, j: signs[j] * U[j][i]), S, table(k, n, lambda i, j: signs[i] * V[i][j])


def pseudoinverse(a: Any, atol: float, rtol: float) -> Array:
    """Of a matrix whose columns, or rows, are independent."""
    (m, n), at = a.shape, transposed(a)
    if m < n:
        return pseudoinverse(at, atol, rtol).T
    return solution(Rows(np.array(product(at, a, n)).reshape(n, n)), at)


def exponential(a: Any) -> Array:
    """Add up the series."""
    n = len(a)
    term = [[float(i == j) for j in range(n)] for i in range(n)]
    terms = [term]
    for k in range(1, 60):
        term = [[x / k for x in row] for row in product(term, a, n)]
        terms.append(term)
    return table(n, n, lambda i, j: math.fsum(term[i][j] for term in terms))


def cross(a: Array, b: Array, dim: int) -> Array:
    shape = np.broadcast_shapes(a.shape, b.shape)

    def entry(index: Shape) -> float:
        def turned(x: Array, steps: int) -> float:
            where = list(index)
            where[dim] = (where[dim] + steps) % 3
            return at(x, tuple(where))

        return turned(a, 1) * turned(b, 2) - turned(a, 2) * turned(b, 1)

    return filled(shape, entry)


def distances(a: Any, b: Any) -> Array:
    return table(a.shape[0], b.shape[0], lambda i, j: math.dist(a[i], b[j]))


REFERENCES: dict[str, Callable[..., Any]] = {
    "cholesky": of_matrices(cholesky),
    "cross": cross,
    "det": of_matrices(leibniz),
    "eigh": of_matrices(symmetric_eigen, 2),
    "eigvalsh": of_matrices(lambda a, known: symmetric_eigen(a)[0]),
    "euclidean_distances": of_matrices(distances),
    "euclidean_norm": folded(lambda row: math.hypot(*row)),
    "inv": of_matrices(inverse),
    "matrix_exp": of_matrices(exponential),
    "p_norm": folded(lambda row, p: math.fsum(abs(x) ** p for x in row) ** (1 / p)),
    "pinv": of_matrices(pseudoinverse),
    "qr": of_matrices(reflections, 2),
    "slogdet": of_matrices(sign_and_logarithm, 2),
    "solve": of_matrices(solution),
    "solve_triangular": of_matrices(by_substitution),
    "svd": of_matrices(singular_values, 3),
    "svdvals": of_matrices(lambda a, known: singular_values(a)[1]),
}

KEEPS = {
    "cholesky": "y",
    "cross": "a b",
    "det": "A y",
    "eigh": "y",
    "eigvalsh": "A",
    "euclidean_distances": "a b y",
    "euclidean_norm": "x y",
    "inv": "y",
    "matrix_exp": "A",
    "p_norm": "x y",
    "pinv": "A y",
    "qr": "y",
    "slogdet": "A",
    "solve": "A y",
    "solve_triangular": "A y",
    "svd": "y",
    "svdvals": "A",
}

NEVER_A_MATRIX = {
    ("cholesky", "A"),
    ("eigh", "A"),
    ("eigvalsh", "A"),
}  # but one that is symmetric, which a transpose does not change
