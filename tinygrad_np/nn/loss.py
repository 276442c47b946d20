"""The losses as modules."""

from __future__ import annotations

from typing import Any

from tinygrad_np._tensor import Tensor
from tinygrad_np.nn.functional import cross_entropy, mse_loss, nll_loss
from tinygrad_np.nn.module import Module


class CrossEntropyLoss(Module):
    """Measure how far logits are from labels, or from probabilities: see ``functional.cross_entropy``.

    >>> import tinygrad_np as tg
    >>> loss = tg.nn.CrossEntropyLoss()
    >>> loss(tg.zeros(3, 10), tg.tensor([1, 2, 3]))
    tensor(2.3026)
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.reduction = reduction
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(Module):
    """Pick the label's entry from each row of log-probabilities: see ``functional.nll_loss``.

    >>> import tinygrad_np as tg
    >>> loss = tg.nn.NLLLoss()
    >>> loss(tg.tensor([[-0.1, -2.4]]), tg.tensor([1]))
    tensor(2.4000)
    """

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        return nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class MSELoss(Module):
    """Average (input - target)² over entries of equal shapes: see ``functional.mse_loss``.

    >>> import tinygrad_np as tg
    >>> tg.nn.MSELoss()(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        return mse_loss(input, target, reduction=self.reduction)
