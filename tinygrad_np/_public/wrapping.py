"""How the functions of the package take plain arrays: as constants, and a tensor comes out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from tinygrad_np._dtypes import as_dtype
from tinygrad_np._graph import Value, wrap

Function = TypeVar("Function", bound=Callable[..., Any])


def public(function: Function, refuses: bool = False) -> Function:
    """Return ``function`` taking arrays where it takes tensors (within the package, arrays give arrays).

    ``refuses`` says that it refuses by itself what holds no tensor: an empty list, say.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], Value):
            return function(*args, **kwargs) if kwargs or len(args) > 1 else function(args[0])  # made quick
        args = tuple(_constant(x, function.__name__) for x in args)
        kwargs = {name: _constant(x, function.__name__) for name, x in kwargs.items()}
        if not refuses and not any(_holds_tensor(x) for x in (*args, *kwargs.values())):
            given = ", ".join(type(x).__name__ for x in args) or "nothing"
            raise TypeError(f"{function.__name__}: expected a tensor or an array, got {given}")
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]  # wraps keeps the signature


def _constant(x: Any, name: str) -> Any:
    if isinstance(x, np.ndarray):
        as_dtype(x.dtype, name)
        return wrap(x.copy())  # the user may write to it before backward
    if isinstance(x, (list, tuple)) and any(isinstance(entry, np.ndarray) for entry in x):
        return [_constant(entry, name) for entry in x]
    return x


def _holds_tensor(x: Any) -> bool:
    return isinstance(x, Value) or (isinstance(x, (list, tuple)) and any(isinstance(entry, Value) for entry in x))
