"""In-place writes: each one stamps the array that owns the memory with the time of the write.

A node whose saved array was stamped after the node's birth would compute a wrong gradient; the walk refuses it.
Nothing is stored on nodes for this: a walk only looks at the stamps if any write is younger than the node.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from tinygrad_np._graph._node import Array, Node, next_birth


class _Latest:
    """The time of the latest write to any array."""

    write = 0


latest = _Latest()
Stamp = list[Any]  # [time of the latest write, weak reference to the array]
_stamps: dict[int, Stamp] = {}  # by the id of the owning array


def _owner(array: Array) -> Array:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def stamp_of(array: Array) -> Stamp:
    """Return what bears the time of the latest write to an array's memory, as long as the array lives."""
    owner = array if array.base is None else _owner(array)
    stamp = _stamps.get(id(owner))
    if stamp is None:  # another thread may be making it, too: all have to get the same
        stamp = _stamps.setdefault(id(owner), [0, weakref.ref(owner, partial(_forget, id(owner)))])
    return stamp


def mark(stamps: Iterable[Stamp]) -> None:
    """Note that the memory these stamps stand for has just been written to."""
    latest.write = now = next_birth()
    for stamp in stamps:
        stamp[0] = now


def mark_written(*arrays: Array) -> None:
    """Note that these arrays have just been written to."""
    mark(map(stamp_of, arrays))


def _forget(key: int, _: object) -> None:
    _stamps.pop(key, None)


def written_after(saved: Any, birth: int) -> bool:
    """Tell whether an array among ``saved`` has been written to since ``birth``."""
    for array in saved:
        if isinstance(array, np.ndarray):
            stamp = _stamps.get(id(_owner(array)))
            if stamp is not None and stamp[0] > birth:
                return True
    return False


def check_unwritten(node: Node) -> None:
    """Raise PyTorch's error if an array that ``node`` saved has been overwritten."""
    if any(written_after(saved, node.birth) for saved in node.saved if saved):
        raise RuntimeError(
            f"one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"{node.op.name} saved an array of its forward pass that was overwritten before backward; "
            f"write to a copy (t = t.clone()) or use the out-of-place operation"
        )
