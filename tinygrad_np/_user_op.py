"""``tg.op``: an op of one's own, declared as the package declares its own: a NumPy function and a rule a line.

What is wrong with a declaration is said when it is made, not when a gradient is first needed.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from itertools import repeat
from keyword import iskeyword
from typing import Any

import numpy as np

from tinygrad_np._graph import OPS, UFUNCS, Domain, Op, Value, _call, _declare
from tinygrad_np._graph._promotion import as_is, computed, equal, floating, numeric, same
from tinygrad_np._public.wrapping import public

Function = Callable[..., Any]

PROMOTIONS = {each.__name__: each for each in (floating, same, numeric, equal, computed, as_is)}
_LOCAL = ("y", "g", "more", "dtype", "error", "node", "result", "self", "make", "forward", "type", "AttributeError")
_RESERVED = {*_call._SCOPE, *_LOCAL}  # what the spelled-out call refers to
_own: dict[str, Op] = {}  # these may be declared anew, as in a notebook


def op(
    name: Any = None,
    forward: Function | None = None,
    /,
    *,
    promotion: str = "floating",
    outputs: tuple[str, ...] = (),
    intermediates: dict[str, Function] | None = None,
    domain: Domain | None = None,
    **rules: Function,
) -> Any:
    """Declare an op of one's own: a function of NumPy arrays, and for each array a rule for its gradient.

    A rule is one expression of the incoming gradient ``g`` and of what its further parameters name: an argument, the
    output ``y``, the shape of an argument (``x_shape``), a setting. Only what rules name is kept for the backward pass.
    Write it with operators, functions of ``tg`` or NumPy's ufuncs: given arrays it computes the gradient, given tensors
    (under ``create_graph``) it is differentiated itself, so that every order of derivative follows. Broadcasting is
    undone for you. ``autograd.gradcheck`` and ``gradgradcheck`` tell whether the rules are right.

    Parameters
    ----------
    name : str
        What graphs, errors and explanations call the op. The name of a decorated function if left out.
    forward : function of arrays
        ``forward(x)`` or ``forward(a, b, setting=1.0)``: the arguments with a rule are arrays and come first (a ``/``
        may say where they end); the others are settings, passed on as they are. It must not write to its arguments, and
        return a new array each time. Left out, a decorator is returned.
    promotion : str
        On which dtype the arrays meet: "floating" (integers become the default float), "same" (as operators do),
        "numeric" (the same, but no bools), "equal" (no two dtypes), "computed" (any but float16), "as_is" (any).
    outputs : tuple of str
        The names of the outputs, if forward returns several; rules then get a tuple of gradients as ``g``.
    intermediates : dict from str to function
        Forward then returns (output, {name: array}), which rules may name; each comes with its expression in the
        arguments, for higher orders.
    domain : Domain
        From which arguments tests draw.
    **rules : functions
        For each array argument, ``lambda g, ...: gradient``.

    Returns
    -------
    function
        Takes tensors, and plain arrays as constants; returns tensors. Or a decorator that makes one.

    Raises
    ------
    ValueError
        If the name is an op of the package, or rules, arguments and names do not fit together. An op of one's own may
        be declared anew.
    TypeError
        If forward or a rule is no function.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygrad_np as tg
    >>> softclip = tg.op("softclip", lambda x: x / (1 + np.abs(x)), x=lambda g, x: g / (1 + abs(x)) ** 2)
    >>> x = tg.tensor([-1.0, 3.0], requires_grad=True)
    >>> softclip(x).sum().backward()
    >>> x.grad
    tensor([0.2500, 0.0625])

    As a decorator, with a setting:

    >>> @tg.op(x=lambda g, x, slope: tg.where(x > 0, g, slope * g))
    ... def leaky(x, slope=0.1):
    ...     return np.where(x > 0, x, slope * x)
    >>> leaky(tg.tensor([-1.0, 3.0]), slope=0.5)
    tensor([-0.5000,  3.0000])
    """
    if callable(name) and forward is None:
        name, forward = None, name
    options = {"promotion": promotion, "outputs": outputs, "intermediates": intermediates or {}, "domain": domain}
    if forward is None:
        return lambda decorated: _declared(name, decorated, rules, **options)
    return _declared(name, forward, rules, **options)


def _declared(name: Any, forward: Any, rules: dict[str, Any], **options: Any) -> Function:
    if not callable(forward):
        raise TypeError(f"op: expected a function of arrays to decorate, got {type(forward).__name__}")
    name = getattr(forward, "__name__", None) if name is None else name
    _check_name(name)
    arrays, settings = _arguments(name, forward, tuple(rules))
    _check_rules(name, rules, arrays, settings, options)
    rules = {array.lstrip("*"): rules[array.lstrip("*")] for array in arrays}  # in the order of the arguments
    if options["promotion"] not in PROMOTIONS:
        known = ", ".join(map(repr, PROMOTIONS))
        raise ValueError(f"op {name}: promotion is one of {known}; got {options['promotion']!r}")
    options["promotion"] = PROMOTIONS[options["promotion"]]
    before, ufunc = OPS.pop(name, None), UFUNCS.get(forward) if isinstance(forward, np.ufunc) else None
    try:
        function = _declare.op(name, _fresh(forward, arrays, settings), **options, **rules)
    except BaseException:
        if before is not None:
            OPS[name] = before
        raise
    if ufunc is not None and not _is_own(ufunc):
        UFUNCS[forward] = ufunc  # NumPy's function stays what it was
    declared: Op = function.op  # type: ignore[attr-defined]
    declared.rules = _giving_arrays(declared)
    _own[name] = declared
    return _callable(name, forward, function, arrays, settings)


def _is_own(function: Function) -> bool:
    return any(function is each.function for each in _own.values())


# ------------------------------------------------------------------------------------------------------------- checks


def _check_name(name: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"op: the name of an op is a string, got {type(name).__name__}")
    if not name.isidentifier() or iskeyword(name):
        example = ' (a lambda has none: write tg.op("softclip", ...))' if name == "<lambda>" else ""
        raise ValueError(f"op: the name of an op is an identifier, got {name!r}{example}")
    if name in OPS and OPS[name] is not _own.get(name):
        raise ValueError(f"op {name}: the package has an op of this name; choose another")
    if name in _RESERVED:
        raise ValueError(f"op {name}: the name means something else; choose another")


def _arguments(name: str, forward: Function, ruled: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the arrays and of the settings of ``forward``: without a ``/``, arrays are what has rules."""
    if isinstance(forward, np.ufunc):
        if forward.nin > 2 or forward.nout > 1:
            raise ValueError(f"op {name}: {forward!r} takes or gives more than an op may; write a function")
        return _declare.signature_of(forward)
    try:
        parameters = inspect.signature(forward).parameters
    except ValueError:
        raise TypeError(f"op {name}: the arguments of {forward!r} are not known; write a function around it") from None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        raise ValueError(f"op {name}: forward takes **keywords; give every setting a name")
    arrays, settings = _declare.signature_of(forward)
    if not arrays:
        count = sum(setting in ruled for setting in settings)
        arrays, settings = settings[:count], settings[count:]
    taken = [x for x in (*arrays, *settings) if x in _RESERVED or x.startswith(("array_", "node_"))]
    taken += [x for x in settings if x in ("input", "other")]
    if taken:
        raise ValueError(f"op {name}: forward has an argument {taken[0]!r}, which means something else; rename it")
    return arrays, settings


