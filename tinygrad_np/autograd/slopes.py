"""Numerical derivatives of a function of tensors along a line: by the complex step, or by extrapolated differences.

The complex step, Im f(x + ih) / h with h = 1e-20, has no rounding error to speak of, but needs a function that is made
of analytic ops alone. Differences are central, at a step, its half and its quarter, and extrapolated (Richardson), so
that what is left falls with the sixth power of the step.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Op, Value, _call, no_grad, wrap

Line = Callable[[float], list[Array]]  # the outputs, where the inputs have moved by so much

COMPLEX_STEP = 1e-20
STEPS = tuple(0.02 * 10.0**-k for k in range(8))  # tried in turn: a large step rounds least, a small one stays local
ROUNDINGS = 40  # how many roundings of the outputs may add up in an extrapolated difference


@dataclass(frozen=True)
class Slope:
    """The derivative of one output, entry by entry, and by how much rounding may have changed it."""

    value: Array
    noise: Array


def central(line: Line, step: float, eps: float) -> list[Slope]:
    """Return the slopes of all outputs by extrapolated central differences."""
    sides = {h: (line(h), line(-h)) for h in (step, step / 2, step / 4)}
    found = []
    for i in range(len(sides[step][0])):
        coarse, middle, fine = ((a[i] - b[i]) / (2 * h) for h, (a, b) in sides.items())
        better, best = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
        largest = np.maximum(np.abs(sides[step][0][i]), np.abs(sides[step][1][i]))
        found.append(Slope((16 * best - better) / 15, ROUNDINGS * eps * largest / step))
    return found


def one_sided(line: Line, step: float) -> list[Array]:
    """Return the slopes towards the side on which ``step`` lies, extrapolated likewise."""
    start = line(0.0)
    found = []
    ahead = {h: line(h) for h in (step, step / 2, step / 4)}
    for i, origin in enumerate(start):
        coarse, middle, fine = ((y[i] - origin) / h for h, y in ahead.items())
        better, best = 2 * middle - coarse, 2 * fine - middle
        found.append((4 * best - better) / 3)
    return found


# ------------------------------------------------------------------------------------------------------ complex numbers


class NotAnalytic(Exception):  # noqa: N818  # says that another way has to be taken
    """An op of the function is not defined, or not differentiable, for complex numbers."""


def complex_slopes(
    function: Callable[..., Any], inputs: Sequence[Any], moved: int, direction: Array, count: int
) -> list[Array] | None:
    """Return the slopes of all outputs as one input moves, or None if not all that is computed is analytic."""
    given = [wrap(x.array) if isinstance(x, Value) else x for x in inputs]
    given[moved] = wrap(inputs[moved].array + 1j * COMPLEX_STEP * direction)
    try:
        with no_grad(), _complex_ops(), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            outputs = function(*given)
    except Exception:  # whatever a function does that was never written for complex numbers
        return None
    arrays = [y.array for y in outputs]
    if len(arrays) != count:
        return None
    return [y.imag / COMPLEX_STEP if y.dtype.kind == "c" else np.zeros(y.shape) for y in arrays]


_lock = threading.RLock()


@contextmanager
def _complex_ops() -> Iterator[None]:
    """Let ops compute on complex tensors, which no user sees, while the block runs."""
    with _lock:
        before = _call._SCOPE["apply"]

        def apply(self: Op, *arguments: Any) -> Any:
            split = len(arguments) - len(self.settings)
            arrays = [x.array if isinstance(x, Value) else x for x in arguments[:split]]
            if not any(isinstance(x, np.ndarray) and x.dtype.kind == "c" for x in arrays):
                return before(self, *arguments)
            if not self.derivatives:  # a comparison, say: the real part decides
                return before(self, *(_real(x) for x in arguments))
            return _computed(self, arrays, arguments[split:])

        _call._SCOPE["apply"] = apply
        try:
            yield
        finally:
            _call._SCOPE["apply"] = before


def _real(x: Any) -> Any:
    return wrap(x.array.real) if isinstance(x, Value) and x.array.dtype.kind == "c" else x


def _computed(self: Op, arrays: list[Any], settings: tuple[Any, ...]) -> Any:
    """Apply an op whose derivative may be read off the complex plane: an analytic one, or one whose rules read nothing.

    (An op whose rules read nothing but shapes and settings is linear.)
    """
    analytic = self.domain is not None and self.domain.analytic
    if (self.saves and not analytic) or (self.domain is not None and self.domain.kinks):
        raise NotAnalytic
    result = self.forward(*arrays, *settings)
    y = result[0] if self.intermediates else result
    outputs = [np.asarray(each) for each in (y if self.outputs else (y,))]
    if any(each.dtype.kind != "c" for each in outputs):
        raise NotAnalytic
    return tuple(map(wrap, outputs)) if self.outputs else wrap(outputs[0])
