"""Dropout as a module."""

from __future__ import annotations

from typing import Any

from tinygrad_np.nn._dropout import check_probability, dropout
from tinygrad_np.nn.module import Module


class Dropout(Module):
    """In training, set each entry to 0 with probability ``p`` and divide the others by 1 - p; else do nothing.

    With ``inplace`` too the result is a new tensor, and the input stays as it is: values and gradients are the same.
    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15 (2014).

    >>> import tinygrad_np as tg
    >>> layer = tg.nn.Dropout(0.2)
    >>> layer.eval()(tg.ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        check_probability(p)
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
