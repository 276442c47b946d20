"""How an op is declared, and what a call of it does.

An op is a NumPy function and, for each differentiable argument, one expression of the incoming gradient ``g``, the
output ``y`` and the arguments, as on the blackboard::

    tanh = op("tanh", np.tanh, x=lambda g, y: g * (1 - y * y))
    mul = op("mul", np.multiply, a=lambda g, b: g * b, b=lambda g, a: g * a)

A rule's parameter names say what it needs, and only that is saved: tanh keeps its output and forgets its input.
``x_shape`` asks for the shape of ``x`` alone. The arguments before the ``/`` of the function's signature are arrays;
those after it are settings (dims, shapes, indices), passed on as they are.

Called with tensors, an op computes and records. Called with plain arrays, as a rule is in a first-order backward
pass, it just computes. So the same line serves every order of derivative.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
from numpy import asarray, ndarray

from tinygrad_np._dtypes import DEFAULT, DType, float16, float32, float64, result_type
from tinygrad_np._graph._domain import Domain
from tinygrad_np._graph._mode import is_enabled
from tinygrad_np._graph._node import Array, Node, Value, next_birth, wrap

Rule = Callable[..., Any]


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
    function: Callable[..., Any] = field(init=False)  # what calls it
    needs: dict[str, tuple[str, ...]] = field(init=False)  # for each rule, the names it reads, after g
    rules: Iterable[Rule] = field(init=False)  # in the order of the edges
    picks: tuple[Callable[..., tuple[Any, ...]], ...] = field(init=False)  # for each rule, choose what it reads
    saves: bool = field(init=False)  # whether any rule reads anything that takes memory

    def __repr__(self) -> str:
        return f"<op {self.name}>"


OPS: dict[str, Op] = {}
UFUNCS: dict[np.ufunc, Callable[..., Any]] = {}  # what a NumPy ufunc applied to tensors calls

_SCALARS = frozenset({float, int, bool})
_FLOATS = frozenset({float32, float64})


# ---------------------------------------------------------------------------------------------------- promotion


def same(name: str, operands: tuple[Any, ...]) -> DType:
    """Bring the operands to the dtype in which they meet."""
    return result_type(*operands)


def floating(name: str, operands: tuple[Any, ...]) -> DType:
    """Bring the operands to the dtype in which they meet, integers to the default float."""
    dtype = result_type(*operands)
    return dtype if dtype.kind == "f" else DEFAULT


def as_is(name: str, operands: tuple[Any, ...]) -> None:
    """Take any dtype, also those that only store."""
    return


def equal(name: str, operands: tuple[Any, ...]) -> DType:
    """Refuse operands of different dtypes, as PyTorch's matrix products do."""
    dtypes = [x.dtype for x in operands if isinstance(x, ndarray)]
    if len(set(dtypes)) > 1:
        listed = " and ".join(str(dtype) for dtype in dtypes)
        raise RuntimeError(f"{name}: expected operands of one dtype, got {listed}; convert one with .to(dtype)")
    return dtypes[0]


# -------------------------------------------------------------------------------------------------- declaration


