"""Recording, while it is switched on, where each op was called and what it gave.

Off, it costs nothing: switched on, it takes the place of the function that makes nodes, and of ``Module.__call__``.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinygrad_np._graph import Array, Node, Op, wrap
from tinygrad_np._graph._call import record, set_recorder
from tinygrad_np.explain.names import note_path
from tinygrad_np.nn.module import Module

_PACKAGE = str(Path(__file__).parents[1])


class RecordedNode(Node):
    """A node that knows its source line, its output and the module it was computed in."""

    __slots__ = ("line", "module", "value")

    line: str  # "file.py:12"
    value: Array
    module: str


class recording:  # noqa: N801  # reads as a statement: with recording()
    """While the block runs, note for every op its source line, output and module, and find the parameters' names.

    It holds for all threads, and keeps every output of the graph alive as long as the graph.

    >>> import tinygrad_np as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.explain.recording():
    ...     loss = (x * 3).sum()
    >>> [entry.op for entry in tg.explain.trace(loss)]
    ['sum', 'mul']
    """

    _depth = 0
    _lock = threading.Lock()

    def __enter__(self) -> recording:
        with self._lock:
            recording._depth += 1
            if recording._depth == 1:
                set_recorder(_record)
                Module.__call__ = _called  # type: ignore[method-assign]
        return self

    def __exit__(self, *error: object) -> None:
        with self._lock:
            recording._depth -= 1
            if recording._depth == 0:
                set_recorder(None)
                Module.__call__ = _plain_call  # type: ignore[method-assign]


def _record(op: Op, y: Array, edges: Sequence[Any], saved: Sequence[Any]) -> Any:
    made = record(op, y, tuple(edges), saved)
    plain = made.node
    node = RecordedNode()
    for slot in ("op", "edges", "saved", "birth", "shape", "dtype", "hooks"):
        setattr(node, slot, getattr(plain, slot))
    node.line = _calling_line()
    node.value = y
    node.module = ".".join(_modules.path)
    return wrap(y, node)


def _calling_line() -> str:
    """Return the line outside the package that called the op."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith((_PACKAGE, "<op ")):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


_plain_call = Module.__call__


class _Modules(threading.local):
    """The modules that are being called, from the outermost in, and their paths below it."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.known: dict[int, str] = {}


_modules = _Modules()


def _called(self: Module, *args: Any, **kwargs: Any) -> Any:
    outermost = not _modules.known
    if outermost:
        _modules.known = {id(module): path for path, module in self.named_modules()}
        for path, parameter in self.named_parameters():
            note_path(parameter.node, path)
    before = _modules.path
    _modules.path = [_modules.known.get(id(self), type(self).__name__)]
    try:
        return _plain_call(self, *args, **kwargs)
    finally:
        _modules.path = before
        if outermost:
            _modules.known = {}
