"""Views, tensors that look at another's memory; and what a recorded write to one of them means for the others.

A view knows its parent, the op that made it and that op's settings; a parent knows its views, weakly. When a view is
overwritten by ``v``, its op's ``view`` rule says what the parent becomes: for ``x[index]``, x with ``v`` at ``index``.
So the write climbs to the root of the family, and from there every view is made anew from its parent. Memory is written
once; only nodes change.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from typing import Any, NoReturn

from tinygrad_np._graph._hooks import RetainGrad
from tinygrad_np._graph._node import Array, Node, Value
from tinygrad_np._graph._op import Op, parameters_of

_first_view = threading.Lock()


def viewed(self: Op, out: Any, parent: Value, settings: tuple[Any, ...], i: int | None = None) -> Any:
    """Note that ``out``, which ``self`` made of ``parent`` (its output ``i``, of several), looks at the same memory."""
    if looks_at(out.array, parent.array):
        out._view_of = (self, parent, settings, i)
        try:
            views = parent._views
        except AttributeError:
            with _first_view:
                if not hasattr(parent, "_views"):
                    parent._views = {}
            views = parent._views
        views[weakref.ref(out, views.__delitem__)] = None  # until it dies
    return out


def looks_at(array: Array, other: Array) -> bool:
    """Tell whether an array shares its memory with the one it was made of, rather than being a copy."""
    memory = array.base
    return memory is not None and (memory is other or memory is other.base)


def _parent_of(view: Value) -> tuple[Op, Value, tuple[Any, ...], int | None] | None:
    link: Any = getattr(view, "_view_of", None)
    return link if link is not None and looks_at(view.array, link[1].array) else None  # `data` may have been replaced


def refuse_unseen(value: Value, name: str) -> None:
    """Refuse a write that is not recorded, to a view made under no_grad of what is: its history would be wrong."""
    while link := _parent_of(value):
        value = link[1]
        if value.node is not None:
            _raise_unseen(value, name)


def _raise_unseen(parent: Value, name: str) -> NoReturn:
    if parent.node is not None and not parent.node.edges:
        raise RuntimeError(
            f"{name}: a view of a leaf Variable that requires grad is being used in an in-place operation; "
            "write under no_grad(), or to a clone"
        )
    raise RuntimeError(
        f"{name}: this view was made under no_grad(), so that a write to it cannot be recorded; make it anew"
    )


def rewritten_root(value: Value, new: Value, name: str) -> tuple[Value, Node | None]:
    """Return what ``value`` is, in the end, a view of, and the node which that gets if ``new`` is written to it."""
    while link := _parent_of(value):
        op, parent, settings, i = link
        if parent.node is not None and (value.node is None or not parent.node.edges):
            _raise_unseen(parent, name)
        new = _written_through(op, parent, new, settings, i, name)
        value = parent
    return value, new.node


def _written_through(op: Op, parent: Value, v: Value, settings: tuple[Any, ...], i: int | None, name: str) -> Any:
    """Return what the parent becomes where ``v`` is written to its view."""
    if op.view is None:
        raise RuntimeError(f"{name}: a write to a view made by {op.name} cannot be recorded; write to a clone")
    known = {
        "x": parent,
        "x_shape": parent.array.shape,
        "v": v,
        "i": i,
        **dict(zip(op.settings, settings, strict=True)),
    }
    return op.view(*(known[need] for need in parameters_of(op.view)))


def rewire(root: Value, node: Node | None) -> None:
    """Give a tensor another node, and all that look at its memory the nodes of views made of it now."""
    family = [root]
    for member in family:  # grows while it is read: parents before their views
        family.extend(_views_of(member))
    _replace(root, node)
    pieces: dict[tuple[int, int], Any] = {}  # of calls with several outputs, which share their settings
    for view in family[1:]:
        op, parent, settings, i = view._view_of
        if i is None:
            made = op.function(parent, *settings)
        else:
            call = (id(parent), id(settings))
            if call not in pieces:
                pieces[call] = op.function(parent, *settings)
            made = pieces[call][i]
        _replace(view, made.node)


def _views_of(parent: Value) -> Iterator[Value]:
    """Return the living views of a tensor, but not those that were made under ``no_grad`` of what has a graph."""
    for reference in list(getattr(parent, "_views", ())):
        view = reference()
        if view is not None and _parent_of(view) and (view.node is not None or parent.node is None):
            yield view


def _replace(value: Value, node: Node | None) -> None:
    """Give a tensor another node; what ``retain_grad`` asked of the old one goes with it."""
    before = value.node
    value.node = node
    if before is not None and node is not None and before.hooks and isinstance(before.hooks[-1], RetainGrad):
        node.hooks = [*(node.hooks or ()), before.hooks.pop()]
