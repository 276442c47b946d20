"""Saving a run so that it can go on at the same bits: one safetensors file, with what is not an array as JSON in it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

import tinygrad_np as tg
from data.files import write_atomically
from examples.digit.options import Options
from examples.digit.training import Epoch, Position, Run

FILE = "checkpoint.safetensors"
FORMAT = 2  # to be raised whenever what is stored changes


class CheckpointError(ValueError):
    """A checkpoint that is missing, damaged or of another run; the message says which and what to do."""


def identity(options: Options, fingerprint: str) -> dict[str, Any]:
    """Return what must be equal for a run to go on: every option that decides its numbers, and the data's digest."""
    names = ("recipe", "hidden", "epochs", "batch_size", "lr", "momentum", "seed")
    given = {f"--{name.replace('_', '-')}": getattr(options, name) for name in names}
    return given | {"report_every": options.report_every, "data": fingerprint[:16]}


def save(run: Run, fingerprint: str, path: Path) -> None:
    """Write parameters, optimizer, schedule, generator and position; an older file is replaced by a whole new one."""
    optimizer = run.optimizer.state_dict()
    arrays = {f"model.{name}": tensor.numpy() for name, tensor in run.model.state_dict().items()}
    for place, entries in optimizer["state"].items():
        arrays |= {f"optimizer.{place}.{name}": t.numpy() for name, t in entries.items() if isinstance(t, tg.Tensor)}
    arrays["generator"] = run.order_state
    rest = {
        "format": FORMAT,
        "identity": identity(run.options, fingerprint),
        "position": asdict(run.position),
        "history": [asdict(line) for line in run.history],
        "groups": optimizer["param_groups"],
        "schedule": run.schedule.state_dict(),
    }
    content = safetensors.numpy.save(
        {name: np.ascontiguousarray(array) for name, array in arrays.items()}, {"run": json.dumps(rest)}
    )
    with write_atomically(path) as file:
        file.write(content)


def restore(run: Run, fingerprint: str, path: Path) -> None:
    """Bring a new run to where the one stood that `save` wrote.

    Raises
    ------
    CheckpointError
        If there is no such file, it is damaged, or it was made with other options or other data.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file, so there is nothing to go on from; leave --resume out")
    try:
        with safe_open(path, framework="numpy") as file:
            rest = json.loads((file.metadata() or {})["run"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise CheckpointError(f"{path}: not a whole checkpoint ({error}); leave --resume out to start anew") from None
    if rest["format"] != FORMAT:
        raise CheckpointError(f"{path}: written by another version of this program; leave --resume out to start anew")
    _check_identity(rest["identity"], identity(run.options, fingerprint), path)

    run.model.load_state_dict(_below(arrays, "model."))
    state: dict[int, dict[str, tg.Tensor]] = {}
    for name, array in _below(arrays, "optimizer.").items():
        place, _, entry = name.partition(".")
        state.setdefault(int(place), {})[entry] = tg.from_numpy(array)
    run.optimizer.load_state_dict({"state": state, "param_groups": rest["groups"]})
    run.schedule.load_state_dict(rest["schedule"])
    run.order_state = arrays["generator"]
    run.generator.set_state(run.order_state)
    run.position = Position(**rest["position"])
    run.history = [Epoch(**line) for line in rest["history"]]


def _below(arrays: dict[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _check_identity(theirs: dict[str, Any], ours: dict[str, Any], path: Path) -> None:
    different = [
        f"{name} is {_text(ours[name])} but was {_text(theirs[name])}" for name in ours if ours[name] != theirs[name]
    ]
    if different:
        raise CheckpointError(
            f"{path}: made with other options: {', '.join(different)}; give the same ones, or leave --resume out"
        )


def _text(value: Any) -> str:
    return "all" if value is None else f"{value}"
