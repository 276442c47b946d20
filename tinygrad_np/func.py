"""Functions of functions, as in ``torch.func``: a function in, the function that computes its derivative out.

They compose: ``grad(grad(f))`` is a second derivative. Where an argument is differentiated, it may be a tensor, or a
tuple, list or dict of them (of any depth), and so is its derivative. What a derivative depends on by other ways than
its arguments, a tensor that the function refers to, say, keeps its history.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_np._graph import Value, enable_grad, is_grad_enabled, wrap
from tinygrad_np._graph import grad as gradients_of
from tinygrad_np._graph._walk import reachable
from tinygrad_np.autograd.functional import variable
from tinygrad_np.autograd.trees import flattened, mapped
from tinygrad_np.nn.module import Module
from tinygrad_np.ops import movement

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "value_and_grad",
    "vjp",
]

Function = Callable[..., Any]


def grad(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """Return the function that computes the gradient of ``func``, which returns one number.

    Parameters
    ----------
    func : function
        Returns a 0-d tensor; with `has_aux` a pair of that and of whatever else is wanted.
    argnums : int or tuple of int
        By which arguments to differentiate.
    has_aux : bool
        Whether the new function returns a pair of the gradient and what `func` returned second.

    Returns
    -------
    function
        Of the same arguments. Its gradient is shaped like the argument; a tuple of them for a tuple of `argnums`.

    Raises
    ------
    RuntimeError
        If `func` returns something else than a 0-d tensor.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.func.grad(lambda x: x**3)(tg.tensor(2.0))
    tensor(12.)
    >>> tg.func.grad(tg.func.grad(lambda x: x**3))(tg.tensor(2.0))
    tensor(12.)
    """
    both = _gradient_and_value("grad", func, argnums, has_aux)

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return call


def grad_and_value(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """Return the function that computes the gradient of ``func`` and its value, in this order; see ``grad``.

    With ``has_aux`` the value is the pair that ``func`` returned.

    >>> import tinygrad_np as tg
    >>> tg.func.grad_and_value(lambda x: x**3)(tg.tensor(2.0))
    (tensor(12.), tensor(8.))
    """
    return functools.wraps(func)(_gradient_and_value("grad_and_value", func, argnums, has_aux))


def value_and_grad(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """Return the function that computes the value of ``func`` and its gradient: JAX's order of ``grad_and_value``.

    >>> import tinygrad_np as tg
    >>> tg.func.value_and_grad(lambda x: x**3)(tg.tensor(2.0))
    (tensor(8.), tensor(12.))
    """
    both = _gradient_and_value("value_and_grad", func, argnums, has_aux)
    return functools.wraps(func)(lambda *args, **kwargs: both(*args, **kwargs)[::-1])


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return the output of ``func(*primals)``, and the function that takes gradients of it back to the primals.

    That function takes what is shaped like the output, and returns a tuple with one gradient for each primal. It may be
    called more than once. With ``has_aux``, ``func`` returns a pair, whose second part is returned third.

    >>> import tinygrad_np as tg
    >>> output, back = tg.func.vjp(lambda x: x**2, tg.tensor([1.0, 2.0]))
    >>> back(tg.tensor([1.0, 10.0]))
    (tensor([ 2., 40.]),)
    """
    call = _Call("vjp", func, primals, {}, tuple(range(len(primals))), has_aux)

    def back(cotangents: Any) -> Any:
        return call.gradients(call.outputs, call.cotangents(cotangents), keep=True)

    return (call.given(call.returned), back, call.given(call.aux)) if has_aux else (call.given(call.returned), back)


