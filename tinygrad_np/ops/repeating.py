"""Functions that repeat entries, and those that combine the entries of vectors: made of views and picks."""

from __future__ import annotations

from itertools import chain, combinations_with_replacement
from itertools import combinations as choices
from typing import Any

import numpy as np

from tinygrad_np._dtypes import DEFAULT
from tinygrad_np._graph import Array, wrap
from tinygrad_np._shapes import normalise_dim, normalise_shape
from tinygrad_np.ops.elementwise import constant, raw
from tinygrad_np.ops.indexing import at_dim, getitem
from tinygrad_np.ops.movement import cat, expand, narrow, reshape, stack, transpose, unsqueeze
from tinygrad_np.ops.reshaping import alike, of_its_own, one_by_one, ravel


def repeat(input: Any, *positional: Any, repeats: Any = None) -> Any:
    """Put copies of a tensor side by side: ``repeats[i]`` times along dim i. More repeats than dims add dims in front.

    >>> import tinygrad_np as tg
    >>> tg.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    if (repeats is None) == (not positional):
        raise TypeError("repeat: expected integers, once: as in repeat(2, 3), repeat((2, 3)) or repeat(repeats=(2, 3))")
    return _repeated(input, normalise_shape(positional if repeats is None else (repeats,), "repeat"), "repeat")


def tile(input: Any, *positional: Any, dims: Any = None) -> Any:
    """Put copies of a tensor side by side: as ``repeat``, but fewer numbers than dims are for the last dims.

    >>> import tinygrad_np as tg
    >>> tg.tile(tg.tensor([[1, 2], [3, 4]]), (2,))
    tensor([[1, 2, 1, 2],
            [3, 4, 3, 4]])
    """
    if (dims is None) == (not positional):
        raise TypeError("tile: expected integers, once: as in tile(2, 3), tile((2, 3)) or tile(dims=(2, 3))")
    times = normalise_shape(positional if dims is None else (dims,), "tile")
    return _repeated(input, (1,) * (raw(input).ndim - len(times)) + times, "tile")


def _repeated(input: Any, times: tuple[int, ...], name: str) -> Any:
    shape = raw(input).shape
    if len(times) < len(shape) or any(n < 0 for n in times):
        raise RuntimeError(f"{name}: repeats {times} must be a number, not negative, for each dim of shape {shape}")
    shape = (1,) * (len(times) - len(shape)) + shape
    between = reshape(input, tuple(chain.from_iterable((1, n) for n in shape)))
    repeated = expand(between, tuple(chain.from_iterable(zip(times, shape, strict=True))))
    return of_its_own(reshape(repeated, tuple(n * m for n, m in zip(times, shape, strict=True))), input)


def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Repeat each entry along ``dim``: all as often, or each a number of times of its own. Without dim, flattened.

    Given nothing but a tensor of numbers, return the index 0, 1, ... with each repeated that number of times.

    >>> import tinygrad_np as tg
    >>> tg.repeat_interleave(tg.tensor([1, 2, 3]), 2)
    tensor([1, 1, 2, 2, 3, 3])
    >>> tg.tensor([[1, 2], [3, 4]]).repeat_interleave(tg.tensor([1, 2]), dim=0)
    tensor([[1, 2],
            [3, 4],
            [3, 4]])
    >>> tg.repeat_interleave(tg.tensor([2, 0, 1]))
    tensor([0, 0, 2])
    """
    if repeats is None:
        times = _times(raw(input), output_size)
        if times.ndim != 1:
            raise RuntimeError(f"repeat_interleave: repeats must be a vector, got shape {times.shape}")
        index = np.repeat(np.arange(times.size, dtype=times.dtype), times)
        return constant(input, index)
    if dim is None:
        input, dim = ravel(input), 0
    shape = raw(input).shape
    dim = normalise_dim(dim, len(shape), "repeat_interleave")
    if not shape:
        raise IndexError("repeat_interleave: a 0-d tensor has no dim to repeat along; leave out dim")
    times = _times(raw(repeats), None)
    if times.ndim > 1 or times.size not in (1, shape[dim]):
        raise RuntimeError(
            f"repeat_interleave: repeats must be one number, or {shape[dim]} for dim {dim} of shape {shape}, "
            f"got shape {times.shape}"
        )
    size = int(times.sum()) * (shape[dim] if times.size == 1 else 1)
    if output_size not in (None, size):
        raise RuntimeError(f"repeat_interleave: output_size is {output_size}, but the repeats give {size}")
    if times.size == 1:
        repeated = expand(unsqueeze(input, dim + 1), (*shape[: dim + 1], times.item(), *shape[dim + 1 :]))
        return of_its_own(reshape(repeated, (*shape[:dim], size, *shape[dim + 1 :])), input)
    return getitem(input, at_dim(dim, np.repeat(np.arange(shape[dim]), times)))


