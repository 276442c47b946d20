"""Writing along one dim to where an index says: replacing what is there, adding to it, or folding with it.

``index`` has the dims of ``input`` and ``src``; for dim 0 of a matrix, ``src[i][j]`` goes to ``input[index[i][j]][j]``.
``input`` stays as it is. All are compositions: of ``setitem`` to replace, of ``place`` to add, of folds over rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_np._graph import Array
from tinygrad_np._shapes import Shape, normalise_dim
from tinygrad_np.ops.assignment import as_entry, assigned
from tinygrad_np.ops.elementwise import add, clone, constant, div, raw
from tinygrad_np.ops.indexing import along, check_within, place, places, positions, taken
from tinygrad_np.ops.movement import cat, reshape
from tinygrad_np.ops.products import prod
from tinygrad_np.ops.reduction import amax, amin
from tinygrad_np.ops.reshaping import ravel

At = tuple[Array, ...]  # position arrays for all dims, which broadcast

REDUCE = {None: None, "add": "sum", "multiply": "prod"}  # what scatter calls them, and scatter_reduce
FOLDS: dict[str, Callable[[Any], Any]] = {  # of the rows of a matrix
    "prod": lambda rows: prod(rows, -1, dtype=raw(rows).dtype),
    "amax": lambda rows: amax(rows, -1),
    "amin": lambda rows: amin(rows, -1),
}


def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
    """Write ``src``, a tensor or a number, to where ``index`` says: ``out[index[i][j]][j] = src[i][j]`` for dim 0.

    Where an index repeats, the last write stays, and the gradient goes to it alone. With ``reduce``, what is written is
    added to what is there (``"add"``) or multiplied with it (``"multiply"``). ``value`` is another name for a number.

    Raises
    ------
    RuntimeError
        If an index is out of range, does not lie within ``input`` and ``src``, or is not int64 or int32; or if ``src``
        has another dtype than ``input``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.scatter(tg.zeros(2, 3), 1, tg.tensor([[2], [0]]), tg.tensor([[5.0], [7.0]]))
    tensor([[0., 0., 5.],
            [7., 0., 0.]])
    """
    if (src is None) == (value is None):
        raise TypeError("scatter: expected src, a tensor, or value, a number, but not both")
    if reduce not in REDUCE:
        raise RuntimeError(f'scatter: reduce must be "add" or "multiply", got {reduce!r}')
    if not isinstance(raw(src), np.ndarray):
        dtype = raw(input).dtype
        src = np.full(np.shape(raw(index)), as_entry(src if value is None else value, dtype, "scatter"), dtype)
    vector, at, src = _spelled_out(input, dim, index, src, "scatter")
    fold = REDUCE[reduce]
    out = folded(vector, src, at, fold) if fold else assigned(vector, src, (at,))
    return shaped(out, raw(input).shape)


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """Add ``src`` to where ``index`` says: ``out[index[i][j]][j] += src[i][j]`` for dim 0; repeats add up.

    Raises
    ------
    RuntimeError
        If an index is out of range, does not lie within ``input`` and ``src``, or is not int64 or int32; or if ``src``
        has another dtype than ``input``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.scatter_add(tg.zeros(3), 0, tg.tensor([1, 1, 2]), tg.tensor([1.0, 2.0, 4.0]))
    tensor([0., 3., 4.])
    """
    vector, at, src = _spelled_out(input, dim, index, src, "scatter_add")
    return shaped(folded(vector, src, at, "sum"), raw(input).shape)


def scatter_reduce(input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """Fold what ``index`` sends to one place: by ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.

    What is there is folded in too, unless ``include_self`` is False. The gradient of ``"prod"`` is exact with zeros;
    ties in ``"amax"`` and ``"amin"`` share it evenly. Means of integers are rounded down.

    Raises
    ------
    RuntimeError
        If an index is out of range, does not lie within ``input`` and ``src``, or is not int64 or int32; if ``src``
        has another dtype than ``input``; or if ``reduce`` is none of the above.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x, index = tg.tensor([1.0, 2.0, 3.0]), tg.tensor([0, 0, 2])
    >>> tg.scatter_reduce(x, 0, index, tg.tensor([4.0, 5.0, 6.0]), reduce="prod")
    tensor([20.,  2., 18.])
    """
    if reduce not in ("sum", "mean", *FOLDS):
        raise RuntimeError(f"scatter_reduce: reduce must be sum, prod, mean, amax or amin, got {reduce!r}")
    vector, at, src = _spelled_out(input, dim, index, src, "scatter_reduce")
    return shaped(folded(vector, src, at, reduce, include_self), raw(input).shape)


def _spelled_out(input: Any, dim: int, index: Any, src: Any, name: str) -> tuple[Any, At, Any]:
    """Check the arguments; return ``input``, not 0-d, the index for all dims, and ``src`` cut to the index's shape."""
    picks = np.atleast_1d(positions(index, name))
    dim = normalise_dim(dim, raw(input).ndim, name)
    check_dtype(src, input, name)
    input, src = (x if raw(x).ndim else reshape(x, (1,)) for x in (input, src))
    shape, have = raw(input).shape, raw(src).shape
    if not picks.size:
        nothing = np.zeros(0, np.int64)
        return input, (nothing,) * len(shape), taken(ravel(src), (nothing,))
    check_within(picks, dim, shape, name, have)
    return input, along(picks, dim), src if have == picks.shape else taken(src, (tuple(map(slice, picks.shape)),))


def check_dtype(source: Any, input: Any, name: str) -> None:
    """Refuse a source that is no tensor, or has another dtype than the tensor that it is written to."""
    array, dtype = raw(source), raw(input).dtype
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name}: source must be a tensor, got {type(source).__name__}")
    if array.dtype != dtype:
        raise RuntimeError(f"{name}: source must have the dtype of input, {dtype}, got {array.dtype}")


def shaped(x: Any, shape: Shape) -> Any:
    """Reshape, if need be."""
    return x if raw(x).shape == shape else reshape(x, shape)


def folded(input: Any, src: Any, at: At, reduce: str, include_self: bool = True) -> Any:
    """Fold the entries that are sent to one place, and with ``include_self`` the one that is there."""
    if reduce in FOLDS:
        return _folded_in_rows(input, src, at, FOLDS[reduce], include_self)
    shape, dtype = raw(input).shape, raw(input).dtype
    total = add(input if include_self else assigned(input, 0, (at,)), place(src, at, shape))
    if reduce == "sum":
        return total
    count = place(np.ones(raw(src).shape, dtype), at, shape)
    count = count + 1 if include_self else np.maximum(count, 1)
    return div(total, count) if dtype.kind == "f" else constant(total, raw(total) // count)


def _folded_in_rows(input: Any, src: Any, at: At, fold: Callable[[Any], Any], include_self: bool) -> Any:
    """Gather what meets at a place as a row; the rows of one length make a matrix, which is folded as a whole."""
    flat, entries = ravel(input), ravel(src)
    target = places(at, raw(input).shape)
    if not target.size:
        return clone(input)
    if include_self:
        own = np.unique(target)
        target, entries = np.concatenate((own, target)), cat([taken(flat, (own,)), entries])
    order = np.argsort(target, kind="stable")
    reached, starts, lengths = np.unique(target[order], return_index=True, return_counts=True)
    results, written = [], []
    for length in np.unique(lengths):
        equal = lengths == length
        members = order[starts[equal][:, None] + np.arange(length)]
        results.append(fold(taken(entries, (members,))))
        written.append(reached[equal])
    return shaped(assigned(flat, cat(results), (np.concatenate(written),)), raw(input).shape)
