"""The gradients of a batch too large for a processor's cache: computed in pieces, on all cores at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import tinygrad_np as tg
from models.digit import DigitNet
from tinygrad_np.autograd import grad
from tinygrad_np.nn import functional as F

PIECE = 2048  # rows: 6 MB of images, which are then still in the cache when the backward pass needs them again

_threads = ThreadPoolExecutor(max_workers=os.cpu_count())  # NumPy's long computations let each other run


def backward(model: DigitNet, images: tg.Tensor, labels: tg.Tensor) -> tuple[float, int]:
    """Set the gradients of the mean cross-entropy; return this loss, and how many images are classified correctly.

    The mean over m rows is the sum of the means over the pieces, each times its share of the rows; so are the
    gradients. They are added in the order of the pieces, so the bits do not depend on the number of cores.

    Parameters
    ----------
    model : DigitNet
        Whose parameters' ``grad`` is replaced.
    images, labels : Tensor
        float32 of shape (m, 784), int64 of shape (m,).

    Examples
    --------
    >>> model = DigitNet(10)
    >>> images, labels = tg.rand(5000, 784), tg.randint(0, 10, (5000,))
    >>> loss, correct = backward(model, images, labels)
    >>> bool(np.isclose(loss, F.cross_entropy(model(images), labels).item()))
    True
    """
    parameters = list(model.parameters())
    m = len(labels)

    def piece(start: int) -> tuple[Sequence[tg.Tensor], float, int]:
        rows = slice(start, start + PIECE)
        with np.errstate(over="ignore", invalid="ignore"):  # as in the loop, whose setting other threads do not see
            logits = model(images[rows])
            loss = F.cross_entropy(logits, labels[rows]) * (len(logits) / m)
            right = np.count_nonzero(logits.detach().numpy().argmax(1) == labels.numpy()[rows])
            return grad(loss, parameters), loss.item(), int(right)

    gradients, losses, right = zip(*_threads.map(piece, range(0, m, PIECE)), strict=True)
    for parameter, pieces in zip(parameters, zip(*gradients, strict=True), strict=True):
        total = pieces[0]
        for other in pieces[1:]:
            total = total + other
        parameter.grad = total
    return sum(losses), sum(right)
