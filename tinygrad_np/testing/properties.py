"""What must hold for every op, whatever it is called with: each property draws calls from the op's own domain.

A property takes an op and hypothesis' ``data``, and fails with an AssertionError. ``PROPERTIES`` lists them all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from tinygrad_np._dtypes import result_type
from tinygrad_np._graph import Array, Domain, Op, grad, wrap
from tinygrad_np._graph._promotion import floating, numeric, same
from tinygrad_np.testing.derivatives import check_gradient, check_order, gradients, leaves, outputs_of, values_of
from tinygrad_np.testing.strategies import LAYOUTS, Call, calls, cotangents, domain_of, seeds

Property = Callable[[Op, st.DataObject], None]


def forward_of(op: Op) -> Callable[..., Any]:
    """Return the forward function without the intermediates that it saves."""
    return (lambda *arguments: op.forward(*arguments)[0]) if op.intermediates else op.forward


def draw_cotangents(data: st.DataObject, op: Op, call: Call) -> list[Array]:
    """Draw a gradient for each output of a call."""
    return [data.draw(cotangents(y.shape, y.dtype)) for y in values_of(op.function, call)]


def first_derivatives(op: Op, data: st.DataObject) -> None:
    """Each rule gives the derivative of the forward function, with a random cotangent."""
    domain = domain_of(op)
    call = data.draw(calls(domain))
    check_gradient(op.function, forward_of(op), domain, call, draw_cotangents(data, op, call))


def second_derivatives(op: Op, data: st.DataObject) -> None:
    """The rules themselves have derivatives, in the arguments and in the cotangent."""
    call = data.draw(calls(domain_of(op)))
    assume(all(y.dtype == np.float64 for y in values_of(op.function, call)))
    check_order(2, op.function, call, np.random.default_rng(data.draw(seeds)))


def kinks(op: Op, data: st.DataObject) -> None:
    """At a kink, or a tie, the gradient lies between those on either side."""
    domain = domain_of(op)
    call = data.draw(calls(domain))
    if not any(x.size for x in call.arrays) or not (domain.kinks or domain.distinct):
        return
    at_kink = Call(_moved_to_kinks(domain, call, data), call.settings)
    weights = draw_cotangents(data, op, at_kink)
    found = gradients(op.function, at_kink, weights)
    for position, x in enumerate(at_kink.arrays):
        for index in np.ndindex(x.shape):
            beside: list[float] = []
            for step in (-1e-6, 1e-6):
                arrays = [each.copy() for each in at_kink.arrays]
                arrays[position][index] += step
                moved = Call(tuple(arrays), call.settings)
                beside.append(float(gradients(op.function, moved, weights)[position][index]))
            low, high = min(beside), max(beside)
            room = 1e-4 * max(min(abs(low), abs(high)), 1e-4)
            g = found[position][index]
            if not low - room <= g <= high + room:
                raise AssertionError(f"at a kink, argument {position}, entry {index}: {g}, beside it {beside}")


def _moved_to_kinks(domain: Domain, call: Call, data: st.DataObject) -> tuple[Array, ...]:
    """Return the arrays of a call with some entries at a kink, or equal to another entry."""
    random = np.random.default_rng(data.draw(seeds))
    arrays = [x.copy() for x in call.arrays]
    first = next(x for x in arrays if x.size)
    if domain.distinct:
        for x in arrays:
            x[random.random(x.shape) < 0.5] = first.flat[0]
    elif len(arrays) == 2:
        a, b = np.broadcast_arrays(*arrays)
        if a.shape == arrays[0].shape:
            chosen = random.random(a.shape) < 0.5
            arrays[0][chosen] = b[chosen] + random.choice(domain.kinks)
    else:
        for x in arrays:
            x[random.random(x.shape) < 0.5] = random.choice(domain.kinks)
    return tuple(arrays)


def arrays_and_tensors(op: Op, data: st.DataObject) -> None:
    """Rules call ops on plain arrays: these give the values that tensors give."""
    call = data.draw(calls(domain_of(op), dtypes=("float32", "float64")))
    plain = op.function(*call.arrays, *call.settings)
    for one, other in zip(plain if op.outputs else [plain], values_of(op.function, call), strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.asarray(one).dtype == other.dtype


def orders_agree(op: Op, data: st.DataObject, ulps: int = 8) -> None:
    """A first-order pass and one with ``create_graph`` give the same gradient, up to ``ulps`` roundings."""
    call = data.draw(calls(domain_of(op), dtypes=("float32", "float64")))
    weights = draw_cotangents(data, op, call)
    plain = gradients(op.function, call, weights)
    recorded = gradients(op.function, call, weights, create_graph=True)
    for one, other in zip(plain, recorded, strict=True):
        assert one.dtype == other.dtype
        rounding = ulps * np.finfo(one.dtype).eps
        np.testing.assert_allclose(one, other, rtol=rounding, atol=rounding)


def dtypes(op: Op, data: st.DataObject) -> None:
    """Outputs have the promoted dtype, gradients that of their input; the numbers are those of float64, rounded."""
    mixed = op.promotion in (same, numeric, floating)
    call = data.draw(calls(domain_of(op), dtypes=("float32", "float64"), mixed=mixed))
    outputs = values_of(op.function, call)
    if not any(isinstance(setting, np.dtype) for setting in call.settings):  # which would be the output's
        assert {y.dtype for y in outputs} == {result_type(*call.arrays)}
    weights = draw_cotangents(data, op, call)
    found = gradients(op.function, call, weights)
    exact_call = Call(tuple(x.astype(np.float64) for x in call.arrays), call.settings)
    exact_outputs = values_of(op.function, exact_call)
    exact_weights = [weight.astype(y.dtype) for weight, y in zip(weights, exact_outputs, strict=True)]
    exact = gradients(op.function, exact_call, exact_weights)
    for y, expected in zip(outputs, exact_outputs, strict=True):
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    for x, g, expected in zip(call.arrays, found, exact, strict=True):
        assert (g.shape, g.dtype) == (x.shape, x.dtype)
        np.testing.assert_allclose(g, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max(initial=1))


def layouts(op: Op, data: st.DataObject) -> None:
    """How the arrays lie in memory changes neither values nor gradients, but for rounding."""
    call = data.draw(calls(domain_of(op)))
    other = Call(tuple(LAYOUTS[data.draw(st.sampled_from(sorted(LAYOUTS)))](x) for x in call.arrays), call.settings)
    weights = draw_cotangents(data, op, call)
    pairs = zip(values_of(op.function, call), values_of(op.function, other), strict=True)
    slopes = zip(gradients(op.function, call, weights), gradients(op.function, other, weights), strict=True)
    for one, two in (*pairs, *slopes):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12 * np.abs(one).max(initial=0))


def memory(op: Op, data: st.DataObject) -> None:
    """Inputs and cotangents stay as they were, and no gradient shares memory with them or with another one."""
    call = data.draw(calls(domain_of(op)))
    weights = draw_cotangents(data, op, call)
    given = (*call.arrays, *weights)
    before = [x.copy() for x in given]
    found = gradients(op.function, call, weights, create_graph=data.draw(st.booleans()))
    for x, copied in zip(given, before, strict=True):
        np.testing.assert_array_equal(x, copied)
    for i, g in enumerate(found):
        assert not any(np.shares_memory(g, x) for x in (*given, *found[:i]))


def views(op: Op, data: st.DataObject) -> None:
    """An output that shares memory with an argument is declared a view; else a recorded write to it would be lost."""
    call = data.draw(calls(domain_of(op)))
    for y in outputs_of(op.function, [wrap(x) for x in call.arrays], call.settings):
        shares = any(np.shares_memory(y.array, x) for x in call.arrays)
        assert not shares or hasattr(y, "_view_of")


def some_arguments(op: Op, data: st.DataObject) -> None:
    """The gradient of one argument is the same when the others are constants."""
    call = data.draw(calls(domain_of(op)))
    weights = draw_cotangents(data, op, call)
    for position, expected in enumerate(gradients(op.function, call, weights)):
        tensors = [wrap(x) for x in call.arrays]
        tensors[position].requires_grad_()
        outputs = outputs_of(op.function, tensors, call.settings)
        (alone,) = grad(outputs, tensors[position], [wrap(weight) for weight in weights])
        np.testing.assert_array_equal(alone.array, expected)


def rules_copy(op: Op, data: st.DataObject) -> None:
    """A rule returns none of the arrays that it reads: they belong to the forward pass."""
    call = data.draw(calls(domain_of(op)))
    weights = draw_cotangents(data, op, call)
    outputs = outputs_of(op.function, leaves(call.arrays), call.settings)
    node: Any = outputs[0].node
    if op.outputs:
        node = node.edges[0]
    g = _gathered(outputs, weights) if op.outputs else weights[0]
    for rule, saved in zip(op.rules, node.saved, strict=False):
        result = rule(g, *saved)
        assert not any(isinstance(x, np.ndarray) and np.shares_memory(result, x) for x in saved)


def _gathered(outputs: list[Any], weights: list[Array]) -> Any:
    """Return the cotangents of several outputs as a rule is given them."""
    parts = [y.node.op.rules[0](w, *y.node.saved[0]) for y, w in zip(outputs, weights, strict=True) if y.node]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


PROPERTIES: dict[str, Property] = {
    "first derivatives": first_derivatives,
    "second derivatives": second_derivatives,
    "kinks and ties": kinks,
    "arrays and tensors": arrays_and_tensors,
    "first order and create_graph": orders_agree,
    "float32 and mixed dtypes": dtypes,
    "layouts": layouts,
    "memory": memory,
    "views": views,
    "some arguments": some_arguments,
    "rules copy": rules_copy,
}
