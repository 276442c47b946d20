"""What a call of an op does: compute, and record.

Each op gets a function of its own, spelled out from its declaration, because a call has less than a microsecond; and
that when it is first called, since all of them at once would make importing slow. It takes tensors of one dtype,
float32 or float64 (an operand of a binary op may be a Python number). All else, from promotion to plain arrays, goes to
``apply``, which does the same at leisure. To read the function of an op::

    >>> from tinygrad_np._graph import OPS
    >>> from tinygrad_np._graph._call import source
    >>> print(source(OPS["tanh"]))
    def tanh(input):
        if type(input) is ndarray:
            return forward(input)
        try:
            node_x, array_x = input.node, input.array
            dtype = array_x.dtype
        except AttributeError:
            return apply(self, input)
        if dtype is not float32 and dtype is not float64:
            return apply(self, input)
        try:
            y = forward(array_x)
        except REFUSALS as error:
            raise failure(self, (input,), error) from error
        if type(y) is not ndarray:
            y = asarray(y)
        if node_x is None or not is_enabled():
            return wrap(y)
        if recorder is not None:
            return recorder(self, y, (node_x,), ((y,),))
        node = Node()
        node.op = self
        node.edges = (node_x,)
        node.saved = ((y,),)
        node.birth = next_birth()
        node.shape = y.shape
        node.dtype = y.dtype
        node.hooks = None
        result = Tensor()
        result.array = y
        result.node = node
        result.grad = None
        return result
"""

from __future__ import annotations

import functools
import linecache
import threading
from collections.abc import Callable, Sequence
from textwrap import indent
from types import CellType, CodeType, FunctionType
from typing import Any

import numpy as np
from numpy import asarray, ndarray

from tinygrad_np._dtypes import DType, float16, float32, float64
from tinygrad_np._graph import _outputs
from tinygrad_np._graph._mode import is_enabled
from tinygrad_np._graph._node import Array, Node, Value, next_birth, result_class, wrap
from tinygrad_np._graph._op import OPS, Function, Op, parameters_of
from tinygrad_np._graph._outputs import record_several
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._graph._views import viewed

SCALARS = frozenset({float, int, bool})
REFUSALS = (ValueError, TypeError, IndexError, OverflowError)  # what NumPy raises where arguments do not fit


def spelled_out(self: Op) -> Function:
    """Return the function of an op."""
    if self.outputs or self.arrays[0].startswith("*"):
        return _unspelled(self)
    names = (*_parameters(self), *self.settings)
    code = _code_before(len(names)).replace(
        co_name=self.name, co_qualname=self.name, co_filename=f"<op {self.name}>", co_varnames=names
    )
    return FunctionType(code, _SCOPE, closure=(CellType(self.forward), CellType(self)))


def _first_call(self: Op, *arguments: Any) -> Any:
    """Spell out the function of an op, in its place, and call it."""
    text = f"def make(self, forward):\n{indent(source(self), '    ')}\n    return {self.name}\n"
    file = f"<op {self.name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)  # for tracebacks
    made: dict[str, Any] = {}
    _SCOPE["Tensor"] = result_class()  # not known when this module is imported
    exec(compile(text, file, "exec"), _SCOPE, made)
    self.function.__code__ = made["make"](self, self.forward).__code__
    return self.function(*arguments)


@functools.cache
def _code_before(count: int) -> CodeType:
    """Return the code of a function of so many arguments that is spelled out when it is called."""
    given = ", ".join(f"argument_{i}" for i in range(count))
    text = f"def make(self, forward):\n    return lambda {given}: (forward, first_call(self, {given}))[1]\n"
    made: dict[str, Any] = {}
    exec(text, made)
    code: CodeType = made["make"](None, None).__code__
    return code


def _parameters(self: Op) -> tuple[str, ...]:
    return {1: ("input",), 2: ("input", "other")}.get(len(self.arrays), self.arrays)


def _unspelled(self: Op) -> Function:
    def call(*arguments: Any) -> Any:
        return apply(self, *arguments)

    call.__name__ = call.__qualname__ = self.name
    return call