def op(
    name: str,
    forward: Callable[..., Any],
    /,
    *,
    domain: Domain | None = None,
    promotion: Callable[[str, tuple[Any, ...]], DType | None] = same,
    outputs: tuple[str, ...] = (),
    intermediates: dict[str, Rule] | None = None,
    doc: str = "",
    **rules: Rule,
) -> Callable[..., Any]:
    """Register an op and return the function that calls it.

    ``forward`` takes arrays and gives an array, or a tuple of them for several ``outputs``; with ``intermediates`` it
    gives (output, {name: array}). An op without rules (a comparison, say) is never recorded.
    """
    arrays, settings = _signature(forward)
    if arrays[0].startswith("*"):
        forward = _positional(forward, settings)
    self = Op(name, forward, arrays, settings, rules, outputs, intermediates or {}, promotion, domain)
    if name in OPS:
        raise ValueError(f"op {name} is declared twice")
    if rules and set(rules) != {a.lstrip("*") for a in arrays}:
        raise ValueError(f"op {name}: rules for {sorted(rules)}, but the arrays are {', '.join(arrays)}")
    self.needs = {array: tuple(inspect.signature(rule).parameters)[1:] for array, rule in rules.items()}
    self.picks = tuple(_pick(self, array) for array in rules)
    in_order = [_first_order(self, array) for array in rules]
    self.rules = repeat(in_order[0]) if arrays[0].startswith("*") and rules else tuple(in_order)
    kept = {*self.outputs, *self.intermediates, *(a.lstrip("*") for a in arrays), "y"}
    self.saves = any(need in kept for needs in self.needs.values() for need in needs)
    simple = not (outputs or intermediates or arrays[0].startswith("*"))
    short = {(1, False): _unary, (1, True): _unary_with_settings, (2, False): _binary}
    make = short.get((len(arrays), bool(settings)), _general) if simple else _general
    function = make(self)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    function.op = self  # type: ignore[attr-defined]  # the tests and explain find the declaration here
    self.function = function
    OPS[name] = self
    if isinstance(forward, np.ufunc):
        UFUNCS[forward] = function
    return function


