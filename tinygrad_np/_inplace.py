"""Writing to a tensor's memory. Each write is stamped, and recorded where gradients flow.

A recorded write computes the same thing out of place, writes the entries, and gives the tensor the node of the result;
what is a view of it, or what it is a view of, follows (see ``_graph/_views``). A leaf that requires grad is written to
under ``no_grad`` only. Arithmetic refuses a result that the tensor's dtype cannot hold (a float into integers).
Assignment (``t[i] = v``, ``copy_``, ``fill_``) converts, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tinygrad_np._dtypes import CATEGORY, as_dtype, float32, float64
from tinygrad_np._graph import Array, Value, is_grad_enabled, mark_written, refuse_unseen, rewire, rewritten_root, wrap
from tinygrad_np.ops.arithmetic import float_power, is_one, times
from tinygrad_np.ops.assignment import as_entry, assigned, without_leading_ones, write_at
from tinygrad_np.ops.elementwise import raw, to, where
from tinygrad_np.ops.indexing import Steps, as_index, steps


def _recorded(self: Value, operands: Iterable[Any], name: str) -> bool:
    """Tell whether a write has to be recorded; refuse one to a leaf that requires grad."""
    if not is_grad_enabled():
        return False
    if self.node is not None:
        if not self.node.edges:
            raise RuntimeError(
                f"{name}: a leaf Variable that requires grad is being used in an in-place operation; write under "
                "no_grad(), or use the operation that returns a new tensor"
            )
        return True
    if not any(isinstance(x, Value) and x.node is not None for x in operands):
        if hasattr(self, "_view_of"):
            refuse_unseen(self, name)
        return False
    if self.array.dtype.kind != "f":
        raise RuntimeError(
            f"{name}: a gradient would be lost, since an operand requires grad and the tensor, of dtype "
            f"{self.array.dtype}, cannot; use the operation that returns a new tensor, or .detach() the operand"
        )
    return True


def _record(self: Any, new: Any, name: str) -> Any:
    """Overwrite the entries by those of ``new``, which was computed out of place, and take over its history."""
    _check_fit(self.array, new.array, name)
    root, node = rewritten_root(self, to(new, self.array.dtype) if new.array.dtype != self.array.dtype else new, name)
    _store(self.array, new.array, name)
    rewire(root, node)
    return self


def _before(self: Value) -> Any:
    """Return the tensor as it is before a write, which rules may save."""
    return wrap(self.array.copy(), self.node)


def _all_replaced(self: Any, value: Any, name: str) -> Any:
    """Record that all entries were replaced by ``value``, which broadcasts and is converted."""
    if isinstance(value, Value) and value.array.dtype != self.array.dtype:
        value = to(value, self.array.dtype)
    return _record(self, where(True, value, _before(self)), name)


def _store(array: Array, values: Any, name: str, index: Steps = ((...,),)) -> None:
    """Assign to ``array[index]``; note that the memory was written to."""
    try:
        write_at(array, values, index)
    except IndexError as error:
        raise IndexError(f"{name}: {error}; the tensor has shape {array.shape}") from None
    except ValueError as error:
        raise RuntimeError(f"{name}: {error}; the tensor has shape {array.shape} and dtype {array.dtype}") from None
    mark_written(array)


def write(self: Any, values: Array, name: str) -> Any:
    """Overwrite all entries by others that no gradient flows to, of the same shape and kind of number."""
    return _all_replaced(self, wrap(values), name) if _recorded(self, (), name) else _overwritten(self, values, name)


def _overwritten(self: Any, values: Array, name: str) -> Any:
    _check_fit(self.array, values, name)
    _store(self.array, values, name)
    return self


def _check_fit(array: Array, values: Array, name: str) -> None:
    if CATEGORY[values.dtype.kind] > CATEGORY[array.dtype.kind]:
        raise RuntimeError(f"{name}: the result has dtype {values.dtype}, which does not fit into {array.dtype}")
    if values.shape != array.shape:
        raise RuntimeError(f"{name}: the result has shape {values.shape}, but the tensor {array.shape}")


def from_function(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the in-place form of a function."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _recorded(self, (*args, *kwargs.values()), f"{name}_"):
            return _record(self, function(_before(self), *args, **kwargs), f"{name}_")
        return _overwritten(self, function(self, *args, **kwargs).array, f"{name}_")

    call.__name__ = call.__qualname__ = f"{name}_"
    call.__doc__ = f"Replace the entries by the result of ``{name}``, which is recorded where gradients flow."
    return call


def binary(name: str, function: Callable[..., Any], ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    """Return the in-place form of a binary op, which needs no memory where the operand has the tensor's dtype."""
    at_leisure = from_function(name, function)

    def call(self: Any, other: Any) -> Any:
        array, operand = self.array, raw(other)
        dtype = array.dtype
        fits = type(operand) in (int, float) or (isinstance(operand, np.ndarray) and operand.dtype == dtype)
        if not (fits and dtype in (float32, float64)) or _recorded(self, (other,), f"{name}_"):
            return at_leisure(self, other)
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
        return operation(self, other if is_one(alpha) else times(alpha, other, self, name))

    name = call.__name__ = call.__qualname__ = operation.__name__
    call.__doc__ = f"{operation.__doc__} ``alpha`` multiplies the operand."
    return call


