"""The gradients of a batch too large for a processor's cache: computed in pieces, on all cores at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

import tinygrad_np as tg
from models.digit import PIXELS, DigitNet
from tinygrad_np.autograd import grad
from tinygrad_np.nn import functional as F

PIECE = 2048  # rows: 6 MB of images, which are then still in the cache when the backward pass needs them again
BLOCK = 64  # rows that are multiplied at once
SMALL = 10**6  # multiplications: up to here, OpenBLAS has a kernel that is twice as fast where one side is narrow

CORES = os.cpu_count() or 1
_threads = ThreadPoolExecutor(max_workers=CORES)  # NumPy's long computations let each other run

linear_in_blocks = tg.op(
    "linear_in_blocks",
    lambda x, W, b: np.matmul(x, W.T) + b,  # x is (blocks, rows, in): a product for each block
    x=lambda g, W: g @ W,
    W=lambda g, x: (g.mT @ x).sum(0),
    b=lambda g: g.sum(0).sum(0),
    promotion="equal",
)


class Piece(NamedTuple):
    """What a piece adds to the gradients and to the loss, and how many of its images are classified correctly."""

    gradients: Sequence[tg.Tensor]
    loss: float
    right: int


class LargeBatch:
    """The gradients of a network from as many images as there are.

    The mean over m rows is the sum of the means over the pieces, each times its share of the rows; so are the
    gradients. They are added in the order of the pieces, so the bits do not depend on the number of cores.

    Parameters
    ----------
    model : DigitNet
        Whose parameters' ``grad`` is replaced.

    Examples
    --------
    >>> model = DigitNet(10)
    >>> images, labels = tg.rand(5000, 784), tg.randint(0, 10, (5000,))
    >>> loss, correct = LargeBatch(model).backward(images, labels)
    >>> bool(np.isclose(loss, F.cross_entropy(model(images), labels).item()))
    True
    """

    def __init__(self, model: DigitNet) -> None:
        self.model = model
        # A thread copies its piece here first: that reads memory in its order, much faster than a product does.
        self.workplaces = [tg.empty(PIECE, PIXELS) for _ in range(CORES)]

    def backward(self, images: tg.Tensor, labels: tg.Tensor) -> tuple[float, int]:
        """Set the gradients of the mean cross-entropy; return this loss, and how many are classified correctly.

        Parameters
        ----------
        images, labels : Tensor
            float32 of shape (m, 784), int64 of shape (m,).
        """
        m = len(labels)
        bounds = [slice(start, min(start + PIECE, m)) for start in range(0, m, PIECE)]
        pieces: dict[int, Piece] = {}
        to_do = iter(range(len(bounds)))  # shared: who is free takes the next

        def work(place: tg.Tensor) -> None:
            for i in to_do:
                rows = bounds[i]
                X = place[: rows.stop - rows.start].copy_(images[rows])
                pieces[i] = self._piece(X, labels[rows], m)

        list(_threads.map(work, self.workplaces))
        first, *others = in_order = [pieces[i] for i in range(len(bounds))]
        for j, parameter in enumerate(self.model.parameters()):
            parameter.grad = first.gradients[j]
            for other in others:
                parameter.grad += other.gradients[j]
        return sum(piece.loss for piece in in_order), sum(piece.right for piece in in_order)

    def _piece(self, images: tg.Tensor, labels: tg.Tensor, m: int) -> Piece:
        with np.errstate(over="ignore", invalid="ignore"):  # as in the loop, whose setting other threads do not see
            logits = self._logits(images)
            loss = F.cross_entropy(logits, labels) * (len(logits) / m)
            right = np.count_nonzero(logits.detach().numpy().argmax(1) == labels.numpy())
            return Piece(grad(loss, list(self.model.parameters())), loss.item(), int(right))

    def _logits(self, images: tg.Tensor) -> tg.Tensor:
        """Compute what the model does, the first layer in blocks of rows where that is faster; the bits are others."""
        fc1 = self.model.fc1
        if len(images) % BLOCK or BLOCK * fc1.weight.numel() > SMALL:
            logits: tg.Tensor = self.model(images)
            return logits
        Z1 = linear_in_blocks(images.reshape(-1, BLOCK, PIXELS), fc1.weight, fc1.bias)
        Z2: tg.Tensor = self.model.fc2(self.model.relu(Z1.reshape(len(images), -1)))
        return Z2
