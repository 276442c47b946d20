"""Products with the Jacobian and the Hessian of a function, and these matrices themselves, at given inputs.

All of it is ``autograd.grad``, once or twice: there is no forward mode. A product ``J v`` comes from two backward
passes: the first computes ``J^T w`` with ``create_graph``, which is linear in ``w``; the second differentiates it by
``w``. Wherever inputs or outputs may be a tensor or a tuple, so is what is returned for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_np._graph import OPS, Value, enable_grad, grad, is_grad_enabled, set_grad_enabled, wrap
from tinygrad_np.ops import movement

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = tuple[Any, ...]


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the outputs of ``func(*inputs)`` and the product ``v^T J`` of a vector with its Jacobian.

    ``v`` has the outputs' shapes; a single output of one entry needs none. With ``create_graph`` both results can be
    differentiated. With ``strict`` an output that does not depend on an input is an error, not a zero.

    >>> import tinygrad_np as tg
    >>> tg.autograd.functional.vjp(lambda x: x**2, tg.tensor([1.0, 2.0]), tg.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    run = _Run("vjp", func, inputs, create_graph, strict)
    weights = run.vector(v, run.outputs, run.several_outputs, "the function returns")
    found = run.filled(run.last(run.outputs, run.inputs, weights), run.inputs, "the output", "of input {}")
    return run.given(run.outputs, run.several_outputs), run.given(found, run.several_inputs)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the outputs of ``func(*inputs)`` and the product ``J v`` of its Jacobian with a vector.

    ``v`` has the inputs' shapes; a single input of one entry needs none. ``create_graph`` and ``strict`` are those of
    ``vjp``. It takes two backward passes.

    >>> import tinygrad_np as tg
    >>> tg.autograd.functional.jvp(lambda x: x**2, tg.tensor([1.0, 2.0]), tg.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    run = _Run("jvp", func, inputs, create_graph, strict)
    direction = run.vector(v, run.inputs, run.several_inputs, "there is")
    with enable_grad():
        weights = _leaves_of_zeros(run.outputs)
        slopes = run.checked(_gradients(run.outputs, run.inputs, weights, True), "The gradient with respect to input")
    found = run.filled(run.last(slopes, weights, direction), run.outputs, "the gradient", "of entry {} of v")
    return run.given(run.outputs, run.several_outputs), run.given(found, run.several_outputs)


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the output of ``func(*inputs)``, one number, and the product ``v^T H`` with its Hessian.

    ``v`` has the inputs' shapes; a single input of one entry needs none. It takes two backward passes.

    >>> import tinygrad_np as tg
    >>> tg.autograd.functional.vhp(lambda x: (x**3).sum(), tg.tensor([1.0, 2.0]), tg.tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    run = _Run("vhp", func, inputs, create_graph, strict)
    direction = run.vector(v, run.inputs, run.several_inputs, "there is")
    slopes = run.slopes()
    found = run.filled(run.last(slopes, run.inputs, direction), run.inputs, "the jacobian", "of input {}")
    return run.given(run.outputs, False), run.given(found, run.several_inputs)


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the output of ``func(*inputs)``, one number, and the product ``H v`` of its Hessian with a vector.

    Where the Hessian is symmetric, and it nearly always is, this is what ``vhp`` returns with a pass less.

    >>> import tinygrad_np as tg
    >>> tg.autograd.functional.hvp(lambda x: (x**3).sum(), tg.tensor([1.0, 2.0]), tg.tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    run = _Run("hvp", func, inputs, create_graph, strict)
    direction = run.vector(v, run.inputs, run.several_inputs, "there is")
    slopes = run.slopes()
    with enable_grad():
        weights = _leaves_of_zeros(run.inputs)
        products = run.checked(_gradients(slopes, run.inputs, weights, True), "The hessian with respect to input")
    found = run.filled(run.last(products, weights, direction), run.inputs, "the hessian", "of entry {} of v")
    return run.given(run.outputs, False), run.given(found, run.several_inputs)


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian of ``func`` at ``inputs``: for each output and input, of shape ``(*output, *input)``.

    It takes one backward pass for each entry of the outputs. ``vectorize`` changes nothing; there is no forward mode.

    >>> import tinygrad_np as tg
    >>> tg.autograd.functional.jacobian(lambda x: x**2, tg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy != "reverse-mode":
        forward = strategy == "forward-mode"
        reason = "there is no forward mode here; func.jacfwd computes the same by columns" if forward else "unknown"
        raise NotImplementedError(f"jacobian: strategy={strategy!r}: {reason}; use 'reverse-mode'")
    run = _Run("jacobian", func, inputs, create_graph, strict)
    rows = tuple(run.rows(i) for i in range(len(run.outputs)))
    by_output = tuple(run.given(row, run.several_inputs) for row in rows)
    return by_output if run.several_outputs else by_output[0]


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the Hessian of ``func``, which returns one number: for each pair of inputs, of shape ``(*one, *other)``.

    The arguments are those of ``jacobian``, of which this is the Jacobian.

    >>> import tinygrad_np as tg
    >>> tg.autograd.functional.hessian(lambda x: (x**3).sum(), tg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def slopes(*values: Any) -> Any:
        run = _Run("hessian", func, values, True, strict)
        return tuple(found.reshape(value.array.shape) for found, value in zip(run.slopes(True), values, strict=True))

    several, given = as_tuple(inputs, "inputs", "hessian")
    found = jacobian(slopes, given, create_graph, strict, vectorize, outer_jacobian_strategy)
    return found if several else found[0][0]


# -------------------------------------------------------------------------------------------------------------- a call


class _Run:
    """One call of the function, and what is asked of it: its inputs and outputs, as tuples, and how to return them."""

    def __init__(self, name: str, func: Callable[..., Any], inputs: Any, create_graph: bool, strict: bool) -> None:
        self.name = name
        self.create_graph = create_graph
        self.strict = strict
        self.several_inputs, inputs = as_tuple(inputs, "inputs", name)
        with enable_grad():
            self.inputs = tuple(variable(x, create_graph) for x in inputs)
            returned = func(*self.inputs)
        self.several_outputs, self.outputs = as_tuple(returned, "the outputs of the function", name)
        self.checked(self.outputs, "Output")

    def vector(self, v: Any, like: Tensors, several: bool, where: str) -> Tensors | None:
        """Return the vector of a product as a tuple; None, if a single entry needs none."""
        if v is None:
            if len(like) != 1 or like[0].array.size != 1:
                raise RuntimeError(f"{self.name}: v can be left out only if {where} a single tensor of one entry")
            return None
        _, given = as_tuple(v, "v", self.name)
        if len(given) != len(like):
            raise RuntimeError(f"{self.name}: v has {len(given)} tensors, expected {len(like)}")
        for i, (one, other) in enumerate(zip(given, like, strict=True)):
            if one.array.shape != other.array.shape:
                place = f"[{i}]" if several else ""
                raise RuntimeError(
                    f"{self.name}: v{place} has shape {one.array.shape}, expected that of its tensor, "
                    f"{other.array.shape}"
                )
        return given if self.create_graph else tuple(each.detach() for each in given)

    def slopes(self, filled: bool = False) -> Tensors:
        """Return the gradient of the only output, of one entry, so that it can be differentiated."""
        if self.several_outputs or self.outputs[0].array.size != 1:
            got = "several" if self.several_outputs else f"one of shape {self.outputs[0].array.shape}"
            raise RuntimeError(f"{self.name}: the function must return a single tensor of one entry, got {got}")
        with enable_grad():
            found = _gradients(self.outputs, self.inputs, None, True)
        self.checked(found, "The jacobian with respect to input")
        return self.filled(found, self.inputs, "the output", "of input {}") if filled else found

    def last(self, outputs: Tensors, inputs: Tensors, weights: Tensors | None, keep: bool = False) -> Tensors:
        """Take the pass whose gradients are returned."""
        with set_grad_enabled(self.create_graph or is_grad_enabled()):
            return _gradients(outputs, inputs, weights, self.create_graph, keep)

    def rows(self, i: int) -> Tensors:
        """Return the Jacobians of one output with respect to all inputs."""
        output = self.outputs[i]
        rows = []
        for place in range(output.array.size):
            seed = np.zeros_like(output.array)
            seed.flat[place] = 1
            row = self.last((output,), self.inputs, (wrap(seed),), keep=True)
            rows.append(self.filled(row, self.inputs, f"output {i}", "of input {}"))
        shapes = [(*output.array.shape, *x.array.shape) for x in self.inputs]
        if not rows:
            return tuple(wrap(np.zeros(shape, x.array.dtype)) for shape, x in zip(shapes, self.inputs, strict=True))
        with set_grad_enabled(self.create_graph):
            stacked = [movement.stack(column) for column in zip(*rows, strict=True)]
            return tuple(movement.reshape(each, shape) for each, shape in zip(stacked, shapes, strict=True))

    def checked(self, tensors: Tensors, what: str) -> Tensors:
        """Refuse, if ``strict``, what does not depend on the inputs."""
        for i, tensor in enumerate(tensors if self.strict else ()):
            if tensor is None or tensor.node is None:
                raise RuntimeError(
                    f"{self.name}: {what} {i} is independent of the inputs, or not computed from them differentiably; "
                    "this is not allowed in strict mode"
                )
        return tensors

    def filled(self, gradients: Tensors, like: Tensors, what: str, of: str) -> Tensors:
        """Put zeros where no gradient came; if ``strict``, that is an error."""
        for i, g in enumerate(gradients if self.strict else ()):
            if g is None or (self.create_graph and g.node is None):
                once_more = "" if g is None else " if create_graph=True, since its derivative is"
                raise RuntimeError(
                    f"{self.name}: {what} of the function is independent {of.format(i)}; this is not allowed in "
                    f"strict mode{once_more}"
                )
        pairs = zip(gradients, like, strict=True)
        return tuple(wrap(np.zeros_like(x.array)) if g is None else g for g, x in pairs)

    def given(self, tensors: Tensors, several: bool) -> Any:
        """Return tensors as the caller has them: a tuple, or the only one; outside the graph without create_graph."""
        found = tensors if self.create_graph else tuple(each.detach() for each in tensors)
        return found if several else found[0]


def as_tuple(x: Any, what: str, name: str) -> tuple[bool, Tensors]:
    """Return whether several tensors were given, and them as a tuple."""
    several = isinstance(x, (tuple, list))
    tensors = tuple(x) if several else (x,)
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, Value):
            place = f"{what}[{i}]" if several else what
            raise TypeError(f"{name}: {place} must be a tensor, or all be a tuple of them; got {type(tensor).__name__}")
    return several, tensors


def variable(x: Any, connected: bool) -> Any:
    """Return a tensor to differentiate by; if ``connected``, gradients flow on to one that requires grad itself."""
    return OPS["clone"].function(x) if connected and x.node is not None else wrap(x.array).requires_grad_()


def _leaves_of_zeros(like: Tensors) -> Tensors:
    return tuple(wrap(np.zeros_like(x.array)).requires_grad_() for x in like)


def _gradients(
    outputs: Sequence[Any], inputs: Tensors, weights: Tensors | None, create_graph: bool, keep: bool | None = None
) -> Tensors:
    """Return ``grad`` with None where nothing depends on an input; outputs may be None, or constants."""
    weighted = zip(outputs, weights or [None] * len(outputs), strict=True)
    found = [(output, weight) for output, weight in weighted if output is not None and output.node is not None]
    if not found:
        return (None,) * len(inputs)
    some, their_weights = zip(*found, strict=True)
    return grad(some, inputs, their_weights, keep, create_graph, allow_unused=True)