def _check_rules(
    name: str, rules: dict[str, Any], arrays: tuple[str, ...], settings: tuple[str, ...], options: dict[str, Any]
) -> None:
    bare = [array.lstrip("*") for array in arrays]
    if not rules:
        raise ValueError(f"op {name}: give each array argument a rule, as in tg.op(..., x=lambda g, x: ...)")
    for array, rule in rules.items():
        if not callable(rule):
            raise TypeError(f"op {name}: the rule {array}=... must be a function of g, got {type(rule).__name__}")
    if set(rules) != set(bare):
        listed = ", ".join(arrays) or "none of these"
        raise ValueError(
            f"op {name}: there are rules for {', '.join(rules)}, but the first arguments of forward, its arrays, "
            f"are {listed}"
        )
    known = ["y", *options["outputs"], *options["intermediates"], *settings]
    known += ["i"] if arrays[0].startswith("*") else [*bare, *(f"{array}_shape" for array in bare)]
    for array, rule in rules.items():
        parameters = list(inspect.signature(rule).parameters.values())
        if not parameters or any(parameter.kind is not parameter.POSITIONAL_OR_KEYWORD for parameter in parameters):
            raise ValueError(f"op {name}: the rule of {array} takes g, and by name what it reads; got {rule!r}")
        unknown = [parameter.name for parameter in parameters[1:] if parameter.name not in known]
        if unknown:
            raise ValueError(f"op {name}: the rule of {array} reads {unknown[0]!r}; there are {', '.join(known)}")
    if options["intermediates"] and arrays[0].startswith("*"):
        raise ValueError(f"op {name}: an op of any number of arrays has no intermediates; compute them in the rule")
    known = [each for each in known if each not in options["intermediates"]]
    for need, expression in options["intermediates"].items():
        unknown = [each for each in inspect.signature(expression).parameters if each not in known]
        if unknown:
            raise ValueError(
                f"op {name}: the expression of the intermediate {need} reads {unknown[0]!r}; there are "
                f"{', '.join(known)}"
            )


