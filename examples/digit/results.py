"""The files a run leaves: weights, history and pictures."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np

from data.digits import CLASSES, Images, Labels
from data.files import write_atomically
from examples.digit import weights
from examples.digit.dataset import Split, as_input
from examples.digit.training import Array, Epoch, Run, probabilities

HISTORY = "history.csv"
SAMPLES, MISTAKES, TRAINING_IMAGES = 40, 24, 11


def write(run: Run, split: Split, folder: Path) -> list[str]:
    """Write weights, history and, once there is an epoch to show, pictures; return the names of the files."""
    weights.save(run.model, folder / weights.FILE)
    write_history(run.history, folder / HISTORY)
    if not run.history:
        return [weights.FILE, HISTORY]
    return [weights.FILE, HISTORY, *draw(run, split, folder)]


def write_history(history: Sequence[Epoch], path: Path) -> None:
    """Write one line an epoch as CSV, numbers with all their digits."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(Epoch)])
    writer.writerows(astuple(line) for line in history)
    with write_atomically(path) as file:
        file.write(text.getvalue().encode())


def draw(run: Run, split: Split, folder: Path) -> list[str]:
    """Draw what was learnt; return the names of the pictures."""
    from examples.digit import pictures  # matplotlib takes as long to import as an epoch to train

    p = probabilities(run.model, run.test_images)
    predicted, labels = p.argmax(1), split.test_labels
    worst = worst_mistakes(p, labels)[:MISTAKES]
    counts = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    captions = [f"predicted {predicted[i]}, {100 * p[i].max():.0f} %\nlabel {labels[i]}" for i in worst]
    figures = {
        "learning_curves.png": pictures.learning_curves(run.history),
        "predictions.png": pictures.image_grid(
            split.test_pixels[:SAMPLES],
            _captions(predicted[:SAMPLES], labels[:SAMPLES]),
            predicted[:SAMPLES] != labels[:SAMPLES],
            "The first test images",
        ),
        "mistakes.png": pictures.image_grid(
            split.test_pixels[worst],
            captions,
            np.ones(len(worst), bool),
            "The worst mistakes: the smallest probabilities of the label" if len(worst) else "There are no mistakes",
        ),
        "confusion.png": pictures.confusion(counts),
        "hidden_units.png": pictures.hidden_units(
            run.model.fc1.weight.detach().numpy(), run.model.fc2.weight.detach().numpy()
        ),
    }
    if run.options.recipe == "script":
        images, guesses, truth = training_images(run, split)
        figures["training_images.png"] = pictures.image_grid(
            images, _captions(guesses, truth), guesses != truth, "The first training images"
        )
    for name, figure in figures.items():
        pictures.save(figure, folder / name)
    return list(figures)


def training_images(run: Run, split: Split) -> tuple[Images, Labels, Labels]:
    """Return the first eleven training images, what they are taken for, and what they are."""
    images = split.train_pixels[:TRAINING_IMAGES]
    return images, probabilities(run.model, as_input(images)).argmax(1), split.train_labels[:TRAINING_IMAGES]


def worst_mistakes(p: Array, labels: Labels) -> Labels:
    """Return the places of the wrong predictions, those first that give their label the smallest probability.

    >>> p = np.array([[0.3, 0.7], [0.9, 0.1], [0.2, 0.8]])
    >>> worst_mistakes(p, np.array([0, 1, 1]))
    array([1, 0])
    """
    wrong = np.flatnonzero(p.argmax(1) != labels)
    return wrong[np.argsort(p[wrong, labels[wrong]], kind="stable")]


def _captions(predicted: Labels, labels: Labels) -> list[str]:
    return [f"predicted {guess}\nlabel {label}" for guess, label in zip(predicted, labels, strict=True)]
