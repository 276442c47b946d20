"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_np._graph import mark_written, wrap
from tinygrad_np.optim.optimizer import Group, Optimizer, check_flags, real_number


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum and weight decay if asked for.

    With the gradient g of the parameter p (−g with ``maximize``), momentum μ, dampening τ and weight decay λ:

    .. math::
        g \leftarrow g + \lambda p, \qquad b \leftarrow \mu b + (1 - \tau) g, \qquad p \leftarrow p - \text{lr} \cdot b

    where b starts as the first g; with ``nesterov``, g + μ b takes the place of b in the last formula; without
    momentum, g does. This is PyTorch's form of momentum: the learning rate is applied to b, not before it.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to optimize; see `Optimizer`.
    lr, momentum, dampening, weight_decay : float
        Finite numbers >= 0.
    nesterov : bool
        Look ahead along the momentum [1]_; needs a momentum, and no dampening.
    maximize : bool
        Go up instead of down.

    Raises
    ------
    TypeError, ValueError
        If an option is of the wrong type or out of range; for ``params`` see `Optimizer`.

    References
    ----------
    .. [1] I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum in deep
       learning", ICML 2013.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> weight = tg.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = tg.optim.SGD([weight], lr=0.25)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight
    tensor([ 0.5000, -1.0000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, options)

    def check_group(self, group: Group) -> None:
        """Raise unless the options are numbers in range, and nesterov comes with momentum and without dampening."""
        for name in ("lr", "momentum", "dampening", "weight_decay"):
            group[name] = real_number("SGD", name, group[name])
        check_flags("SGD", group, "nesterov", "maximize")
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ValueError(
                "SGD: nesterov needs a momentum > 0 and dampening 0, "
                f"got momentum={group['momentum']}, dampening={group['dampening']}"
            )

    def update(self, group: Group) -> None:
        """Change the parameters of a group, once."""
        lr = real_number("SGD", "lr", group["lr"])
        descend = np.add if group["maximize"] else np.subtract
        multiply = np.multiply
        plain = group["momentum"] == 0 and group["weight_decay"] == 0
        dtype = None
        for parameter, array, gradient, change, spare in self.ready(group):
            if array.dtype is not dtype:
                dtype = array.dtype
                rate = np.array(lr, dtype)  # once: NumPy takes 0.3 us longer to multiply by a Python number
            direction = gradient if plain else self._direction(group, parameter, gradient, change, spare)
            multiply(direction, rate, change)
            descend(array, change, array)
            mark_written(array)
