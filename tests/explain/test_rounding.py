"""Differences of arrays are measured entry by entry, also where entries are not finite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_np.explain.rounding import difference, ulps


@given(st.integers(1, 1000), st.sampled_from([np.float32, np.float64]), st.floats(1e-3, 1e3))
def test_steps_are_counted(steps, dtype, start):
    reference = np.asarray([start, -start, 0], dtype)
    array = reference.copy()
    for _ in range(steps):
        array = np.nextafter(array, dtype(np.inf))
    d = difference(array, reference)
    assert d.ulps == ulps(array, reference) == steps
    assert d.absolute == np.abs(array - reference).max()
    assert d.scaled_ulps == pytest.approx(d.absolute / np.spacing(reference[0]))
    assert d.relative == np.inf  # 0 was not met
    assert not d.same_bits


def test_the_sign_of_zero_is_no_distance_but_other_bits():
    d = difference(np.array([-0.0, 2.0]), np.array([0.0, 2.0]))
    assert (d.same_bits, d.absolute, d.relative, d.ulps, d.scaled_ulps) == (False, 0, 0, 0, 0)


def test_the_narrower_dtype_counts():
    reference = np.array([1.0, 3.0])
    d = difference(np.array([1.0, np.nextafter(np.float32(3), np.float32(4))], np.float32), reference)
    assert (d.ulps, d.scaled_ulps, d.largest_entry) == (1, 1, 3)
    assert not difference(reference.astype(np.float32), reference).same_bits


@pytest.mark.parametrize(
    ("entry", "reference", "distance"),
    [
        (np.nan, np.nan, 0),
        (np.inf, np.inf, 0),
        (np.inf, -np.inf, np.inf),
        (np.nan, 1, np.inf),
        (1, np.nan, np.inf),
        (np.inf, 1, np.inf),
    ],
)
def test_what_is_not_finite(entry, reference, distance):
    assert difference(np.array([entry, 1.0]), np.array([reference, 1.0])).absolute == distance


def test_empty_arrays_are_equal():
    d = difference(np.zeros((0, 3)), np.zeros((0, 3)))
    assert (d.same_bits, d.absolute, d.ulps) == (True, 0, 0)


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"^difference: expected shape \(2,\), got \(3,\)$"):
        difference(np.zeros(3), np.zeros(2))
