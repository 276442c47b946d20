"""Ops on diagonals and triangles of matrices: taking a diagonal, and the closed family of its derivatives."""

from __future__ import annotations

from operator import index as as_index
from typing import Any

import numpy as np

from tinygrad_np._dtypes import as_dtype, int32, int64
from tinygrad_np._graph import Array, Domain, Draw, op, wrap
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import Shape, normalise_dim
from tinygrad_np.ops.elementwise import clone, masked, raw
from tinygrad_np.ops.reduction import sum
from tinygrad_np.ops.reshaping import ravel

# -------------------------------------------------------------------------------------------------------- a diagonal


def _diagonal_of(x: Array, /, offset: int, dim1: int, dim2: int) -> Array:
    row, column = max(-offset, 0), max(offset, 0)
    n = max(min(x.shape[dim1] - row, x.shape[dim2] - column), 0)
    matrices = x.transpose([*(dim for dim in range(x.ndim) if dim not in (dim1, dim2)), dim1, dim2])
    square = matrices[..., row : row + n, column : column + n]
    return np.einsum("...ii->...i", square)  # type: ignore[no-any-return]  # unlike x.diagonal(), can be written to


def _on_diagonal(x: Array, /, shape: Shape, offset: int, dim1: int, dim2: int) -> Array:
    out = np.zeros(shape, x.dtype)
    _diagonal_of(out, offset, dim1, dim2)[...] = x
    return out


def _diagonal_case(draw: Draw) -> Case:
    shape = draw.shape(min_dims=2)
    dim1, dim2, *_ = draw.permutation(len(shape))
    return [shape], (draw.integer(-2, 2), dim1, dim2)


def _placed_case(draw: Draw) -> Case:
    (shape,), where = _diagonal_case(draw)
    return [np.empty(shape).diagonal(*where).shape], (shape, *where)


_diagonal: Function = op(
    "diagonal",
    _diagonal_of,
    domain=Domain(case=_diagonal_case),
    promotion=as_is,
    view=lambda x, v, offset, dim1, dim2: _with_diagonal(x, v, offset, dim1, dim2),
    x=lambda g, x_shape, offset, dim1, dim2: _place(g, x_shape, offset, dim1, dim2),
)
_place: Function = op(
    "place_diagonal",
    _on_diagonal,
    domain=Domain(case=_placed_case),
    promotion=as_is,
    x=lambda g, offset, dim1, dim2: _diagonal(g, offset, dim1, dim2),
)


def _with_diagonal(x: Any, v: Any, offset: int, dim1: int, dim2: int) -> Any:
    """Return ``x`` with ``v`` on a diagonal: what ``x`` becomes where its diagonal is overwritten."""
    keep = np.ones(raw(x).shape, bool)
    _diagonal_of(keep, offset, dim1, dim2)[...] = False
    return masked(x, keep) + _place(v, keep.shape, offset, dim1, dim2)


def _two_dims(dim1: int, dim2: int, ndim: int, name: str) -> tuple[int, int]:
    first, second = normalise_dim(dim1, ndim, name), normalise_dim(dim2, ndim, name)
    if first == second:
        raise RuntimeError(f"{name}: dim1 and dim2 must differ, got {dim1} and {dim2} of {ndim} dimensions")
    return first, second


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Take the diagonal of the matrices that two dims span, as the last dim. Shares memory.

    A positive ``offset`` means a diagonal above the main one, a negative one a diagonal below it.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[1, 2], [3, 4]])
    >>> tg.diagonal(x), tg.diagonal(x, 1)
    (tensor([1, 4]), tensor([2]))
    """
    return _diagonal(input, offset, *_two_dims(dim1, dim2, raw(input).ndim, "diagonal"))


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Put the entries of the last dim on the diagonal of square matrices of zeros, which two dims of the result span.

    >>> import tinygrad_np as tg
    >>> tg.diag_embed(tg.tensor([[1, 2], [3, 4]]))
    tensor([[[1, 0],
             [0, 2]],
    <BLANKLINE>
            [[3, 0],
             [0, 4]]])
    """
    shape = raw(input).shape
    if not shape:
        raise IndexError("diag_embed: expected at least 1 dim, got a 0-d tensor")
    first, second = _two_dims(dim1, dim2, len(shape) + 1, "diag_embed")
    square = list(shape[:-1])
    for dim in sorted((first, second)):
        square.insert(dim, shape[-1] + abs(offset))
    return _place(input, tuple(square), offset, first, second)


