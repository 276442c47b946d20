"""Loading a state dict: whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygrad_np._graph import mark_written
from tinygrad_np._tensor import Tensor
from tinygrad_np.ops.elementwise import raw


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict`` returns: the paths that only the module has, and those that only the state dict has."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def load(name: str, own: dict[str, Tensor], given: Mapping[str, Any], strict: bool) -> IncompatibleKeys:
    """Copy the ``given`` arrays into ``own`` tensors; ``name`` is what the error calls the module."""
    if not isinstance(given, Mapping):
        raise TypeError(f"load_state_dict: expected a mapping from paths to tensors, got {type(given).__name__}")
    missing = [path for path in own if path not in given]
    unexpected = [path for path in given if path not in own]
    faults = []
    if strict:
        faults += [f"missing: {path}, of shape {own[path].shape}" for path in missing]
        faults += [f"unexpected: {path}" for path in unexpected]
    arrays = {path: raw(given[path]) for path in own if path in given}
    for path, array in arrays.items():
        faults += [f"{path}: {fault}" for fault in _faults(own[path].array, array)]
    if faults:
        raise RuntimeError(
            "\n    ".join([f"load_state_dict: nothing was loaded into {name}, because of these entries:", *faults])
        )
    # Copied before anything is written: the arrays may be the module's own, in another order.
    copies = {path: array.astype(own[path].dtype) for path, array in arrays.items()}
    for path, array in copies.items():
        np.copyto(own[path].array, array)
        mark_written(own[path].array)
    return IncompatibleKeys(missing, unexpected)


def _faults(own: np.ndarray[Any, Any], given: Any) -> list[str]:
    """Say what keeps ``given`` from being copied into ``own``."""
    if not isinstance(given, np.ndarray):
        return [f"expected a tensor or an array, got {type(given).__name__}"]
    faults = []
    if given.shape != own.shape:
        faults.append(f"expected shape {own.shape}, got {given.shape}")
    if given.dtype.kind != own.dtype.kind:
        faults.append(f"expected a dtype like {own.dtype}, got {given.dtype}")
    if not own.flags.writeable:
        faults.append("the module's own tensor is read-only")
    return faults
