"""The record of an op, and the registry of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np

from tinygrad_np._dtypes import DType
from tinygrad_np._graph._domain import Domain

Rule = Callable[..., Any]
Function = Callable[..., Any]  # of tensors, or of arrays


@dataclass(slots=True)
class Op:
    """What the registry knows of an op."""

    name: str
    forward: Callable[..., Any]
    arrays: tuple[str, ...]  # names of the array arguments; a starred one stands for any number of arrays
    settings: tuple[str, ...]  # names of the other arguments
    derivatives: dict[str, Rule]  # for each array argument, its rule as it was written
    outputs: tuple[str, ...]  # names of the outputs, where there are several
    intermediates: dict[str, Rule]  # named results saved by forward, with their expressions in the arguments
    promotion: Callable[[str, tuple[Any, ...]], DType | None]
    domain: Domain | None
    view: Rule | None  # for a view: what x becomes where the view is overwritten by v
    is_view: bool  # whether an output may share memory with x
    fitting: bool  # whether rules give gradients of just their arguments' shapes and dtypes
    function: Callable[..., Any] = field(init=False)  # what calls it
    needs: dict[str, tuple[str, ...]] = field(init=False)  # for each rule, the names it reads, after g
    rules: Iterable[Rule] = field(init=False)  # in the order of the edges
    picks: tuple[Callable[..., tuple[Any, ...]], ...] | None = field(init=False)  # see ``_call.picks``
    saves: bool = field(init=False)  # whether any rule reads anything that takes memory

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's parameters; those of a lambda without ``inspect``, which takes long."""
    if getattr(function, "__name__", "") != "<lambda>" or vars(function):
        return tuple(signature(function).parameters)
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


OPS: dict[str, Op] = {}
UFUNCS: dict[np.ufunc, Function] = {}  # what a NumPy ufunc applied to tensors calls
