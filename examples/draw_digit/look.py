"""Looking into the digit network: its input, hidden layer, probabilities, and what would make a digit more of a k."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import tinygrad_np as tg
from data.digits import Images
from examples.digit.dataset import as_input
from examples.digit.training import Array
from models.digit import DigitNet


@dataclass(frozen=True, eq=False)
class Look:
    """What the network makes of one image.

    Attributes
    ----------
    hidden : float32 array, shape (hidden,)
        The activations of the hidden layer, after the ReLU.
    probabilities : float32 array, shape (10,)
    k : int
        The digit whose gradient this is.
    gradient : float32 array, shape (784,)
        The derivative of the log-odds of k with respect to each pixel, which goes from 0 to 1.
    """

    hidden: Array
    probabilities: Array
    k: int
    gradient: Array

    @property
    def prediction(self) -> int:
        """The digit with the largest probability."""
        return int(self.probabilities.argmax())


def look(model: DigitNet, pixels: Images, k: int | None = None) -> Look:
    """Return what the network makes of an image, and the gradient for the digit k, by default the likeliest.

    The gradient is that of the log-odds, log(p / (1 - p)) = z_k - logsumexp(the other logits). It points where the
    gradient of the probability p points, and unlike it does not fade where p is near 0 or 1: a digit that is certainly
    a 3 still shows what makes it one. The logit z_k alone would not do, for what raises it may raise others more.

    Parameters
    ----------
    model : DigitNet
    pixels : uint8 array, shape (784,)
        Ink 255 on 0, as MNIST's images are.
    k : int, optional
        From 0 to 9.

    Examples
    --------
    >>> tg.manual_seed(0)
    <...Generator object at ...>
    >>> seen = look(DigitNet(hidden=5), np.arange(784, dtype=np.uint8), k=3)
    >>> seen.hidden.shape, seen.probabilities.shape, seen.gradient.shape, seen.k
    ((5,), (10,), (784,), 3)
    """
    X = as_input(pixels[np.newaxis]).requires_grad_()
    _, A1, Z2 = model.activations(X)
    probabilities = Z2.detach().softmax(1).numpy()[0]
    if k is None:
        k = int(probabilities.argmax())
    others = tg.cat([Z2[0, :k], Z2[0, k + 1 :]])
    log_odds = Z2[0, k] - others.logsumexp(0)
    (gradient,) = tg.autograd.grad(log_odds, X)
    return Look(A1.detach().numpy()[0], probabilities, k, gradient.numpy()[0])
