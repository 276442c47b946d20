"""The digit network from modules: 784 pixels, one hidden layer of ReLUs, 10 classes.

The layers, with one example a row, in the notation of `models.digit_manual`, the same network derived by hand::

    Z1 = X @ W1.T + b1     (m, hidden)    fc1
    A1 = max(Z1, 0)        (m, hidden)    relu
    Z2 = A1 @ W2.T + b2    (m, 10)        fc2, the logits
"""

from __future__ import annotations

from typing import NamedTuple

from tinygrad_np import Tensor, nn

PIXELS = 784
CLASSES = 10


class Activations(NamedTuple):
    """The result of each layer."""

    Z1: Tensor
    A1: Tensor
    Z2: Tensor


class DigitNet(nn.Module):
    """Compute the logits of 10 digits from images of 784 pixels; softmax(logits) are their probabilities.

    Parameters
    ----------
    hidden : int
        How many hidden units; the network has 785 * hidden + (hidden + 1) * 10 parameters, 7,960 by default.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> net = DigitNet(hidden=10)
    >>> images, labels = tg.rand(64, 784), tg.randint(0, 10, (64,))
    >>> logits = net(images)
    >>> logits.shape
    (64, 10)
    >>> nn.functional.cross_entropy(logits, labels).backward()
    >>> [(name, parameter.grad.shape) for name, parameter in net.named_parameters()]
    [('fc1.weight', (10, 784)), ('fc1.bias', (10,)), ('fc2.weight', (10, 10)), ('fc2.bias', (10,))]
    """

    def __init__(self, hidden: int = 10) -> None:
        super().__init__()
        self.fc1 = nn.Linear(PIXELS, hidden)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(hidden, CLASSES)

    def activations(self, X: Tensor) -> Activations:
        """Return what every layer makes of images of shape (m, 784), so that each can be looked at.

        Examples
        --------
        >>> import tinygrad_np as tg
        >>> Z1, A1, Z2 = DigitNet(hidden=3).activations(tg.rand(1, 784))
        >>> Z1.shape, A1.shape, Z2.shape
        ((1, 3), (1, 3), (1, 10))
        """
        Z1 = self.fc1(X)
        A1 = self.relu(Z1)
        Z2 = self.fc2(A1)
        return Activations(Z1, A1, Z2)

    def forward(self, X: Tensor) -> Tensor:
        """Return the logits, of shape (m, 10), of images of shape (m, 784)."""
        Z2: Tensor = self.fc2(self.relu(self.fc1(X)))
        return Z2
