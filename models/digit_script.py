"""The script that this project replaces, its mistakes kept: for comparison only.

The same network as in `models.digit_manual`, with one example a *column*: X (784, n), Z1 and A1 (hidden, n), Z2 and A2
(10, n), b1 (hidden, 1), b2 (10, 1). Its mistakes:

- ``db2 = 1 / m * np.sum(dZ2)`` and ``db1 = 1 / m * np.sum(dZ1)`` sum over *everything*, where the sum over the examples
  was meant, ``np.sum(dZ, axis=1, keepdims=True)``. So every output bias gets the same gradient, and it is zero but for
  rounding, since each column of dZ2 = A2 - onehot adds up to 1 - 1; and every hidden bias gets one and the same number.
- ``m`` is the size of the whole set, 1,000 more than are trained on: all steps are 2.4 % short.
- ``softmax`` does not subtract the largest logit: exp overflows at 709 in float64, and the result is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.digit_manual import CLASSES, PIXELS, Activations, Array, Labels, Parameters

HELD_OUT = 1000


class Gradients(NamedTuple):
    """What the script calls gradients; those of the biases are numbers."""

    dZ2: Array
    dW2: Array
    db2: Any
    dZ1: Array
    dW1: Array
    db1: Any


def initialise(hidden: int, rng: np.random.Generator) -> Parameters:
    """Draw all weights and biases uniformly from [-0.5, 0.5), in float64.

    Examples
    --------
    >>> [array.shape for array in initialise(10, np.random.default_rng(0))]
    [(10, 784), (10, 1), (10, 10), (10, 1)]
    """
    shapes = (hidden, PIXELS), (hidden, 1), (CLASSES, hidden), (CLASSES, 1)
    return Parameters(*(rng.random(shape) - 0.5 for shape in shapes))


def softmax(Z: Array) -> Array:
    """Compute exp(Z) / sum(exp(Z)) in each column, without a shift.

    Examples
    --------
    >>> softmax(np.array([[0.0], [0.0]]))
    array([[0.5],
           [0.5]])
    """
    exponentials = np.exp(Z)
    A: Array = exponentials / exponentials.sum(0)
    return A


def forward(X: Array, parameters: Parameters) -> Activations:
    """Compute the probabilities A2 (10, n) of images X (784, n), and what leads to them.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> forward(rng.random((784, 5)), initialise(10, rng)).A2.shape
    (10, 5)
    """
    W1, b1, W2, b2 = parameters
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2 @ A1 + b2
    return Activations(Z1, A1, Z2, softmax(Z2))


def backward(X: Array, labels: Labels, parameters: Parameters, activations: Activations, m: int) -> Gradients:
    """Compute what the script takes for the gradients; ``m`` is the number it divides by.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, labels, parameters = rng.random((784, 5)), np.array([3, 1, 4, 1, 5]), initialise(10, rng)
    >>> gradients = backward(X, labels, parameters, forward(X, parameters), m=5)
    >>> bool(abs(gradients.db2) < 1e-15)  # the output biases are never trained
    True
    """
    Z1, A1, _, A2 = activations
    onehot = np.eye(CLASSES, dtype=A2.dtype)[:, labels]
    dZ2 = A2 - onehot
    dW2 = dZ2 @ A1.T / m
    db2 = 1 / m * np.sum(dZ2)
    dZ1 = parameters.W2.T @ dZ2 * (Z1 > 0)
    dW1 = dZ1 @ X.T / m
    db1 = 1 / m * np.sum(dZ1)
    return Gradients(dZ2, dW2, db2, dZ1, dW1, db1)


def train(
    images: NDArray[np.uint8],
    labels: Labels,
    rng: np.random.Generator,
    *,
    hidden: int = 10,
    steps: int = 500,
    rate: float = 0.1,
    report: Callable[[int, float], None] | None = None,
) -> tuple[Parameters, float]:
    """Shuffle, hold the first 1,000 images out, take full-batch steps on the rest.

    Parameters
    ----------
    images : uint8 array, shape (n, 784)
    labels : int64 array, shape (n,)
    rng : numpy.random.Generator
        Draws the order of the images and the first parameters.
    hidden, steps, rate
        The script's own by default.
    report : function of a step and the accuracy on the training images, optional
        Called at every tenth step.

    Returns
    -------
    tuple of Parameters and float
        The trained parameters, and the share of the held-out images that they classify correctly.

    Examples
    --------
    >>> images, labels = np.eye(784, dtype=np.uint8).repeat(3, 0), np.arange(2352) % 10
    >>> parameters, accuracy = train(images, labels, np.random.default_rng(0), steps=2)
    >>> 0 <= accuracy <= 1
    True
    """
    m = len(images)
    order = rng.permutation(m)
    X, labels = images[order].T / 255, labels[order]
    X_held_out, labels_held_out = X[:, :HELD_OUT], labels[:HELD_OUT]
    X, labels = X[:, HELD_OUT:], labels[HELD_OUT:]
    parameters = initialise(hidden, rng)
    for step in range(steps):
        activations = forward(X, parameters)
        _, dW2, db2, _, dW1, db1 = backward(X, labels, parameters, activations, m)
        for parameter, gradient in zip(parameters, (dW1, db1, dW2, db2), strict=True):
            parameter -= rate * gradient
        if report is not None and step % 10 == 0:
            report(step, accuracy(activations.A2, labels))
    return parameters, accuracy(forward(X_held_out, parameters).A2, labels_held_out)


def accuracy(A2: Array, labels: Labels) -> float:
    """Compute the share of the columns whose largest probability stands at the label.

    Examples
    --------
    >>> accuracy(np.array([[0.9, 0.2], [0.1, 0.8]]), np.array([0, 0]))
    0.5
    """
    return float((A2.argmax(0) == labels).mean())