def diag(input: Any, diagonal: int = 0) -> Any:
    """Make a matrix with a vector on its diagonal, or take a copy of a matrix's diagonal.

    >>> import tinygrad_np as tg
    >>> tg.diag(tg.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    >>> tg.diag(tg.tensor([[1, 2], [3, 4]]), 1)
    tensor([2])
    """
    shape = raw(input).shape
    if len(shape) == 1:
        return diag_embed(input, diagonal)
    if len(shape) != 2:
        raise RuntimeError(f"diag: expected a vector or a matrix, got shape {shape}; use diagonal or diag_embed")
    return clone(_diagonal(input, diagonal, 0, 1))


def diagflat(input: Any, offset: int = 0) -> Any:
    """Make a matrix with all entries of a tensor on its diagonal.

    >>> import tinygrad_np as tg
    >>> tg.diagflat(tg.tensor([1, 2]), 1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    return diag_embed(ravel(input), offset)


def trace(input: Any) -> Any:
    """Sum the diagonal of a matrix; integers in int64.

    >>> import tinygrad_np as tg
    >>> tg.trace(tg.tensor([[1, 2], [3, 4]]))
    tensor(5)
    """
    x = raw(input)
    if x.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, got shape {x.shape}")
    if x.dtype.kind == "b":
        raise NotImplementedError("trace: not defined for bool; convert with .to(dtype)")
    return sum(_diagonal(input, 0, 0, 1))


# --------------------------------------------------------------------------------------------------------- triangles


def _triangle_case(draw: Draw) -> Case:
    return [draw.shape(min_dims=2)], (draw.integer(-2, 2),)


_tril: Function = op(
    "tril",
    lambda x, /, diagonal: np.tril(x, diagonal),
    domain=Domain(case=_triangle_case),
    promotion=as_is,
    x=lambda g, diagonal: _tril(g, diagonal),
)
_triu: Function = op(
    "triu",
    lambda x, /, diagonal: np.triu(x, diagonal),
    domain=Domain(case=_triangle_case),
    promotion=as_is,
    x=lambda g, diagonal: _triu(g, diagonal),
)


def tril(input: Any, diagonal: int = 0) -> Any:
    """Keep the lower triangle of matrices, the ``diagonal``-th and what is below it, and set the rest to 0.

    >>> import tinygrad_np as tg
    >>> tg.tril(tg.ones(3, 3), -1)
    tensor([[0., 0., 0.],
            [1., 0., 0.],
            [1., 1., 0.]])
    """
    if raw(input).ndim < 2:
        raise RuntimeError(f"tril: expected at least 2 dims, got shape {raw(input).shape}")
    return _tril(input, as_index(diagonal))


def triu(input: Any, diagonal: int = 0) -> Any:
    """Keep the upper triangle of matrices, the ``diagonal``-th and what is above it, and set the rest to 0.

    >>> import tinygrad_np as tg
    >>> tg.triu(tg.ones(3, 3), 1)
    tensor([[0., 1., 1.],
            [0., 0., 1.],
            [0., 0., 0.]])
    """
    if raw(input).ndim < 2:
        raise RuntimeError(f"triu: expected at least 2 dims, got shape {raw(input).shape}")
    return _triu(input, as_index(diagonal))


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Any:
    """Return the row and column numbers, shape (2, n), of the entries that ``tril`` keeps, row after row.

    >>> import tinygrad_np as tg
    >>> tg.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _places(np.tri(*_sizes(row, col, "tril_indices"), offset, bool), dtype, device, "tril_indices")


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None) -> Any:
    """Return the row and column numbers, shape (2, n), of the entries that ``triu`` keeps, row after row.

    >>> import tinygrad_np as tg
    >>> tg.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _places(~np.tri(*_sizes(row, col, "triu_indices"), offset - 1, bool), dtype, device, "triu_indices")


def _sizes(row: int, col: int, name: str) -> tuple[int, int]:
    if row < 0 or col < 0:
        raise RuntimeError(f"{name}: row and col cannot be negative, got {row} and {col}")
    return as_index(row), as_index(col)


def _places(kept: Array, dtype: Any, device: Any, name: str) -> Any:
    if device not in (None, "cpu"):
        raise RuntimeError(f"{name}: there is no device {device!r}, tensors live on the CPU")
    wanted = int64 if dtype is None else as_dtype(dtype, name)
    if wanted not in (int64, int32):
        raise NotImplementedError(f"{name}: dtype must be int64 or int32, got {wanted}")
    return wrap(np.stack(kept.nonzero()).astype(wanted))
