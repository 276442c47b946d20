"""Optimizers, schedules and data loaders."""

from __future__ import annotations

import importlib
from math import inf, nan
from typing import Any

from tests.docs.deviations.programs import Row, leaf


def loaders(m: Any) -> Any:
    return importlib.import_module(f"{m.__name__}.utils.data")


def sgd(m: Any, **options: Any) -> Any:
    return m.optim.SGD([leaf(m)], **{"lr": 0.1, **options})


def saved_state_is_kept(m: Any) -> bool:
    p = leaf(m)
    optimizer = m.optim.SGD([p], lr=0.1, momentum=0.9)
    p.sum().backward()
    optimizer.step()
    saved = optimizer.state_dict()["state"][0]["momentum_buffer"]
    before = saved.item()
    optimizer.step()
    return saved.item() == before


def loaded_rate(m: Any) -> Any:
    optimizer = sgd(m)
    saved = optimizer.state_dict()
    saved["param_groups"][0]["lr"] = -1.0
    optimizer.load_state_dict(saved)
    return optimizer.param_groups[0]["lr"]


def schedule(m: Any) -> Any:
    return m.optim.lr_scheduler.StepLR(sgd(m), 3)


def twice_in_a_group(m: Any) -> int:
    p = leaf(m)
    return len(m.optim.SGD([p, p], lr=0.1).param_groups[0]["params"])


def batch_written_to(m: Any) -> Any:
    data = loaders(m)
    (batch,) = next(iter(data.DataLoader(data.TensorDataset(m.zeros(4)), batch_size=2)))
    batch[0] = 1
    return batch.tolist()


ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "`Optimizer.state_dict()`": [Row(saved_state_is_kept, True, False)],
    "loading a rate or option out of range": [Row(loaded_rate, ValueError, -1.0)],
    "a schedule's `load_state_dict`": [Row(lambda m: schedule(m).load_state_dict({"last_epoch": 5}), ValueError, None)],
    "a schedule's state dict": [
        Row(
            lambda m: {"_is_initial", "_get_lr_called_within_step"} & set(schedule(m).state_dict()),
            set(),
            {"_is_initial", "_get_lr_called_within_step"},
        )
    ],
    "a parameter twice in one group, a NaN or infinite rate": [
        Row(twice_in_a_group, ValueError, 2),
        Row(lambda m: sgd(m, lr=nan).param_groups[0]["lr"], ValueError, nan),
        Row(lambda m: sgd(m, lr=inf).param_groups[0]["lr"], ValueError, inf),
    ],
    "parameters in a set": [Row(lambda m: len(m.optim.SGD({leaf(m)}, lr=0.1).param_groups), TypeError, 1)],
    "a rate given as a tensor": [
        Row(lambda m: type(sgd(m, lr=m.tensor(0.1)).param_groups[0]["lr"]) is float, True, False)
    ],
    "a batch of a `DataLoader` in sequential order": [Row(batch_written_to, RuntimeError, [1, 0])],
    "`DataLoader(num_workers=...)`": [
        Row(lambda m: loaders(m).DataLoader([1], num_workers=1).num_workers, ValueError, 1)
    ],
}
