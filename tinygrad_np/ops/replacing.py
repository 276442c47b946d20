"""Writing at indices, masks, slices and diagonals out of place: each returns a copy with other entries.

All are compositions: of ``setitem`` to replace, of ``place`` to add, of ``where`` for masks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Value
from tinygrad_np._shapes import Shape, normalise_dim, summed_axes
from tinygrad_np.ops.assignment import as_entry, assigned
from tinygrad_np.ops.elementwise import add, mul, raw, to, where
from tinygrad_np.ops.indexing import (
    INTEGERS,
    Steps,
    along,
    as_index,
    at_dim,
    check_range,
    place,
    placed,
    positions,
    steps,
    taken,
)
from tinygrad_np.ops.movement import expand, inverse, permute, reshape
from tinygrad_np.ops.picking import LONG, as_vector, broadcast_with_mask, check_places
from tinygrad_np.ops.scattering import FOLDS, check_dtype, folded, shaped

Refusal = type[Exception]

# ------------------------------------------------------------------------------------------- along a dim, by a vector


def _rows(
    input: Any, dim: int, index: Any, source: Any, name: str, dtypes: tuple[Any, ...], counted: Refusal, ranged: Refusal
) -> tuple[Any, int, Array, Any]:
    """Check the arguments; return ``input`` and ``source``, not 0-d, the dim, and the vector of positions."""
    at = as_vector(positions(index, name, dtypes), name)
    dim = normalise_dim(dim, raw(input).ndim, name)
    check_dtype(source, input, name)
    have, shape = raw(source).shape, raw(input).shape
    if not shape:
        input, shape = reshape(input, (1,)), (1,)
        source, have = (reshape(source, (1,)), (1,)) if not have else (source, have)
    wanted = (*shape[:dim], len(at), *shape[dim + 1 :])
    if have != wanted:
        refusal = counted if len(have) != len(wanted) or have[dim] != len(at) else RuntimeError
        raise refusal(
            f"{name}: {len(at)} positions along dim {dim} of shape {shape} need a source of {wanted}, got {have}"
        )
    check_range(at, shape[dim], name, f"along dim {dim} of shape {shape}", ranged)
    return input, dim, at, source


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """Add to the entries along ``dim`` that a vector names: ``out[index[i]] += alpha * source[i]``; repeats add up.

    Raises
    ------
    RuntimeError
        If an index is out of range or not int64 or int32; if ``source`` has another dtype than ``input``, or another
        shape apart from ``dim``.
    IndexError
        If ``index`` is no vector.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.index_add(tg.zeros(3), 0, tg.tensor([0, 0, 2]), tg.tensor([1.0, 2.0, 4.0]), alpha=10)
    tensor([30.,  0., 40.])
    """
    vector, dim, at, source = _rows(input, dim, index, source, "index_add", INTEGERS, RuntimeError, RuntimeError)
    if isinstance(alpha, Value):
        raise TypeError("index_add: alpha must be a number, got a tensor; multiply the source by it")
    factor = np.asarray(alpha).astype(raw(input).dtype)  # -1 in uint8 is 255
    added = source if factor == 1 else mul(source, factor)
    return shaped(add(vector, place(added, at_dim(dim, at), raw(vector).shape)), raw(input).shape)


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """Replace the entries along ``dim`` that a vector names: ``out[index[i]] = source[i]``.

    Where an index repeats, the last write stays, and the gradient goes to it alone.

    Raises
    ------
    IndexError
        If an index is out of range, or there are not as many as entries of ``source`` along ``dim``.
    RuntimeError
        If ``index`` is not int64; if ``source`` has another dtype than ``input``, or another shape apart from ``dim``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.index_copy(tg.zeros(3), 0, tg.tensor([0, 2]), tg.tensor([1.0, 2.0]))
    tensor([1., 0., 2.])
    """
    if raw(input).ndim == 1 and not np.ndim(raw(source)):
        source = reshape(source, (1,))
    vector, dim, at, source = _rows(input, dim, index, source, "index_copy", LONG, IndexError, IndexError)
    return shaped(assigned(vector, source, (at_dim(dim, at),)), raw(input).shape)


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """Set the entries along ``dim`` that a vector names to ``value``, a number or a 0-d tensor.

    Raises
    ------
    IndexError
        If an index is out of range, or not int64.
    RuntimeError
        If ``index`` is no vector, or ``value`` no number.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.index_fill(tg.zeros(3), 0, tg.tensor([0, -1]), 5.0)
    tensor([5., 0., 5.])
    """
    at = as_vector(positions(index, "index_fill", LONG, IndexError), "index_fill", RuntimeError)
    dim = normalise_dim(dim, raw(input).ndim, "index_fill")
    vector = input if raw(input).ndim else reshape(input, (1,))
    n = raw(vector).shape[dim]
    check_range(at, n, "index_fill", f"along dim {dim} of shape {raw(input).shape}", low=-n)
    return shaped(assigned(vector, _entry(value, input, "index_fill"), (at_dim(dim, at),)), raw(input).shape)


def _entry(value: Any, input: Any, name: str) -> Any:
    """Return a number of the dtype of ``input``; a 0-d tensor as it is, since it may have a gradient."""
    if not isinstance(raw(value), np.ndarray):
        return as_entry(value, raw(input).dtype, name)
    if raw(value).ndim:
        raise RuntimeError(f"{name}: value must be a number or a 0-d tensor, got shape {raw(value).shape}")
    return value if raw(value).dtype == raw(input).dtype else _converted(value, raw(input).dtype, name)


def _converted(value: Any, dtype: Any, name: str) -> Any:
    if dtype.kind == "f":
        return to(value, dtype)
    if isinstance(value, Value) and value.node is not None:
        raise RuntimeError(f"{name}: a gradient would be lost, since value requires grad and {dtype} cannot; detach it")
    return raw(value).astype(dtype)


def index_reduce(input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """Fold the entries along ``dim`` that go to one position: by ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.

    What is there is folded in too, unless ``include_self`` is False; see ``scatter_reduce``.

    Raises
    ------
    RuntimeError
        If ``index`` is not int64 or int32; if ``source`` has another dtype than ``input``, or another shape apart from
        ``dim``; or if ``reduce`` is none of the above.
    IndexError
        If an index is out of range, or ``index`` no vector.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.index_reduce(tg.ones(2), 0, tg.tensor([0, 0]), tg.tensor([3.0, 5.0]), "mean")
    tensor([3., 1.])
    """
    if reduce not in ("mean", *FOLDS):
        raise RuntimeError(f"index_reduce: reduce must be prod, mean, amax or amin, got {reduce!r}")
    vector, dim, at, source = _rows(input, dim, index, source, "index_reduce", INTEGERS, RuntimeError, IndexError)
    shape = raw(source).shape
    wide = np.broadcast_to(at.reshape(-1, *(1,) * (len(shape) - dim - 1)), shape)
    return shaped(folded(vector, source, along(wide, dim), reduce, include_self), raw(input).shape)


# ----------------------------------------------------------------------------------- at tensors, and at flat positions


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """Set the entries at a tuple of index tensors or masks to ``values``, which broadcast: ``out[indices] = values``.

    With ``accumulate`` they are added, where an index repeats each of them; without, the last write stays, and the
    gradient goes to it alone.

    Raises
    ------
    IndexError
        If an index is out of range, or there are too many.
    RuntimeError
        If ``values`` do not broadcast, or have another dtype than ``input``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> at = (tg.tensor([0, 0, 1]), tg.tensor([1, 1, 0]))
    >>> tg.index_put(tg.zeros(2, 2), at, tg.tensor([1.0, 2.0, 4.0]), accumulate=True)
    tensor([[0., 3.],
            [4., 0.]])
    """
    if not isinstance(indices, (tuple, list)) or not all(isinstance(raw(each), np.ndarray) for each in indices):
        raise TypeError("index_put: indices must be a tuple of tensors")
    check_dtype(values, input, "index_put")
    shape = raw(input).shape
    index = steps(as_index(tuple(indices), "index_put"), len(shape))
    picked = _picked(index, shape, "index_put")
    if summed_axes(picked, raw(values).shape) is None:
        raise RuntimeError(
            f"index_put: values of shape {raw(values).shape} do not broadcast to {picked}, what is picked"
        )
    if accumulate:
        return add(input, placed(expand(values, picked), index, shape))
    return assigned(input, values, index)


def _picked(index: Steps, shape: Shape, name: str) -> Shape:
    """Return the shape of what an index picks from a tensor."""
    try:
        return taken(np.broadcast_to(np.zeros((), bool), shape), index).shape  # type: ignore[no-any-return]
    except IndexError as error:
        raise IndexError(f"{name}: {error}; the tensor has shape {shape}") from None


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """Set the entries at places in the flattened tensor: ``out.flatten()[index[i]] = source[i]``.

    A negative place counts from the end. With ``accumulate`` they are added, where a place repeats each of them;
    without, the last write stays, and the gradient goes to it alone.

    Raises
    ------
    IndexError
        If a place is out of range, or there are not as many as entries of ``source``.
    RuntimeError
        If ``index`` is not int64, or ``source`` has another dtype than ``input``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.put(tg.zeros(2, 2), tg.tensor([1, -1]), tg.tensor([5.0, 7.0]))
    tensor([[0., 5.],
            [0., 7.]])
    """
    at, shape = positions(index, "put", LONG), raw(input).shape
    check_dtype(source, input, "put")
    if at.size != raw(source).size:
        raise IndexError(f"put: index of shape {at.shape} and source of {raw(source).shape} must have as many entries")
    check_places(at, shape, "put")
    n = raw(input).size
    flat, entries, where_to = reshape(input, (n,)), reshape(source, (at.size,)), (at.reshape(-1).copy(),)
    out = add(flat, place(entries, where_to, (n,))) if accumulate else assigned(flat, entries, (where_to,))
    return shaped(out, shape)


# ------------------------------------------------------------------------------------------------------- under a mask


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """Set the entries where a bool mask is true to ``value``, a number or a 0-d tensor. Tensor and mask broadcast.

    Raises
    ------
    RuntimeError
        If ``mask`` is not bool, does not broadcast with ``input``; or if ``value`` is no number, or does not fit into
        the dtype.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([1.0, -2.0, 3.0])
    >>> tg.masked_fill(x, x < 0, 0.0)
    tensor([1., 0., 3.])
    """
    wide, mask = broadcast_with_mask(input, mask, "masked_fill")
    return where(mask, _entry(value, input, "masked_fill"), wide)


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """Replace the entries where a bool mask is true by the first of ``source``, in their order; the mask broadcasts.

    Raises
    ------
    RuntimeError
        If ``mask`` is not bool, does not broadcast with ``input``, or is true more often than ``source`` has entries;
        or if ``source`` has another dtype than ``input``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([1.0, -2.0, -3.0])
    >>> tg.masked_scatter(x, x < 0, tg.tensor([8.0, 9.0, 10.0]))
    tensor([1., 8., 9.])
    """
    wide, mask = broadcast_with_mask(input, mask, "masked_scatter")
    check_dtype(source, input, "masked_scatter")
    count, n = np.count_nonzero(mask), raw(source).size
    if count > n:
        raise RuntimeError(f"masked_scatter: the mask is true {count} times, but source has {n} entries")
    return assigned(wide, taken(reshape(source, (n,)), (slice(count),)), (mask.copy(),))


# ---------------------------------------------------------------------------------------------- slices and diagonals


def _exactly(input: Any, src: Any, index: Steps, name: str) -> Any:
    """Replace what an index of slices and integers picks by ``src``, which must have just that shape."""
    if not isinstance(raw(src), np.ndarray):
        raise TypeError(f"{name}: src must be a tensor, got {type(src).__name__}")
    picked = _picked(index, raw(input).shape, name)
    if raw(src).shape != picked:
        raise RuntimeError(f"{name}: src has shape {raw(src).shape}, but what it replaces has {picked}")
    return assigned(input, src, index)


def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """Replace the entries at one position along ``dim``: ``out[:, index] = src`` for dim 1.

    Raises
    ------
    IndexError
        If ``index`` is out of range.
    RuntimeError
        If ``src`` has another shape than what it replaces.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.select_scatter(tg.zeros(2, 2), tg.tensor([1.0, 2.0]), 1, 0)
    tensor([[1., 0.],
            [2., 0.]])
    """
    ndim = raw(input).ndim
    if not ndim:
        raise IndexError("select_scatter: a 0-d tensor has no dim to select along")
    dim = normalise_dim(dim, ndim, "select_scatter")
    return _exactly(input, src, steps(at_dim(dim, as_index(index, "select_scatter")), ndim), "select_scatter")


def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """Replace a slice along ``dim``: ``out[:, start:end:step] = src`` for dim 1.

    Raises
    ------
    RuntimeError
        If ``step`` is not positive, or ``src`` has another shape than what it replaces.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.slice_scatter(tg.zeros(4), tg.tensor([1.0, 2.0]), start=1, end=4, step=2)
    tensor([0., 1., 0., 2.])
    """
    ndim = raw(input).ndim
    if step <= 0:
        raise RuntimeError(f"slice_scatter: step must be positive, got {step}")
    if not ndim:
        raise IndexError("slice_scatter: a 0-d tensor has no dim to slice along")
    dim = normalise_dim(dim, ndim, "slice_scatter")
    return _exactly(input, src, (at_dim(dim, slice(start, end, step)),), "slice_scatter")


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Replace a diagonal of the dims ``dim1`` and ``dim2``: ``out[i, i + offset] = src[i]`` of a matrix.

    The other dims of ``src`` come first, as in what ``diagonal`` gives.

    Raises
    ------
    RuntimeError
        If ``dim1`` and ``dim2`` are the same, or ``src`` has another shape than what it replaces.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.diagonal_scatter(tg.zeros(2, 2), tg.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    shape = raw(input).shape
    first, second = (normalise_dim(dim, len(shape), "diagonal_scatter") for dim in (dim1, dim2))
    if first == second:
        raise RuntimeError(f"diagonal_scatter: dim1 and dim2 must differ, got {dim1} and {dim2} for shape {shape}")
    order = (*(dim for dim in range(len(shape)) if dim not in (first, second)), first, second)
    rows = np.arange(max(0, -offset), max(0, min(shape[first], shape[second] - offset)))
    moved = _exactly(permute(input, order), src, ((..., rows, rows + offset),), "diagonal_scatter")
    return permute(moved, inverse(order))
