"""Making tensors: from data, of constants, ranges and random numbers.

Everywhere ``size`` is given as in ``zeros(2, 3)`` or ``zeros((2, 3))``, ``dtype`` is the default float32 unless
something else is said, and ``device`` may only be ``"cpu"``.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np import _random
from tinygrad_np._dtypes import CATEGORY, DEFAULT, DType, as_dtype, bool_, int64, promote_types
from tinygrad_np._graph import Value
from tinygrad_np._graph import wrap as _wrap
from tinygrad_np._random import Generator
from tinygrad_np._shapes import Shape, normalise_shape
from tinygrad_np._tensor import Tensor, check_device


def _made(array: Any, requires_grad: bool, device: Any, op: str) -> Tensor:
    check_device(device, op)
    out: Tensor = _wrap(array)
    return out.requires_grad_() if requires_grad else out


def _shape(positional: tuple[Any, ...], size: Any, op: str) -> Shape:
    """Return the shape given as ``f(2, 3)``, ``f((2, 3))`` or ``f(size=(2, 3))``."""
    if (size is None) == (not positional):
        raise TypeError(f"{op}: expected a size, as in {op}(2, 3) or {op}((2, 3))")
    shape = normalise_shape(positional if size is None else (size,), op)
    if any(n < 0 for n in shape):
        raise RuntimeError(f"{op}: a size must not be negative, got {shape}")
    return shape


def _number(x: Any) -> Any:
    """Return a Python number for one that comes as a tensor or as NumPy's scalar."""
    return x.item() if isinstance(x, (Tensor, np.generic)) else x


# -------------------------------------------------------------------------------------------------------- from data


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Copy numbers, nested lists or an array into a tensor.

    Python floats become the default float32, integers int64, bools bool; arrays and tensors keep their dtype. The copy
    is outside of any graph: of a tensor that requires grad, that is warned of.

    >>> import tinygrad_np as tg
    >>> tg.tensor([[1, 2], [3, 4]]).dtype, tg.tensor(0.5).dtype
    (dtype('int64'), dtype('float32'))
    """
    if isinstance(data, Value):
        if data.node is not None:
            warnings.warn(
                "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                "sourceTensor.detach().clone().requires_grad_(True), rather than tensor(sourceTensor).",
                UserWarning,
                stacklevel=2,
            )
        data = data.array
    found = [as_dtype(each, "tensor") for each in _dtypes_in(data)]
    if dtype is None:
        wanted = functools.reduce(promote_types, found) if found else DEFAULT
    else:
        wanted = as_dtype(dtype, "tensor")
    try:
        array = np.array(data, dtype=wanted)
    except (ValueError, OverflowError) as error:
        kind = ValueError if isinstance(error, ValueError) else RuntimeError
        raise kind(f"tensor: expected numbers that fit {wanted}, in lists of equal lengths; {error}") from None
    return _made(array, requires_grad, device, "tensor")


_PYTHON: dict[Any, DType] = {float: DEFAULT, int: int64, bool: bool_}


def _dtypes_in(data: Any) -> set[DType]:
    """Return the dtypes met in nested lists; one step for a list of Python's numbers."""
    if isinstance(data, (list, tuple)):
        kinds: set[Any] = set(map(type, data))
        if kinds <= _PYTHON.keys():
            return {_PYTHON[kind] for kind in kinds}
        return set().union(*map(_dtypes_in, data))
    if isinstance(data, Value):
        if data.node is not None:
            raise RuntimeError(
                "tensor: a list holds a tensor that requires grad, whose gradient would be lost; "
                "join tensors with stack or cat, or .detach() them"
            )
        return {data.array.dtype}
    dtype: DType = _PYTHON[type(data)] if type(data) in _PYTHON else np.asarray(data).dtype
    if dtype.kind not in CATEGORY:
        raise TypeError(f"tensor: expected real numbers, got {type(data).__name__} of dtype {dtype}")
    return {dtype}