# ------------------------------------------------------------------------------------------------- what is made of them


def _fresh(forward: Function, arrays: tuple[str, ...], settings: tuple[str, ...]) -> Function:
    """Return ``forward`` with a signature that says what is what, giving arrays of their own memory."""
    if isinstance(forward, np.ufunc):
        return forward
    kinds = inspect.Parameter
    starred = arrays[0].startswith("*")
    parameters = inspect.signature(forward).parameters
    by_name = [setting for setting in settings if parameters[setting].kind is kinds.KEYWORD_ONLY]

    def call(*arguments: Any, **named: Any) -> Any:
        split = len(arguments) - (0 if starred else len(by_name))
        y = forward(*arguments[:split], **dict(zip(by_name, arguments[split:], strict=False)), **named)
        return _unshared(y, arguments)

    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [kinds(each.lstrip("*"), kinds.VAR_POSITIONAL if starred else kinds.POSITIONAL_ONLY) for each in arrays]
        + [kinds(each, kinds.KEYWORD_ONLY) for each in settings]
    )
    return call


def _unshared(y: Any, arguments: tuple[Any, ...]) -> Any:
    """Copy an output that looks at the memory of an argument; the graph would not know."""
    if isinstance(y, np.ndarray):
        return y.copy() if y.base is not None or any(y is argument for argument in arguments) else y
    return tuple(_unshared(each, arguments) for each in y) if isinstance(y, tuple) else y


def _giving_arrays(declared: Op) -> Any:
    """Return the rules as a first-order walk calls them: ``tg``'s functions, given arrays, give tensors."""

    def giving(rule: Function, array: str) -> Function:
        def call(g: Any, *picked: Any) -> Any:
            found = rule(g, *picked)
            if isinstance(found, Value):
                return found.array
            if not isinstance(found, (np.ndarray, np.generic)):
                raise TypeError(f"{declared.name}: the rule of {array} returned {type(found).__name__}, not an array")
            return found

        return call

    starred = declared.arrays[0].startswith("*")
    made = [giving(rule, array) for array, rule in zip(declared.derivatives, declared.rules, strict=False)]
    return repeat(made[0]) if starred else tuple(made)


def _callable(
    name: str, forward: Function, function: Function, arrays: tuple[str, ...], settings: tuple[str, ...]
) -> Function:
    """Return what the user calls: it takes settings by name, and leaves them out where they have defaults."""
    called = function
    if settings:
        signature = inspect.signature(forward)

        def called(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            given = bound.arguments
            first = given[arrays[0][1:]] if arrays[0].startswith("*") else [given[array] for array in arrays]
            return function(*first, *(_setting(name, setting, given[setting]) for setting in settings))

    if not isinstance(forward, np.ufunc):
        functools.update_wrapper(called, forward)
    called.__name__ = called.__qualname__ = name
    declared = public(called)
    declared.op = OPS[name]  # type: ignore[attr-defined]
    return declared


def _setting(name: str, setting: str, value: Any) -> Any:
    """Return the array of a setting that is a tensor; refuse one whose gradient would be lost."""
    if not isinstance(value, Value):
        return value
    if value.node is not None:
        raise RuntimeError(f"{name}: {setting} requires grad, but has no rule; give it one, or pass {setting}.detach()")
    return value.array
