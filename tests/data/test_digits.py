import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import data


@given(m=st.integers(2, 50), seed=st.integers(0, 2**32 - 1), part=st.floats(0, 1))
def test_hold_out_splits_without_loss_and_keeps_images_with_their_labels(m, seed, part):
    n = 1 + int(part * (m - 2))
    labels = np.arange(m)
    images = np.repeat(labels[:, None], 784, axis=1).astype(np.uint8)
    split = data.hold_out(images, labels, n, np.random.default_rng(seed))
    train_images, train_labels, held_images, held_labels = split
    assert (len(train_labels), len(held_labels)) == (m - n, n)
    assert sorted([*train_labels, *held_labels]) == list(range(m))
    assert np.array_equal(train_images[:, 5], train_labels)
    assert np.array_equal(held_images[:, 5], held_labels)
    # The first n of one shuffle: the same state of the generator gives the same split.
    order = np.random.default_rng(seed).permutation(m)
    assert np.array_equal(order, [*held_labels, *train_labels])


@pytest.mark.parametrize("n", [-1, 0, 5, 6])
def test_hold_out_leaves_something_on_both_sides(n):
    with pytest.raises(ValueError, match=f"hold_out: n is {n}; with 5 examples it must be between 1 and 4"):
        data.hold_out(np.zeros((5, 784), np.uint8), np.arange(5), n, np.random.default_rng(0))


def test_hold_out_wants_a_label_for_each_image():
    with pytest.raises(ValueError, match="hold_out: 5 images but 4 labels"):
        data.hold_out(np.zeros((5, 784), np.uint8), np.arange(4), 1, np.random.default_rng(0))


def test_digits_are_read_only_and_the_arrays_they_came_from_are_not():
    images, labels = np.zeros((2, 784), np.uint8), np.array([1, 2])
    digits = data.Digits(images, labels, images, labels, "made up")
    for name in ("train_images", "train_labels", "test_images", "test_labels"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(digits, name)[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        digits.source = "elsewhere"
    images[0, 0] = 1


def test_importing_data_imports_numpy_alone():
    program = "import sys, data; print([name for name in ('pandas', 'pooch', 'requests') if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
