"""Recording, while it is switched on, where each op was called and what it gave.

Off, it costs next to nothing: switched on, it takes the place of what makes nodes, and of ``Module.__call__``.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygrad_np._graph import Node, Op
from tinygrad_np._graph._call import record, set_recorder
from tinygrad_np._graph._outputs import record_several
from tinygrad_np.explain.names import note_path
from tinygrad_np.nn.module import Module

_INSIDE = (f"{Path(__file__).parents[1]}{os.sep}", "<op ")  # how the files of the package's own frames begin


@dataclass(frozen=True, slots=True, eq=False)
class Note:
    """What is noted of a node: the file and line that called the op, its output or outputs, the module around it."""

    file: str
    line: int
    value: Any
    module: str


_notes: weakref.WeakKeyDictionary[Node, Note] = weakref.WeakKeyDictionary()


def note_of(node: Node) -> Note | None:
    """Return what was noted of a node; None if it was made while nothing was recorded."""
    return _notes.get(node)


class recording:  # noqa: N801  # reads as a statement: with recording()
    """While the block runs, note for every op its source line, output and module, and find the parameters' names.

    It holds for all threads, and keeps every output of the graph alive as long as the graph.

    >>> import tinygrad_np as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.explain.recording():
    ...     loss = (x * 3).sum()
    >>> [(entry.op, entry.value.tolist()) for entry in tg.explain.trace(loss)]
    [('sum', 6.0), ('mul', [3.0, 3.0])]
    """

    _depth = 0  # how many blocks are open, in all threads
    _lock = threading.Lock()

    def __enter__(self) -> recording:
        with recording._lock:
            recording._depth += 1
            if recording._depth == 1:
                set_recorder(_record)
                Module.__call__ = _called  # type: ignore[method-assign]
        return self

    def __exit__(self, *error: object) -> None:
        with recording._lock:
            recording._depth -= 1
            if recording._depth == 0:
                set_recorder(None)
                Module.__call__ = _plain_call  # type: ignore[method-assign]


def _record(op: Op, y: Any, edges: Sequence[Any], saved: Sequence[Any]) -> Any:
    """Make the node as ever, and note what is known of the call."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_INSIDE):
        frame = frame.f_back
    note = Note(frame.f_code.co_filename, frame.f_lineno, y, _modules.current)
    if not op.outputs:
        made = record(op, y, tuple(edges), saved)
        _notes[made.node] = note
        return made
    several = record_several(op, y, tuple(edges), saved)
    for output in several:
        if output.node is not None:  # between the op's node and each output stands a small one
            _notes[output.node.edges[0]] = note
    return several


_plain_call = Module.__call__


class _Modules(threading.local):
    """The path of the module that is being called, below the outermost one; and the paths of all below that."""

    current = ""
    known: dict[int, str] | None = None


_modules = _Modules()


def _called(self: Module, *args: Any, **kwargs: Any) -> Any:
    """Call a module, knowing its path."""
    before, outermost = _modules.current, _modules.known is None
    if outermost:
        _modules.known = {id(module): path for path, module in self.named_modules()}
        for path, parameter in self.named_parameters():
            note_path(parameter.node, path)
    assert _modules.known is not None
    _modules.current = _modules.known.get(id(self), type(self).__name__)
    try:
        return _plain_call(self, *args, **kwargs)
    finally:
        _modules.current = before
        if outermost:
            _modules.known = None
