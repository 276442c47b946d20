"""Matrix products."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_np._graph import UFUNCS, Array, Domain, Draw, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._promotion import equal_numbers
from tinygrad_np._shapes import Shape
from tinygrad_np.ops.elementwise import raw, where
from tinygrad_np.ops.movement import reshape, squeeze, unsqueeze
from tinygrad_np.ops.reduction import column_sums


def _product(a: Array, b: Array, /) -> Any:
    return np.dot(a, b) if a.ndim == b.ndim == 2 else np.matmul(a, b)


def _product_case(draw: Draw) -> Case:
    first, second = draw.broadcastable(2)
    n, k, m = draw.integer(0, 3), draw.integer(0, 3), draw.integer(0, 3)
    return [(*first[-2:], n, k), (*second[-2:], k, m)], ()


MATRICES = Domain(analytic=True, case=_product_case)

_matmul = op(
    "matmul", _product, domain=MATRICES, promotion=equal_numbers, a=lambda g, b: g @ b.mT, b=lambda g, a: a.mT @ g
)
# The same for a right operand that is a transposed view: its gradient is computed in its own layout, so that
# x @ W.T gives W the gradient g.T @ x to the bit.
_matmul_transposed = op(
    "matmul_transposed",
    _product,
    domain=MATRICES,
    promotion=equal_numbers,
    a=lambda g, b: g @ b.mT,
    b=lambda g, a: (g.mT @ a).mT,
)


def matmul(input: Any, other: Any) -> Any:
    """Multiply matrices, with NumPy's and PyTorch's rules for vectors and batches.

    Shapes: (k,) @ (k,) is a dot product; a vector is a row on the left and a column on the right; dims before the
    last two broadcast. Both dtypes must be equal.

    >>> import tinygrad_np as tg
    >>> tg.matmul(tg.ones(2, 3), tg.ones(3)).shape
    (2,)
    """
    a, b = raw(input), raw(other)
    try:
        left, right = a.ndim, b.ndim
    except AttributeError:
        raise TypeError(
            f"matmul: input and other must be tensors, got {type(input).__name__} and {type(other).__name__}"
        ) from None
    if left < 1 or right < 1:
        raise RuntimeError(f"matmul: both operands need at least one dim, got shapes {a.shape} and {b.shape}; use *")
    if a.shape[-1] != b.shape[-2 if right > 1 else 0]:
        raise RuntimeError(
            f"matmul: input of shape {a.shape} and other of shape {b.shape} do not fit: "
            f"{a.shape[-1]} columns against {b.shape[-2 if right > 1 else 0]} rows"
        )
    if left == 1:
        input = unsqueeze(input, 0)
    if right == 1:
        other = unsqueeze(other, 1)
    in_its_layout = b.flags.fnc and a.dtype == b.dtype  # else matmul refuses, under its own name
    out = (_matmul_transposed if in_its_layout else _matmul)(input, other)
    if left == 1:
        out = squeeze(out, -2)
    return squeeze(out, -1) if right == 1 else out


UFUNCS[np.matmul] = matmul

# ----------------------------------------------------------------------------------------------------------- linear


def _affine(x: Array, W: Array, b: Array, /) -> Any:
    try:
        y = x.dot(W.T)
    except ValueError:
        raise _misfit(x.shape, W.shape, b.shape) from None
    if b.ndim != 1 or len(b) != len(W):
        raise _misfit(x.shape, W.shape, b.shape)
    y += b
    return y


def _misfit(x: Shape, W: Shape, b: Shape | None) -> RuntimeError:
    return RuntimeError(
        f"linear: expected input (*, {W[-1] if W else 'in'}), got {x}; weight (out, in) is {W}"
        + ("" if b is None else f", bias (out,) is {b}")
    )


def _affine_case(draw: Draw) -> Case:
    m, k, n = draw.integer(0, 4), draw.integer(1, 4), draw.integer(1, 4)
    return [(m, k), (n, k), (n,)], ()


def dot(a: Any, b: Any) -> Any:
    """Return ``a @ b`` of matrices; of arrays by NumPy's ``dot``, which takes half a microsecond less.

    The bits are the same, but where the entries of an operand are apart in memory both ways.
    """
    return a.dot(b) if type(a) is ndarray else a @ b


_linear = op(
    "linear",
    _affine,
    domain=Domain(analytic=True, case=_affine_case),
    promotion=equal_numbers,
    fitting=True,
    x=lambda g, W: dot(g, W),
    W=lambda g, x: dot(g.T, x),
    b=lambda g: column_sums(g),
)
_linear_without_bias = op(
    "linear_without_bias",
    lambda x, W, /: np.dot(x, W.T),
    domain=Domain(analytic=True, case=lambda draw: (_affine_case(draw)[0][:2], ())),
    promotion=equal_numbers,
    fitting=True,
    x=lambda g, W: dot(g, W),
    W=lambda g, x: dot(g.T, x),
)


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """Compute ``x @ W.T + b``.

    Shapes: input (\\*, in), weight (out, in), bias (out,), result (\\*, out). One op, whose gradients come out at the
    bits of the formulas dX = dY @ W, dW = dY.T @ X, db = dY.sum(0), where x and W are contiguous.

    >>> import tinygrad_np as tg
    >>> tg.nn.functional.linear(tg.ones(2, 3), tg.ones(4, 3), tg.zeros(4)).shape
    (2, 4)
    """
    try:
        usual = input.array.ndim == weight.array.ndim == 2 and bias.array is not None
    except AttributeError:
        usual = False
    if usual:  # the op checks the rest
        return _linear(input, weight, bias)
    x, W = raw(input), raw(weight)
    for name, given in (("input", x), ("weight", W), ("bias", raw(bias))):
        if not isinstance(given, ndarray) and (given is not None or name != "bias"):
            raise TypeError(f"linear: {name} must be a tensor, got {type(given).__name__}")
    if W.ndim == 1:
        return _linear_of_vector(input, weight, bias)
    shape = x.shape
    if not shape or W.ndim != 2 or shape[-1] != W.shape[1]:
        raise _misfit(shape, W.shape, None if bias is None else raw(bias).shape)
    rows = input if len(shape) == 2 else reshape(input, (math.prod(shape[:-1]), shape[-1]))
    out = _linear_without_bias(rows, weight) if bias is None else _linear(rows, weight, bias)
    return out if len(shape) == 2 else reshape(out, (*shape[:-1], W.shape[0]))


def _linear_of_vector(input: Any, weight: Any, bias: Any) -> Any:
    """A weight of shape (in,) gives one number for each row, as PyTorch has it."""
    out = matmul(input, weight)
    return out if bias is None else out + bias


def cleared(x: Any) -> Any:
    """Return zeros like ``x``, infinite as it may be, through which it gets the gradient 0."""
    return where(False, x, raw(x).dtype.type(0))
