"""Modules that hold a row of modules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import index as as_index
from typing import Any, Self

from tinygrad_np.nn.module import MODULE, Module, represent


class _Row(Module):
    """Modules in an order, named by their places."""

    def _in_order(self) -> list[Any]:
        return [module for _, module in self._held(MODULE)]

    def _name_at(self, index: int) -> str:
        names = [name for name, _ in self._held(MODULE)]
        if not -len(names) <= as_index(index) < len(names):
            raise IndexError(f"index {index} is out of range for a {type(self).__name__} of {len(names)} modules")
        return names[index]

    def __len__(self) -> int:
        return len(self._in_order())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._in_order())

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name_at(index), module)

    def __delitem__(self, index: int | slice) -> None:
        """Take out modules; those that stay are named by their places anew."""
        names = [name for name, _ in self._held(MODULE)]
        gone = set(names[index]) if isinstance(index, slice) else {self._name_at(index)}
        kept = [module for name, module in self._held(MODULE) if name not in gone]
        for name in names:
            delattr(self, name)
        self.extend(kept)

    def append(self, module: Module) -> Self:
        """Add a module at the end, named by its place."""
        name = str(len(self))
        if name in self._kinds:  # a slice keeps its names
            raise KeyError(f"append: a module named {name!r} is there already; use add_module with another name")
        self.add_module(name, module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end."""
        for module in [*modules]:
            self.append(module)
        return self


class Sequential(_Row):
    """Pass the input through modules, one after the other.

    They are named by their places, or by the keys of an ``OrderedDict`` of them.

    Raises
    ------
    TypeError
        If something else than a module is given.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> net = tg.nn.Sequential(tg.nn.Linear(784, 10), tg.nn.ReLU(), tg.nn.Linear(10, 10))
    >>> net
    Sequential(
      (0): Linear(in_features=784, out_features=10, bias=True)
      (1): ReLU()
      (2): Linear(in_features=10, out_features=10, bias=True)
    )
    >>> net[:2](tg.zeros(64, 784)).shape
    (64, 10)
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], OrderedDict):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self.extend(modules)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict([*self._held(MODULE)][index]))
        return self.__dict__[self._name_at(index)]

    def __add__(self, other: object) -> Sequential:
        """Return the modules of both, one after the other, as a new Sequential."""
        return Sequential(*self, *other) if isinstance(other, Sequential) else NotImplemented

    def forward(self, input: Any) -> Any:
        attributes = self.__dict__
        for name, kind in self._kinds.items():  # spelled out, since a network calls this at every step
            if kind == MODULE:
                input = attributes[name](input)
        return input


class ModuleList(_Row):
    """A list of modules, whose parameters are found; how they are applied is left to the module around it.

    >>> import tinygrad_np as tg
    >>> layers = tg.nn.ModuleList(tg.nn.Linear(2, 2) for _ in range(3))
    >>> len(layers[1:])
    2
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(self._in_order()[index])
        return self.__dict__[self._name_at(index)]

    def __repr__(self) -> str:
        return represent(self, self._groups())

    def _groups(self) -> Iterator[tuple[str, str]]:
        """Yield the places and the text of neighbours that print alike, as one: ``(0-2): 3 x ReLU()``."""
        named = [(name, repr(module)) for name, module in self._held(MODULE)]
        for text, group in groupby(named, key=lambda pair: pair[1]):
            names = [name for name, _ in group]
            yield (names[0], text) if len(names) == 1 else (f"{names[0]}-{names[-1]}", f"{len(names)} x {text}")
