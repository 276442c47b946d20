"""Einstein's sums: products of tensors whose dims are named, summed over the names that the result lacks.

Each form comes down to steps that have derivatives already: diagonals (a name that repeats within an operand), sums
(one that nothing else needs), and products of two operands, as batches of matrices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from tinygrad_np._dtypes import int64, result_type
from tinygrad_np._graph import Value
from tinygrad_np._shapes import Shape, normalise_dim
from tinygrad_np.ops.diagonals import diagonal
from tinygrad_np.ops.elementwise import raw, to
from tinygrad_np.ops.linalg import matmul
from tinygrad_np.ops.movement import permute, reshape
from tinygrad_np.ops.reduction import sum

Names = list[Any]  # of the dims of an operand or of the result: integers, and Ellipsis for those without a name
Term = tuple[Any, list[int]]  # an operand, and the names of its dims
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # in the order of an implicit result


def einsum(*args: Any) -> Any:
    """Multiply tensors whose dims are named by letters, and sum over the letters that the result lacks.

    ``einsum("ij,jk->ik", A, B)``: without ``->`` the result has the letters that occur once, capital letters first,
    in order. ``...`` stands for dims without a name, which broadcast; so do sizes of 1. A letter that repeats within
    an operand takes the diagonal. Names may also be given as lists of integers below 52 after each operand, and after
    all of them for the result: ``einsum(A, [0, 1], B, [1, 2], [0, 2])``.

    >>> import tinygrad_np as tg
    >>> A = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.einsum("ii->i", A), tg.einsum("ij,j", A, A[0])
    (tensor([1., 4.]), tensor([ 5., 11.]))
    """
    if len(args) < 2:
        raise ValueError("einsum: expected an equation and operands, or operands each followed by a list of integers")
    if isinstance(args[0], str):
        operands = args[1:]
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = tuple(operands[0])
        inputs, output = _parsed(args[0])
    else:
        operands = args[: 2 * (len(args) // 2) : 2]
        inputs = [_from_integers(names) for names in args[1::2]]
        output = _from_integers(args[-1]) if len(args) % 2 else None
    for i, operand in enumerate(operands):
        if not isinstance(operand, (Value, np.ndarray)):
            raise TypeError(f"einsum: operand {i} must be a tensor, got {type(operand).__name__}")
    if len(inputs) != len(operands):
        raise RuntimeError(f"einsum: the equation names {len(inputs)} operands, but {len(operands)} were given")
    unnamed = max(_unnamed(raw(x), names, i) for i, (x, names) in enumerate(zip(operands, inputs, strict=True)))
    terms = [(x, _spelled_out(names, raw(x).ndim - len(names) + 1)) for x, names in zip(operands, inputs, strict=True)]
    return contracted(terms, _result_names(output, inputs, terms, unnamed))


# ---------------------------------------------------------------------------------------------------------- the names


def _parsed(equation: str) -> tuple[list[Names], Names | None]:
    left, arrow, right = equation.partition("->")
    return [_from_letters(term, equation) for term in left.split(",")], _from_letters(
        right, equation
    ) if arrow else None


def _from_letters(term: str, equation: str) -> Names:
    before, dots, after = term.replace(" ", "").partition("...")
    for letter in before + after:
        if letter not in LETTERS:
            raise RuntimeError(
                f"einsum: {letter!r} in {equation!r} is not a letter; an equation has letters, commas, one '->', and "
                "at most one '...' in each term"
            )
    return [*map(LETTERS.index, before), *([...] if dots else []), *map(LETTERS.index, after)]


def _from_integers(names: Any) -> Names:
    if not isinstance(names, (list, tuple)):
        raise TypeError(f"einsum: expected a list of integers after each operand, got {type(names).__name__}")
    for name in names:
        if name is not ... and (not isinstance(name, int) or not 0 <= name < len(LETTERS)):
            raise ValueError(f"einsum: a dim is named by an integer from 0 to 51 or by Ellipsis, got {name!r}")
    if list(names).count(...) > 1:
        raise RuntimeError(f"einsum: at most one Ellipsis may name the dims of an operand, got {names}")
    return list(names)


def _unnamed(x: Any, names: Names, i: int) -> int:
    """Return how many dims of an operand the Ellipsis stands for."""
    count: int = x.ndim - len(names) + 1 if ... in names else 0
    if count < 0 or (... not in names and len(names) != x.ndim):
        raise RuntimeError(f"einsum: operand {i} of shape {x.shape} has not the {len(names)} dims that are named")
    return count


def _spelled_out(names: Names, unnamed: int) -> list[int]:
    """Name the dims that the Ellipsis stands for: ..., -2, -1."""
    if ... not in names:
        return names
    at = names.index(...)
    return [*names[:at], *range(-unnamed, 0), *names[at + 1 :]]


def _result_names(output: Names | None, inputs: list[Names], terms: list[Term], unnamed: int) -> list[int]:
    named = [name for names in inputs for name in names if name is not ...]
    if output is None:
        return [*range(-unnamed, 0), *(name for name in sorted(named) if named.count(name) == 1)]
    result = _spelled_out(output, unnamed)
    for name in result:
        if name >= 0 and (name not in named or result.count(name) > 1):
            how = "more than once" if name in named else "but in no operand"
            raise RuntimeError(f"einsum: {LETTERS[name]!r} (name {name}) occurs in the result {how}")
    return result


# ------------------------------------------------------------------------------------------------------- the products


def contracted(terms: list[Term], result: list[int]) -> Any:
    """Multiply the terms and sum over the names that are not in the result."""
    sizes: dict[int, int] = {}
    for x, names in terms:
        own: dict[int, int] = {}
        for name, size in zip(names, raw(x).shape, strict=True):
            known = sizes.setdefault(name, size)
            if own.setdefault(name, size) != size or (known != size and 1 not in (known, size)):
                shapes = ", ".join(str(raw(x).shape) for x, _ in terms)
                raise RuntimeError(f"einsum: one name stands for sizes {own[name]}, {known} and {size} of {shapes}")
            if known == 1:
                sizes[name] = size
    terms = [_without_repeats(_without_ones(term, sizes)) for term in terms]
    while len(terms) > 1:
        i, j = _next_pair(terms, result, sizes)
        others = [term for k, term in enumerate(terms) if k not in (i, j)]
        needed = {*result, *(name for _, names in others for name in names)}
        terms = [*others[:i], _pair(terms[i], terms[j], needed), *others[i:]]
    x, names = _summed(terms[0], set(result))
    return permute(x, tuple(names.index(name) for name in result))


def _without_ones(term: Term, sizes: dict[int, int]) -> Term:
    """Leave out dims of size 1 that broadcasting repeats."""
    x, names = term
    kept = [(n, name) for n, name in zip(raw(x).shape, names, strict=True) if n == sizes[name]]
    if len(kept) == len(names):
        return term
    return reshape(x, tuple(n for n, _ in kept)), [name for _, name in kept]


def _without_repeats(term: Term) -> Term:
    """Take the diagonal where a name repeats."""
    x, names = term
    for name in dict.fromkeys(names):
        while names.count(name) > 1:
            first = names.index(name)
            second = names.index(name, first + 1)
            x = diagonal(x, 0, first, second)
            names = [*(other for dim, other in enumerate(names) if dim not in (first, second)), name]
    return x, names


def _summed(term: Term, needed: set[int]) -> Term:
    x, names = term
    dims = tuple(dim for dim, name in enumerate(names) if name not in needed)
    return (sum(x, dims), [name for name in names if name in needed]) if dims else term


def _next_pair(terms: list[Term], result: list[int], sizes: dict[int, int]) -> tuple[int, int]:
    """Choose the two operands whose product is smallest."""
    if len(terms) == 2:
        return 0, 1

    def size(pair: tuple[int, int]) -> int:
        elsewhere = {*result, *(name for k, (_, names) in enumerate(terms) if k not in pair for name in names)}
        together = {*terms[pair[0]][1], *terms[pair[1]][1]}
        return math.prod(sizes[name] for name in together & elsewhere)

    return min(combinations(range(len(terms)), 2), key=size)


def _pair(first: Term, second: Term, needed: set[int]) -> Term:
    """Multiply two operands, and sum over what nothing else needs."""
    a, a_names = _summed(first, needed | set(second[1]))
    b, b_names = _summed(second, needed | set(a_names))
    if raw(first[0]).dtype == raw(second[0]).dtype != result_type(a, b):  # a sum has widened integers
        a, b = to(a, int64), to(b, int64)
    batch = [name for name in a_names if name in b_names and name in needed]
    inner = [name for name in a_names if name in b_names and name not in needed]
    left = [name for name in a_names if name not in b_names]
    right = [name for name in b_names if name not in a_names]
    batches = [batch] if batch else []  # matrices multiply faster than a batch of one
    a, a_shape = _folded(a, a_names, *batches, left, inner)
    b, b_shape = _folded(b, b_names, *batches, inner, right)
    product = matmul(a, b) if inner else a * b
    return reshape(product, (*a_shape[: len(batch) + len(left)], *b_shape[len(b_shape) - len(right) :])), [
        *batch,
        *left,
        *right,
    ]


def _folded(x: Any, names: list[int], *groups: list[int]) -> tuple[Any, Shape]:
    """Bring the dims into the order of the groups, and fold each into one dim; return also the shape before that."""
    moved = permute(x, tuple(names.index(name) for group in groups for name in group))
    shape = raw(moved).shape
    ends = np.cumsum([len(group) for group in groups])
    folded = tuple(math.prod(shape[end - len(group) : end]) for group, end in zip(groups, ends, strict=True))
    return reshape(moved, folded), shape


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """Sum the products of ``a`` and ``b`` over some of their dims; sizes of 1 broadcast.

    ``dims`` is a number n, for the last n dims of ``a`` and the first n of ``b``, or two lists, of the dims of each.
    The result has the other dims of ``a``, then those of ``b``.

    >>> import tinygrad_np as tg
    >>> tg.tensordot(tg.ones(2, 3, 4), tg.ones(4, 3, 5), dims=([1, 2], [1, 0])).shape
    (2, 5)
    """
    if isinstance(dims, (Value, np.ndarray)):
        dims = raw(dims).tolist()
    first, second = raw(a), raw(b)
    if isinstance(dims, int):
        if dims < 0 or dims > min(first.ndim, second.ndim):
            raise RuntimeError(f"tensordot: dims={dims} for shapes {first.shape} and {second.shape}")
        dims = (range(first.ndim - dims, first.ndim), range(dims))
    of_a, of_b = (
        [normalise_dim(dim, x.ndim, "tensordot") for dim in _listed(each)]
        for each, x in zip(dims, (first, second), strict=True)
    )
    if len(of_a) != len(of_b) or len(set(of_a)) < len(of_a) or len(set(of_b)) < len(of_b):
        raise RuntimeError(f"tensordot: dims must be as many of a as of b, each once, got {of_a} and {of_b}")
    for i, j in zip(of_a, of_b, strict=True):
        if first.shape[i] != second.shape[j] and 1 not in (first.shape[i], second.shape[j]):
            raise RuntimeError(
                f"tensordot: dim {i} of shape {first.shape} and dim {j} of shape {second.shape} differ in size"
            )
    a_names = list(range(first.ndim))
    b_names = [of_a[of_b.index(dim)] if dim in of_b else first.ndim + dim for dim in range(second.ndim)]
    result = [name for name in a_names if name not in of_a] + [name for name in b_names if name >= first.ndim]
    out = contracted([(a, a_names), (b, b_names)], result)
    return to(out, first.dtype) if raw(out).dtype != first.dtype == second.dtype else out  # sums do not widen integers


def _listed(dims: Any) -> Sequence[int]:
    return (dims,) if isinstance(dims, int) else dims
