"""The gradients of a batch too large for a processor's cache: computed in pieces, on all cores at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np

import tinygrad_np as tg
from models.digit import PIXELS, DigitNet
from tinygrad_np.autograd import grad
from tinygrad_np.nn import functional as F

PIECE = 1536  # rows: 5 MB of images, which are then still in the cache when the backward pass needs them again
BLOCK = 64  # rows that are multiplied at once
SMALL = 10**6  # multiplications: up to here OpenBLAS has a kernel of its own, the quicker the narrower one side is

CORES = os.cpu_count() or 1
_threads = ThreadPoolExecutor(max_workers=CORES)  # NumPy's long computations let each other run
_of_thread = threading.local()

linear_in_blocks = tg.op(
    "linear_in_blocks",
    lambda x, W, b: np.matmul(x, W.T) + b,  # x is (blocks, rows, in): a product for each block
    x=lambda g, W: g @ W,
    W=lambda g, x: (g.mT @ x).sum(0),
    b=lambda g: g.sum(0).sum(0),
    promotion="equal",
)


class Piece(NamedTuple):
    """What a piece adds to the gradients, to the loss, and to the count of the images that are classified correctly."""

    gradients: Sequence[tg.Tensor]
    loss: float
    right: int


def backward(model: DigitNet, images: tg.Tensor, labels: tg.Tensor, *, counted: bool = True) -> tuple[float, int]:
    """Set the gradients of the mean cross-entropy; return this loss, and how many images are classified correctly.

    The mean over m rows is the sum of the means over the pieces, each times its share of the rows; so are the
    gradients. They are added in the order of the pieces, so the bits do not depend on the number of cores.

    Parameters
    ----------
    model : DigitNet
        Whose parameters' ``grad`` is replaced.
    images, labels : Tensor
        Of shape (m, 784), of the model's dtype; int64 of shape (m,).
    counted : bool
        Whether to count the images that are classified correctly; else 0 is returned for them.

    Examples
    --------
    >>> model = DigitNet(10)
    >>> images, labels = tg.rand(5000, 784), tg.randint(0, 10, (5000,))
    >>> loss, right = backward(model, images, labels)
    >>> bool(np.isclose(loss, F.cross_entropy(model(images), labels).item()))
    True
    """
    m = len(labels)
    whole = m - m % BLOCK
    bounds = [slice(*ends) for ends in pairwise((*range(0, whole, PIECE), whole, m)) if ends[0] < ends[1]]
    pieces: dict[int, Piece] = {}
    to_do = iter(range(len(bounds)))  # shared: who is free takes the next

    def work(_: int) -> None:
        for i in to_do:
            pieces[i] = _piece(model, _nearby(images[bounds[i]]), labels[bounds[i]], m, counted)

    try:
        list(_threads.map(work, range(min(CORES, len(bounds)))))
    finally:
        list(to_do)  # after an error or Ctrl-C, nobody needs the rest
    first, *others = in_order = [pieces[i] for i in range(len(bounds))]
    for j, parameter in enumerate(model.parameters()):
        parameter.grad = first.gradients[j]
        for other in others:
            parameter.grad += other.gradients[j]
    return sum(piece.loss for piece in in_order), sum(piece.right for piece in in_order)


def correct(logits: tg.Tensor, labels: tg.Tensor) -> int:
    """Count the rows whose largest logit stands at the label."""
    return int(np.count_nonzero(logits.detach().numpy().argmax(1) == labels.numpy()))


def _nearby(images: tg.Tensor) -> tg.Tensor:
    """Copy a piece to memory that its thread keeps: a copy reads in order, and so much faster than a product does."""
    kept: tg.Tensor | None = getattr(_of_thread, "images", None)
    if kept is None or len(kept) < len(images) or kept.dtype != images.dtype:
        kept = _of_thread.images = tg.empty(max(PIECE, len(images)), PIXELS, dtype=images.dtype)
    copy: tg.Tensor = kept[: len(images)]
    copy.copy_(images)
    return copy


def _piece(model: DigitNet, images: tg.Tensor, labels: tg.Tensor, m: int, counted: bool) -> Piece:
    with np.errstate(over="ignore", invalid="ignore"):  # as in the loop, whose setting other threads do not see
        logits = _logits(model, images)
        loss = F.cross_entropy(logits, labels) * (len(logits) / m)
        right = correct(logits, labels) if counted else 0
        return Piece(grad(loss, list(model.parameters())), loss.item(), right)


def _logits(model: DigitNet, images: tg.Tensor) -> tg.Tensor:
    """Compute ``model(images)``, to rounding: where that is faster, the first layer in blocks of rows."""
    fc1 = model.fc1
    if len(images) % BLOCK or BLOCK * fc1.weight.numel() > SMALL:
        logits: tg.Tensor = model(images)
        return logits
    Z1 = linear_in_blocks(images.reshape(-1, BLOCK, PIXELS), fc1.weight, fc1.bias)
    Z2: tg.Tensor = model.fc2(model.relu(Z1.reshape(len(images), -1)))
    return Z2
