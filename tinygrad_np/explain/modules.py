"""What the layers of a model make of an input: output shapes, parameters, memory."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tinygrad_np._graph import Array, Value, no_grad
from tinygrad_np._random import get_rng_state, set_rng_state
from tinygrad_np.nn import Module


@dataclass(frozen=True)
class Layer:
    """One call of a layer: its path, class, output shapes, parameters, and the bytes of memory its output took.

    A layer that is called again has no parameters in its second row. An output that shares the memory of another
    array, as that of Flatten does, takes 0 bytes. A layer that was not called has no output shapes.
    """

    path: str
    kind: str
    shapes: tuple[tuple[int, ...], ...]
    parameters: int
    activation_bytes: int


_HEADINGS = ("layer", "class", "output shape", "parameters", "activation bytes")


@dataclass(frozen=True)
class Summary:
    """The layers of a model in the order of their calls, then those not called; and what they add up to."""

    rows: tuple[Layer, ...]
    total_parameters: int
    total_activation_bytes: int

    def __str__(self) -> str:
        cells = [_HEADINGS, *self._cells()]
        widths = [max(len(row[column]) for row in cells) for column in range(5)]
        aligned = ("<", "<", "<", ">", ">")
        return "\n".join(
            "  ".join(f"{cell:{a}{w}}" for cell, a, w in zip(row, aligned, widths, strict=True)).rstrip()
            for row in cells
        )

    def __rich__(self) -> Any:
        from rich import box
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, show_footer=True)
        *rows, total = self._cells()
        for i, (heading, foot) in enumerate(zip(_HEADINGS, total, strict=True)):
            table.add_column(heading, foot, justify="right" if i >= 3 else "left", overflow="fold")
        for row in rows:
            table.add_row(*row)
        return table

    def _cells(self) -> Iterator[tuple[str, ...]]:
        for row in self.rows:
            shapes = ", ".join(map(str, row.shapes)) or "not called"
            yield row.path or "(model)", row.kind, shapes, f"{row.parameters:,}", f"{row.activation_bytes:,}"
        yield "total", "", "", f"{self.total_parameters:,}", f"{self.total_activation_bytes:,}"


def summary(model: Module, input: Any) -> Summary:
    """Run an input through a model and return what each layer made of it.

    The pass runs without recording, on a copy of the model: its mode (training or evaluation) counts, but nothing in
    it changes, and neither does the state of the random numbers.

    Parameters
    ----------
    model : Module
    input : Tensor, or tuple of the model's arguments
        A batch such as the model will see.

    Returns
    -------
    Summary
        ``rows``, ``total_parameters`` (shared ones count once), ``total_activation_bytes``; ``print`` shows a table.

    Raises
    ------
    TypeError
        If `model` is not a Module.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> net = tg.nn.Sequential(tg.nn.Linear(784, 10), tg.nn.ReLU(), tg.nn.Linear(10, 10))
    >>> print(summary(net, tg.zeros(64, 784)))
    layer  class   output shape  parameters  activation bytes
    0      Linear  (64, 10)           7,850             2,560
    1      ReLU    (64, 10)               0             2,560
    2      Linear  (64, 10)             110             2,560
    total                             7,960             7,680
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: model must be a Module, got {type(model).__name__}")
    held = [tensor.array for tensor in (*model.parameters(), *model.buffers(), *tensors_in(input))]
    seen = {id(owner): owner for owner in map(_owner, held)}  # kept, so that no id is given out twice
    counted: set[int] = set()
    paths = {path: module for path, module in model.named_modules() if _is_layer(module)}
    rows: dict[int, Layer] = {}
    total = 0
    for start, path, output in calls(model, input):
        new = {id(owner): owner for owner in map(_owner, (tensor.array for tensor in output))}
        size = sum(owner.nbytes for key, owner in new.items() if key not in seen)
        seen |= new
        total += size
        if path in paths:
            shapes = tuple(tensor.array.shape for tensor in output)
            rows[start] = Layer(path, type(paths[path]).__name__, shapes, _count(paths[path], counted), size)
    in_order = [rows[start] for start in sorted(rows)]
    called = {row.path for row in in_order}
    for path, module in paths.items():
        if path not in called:
            in_order.append(Layer(path, type(module).__name__, (), _count(module, counted), 0))
    return Summary(tuple(in_order), sum(parameter.array.size for parameter in model.parameters()), total)


def calls(model: Module, input: Any) -> list[tuple[int, str, list[Value]]]:
    """Run a copy of a model; return place, path and output tensors of each module's call, in the order of their ends.

    The place counts the calls by their beginnings.
    """
    made: list[tuple[int, str, list[Value]]] = []
    begun = iter(range(1 << 62))

    def watched(path: str, forward: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            place = next(begun)
            output = forward(*args, **kwargs)
            made.append((place, path, tensors_in(output)))
            return output

        return call

    model = copy.deepcopy(model)
    for path, module in model.named_modules():
        object.__setattr__(module, "forward", watched(path, module.forward))
    state = get_rng_state()
    try:
        with no_grad():
            model(*(input if isinstance(input, tuple) else (input,)))
    finally:
        set_rng_state(state)
    return made


def tensors_in(value: Any) -> list[Value]:
    """Return the tensors in a tensor, or in nested tuples, lists and mappings."""
    if isinstance(value, Value):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (tuple, list)):
        return []
    return [tensor for part in value for tensor in tensors_in(part)]


def _is_layer(module: Module) -> bool:
    """Tell whether a module computes something itself, rather than only passing on to others."""
    return not any(True for _ in module.children()) or any(True for _ in module.parameters(recurse=False))


def _count(module: Module, counted: set[int]) -> int:
    """Count the entries of a module's own parameters that have not been counted yet."""
    new = [parameter for parameter in module.parameters(recurse=False) if id(parameter) not in counted]
    counted |= {id(parameter) for parameter in new}
    return sum(parameter.array.size for parameter in new)


def _owner(array: Array) -> Array:
    """Return the array whose memory this one shows."""
    while array.base is not None and hasattr(array.base, "nbytes"):
        array = array.base
    return array
