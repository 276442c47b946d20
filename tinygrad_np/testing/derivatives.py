"""A rule against numerical derivatives of the forward function, of first and higher order.

They are compared entry by entry. What is allowed is relative to the sum of the sizes of the terms that make up the
entry, so an entry that should be 0 and a rule that returns 0 both stand out, and cancellation is no excuse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Domain, grad, wrap
from tinygrad_np._tensor import Tensor
from tinygrad_np.autograd import slopes
from tinygrad_np.testing.strategies import Call, dense

Function = Callable[..., Any]

STEPS = slopes.STEPS[:3]  # of differences, until one agrees: the first rounds least, the last is the most local


def leaves(arrays: Sequence[Array]) -> list[Tensor]:
    """Wrap arrays, without copying them, as tensors that require grad."""
    assert all(isinstance(array, np.ndarray) for array in arrays)  # a NumPy scalar is promoted as a number
    return [wrap(array).requires_grad_() for array in arrays]


def outputs_of(function: Function, tensors: Sequence[Tensor], settings: tuple[Any, ...]) -> list[Tensor]:
    """Call an op and return its outputs as a list."""
    y = function(*tensors, *settings)
    return list(y) if isinstance(y, tuple) else [y]


def gradients(function: Function, call: Call, seeds: Sequence[Array], create_graph: bool = False) -> list[Array]:
    """Return the engine's gradients of <seeds, outputs> with respect to each array."""
    inputs = leaves(call.arrays)
    outputs = outputs_of(function, inputs, call.settings)
    found = grad(outputs, inputs, [wrap(seed) for seed in seeds], create_graph=create_graph)
    return [g.array for g in found]


def values_of(function: Function, call: Call) -> list[Array]:
    """Return the outputs of a call on constants."""
    return [y.array for y in outputs_of(function, [wrap(x) for x in call.arrays], call.settings)]


# ------------------------------------------------------------------------------------------------- first derivatives


def check_gradient(function: Function, forward: Function, domain: Domain, call: Call, seeds: list[Array]) -> None:
    """Compare every entry of every gradient with the derivative of ``forward``, which takes arrays."""
    found = gradients(function, call, seeds)
    noise = 0.0 if domain.analytic else _rounding(forward, call, seeds)
    for position, (g, x) in enumerate(zip(found, call.arrays, strict=True)):
        if g.shape != x.shape or g.dtype != x.dtype:
            raise AssertionError(f"argument {position}: gradient {g.shape} {g.dtype} for {x.shape} {x.dtype}")
        for index in np.ndindex(x.shape):
            for step in (None,) if domain.analytic else STEPS:
                pairs = list(zip(seeds, _slopes(forward, step, call, position, index), strict=True))
                terms = [np.vdot(seed, slope) for seed, slope in pairs]
                size = sum(np.vdot(np.abs(seed), np.abs(slope)) for seed, slope in pairs)
                if abs(g[index] - sum(terms)) <= (1e-12 if step is None else 1e-7) * size + noise:
                    break
            else:
                raise AssertionError(f"argument {position}, entry {index}: {g[index]}, expected {sum(terms)}")


def _slopes(forward: Function, step: float | None, call: Call, position: int, index: Any) -> list[Array]:
    """Differentiate all outputs with respect to one entry of one array; without a step, by the complex one."""

    def at(shift: complex) -> list[Array]:
        arrays = [x.astype(np.result_type(x.dtype, type(shift))) for x in call.arrays]
        arrays[position][index] += shift
        return _outputs(forward, arrays, call.settings)

    if step is None:
        return [y.imag / slopes.COMPLEX_STEP for y in at(1j * slopes.COMPLEX_STEP)]
    return extrapolated(at, step)


def _outputs(forward: Function, arrays: Sequence[Array], settings: tuple[Any, ...]) -> list[Array]:
    y = forward(*arrays, *settings)
    return [np.asarray(each) for each in (y if isinstance(y, tuple) else (y,))]


def extrapolated(function: Callable[[float], list[Any]], step: float) -> list[Any]:
    """Return the derivative at 0 of each part of what ``function`` gives, by Richardson's extrapolation.

    The step fits float64: a part of lower precision is only as good as its rounding.
    """

    def parts(shift: float) -> list[Array]:
        return [np.asarray(part, np.float64) for part in function(shift)]

    return [slope.value for slope in slopes.central(parts, step, eps=0)]


def _rounding(forward: Function, call: Call, seeds: Sequence[Array]) -> float:
    """Bound what rounding of the outputs leaves in an extrapolated difference of <seeds, outputs> at the first step."""
    total = 0.0
    for seed, y in zip(seeds, _outputs(forward, call.arrays, call.settings), strict=True):
        total += float(np.finfo(y.dtype).eps) * float(np.abs(seed * y).sum())
    return slopes.ROUNDINGS * total / STEPS[0]


# ------------------------------------------------------------------------------------------------ higher derivatives


def check_order(order: int, function: Function, call: Call, random: np.random.Generator) -> None:
    """Compare a derivative of the given order with differences of the derivative of one order less.

    Everything a gradient depends on is varied, one at a time in a random direction: the arrays, and the cotangents.
    """
    outputs = values_of(function, call)
    values = [*call.arrays, *(dense(random, y.shape) for y in outputs)]

    def slope(*v: Any) -> Any:
        return _weighted_sum(v[len(call.arrays) :], outputs_of(function, v[: len(call.arrays)], call.settings))

    plain: Function = slope
    for _ in range(order - 1):
        plain = _weighted_gradient(slope, len(values), create_graph=False)
        slope = _weighted_gradient(slope, len(values), create_graph=True)
        values += [dense(random, value.shape) for value in values]
    inputs = leaves(values)
    result = slope(*inputs)
    found = grad(result, inputs, allow_unused=True) if result.requires_grad else (None,) * len(inputs)
    for position, (g, value) in enumerate(zip(found, values, strict=True)):
        direction = random.uniform(-1, 1, value.shape)

        def at(shift: float, position: int = position, direction: Array = direction) -> list[Any]:
            moved = [*values]
            moved[position] = np.asarray(moved[position] + shift * direction)
            return [plain(*leaves(moved)).array]

        terms = np.zeros(()) if g is None else g.array * direction
        allowed = 1e-7 * np.abs(terms).sum() + 1e-10 * _size(plain, values)
        for step in STEPS:
            (expected,) = extrapolated(at, step)
            if abs(terms.sum() - expected) <= allowed:
                break
        else:
            raise AssertionError(f"order {order}, value {position}: {terms.sum()}, expected {expected}")


def _weighted_sum(weights: Sequence[Any], tensors: Sequence[Any]) -> Any:
    total: Any = 0.0
    for weight, tensor in zip(weights, tensors, strict=True):
        total = (weight * tensor).sum() + total
    return total


def _weighted_gradient(function: Function, count: int, create_graph: bool) -> Function:
    """Return the function (values, weights) -> <weights, gradient of ``function`` at values>."""

    def weighted(*arguments: Any) -> Any:
        values, weights = arguments[:count], arguments[count:]
        found = grad(function(*values), values, create_graph=create_graph, materialize_grads=True)
        return _weighted_sum(weights, found)

    return weighted


def _size(function: Function, values: Sequence[Array]) -> float:
    """Return a typical size of the terms in ``function``, whose rounding a difference is left with."""
    return 1.0 + abs(float(function(*leaves(values)).array))