def source(self: Op) -> str:
    """Return the text of the function of an op."""
    parameters = _parameters(self)
    given = ", ".join((*parameters, *self.settings))
    passed = ", ".join((*(f"array_{array}" for array in self.arrays), *self.settings))
    lines = [f"def {self.name}({given}):"]
    if len(self.arrays) == 1:
        lines += ["    if type(input) is ndarray:"]
        lines += [f"        return forward({given}){'[0]' if self.intermediates else ''}"]
    lines += ["    try:", *_unpacking(self, parameters), "    except AttributeError:"]
    lines += [f"        return apply(self, {given})"]
    if self.promotion is not as_is:
        rest = () if _takes_scalars(self) else self.arrays[1:]  # what takes scalars has compared its two already
        others = "".join(f" or array_{array}.dtype is not dtype" for array in rest)
        neither = "dtype is not float32 and dtype is not float64"
        lines += [f"    if ({neither}){others}:" if others else f"    if {neither}:"]
        lines += [f"        return apply(self, {given})"]
    lines += [
        "    try:",
        f"        {'y, more' if self.intermediates else 'y'} = forward({passed})",
        "    except REFUSALS as error:",
        f"        raise failure(self, {_tuple([*parameters, *self.settings])}, error) from error",
        "    if type(y) is not ndarray:",
        "        y = asarray(y)",
    ]
    if not self.derivatives:
        return "\n".join([*lines, f"    return {_made(self, 'wrap(y)')}"])
    nodes = [f"node_{array}" for array in self.arrays]
    constant = " and ".join(f"{node} is None" for node in nodes)
    edges = _tuple(nodes)
    saved = _tuple([_saved(self, array, names) for array, names in kept_for(self)])
    return "\n".join(
        [
            *lines,
            f"    if {constant if len(nodes) == 1 else f'({constant})'} or not is_enabled():",
            f"        return {_made(self, 'wrap(y)')}",
            "    if recorder is not None:",
            f"        return {_made(self, f'recorder(self, y, {edges}, {saved})')}",
            "    node = Node()",  # from here on what ``record`` does, without calling it
            "    node.op = self",
            f"    node.edges = {edges}",
            f"    node.saved = {saved}",
            "    node.birth = next_birth()",
            "    node.shape = y.shape",
            "    node.dtype = y.dtype",
            "    node.hooks = None",
            "    result = Tensor()",
            "    result.array = y",
            "    result.node = node",
            "    result.grad = None",
            f"    return {_made(self, 'result')}",
        ]
    )


def _made(self: Op, output: str) -> str:
    """Spell out the output, and that it may be a view."""
    return f"viewed(self, {output}, input, {_tuple(self.settings)})" if self.is_view else output


def _takes_scalars(self: Op) -> bool:
    return len(self.arrays) == 2 and not self.settings


def _unpacking(self: Op, parameters: tuple[str, ...]) -> list[str]:
    """Spell out how nodes and arrays are taken from the arguments."""
    first = self.arrays[0]
    taken = [
        f"        node_{array}, array_{array} = {parameter}.node, {parameter}.array"
        for array, parameter in zip(self.arrays, parameters, strict=True)
    ]
    if self.promotion is as_is:  # asks for no dtype, and may have a setting of that name
        return taken
    if not _takes_scalars(self):
        return [*taken, f"        dtype = array_{first}.dtype"]
    second = self.arrays[1]
    return [
        "        if type(other) in SCALARS:",
        f"    {taken[0]}",
        f"            node_{second}, array_{second} = None, other",
        f"            dtype = array_{first}.dtype",
        "        elif type(input) in SCALARS:",
        f"            node_{first}, array_{first} = None, input",
        f"    {taken[1]}",
        f"            dtype = array_{second}.dtype",
        "        else:",
        *(f"    {line}" for line in taken),
        f"            dtype = array_{first}.dtype",
        f"            if array_{second}.dtype is not dtype:",
        "                return apply(self, input, other)",
    ]


def _saved(self: Op, array: str, names: Sequence[str]) -> str:
    """Spell out what is saved under these names for the rule of ``array``, if that argument needs a gradient at all."""
    chosen = _tuple([_expression(self, name, "array_{}", "more[{!r}]") for name in names])
    return chosen if len(self.arrays) == 1 else f"None if node_{array} is None else {chosen}"