def from_numpy(ndarray: Any) -> Tensor:
    """Make a tensor that shares the memory of an array, and make the array read-only.

    Read-only, since a write to the array would escape the check for overwritten arrays: write to the tensor. If the
    array is a view, as ``a[:3]`` is, then the array that owns the memory becomes read-only too, as a whole: views taken
    of it afterwards are read-only, as are tensors made from them. Other views taken before cannot be found: do not
    write to them. An array that is read-only already, as ``tensor.numpy()`` is, is taken as it is.

    >>> import numpy as np, tinygrad_np as tg
    >>> tg.from_numpy(np.ones(2, np.float32))
    tensor([1., 1.])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: expected an array, got {type(ndarray).__name__}")
    shared = ndarray.view(as_dtype(ndarray.dtype, "from_numpy"), np.ndarray)
    locked: Any = ndarray
    while isinstance(locked, np.ndarray) and locked.flags.writeable:
        locked.flags.writeable = False
        locked = locked.base
    return _made(shared, False, None, "from_numpy")


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a tensor as it is, or converted to ``dtype``; anything else copied into one.

    >>> import tinygrad_np as tg
    >>> tg.as_tensor([1.0, 2.0])
    tensor([1., 2.])
    """
    return data.to(device, dtype) if isinstance(data, Tensor) else tensor(data, dtype=dtype, device=device)


# -------------------------------------------------------------------------------------------------------- constants


