"""The sample calls that PyTorch tests itself with, made to run in tinygrad_np too.

PyTorch ships, for each of its functions, a list of calls over the documented arguments (`OpInfo`), and one of calls
that must fail. A topic (tests/samples/topics) names the functions that it compares.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import tinygrad_np as tg
from tests.samples import topics
from tests.samples.comparing import Array, leaf

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_methods_invocations import op_db

DTYPES = {
    torch.float64: tg.float64,
    torch.float32: tg.float32,
    torch.float16: tg.float16,
    torch.int64: tg.int64,
    torch.int32: tg.int32,
    torch.int16: tg.int16,
    torch.int8: tg.int8,
    torch.uint8: tg.uint8,
    torch.bool: tg.bool,
}
INFOS = {f"{info.name}.{info.variant_test_name}" if info.variant_test_name else info.name: info for info in op_db}


class UntranslatableError(Exception):
    """A sample uses what tinygrad_np has no counterpart of: complex numbers, another layout."""


@dataclass(frozen=True)
class Place:
    """Where a differentiable array stands among the arguments of a sample."""

    position: int


@dataclass
class Sample:
    """A call: its arguments, with places for the arrays in which it is differentiated."""

    arguments: tuple[Any, ...]
    options: dict[str, Any]
    arrays: list[Array]

    def given(self, lib: Any, tensors: tuple[Any, ...]) -> tuple[list[Any], dict[str, Any]]:
        """Return arguments and options for one of the libraries."""
        arguments = [_filled(lib, x, tensors) for x in self.arguments]
        return arguments, {name: _filled(lib, x, tensors) for name, x in self.options.items()}


def _filled(lib: Any, x: Any, tensors: tuple[Any, ...]) -> Any:
    if isinstance(x, Place):
        return tensors[x.position]
    if isinstance(x, (list, tuple)) and not isinstance(x, torch.Size):
        return type(x)(_filled(lib, part, tensors) for part in x)
    if isinstance(x, dict):
        return {name: _filled(lib, part, tensors) for name, part in x.items()}
    if isinstance(x, np.ndarray):
        return leaf(lib, x, False)
    if lib is torch:
        return x
    if isinstance(x, slice):
        return slice(*(_filled(lib, part, tensors) for part in (x.start, x.stop, x.step)))
    if isinstance(x, torch.Size):
        return tuple(x)
    if isinstance(x, torch.dtype):
        return DTYPES[x]
    return str(x) if isinstance(x, torch.device) else x


def sample_of(given: Any, differentiable: bool, constants: Collection[int | str] = ()) -> Sample:
    """Take a sample apart; ``constants`` are the positions and names of what is not differentiated in."""
    arrays: list[Array] = []

    def taken(x: Any, where: int | str | None = None) -> Any:
        if isinstance(x, torch.Tensor):
            if x.layout is not torch.strided or x.dtype not in DTYPES or x.is_conj() or x.is_neg() or x.ndim > 64:
                raise UntranslatableError(f"{x.dtype}, {x.layout}, {x.ndim} dims")
            array = x.detach().numpy()
            if not (differentiable and x.dtype in (torch.float32, torch.float64)) or where in constants:
                return array.copy("K")
            arrays.append(array.copy("K"))
            return Place(len(arrays) - 1)
        if isinstance(x, (list, tuple)) and not isinstance(x, torch.Size):
            return type(x)(map(taken, x))
        if isinstance(x, dict):
            return {name: taken(part) for name, part in x.items()}
        if isinstance(x, complex) or (isinstance(x, torch.dtype) and x not in DTYPES):
            raise UntranslatableError(str(x))
        return x

    arguments = tuple(taken(x, i) for i, x in enumerate((given.input, *given.args)))
    return Sample(arguments, {name: taken(x, name) for name, x in given.kwargs.items()}, arrays)


def member(lib: Any, path: str) -> Any:
    """Find a function by its dotted name."""
    for name in path.split("."):
        lib = getattr(lib, name)
    return lib


@dataclass(frozen=True)
class Entry:
    """One function of a topic."""

    name: str  # PyTorch's, with the variant of its samples
    path: str  # of the function in both libraries
    left_out: Callable[[Sample], str | None]
    constants: Collection[int | str]
    adapted: Callable[[Callable[..., Any]], Callable[..., Any]]
    in_place: bool  # whether the in-place form is compared too

    @property
    def info(self) -> Any:
        return INFOS[self.name]

    def samples(self, dtype: torch.dtype, differentiable: bool) -> Iterator[Sample]:
        """Yield the samples of a dtype that can be translated and that no listed deviation leaves out."""
        torch.manual_seed(0)
        for given in self.info.sample_inputs("cpu", dtype, requires_grad=False):
            with contextlib.suppress(UntranslatableError):
                sample = sample_of(given, differentiable, self.constants)
                if self.left_out(sample) is None:
                    yield sample

    def failing(self) -> Iterator[tuple[Sample, type[Exception]]]:
        """Yield the samples that PyTorch refuses, and the type of its error."""
        torch.manual_seed(0)
        for given in self.info.error_inputs("cpu"):
            with contextlib.suppress(UntranslatableError):
                sample = sample_of(given.sample_input, False)
                if "out" not in sample.options and self.left_out(sample) is None:
                    yield sample, given.error_type

    def form(self, sample: Sample) -> Callable[..., Any]:
        """Return the call of the function as a form of the library and the arrays."""

        def call(lib: Any, *tensors: Any) -> Any:
            arguments, options = sample.given(lib, tensors)
            return self.adapted(member(lib, self.path))(*arguments, **options)

        return call

    def method(self, sample: Sample, suffix: str = "") -> Callable[..., Any]:
        """Return the call of the method of that name; in place (on a copy) with the suffix ``_``."""

        def call(lib: Any, *tensors: Any) -> Any:
            (first, *arguments), options = sample.given(lib, tensors)
            return getattr(first.clone() if suffix else first, self.path + suffix)(*arguments, **options)

        return call


def entries() -> dict[str, Entry]:
    """Collect the functions of all topics.

    A topic has ``NAMES``, those of PyTorch's lists; it may have ``PATHS``, where a function has another name than its
    list, and ``LEFT_OUT``, which for a name tells of a sample why it is not compared, or None. ``CONSTANTS`` names the
    arguments (positions, or names of options) in which PyTorch does not differentiate, and ``ADAPTED`` makes of a
    function one that takes the arguments in the order of the samples. ``NOT_IN_PLACE`` are those whose in-place form is
    left out: a deviation that the docs list.
    """
    found = {}
    for module in pkgutil.iter_modules(topics.__path__, f"{topics.__name__}."):
        topic = importlib.import_module(module.name)
        for name in topic.NAMES.split():
            path = getattr(topic, "PATHS", {}).get(name, INFOS[name].name)
            left_out = getattr(topic, "LEFT_OUT", {}).get(name, lambda sample: None)
            constants = getattr(topic, "CONSTANTS", {}).get(name, ())
            adapted = getattr(topic, "ADAPTED", {}).get(name, lambda function: function)
            in_place = name not in getattr(topic, "NOT_IN_PLACE", ())
            full_name = f"{module.name.rpartition('.')[2]}-{name}"
            found[full_name] = Entry(name, path, left_out, constants, adapted, in_place)
    return found