def _tuple(parts: Sequence[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def kept_for(self: Op) -> list[tuple[str, Sequence[str]]]:
    """Return what is saved: each array's name, with what its rule reads; after them, if the op has intermediates, the
    same again with what their expressions read, which are for higher orders.
    """
    read: list[tuple[str, Sequence[str]]] = [*self.needs.items()]
    if self.intermediates:
        read += [(array, sources_of(self, array)) for array in self.needs]
    return read


def sources_of(self: Op, array: str) -> list[str]:
    """Return what the expressions of those intermediates read that the rule of ``array`` reads."""
    needs = self.needs[array]
    return [name for need in needs if need in self.intermediates for name in parameters_of(self.intermediates[need])]


def _expression(self: Op, need: str, array: str = "{}", intermediate: str = "{}") -> str:
    if need in self.outputs:
        return f"y[{self.outputs.index(need)}]"
    if need in self.intermediates:
        return intermediate.format(need)
    owner = need.removesuffix("_shape")
    if owner in self.arrays:
        return array.format(owner) + need[len(owner) :].replace("_", ".")
    return need


def picks(self: Op) -> tuple[Callable[..., tuple[Any, ...]], ...]:
    """Return functions of output, arrays, settings and intermediates: each picks what is saved for one rule."""
    if self.picks is None:
        self.picks = tuple(_pick(self, names) for _, names in kept_for(self))
    return self.picks


def _pick(self: Op, names: Sequence[str]) -> Callable[..., tuple[Any, ...]]:
    given = ["i"] if self.arrays[0].startswith("*") else self.arrays
    parameters = ", ".join(("y", *given, *self.settings, *self.intermediates))
    chosen = _tuple([_expression(self, name) for name in names])
    return eval(f"lambda {parameters}: {chosen}")  # type: ignore[no-any-return]


def record(self: Op, y: Array, edges: tuple[Any, ...], saved: Sequence[Any]) -> Any:
    """Return the output ``y`` as a value that remembers how it was made."""
    node = Node()
    node.op = self
    node.edges = edges
    node.saved = saved
    node.birth = next_birth()
    node.shape = y.shape
    node.dtype = y.dtype
    node.hooks = None
    made: Value = _SCOPE["wrap"](y, node)
    return made


def apply(self: Op, *arguments: Any) -> Any:
    """Call an op with any mixture of tensors, arrays and numbers: promote, compute, record."""
    split = len(arguments) - len(self.settings)
    operands, settings = arguments[:split], arguments[split:]
    if not any(isinstance(x, Value) for x in operands):
        return _plain(self, operands, settings)
    operands = _promoted(self, operands)
    edges = tuple(x.node if isinstance(x, Value) else None for x in operands)
    arrays = [x.array if isinstance(x, Value) else x for x in operands]
    try:
        result = self.forward(*arrays, *settings)
    except REFUSALS as error:
        raise failure(self, arguments, error) from error
    y, intermediates = result if self.intermediates else (result, {})
    if not self.outputs:
        y = asarray(y)
    if not (self.derivatives and is_enabled()) or edges.count(None) == len(edges):
        wrapping = _SCOPE["wrap"]
        return _viewed(self, tuple(map(wrapping, y)) if self.outputs else wrapping(y), operands, settings)
    if self.arrays[0].startswith("*"):
        pick = picks(self)[0]
        saved = tuple(None if node is None else pick(y, i, *settings) for i, node in enumerate(edges))
    else:
        values = (y, *arrays, *settings, *intermediates.values())
        picking = zip(edges * 2, picks(self), strict=False)
        saved = tuple(None if node is None else pick(*values) for node, pick in picking)
    into = _SCOPE["record_several"] if self.outputs else _SCOPE["recorder"] or record
    return _viewed(self, into(self, y, edges, saved), operands, settings)


def _viewed(self: Op, y: Any, operands: tuple[Any, ...], settings: tuple[Any, ...]) -> Any:
    """Note which outputs are views of the argument."""
    if self.is_view:
        for i, each in enumerate(y if self.outputs else (y,)):
            viewed(self, each, operands[0], settings, i if self.outputs else None)
    return y


def _plain(self: Op, operands: tuple[Any, ...], settings: tuple[Any, ...]) -> Any:
    """Compute on arrays and numbers, as rules do in a first-order pass; numbers stay numbers, and so stay weak."""
    result = self.forward(*operands, *settings)
    y = result[0] if self.intermediates else result
    return y.item() if all(type(x) in SCALARS for x in operands) and np.ndim(y) == 0 else y


def _promoted(self: Op, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    for x in operands:
        if not isinstance(x, (Value, ndarray, np.generic, int, float)):
            names = ", ".join(self.arrays)
            raise TypeError(f"{self.name}: {names} must be tensors, arrays or real numbers, got {type(x).__name__}")
    operands = tuple(_constant(x) for x in operands)
    dtype = self.promotion(self.name, tuple(x.array if isinstance(x, Value) else x for x in operands))
    if dtype is None:
        return operands
    if dtype == float16 and self.derivatives:
        raise TypeError(f"{self.name}: float16 can be stored and converted, but not computed with; use .float() first")
    return tuple(_cast(x, dtype) for x in operands)


def _constant(x: Any) -> Any:
    """Take NumPy's scalars as numbers, which are weak, and copy arrays: the user may write to them before backward."""
    return x.item() if isinstance(x, np.generic) else x.copy() if isinstance(x, ndarray) else x


def _cast(x: Any, dtype: DType) -> Any:
    if isinstance(x, Value):
        return x if x.array.dtype == dtype else OPS["to"].function(x, dtype)
    return x.astype(dtype, copy=False) if isinstance(x, ndarray) else x


def failure(self: Op, arguments: tuple[Any, ...], error: Exception) -> Exception:
    """Return the error to raise where ``forward`` refused its arguments: it names the op, the arguments, the shapes."""
    names = self.arrays if not self.arrays[0].startswith("*") else tuple(f"{self.arrays[0][1:]}[{i}]" for i in range(9))
    described = []
    for name, x in zip(names, arguments, strict=False):
        array = x.array if isinstance(x, Value) else x
        if isinstance(array, ndarray):
            described.append(f"{name} has shape {array.shape} and dtype {array.dtype}")
    kind = type(error) if isinstance(error, (IndexError, TypeError)) else RuntimeError
    return kind(f"{self.name}: {error}; {', '.join(described)}")


_SCOPE: dict[str, Any] = {  # what the functions that are spelled out refer to
    "Node": Node,
    "REFUSALS": REFUSALS,
    "SCALARS": SCALARS,
    "Tensor": Value,
    "apply": apply,
    "asarray": asarray,
    "failure": failure,
    "first_call": _first_call,
    "float32": float32,
    "float64": float64,
    "is_enabled": is_enabled,
    "ndarray": ndarray,
    "next_birth": next_birth,
    "record_several": record_several,
    "recorder": None,
    "viewed": viewed,
    "wrap": wrap,
}


class _Watchers:
    """What ``set_recorder`` and ``set_wrapper`` were given."""

    recorder: Callable[..., Any] | None = None
    wrapper: Callable[..., Any] | None = None


_watching = threading.Lock()


def set_recorder(recorder: Callable[..., Any] | None) -> None:
    """Let ``recorder`` make nodes, and what ops return, in the place of ``record`` and ``record_several``; until None
    puts them back.
    """
    with _watching:
        _Watchers.recorder = recorder
        _watch()


def set_wrapper(wrapper: Callable[..., Any] | None) -> None:
    """Let ``wrapper`` take the place of ``wrap`` around what ops return, until None puts it back."""
    with _watching:
        _Watchers.wrapper = wrapper
        _watch()


def _watch() -> None:
    recorder, wrapper = _Watchers.recorder, _Watchers.wrapper
    _outputs.wrap = _SCOPE["wrap"] = wrapper or wrap  # type: ignore[attr-defined]
    _SCOPE["recorder"] = recorder or (record if wrapper else None)
    _SCOPE["record_several"] = recorder or record_several
