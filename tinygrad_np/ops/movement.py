"""Ops that move entries without changing them: their derivatives move the gradient back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import index as as_index
from typing import Any

import numpy as np

from tinygrad_np._dtypes import as_dtype
from tinygrad_np._graph import Array, Domain, Draw, Value, op
from tinygrad_np._graph._domain import Case
from tinygrad_np._graph._op import Function
from tinygrad_np._graph._promotion import as_is, same
from tinygrad_np._shapes import Shape, infer_shape, normalise_dim, normalise_dims, normalise_shape
from tinygrad_np.ops.elementwise import constant, raw
from tinygrad_np.ops.indexing import at_dim, getitem, rewritten


def _reshape_case(draw: Draw) -> Case:
    shape = draw.shape()
    return [shape], (draw.choice([(math.prod(shape),), (1, *shape), tuple(reversed(shape))]),)


def _permute_case(draw: Draw) -> Case:
    shape = draw.shape()
    return [shape], (draw.permutation(len(shape)),)


def _expand_case(draw: Draw) -> Case:
    small, large = draw.broadcastable(2)
    return [small], (np.broadcast_shapes(small, large),)


_reshape: Function = op(
    "reshape",
    lambda x, /, shape: x.reshape(shape),
    domain=Domain(case=_reshape_case),
    promotion=as_is,
    view=lambda x_shape, v: _reshape(v, x_shape),
    x=lambda g, x_shape: _reshape(g, x_shape),
)
_permute: Function = op(
    "permute",
    lambda x, /, dims: x.transpose(dims),
    domain=Domain(case=_permute_case),
    promotion=as_is,
    view=lambda v, dims: _permute(v, inverse(dims)),
    x=lambda g, dims: _permute(g, inverse(dims)),
)
_expand = op(
    "expand",
    lambda x, /, shape: np.broadcast_to(x, shape),
    domain=Domain(case=_expand_case),
    promotion=as_is,
    view=True,  # NumPy does not let it be written to
    x=lambda g: g,  # the walk sums over what was repeated
)


def inverse(dims: Shape) -> Shape:
    """Return the order of dims that undoes an order."""
    return tuple(map(dims.index, range(len(dims))))


def _given(positional: tuple[Any, ...], named: Any, op: str, keyword: str) -> Shape:
    """Return the integers given as ``f(x, 2, 3)``, as ``f(x, (2, 3))`` or by a keyword."""
    if (named is None) == (not positional):
        raise TypeError(f"{op}: expected integers, once: as in {op}(0, 1), {op}((0, 1)) or {op}({keyword}=(0, 1))")
    return normalise_shape(positional if named is None else (named,), op)


def reshape(input: Any, *positional: Any, shape: Any = None) -> Any:
    """Give the entries, in their order, another shape; one -1 is worked out. Shares memory where it can.

    >>> import tinygrad_np as tg
    >>> tg.arange(6).reshape(2, -1).shape
    (2, 3)
    """
    wanted = _given(positional, shape, "reshape", "shape")
    return _reshape(input, infer_shape(wanted, raw(input).size, "reshape"))


def view(input: Any, *positional: Any, size: Any = None, dtype: Any = None) -> Any:
    """Reshape without copying, an error where that is impossible; or, given a dtype, take the bits for its numbers.

    Numbers of another dtype leave the graph.

    >>> import tinygrad_np as tg
    >>> tg.arange(6).view(2, 3).shape
    (2, 3)
    >>> tg.ones(1).view(tg.int32)
    tensor([1065353216], dtype=int32)
    """
    if dtype is not None or (len(positional) == 1 and isinstance(positional[0], np.dtype)):
        return _reinterpreted(input, *positional) if dtype is None else _reinterpreted(input, dtype, *positional)
    wanted = _given(positional, size, "view", "size")
    out = _reshape(input, infer_shape(wanted, raw(input).size, "view"))
    if raw(out).size and not np.may_share_memory(raw(out), raw(input)):
        raise RuntimeError(
            f"view: shape {raw(input).shape} with strides {raw(input).strides} cannot be seen as {raw(out).shape} "
            "without a copy; use .reshape(...)"
        )
    return out


def _reinterpreted(input: Any, dtype: Any) -> Any:
    x = raw(input)
    wanted = as_dtype(dtype, "view")
    if wanted == x.dtype:
        return _reshape(input, x.shape)
    try:
        seen = x.view(wanted)
    except ValueError as error:
        raise RuntimeError(f"view: shape {x.shape} of {x.dtype} cannot be seen as {wanted}: {error}") from None
    if isinstance(input, Value) and input.node is not None:
        seen.flags.writeable = False  # a write would go unnoticed by the graph
    return constant(input, seen)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Fold the dims from ``start_dim`` to ``end_dim`` into one.

    >>> import tinygrad_np as tg
    >>> tg.zeros(2, 3, 4).flatten(1).shape
    (2, 12)
    """
    shape = raw(input).shape
    start, end = (normalise_dim(dim, len(shape), "flatten") for dim in (start_dim, end_dim))
    if start > end:
        raise RuntimeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    return _reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def permute(input: Any, *positional: Any, dims: Any = None) -> Any:
    """Reorder the dims: dim i of the result is dim ``dims[i]`` of the input. Shares memory.

    >>> import tinygrad_np as tg
    >>> tg.zeros(2, 3, 4).permute(2, 0, 1).shape
    (4, 2, 3)
    """
    ndim = raw(input).ndim
    order = tuple(normalise_dim(dim, ndim, "permute") for dim in _given(positional, dims, "permute", "dims"))
    if sorted(order) != list(range(ndim)):
        raise RuntimeError(f"permute: dims {order} are not an order of the {ndim} dims of shape {raw(input).shape}")
    return _permute(input, order)


