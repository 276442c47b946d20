"""The two ways to ask for gradients: ``backward`` adds them to the leaves, ``grad`` returns them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from tinygrad_np._dtypes import float32
from tinygrad_np._graph._hooks import run_post_accumulate
from tinygrad_np._graph._mode import set_grad_enabled
from tinygrad_np._graph._node import Node, Value, wrap
from tinygrad_np._graph._op import OPS
from tinygrad_np._graph._walk import walk
from tinygrad_np._graph._writes import mark_written

_commit = threading.Lock()


def backward(
    tensors: Value | Sequence[Value],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Value | Sequence[Value] | None = None,
) -> None:
    """Add the gradient of ``tensors`` to the ``grad`` of every leaf they depend on (or of ``inputs`` only).

    ``grad_tensors`` are the gradients of what follows with respect to each tensor; a scalar needs none. The graph is
    freed unless ``retain_graph`` (by default, ``create_graph``, which makes the gradients differentiable) keeps it.
    The gradients are added when all are known: a rule that raises leaves every ``grad`` as it was.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> tg.autograd.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    seeds = None
    if grad_tensors is None and not create_graph and isinstance(tensors, Value):  # what training calls, made quick
        array, node = tensors.array, tensors.node
        if array.dtype is float32 and not array.shape and node is not None:
            seeds = [(node, _ONE)]
            given = {id(_ONE)}
    if seeds is None:
        seeds = seeds_of(_as_tuple(tensors), grad_tensors, create_graph, "backward")
        given = _ids(seeds)
    keep = create_graph if retain_graph is None else retain_graph
    wanted = None if inputs is None else {_node_of(t, i, "backward"): t for i, t in enumerate(_as_tuple(inputs))}
    if wanted is not None and not wanted:
        raise RuntimeError("backward: inputs is empty; leave it out to reach all leaves")
    arrived = walk(seeds, create_graph=create_graph, retain_graph=keep, wanted=wanted)
    owners, hooked = [], []
    with _commit:
        for node, g in arrived.items():
            owner = node.owner() if wanted is None else wanted[node]
            if owner is None:  # the leaf's tensor is gone
                continue
            if owner.grad is not None:
                _check_grad(owner)
            owners.append((owner, g))
            if node.hooks:
                hooked.append(owner)
        ids = set(map(id, arrived.values()))
        apart = len(ids) == len(arrived) and given.isdisjoint(ids)  # as a rule: no array was handed out twice
        if create_graph:
            with set_grad_enabled(True):
                _add_to_grads(owners, given, apart)
        else:
            _add_to_grads(owners, given, apart)
    for owner in hooked:
        run_post_accumulate(owner)


def _add_to_grads(owners: list[tuple[Any, Any]], given: set[int], apart: bool) -> None:
    for owner, g in owners:
        if owner.grad is not None:
            _accumulate(owner, g)
        elif apart and type(g) is ndarray and g.base is None:
            owner.grad = wrap(g)
        else:
            owner.grad = _unshared(g, given)


def _check_grad(owner: Any) -> None:
    """Refuse to add to a ``grad`` that somebody set to what no gradient of this tensor is."""
    grad, array = owner.grad, owner.array
    if not isinstance(grad, Value):
        raise TypeError(f"backward: the grad of a tensor was set to {type(grad).__name__}; expected a tensor or None")
    if grad.array.shape != array.shape or grad.array.dtype != array.dtype or not grad.array.flags.writeable:
        kind = "" if grad.array.flags.writeable else ", read-only"
        raise RuntimeError(
            f"backward: the grad of a tensor of shape {array.shape} and dtype {array.dtype} was set to one of shape "
            f"{grad.array.shape} and dtype {grad.array.dtype}{kind}; set it to None, or to zeros_like(tensor)"
        )


def _accumulate(owner: Any, g: Any) -> None:
    if isinstance(g, Value) or owner.grad.node is not None:
        owner.grad = owner.grad + g
    else:
        owner.grad.array += g
        mark_written(owner.grad.array)


def _ids(seeds: list[tuple[Node, Any]]) -> set[int]:
    return {id(g.array if isinstance(g, Value) else g) for _, g in seeds}


