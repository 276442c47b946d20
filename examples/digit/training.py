"""The training loop, which can stop after any step and go on from there at the same bits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import tinygrad_np as tg
from examples.digit import large_batch
from examples.digit.options import Options
from models.digit import DigitNet
from tinygrad_np import nn, optim
from tinygrad_np.nn import functional as F

Array: TypeAlias = NDArray[np.floating[Any]]


class DivergedError(ArithmeticError):
    """The loss is no longer a finite number."""


@dataclass(frozen=True)
class Epoch:
    """A line of the history; the accuracies are in percent.

    `loss` and `train_accuracy` are means over the epoch's batches, taken as they are trained on; `test_accuracy` is
    taken at its end. `seconds` is the time since the line before, evaluation included.
    """

    epoch: int
    loss: float
    train_accuracy: float
    test_accuracy: float
    seconds: float


@dataclass
class Position:
    """Where a run stands: so many whole epochs, and so many examples of the next one, with what they added up to (how
    many were classified correctly, only if a line is due after it).
    """

    epoch: int = 0
    example: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seconds: float = 0.0  # since the last line of the history


class Run:
    """A network in training: the model, its optimizer and schedule, the random numbers, the position, the history.

    Parameters
    ----------
    options : Options
        How to train.
    train_images, train_labels, test_images, test_labels : Tensor
        float32 of shape (n, 784), int64 of shape (n,), twice.
    """

    def __init__(
        self,
        options: Options,
        train_images: tg.Tensor,
        train_labels: tg.Tensor,
        test_images: tg.Tensor,
        test_labels: tg.Tensor,
    ) -> None:
        self.options = options
        self.train_images, self.train_labels = train_images, train_labels
        self.test_images, self.test_labels = test_images, test_labels
        self.count = len(train_labels)
        self.batch_size = min(options.batch_size or self.count, self.count)
        self.steps_per_epoch = -(-self.count // self.batch_size)
        self.steps = options.epochs * self.steps_per_epoch

        self.generator = tg.Generator().manual_seed(options.seed)
        tg.manual_seed(options.seed)
        self.model = DigitNet(options.hidden)
        self.optimizer = optim.SGD(self.model.parameters(), lr=options.lr, momentum=options.momentum)
        factor = rate_factor(self.steps, options.warm_up)
        self.schedule = optim.lr_scheduler.LambdaLR(self.optimizer, factor)
        if options.recipe == "script":
            for parameter in self.model.parameters():
                nn.init.uniform_(parameter, -0.5, 0.5)

        self.position = Position()
        self.order_state = self.generator.get_state()  # of the generator, before it drew the order of the epoch
        self.history: list[Epoch] = []

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return self.position.epoch == self.options.epochs

    @property
    def steps_done(self) -> int:
        """The number of steps taken so far."""
        return self.position.epoch * self.steps_per_epoch + -(-self.position.example // self.batch_size)

    def train(
        self,
        *,
        stop: Callable[[], bool] = lambda: False,
        on_step: Callable[[], None] = lambda: None,
        on_report: Callable[[Epoch], None] = lambda epoch: None,
    ) -> None:
        """Train to the end, or until `stop`, which is asked before each step, says so.

        Raises
        ------
        DivergedError
            If the loss is no longer finite. NumPy's warnings about it are kept back, since this says it.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            while not self.finished and self._epoch(stop, on_step):
                epoch = self.position.epoch
                if self._is_reported(epoch):
                    on_report(self._report())
                else:
                    self.position = Position(epoch, seconds=self.position.seconds)

    def _epoch(self, stop: Callable[[], bool], on_step: Callable[[], None]) -> bool:
        """Train to the end of the epoch; return whether it was reached."""
        start, before = time.perf_counter(), self.position.seconds
        order = self._order()
        while self.position.example < self.count:
            if stop():
                return False
            if order is None:
                images, labels = self.train_images, self.train_labels
            else:
                batch = order[self.position.example : self.position.example + self.batch_size]
                images, labels = self.train_images[batch], self.train_labels[batch]
            self._step(images, labels)
            self.position.seconds = before + time.perf_counter() - start
            on_step()
        self.position.epoch += 1
        self.order_state = self.generator.get_state()
        return True

    def _is_reported(self, epoch: int) -> bool:
        """Tell whether a line is due after so many epochs."""
        return epoch % self.options.report_every == 0 or epoch == self.options.epochs

    def _order(self) -> tg.Tensor | None:
        """Draw the order of the epoch, the same again if the epoch was left before its end; a full batch needs none."""
        if self.batch_size == self.count:
            return None
        self.generator.set_state(self.order_state)
        return tg.randperm(self.count, generator=self.generator)

    def _step(self, images: tg.Tensor, labels: tg.Tensor) -> None:
        counted = self._is_reported(self.position.epoch + 1)
        if len(labels) > large_batch.PIECE:
            mean, right = large_batch.backward(self.model, images, labels, counted=counted)
        else:
            self.optimizer.zero_grad()
            logits = self.model(images)
            loss = F.cross_entropy(logits, labels)
            loss.backward()
            mean = loss.item()
            right = large_batch.correct(logits, labels) if counted else 0
        self.optimizer.step()
        self.schedule.step()

        if not math.isfinite(mean):
            raise DivergedError(f"the loss is {mean} in epoch {self.position.epoch + 1}; try a smaller --lr")
        self.position.example += len(labels)
        self.position.loss_sum += mean * len(labels)
        self.position.correct += right

    def _report(self) -> Epoch:
        """Evaluate, add a line to the history, and start the count of the next epoch."""
        start = time.perf_counter()
        with tg.no_grad():
            right = large_batch.correct(self.model(self.test_images), self.test_labels)
        position = self.position
        line = Epoch(
            position.epoch,
            position.loss_sum / self.count,
            100 * position.correct / self.count,
            100 * right / len(self.test_labels),
            position.seconds + time.perf_counter() - start,
        )
        self.history.append(line)
        self.position = Position(position.epoch)
        return line


def rate_factor(steps: int, warm_up: float | None) -> Callable[[int], float]:
    """Return the factor of the learning rate at each of so many steps: a rise in a line, then a fall along a cosine.

    `warm_up` is the share of the steps in which it rises; with None the factor is always 1. Without a rise, the first
    large steps push some hidden units below 0 for every image, and a ReLU that is 0 everywhere learns nothing more.

    >>> factor = rate_factor(10, 0.3)
    >>> [round(factor(step), 2) for step in range(11)]
    [0.33, 0.67, 1.0, 1.0, 0.95, 0.81, 0.61, 0.39, 0.19, 0.05, 0.0]
    """
    if warm_up is None:
        return lambda step: 1.0
    rising = max(1, round(warm_up * steps))

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        return 0.5 + 0.5 * math.cos(math.pi * (step - rising) / max(1, steps - rising))

    return factor


def probabilities(model: DigitNet, images: tg.Tensor) -> Array:
    """Return the probabilities of the ten digits, shape (n, 10)."""
    with tg.no_grad():
        p: Array = model(images).softmax(1).numpy()
    return p
