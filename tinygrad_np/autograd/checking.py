"""``gradcheck`` and ``gradgradcheck``: gradients held against numerical derivatives, entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_np._graph import Value, grad, wrap
from tinygrad_np.autograd.comparing import ENOUGH, Check, Finding, GradcheckError, float_tensors

LISTED = 8  # how many findings an error lists

Function = Callable[..., Any]


def gradcheck(
    func: Function,
    inputs: Any,
    *,
    eps: float | None = None,
    atol: float = 0.0,
    rtol: float | None = None,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the gradients of ``func`` with numerical derivatives, and return True if they are right.

    Derivatives are taken by the complex step where ``func`` is made of analytic ops, else by extrapolated central
    differences, at smaller and smaller steps until one agrees.

    Parameters
    ----------
    func : function
        Takes `inputs`, and returns a tensor or a tuple of them.
    inputs : Tensor or tuple
        Those that require grad are varied, on copies. float64 is checked more closely than float32.
    eps : float, optional
        A step of the differences, to be tried beside those of our own choice.
    atol : float
        How much a gradient may be off, whatever its size: 0, or a small wrong gradient passes, as it does in PyTorch.
    rtol : float, optional
        How much it may be off relative to the derivative: 1e-6 in float64, 1e-3 in float32.
    raise_exception : bool
        Whether to raise if a gradient is not right, rather than to return False.
    nondet_tol : float
        How much two backward passes may differ from each other.
    check_undefined_grad : bool
        Whether, of several outputs, one without a gradient must count as one with zeros.
    check_grad_dtypes : bool
        Whether gradients must have the dtypes of their inputs.
    check_backward_ad : bool
        Must be True.
    check_batched_grad, check_batched_forward_grad, check_forward_ad, masked : bool
        Not supported: there is no vmap, no forward mode, and there are no sparse tensors.
    fast_mode : bool
        Whether to compare, for each argument, the slope along one random direction, and entries only if it is wrong.
        A wrong entry far smaller than others is not seen.

    Raises
    ------
    GradcheckError
        A RuntimeError that names argument, entry, both numbers and the verdict; ``findings`` has them as objects.
    ValueError
        If no input requires grad, or something is asked that is not supported.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([0.5, 2.0], dtype=tg.float64, requires_grad=True)
    >>> tg.autograd.gradcheck(lambda x: x.tanh() * 3, x)
    True
    >>> wrong = tg.op("wrong_square", lambda x: x * x, x=lambda g, x: 2.001 * x * g)
    >>> tg.autograd.gradcheck(wrong, x)
    Traceback (most recent call last):
    tinygrad_np.autograd.comparing.GradcheckError: gradcheck: 2 of 4 entries of the Jacobian are not right:
      argument 0, entry (0,) -> output 0, entry (0,): wrong: the gradient is 1.0005, the numerical derivative 1
      argument 0, entry (1,) -> output 0, entry (1,): wrong: the gradient is 4.002, the numerical derivative 4
    """
    _refuse_unsupported(
        check_batched_grad=check_batched_grad,
        check_batched_forward_grad=check_batched_forward_grad,
        check_forward_ad=check_forward_ad,
        masked=bool(masked),
        check_backward_ad=not check_backward_ad,
    )
    check = Check(func, inputs, eps, atol, rtol)
    try:
        check.repeatable(nondet_tol)
        if check_undefined_grad:
            check.undefined()
        if check_grad_dtypes:
            check.dtypes()
        findings = check.findings(fast_mode)
        if findings:
            raise GradcheckError(_report(findings, check.size), findings)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Function,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float | None = None,
    atol: float = 0.0,
    rtol: float | None = None,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare the second derivatives of ``func`` with numerical derivatives of the first; return True if right.

    The arguments are those of ``gradcheck``. What is checked is the gradient of <`grad_outputs`, outputs> as a function
    of the inputs and of `grad_outputs`, random ones if not given.

    >>> import tinygrad_np as tg
    >>> x = tg.tensor([0.5, 2.0], dtype=tg.float64, requires_grad=True)
    >>> tg.autograd.gradgradcheck(lambda x: x.tanh() * 3, x)
    True
    """
    _refuse_unsupported(check_fwd_over_rev=check_fwd_over_rev, check_rev_over_rev=not check_rev_over_rev)
    given = inputs if isinstance(inputs, tuple) else tuple(inputs) if isinstance(inputs, list) else (inputs,)
    outputs = [y for y in float_tensors(func(*given)) if y.node is not None]
    if grad_outputs is None:
        random = np.random.default_rng(0)  # the global generator is left alone
        weights = tuple(_random_like(y, random, gen_non_contig_grad_outputs) for y in outputs)
    else:
        weights = tuple(grad_outputs) if isinstance(grad_outputs, (tuple, list)) else (grad_outputs,)

    def gradients(*arguments: Any) -> Any:
        values, weighting = arguments[: len(given)], arguments[len(given) :]
        found = [y for y in float_tensors(func(*values)) if y.node is not None]
        varied = [x for x in values if isinstance(x, Value) and x.node is not None]
        slopes = grad(found, varied, weighting, create_graph=True, allow_unused=True)
        return tuple(slope for slope in slopes if slope is not None)

    return gradcheck(
        gradients,
        (*given, *weights),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
        masked=masked,
    )


_REASONS = {
    "check_batched_grad": "there is no vmap",
    "check_batched_forward_grad": "there is no vmap",
    "check_forward_ad": "there is no forward mode",
    "check_fwd_over_rev": "there is no forward mode",
    "masked": "there are no sparse tensors",
    "check_backward_ad": "backward is what is checked; leave it True",
    "check_rev_over_rev": "backward is what is checked; leave it True",
}


def _refuse_unsupported(**asked: bool) -> None:
    for name, wanted in asked.items():
        if wanted:
            raise ValueError(f"gradcheck: {name} is not supported: {_REASONS[name]}")


def _random_like(y: Any, random: np.random.Generator, strided: bool) -> Any:
    array = random.normal(size=y.array.shape).astype(y.array.dtype)
    if strided and array.ndim:
        array = np.repeat(array, 2, -1)[..., ::2]
    return wrap(array).requires_grad_()


def _report(findings: list[Finding], size: int) -> str:
    least = "at least " if len(findings) >= ENOUGH else ""
    lines = [f"gradcheck: {least}{len(findings)} of {size} entries of the Jacobian are not right:"]
    lines += [f"  {finding}" for finding in findings[:LISTED]]
    return "\n".join([*lines, f"  and {len(findings) - LISTED} more"] if len(findings) > LISTED else lines)
