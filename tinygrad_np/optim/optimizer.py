"""What all optimizers share: groups of parameters with their options, the state of each parameter, and checks."""

from __future__ import annotations

import copy
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from tinygrad_np._graph import Stamp, Value, enable_grad, mark, stamp_of, wrap
from tinygrad_np._inplace import zeroed
from tinygrad_np._shapes import Shape
from tinygrad_np._tensor import Tensor

Array = np.ndarray[Any, Any]
Group = dict[str, Any]


Work = tuple[Tensor, Array, Array, Array, Array]  # what `Optimizer.update` needs of a parameter


class _Scratch(NamedTuple):
    """What is kept of a parameter from step to step, as long as its array stays the same."""

    array: Array | None
    stamp: Stamp
    shape: Shape
    dtype: np.dtype[Any]
    change: Array  # two of the array's kind, for intermediate results
    spare: Array


_NONE: Any = _Scratch(*[None] * 6)  # type: ignore[arg-type]


class Optimizer:
    """The base class of optimizers: a subclass checks options in ``check_group`` and changes parameters in ``update``.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        The tensors to optimize, or groups of them: dicts with the tensors under ``"params"`` and, if they differ from
        the others', options of the group's own.
    defaults : dict
        The options of groups that do not have their own.

    Raises
    ------
    TypeError
        If ``params`` is a single tensor or a set, or if something in it is not a tensor.
    ValueError
        If ``params`` is empty, if a tensor appears twice or was computed from others, or if an option is out of range.

    Examples
    --------
    >>> import numpy as np, tinygrad_np as tg
    >>> class SignDescent(tg.optim.Optimizer):
    ...     def update(self, group, work):
    ...         for parameter, array, gradient, change, spare in work:
    ...             array -= group["lr"] * np.sign(gradient)
    >>> weight = tg.tensor([1.0, -1.0], requires_grad=True)
    >>> (weight * weight).sum().backward()
    >>> SignDescent([weight], {"lr": 0.25}).step()
    >>> weight
    tensor([ 0.7500, -0.7500], requires_grad=True)
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.has_stepped = False  # a scheduler warns if its first step comes before the optimizer's
        self._scratch: dict[Tensor, _Scratch] = {}
        given = _listed(self.name, params)
        if not given:
            raise ValueError(f"{self.name}: params is empty, there is nothing to optimize")
        groups = given if all(isinstance(entry, dict) for entry in given) else [{"params": given}]
        for group in groups:
            self.add_param_group(group)

    @property
    def name(self) -> str:
        """The name of the class, with which messages begin."""
        return type(self).__name__

    # ------------------------------------------------------------------------------------- what a subclass provides

    def check_group(self, group: Group) -> None:
        """Raise unless the group's options are valid; here, numbers may be replaced by what `real_number` returns."""

    def required_state(self, group: Group) -> set[str]:
        """Return what a parameter's state must hold to be loaded, unless it has none yet."""
        return set()

    def update(self, group: Group, work: list[Work]) -> None:
        """Change the arrays of those parameters of a group that have a gradient, once.

        Each entry of ``work`` is ``(parameter, array, gradient, change, spare)``: ``array`` is to be changed in place,
        ``gradient`` is not to be changed, and the last two are arrays of the same kind for intermediate results.
        """
        raise NotImplementedError(f"{self.name} must define update(group, work)")

    # ----------------------------------------------------------------------------------------------------- training

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient, once.

        ``closure``, if given, is called first, with gradients recorded: it computes the loss anew, runs its backward,
        and returns it; so does ``step``.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        gathered = [(group, *self._gathered(group)) for group in self.param_groups]
        for group, work, stamps in gathered:
            try:
                self.update(group, work)
            finally:
                mark(stamps)
        self.has_stepped = True
        return loss

    def _gathered(self, group: Group) -> tuple[list[Work], list[Stamp]]:
        """Check a group, as all are before the first parameter changes, and gather what `update` needs."""
        if group.get("lr") is not None:  # the option that changes while training
            real_number(self.name, "lr", group["lr"])
        work, stamps = [], []
        kept = self._scratch.get
        for parameter in group["params"]:
            grad = parameter.grad
            if grad is None:
                continue
            array, gradient = parameter.array, grad.array
            known, stamp, shape, dtype, change, spare = kept(parameter, _NONE)
            if known is not array:
                _, stamp, shape, dtype, change, spare = self._made_scratch(parameter)
            if gradient.shape != shape or (gradient.dtype is not dtype and gradient.dtype != dtype):
                raise RuntimeError(
                    f"{self.name}: the gradient of parameter {self._index(parameter)} has shape {gradient.shape} and "
                    f"dtype {gradient.dtype}, the parameter {shape} and {dtype}"
                )
            work.append((parameter, array, gradient, change, spare))
            stamps.append(stamp)
        return work, stamps

    def _made_scratch(self, parameter: Tensor) -> _Scratch:
        """Make and keep what each step needs of a parameter, unless its array is read-only, or has another shape than
        its state.
        """
        array = parameter.array
        if not array.flags.writeable:
            raise RuntimeError(
                f"{self.name}: parameter {self._index(parameter)} of shape {array.shape} is read-only, as is what "
                "expand(), or from_numpy() of a read-only array, gives; optimize its .detach().clone().requires_grad_()"
            )
        for name, entry in self.state.get(parameter, {}).items():
            if name != "step" and isinstance(entry, Value) and entry.array.shape != array.shape:
                raise RuntimeError(
                    f"{self.name}: {name} of parameter {self._index(parameter)} has shape {entry.array.shape}, the "
                    f"parameter {array.shape}, since its data was replaced; make a new optimizer"
                )
        change, spare = np.empty_like(array), np.empty_like(array)
        self._scratch[parameter] = _Scratch(array, stamp_of(array), array.shape, array.dtype, change, spare)
        return self._scratch[parameter]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zeros if ``set_to_none`` is False: in place, but
        for a gradient that is read-only, as `expand` gives it, which is replaced.

        >>> import tinygrad_np as tg
        >>> weight = tg.ones(2, requires_grad=True)
        >>> weight.sum().backward()
        >>> tg.optim.SGD([weight], lr=0.1).zero_grad()
        >>> weight.grad is None
        True
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter.grad = None
                elif parameter.grad is not None:
                    parameter.grad = zeroed(parameter.grad)

    # ------------------------------------------------------------------------------------------------------- groups

    def add_param_group(self, param_group: Group) -> None:
        """Optimize further parameters: a dict with tensors under ``"params"``, and options where they differ.

        >>> import tinygrad_np as tg
        >>> optimizer = tg.optim.SGD([tg.ones(2, requires_grad=True)], lr=0.1)
        >>> optimizer.add_param_group({"params": [tg.ones(3, requires_grad=True)], "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        if "params" not in param_group:
            raise ValueError(f"{self.name}: a parameter group must have 'params', got only {sorted(param_group)}")
        params = param_group["params"]
        params = [params] if isinstance(params, Value) else _listed(self.name, params)
        group = {"params": params} | self.defaults | _options(param_group)
        known = {id(parameter) for other in self.param_groups for parameter in other["params"]}
        for i, parameter in enumerate(params):
            if not isinstance(parameter, Tensor):
                raise TypeError(f"{self.name}: params[{i}] must be a tensor, got {type(parameter).__name__}")
            if not parameter.is_leaf:
                raise ValueError(
                    f"{self.name}: params[{i}] of shape {parameter.shape} was computed from other tensors; only leaves "
                    "can be optimized: pass what it was computed from, or its .detach().requires_grad_()"
                )
            if id(parameter) in known:
                raise ValueError(
                    f"{self.name}: params[{i}] of shape {parameter.shape} appears twice, in one group or in two; it "
                    "would be changed twice in each step"
                )
            known.add(id(parameter))
        self.check_group(group)
        self.param_groups.append(group)

    def _index(self, parameter: Tensor) -> int:
        everything = [p for group in self.param_groups for p in group["params"]]
        return next(i for i, p in enumerate(everything) if p is parameter)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_scratch": {}}  # copies and pickles make their own

    def __repr__(self) -> str:
        lines = [f"{self.name} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines.extend(f"    {name}: {value}" for name, value in sorted(_options(group).items()))
        return "\n".join([*lines, ")"])

    # ------------------------------------------------------------------------------------------------ saving, loading

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of state and options, where a number stands for each parameter: its place among all.

        The layout is PyTorch's: ``{"state": {0: {...}, ...}, "param_groups": [{"lr": ..., "params": [0, ...]}, ...]}``.

        >>> import tinygrad_np as tg
        >>> tg.optim.SGD([tg.ones(2, requires_grad=True)], lr=0.1).state_dict()["param_groups"][0]["params"]
        [0]
        """
        place: dict[int, int] = {}
        for group in self.param_groups:
            for parameter in group["params"]:
                place[id(parameter)] = len(place)
        groups = [
            copy.deepcopy(_options(group)) | {"params": [place[id(parameter)] for parameter in group["params"]]}
            for group in self.param_groups
        ]
        state = {place[id(parameter)]: copy.deepcopy(entries) for parameter, entries in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over, as copies, the state and options that ``state_dict`` returned: everything, or nothing on an error.

        Floating-point state takes its parameter's dtype, except the count under ``"step"``.

        Raises
        ------
        ValueError
            If groups, parameters, options or shapes are not those of this optimizer, or an option is out of range.
        """
        groups = self._loaded_groups(state_dict)
        places: dict[Any, tuple[Tensor, Group]] = {}
        for saved, group in zip(state_dict["param_groups"], groups, strict=True):
            for index, parameter in zip(saved["params"], group["params"], strict=True):
                places[index] = parameter, group
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for index, entries in state_dict["state"].items():
            if index not in places:
                raise ValueError(f"{self.name}: the state dict has state of parameter {index!r}, which no group has")
            parameter, group = places[index]
            missing = self.required_state(group) - set(entries)
            if entries and missing:
                raise ValueError(
                    f"{self.name}: in the state dict, the state of parameter {index} lacks {sorted(missing)}"
                )
            state[parameter] = {name: self._loaded(index, parameter, name, entry) for name, entry in entries.items()}
        self.param_groups, self.state = groups, state

    def _loaded_groups(self, state_dict: dict[str, Any]) -> list[Group]:
        missing = {"state", "param_groups"} - set(state_dict)
        if missing:
            raise ValueError(f"{self.name}: the state dict lacks {sorted(missing)}")
        saved_groups = state_dict["param_groups"]
        ours, theirs = ([len(group["params"]) for group in groups] for groups in (self.param_groups, saved_groups))
        if ours != theirs:
            raise ValueError(f"{self.name}: the state dict has groups of {theirs} parameters, this optimizer of {ours}")
        loaded = []
        for i, (saved, group) in enumerate(zip(saved_groups, self.param_groups, strict=True)):
            missing = set(self.defaults) - set(saved)
            if missing:
                raise ValueError(f"{self.name}: group {i} of the state dict lacks the options {sorted(missing)}")
            loaded.append(copy.deepcopy(_options(saved)) | {"params": group["params"]})
            self.check_group(loaded[-1])
        return loaded

    def _loaded(self, index: Any, parameter: Tensor, name: str, entry: Any) -> Any:
        if not isinstance(entry, (Value, np.ndarray)):
            return copy.deepcopy(entry)
        array = entry.array if isinstance(entry, Value) else entry
        if name == "step":
            return wrap(array.copy())
        if array.shape != parameter.shape:
            raise ValueError(
                f"{self.name}: in the state dict, {name} of parameter {index} has shape {array.shape}, the parameter "
                f"{parameter.shape}"
            )
        return wrap(array.astype(parameter.dtype) if array.dtype.kind == "f" else array.copy())


def _options(group: Group) -> Group:
    return {name: value for name, value in group.items() if name != "params"}


def _listed(name: str, params: Any) -> list[Any]:
    if isinstance(params, (Value, dict, set, frozenset, str)) or not isinstance(params, Iterable):
        raise TypeError(
            f"{name}: params must be a list of tensors, or of dicts, got {type(params).__name__}; "
            "write model.parameters(), or put brackets around it"
        )
    return list(params)


def real_number(owner: str, name: str, value: Any, below: float = math.inf) -> float:
    """Return an option as a Python number, which takes the dtype of the array it meets; refuse it unless
    ``0 <= value < below``.

    >>> real_number("SGD", "lr", np.float64(0.5))
    0.5
    """
    if type(value) is float and 0 <= value < below:  # the usual case, in each step
        return value
    if isinstance(value, Value) and value.array.size == 1:
        value = value.array.item()
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{owner}: {name} must be a number, got {value!r}")
    if not 0 <= value < below:
        expected = "a finite number >= 0" if below == math.inf else f"a number >= 0 and < {below}"
        raise ValueError(f"{owner}: {name} must be {expected}, got {value}")
    return int(value) if isinstance(value, (int, np.integer)) else float(value)


def constants(dtype: np.dtype[Any], *numbers: float) -> list[Array]:
    """Return numbers as 0-d arrays, with which NumPy computes 0.3 us faster than with Python numbers.

    >>> constants(np.dtype(np.float32), 0.5)
    [array(0.5, dtype=float32)]
    """
    return [np.array(number, dtype) for number in numbers]


def check_flags(owner: str, group: Group, *names: str) -> None:
    """Raise unless these options are True or False."""
    for name in names:
        if not isinstance(group[name], bool):
            raise TypeError(f"{owner}: {name} must be True or False, got {group[name]!r}")