def _times(repeats: Any, output_size: int | None) -> Array:
    """Return numbers of repeats as an array; refuse what cannot be one."""
    if not isinstance(repeats, (int, np.ndarray)):
        raise TypeError(f"repeat_interleave: repeats must be an integer or a tensor, got {repeats!r}")
    times = np.asarray(repeats)
    if times.dtype not in (np.int64, np.int32):
        raise NotImplementedError(f"repeat_interleave: repeats must be int64 or int32, got {times.dtype}")
    if times.size and times.min() < 0:
        raise RuntimeError(f"repeat_interleave: repeats cannot be negative, got {times.min()}")
    if output_size not in (None, times.sum()):
        raise RuntimeError(f"repeat_interleave: output_size is {output_size}, but the repeats give {times.sum()}")
    return times


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Spread vectors over the grid that they span, without copying: the i-th changes along dim i.

    That is ``indexing="ij"``, also the default. With ``"xy"`` the first two dims are swapped: the first vector changes
    along the columns.

    >>> import tinygrad_np as tg
    >>> rows, columns = tg.meshgrid(tg.tensor([1, 2]), tg.tensor([3, 4]))
    >>> rows
    tensor([[1, 1],
            [2, 2]])
    >>> columns
    tensor([[3, 4],
            [3, 4]])
    """
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'meshgrid: indexing must be "ij" or "xy", got {indexing!r}')
    listed = alike(one_by_one(tensors), "meshgrid")
    if not listed:
        raise RuntimeError("meshgrid: expected at least one tensor, got none")
    return _grid(listed, indexing, "meshgrid")


def _grid(tensors: list[Any], indexing: str | None, name: str) -> tuple[Any, ...]:
    for i, tensor in enumerate(tensors):
        if raw(tensor).ndim > 1 or raw(tensor).dtype != raw(tensors[0]).dtype:
            raise RuntimeError(
                f"{name}: expected vectors of one dtype, but tensors[{i}] has shape {raw(tensor).shape} and dtype "
                f"{raw(tensor).dtype}, and the first has dtype {raw(tensors[0]).dtype}"
            )
    sizes = [raw(tensor).size for tensor in tensors]
    ones = (1,) * len(sizes)
    along = [reshape(x, (*ones[:i], sizes[i], *ones[i + 1 :])) for i, x in enumerate(tensors)]
    grid = [expand(x, tuple(sizes)) for x in along]
    return tuple(transpose(x, 0, 1) if indexing == "xy" and len(sizes) > 1 else x for x in grid)


def cartesian_prod(*tensors: Any) -> Any:
    """List all tuples of one entry of each vector, as rows; the last changes fastest. Of one vector: the vector.

    >>> import tinygrad_np as tg
    >>> tg.cartesian_prod(tg.tensor([1, 2]), tg.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    listed = alike(tensors, "cartesian_prod")
    for tensor in listed:
        if raw(tensor).ndim != 1:
            raise RuntimeError(f"cartesian_prod: expected vectors, got shape {raw(tensor).shape}")
    if len(listed) == 1:
        return listed[0]
    grid = _grid(listed, "ij", "cartesian_prod")
    return stack([ravel(x) for x in grid], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """List the ways to choose ``r`` entries of a vector, as rows; with replacement, an entry may be chosen again.

    >>> import tinygrad_np as tg
    >>> tg.combinations(tg.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    shape = raw(input).shape
    if len(shape) != 1:
        raise RuntimeError(f"combinations: expected a vector, got shape {shape}")
    if r < 0:
        raise RuntimeError(f"combinations: r cannot be negative, got {r}")
    if r == 0:
        return narrow(input, 0, 0, 0)
    listed = (combinations_with_replacement if with_replacement else choices)(range(shape[0]), r)
    return getitem(input, np.fromiter(chain.from_iterable(listed), np.int64).reshape(-1, r))


def block_diag(*tensors: Any) -> Any:
    """Put matrices along the diagonal of a matrix of zeros; a vector counts as a row, a 0-d tensor as a 1 x 1 matrix.

    >>> import tinygrad_np as tg
    >>> tg.block_diag(tg.tensor([[1, 2]]), tg.tensor(3))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    listed = alike(tensors, "block_diag")
    if not listed:
        return wrap(np.zeros((1, 0), DEFAULT))  # as PyTorch has it
    for i, tensor in enumerate(listed):
        if raw(tensor).ndim > 2:
            raise RuntimeError(f"block_diag: expected at most matrices, but tensors[{i}] has shape {raw(tensor).shape}")
    blocks = [reshape(x, (1, raw(x).size)) if raw(x).ndim < 2 else x for x in listed]
    widths = [raw(x).shape[1] for x in blocks]
    rows = []
    for i, block in enumerate(blocks):
        height, dtype = raw(block).shape[0], raw(block).dtype
        sides = (np.zeros((height, sum(widths[:i])), dtype), np.zeros((height, sum(widths[i + 1 :])), dtype))
        rows.append(cat([sides[0], block, sides[1]], 1))
    return cat(rows, 0)
