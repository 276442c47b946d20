"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_np._graph import mark_written, wrap
from tinygrad_np._tensor import Tensor
from tinygrad_np.optim.optimizer import Array, Group, Optimizer, Work, check_flags, constants, real_number


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

    def update(self, group: Group, work: list[Work]) -> None:
        """Change the arrays of those parameters of a group that have a gradient, once."""
        lr = real_number("SGD", "lr", group["lr"])
        momentum, weight_decay = group["momentum"], group["weight_decay"]
        plain = not (momentum or weight_decay or group["maximize"])
        multiply, subtract = np.multiply, np.subtract
        dtype = None
        for parameter, array, g, change, spare in work:
            if array.dtype is not dtype:  # as a rule, all parameters have the same
                dtype = array.dtype
                rate = np.array(lr, dtype)  # a Python number would be converted anew in each operation
                if not plain:
                    numbers = constants(dtype, momentum, 1 - group["dampening"], weight_decay)
            if not plain:
                g = self._direction(group, parameter, g, change, spare, numbers)
            subtract(array, multiply(g, rate, change), array)

    def _direction(
        self, group: Group, parameter: Tensor, g: Array, change: Array, spare: Array, numbers: list[Array]
    ) -> Array:
        """Return what is multiplied by the learning rate: g with weight decay and momentum; g itself stays as it is."""
        momentum, renewal, weight_decay = numbers
        if group["maximize"]:
            g = np.negative(g, change)
        if group["weight_decay"]:
            g = np.add(g, np.multiply(parameter.array, weight_decay, spare), change)
        if not group["momentum"]:
            return g
        state = self.state[parameter]
        if state.get("momentum_buffer") is None:
            state["momentum_buffer"] = wrap(g.copy())
            b: Array = state["momentum_buffer"].array
        else:
            b = state["momentum_buffer"].array
            np.multiply(b, momentum, b)
            np.add(b, np.multiply(g, renewal, spare) if group["dampening"] else g, b)
            mark_written(b)
        return np.add(g, np.multiply(b, momentum, spare), change) if group["nesterov"] else b
