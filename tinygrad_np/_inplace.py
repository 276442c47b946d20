"""Writing to a tensor's memory: on constants, and on leaves under ``no_grad``. Each write is stamped.

Arithmetic refuses a result that the tensor's dtype cannot hold (a float into integers). Assignment (``t[i] = v``,
``copy_``, ``fill_``) converts, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tinygrad_np._dtypes import CATEGORY, as_dtype, float32, float64
from tinygrad_np._graph import Array, Value, is_grad_enabled, mark_written, wrap
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.indexing import as_index, steps


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


def _store(array: Array, index: Any, values: Any, name: str, views: Iterable[Any] = ()) -> None:
    """Assign to ``array[index]``, where ``views`` are indices to apply before; note that the memory was written to."""
    try:
        target = array
        for view in views:
            target = target[view]
        target[index] = values
    except IndexError as error:
        raise IndexError(f"{name}: {error}; the tensor has shape {array.shape}") from None
    except (ValueError, OverflowError) as error:
        raise RuntimeError(f"{name}: {error}; the tensor has shape {array.shape} and dtype {array.dtype}") from None
    mark_written(array)


def write(self: Any, values: Array, name: str) -> Any:
    """Overwrite all entries by the result of an operation, whose shape and kind of number must be the tensor's."""
    _check(self, (), name)
    return _overwritten(self, values, name)


def _overwritten(self: Any, values: Array, name: str) -> Any:
    array = self.array
    if CATEGORY[values.dtype.kind] > CATEGORY[array.dtype.kind]:
        raise RuntimeError(f"{name}: the result has dtype {values.dtype}, which does not fit into {array.dtype}")
    if values.shape != array.shape:
        raise RuntimeError(f"{name}: the result has shape {values.shape}, but the tensor {array.shape}")
    _store(array, ..., values, name)
    return self


def from_function(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the in-place form of a function."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        _check(self, (*args, *kwargs.values()), f"{name}_")
        return _overwritten(self, function(self, *args, **kwargs).array, f"{name}_")

    call.__name__ = call.__qualname__ = f"{name}_"
    call.__doc__ = f"Replace the entries by the result of ``{name}``; for constants, or under ``no_grad``."
    return call


def binary(name: str, function: Callable[..., Any], ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    """Return the in-place form of a binary op, which needs no memory where the operand has the tensor's dtype."""
    at_leisure = from_function(name, function)

    def call(self: Any, other: Any) -> Any:
        array, operand = self.array, raw(other)
        dtype = array.dtype
        fits = type(operand) in (int, float) or (isinstance(operand, np.ndarray) and operand.dtype == dtype)
        if not (fits and dtype in (float32, float64)):
            return at_leisure(self, other)
        _check(self, (other,), f"{name}_")
        try:
            ufunc(array, operand, out=array)
        except ValueError as error:
            raise RuntimeError(f"{name}_: {error}; the tensor has shape {array.shape}") from None
        mark_written(array)
        return self

    call.__name__ = call.__qualname__ = f"{name}_"
    call.__doc__ = at_leisure.__doc__
    return call


def scaled(operation: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Give ``add_`` or ``sub_`` PyTorch's factor ``alpha`` for the operand."""

    def call(self: Any, other: Any, *, alpha: Any = 1) -> Any:
        return operation(self, other if alpha == 1 else other * alpha)

    call.__name__ = call.__qualname__ = operation.__name__
    call.__doc__ = f"{operation.__doc__} ``alpha`` multiplies the operand."
    return call


def _assigned(value: Any, name: str) -> Any:
    """Return the array or number that is assigned; a Python number stays one, so that NumPy notices an overflow."""
    values = raw(value)
    if isinstance(values, (np.ndarray, np.generic)):
        as_dtype(values.dtype, name)
    elif not isinstance(values, (int, float)):
        raise TypeError(f"{name}: the value must be a tensor, an array or a number, got {type(value).__name__}")
    return values


def copy_(self: Any, src: Any) -> Any:
    """Replace the entries by those of ``src``, which broadcasts and is converted, as PyTorch does."""
    _check(self, (src,), "copy_")
    array, values = self.array, _assigned(src, "copy_")
    if np.ndim(values) > array.ndim:
        raise RuntimeError(f"copy_: src has shape {np.shape(values)}, but the tensor {array.shape}")
    _store(array, ..., values, "copy_")
    return self


def fill_(self: Any, value: Any) -> Any:
    """Set every entry to ``value``, a number, which is converted."""
    _check(self, (value,), "fill_")
    number = _assigned(value, "fill_")
    if np.ndim(number):
        raise RuntimeError(f"fill_: expected a number, got shape {np.shape(number)}")
    _store(self.array, ..., number, "fill_")
    return self


def zero_(self: Any) -> Any:
    """Set every entry to 0."""
    _check(self, (), "zero_")
    _store(self.array, ..., 0, "zero_")
    return self


def zeroed(gradient: Value) -> Any:
    """Take a gradient out of its graph and set it to 0 in place; where that cannot be (`expand`), return a new one."""
    if not gradient.array.flags.writeable:
        return wrap(np.zeros(gradient.array.shape, gradient.array.dtype))
    gradient.node = None  # a gradient made with create_graph
    return zero_(gradient)


def setitem(self: Any, index: Any, value: Any) -> None:
    """Set the entries at ``index`` to ``value``, which broadcasts; for constants, or under ``no_grad``."""
    _check(self, (value,), "setitem")
    *views, last = steps(as_index(index), self.array.ndim)
    _store(self.array, last, _assigned(value, "setitem"), "setitem", views)
