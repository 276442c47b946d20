"""The comparison of gradients with numerical derivatives, and what it finds.

What is allowed is relative to the derivative itself, and to the rounding of the function's values where differences are
taken; there is no absolute floor below which any gradient would pass. Where the slopes on the two sides of a point
differ, the verdict is "kink": there is no derivative to compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from tinygrad_np._graph import Array, Value, enable_grad, grad, wrap
from tinygrad_np.autograd.slopes import STEPS, Slope, central, complex_slopes, one_sided

RELATIVE = {"float64": 1e-6, "float32": 1e-3}  # what may differ, relative to the derivative
SETTLED = 1e-3  # how near, relatively, two steps must come to each other to be believed
CLEARLY = 20  # times the noise: so far off, a gradient is not right at any other step that sees the same slope
CURVED = 1e-25  # a smaller slope by the complex step may be all curvature, as that of x**3 at 0
ENOUGH = 64  # findings, after which no more are looked for

Function = Callable[..., Any]


@dataclass(frozen=True)
class Finding:
    """An entry of the Jacobian that is not right: d output[output_entry] / d input[argument][entry].

    The ``verdict`` is "wrong"; or "kink" where the slopes on both sides differ, "jump" where the function is not
    continuous, or bends within the smallest step, "unclear" where no numerical derivative settles. ``below`` and
    ``above`` are the slopes on both sides.
    """

    argument: int
    entry: tuple[int, ...]
    output: int
    output_entry: tuple[int, ...]
    analytic: float
    numerical: float
    verdict: str
    below: float = np.nan
    above: float = np.nan

    def __str__(self) -> str:
        place = f"argument {self.argument}, entry {self.entry}"
        of = f"output {self.output}, entry {self.output_entry}"
        text = f"{place} -> {of}: {self.verdict}: the gradient is {self.analytic:.9g}"
        if self.verdict == "kink":
            return f"{text}, the slope {self.below:.9g} below and {self.above:.9g} above; move the input off the kink"
        if self.verdict == "jump":
            return f"{text}, but the function jumps there, or bends very near; move the input"
        if self.verdict == "unclear":
            return f"{text}, the numerical derivative (about {self.numerical:.3g}) does not settle"
        return f"{text}, the numerical derivative {self.numerical:.9g}"


class GradcheckError(RuntimeError):
    """A gradient did not pass; ``findings`` says which entries, as far as it was found entry by entry.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([0.0], dtype=tg.float64, requires_grad=True)
    >>> try:
    ...     tg.autograd.gradcheck(tg.relu, x)
    ... except tg.autograd.GradcheckError as error:
    ...     [finding.verdict for finding in error.findings]
    ['kink']
    """

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class Check:
    """A function at a point: its gradients, and what they are compared with."""

    def __init__(self, func: Function, inputs: Any, eps: float | None, atol: float, rtol: float | None) -> None:
        given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
        self.varied = [i for i, x in enumerate(given) if isinstance(x, Value) and x.node is not None]
        if not self.varied:
            raise ValueError("gradcheck: no input requires grad; set requires_grad=True on those to check")
        self.func = func
        self.inputs = [_copied(x) for x in given]
        with enable_grad():
            self.outputs = self.call(*self.inputs)
        if not self.outputs:
            raise ValueError("gradcheck: the function returned no float tensor")
        self.live = [i for i, y in enumerate(self.outputs) if y.node is not None]
        dtypes = {x.array.dtype for x in (*self.outputs, *(self.inputs[i] for i in self.varied))}
        coarsest = max(dtypes, key=lambda dtype: np.finfo(dtype).eps)
        self.eps = float(np.finfo(coarsest).eps)
        self.rtol = RELATIVE[coarsest.name] if rtol is None else rtol
        self.atol = atol
        self.steps = STEPS if eps is None else (*STEPS, eps)
        self.size = sum(self.inputs[i].array.size for i in self.varied) * sum(y.array.size for y in self.outputs)

    def call(self, *inputs: Any) -> list[Any]:
        return float_tensors(self.func(*inputs))

    def pulled(self, weights: list[Array | None]) -> list[Array]:
        """Return the gradients of the weighted outputs; an output with weight None gets no gradient at all."""
        seeded = [(self.outputs[i], wrap(w)) for i in self.live if (w := weights[i]) is not None]
        values = [self.inputs[i] for i in self.varied]
        if not seeded:
            return [np.zeros_like(x.array) for x in values]
        outputs, seeds = zip(*seeded, strict=True)
        found = grad(outputs, values, seeds, retain_graph=True, materialize_grads=True)
        return [g.array for g in found]

    def random_weights(self) -> list[Any]:
        random = np.random.default_rng(0)
        return [random.uniform(0.5, 2, y.array.shape).astype(y.array.dtype) for y in self.outputs]

    # ------------------------------------------------------------------------------------------- of the whole gradient

    def repeatable(self, tolerance: float) -> None:
        """Check that two backward passes give the same."""
        weights = self.random_weights()
        for position, (one, other) in enumerate(zip(self.pulled(weights), self.pulled(weights), strict=True)):
            with np.errstate(invalid="ignore"):  # infinities that are equal
                off = float(np.max(np.abs(one - other), initial=0))
            if not off <= tolerance and not np.array_equal(one, other, equal_nan=True):
                raise GradcheckError(
                    f"gradcheck: backward is not reentrant: two passes give gradients of argument "
                    f"{self.varied[position]} that differ by {off:.3g}, more than nondet_tol={tolerance}"
                )

    def undefined(self) -> None:
        """Check that an output without a gradient counts as one with zeros."""
        weights = self.random_weights()
        for kept in self.live if len(self.live) > 1 else ():
            zeros = [w if i == kept else np.zeros_like(w) for i, w in enumerate(weights)]
            without = [w if i == kept else None for i, w in enumerate(weights)]
            for position, (one, other) in enumerate(zip(self.pulled(zeros), self.pulled(without), strict=True)):
                if not np.allclose(one, other, rtol=self.rtol, atol=self.atol, equal_nan=True):
                    raise GradcheckError(
                        f"gradcheck: the gradient of argument {self.varied[position]} is another when the outputs but "
                        f"{kept} have no gradient than when theirs is 0"
                    )

    def dtypes(self) -> None:
        """Check that gradients have the dtypes of their inputs."""
        for i, g in zip(self.varied, self.pulled(self.random_weights()), strict=True):
            expected = self.inputs[i].array.dtype
            if g.dtype != expected:
                raise GradcheckError(f"gradcheck: the gradient of argument {i} has dtype {g.dtype}, not {expected}")

    # --------------------------------------------------------------------------------------------------- entry by entry

    def findings(self, fast: bool) -> list[Finding]:
        """Return what is not right."""
        wanted = [i for i in self.varied if not (fast and self.right_along_a_line(i))]
        if not wanted:
            return []
        found = []
        rows = self.jacobian()
        for i in wanted:
            x = self.inputs[i].array
            for entry in np.ndindex(x.shape):
                direction = np.zeros_like(x)
                direction[entry] = 1
                analytic = [row[self.varied.index(i)][(..., *entry)] for row in rows]
                found += [replace(finding, entry=entry) for finding in self.compared(i, direction, analytic)]
                if len(found) >= ENOUGH:
                    return found
        return found

    def jacobian(self) -> list[list[Array]]:
        """Return, for each output and input, the derivatives: of the shapes of both, joined."""
        rows = []
        for i, y in enumerate(self.outputs):
            matrices = [np.zeros((*y.array.shape, *self.inputs[j].array.shape)) for j in self.varied]
            for entry in np.ndindex(y.array.shape) if i in self.live else ():
                weights: list[Array | None] = [None] * len(self.outputs)
                weights[i] = np.zeros_like(y.array)
                weights[i][entry] = 1  # type: ignore[index]  # it was set on the line above
                for matrix, g in zip(matrices, self.pulled(weights), strict=True):
                    matrix[entry] = g
            rows.append(matrices)
        return rows

    def right_along_a_line(self, i: int) -> bool:
        """Compare the slope of the weighted outputs along a random direction of one input."""
        random = np.random.default_rng(i)
        x = self.inputs[i].array
        direction = random.uniform(0.5, 2, x.shape) * random.choice([-1, 1], x.shape)
        weights = self.random_weights()
        terms = self.pulled(weights)[self.varied.index(i)] * direction

        def weighted(*inputs: Any) -> list[Any]:
            outputs = self.call(*inputs)
            return [sum(((y * wrap(w)).sum() for y, w in zip(outputs, weights, strict=True)), start=wrap(np.zeros(())))]

        allowed = self.atol + self.rtol * float(np.abs(terms).sum())
        whole = Check(weighted, tuple(self.inputs), None, allowed, self.rtol)
        whole.eps = max(whole.eps, self.eps)
        return not whole.compared(i, direction.astype(x.dtype), [np.asarray(terms.sum())])

    def compared(self, i: int, direction: Array, analytic: list[Array]) -> list[Finding]:
        """Compare derivatives of all outputs along a direction of one input with numerical ones."""
        exact = complex_slopes(self.call, self.inputs, i, direction, len(analytic))
        undecided = [np.ones(a.shape, bool) for a in analytic]
        fresh = [np.ones(a.shape, bool) for a in analytic]  # where no derivative has come out yet
        seen: list[list[Slope]] = [[] for _ in analytic]
        for k, n in enumerate(exact or ()):
            fresh[k] = np.abs(n) < CURVED
            slope = Slope(np.where(fresh[k], np.nan, n), 8 * self.eps * np.abs(self.outputs[k].array))
            undecided[k] &= ~self.near(analytic[k], n, slope.noise)
            seen[k].append(slope)
        line, scale = self.line(i, direction)
        slopes: list[list[Slope]] = []
        for step in self.steps:
            if not any(open_.any() for open_ in undecided):
                return []
            with np.errstate(all="ignore"):
                slopes.append(central(line, step * scale, self.eps))
            for k, slope in enumerate(slopes[-1]):
                agrees = self.agrees(analytic[k], slope, fresh[k])
                for finer in seen[k]:
                    agrees &= ~self.contradicts(analytic[k], finer, slope)
                undecided[k] &= ~agrees
                fresh[k] &= ~np.isfinite(slope.value)
                seen[k].append(slope)
        return self.judged(i, line, scale, analytic, slopes, undecided)

    def near(self, a: Array, n: Array, noise: Any) -> Array:
        allowed = self.rtol * np.maximum(np.abs(a), np.abs(n)) + self.atol + noise
        return np.asarray(np.isfinite(a) & (np.abs(a - n) <= allowed))

    def agrees(self, a: Array, slope: Slope, first: Array) -> Array:
        """Tell which entries agree: to a part of their size, or, at the first step, both 0 to rounding."""
        size = np.maximum(np.abs(a), np.abs(slope.value))
        resolved = slope.noise <= 0.1 * size
        return self.near(a, slope.value, slope.noise) & (resolved | first)

    def contradicts(self, a: Array, finer: Slope, coarser: Slope) -> Array:
        """Tell where a slope with little noise was clearly another, and one with more noise is the same as that."""
        same = np.abs(finer.value - coarser.value) <= finer.noise + coarser.noise
        return np.asarray(same & ~self.near(a, finer.value, CLEARLY * finer.noise))

    def line(self, i: int, direction: Array) -> tuple[Any, float]:
        """Return the outputs as a function of how far one input has moved, and how far it may move at most."""
        x = self.inputs[i].array
        moving = np.abs(x[direction != 0])
        scale = float(max(1.0, moving.max(initial=0)))

        def outputs(shift: float) -> list[Array]:
            moved = [_copied(each) for each in self.inputs]
            moved[i].array[...] = x + np.asarray(shift * direction, x.dtype)
            with enable_grad():
                return [y.array.astype(np.float64) for y in self.call(*moved)]

        return outputs, scale

    def judged(
        self,
        i: int,
        line: Any,
        scale: float,
        analytic: list[Array],
        slopes: list[list[Slope]],
        undecided: list[Array],
    ) -> list[Finding]:
        """Return findings for the entries with which no step agreed."""
        steps = [step * scale for step in self.steps if step >= 1e-7]
        with np.errstate(all="ignore"):
            above = [one_sided(line, step) for step in steps]
            below = [one_sided(line, -step) for step in steps]
        found = []
        for k, open_ in enumerate(undecided):
            for entry in (tuple(int(n) for n in place) for place in np.argwhere(open_)):
                central_, near = _settled([float(each[k].value[entry]) for each in slopes])
                up, up_near = _settled([float(each[k][entry]) for each in above])
                down, down_near = _settled([float(each[k][entry]) for each in below])
                a = float(analytic[k][entry])
                differ = abs(up - down) > 10 * SETTLED * max(abs(up), abs(down))
                if up_near and down_near and differ:
                    verdict = "kink"
                elif _grows([float(each[k][entry]) for each in above]) or _grows([float(e[k][entry]) for e in below]):
                    verdict = "jump"
                else:
                    verdict = "wrong" if near else "unclear"
                found.append(Finding(i, (), k, entry, a, central_, verdict, down, up))
        return found


def _copied(x: Any) -> Any:
    """Return a leaf of the same entries and layout; what does not require grad stays."""
    return wrap(x.array.copy("K")).requires_grad_() if isinstance(x, Value) and x.node is not None else x


def _settled(values: list[float]) -> tuple[float, bool]:
    """Return the value, of those at smaller and smaller steps, that is nearest to the next; and whether it is near."""
    finite = [value for value in values if np.isfinite(value)]
    if len(finite) < 2:
        return (finite[0] if finite else np.nan), False
    gaps = [abs(a - b) for a, b in pairwise(finite)]
    best = int(np.argmin(gaps))
    size = max(abs(finite[best]), abs(finite[best + 1]))
    return finite[best + 1], gaps[best] <= SETTLED * size


def _grows(values: list[float]) -> bool:
    """Tell whether a slope grows as the step shrinks, tenfold each time: the function jumps."""
    last = [abs(value) for value in values[-4:]]
    return all(b > 5 * a > 0 for a, b in pairwise(last))


def float_tensors(returned: Any) -> list[Any]:
    """Return the float tensors among what a function returned; complex ones are those of a complex step."""
    several = returned if isinstance(returned, (tuple, list)) else (returned,)
    return [y for y in several if isinstance(y, Value) and y.array.dtype.kind in "fc"]