def _signature(forward: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if isinstance(forward, np.ufunc):
        return (("x",) if forward.nin == 1 else ("a", "b")), ()
    arrays, settings = [], []
    for parameter in inspect.signature(forward).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            arrays.append(f"*{parameter.name}")
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            arrays.append(parameter.name)
        else:
            settings.append(parameter.name)
    return tuple(arrays), tuple(settings)


def _positional(forward: Callable[..., Any], settings: tuple[str, ...]) -> Callable[..., Any]:
    """Let what stands after a starred argument, and so has to be named, be passed by position."""
    end = -len(settings)
    return lambda *arguments: forward(*arguments[:end], **dict(zip(settings, arguments[end:], strict=True)))


def _pick(self: Op, array: str) -> Callable[..., tuple[Any, ...]]:
    """Return ``lambda y, *arguments: (what the rule of this array reads,)``, spelled out for speed."""
    starred = self.arrays[0].startswith("*")
    given = ["i"] if starred else [*self.arrays]
    wanted = list(self.needs[array])
    for need in self.needs[array]:  # an intermediate's expression needs its own arguments in higher orders
        if need in self.intermediates:
            wanted += inspect.signature(self.intermediates[need]).parameters
    chosen = [_expression(self, need) for need in wanted]
    parameters = ["y", *given, *self.settings, *self.intermediates]
    return eval(f"lambda {', '.join(parameters)}: ({''.join(f'{c}, ' for c in chosen)})")  # type: ignore[no-any-return]


def _expression(self: Op, need: str) -> str:
    if need in self.outputs:
        return f"y[{self.outputs.index(need)}]"
    array = need.removesuffix("_shape")
    return f"{array}.shape" if array != need and array in self.arrays else need


def _first_order(self: Op, array: str) -> Rule:
    """Return the rule as the walk calls it: without what was picked for higher orders only."""
    rule, read = self.derivatives[array], len(self.needs[array])
    if self.outputs:
        return lambda g, *picked: rule(g.complete(), *picked)
    if any(need in self.intermediates for need in self.needs[array]):
        return lambda g, *picked: rule(g, *picked[:read])
    return rule


# -------------------------------------------------------------------------------------------------------- calls
# The short forms differ from the general one only in speed: they take float32 and float64 tensors of one dtype (an
# operand of a binary op may be a Python number), and hand everything else on.


def _unary(self: Op) -> Callable[..., Any]:
    forward = self.forward
    pick = self.picks[0] if self.picks else None

    def call(input: Any) -> Any:
        if type(input) is ndarray:
            return forward(input)
        try:
            node = input.node
            x = input.array
        except AttributeError:
            return apply(self, input)
        dtype = x.dtype
        if dtype is not float32 and dtype is not float64:
            return apply(self, input)
        y = forward(x)
        if type(y) is not ndarray:
            y = asarray(y)
        if node is None or pick is None or not is_enabled():
            return wrap(y)
        return _record(self, y, (node,), (pick(y, x),))

    return call


def _unary_with_settings(self: Op) -> Callable[..., Any]:
    forward = self.forward
    pick = self.picks[0] if self.picks else None
    only_floats = self.promotion is not as_is

    def call(input: Any, *settings: Any) -> Any:
        if type(input) is ndarray:
            return forward(input, *settings)
        try:
            node = input.node
            x = input.array
        except AttributeError:
            return apply(self, input, *settings)
        if only_floats and x.dtype is not float32 and x.dtype is not float64:
            return apply(self, input, *settings)
        try:
            y = forward(x, *settings)
        except (ValueError, TypeError, IndexError) as error:
            raise failure(self, (input, *settings), error) from error
        if type(y) is not ndarray:
            y = asarray(y)
        if node is None or pick is None or not is_enabled():
            return wrap(y)
        return _record(self, y, (node,), (pick(y, x, *settings),))

    return call


def _binary(self: Op) -> Callable[..., Any]:
    forward = self.forward
    pick_a, pick_b = self.picks if self.picks else (None, None)

    def call(input: Any, other: Any) -> Any:
        try:
            if type(other) in _SCALARS:
                node_a, node_b = input.node, None
                a, b = input.array, other
                dtype = a.dtype
            elif type(input) in _SCALARS:
                node_a, node_b = None, other.node
                a, b = input, other.array
                dtype = b.dtype
            else:
                node_a = input.node
                node_b = other.node
                a = input.array
                b = other.array
                dtype = a.dtype
                if b.dtype is not dtype:
                    return apply(self, input, other)
        except AttributeError:
            return apply(self, input, other)
        if dtype is not float32 and dtype is not float64:
            return apply(self, input, other)
        try:
            y = forward(a, b)
        except (ValueError, TypeError) as error:
            raise failure(self, (input, other), error) from error
        if type(y) is not ndarray:
            y = asarray(y)
        if node_a is None:
            if node_b is None or pick_b is None or not is_enabled():
                return wrap(y)
            return _record(self, y, (None, node_b), (None, pick_b(y, a, b)))
        if pick_a is None or not is_enabled():
            return wrap(y)
        if node_b is None:
            return _record(self, y, (node_a, None), (pick_a(y, a, b), None))
        return _record(self, y, (node_a, node_b), (pick_a(y, a, b), pick_b(y, a, b)))

    return call


def _record(self: Op, y: Array, edges: tuple[Any, ...], saved: tuple[Any, ...]) -> Any:
    """Return the output ``y`` as a value that remembers how it was made."""
    node = Node()
    node.op = self
    node.edges = edges
    node.saved = saved
    node.birth = next_birth()
    node.shape = y.shape
    node.dtype = y.dtype
    node.hooks = None
    return wrap(y, node)


def _general(self: Op) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return apply(self, *arguments)

    return call


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
    except (ValueError, TypeError, IndexError) as error:
        raise failure(self, arguments, error) from error
    y, intermediates = result if self.intermediates else (result, {})
    if not self.outputs:
        y = asarray(y)
    if not (self.picks and is_enabled()) or edges.count(None) == len(edges):
        return tuple(map(wrap, y)) if self.outputs else wrap(y)
    if self.arrays[0].startswith("*"):
        pick = self.picks[0]
        saved = tuple(None if node is None else pick(y, i, *settings) for i, node in enumerate(edges))
    else:
        values = (y, *arrays, *settings, *intermediates.values())
        saved = tuple(None if node is None else pick(*values) for node, pick in zip(edges, self.picks, strict=True))
    return _record_several(self, y, edges, saved) if self.outputs else _record(self, y, edges, saved)


def _plain(self: Op, operands: tuple[Any, ...], settings: tuple[Any, ...]) -> Any:
    """Compute on arrays and numbers, as rules do in a first-order pass; numbers stay numbers, and so stay weak."""
    result = self.forward(*operands, *settings)
    y = result[0] if self.intermediates else result
    return y.item() if all(type(x) in _SCALARS for x in operands) else y


def _promoted(self: Op, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    for x in operands:
        if not isinstance(x, (Value, ndarray, np.generic, int, float)):
            names = ", ".join(self.arrays)
            raise TypeError(f"{self.name}: {names} must be tensors, arrays or real numbers, got {type(x).__name__}")
    operands = tuple(x.item() if isinstance(x, np.generic) else x for x in operands)  # NumPy's scalars are weak too
    dtype = self.promotion(self.name, tuple(x.array if isinstance(x, Value) else x for x in operands))
    if dtype is None:
        return operands
    if dtype == float16 and self.picks:
        raise TypeError(f"{self.name}: float16 can be stored and converted, but not computed with; use .float() first")
    return tuple(_cast(x, dtype) for x in operands)


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


# ------------------------------------------------------------------------------------------------ several outputs


class Cotangents:
    """The gradients of an op's several outputs, gathered; added up like a single gradient is."""

    __slots__ = ("parts", "shape")
    dtype = None  # as on the node of such an op, so that the walk has nothing to fit

    def __init__(self, parts: dict[int, Any], shape: tuple[Any, ...]) -> None:
        self.parts = parts
        self.shape = shape  # (shape, dtype) of every output

    def __add__(self, other: Cotangents) -> Cotangents:
        parts = dict(self.parts)
        for i, g in other.parts.items():
            parts[i] = parts[i] + g if i in parts else g
        return Cotangents(parts, self.shape)

    def complete(self) -> tuple[Any, ...]:
        """Return one gradient for each output, zeros where none came."""
        return tuple(self.parts[i] if i in self.parts else np.zeros(*like) for i, like in enumerate(self.shape))


class _Output:
    """The pseudo-op between an op of several outputs and one of them: it passes the gradient to its place."""

    name = "output"
    derivatives = {"x": lambda g, i, shape: Cotangents({i: g}, shape)}  # noqa: RUF012  # a constant table
    rules = tuple(derivatives.values())
    needs = {"x": ("i", "shape")}  # noqa: RUF012
    arrays = ("x",)
    outputs = intermediates = ()
    saves = False


def _record_several(self: Op, y: tuple[Array, ...], edges: tuple[Any, ...], saved: tuple[Any, ...]) -> Any:
    """Return the outputs as values that remember how they were made; those that are not floats are constants."""
    node = Node()
    node.op = self
    node.edges = edges
    node.saved = saved
    node.birth = next_birth()
    node.shape = tuple((each.shape, each.dtype) for each in y)
    node.dtype = None
    node.hooks = None
    return tuple(wrap(each, _output(node, i) if each.dtype.kind == "f" else None) for i, each in enumerate(y))


def _output(node: Node, i: int) -> Node:
    output = Node()
    output.op = _Output
    output.edges = (node,)
    output.saved = ((i, node.shape),)
    output.birth = next_birth()
    output.shape, output.dtype = node.shape[i]
    output.hooks = None
    return output


# -------------------------------------------------------------------------------------------------- higher orders


def recorded(node: Node, position: int, g: Any) -> Any:
    """Apply the rule of one edge to tensors, so that what it computes is recorded."""
    self = node.op
    array = self.arrays[0 if self.arrays[0].startswith("*") else position].lstrip("*")
    picked = iter(node.saved[position])
    arguments = {}
    waiting = []
    for need in self.needs[array]:
        arguments[need] = _as_recorded(node, need, next(picked))
        if need in self.intermediates:
            waiting.append(need)
    for need in waiting:  # replace a saved intermediate by its expression
        expression = self.intermediates[need]
        names = inspect.signature(expression).parameters
        arguments[need] = expression(*(_as_recorded(node, name, next(picked)) for name in names))
    return self.derivatives[array](g.complete() if self.outputs else g, *arguments.values())


def _as_recorded(node: Node, need: str, saved: Any) -> Any:
    """Give a saved array the node that it came from."""
    self = node.op
    if need == "y":
        return wrap(saved, node)
    if need in self.outputs:
        i = self.outputs.index(need)
        return wrap(saved, _output(node, i) if saved.dtype.kind == "f" else None)
    if need in self.arrays and isinstance(saved, ndarray):
        return wrap(saved, node.edges[self.arrays.index(need)])
    return saved