def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Swap two dims. Shares memory.

    >>> import tinygrad_np as tg
    >>> tg.zeros(2, 3, 4).transpose(0, 2).shape
    (4, 3, 2)
    """
    ndim = raw(input).ndim
    first, second = normalise_dim(dim0, ndim, "transpose"), normalise_dim(dim1, ndim, "transpose")
    order = list(range(ndim))
    if order:
        order[first], order[second] = second, first
    return _permute(input, tuple(order))


def squeeze(input: Any, dim: int | Sequence[int] | None = None) -> Any:
    """Leave out dims of size 1: all of them, or those named that have it.

    >>> import tinygrad_np as tg
    >>> tg.zeros(1, 3, 1).squeeze(0).shape
    (3, 1)
    """
    shape = raw(input).shape
    if isinstance(dim, Sequence) and not dim:
        return _reshape(input, shape)
    dims = normalise_dims(dim, len(shape), "squeeze")
    return _reshape(input, tuple(n for axis, n in enumerate(shape) if n != 1 or axis not in dims))


def unsqueeze(input: Any, dim: int) -> Any:
    """Insert a dim of size 1 at ``dim``.

    >>> import tinygrad_np as tg
    >>> tg.zeros(3).unsqueeze(1).shape
    (3, 1)
    """
    shape = raw(input).shape
    at = normalise_dim(dim, len(shape) + 1, "unsqueeze")
    return _reshape(input, (*shape[:at], 1, *shape[at:]))


def expand(input: Any, *positional: Any, size: Any = None) -> Any:
    """Repeat dims of size 1 to this size without copying; -1 keeps a size. The result can't be written to.

    >>> import tinygrad_np as tg
    >>> tg.zeros(3, 1).expand(-1, 4).shape
    (3, 4)
    """
    wanted, have = _given(positional, size, "expand", "size"), raw(input).shape
    added = len(wanted) - len(have)
    if added >= 0:
        wanted = tuple(have[i - added] if n == -1 and i >= added else n for i, n in enumerate(wanted))
    return _expand(input, wanted)


def broadcast_to(input: Any, shape: Sequence[int]) -> Any:
    """Repeat dims of size 1 to ``shape``, as an operator would, without copying; as ``expand``.

    >>> import tinygrad_np as tg
    >>> tg.broadcast_to(tg.zeros(3), (2, 3)).shape
    (2, 3)
    """
    return expand(input, tuple(shape))


# ----------------------------------------------------------------------------------------------- joining and cutting


def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """Take ``length`` entries of ``dim``, from ``start`` on, which counts from the end if negative. Shares memory.

    >>> import tinygrad_np as tg
    >>> tg.arange(5).narrow(0, 1, 3)
    tensor([1, 2, 3])
    """
    shape = raw(input).shape
    if isinstance(start, Value) and (start.array.ndim or start.array.dtype.kind not in "iu"):
        raise RuntimeError(f"narrow: start must be one integer, got {start.array.dtype} of shape {start.array.shape}")
    dim, start = normalise_dim(dim, len(shape), "narrow"), as_index(start)
    n = shape[dim] if shape else -1
    if shape and not -n <= start <= n:
        raise IndexError(f"narrow: start {start} is out of range for dim {dim} of shape {shape}, expected {-n} to {n}")
    first = start + n if start < 0 else start
    if not 0 <= first <= first + length <= n:
        raise RuntimeError(f"narrow: {length} entries from {start} do not lie within dim {dim} of shape {shape}")
    return getitem(input, piece(dim, first, first + length))


def piece(dim: int, start: int, stop: int) -> tuple[slice, ...]:
    """Return the index of the entries from ``start`` to ``stop`` along a dim."""
    return at_dim(dim, slice(start, stop))


def _cat_case(draw: Draw) -> Case:
    shape = draw.shape(min_dims=1)
    dim = draw.integer(0, len(shape) - 1)
    sizes = [draw.integer(0, 3) for _ in range(draw.integer(1, 3))]
    return [(*shape[:dim], n, *shape[dim + 1 :]) for n in sizes], (dim, tuple(accumulate(sizes, initial=0)))


_cat = op(
    "cat",
    lambda *tensors, dim, bounds: np.concatenate(tensors, dim),
    domain=Domain(case=_cat_case),
    promotion=same,
    tensors=lambda g, i, dim, bounds: narrow(g, dim, bounds[i], bounds[i + 1] - bounds[i]),
)


def cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Join tensors along an existing dim; their other sizes are equal. Dtypes are promoted.

    A tensor of shape (0,) fits any other: PyTorch's way to start from nothing.

    >>> import tinygrad_np as tg
    >>> tg.cat([tg.zeros(2), tg.ones(1)])
    tensor([0., 0., 1.])
    """
    tensors = several(tensors, "cat", ValueError)
    shapes = [raw(t).shape for t in tensors]
    first = next((shape for shape in shapes if shape != (0,)), None)
    if first is None:
        first, dim = (0,), 0
    dim = normalise_dim(dim, len(first), "cat")
    if (0,) in shapes and len(first) > 1:
        nothing = (*first[:dim], 0, *first[dim + 1 :])
        tensors = [t if raw(t).shape != (0,) else _reshape(t, nothing) for t in tensors]
        shapes = [raw(t).shape for t in tensors]
    others = first[:dim] + first[dim + 1 :]
    for i, shape in enumerate(shapes):
        if len(shape) != len(first) or not shape or shape[:dim] + shape[dim + 1 :] != others:
            raise RuntimeError(f"cat: tensors[{i}] of shape {shape} does not fit {first} in all dims but dim {dim}")
    return _cat(*tensors, dim, tuple(accumulate((shape[dim] for shape in shapes), initial=0)))


