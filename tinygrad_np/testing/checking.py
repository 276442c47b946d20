"""One call that puts an op through all that the package's own ops are put through."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tinygrad_np._graph import Domain, Op
from tinygrad_np.testing.derivatives import values_of
from tinygrad_np.testing.properties import PROPERTIES, Property
from tinygrad_np.testing.strategies import calls, domain_of


def check_op(
    function: Callable[..., Any],
    reference: Callable[..., Any] | None = None,
    *,
    domain: Domain | None = None,
    max_examples: int = 100,
) -> None:
    """Check an op made by ``tinygrad_np.op``, on calls drawn from its domain.

    Its rules are compared with numerical derivatives of its forward function (by the complex step if the domain says
    ``analytic=True``, else by extrapolated central differences), with random cotangents, to second order; at kinks and
    ties with the gradients on either side. Shapes broadcast, are empty or 0-d; arrays lie in memory in any way, in
    float32 and float64. Inputs must stay as they are, and gradients share no memory.

    Parameters
    ----------
    function
        What ``tinygrad_np.op`` returned.
    reference
        The same function once more, written in another way: it takes the float64 arrays and the settings, and gives
        what the forward function should (a tuple, of several outputs).
    domain
        From which arguments to draw, if not those of the declaration: an op declared without a domain needs no
        hypothesis where it is used.
    max_examples
        How many calls each property is tried on.

    Raises
    ------
    AssertionError
        If a property fails. Its notes name the property and show the call, shrunk to a small one.
    TypeError
        If `function` is no op, or there is no domain.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_np as tg
    >>> from tinygrad_np.testing import Domain, check_op
    >>> cube = tg.op("cube_checked", lambda x, /: x**3, domain=Domain(analytic=True), x=lambda g, x: g * 3 * x * x)
    >>> check_op(cube, reference=lambda x: x * x * x, max_examples=20)
    """
    op = getattr(function, "op", None)
    if not isinstance(op, Op):
        raise TypeError(f"check_op: expected what tinygrad_np.op returned, got {type(function).__name__}")
    if domain is not None:
        op = copy.copy(op)
        op.domain = domain
    domain_of(op)
    checks: dict[str, Property] = dict(PROPERTIES)
    if reference is not None:
        checks = {"forward": _forward_against(reference), **checks}
    budget = settings(
        max_examples=max_examples,
        deadline=None,
        database=None,
        derandomize=True,
        print_blob=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    for name, check in checks.items():
        try:
            _try(check, op, budget)
        except AssertionError as error:
            error.add_note(f"{op.name} fails the property {name!r}: {' '.join((check.__doc__ or '').split())}")
            raise


def _try(check: Property, op: Op, budget: settings) -> None:
    @budget
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        check(op, data)

    holds()


def _forward_against(reference: Callable[..., Any]) -> Property:
    def forward(op: Op, data: st.DataObject) -> None:
        """The forward function gives what the reference gives."""
        call = data.draw(calls(domain_of(op)))
        expected = reference(*call.arrays, *call.settings)
        outputs = values_of(op.function, call)
        for y, wanted in zip(outputs, expected if isinstance(expected, tuple) else (expected,), strict=True):
            assert y.shape == np.shape(wanted), f"shape {y.shape}, the reference gives {np.shape(wanted)}"
            np.testing.assert_allclose(y, wanted, rtol=1e-12, atol=1e-13)

    return forward
