import hashlib

import numpy as np

from data import SAMPLE, load_digits
from data.sample import enlarge


def test_the_file_is_small_and_unchanged():
    content = SAMPLE.read_bytes()
    assert len(content) < 100_000
    assert hashlib.sha256(content).hexdigest() == "b2dab7b501728c22e9119ad76740b2e17c77a231e42d1e592380d90886f1a05e"


def test_the_split_and_the_form():
    digits = load_digits(SAMPLE)
    assert (digits.train_images.shape, digits.test_images.shape) == ((1500, 784), (297, 784))
    assert (digits.train_images.dtype, digits.train_labels.dtype) == (np.uint8, np.int64)
    assert (digits.train_images.min(), digits.train_images.max()) == (0, 255)
    assert np.bincount(digits.test_labels).tolist() == [27, 31, 27, 30, 33, 30, 30, 30, 28, 31]


def test_each_pixel_becomes_a_block_and_the_margin_is_empty():
    small = np.arange(64, dtype=np.uint8).reshape(1, 8, 8) % 17
    large = enlarge(small).reshape(28, 28)
    for i in range(8):
        for j in range(8):
            block = large[2 + 3 * i : 5 + 3 * i, 2 + 3 * j : 5 + 3 * j]
            assert (block == round(int(small[0, i, j]) * 255 / 16)).all()
    large[2:26, 2:26] = 0
    assert not large.any()


def test_a_linear_classifier_learns_the_digits_from_it():
    digits = load_digits(SAMPLE)
    x, x_test = (np.c_[images / 255, np.ones(len(images))] for images in (digits.train_images, digits.test_images))
    weights = np.linalg.solve(x.T @ x + np.eye(785), x.T @ np.eye(10)[digits.train_labels])
    assert ((x_test @ weights).argmax(1) == digits.test_labels).mean() > 0.85