def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Join tensors of one shape along a new dim.

    >>> import tinygrad_np as tg
    >>> tg.stack([tg.zeros(2), tg.ones(2)]).shape
    (2, 2)
    """
    tensors = several(tensors, "stack")
    shapes = {raw(t).shape for t in tensors}
    if len(shapes) > 1:
        raise RuntimeError(f"stack: expected tensors of one shape, got {', '.join(map(str, sorted(shapes)))}")
    shape = shapes.pop()
    dim = normalise_dim(dim, len(shape) + 1, "stack")
    if dim == len(shape):
        return cat([unsqueeze(t, dim) for t in tensors], dim)
    bounds = tuple(i * shape[dim] for i in range(len(tensors) + 1))
    return _reshape(_cat(*tensors, dim, bounds), (*shape[:dim], len(tensors), *shape[dim:]))


def several(tensors: Sequence[Any], name: str, error: type[Exception] = RuntimeError) -> list[Any]:
    """Return the tensors of a list or tuple; refuse anything else, and with ``error`` an empty list."""
    if isinstance(tensors, (Value, np.ndarray)) or not isinstance(tensors, Sequence):
        raise TypeError(f"{name}: expected a list or tuple of tensors, got {type(tensors).__name__}")
    if not tensors:
        raise error(f"{name}: expected at least one tensor, got an empty list")
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, (Value, np.ndarray)):
            raise TypeError(f"{name}: tensors[{i}] must be a tensor, got {type(tensor).__name__}")
    return list(tensors)


def _split_case(draw: Draw) -> Case:
    (shape, *_), (dim, bounds) = _cat_case(draw)
    return [(*shape[:dim], bounds[-1], *shape[dim + 1 :])], (dim, bounds)


def _cut(x: Array, /, dim: int, bounds: Shape) -> tuple[Array, ...]:
    return tuple(x[piece(dim, start, stop)] for start, stop in pairwise(bounds))


# The number of outputs varies; any name will do, since the rule reads none of them.
_split = op(
    "split",
    _cut,
    domain=Domain(case=_split_case),
    promotion=as_is,
    outputs=("pieces",),
    view=lambda x, v, i, dim, bounds: rewritten(x, v, piece(dim, bounds[i], bounds[i + 1])),
    x=lambda g, dim: cat(g, dim),
)


def split(
    tensor: Any, split_size_or_sections: int | Sequence[int] | None = None, dim: int = 0, *, split_size: Any = None
) -> tuple[Any, ...]:
    """Cut along ``dim`` into pieces of one size (the last may be smaller), or of the sizes listed. Shares memory.

    ``split_size`` is what PyTorch calls the sizes if this is called as a method.

    >>> import tinygrad_np as tg
    >>> tg.arange(5).split(2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    shape = raw(tensor).shape
    dim = normalise_dim(dim, len(shape), "split")
    if not shape:
        raise RuntimeError("split: a 0-d tensor cannot be cut")
    n = shape[dim]
    if (split_size is None) == (split_size_or_sections is None):
        raise TypeError("split: expected a size, or a list of sizes, once")
    given: Any = split_size_or_sections if split_size is None else split_size
    if not isinstance(given, (Sequence, np.ndarray)):
        (size,) = normalise_shape((given,), "split")
        if size < 0 or (size == 0 and n):
            raise RuntimeError(f"split: split_size must be positive, got {size}")
        sizes = [min(size, n - start) for start in range(0, n, size)] if n else [0]
    else:
        sizes = list(normalise_shape((list(given),), "split"))
        if sum(sizes) != n or any(size < 0 for size in sizes):
            raise RuntimeError(f"split: sizes {sizes} do not add up to the {n} entries of dim {dim} of shape {shape}")
    return _split(tensor, dim, tuple(accumulate(sizes, initial=0)))  # type: ignore[no-any-return]


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Cut along ``dim`` into at most ``chunks`` pieces of one size; the last may be smaller. Shares memory.

    >>> import tinygrad_np as tg
    >>> [len(piece) for piece in tg.arange(5).chunk(2)]
    [3, 2]
    """
    if chunks <= 0:
        raise RuntimeError(f"chunk: chunks must be positive, got {chunks}")
    n = raw(input).shape[normalise_dim(dim, raw(input).ndim, "chunk")] if raw(input).ndim else 0
    return split(input, max(-(-n // chunks), 1), dim) if n else split(input, [0] * chunks, dim)


def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """Take a tensor apart along ``dim``, which goes away.

    >>> import tinygrad_np as tg
    >>> tg.tensor([[1, 2], [3, 4]]).unbind()
    (tensor([1, 2]), tensor([3, 4]))
    """
    shape = raw(input).shape
    dim = normalise_dim(dim, len(shape), "unbind")
    if not shape:
        raise IndexError("unbind: a 0-d tensor cannot be taken apart")
    pieces = split(input, 1, dim) if shape[dim] else ()
    rest = shape[:dim] + shape[dim + 1 :]
    return tuple(_reshape(piece, rest) for piece in pieces)
