"""Anomaly mode: the first NaN, or infinity made of finite numbers, is an error that says where it came from.

Off, it costs next to nothing: switched on, it takes the place of the function that wraps what ops return, which it
checks, and of the steps of backward walks. For each node it notes the line and the modules by which its op was called.
"""

from __future__ import annotations

import linecache
import sys
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, Self

import numpy as np

from tinygrad_np._graph import Node, Value, _call, wrap
from tinygrad_np._graph._outputs import Cotangents, Output
from tinygrad_np._graph._places import user_frame
from tinygrad_np._graph._walk import Step, Watch, undo_broadcast
from tinygrad_np.autograd.joint import record_from


@dataclass
class _Mode:
    """What is looked for; in all threads."""

    enabled: bool = False
    check_nan: bool = True
    check_inf: bool = True


_mode = _Mode()


def is_anomaly_enabled() -> bool:
    """Tell whether anomaly mode is on.

    >>> import tinygrad_np as tg
    >>> with tg.autograd.detect_anomaly():
    ...     tg.autograd.is_anomaly_enabled()
    True
    """
    return _mode.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Tell whether anomaly mode, where it is on, looks for NaN.

    >>> import tinygrad_np as tg
    >>> tg.autograd.is_anomaly_check_nan_enabled()
    True
    """
    return _mode.check_nan


class set_detect_anomaly:  # noqa: N801  # PyTorch's name
    """Switch anomaly mode on or off: at once, and until the end of a ``with`` block if it opens one; see below.

    Parameters
    ----------
    mode : bool
    check_nan : bool
        Whether NaN is looked for.
    check_inf : bool
        Whether infinities are: only those that an op makes of finite numbers, so that masks of -inf may be used.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> with tg.autograd.set_detect_anomaly(False):
    ...     tg.autograd.is_anomaly_enabled()
    False
    """

    def __init__(self, mode: bool, check_nan: bool = True, *, check_inf: bool = True) -> None:
        self._before = _Mode(_mode.enabled, _mode.check_nan, _mode.check_inf)
        _switch(_Mode(bool(mode), bool(check_nan), bool(check_inf)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        _switch(self._before)


class detect_anomaly:  # noqa: N801  # PyTorch's name
    """While the block runs, report the first NaN, or infinity made of finite numbers, forward or backward.

    It is a RuntimeError that names the op, the entry, the line of the program that called the op, and the path of the
    module that did. ``check_nan`` and ``check_inf`` switch either off.

    >>> import numpy as np
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([4.0, 0.0], requires_grad=True)
    >>> with tg.autograd.detect_anomaly():
    ...     x.sqrt().sum().backward()
    Traceback (most recent call last):
    RuntimeError: anomaly: backward of sqrt: the gradient of its argument x is infinite at entry (1,) of shape (2,),
    1 of 2 entries; sqrt was called at <doctest ...>, line 2: x.sqrt().sum().backward()
    """

    def __init__(self, check_nan: bool = True, *, check_inf: bool = True) -> None:
        self._inside = _Mode(True, bool(check_nan), bool(check_inf))
        self._entered: list[_Block] = []

    def __enter__(self) -> Self:
        with _entering:
            block = _Block(_Mode(_mode.enabled, _mode.check_nan, _mode.check_inf))
            self._entered.append(block)
            _open.append(block)
            _switch(self._inside)
        return self

    def __exit__(self, *error: object) -> None:
        with _entering:
            block = self._entered.pop()
            place = _open.index(block)
            if block is _open[-1]:
                _switch(block.outside)
            else:  # another thread's block was entered later and is still open: it has to restore this one's outside
                _open[place + 1].outside = block.outside
            del _open[place]


@dataclass(eq=False)
class _Block:
    """A ``with`` block, and the mode to go back to at its end."""

    outside: _Mode


_open: list[_Block] = []  # of all threads, in the order they were entered
_entering = threading.Lock()


def _switch(mode: _Mode) -> None:
    _mode.enabled, _mode.check_nan, _mode.check_inf = mode.enabled, mode.check_nan, mode.check_inf
    _call.set_wrapper(_wrap_checked if mode.enabled else None)
    Watch.steps = _steps_checked if mode.enabled else None


# -------------------------------------------------------------------------------------------------------------- forward


@dataclass(frozen=True, slots=True, eq=False)
class _Note:
    """Where an op was called: the file and line, and the modules around it, the innermost first."""

    file: str
    line: int
    modules: tuple[Any, ...]

    def __str__(self) -> str:
        source = linecache.getline(self.file, self.line).strip()
        path = _path(self.modules)
        module = f", in module {path}" if path else ""
        return f"{self.file}, line {self.line}{module}" + (f": {source}" if source else "")


_notes: weakref.WeakKeyDictionary[Node, _Note] = weakref.WeakKeyDictionary()
_CALL = str(Path("nn", "module.py"))


class _Busy(threading.local):
    """Whether a rule is being applied, whose result is checked as a whole."""

    backward = False


_busy = _Busy()


def _wrap_checked(array: Any, node: Node | None = None) -> Any:
    """Wrap what an op returned, and look at it."""
    value = wrap(array, node)
    frame = sys._getframe(1)
    if node is not None:
        _notes[_of_op(node)] = _note(frame)
    if not _busy.backward and (fault := _fault(array)):
        _look_into(array, fault, frame)
    return value


def _look_into(array: Any, fault: str, frame: FrameType) -> None:
    """Report what an op returned, unless it is an infinity that came in with an input."""
    name, operands = _called(frame)
    before = {_fault(operand) for operand in operands}
    if fault == _INFINITE and before - {None}:
        return
    came_in = next((f"; an input was {each} already" for each in (_NAN, _INFINITE) if each in before), "")
    _raise(f"{name} returned {_described(array, fault)}{came_in}; called at {_note(frame, False)}")


def _of_op(node: Node) -> Node:
    """Return the node of the op; between it and each of several outputs stands a small one."""
    return node.edges[0] if node.op is Output and node.edges[0] is not None else node


def _note(frame: FrameType, modules: bool = True) -> _Note:
    user = user_frame(frame)
    around = []
    outer: FrameType | None = frame
    while outer is not None and modules:
        if outer.f_code.co_name == "__call__" and outer.f_code.co_filename.endswith(_CALL):
            around.append(outer.f_locals["self"])
        outer = outer.f_back
    return _Note(user.f_code.co_filename, user.f_lineno, tuple(around))


def _called(frame: FrameType) -> tuple[str, list[Any]]:
    """Return the name of the op that is being called, and its operands as far as they can be seen."""
    within: FrameType | None = frame
    while within is not None:
        code, local = within.f_code, within.f_locals
        if code.co_filename.startswith("<op "):  # a call that is spelled out
            return code.co_name, [x for name, x in local.items() if name.startswith("array_")]
        if code is _call.apply.__code__:
            return local["self"].name, list(local["arrays"])
        if code is record_from.__code__:
            return local["op"].name, []
        within = within.f_back
    return "an op", []


def _path(modules: tuple[Any, ...]) -> str:
    """Return the path of the innermost module from the outermost one; its class if that is itself."""
    if not modules:
        return ""
    inner, outer = modules[0], modules[-1]
    return next((path for path, module in outer.named_modules() if module is inner), "") or type(inner).__name__


# ------------------------------------------------------------------------------------------------------------- backward


def _steps_checked(inner: Step | None) -> Step:
    """Return the steps of a walk, looking at every gradient that comes up."""
    take = inner or _plain_step

    def step(node: Node, g: Any, pending: dict[Node, Any], useful: set[Node] | None) -> None:
        if fault := _fault_of(g):
            _raise(
                f"the gradient that arrived at {node.op.name} is {fault}: it was given to backward, or returned by a "
                f"hook{_where(node)}"
            )
        own: dict[Node, Any] = {}
        before, _busy.backward = _busy.backward, True
        try:
            take(node, g, own, useful)
        except Exception as error:
            error.add_note(f"anomaly mode: in the backward of {node.op.name}{_where(node)}")
            raise
        finally:
            _busy.backward = before
        for parent, contribution in own.items():
            if fault := _fault_of(contribution):
                array = _array(contribution)
                what = fault if array is None else f"{_described(array, fault)}"
                _raise(
                    f"backward of {node.op.name}: the gradient of its argument {_argument(node, parent)} is "
                    f"{what}{_where(node)}"
                )
            total = contribution if parent not in pending else pending[parent] + contribution
            if fault := _fault_of(total):
                _raise(f"the sum of the gradients that arrive at a tensor is {fault}, at {node.op.name}{_where(node)}")
            pending[parent] = total

    return step


def _plain_step(node: Node, g: Any, pending: dict[Node, Any], useful: set[Node] | None) -> None:
    """Take one step as the walk does."""
    for parent, rule, arguments in zip(node.edges, node.op.rules, node.saved, strict=False):  # rules may repeat
        if parent is None or (useful is not None and parent not in useful):
            continue
        contribution = rule(g, *arguments)
        if contribution is None:
            continue
        if contribution.shape != parent.shape:
            contribution = undo_broadcast(contribution, parent.shape, node)
        if contribution.dtype is not parent.dtype:
            contribution = contribution.astype(parent.dtype)
        pending[parent] = contribution if parent not in pending else pending[parent] + contribution


def _argument(node: Node, parent: Node) -> str:
    places = [i for i, edge in enumerate(node.edges) if edge is parent]
    first: str = node.op.arrays[0]
    if first.startswith("*"):
        return f"{first[1:]}[{places[0]}]"
    return " and ".join(node.op.arrays[i] for i in places)


def _where(node: Node) -> str:
    node = _of_op(node)
    note = _notes.get(node)
    if note is None:
        return f"; {node.op.name} was called before anomaly mode was on, so that its line is not known"
    return f"; {node.op.name} was called at {note}"


# ----------------------------------------------------------------------------------------------------------- what it is

_NAN, _INFINITE = "NaN", "infinite"


def _fault(x: Any) -> str | None:
    """Return what is wrong with an array or number, of what is looked for."""
    array = np.asarray(x)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return None
    if _mode.check_nan and np.isnan(array).any():
        return _NAN
    return _INFINITE if _mode.check_inf and np.isinf(array).any() else None


def _array(g: Any) -> Any:
    return None if isinstance(g, Cotangents) else np.asarray(g.array if isinstance(g, Value) else g)


def _fault_of(g: Any) -> str | None:
    """Return what is wrong with a gradient: an array, a tensor, or those of several outputs."""
    if isinstance(g, Cotangents):
        return next((fault for part in g.parts.values() if (fault := _fault_of(part))), None)
    return _fault(_array(g))


def _described(array: Any, fault: str) -> str:
    faulty = np.isnan(array) if fault == _NAN else np.isinf(array)
    place = tuple(int(i) for i in np.argwhere(faulty)[0])
    if not array.shape:
        return fault
    return f"{fault} at entry {place} of shape {array.shape}, {int(faulty.sum())} of {array.size} entries"


def _raise(message: str) -> NoReturn:
    raise RuntimeError(f"anomaly: {message}")
