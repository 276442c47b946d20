"""NumPy functions applied to tensors: each finds its op here, or raises; none silently leaves the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_np._graph import UFUNCS
from tinygrad_np._shapes import normalise_dim
from tinygrad_np.ops import (
    choices,
    counting,
    deviation,
    diagonals,
    elementwise,
    flipping,
    joining,
    linalg,
    logic,
    movement,
    products,
    quantiles,
    reduction,
    repeating,
    reshaping,
    rounding,
    scans,
    sorting,
    trigonometric,
    truth,
)
from tinygrad_np.ops.elementwise import raw

_RENAMED = {
    "axis": "dim",
    "keepdims": "keepdim",
    "a_min": "min",
    "a_max": "max",
    "ddof": "correction",
    "method": "interpolation",
}


def _renamed(function: Callable[..., Any], *order: str, **defaults: Any) -> Callable[..., Any]:
    """Let a function be called as NumPy's is: with arguments in this ``order`` after the array, or by NumPy's names.

    NumPy's None says that an argument was not given (``out=None``), or stands for all axes, as it does here. An empty
    tuple of axes stands for none in NumPy, but for all in PyTorch, and is refused.
    """

    def call(a: Any, *positional: Any, **named: Any) -> Any:
        if len(positional) > len(order):
            raise TypeError(f"after the array come at most {', '.join(order)}; got {len(positional)} arguments")
        given = {**dict(zip(order, positional, strict=False)), **named}
        if isinstance(given.get("axis"), (tuple, list)) and not given["axis"]:
            raise TypeError(f"axis={given['axis']} names no axis; leave it out to mean all of them")
        chosen = {_RENAMED.get(name, name): value for name, value in given.items() if value is not None}
        return function(a, **{**defaults, **chosen})

    return call


def _in_rows(function: Callable[..., Any], *order: str, axis: int | None = None) -> Callable[..., Any]:
    """As ``_renamed``, of a function along one dim; where NumPy has None for it, of the flattened array."""
    renamed = _renamed(function, "axis", *order)

    def call(a: Any, axis: Any = axis, *positional: Any, **named: Any) -> Any:
        if axis is None:
            a, axis = movement.flatten(a), 0
        return renamed(a, axis, *positional, **named)

    return call


_amax = _renamed(reduction.amax, "axis", "out", "keepdims")
_amin = _renamed(reduction.amin, "axis", "out", "keepdims")


def _reshape(a: Any, shape: Any) -> Any:
    return movement.reshape(a, shape)


def _transpose(a: Any, axes: Any = None) -> Any:
    return movement.permute(a, tuple(reversed(range(a.ndim))) if axes is None else tuple(axes))


def _concatenate(arrays: Any, axis: Any = 0) -> Any:
    return movement.cat([movement.flatten(a) for a in arrays], 0) if axis is None else movement.cat(arrays, axis)


def _squeeze(a: Any, axis: Any = None) -> Any:
    if axis is not None:  # PyTorch leaves alone what NumPy refuses
        for each in axis if isinstance(axis, tuple) else (axis,):
            dim = normalise_dim(each, a.ndim, "np.squeeze")
            if a.ndim and a.shape[dim] != 1:
                raise ValueError(f"np.squeeze: axis {each} of shape {a.shape} has not size 1, and cannot be left out")
    return movement.squeeze(a, axis)


def _dot(a: Any, b: Any) -> Any:
    first, second = raw(a), raw(b)
    if np.ndim(first) > 2 or np.ndim(second) > 2:
        raise TypeError(
            f"expected at most 2 dims, got shapes {first.shape} and {second.shape}; "
            "use np.matmul for batches of matrices"
        )
    return linalg.matmul(a, b)


def _stack(arrays: Any, axis: int = 0) -> Any:
    return movement.stack(arrays, axis)


def _size(a: Any, axis: int | None = None) -> int:
    return a.array.size if axis is None else a.size(axis)  # type: ignore[no-any-return]


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: _renamed(reduction.sum, "axis", "dtype", "out", "keepdims"),
    np.mean: _renamed(reduction.mean, "axis", "dtype", "out", "keepdims"),
    np.max: _amax,
    np.amax: _amax,
    np.min: _amin,
    np.amin: _amin,
    np.argmax: _renamed(reduction.argmax, "axis", "out"),
    np.argmin: _renamed(reduction.argmin, "axis", "out"),
    np.prod: _renamed(products.prod, "axis", "dtype", "out", "keepdims"),
    np.nansum: _renamed(reduction.nansum, "axis", "dtype", "out", "keepdims"),
    np.nanmean: _renamed(reduction.nanmean, "axis", "dtype", "out", "keepdims"),
    np.count_nonzero: _renamed(counting.count_nonzero, "axis"),
    np.quantile: _renamed(quantiles.quantile, "q", "axis", "out", "overwrite_input", "method", "keepdims"),
    np.nanquantile: _renamed(quantiles.nanquantile, "q", "axis", "out", "overwrite_input", "method", "keepdims"),
    np.cumsum: _in_rows(scans.cumsum, "dtype", "out"),
    np.cumprod: _in_rows(scans.cumprod, "dtype", "out"),
    np.sort: _in_rows(lambda a, dim, **named: sorting.sort(a, dim, **named).values, "kind", "order", axis=-1),
    np.argsort: _in_rows(sorting.argsort, "kind", "order", axis=-1),
    # NumPy's default divides by n.
    np.var: _renamed(deviation.var, "axis", "dtype", "out", "ddof", "keepdims", correction=0),
    np.std: _renamed(deviation.std, "axis", "dtype", "out", "ddof", "keepdims", correction=0),
    np.any: _renamed(truth.any, "axis", "out", "keepdims"),
    np.all: _renamed(truth.all, "axis", "out", "keepdims"),
    np.clip: _renamed(elementwise.clamp, "a_min", "a_max", "out"),
    np.round: _renamed(rounding.round, "decimals", "out"),
    np.around: _renamed(rounding.round, "decimals", "out"),
    np.sinc: lambda x: trigonometric.sinc(x),
    np.nan_to_num: _renamed(choices.nan_to_num),
    np.isclose: lambda a, b, *options, **named: logic.isclose(a, b, *options, **named),
    np.allclose: lambda a, b, *options, **named: logic.allclose(a, b, *options, **named),
    np.isposinf: _renamed(logic.isposinf, "out"),
    np.isneginf: _renamed(logic.isneginf, "out"),
    np.where: lambda condition, x, y: elementwise.where(condition, x, y),
    np.reshape: _reshape,
    np.ravel: lambda a: movement.flatten(a),
    np.transpose: _transpose,
    np.swapaxes: lambda a, axis1, axis2: movement.transpose(a, axis1, axis2),
    np.squeeze: _squeeze,
    np.expand_dims: lambda a, axis: movement.unsqueeze(a, axis),
    np.moveaxis: lambda a, source, destination: reshaping.movedim(a, source, destination),
    np.flip: lambda m, axis=None: flipping.flip(m, tuple(range(m.ndim)) if axis is None else axis),
    np.fliplr: lambda m: flipping.fliplr(m),
    np.flipud: lambda m: flipping.flipud(m),
    np.rot90: lambda m, k=1, axes=(0, 1): flipping.rot90(m, k, axes),
    np.roll: lambda a, shift, axis=None: flipping.roll(a, shift, () if axis is None else axis),
    np.tile: lambda a, reps: repeating.tile(a, reps),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: diagonals.diagonal(a, offset, axis1, axis2),
    np.tril: lambda m, k=0: diagonals.tril(m, k),
    np.triu: lambda m, k=0: diagonals.triu(m, k),
    np.broadcast_to: lambda array, shape: movement.broadcast_to(array, shape),
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.hstack: lambda tup: joining.hstack(tup),
    np.vstack: lambda tup: joining.vstack(tup),
    np.dstack: lambda tup: joining.dstack(tup),
    np.column_stack: lambda tup: joining.column_stack(tup),
    np.dot: _dot,
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: _size,
}


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Apply the op that a ufunc stands for."""
    function = UFUNCS.get(ufunc)
    if function is None or method != "__call__" or kwargs:
        how = "" if method == "__call__" else f".{method}"
        given = f" with {', '.join(kwargs)}" if kwargs else ""
        raise TypeError(_UNKNOWN.format(f"np.{ufunc.__name__}{how}{given}"))
    return function(*inputs)


def array_function(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Apply the function that a NumPy function stands for."""
    name = f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)
    known = FUNCTIONS.get(function)
    if known is None:
        raise TypeError(_UNKNOWN.format(name))
    try:
        return known(*args, **kwargs)
    except TypeError as error:  # an argument that only NumPy has, say
        raise TypeError(f"{name} of a tensor: {error}") from error


_UNKNOWN = (
    "{} is not known to tinygrad_np and would leave the graph; "
    "use the tensor's own operation, or tensor.detach().numpy()"
)
