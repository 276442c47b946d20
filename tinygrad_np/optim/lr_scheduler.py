"""Schedules, which change the learning rates of an optimizer from epoch to epoch."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from tinygrad_np.optim.optimizer import Optimizer, real_number


class LRScheduler:
    """The base class of schedules: a subclass computes in ``get_lr`` the rates that belong to ``last_epoch``.

    Making a schedule sets the rates of epoch 0; each ``step`` goes on to the next epoch.

    Parameters
    ----------
    optimizer : Optimizer
        Whose groups' ``"lr"`` is changed; what it was at first is kept in the group's ``"initial_lr"``.
    last_epoch : int
        −1 to begin; to go on with an optimizer whose state was loaded, the last epoch that is done.

    Raises
    ------
    TypeError
        If ``optimizer`` is none.
    KeyError
        If ``last_epoch`` is not −1, but a group has no ``"initial_lr"``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> class Halving(LRScheduler):
    ...     def get_lr(self):
    ...         return [rate / 2**self.last_epoch for rate in self.base_lrs]
    >>> optimizer = tg.optim.SGD([tg.ones(2, requires_grad=True)], lr=0.8)
    >>> schedule = Halving(optimizer)
    >>> for epoch in range(3):
    ...     print(schedule.get_last_lr())
    ...     optimizer.step()
    ...     schedule.step()
    [0.8]
    [0.4]
    [0.2]
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: expected an optimizer, got {type(optimizer).__name__}")
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: last_epoch={last_epoch} goes on with an earlier run, but "
                    f"param_groups[{i}] has no 'initial_lr'; load the state dict of that run's optimizer first, or "
                    "start at last_epoch=-1"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0  # PyTorch's count: 1 once the schedule is made
        self._last_lr: list[float] = []
        self._advance()

    def get_lr(self) -> list[float]:
        """Return the rates that belong to ``last_epoch``, one for each group."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr()")

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last, one for each group."""
        return list(self._last_lr)

    def step(self) -> None:
        """Go on to the next epoch and set its rates. Call it after the optimizer's ``step``: else it warns, once."""
        # An optimizer with a step of its own may not note that it has stepped.
        if self._step_count == 1 and not self.optimizer.has_stepped and type(self.optimizer).step is Optimizer.step:
            warnings.warn(
                "lr_scheduler.step() was called before optimizer.step(): the first learning rate is never used; "
                "call optimizer.step() first",
                UserWarning,
                stacklevel=2,
            )
        self._advance()

    def _advance(self) -> None:
        self._step_count += 1
        self.last_epoch += 1
        self._set(self.get_lr())

    def _set(self, rates: Sequence[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = list(rates)

    def _current(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of everything but the optimizer.

        >>> import tinygrad_np as tg
        >>> schedule = StepLR(tg.optim.SGD([tg.ones(2, requires_grad=True)], lr=0.1), step_size=3)
        >>> schedule.state_dict()["last_epoch"]
        0
        """
        return {name: copy.deepcopy(getattr(self, name)) for name in self._saved()}

    def _saved(self) -> list[str]:
        return [name for name in vars(self) if name != "optimizer"]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` returned: all of it, or nothing on an error.

        The optimizer's rates are not touched: they are part of its own state dict.

        Raises
        ------
        ValueError
            If entries are missing or not those of this schedule, or if the number of groups differs.
        """
        if set(state_dict) != set(self._saved()):
            raise ValueError(
                f"{type(self).__name__}: expected a state dict of {sorted(self._saved())}, got {sorted(state_dict)}"
            )
        if len(state_dict["base_lrs"]) != len(self.base_lrs):
            raise ValueError(
                f"{type(self).__name__}: the state dict has rates of {len(state_dict['base_lrs'])} groups, the "
                f"optimizer has {len(self.base_lrs)}"
            )
        vars(self).update(copy.deepcopy(state_dict))


class StepLR(LRScheduler):
    r"""Multiply the rates by ``gamma`` every ``step_size`` epochs.

    .. math:: \text{lr}_t = \text{lr}_0 \cdot \gamma^{\lfloor t / \text{step\_size} \rfloor}

    It multiplies the current rate, so that changes made by hand or by another schedule stay.

    >>> import tinygrad_np as tg
    >>> optimizer = tg.optim.SGD([tg.ones(2, requires_grad=True)], lr=0.5)
    >>> schedule = StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for epoch in range(4):
    ...     optimizer.step()
    ...     schedule.step()
    ...     print(optimizer.param_groups[0]["lr"])
    0.5
    0.25
    0.25
    0.125
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = _positive_integer("StepLR", "step_size", step_size)
        self.gamma = real_number("StepLR", "gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates that belong to ``last_epoch``, from those of the epoch before."""
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self._current()
        return [rate * self.gamma for rate in self._current()]


class CosineAnnealingLR(LRScheduler):
    r"""Lower the rates to ``eta_min`` along half a period of a cosine, ``T_max`` epochs long [1]_; then back.

    .. math:: \text{lr}_t = \eta_{min} + (\text{lr}_0 - \eta_{min}) \frac{1 + \cos(\pi t / T_{max})}{2}

    As in PyTorch, each rate is computed from the one before, so that changes made by hand or by another schedule stay:

    .. math:: \text{lr}_t = \eta_{min} + (\text{lr}_{t-1} - \eta_{min})
        \frac{1 + \cos(\pi t / T_{max})}{1 + \cos(\pi (t - 1) / T_{max})}

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> optimizer = tg.optim.SGD([tg.ones(2, requires_grad=True)], lr=1.0)
    >>> schedule = CosineAnnealingLR(optimizer, T_max=2)
    >>> for epoch in range(2):
    ...     optimizer.step()
    ...     schedule.step()
    ...     print(round(optimizer.param_groups[0]["lr"], 6))
    0.5
    0.0
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:  # noqa: N803
        self.T_max = _positive_integer("CosineAnnealingLR", "T_max", T_max)
        self.eta_min = real_number("CosineAnnealingLR", "eta_min", eta_min)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates that belong to ``last_epoch``, from those of the epoch before."""
        t, lowest = self.last_epoch, self.eta_min
        if self._step_count == 1:  # just made: the optimizer's rates are where the schedule begins, or goes on
            return self._current()
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:  # the rate before was eta_min: start from the bottom
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [rate + (base - lowest) * rise for rate, base in zip(self._current(), self.base_lrs, strict=True)]
        ratio = (1 + math.cos(math.pi * t / self.T_max)) / (1 + math.cos(math.pi * (t - 1) / self.T_max))
        return [ratio * (rate - lowest) + lowest for rate in self._current()]


class LambdaLR(LRScheduler):
    """Multiply the first rates by a function of the epoch, or each group's by a function of its own.

    The functions are not part of the state dict.

    >>> import tinygrad_np as tg
    >>> optimizer = tg.optim.SGD([tg.ones(2, requires_grad=True)], lr=0.5)
    >>> schedule = LambdaLR(optimizer, lambda epoch: min(1, (epoch + 1) / 4))  # warm up over four epochs
    >>> optimizer.param_groups[0]["lr"]
    0.125
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"LambdaLR: expected {groups} functions, one for each group, got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the rates that belong to ``last_epoch``."""
        return [base * factor(self.last_epoch) for base, factor in zip(self.base_lrs, self.lr_lambdas, strict=True)]

    def _saved(self) -> list[str]:
        return [name for name in super()._saved() if name != "lr_lambdas"]


def _positive_integer(owner: str, name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{owner}: {name} must be a positive integer, got {value!r}")
    return value
