"""Making tensors: from data, of constants, ranges and random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np import _random
from tinygrad_np._dtypes import DEFAULT, as_dtype, int64
from tinygrad_np._graph import Value
from tinygrad_np._graph import wrap as _wrap
from tinygrad_np._random import Generator
from tinygrad_np._shapes import normalise_shape
from tinygrad_np._tensor import Tensor


def _made(array: Any, requires_grad: bool) -> Tensor:
    out: Tensor = _wrap(array)
    return out.requires_grad_() if requires_grad else out


def tensor(data: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Copy numbers, nested lists or an array into a tensor.

    Python floats become the default float32, integers int64, bools bool; arrays and tensors keep their dtype.

    >>> import tinygrad_np as tg
    >>> tg.tensor([[1, 2], [3, 4]]).dtype, tg.tensor(0.5).dtype
    (dtype('int64'), dtype('float32'))
    """
    if isinstance(data, Value):
        data = data.array
    if dtype is not None:
        array = np.array(_unwrapped(data), dtype=as_dtype(dtype, "tensor"))
    elif isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data)
    else:
        array = _from_python(data)
    as_dtype(array.dtype, "tensor")
    return _made(array, requires_grad)


def _unwrapped(data: Any) -> Any:
    """Replace the tensors inside nested lists by their arrays."""
    if isinstance(data, Value):
        return data.array
    return [_unwrapped(entry) for entry in data] if isinstance(data, (list, tuple)) else data


def _from_python(data: Any) -> Any:
    try:
        array = np.array(_unwrapped(data))
    except ValueError as error:
        raise ValueError(f"tensor: expected numbers in nested lists of equal lengths; {error}") from None
    if array.dtype.kind == "f" and array.dtype != DEFAULT and not _has_array(data):
        return array.astype(DEFAULT)
    if array.dtype.kind not in "buif":
        raise TypeError(f"tensor: expected real numbers, got {type(data).__name__} of dtype {array.dtype}")
    return array


def _has_array(data: Any) -> bool:
    """Tell whether nested lists hold arrays or NumPy's scalars, whose dtype is meant."""
    if isinstance(data, (list, tuple)):
        return any(_has_array(entry) for entry in data)
    return isinstance(data, (np.ndarray, np.generic, Value))


def from_numpy(ndarray: Any) -> Tensor:
    """Make a tensor that shares the memory of an array, and make the array read-only.

    Read-only, since a write to the array would escape the check for overwritten arrays: write to the tensor.

    >>> import numpy as np, tinygrad_np as tg
    >>> tg.from_numpy(np.ones(2, np.float32))
    tensor([1., 1.])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: expected an array, got {type(ndarray).__name__}")
    as_dtype(ndarray.dtype, "from_numpy")
    shared = ndarray.view()
    ndarray.flags.writeable = False
    return _made(shared, False)


def as_tensor(data: Any, dtype: Any = None) -> Tensor:
    """Return a tensor as it is, anything else copied into one.

    >>> import tinygrad_np as tg
    >>> tg.as_tensor([1.0, 2.0])
    tensor([1., 2.])
    """
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return tensor(data, dtype=dtype)


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of zeros.

    >>> import tinygrad_np as tg
    >>> tg.zeros(2)
    tensor([0., 0.])
    """
    return _made(np.zeros(normalise_shape(size, "zeros"), as_dtype(dtype or DEFAULT, "zeros")), requires_grad)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of ones.

    >>> import tinygrad_np as tg
    >>> tg.ones(2, dtype=tg.int64)
    tensor([1, 1])
    """
    return _made(np.ones(normalise_shape(size, "ones"), as_dtype(dtype or DEFAULT, "ones")), requires_grad)


def empty(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor whose entries are yet to be written.

    >>> import tinygrad_np as tg
    >>> tg.empty(2, 3).shape
    (2, 3)
    """
    return _made(np.empty(normalise_shape(size, "empty"), as_dtype(dtype or DEFAULT, "empty")), requires_grad)