def zeros(
    *positional: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of zeros.

    >>> import tinygrad_np as tg
    >>> tg.zeros(2)
    tensor([0., 0.])
    """
    array = np.zeros(_shape(positional, size, "zeros"), as_dtype(dtype or DEFAULT, "zeros"))
    return _made(array, requires_grad, device, "zeros")


def ones(
    *positional: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of ones.

    >>> import tinygrad_np as tg
    >>> tg.ones(2, dtype=tg.int64)
    tensor([1, 1])
    """
    array = np.ones(_shape(positional, size, "ones"), as_dtype(dtype or DEFAULT, "ones"))
    return _made(array, requires_grad, device, "ones")


def empty(
    *positional: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor whose entries are yet to be written.

    >>> import tinygrad_np as tg
    >>> tg.empty(2, 3).shape
    (2, 3)
    """
    array = np.empty(_shape(positional, size, "empty"), as_dtype(dtype or DEFAULT, "empty"))
    return _made(array, requires_grad, device, "empty")


def full(
    size: Sequence[int], fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of one number; without ``dtype`` of that number's kind, a float being float32.

    >>> import tinygrad_np as tg
    >>> tg.full((2,), 7)
    tensor([7, 7])
    """
    value = tensor(_number(fill_value), dtype=dtype)
    if value.ndim or not isinstance(size, Sequence):
        raise TypeError(f"full: expected a tuple and a number, as in full((2, 3), 7), got {size} and {fill_value}")
    return _made(np.full(_shape((), size, "full"), value.array), requires_grad, device, "full")


def zeros_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make zeros of another tensor's shape and dtype.

    >>> import tinygrad_np as tg
    >>> tg.zeros_like(tg.ones(2))
    tensor([0., 0.])
    """
    shape, dtype = _like(input, dtype, "zeros_like")
    return zeros(shape, dtype=dtype, device=device, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make ones of another tensor's shape and dtype.

    >>> import tinygrad_np as tg
    >>> tg.ones_like(tg.zeros(2))
    tensor([1., 1.])
    """
    shape, dtype = _like(input, dtype, "ones_like")
    return ones(shape, dtype=dtype, device=device, requires_grad=requires_grad)


def empty_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of another one's shape and dtype, whose entries are yet to be written.

    >>> import tinygrad_np as tg
    >>> tg.empty_like(tg.zeros(2, 3)).shape
    (2, 3)
    """
    shape, dtype = _like(input, dtype, "empty_like")
    return empty(shape, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of one number, of another tensor's shape and dtype.

    >>> import tinygrad_np as tg
    >>> tg.full_like(tg.zeros(2), 7)
    tensor([7., 7.])
    """
    shape, dtype = _like(input, dtype, "full_like")
    return full(shape, fill_value, dtype=dtype, device=device, requires_grad=requires_grad)


def _like(input: Any, dtype: Any, op: str) -> tuple[Shape, Any]:
    if not isinstance(input, (Value, np.ndarray)):
        raise TypeError(f"{op}: input must be a tensor, got {type(input).__name__}")
    array = input.array if isinstance(input, Value) else input
    return array.shape, dtype or array.dtype


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a matrix with ones on the diagonal, zeros elsewhere.

    >>> import tinygrad_np as tg
    >>> tg.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows, columns = _shape((n, n if m is None else m), None, "eye")
    return _made(np.eye(rows, columns, dtype=as_dtype(dtype or DEFAULT, "eye")), requires_grad, device, "eye")


# ----------------------------------------------------------------------------------------------------------- ranges


def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Count from ``start`` (0 if only the end is given) up to, but without, ``end``. Of integers int64, else float32.

    >>> import tinygrad_np as tg
    >>> tg.arange(3), tg.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    if end is None:
        start, end = 0, start
    start, end, step = map(_number, (start, end, step))
    exact = not any(isinstance(x, float) for x in (start, end, step))
    kind = as_dtype(dtype or (int64 if exact else DEFAULT), "arange")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"arange: the range from {start} to {end} is not finite")
    if kind.kind != "f":  # as in PyTorch, where the numbers are converted first
        start, end, step = int(start), int(end), int(step)
    if not step or (end - start) * step < 0:
        raise RuntimeError(f"arange: step {step} does not lead from {start} to {end}")
    if kind.kind != "f":
        return _made(np.arange(start, end, step, dtype=kind), requires_grad, device, "arange")
    steps = np.arange(math.ceil((end - start) / step))
    return _made((start + steps * step).astype(kind), requires_grad, device, "arange")


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make ``steps`` numbers at equal distances from ``start`` to ``end``, both included.

    >>> import tinygrad_np as tg
    >>> tg.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    if steps < 0:
        raise RuntimeError(f"linspace: steps must not be negative, got {steps}")
    numbers = np.linspace(_number(start), _number(end), steps).astype(as_dtype(dtype or DEFAULT, "linspace"))
    return _made(numbers, requires_grad, device, "linspace")


# --------------------------------------------------------------------------------------------------- random numbers


def rand(
    *positional: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw numbers uniformly from [0, 1); equal to those of PyTorch's CPU generator.

    >>> import tinygrad_np as tg
    >>> tg.rand(2, generator=tg.Generator().manual_seed(0))
    tensor([0.4963, 0.7682])
    """
    array = _random.uniform(_shape(positional, size, "rand"), as_dtype(dtype or DEFAULT, "rand"), generator)
    return _made(array, requires_grad, device, "rand")


def randn(
    *positional: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw numbers from the standard normal distribution; equal to PyTorch's up to rounding.

    >>> import tinygrad_np as tg
    >>> tg.randn(2, generator=tg.Generator().manual_seed(0))
    tensor([ 1.5410, -0.2934])
    """
    array = _random.normal(_shape(positional, size, "randn"), as_dtype(dtype or DEFAULT, "randn"), generator)
    return _made(array, requires_grad, device, "randn")


def randint(
    low: Any = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw integers from [low, high), or [0, low) if called as ``randint(high, size)``; equal to PyTorch's. int64.

    >>> import tinygrad_np as tg
    >>> tg.randint(0, 10, (5,), generator=tg.Generator().manual_seed(0))
    tensor([4, 9, 3, 0, 3])
    """
    if isinstance(high, Sequence) and size is None:  # randint(high, size)
        low, high, size = 0, low, high
    elif high is None:  # randint(high, size=size)
        low, high = 0, low
    if not isinstance(size, Sequence):
        raise TypeError("randint: expected randint(high, size) or randint(low, high, size), where size is a tuple")
    kind = as_dtype(dtype or int64, "randint")
    drawn = _random.integers(low, high, _shape((), size, "randint"), generator)
    bounds = np.array([low, high - 1])
    if kind.kind != "f" and (bounds.astype(kind) != bounds).any():
        raise RuntimeError(f"randint: {kind} does not hold all integers from {low} to {high - 1}")
    return _made(drawn.astype(kind), requires_grad, device, "randint")


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Draw an order of the integers 0 to n - 1; equal to PyTorch's. int64.

    >>> import tinygrad_np as tg
    >>> tg.randperm(5, generator=tg.Generator().manual_seed(1))
    tensor([0, 4, 2, 3, 1])
    """
    order = _random.permutation(n, generator).astype(as_dtype(dtype or int64, "randperm"), copy=False)
    return _made(order, False, device, "randperm")


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw uniform numbers of another tensor's shape and dtype.

    >>> import tinygrad_np as tg
    >>> tg.rand_like(tg.zeros(2)).shape
    (2,)
    """
    shape, dtype = _like(input, dtype, "rand_like")
    return rand(shape, generator=generator, dtype=dtype, device=device, requires_grad=requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw normal numbers of another tensor's shape and dtype.

    >>> import tinygrad_np as tg
    >>> tg.randn_like(tg.zeros(2)).shape
    (2,)
    """
    shape, dtype = _like(input, dtype, "randn_like")
    return randn(shape, generator=generator, dtype=dtype, device=device, requires_grad=requires_grad)