def jvp(func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> tuple[Any, ...]:
    """Return the output of ``func(*primals)``, and how it changes when the primals move along the ``tangents``.

    ``primals`` and ``tangents`` are tuples. It takes two backward passes, since there is no forward mode. With
    ``strict`` an output that does not depend on the primals is an error; with ``has_aux``, ``func`` returns a pair,
    whose second part is returned third.

    >>> import tinygrad_np as tg
    >>> tg.func.jvp(lambda x: x**2, (tg.tensor([1.0, 2.0]),), (tg.tensor([1.0, 10.0]),))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple) or len(primals) != len(tangents):
        raise RuntimeError("jvp: primals and tangents must be tuples of one length")
    call = _Call("jvp", func, primals, {}, tuple(range(len(primals))), has_aux)
    moves = _like(call.inputs, flattened(tangents)[0], "jvp: tangents")
    if strict and any(output.node is None for output in call.outputs):
        raise RuntimeError("jvp: an output is independent of the primals; this is not allowed with strict=True")
    found = call.pushed(moves)
    output = call.given(call.returned)
    return (output, found, call.given(call.aux)) if has_aux else (output, found)


def jacrev(
    func: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Function:
    """Return the function that computes the Jacobian of ``func``, of shape ``(*output, *argument)``, row by row.

    It takes a backward pass for each entry of the output. ``chunk_size`` changes nothing.

    >>> import tinygrad_np as tg
    >>> tg.func.jacrev(lambda x: x**2)(tg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    return _jacobian("jacrev", func, argnums, has_aux, _Call.by_rows)


def jacfwd(
    func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Function:
    """Return the function that computes the Jacobian of ``func``, of shape ``(*output, *argument)``, column by column.

    There is no forward mode: a column is a ``jvp``, which differentiates a recorded backward pass by the gradient that
    goes into it. So it takes a backward pass for each entry of the argument, and suits outputs larger than arguments.
    ``randomness`` changes nothing.

    >>> import tinygrad_np as tg
    >>> tg.func.jacfwd(lambda x: x**2)(tg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    return _jacobian("jacfwd", func, argnums, has_aux, _Call.by_columns)


def hessian(func: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Return the function that computes the Hessian of ``func``, of shape ``(*output, *argument, *argument)``.

    >>> import tinygrad_np as tg
    >>> tg.func.hessian(lambda x: (x**3).sum())(tg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other tensors in the place of its parameters and buffers, by their paths.

    Those not given stay; with ``strict`` that is an error. A tensor that the module has at several paths is replaced at
    all of them, unless ``tie_weights`` is False. A path that the module does not have is an error.

    >>> import tinygrad_np as tg
    >>> layer = tg.nn.Linear(1, 1, bias=False)
    >>> loss = lambda weights: tg.func.functional_call(layer, weights, tg.tensor([[3.0]])).sum()
    >>> tg.func.grad(loss)({"weight": tg.tensor([[5.0]])})
    {'weight': tensor([[3.]])}
    """
    dicts = parameter_and_buffer_dicts
    given: dict[str, Any] = {}
    for each in (dicts,) if isinstance(dicts, Mapping) else dicts:
        for path, tensor in each.items():
            if path in given:
                raise ValueError(f"functional_call: {path!r} is given twice")
            given[path] = tensor
    places = {path: (owner, name) for path, owner, name in module._places()}
    if unexpected := sorted(given.keys() - places.keys()):
        error = RuntimeError if strict else KeyError
        raise error(f"functional_call: {type(module).__name__} has no parameter or buffer {', '.join(unexpected)}")
    put = _tied(given, places) if tie_weights else given
    if strict and (missing := sorted(places.keys() - put.keys())):
        raise RuntimeError(f"functional_call: with strict=True, these are missing: {', '.join(missing)}")
    before = {path: places[path][0].__dict__[places[path][1]] for path in put}
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        for path, tensor in put.items():
            places[path][0].__dict__[places[path][1]] = tensor
        return module(*args, **(kwargs or {}))
    finally:
        for path, tensor in before.items():
            places[path][0].__dict__[places[path][1]] = tensor


def _tied(given: dict[str, Any], places: dict[str, tuple[Module, str]]) -> dict[str, Any]:
    """Return what is given at one of several paths of a tensor for all of them."""
    own = {path: owner.__dict__[name] for path, (owner, name) in places.items()}
    put: dict[str, Any] = {}
    for path, tensor in given.items():
        for other in (place for place, tensor_there in own.items() if tensor_there is own[path]):
            if given.get(other, tensor) is not tensor:
                raise ValueError(f"functional_call: {path!r} and {other!r} are one tensor, but got different ones")
            put[other] = tensor
    return put


# -------------------------------------------------------------------------------------------------------------- a call


class _Call:
    """One call of a function: the leaves of its differentiated arguments, its outputs, and gradients between them."""

    def __init__(
        self, name: str, func: Function, args: Any, kwargs: Any, argnums: int | tuple[int, ...], has_aux: bool
    ) -> None:
        self.name = name
        self.several = isinstance(argnums, tuple)
        numbers = argnums if isinstance(argnums, tuple) else (argnums,)
        for i in numbers:
            if not -len(args) <= i < len(args):
                raise RuntimeError(f"{name}: argnums has {i}, but {len(args)} positional arguments were given")
        places = [i % len(args) for i in numbers]
        if len(set(places)) < len(places):
            raise RuntimeError(f"{name}: argnums has an argument twice, {argnums}")
        given, self.shape = flattened(tuple(args[i] for i in places))
        for x in given:
            if not isinstance(x, Value):
                raise TypeError(f"{name}: expected tensors to differentiate by, got {type(x).__name__}")
        self.recording = is_grad_enabled()
        with enable_grad():
            self.inputs = [variable(x, self.recording) for x in given]
            self._own = {x.node for x in self.inputs if x.is_leaf}
            put = dict(zip(places, self.shape(self.inputs), strict=True))
            returned = func(*(put.get(i, arg) for i, arg in enumerate(args)), **kwargs)
        self.aux: Any = None
        if has_aux:
            if not isinstance(returned, tuple) or len(returned) != 2:
                raise RuntimeError(f"{name}: with has_aux the function must return a pair (output, aux)")
            returned, self.aux = returned
        self.returned = returned
        self.outputs, self.output_shape = flattened(returned)
        for y in self.outputs:
            if not isinstance(y, Value):
                raise RuntimeError(f"{name}: the function must return tensors, got {type(y).__name__}")

    @functools.cached_property
    def differentiable(self) -> bool:
        """Whether anything but this call's own variables has a use for the history of the result."""
        nodes = [y.node for y in self.outputs if y.node is not None]
        return self.recording and any(leaf not in self._own for leaf in reachable(nodes)[1])

    def given(self, tree: Any) -> Any:
        """Return outputs without the history that ends in this call's own variables."""

        def cut(x: Any) -> Any:
            if not isinstance(x, Value) or x.node is None:
                return x
            keeps = self.recording and any(leaf not in self._own for leaf in reachable([x.node])[1])
            return x if keeps else wrap(x.array)

        return mapped(cut, tree)

    def cotangents(self, tree: Any) -> list[Any]:
        """Return the gradients of the outputs that a user gave."""
        return _like(self.outputs, flattened(tree)[0], f"{self.name}: cotangents")

    def gradients(self, outputs: list[Any], weights: list[Any] | None, keep: bool = False) -> Any:
        """Return the gradients of weighted outputs, in the shape of the arguments; zeros where there is none."""
        recording = self.differentiable or any(w.node is not None for w in weights or () if self.recording)
        found = _grad_or_zeros(outputs, self.inputs, weights, keep or recording, recording)
        return self.shape(found if recording else [wrap(g.array) for g in found])

    def pushed(self, moves: list[Any]) -> Any:
        """Return the derivative of the outputs along a direction of the inputs."""
        return self.output_shape([self.given(each) for each in self._pushed(moves)])

    @functools.cached_property
    def _transposed(self) -> tuple[list[Any], list[Any]]:
        """The gradients of the outputs weighted with variables, and these variables."""
        with enable_grad():
            weights = [wrap(np.zeros_like(y.array)).requires_grad_() for y in self.outputs]
            return _grad_or_zeros(self.outputs, self.inputs, weights, True, True), weights

    def _pushed(self, moves: list[Any]) -> list[Any]:
        slopes, weights = self._transposed
        recording = self.differentiable or any(m.node is not None for m in moves if self.recording)
        return _grad_or_zeros(slopes, weights, moves, True, recording)

    def by_rows(self) -> Any:
        """Return the Jacobian of each output by each input, from a backward pass for each entry of the outputs."""
        rows = []
        for y in self.outputs:
            found = [flattened(self.gradients([y], [seed], keep=True))[0] for seed in _basis(y)]
            rows.append([_stacked([row[j] for row in found], y, x) for j, x in enumerate(self.inputs)])
        return rows

    def by_columns(self) -> Any:
        """Return the same from a backward pass for each entry of the inputs."""
        columns = []
        for j, x in enumerate(self.inputs):
            zeros = [wrap(np.zeros_like(other.array)) for other in self.inputs]
            found = [self._pushed([*zeros[:j], seed, *zeros[j + 1 :]]) for seed in _basis(x)]
            moved = [[self.given(column[i]) for column in found] for i in range(len(self.outputs))]
            columns.append([_stacked(each, x, y, True) for each, y in zip(moved, self.outputs, strict=True)])
        return [list(row) for row in zip(*columns, strict=True)]


def _gradient_and_value(name: str, func: Function, argnums: int | tuple[int, ...], has_aux: bool) -> Function:
    def call(*args: Any, **kwargs: Any) -> Any:
        run = _Call(name, func, args, kwargs, argnums, has_aux)
        value = run.returned
        if not isinstance(value, Value) or value.array.shape:
            shape = f" of shape {value.array.shape}" if isinstance(value, Value) else ""
            raise RuntimeError(
                f"{name}: expected the function to return a 0-d tensor, got {type(value).__name__}{shape}; "
                "use vjp or jacrev for more than one number"
            )
        found = run.gradients([value], None)
        value = run.given(value)
        return found if run.several else found[0], (value, run.given(run.aux)) if has_aux else value

    return call


def _jacobian(
    name: str, func: Function, argnums: int | tuple[int, ...], has_aux: bool, matrices: Callable[[_Call], Any]
) -> Function:
    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        run = _Call(name, func, args, kwargs, argnums, has_aux)
        rows = [run.shape(row) for row in matrices(run)]
        found = run.output_shape(rows if run.several else [row[0] for row in rows])
        return (found, run.given(run.aux)) if has_aux else found

    return call


def _grad_or_zeros(
    outputs: list[Any], inputs: list[Any], weights: list[Any] | None, keep: bool, recording: bool
) -> list[Any]:
    pairs = zip(outputs, weights or [None] * len(outputs), strict=True)
    live = [(y, w) for y, w in pairs if y.node is not None]
    if not live:
        return [wrap(np.zeros_like(x.array)) for x in inputs]
    some, their_weights = zip(*live, strict=True)
    with enable_grad():
        return list(gradients_of(some, inputs, their_weights, keep, recording, materialize_grads=True))


def _like(tensors: list[Any], given: list[Any], what: str) -> list[Any]:
    """Check that tensors have the shapes of others."""
    shapes = [x.array.shape if isinstance(x, Value) else type(x).__name__ for x in given]
    expected = [x.array.shape for x in tensors]
    if shapes != expected:
        raise RuntimeError(f"{what} have shapes {shapes}, expected {expected}")
    return given


def _basis(x: Any) -> Any:
    """Yield, for each entry, the tensor that is 1 there and else 0."""
    for place in range(x.array.size):
        one = np.zeros_like(x.array)
        one.flat[place] = 1
        yield wrap(one)


def _stacked(parts: list[Any], along: Any, like: Any, last: bool = False) -> Any:
    """Join one tensor for each entry of ``along``, whose dims come first, or ``last``, in the result."""
    shape = (*along.array.shape, *like.array.shape)
    if not parts:
        return wrap(np.zeros((*like.array.shape, *along.array.shape) if last else shape, like.array.dtype))
    joined = movement.reshape(movement.stack(parts), shape)
    ndim = along.array.ndim
    return movement.permute(joined, (*range(ndim, joined.array.ndim), *range(ndim))) if last else joined