def _unshared(g: Any, given: set[int]) -> Any:
    """Wrap a gradient so that it shares its memory with no other one: as it is if it must be fresh, else copied.

    A rule that passes ``g`` on hands out one array twice (``given`` has the ids of those handed out before), and one
    that reshapes hands out a view (whose base is another array). Anything else is the result of a computation.
    """
    if type(g) is ndarray:
        if g.base is not None or id(g) in given:
            g = g.copy()
        given.add(id(g))
        return wrap(g)
    if isinstance(g, Value):
        if g.array.base is not None or id(g.array) in given:
            g = OPS["clone"].function(g)
        given.add(id(g.array))
        return g
    return wrap(np.asarray(g))  # one of NumPy's scalars


def grad(
    outputs: Value | Sequence[Value],
    inputs: Value | Sequence[Value],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """Return the gradient of ``outputs`` with respect to each of ``inputs``, leaves or not; no ``grad`` is touched.

    An input that the outputs do not depend on is an error; with ``allow_unused`` its gradient is None, with
    ``materialize_grads`` zeros. The other arguments are those of ``backward``.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> (slope,) = tg.autograd.grad(x**3, x, create_graph=True)
    >>> tg.autograd.grad(slope, x)
    (tensor(18.),)
    """
    wanted = _as_tuple(inputs)
    nodes = [_node_of(t, i, "grad") for i, t in enumerate(wanted)]
    seeds = seeds_of(_as_tuple(outputs), grad_outputs, create_graph, "grad")
    keep = create_graph if retain_graph is None else retain_graph
    arrived = walk(seeds, create_graph=create_graph, retain_graph=keep, wanted=nodes)
    given = _ids(seeds)
    results: list[Any] = []
    for i, (node, tensor) in enumerate(zip(nodes, wanted, strict=True)):
        if node in arrived:
            with set_grad_enabled(create_graph):
                results.append(_unshared(arrived[node], given))
        elif materialize_grads:
            results.append(wrap(np.zeros_like(tensor.array)))
        elif allow_unused:
            results.append(None)
        else:
            raise RuntimeError(
                f"grad: inputs[{i}] of shape {tensor.array.shape} was not used to compute the outputs; "
                "pass allow_unused=True to get None for it"
            )
    return tuple(results)


def _as_tuple(tensors: Value | Sequence[Value]) -> tuple[Value, ...]:
    return (tensors,) if isinstance(tensors, Value) else tuple(tensors)


def _node_of(tensor: Value, i: int, name: str) -> Node:
    if not isinstance(tensor, Value):
        raise TypeError(f"{name}: inputs[{i}] must be a tensor, got {type(tensor).__name__}")
    if tensor.node is None:
        raise RuntimeError(f"{name}: inputs[{i}] of shape {tensor.array.shape} does not require grad")
    return tensor.node


def seeds_of(tensors: tuple[Value, ...], gradients: Any, create_graph: bool, name: str) -> list[tuple[Node, Any]]:
    """Check the gradients of the outputs, and make the 1 of a scalar."""
    if gradients is None:
        gradients = [None] * len(tensors)
    elif not isinstance(gradients, (list, tuple)):
        gradients = [gradients]
    if len(gradients) != len(tensors):
        raise RuntimeError(f"{name}: got {len(gradients)} gradients for {len(tensors)} tensors")
    seeds = []
    for i, (tensor, gradient) in enumerate(zip(tensors, gradients, strict=True)):
        array = tensor.array
        if tensor.node is None:
            raise RuntimeError(_CONSTANT.format(name, i))
        if gradient is None:
            if array.size != 1:
                raise RuntimeError(
                    f"{name}: grad can be implicitly created only for scalar outputs; for a tensor of shape "
                    f"{array.shape} pass gradient=, a tensor of that shape, or reduce it first, with .sum() or .mean()"
                )
            seed = np.ones(array.shape, array.dtype)
            seeds.append((tensor.node, wrap(seed) if create_graph else seed))
            continue
        if not isinstance(gradient, Value):
            raise TypeError(f"{name}: gradient must be a tensor, got {type(gradient).__name__}")
        if gradient.array.shape != array.shape:
            raise RuntimeError(
                f"{name}: gradient has shape {gradient.array.shape}, but element {i} of tensors has {array.shape}"
            )
        if gradient.array.dtype != array.dtype:
            gradient = OPS["to"].function(gradient, array.dtype)
        seeds.append((tensor.node, gradient if create_graph else gradient.array))
    return seeds


_CONSTANT = (
    "{}: element {} of tensors does not require grad and does not have a grad_fn; "
    "no tensor that requires grad took part in it, or it was computed under no_grad"
)
_ONE = np.ones((), float32)  # the derivative of a loss with respect to itself
_ONE.flags.writeable = False