def full(size: Sequence[int], fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of one number; without ``dtype`` of that number's kind.

    >>> import tinygrad_np as tg
    >>> tg.full((2,), 7)
    tensor([7, 7])
    """
    number = tensor(fill_value, dtype=dtype)
    if number.ndim:
        raise TypeError(f"full: fill_value must be a number, got shape {number.shape}")
    return _made(np.full(normalise_shape((size,), "full"), number.array), requires_grad)


def zeros_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make zeros of another tensor's shape and dtype.

    >>> import tinygrad_np as tg
    >>> tg.zeros_like(tg.ones(2))
    tensor([0., 0.])
    """
    return zeros(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make ones of another tensor's shape and dtype.

    >>> import tinygrad_np as tg
    >>> tg.ones_like(tg.zeros(2))
    tensor([1., 1.])
    """
    return ones(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Count from ``start`` (0 if only the end is given) up to, but without, ``end``. Of integers int64, else float32.

    >>> import tinygrad_np as tg
    >>> tg.arange(3), tg.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    if end is None:
        start, end = 0, start
    if step == 0 or (end - start) * step < 0:
        raise RuntimeError(f"arange: step {step} does not lead from {start} to {end}")
    if dtype is None:
        dtype = DEFAULT if any(isinstance(x, float) for x in (start, end, step)) else int64
    kind = as_dtype(dtype, "arange")
    steps = np.arange(max(int(np.ceil((end - start) / step)), 0))
    return _made((start + steps * step).astype(kind), requires_grad)


def linspace(start: float, end: float, steps: int, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make ``steps`` numbers at equal distances from ``start`` to ``end``, both included.

    >>> import tinygrad_np as tg
    >>> tg.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    if steps < 0:
        raise RuntimeError(f"linspace: steps must not be negative, got {steps}")
    return _made(np.linspace(start, end, steps, dtype=as_dtype(dtype or DEFAULT, "linspace")), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a matrix with ones on the diagonal, zeros elsewhere.

    >>> import tinygrad_np as tg
    >>> tg.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    if n < 0 or (m or 0) < 0:
        raise RuntimeError(f"eye: sizes must not be negative, got {n} and {m}")
    return _made(np.eye(n, m, dtype=as_dtype(dtype or DEFAULT, "eye")), requires_grad)


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Draw numbers uniformly from [0, 1); equal to those of PyTorch's CPU generator.

    >>> import tinygrad_np as tg
    >>> tg.rand(2, generator=tg.Generator().manual_seed(0))
    tensor([0.4963, 0.7682])
    """
    return _made(_random.uniform(normalise_shape(size, "rand"), dtype or DEFAULT, generator), requires_grad)


def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Draw numbers from the standard normal distribution; equal to PyTorch's up to rounding.

    >>> import tinygrad_np as tg
    >>> tg.randn(2, generator=tg.Generator().manual_seed(0))
    tensor([ 1.5410, -0.2934])
    """
    return _made(_random.normal(normalise_shape(size, "randn"), dtype or DEFAULT, generator), requires_grad)


def randint(
    low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None, dtype: Any = None
) -> Tensor:
    """Draw integers from [low, high), or [0, low) if called as ``randint(high, size)``; equal to PyTorch's.

    >>> import tinygrad_np as tg
    >>> tg.randint(0, 10, (5,), generator=tg.Generator().manual_seed(0))
    tensor([4, 9, 3, 0, 3])
    """
    if size is None:  # randint(high, size)
        low, high, size = 0, low, high
    if high is None or size is None:
        raise TypeError("randint: expected randint(high, size) or randint(low, high, size)")
    drawn = _random.integers(low, high, normalise_shape((size,), "randint"), generator)
    return _made(drawn.astype(as_dtype(dtype or int64, "randint")), False)


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """Draw an order of the integers 0 to n - 1; equal to PyTorch's.

    >>> import tinygrad_np as tg
    >>> tg.randperm(5, generator=tg.Generator().manual_seed(1))
    tensor([0, 4, 2, 3, 1])
    """
    return _made(_random.permutation(n, generator), False)


def rand_like(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Draw uniform numbers of another tensor's shape and dtype.

    >>> import tinygrad_np as tg
    >>> tg.rand_like(tg.zeros(2)).shape
    (2,)
    """
    return rand(input.shape, generator=generator, dtype=input.dtype)


def randn_like(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Draw normal numbers of another tensor's shape and dtype.

    >>> import tinygrad_np as tg
    >>> tg.randn_like(tg.zeros(2)).shape
    (2,)
    """
    return randn(input.shape, generator=generator, dtype=input.dtype)
