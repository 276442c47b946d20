"""The nonlinearities as modules."""

from __future__ import annotations

from typing import Any

from tinygrad_np._public import relu
from tinygrad_np.nn.functional import log_softmax, sigmoid, softmax, tanh
from tinygrad_np.nn.module import Module


class ReLU(Module):
    """Compute max(x, 0), entry by entry; the derivative at 0 is 0.

    With ``inplace`` too the result is a new tensor, and the input stays as it is: values and gradients are the same.

    >>> import tinygrad_np as tg
    >>> tg.nn.ReLU()(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return relu(input)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """Compute 1 / (1 + exp(-x)), entry by entry.

    >>> import tinygrad_np as tg
    >>> tg.nn.Sigmoid()(tg.tensor([0.0]))
    tensor([0.5000])
    """

    def forward(self, input: Any) -> Any:
        return sigmoid(input)


class Tanh(Module):
    """Compute tanh(x), entry by entry.

    >>> import tinygrad_np as tg
    >>> tg.nn.Tanh()(tg.tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Any) -> Any:
        return tanh(input)


class Softmax(Module):
    """Turn logits into probabilities along ``dim``: exp(x) / sum(exp(x)).

    >>> import tinygrad_np as tg
    >>> tg.nn.Softmax(dim=1)(tg.zeros(1, 2))
    tensor([[0.5000, 0.5000]])
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """Compute log(softmax(x)) along ``dim`` without forming the softmax: finite at any logit.

    >>> import tinygrad_np as tg
    >>> tg.nn.LogSoftmax(dim=1)(tg.zeros(1, 2))
    tensor([[-0.6931, -0.6931]])
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