_powered = from_function("float_power", float_power)


def float_power_(self: Any, exponent: Any) -> Any:
    """Replace the entries by the result of ``float_power``, which is float64, as the tensor has to be."""
    if self.array.dtype != float64:
        raise RuntimeError(
            f"float_power_: the result has dtype float64, the tensor {self.array.dtype}; use pow_, or float_power"
        )
    return _powered(self, exponent)


def _assigned(value: Any, array: Array, name: str) -> Any:
    """Return what is assigned to ``array``: the array of a tensor, or a number, which has to fit into the dtype."""
    values = raw(value)
    if isinstance(values, np.ndarray):
        as_dtype(values.dtype, name)
        return values
    if not isinstance(values, (int, float, np.generic)):
        raise TypeError(f"{name}: the value must be a tensor, an array or a number, got {type(value).__name__}")
    return as_entry(values, array.dtype, name)


def copy_(self: Any, src: Any) -> Any:
    """Replace the entries by those of ``src``, which broadcasts and is converted, as PyTorch does."""
    array, values = self.array, _assigned(src, self.array, "copy_")
    if np.ndim(values) > array.ndim:
        raise RuntimeError(f"copy_: src has shape {np.shape(values)}, but the tensor {array.shape}")
    if _recorded(self, (src,), "copy_"):
        return _all_replaced(self, src if isinstance(src, Value) else values, "copy_")
    _store(array, values, "copy_")
    return self


def fill_(self: Any, value: Any) -> Any:
    """Set every entry to ``value``, a number, which is converted."""
    number = _assigned(value, self.array, "fill_")
    if np.ndim(number):
        raise RuntimeError(f"fill_: expected a number, got shape {np.shape(number)}")
    if _recorded(self, (value,), "fill_"):
        return _all_replaced(self, value, "fill_")
    _store(self.array, number, "fill_")
    return self


def zero_(self: Any) -> Any:
    """Set every entry to 0."""
    if _recorded(self, (), "zero_"):
        return _all_replaced(self, 0, "zero_")
    _store(self.array, 0, "zero_")
    return self


def zeroed(gradient: Value) -> Any:
    """Take a gradient out of its graph and set it to 0 in place; where that cannot be (`expand`), return a new one."""
    if not gradient.array.flags.writeable:
        return wrap(np.zeros(gradient.array.shape, gradient.array.dtype))
    gradient.node = None  # a gradient made with create_graph
    return zero_(gradient)


def setitem(self: Any, index: Any, value: Any) -> None:
    """Set the entries at ``index`` to ``value``, which broadcasts and is converted.

    Gradients flow to ``value``, and to what stays of the tensor; where an index repeats, to the write that lasted.
    """
    places, values = steps(as_index(index, "setitem"), self.array.ndim), _assigned(value, self.array, "setitem")
    if _recorded(self, (value,), "setitem"):
        _record(self, assigned(self, value if isinstance(value, Value) else values, places), "setitem")
    else:
        _store(self.array, without_leading_ones(values), "setitem", places)
