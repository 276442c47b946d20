"""NumPy functions applied to tensors: each finds its op here, or raises; none silently leaves the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_np._graph import UFUNCS
from tinygrad_np.ops import elementwise, linalg, movement, products, reduction, truth

_RENAMED = {"axis": "dim", "keepdims": "keepdim", "a_min": "min", "a_max": "max", "ddof": "correction"}


def _over_axis(function: Callable[..., Any], **defaults: Any) -> Callable[..., Any]:
    """Let a function be called with NumPy's names of the arguments."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{**defaults, **{_RENAMED.get(name, name): value for name, value in kwargs.items()}})

    return call


def _transposed(a: Any, axes: Any = None) -> Any:
    return movement.permute(a, tuple(reversed(range(a.ndim))) if axes is None else tuple(axes))


def _swapped(a: Any, axis1: int, axis2: int) -> Any:
    return movement.transpose(a, axis1, axis2)


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: _over_axis(reduction.sum),
    np.mean: _over_axis(reduction.mean),
    np.max: _over_axis(reduction.amax, dim=None),
    np.min: _over_axis(reduction.amin, dim=None),
    np.argmax: _over_axis(reduction.argmax),
    np.argmin: _over_axis(reduction.argmin),
    np.prod: _over_axis(products.prod),
    np.var: _over_axis(reduction.var, correction=0),  # NumPy's default divides by n
    np.std: _over_axis(reduction.std, correction=0),
    np.any: _over_axis(truth.any),
    np.all: _over_axis(truth.all),
    np.clip: _over_axis(elementwise.clamp),
    np.where: elementwise.where,
    np.reshape: lambda a, shape: movement.reshape(a, shape),
    np.ravel: movement.flatten,
    np.transpose: _transposed,
    np.swapaxes: _swapped,
    np.squeeze: _over_axis(movement.squeeze),
    np.expand_dims: lambda a, axis: movement.unsqueeze(a, axis),
    np.broadcast_to: lambda array, shape: movement.broadcast_to(array, shape),
    np.concatenate: lambda arrays, axis=0: movement.cat(arrays, axis),
    np.stack: lambda arrays, axis=0: movement.stack(arrays, axis),
    np.dot: linalg.matmul,
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a: a.array.size,
}


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Apply the op that a ufunc stands for."""
    function = UFUNCS.get(ufunc)
    if function is None or method != "__call__" or kwargs:
        how = "" if method == "__call__" else f".{method}"
        given = f" with {', '.join(kwargs)}" if kwargs else ""
        raise TypeError(
            f"np.{ufunc.__name__}{how}{given} is not known to tinygrad_np and would leave the graph; "
            "use the tensor's own operation, or tensor.detach().numpy()"
        )
    return function(*inputs)


def array_function(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Apply the function that a NumPy function stands for."""
    known = FUNCTIONS.get(function)
    if known is None:
        raise TypeError(
            f"np.{function.__name__} is not known to tinygrad_np and would leave the graph; "
            "use the tensor's own operation, or tensor.detach().numpy()"
        )
    return known(*args, **kwargs)
