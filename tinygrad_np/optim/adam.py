"""Adam, and AdamW with its decoupled weight decay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_np._graph import mark_written, wrap
from tinygrad_np._tensor import Tensor
from tinygrad_np.optim.optimizer import Array, Group, Optimizer, Work, check_flags, constants, real_number


class Adam(Optimizer):
    r"""Gradient descent whose steps are scaled by running means of the gradient and of its square [1]_.

    With the gradient g of the parameter p (−g with ``maximize``) in step t:

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \text{lr} \cdot
            \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    The divisions by 1 − β^t make up for m and v starting from zero.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to optimize; see `Optimizer`.
    lr, eps, weight_decay : float
        Finite numbers >= 0.
    betas : tuple of float
        How much of m and of v is kept in each step; both in [0, 1).
    weight_decay : float
        λ: adds λp to the gradient; if ``decoupled_weight_decay``, p is multiplied by 1 − lr λ instead.
    amsgrad : bool
        Divide by the largest v so far, not by the latest [2]_.
    maximize : bool
        Go up instead of down.
    decoupled_weight_decay : bool
        Keep weight decay out of m and v: what `AdamW` does.

    Raises
    ------
    TypeError, ValueError
        If an option is of the wrong type or out of range; for ``params`` see `Optimizer`.

    References
    ----------
    .. [1] D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    .. [2] S. J. Reddi, S. Kale, S. Kumar, "On the Convergence of Adam and Beyond", ICLR 2018.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> weight = tg.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = tg.optim.Adam([weight], lr=0.25)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight
    tensor([ 0.7500, -1.7500], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options)

    def check_group(self, group: Group) -> None:
        """Raise unless the options are numbers in range, two of them under ``betas``."""
        for name in ("lr", "eps", "weight_decay"):
            group[name] = real_number(self.name, name, group[name])
        betas = group["betas"]
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise TypeError(f"{self.name}: betas must be a pair of numbers, got {betas!r}")
        group["betas"] = tuple(real_number(self.name, f"betas[{i}]", beta, below=1) for i, beta in enumerate(betas))
        check_flags(self.name, group, "amsgrad", "maximize", "decoupled_weight_decay")

    def required_state(self, group: Group) -> set[str]:
        """Return what a parameter's state must hold to be loaded, unless it has none yet."""
        return {"step", "exp_avg", "exp_avg_sq"} | ({"max_exp_avg_sq"} if group["amsgrad"] else set())

    def update(self, group: Group, work: list[Work]) -> None:
        """Change the arrays of those parameters of a group that have a gradient, once."""
        lr = real_number(self.name, "lr", group["lr"])
        beta1, beta2 = group["betas"]
        weight_decay, decoupled = group["weight_decay"], group["decoupled_weight_decay"]
        constants_of = None
        for parameter, p, gradient, change, spare in work:
            t, m, v, v_max = self._advanced_state(parameter, group["amsgrad"])
            if constants_of != (t, p.dtype):  # as a rule, the same for all parameters
                constants_of = t, p.dtype
                renewal1, keep2, renewal2, correction2, eps, rate, decay, keep_p = constants(
                    p.dtype,
                    1 - beta1,
                    beta2,
                    1 - beta2,
                    math.sqrt(1 - beta2**t),
                    group["eps"],
                    lr / (1 - beta1**t),
                    weight_decay,
                    1 - lr * weight_decay,
                )
            g = np.negative(gradient, change) if group["maximize"] else gradient
            if weight_decay and decoupled:
                np.multiply(p, keep_p, p)
            elif weight_decay:
                g = np.add(g, np.multiply(p, decay, spare), change)

            np.add(m, np.multiply(np.subtract(g, m, spare), renewal1, spare), m)
            np.multiply(v, keep2, v)
            np.add(v, np.multiply(np.multiply(g, renewal2, spare), g, spare), v)
            if v_max is not None:
                v = np.maximum(v_max, v, out=v_max)
            np.add(np.divide(np.sqrt(v, spare), correction2, spare), eps, spare)
            np.subtract(p, np.divide(np.multiply(m, rate, change), spare, change), p)

    def _advanced_state(self, parameter: Tensor, amsgrad: bool) -> tuple[float, Array, Array, Array | None]:
        """Count the step of a parameter; return its number, m, v, and with ``amsgrad`` the largest v."""
        state = self.state[parameter]
        if not state:
            state["step"] = wrap(np.zeros((), np.float32))  # a tensor, as in PyTorch
            state["exp_avg"] = wrap(np.zeros_like(parameter.array))
            state["exp_avg_sq"] = wrap(np.zeros_like(parameter.array))
        if amsgrad and "max_exp_avg_sq" not in state:
            state["max_exp_avg_sq"] = wrap(np.zeros_like(parameter.array))
        step, m, v = state["step"].array, state["exp_avg"].array, state["exp_avg_sq"].array
        v_max = state["max_exp_avg_sq"].array if amsgrad else None
        step += 1
        mark_written(*[tensor.array for tensor in state.values()])
        return step.item(), m, v, v_max


class AdamW(Adam):
    r"""Adam with decoupled weight decay: p is multiplied by 1 − lr λ before each step [1]_.

    Parameters, errors and formulas are those of `Adam`; the weight decay λ is 0.01 unless given.

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> weight = tg.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = tg.optim.AdamW([weight], lr=0.25, weight_decay=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight
    tensor([ 0.6250, -1.5000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)

    def check_group(self, group: Group) -> None:
        """Raise unless the options are numbers in range, as for `Adam`, and weight decay is decoupled."""
        super().check_group(group)
        if not group["decoupled_weight_decay"]:
            raise ValueError(f"{self.name}: decoupled_weight_decay must be True; use Adam to have it otherwise")
