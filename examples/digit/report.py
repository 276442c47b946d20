"""What a run prints: lines that are the same everywhere, and a progress bar below them where there is a terminal."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import tinygrad_np as tg
from data.digits import Labels
from examples.digit.training import Epoch, Run
from models.digit import PIXELS, DigitNet

HEADING = "    epoch      loss    train     test     time"


def model_table(model: DigitNet) -> str:
    """Lay out the layers of the network, the shape of what each returns for N images, and its parameters.

    >>> print(model_table(DigitNet(10)))
    layer                 output    parameters
    fc1   Linear         (N, 10)         7,850
    relu  ReLU           (N, 10)             0
    fc2   Linear         (N, 10)           110
    total                                7,960
    """
    with tg.no_grad():
        outputs = model.activations(tg.zeros(1, PIXELS))
    lines = [f"{'layer':<16}{'output':>12}{'parameters':>14}"]
    for (name, layer), output in zip(model.named_children(), outputs, strict=True):
        count = sum(parameter.numel() for parameter in layer.parameters())
        lines.append(f"{name:<6}{type(layer).__name__:<10}{f'(N, {output.shape[1]})':>12}{count:>14,}")
    lines.append(f"{'total':<28}{sum(parameter.numel() for parameter in model.parameters()):>14,}")
    return "\n".join(lines)


def recipe_line(run: Run) -> str:
    """Say in a line how the network is trained."""
    o = run.options
    batch = "all images at once" if run.batch_size == run.count else f"batches of {run.batch_size:,}"
    rate = "rate" if o.warm_up is None else "rate up to"
    return f"recipe {o.recipe}: {o.epochs:,} epochs, {batch}, {rate} {o.lr:g}, momentum {o.momentum:g}, seed {o.seed}"


def place(run: Run) -> str:
    """Say where a run stands."""
    return (
        f"epoch {run.position.epoch + 1:,} of {run.options.epochs:,}, "
        f"after {run.position.example:,} of its {run.count:,} images"
        if not run.finished
        else f"the end of epoch {run.options.epochs:,}"
    )


def guesses(predicted: Labels, labels: Labels) -> str:
    """List predictions, each with its label where it is another one.

    >>> import numpy as np
    >>> guesses(np.array([3, 1, 4]), np.array([3, 1, 9]))
    'taken for 3, 1, 4 (label 9)'
    """
    pairs = zip(predicted, labels, strict=True)
    words = (f"{guess}" if guess == label else f"{guess} (label {label})" for guess, label in pairs)
    return f"taken for {', '.join(words)}"


def epoch_line(line: Epoch, epochs: int) -> str:
    """Lay out a line of the history below `HEADING`.

    >>> epoch_line(Epoch(3, 0.2512, 92.941, 92.7, 0.345), 10)
    '     3/10    0.2512  92.94 %  92.70 %   0.34 s'
    """
    place = f"{line.epoch}/{epochs}"
    accuracies = f"{line.train_accuracy:.2f} %  {line.test_accuracy:.2f} %".rjust(18)
    return f"{place:>9}{line.loss:>10.4f} {accuracies}{line.seconds:>7.2f} s"


class Lines:
    """Plain lines on standard output, for a file or a pipe: no progress bar, no control characters."""

    def line(self, text: str) -> None:
        """Print a line."""
        print(text, flush=True)

    def advance(self) -> None:
        """Count a step; nothing is shown."""


class Bar(Lines):
    """Lines above a progress bar that rich keeps at the foot of the terminal."""

    def __init__(self, total: int, done: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("steps"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(highlight=False), transient=True, refresh_per_second=8)
        self._task = self._progress.add_task("", total=total, completed=done)
        self._steps = done
        self._shown = 0.0

    def line(self, text: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(text, markup=False, soft_wrap=True)

    def advance(self) -> None:
        """Count a step; the bar is told ten times a second at most, for a step is shorter than telling it."""
        self._steps += 1
        now = time.perf_counter()
        if now - self._shown > 0.1:
            self._shown = now
            self._progress.update(self._task, completed=self._steps)

    @contextmanager
    def live(self) -> Iterator[Bar]:
        """Show the bar while the block runs, and remove it afterwards."""
        with self._progress:
            yield self


@contextmanager
def progress(total: int, done: int) -> Iterator[Lines]:
    """Yield what prints the lines of a training of `total` steps: with a bar on a terminal, else without."""
    if sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb"):
        with Bar(total, done).live() as bar:
            yield bar
    else:
        yield Lines()


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether Ctrl-C was pressed, so that a step is never left half done.

    The second Ctrl-C raises KeyboardInterrupt as ever. Outside of the main thread signals are left alone.
    """
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def handle(number: int, frame: FrameType | None) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
