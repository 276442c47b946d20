"""Writing to a tensor's memory: on constants, and on leaves under ``no_grad``. Each write is stamped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_np._graph import Value, is_grad_enabled, mark_written, no_grad
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.indexing import as_index


def _check(self: Value, operands: tuple[Any, ...], name: str) -> None:
    """Refuse a write that would have to be recorded."""
    if not is_grad_enabled():
        return
    if self.node is not None:
        kind = "a leaf Variable that requires grad" if not self.node.edges else f"the result of {self.node.op.name}"
        raise RuntimeError(
            f"{name}: {kind} is being used in an in-place operation; write under no_grad(), "
            "or use the operation that returns a new tensor"
        )
    if any(isinstance(x, Value) and x.node is not None for x in operands):
        raise RuntimeError(
            f"{name}: a gradient would be lost, since an operand requires grad and is written into a constant; "
            "use the operation that returns a new tensor, or .detach() the operand"
        )


def write(self: Any, values: Any, name: str) -> Any:
    """Overwrite the entries of a tensor with ``values``, which broadcast to it and whose kind of number it can hold."""
    _check(self, (), name)
    array = self.array
    values = np.asarray(values)
    if "bui f".index(values.dtype.kind) > "bui f".index(array.dtype.kind) and values.dtype.kind not in "ui":
        raise RuntimeError(f"{name}: the result has dtype {values.dtype}, which does not fit into {array.dtype}")
    try:
        np.copyto(array, values, casting="unsafe")
    except ValueError as error:
        raise RuntimeError(f"{name}: {error}; the tensor has shape {array.shape}, the values {values.shape}") from None
    mark_written(array)
    return self


def binary(name: str, ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    """Return the in-place form of a binary op."""

    def call(self: Any, other: Any) -> Any:
        _check(self, (other,), f"{name}_")
        array, operand = self.array, raw(other)
        same_dtype = isinstance(operand, np.ndarray) and operand.dtype == array.dtype
        if array.dtype.kind == "f" and (same_dtype or type(operand) in (int, float)) and np.ndim(operand) <= array.ndim:
            try:
                ufunc(array, operand, out=array)
            except ValueError as error:
                raise RuntimeError(f"{name}_: {error}; the tensor has shape {array.shape}") from None
            mark_written(array)
            return self
        with no_grad():
            result = getattr(self, name)(other)
        if result.array.shape != array.shape:
            raise RuntimeError(f"{name}_: the result has shape {result.array.shape}, the tensor only {array.shape}")
        return write(self.detach(), result.array, f"{name}_") and self

    call.__name__ = call.__qualname__ = f"{name}_"
    call.__doc__ = f"Replace the entries by the result of ``{name}``; for constants, or under ``no_grad``."
    return call


def from_function(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the in-place form of a function."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        _check(self, args, f"{name}_")
        with no_grad():
            return write(self, function(self, *args, **kwargs).array, f"{name}_")

    call.__name__ = call.__qualname__ = f"{name}_"
    call.__doc__ = f"Replace the entries by the result of ``{name}``; for constants, or under ``no_grad``."
    return call


def copy_(self: Any, src: Any) -> Any:
    """Replace the entries by those of ``src``, which broadcasts and is converted, as PyTorch does."""
    _check(self, (src,), "copy_")
    array, values = self.array, np.asarray(raw(src))
    return write(self.detach(), values.astype(array.dtype), "copy_") and self


def fill_(self: Any, value: Any) -> Any:
    """Set every entry to ``value``."""
    _check(self, (value,), "fill_")
    if np.ndim(raw(value)):
        raise RuntimeError(f"fill_: expected a number, got shape {np.shape(raw(value))}")
    return write(self, np.asarray(raw(value)), "fill_")


def zero_(self: Any) -> Any:
    """Set every entry to 0."""
    return write(self, np.zeros((), self.array.dtype), "zero_")


def setitem(self: Any, index: Any, value: Any) -> None:
    """Set the entries at ``index`` to ``value``, which broadcasts; for constants, or under ``no_grad``."""
    _check(self, (value,), "setitem")
    array, values = self.array, raw(value)
    if not isinstance(values, (np.ndarray, np.generic, int, float)):
        raise TypeError(f"setitem: the value must be a tensor, an array or a number, got {type(value).__name__}")
    try:
        array[as_index(index)] = values
    except ValueError as error:
        raise RuntimeError(f"setitem: {error}; the tensor has shape {array.shape}") from None
    mark_written(array)
