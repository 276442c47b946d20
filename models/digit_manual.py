"""The digit network in plain NumPy, its gradients derived by hand.

One example is a row: X (m, 784) has m images, onehot (m, 10) a 1 in each row at the column of the label. The network is

    Z1 = X @ W1.T + b1                          (m, hidden)
    A1 = max(Z1, 0)                             (m, hidden)
    Z2 = A1 @ W2.T + b2                         (m, 10)
    A2 = exp(Z2 - max) / sum(exp(Z2 - max))     (m, 10)    max and sum within each row
    L  = -sum(onehot * log(A2)) / m             a number: the mean cross-entropy

with W1 (hidden, 784), b1 (hidden,), W2 (10, hidden), b2 (10,). Subtracting the largest logit changes nothing in A2 and
keeps exp from overflowing. Below, dV stands for the derivative of L with respect to each entry of V: it has V's shape.

**The logits.** In a row with the label t, L is (log(sum_k exp(Z2_k)) - Z2_t) / m. The derivative of the first term with
respect to Z2_j is exp(Z2_j) / sum_k exp(Z2_k) = A2_j, that of the second is 1 where j = t and 0 elsewhere:

    dZ2 = (A2 - onehot) / m

**A linear layer.** Z2_ij = sum_k A1_ik W2_jk + b2_j. The chain rule sums over everything that an entry contributes to.
W2_jk contributes to Z2_ij of every example i, with the factor A1_ik; b2_j to the same ones, with the factor 1;
A1_ik to Z2_ij of every class j, with the factor W2_jk:

    dW2_jk = sum_i dZ2_ij A1_ik            dW2 = dZ2.T @ A1
    db2_j  = sum_i dZ2_ij                  db2 = dZ2.sum(0)     over the examples, not over the classes
    dA1_ik = sum_j dZ2_ij W2_jk            dA1 = dZ2 @ W2

**The ReLU** passes an entry on where it is positive, so its derivative is 1 there and 0 elsewhere (also at 0):

    dZ1 = dA1 * (Z1 > 0)

**The first layer** is a linear layer as well; the gradient of the images is not needed:

    dW1 = dZ1.T @ X
    db1 = dZ1.sum(0)

`forward` and `backward` are these lines, computed in this order. Rounding depends on the order, and `models.digit`, the
network that autodiff differentiates, comes out at the very same bits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]

PIXELS = 784
CLASSES = 10


class Parameters(NamedTuple):
    """What is learnt."""

    W1: Array
    b1: Array
    W2: Array
    b2: Array


class Activations(NamedTuple):
    """What the forward pass computes; the last are the probabilities."""

    Z1: Array
    A1: Array
    Z2: Array
    A2: Array


class Gradients(NamedTuple):
    """The derivatives of the loss, in the order in which the backward pass computes them."""

    dZ2: Array
    dW2: Array
    db2: Array
    dA1: Array
    dZ1: Array
    dW1: Array
    db1: Array


def initialise(hidden: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Parameters:
    """Draw weights and biases uniformly from ±1 / sqrt(inputs of the layer), as PyTorch's Linear does.

    Examples
    --------
    >>> [array.shape for array in initialise(10, np.random.default_rng(0))]
    [(10, 784), (10,), (10, 10), (10,)]
    """
    a1, a2 = PIXELS**-0.5, hidden**-0.5
    return Parameters(
        W1=rng.uniform(-a1, a1, (hidden, PIXELS)).astype(dtype),
        b1=rng.uniform(-a1, a1, hidden).astype(dtype),
        W2=rng.uniform(-a2, a2, (CLASSES, hidden)).astype(dtype),
        b2=rng.uniform(-a2, a2, CLASSES).astype(dtype),
    )


def forward(X: Array, parameters: Parameters) -> Activations:
    """Compute the probabilities A2 (m, 10) of images X (m, 784), and what leads to them.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> A2 = forward(rng.random((5, 784)), initialise(10, rng, np.float64)).A2
    >>> bool(np.allclose(A2.sum(1), 1))
    True
    """
    W1, b1, W2, b2 = parameters
    Z1 = X @ W1.T + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2.T + b2
    exponentials = np.exp(Z2 - Z2.max(1, keepdims=True))
    A2 = exponentials / exponentials.sum(1, keepdims=True)
    return Activations(Z1, A1, Z2, A2)


def loss(Z2: Array, labels: Labels) -> float:
    """Compute the mean cross-entropy, sum(log(sum(exp(Z2))) - Z2[label]) / m, from the logits (m, 10).

    From the logits rather than from A2, whose smallest entries are rounded to 0, where the logarithm is infinite.

    Examples
    --------
    >>> loss(np.array([[0.0, 1000.0]]), np.array([0]))
    1000.0
    """
    m = len(labels)
    shifted = Z2 - Z2.max(1, keepdims=True)
    return float((np.log(np.exp(shifted).sum(1)) - shifted[np.arange(m), labels]).sum() / m)


def backward(X: Array, labels: Labels, parameters: Parameters, activations: Activations) -> Gradients:
    """Compute the gradients of the mean cross-entropy by the formulas derived above.

    Parameters
    ----------
    X : array, shape (m, 784)
        The images that `activations` were computed from.
    labels : int64 array, shape (m,)
        The digit each image shows, 0 to 9.
    parameters, activations
        What `forward` was given, and what it returned.

    Returns
    -------
    Gradients
        Arrays of the dtype of X; each has the shape of what it is the derivative with respect to.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, labels, parameters = rng.random((5, 784)), np.array([3, 1, 4, 1, 5]), initialise(2, rng, np.float64)
    >>> gradients = backward(X, labels, parameters, forward(X, parameters))
    >>> gradients.dW1.shape, gradients.db2.shape
    ((2, 784), (10,))
    """
    Z1, A1, _, A2 = activations
    W2 = parameters.W2
    m = len(X)
    onehot = np.eye(CLASSES, dtype=A2.dtype)[labels]
    dZ2 = (A2 - onehot) / m
    dW2 = dZ2.T @ A1
    db2 = dZ2.sum(0)
    dA1 = dZ2 @ W2
    dZ1 = dA1 * (Z1 > 0)
    dW1 = dZ1.T @ X
    db1 = dZ1.sum(0)
    return Gradients(dZ2, dW2, db2, dA1, dZ1, dW1, db1)


def step(X: Array, labels: Labels, parameters: Parameters, rate: float) -> None:
    """Take one step of gradient descent: V -= rate * dV, in place.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, labels, parameters = rng.random((5, 784)), np.array([3, 1, 4, 1, 5]), initialise(2, rng, np.float64)
    >>> before = loss(forward(X, parameters).Z2, labels)
    >>> step(X, labels, parameters, rate=0.01)
    >>> loss(forward(X, parameters).Z2, labels) < before
    True
    """
    _, dW2, db2, _, _, dW1, db1 = backward(X, labels, parameters, forward(X, parameters))
    for parameter, gradient in zip(parameters, (dW1, db1, dW2, db2), strict=True):
        parameter -= rate * gradient


def train(
    X: Array,
    labels: Labels,
    parameters: Parameters,
    *,
    epochs: int,
    batch: int,
    rate: float,
    momentum: float,
    rng: np.random.Generator,
) -> None:
    """Train by stochastic gradient descent with momentum, in place.

    For each batch, velocity = momentum * velocity + dV and V -= rate * velocity, which is PyTorch's SGD. The examples
    are shuffled anew in each epoch; the last batch of an epoch takes those that are left.

    Parameters
    ----------
    X : array, shape (n, 784)
    labels : int64 array, shape (n,)
    parameters : Parameters
        Overwritten.
    epochs, batch : int
        How often every example is used, and how many of them a step uses.
    rate, momentum : float
    rng : numpy.random.Generator
        Draws one permutation for each epoch.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, labels, parameters = rng.random((20, 784)), np.arange(20) % 10, initialise(10, rng, np.float64)
    >>> train(X, labels, parameters, epochs=100, batch=8, rate=0.01, momentum=0.9, rng=rng)
    >>> bool((forward(X, parameters).A2.argmax(1) == labels).all())
    True
    """
    velocities = [np.zeros_like(parameter) for parameter in parameters]
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch):
            chosen = order[start : start + batch]
            X_batch, labels_batch = X[chosen], labels[chosen]
            _, dW2, db2, _, _, dW1, db1 = backward(X_batch, labels_batch, parameters, forward(X_batch, parameters))
            for parameter, gradient, velocity in zip(parameters, (dW1, db1, dW2, db2), velocities, strict=True):
                velocity *= momentum
                velocity += gradient
                parameter -= rate * velocity
