"""erf, erfc and erfinv against Python's own, to the last digits, down to the subnormal numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import tinygrad_np as tg

anywhere = st.one_of(st.floats(allow_nan=False), st.floats(-7, 7), st.floats(20, 28), st.floats(-1e-300, 1e-300))
SINGLE = np.finfo(np.float32)


def ulps(found: float, expected: float) -> float:
    """Return the distance in units of the last place of what is expected."""
    return abs(found - expected) / math.ulp(expected) if found != expected else 0.0


@pytest.mark.parametrize("name", ["erf", "erfc"])
@given(x=anywhere)
@example(0.46875)
@example(-0.46875)
@example(0.46875000000000006)
@example(4.0)
@example(4.000000000000001)
@example(26.5)
@example(27.2)  # erfc is 5e-324 at 27.2
@example(math.inf)
@example(-math.inf)
@example(5e-324)
def test_erf_and_erfc_are_python_s_to_a_few_ulp(name, x):
    assert ulps(getattr(tg, name)(np.array(x)).item(), getattr(math, name)(x)) <= 8


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_every_part_of_the_line(name):
    x = np.concatenate([np.linspace(-7, 28, 200001), np.geomspace(5e-324, 1, 2001), -np.geomspace(5e-324, 1, 2001)])
    expected = np.array([getattr(math, name)(each) for each in x])
    found = getattr(tg, name)(x).array
    assert (np.abs(found - expected) / np.spacing(np.abs(expected))).max() <= 8
    single = getattr(tg, name)(x.astype(np.float32))
    assert single.dtype == tg.float32
    expected = np.array([getattr(math, name)(each) for each in x.astype(np.float32)])
    normal = np.abs(expected) > SINGLE.tiny
    np.testing.assert_allclose(single.array[normal], expected[normal], rtol=2 * SINGLE.eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_of_several_blocks_and_any_layout(dtype):
    x = np.linspace(-30, 30, 60000).astype(dtype).reshape(200, 300)[::2].T
    for name in ("erf", "erfc"):
        expected = [[getattr(tg, name)(x[i, j : j + 1]).item() for j in (0, 57, 99)] for i in (0, 151, 299)]
        assert getattr(tg, name)(x)[[0, 151, 299]][:, [0, 57, 99]].tolist() == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nothing_warns(dtype):
    x = np.array([0.0, 0.3, -3.0, 5.0, 40.0, np.finfo(dtype).max, np.inf, -np.inf, np.nan], dtype)
    with np.errstate(all="raise", under="ignore"):
        assert tg.erf(x).isnan().tolist() == tg.erfc(x).isnan().tolist() == [False] * 8 + [True]


def test_the_sign_of_zero_and_nan_are_kept():
    assert math.copysign(1, tg.erf(np.array(-0.0)).item()) == -1
    assert math.copysign(1, tg.erfinv(np.array(-0.0)).item()) == -1
    for function in (tg.erf, tg.erfc, tg.erfinv):
        assert math.isnan(function(np.array(math.nan)).item())


@given(y=st.one_of(st.floats(-1, 1, exclude_min=True, exclude_max=True), st.floats(-1e-300, 1e-300)))
@example(1 - 2**-53)
@example(0.5)
@example(0.5000000000000001)
@example(5e-324)
def test_erfinv_inverts_erf(y):
    x = tg.erfinv(np.array(y)).item()
    if abs(y) < 0.5:
        assert ulps(math.erf(x), y) <= 8
    else:  # erf is flat there: the complement, which is exact, tells more
        assert math.erfc(abs(x)) == pytest.approx(1 - abs(y), rel=2e-14, abs=0)


@given(x=st.floats(-5.5, 5.5))
def test_erf_and_erfc_add_up_to_1(x):
    assert tg.erf(np.array(x)).item() + tg.erfc(np.array(x)).item() == pytest.approx(1, rel=1e-15, abs=0)


def test_erfinv_at_and_beyond_the_ends():
    assert tg.erfinv(tg.tensor([1.0, -1.0])).tolist() == [math.inf, -math.inf]
    assert np.isnan(tg.erfinv(tg.tensor([1.5, -2.0, math.inf])).array).all()
    y = tg.erfinv(tg.tensor([0.5, 1 - 2**-24, -0.9]))
    assert y.dtype == tg.float32
    np.testing.assert_allclose(tg.erf(y).array, [0.5, 1 - 2**-24, -0.9], rtol=1e-6)
