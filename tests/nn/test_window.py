"""Laws of convolutions, pooling and resizing: transposes, inverses, constants; and what must not spread."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.nn import functional as F
from tinygrad_np.ops.pooling import adaptive_sums, sliding_sums
from tinygrad_np.ops.resampling import linear, nearest
from tinygrad_np.ops.weighted_sums import weighted_sums, weights_of

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
MAX_POOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG_POOL = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
MAX_UNPOOL = {1: F.max_unpool1d, 2: F.max_unpool2d, 3: F.max_unpool3d}

seeds = st.integers(0, 2**32 - 1)
dims = st.integers(1, 3)
few = st.integers(1, 3)


def normal(seed: int, *shape: int) -> Any:
    return tg.tensor(np.random.default_rng((seed, *shape)).normal(size=shape))


def inner(a: Any, b: Any) -> float:
    return float((a * b).sum())


# -------------------------------------------------------------------------------------------------------- convolutions


@given(seeds, dims, few, few, few, st.integers(0, 2), few)
def test_a_transposed_convolution_is_the_transpose(seed, dims, groups, size, stride, padding, dilation):
    x = normal(seed, 2, 2 * groups, *range(7, 7 + dims))
    w = normal(seed, groups, 2, *(size,) * dims)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    y = CONV[dims](x, w, **options)
    z = normal(seed + 1, *y.shape)
    reach = [(n - 1) * stride - 2 * padding + dilation * (size - 1) + 1 for n in y.shape[2:]]
    extra = [n - m for n, m in zip(x.shape[2:], reach, strict=True)]
    back = CONV_TRANSPOSED[dims](z, w, output_padding=extra, **options)
    assert back.shape == x.shape
    np.testing.assert_allclose(inner(y, z), inner(x, back), rtol=1e-10, atol=1e-10)


@given(seeds, few, few)
def test_a_kernel_of_one_entry_is_a_matrix_product(seed, channels, outputs):
    x, w = normal(seed, 3, channels, 4, 5), normal(seed, outputs, channels, 1, 1)
    expected = (w.reshape(outputs, channels) @ x.reshape(3, channels, 20)).reshape(3, outputs, 4, 5)
    np.testing.assert_allclose(F.conv2d(x, w).tolist(), expected.tolist(), rtol=1e-12)


@given(seeds, dims, st.integers(1, 4))
def test_a_single_one_gives_the_kernel_back_to_front(seed, dims, size):
    w = normal(seed, 1, 1, *(size,) * dims)
    one = tg.zeros(1, 1, *(2 * size - 1,) * dims, dtype=tg.float64)
    one[(0, 0, *(size - 1,) * dims)] = 1.0
    assert CONV[dims](one, w).tolist() == np.flip(w.array).tolist()
    assert CONV_TRANSPOSED[dims](tg.ones(1, 1, *(1,) * dims, dtype=tg.float64), w).tolist() == w.tolist()


@given(seeds, dims)
def test_same_padding_keeps_the_size(seed, dims):
    draw = np.random.default_rng(seed)
    size, dilation = draw.integers(1, 5, dims).tolist(), draw.integers(1, 3, dims).tolist()
    x = tg.ones(1, 1, *draw.integers(1, 6, dims).tolist())
    assert CONV[dims](x, tg.ones(2, 1, *size), padding="same", dilation=dilation).shape[2:] == x.shape[2:]


@given(seeds, few)
def test_groups_are_convolutions_side_by_side(seed, groups):
    x, w = normal(seed, 2, 2 * groups, 6), normal(seed, 3 * groups, 2, 3)
    parts = [F.conv1d(a, b) for a, b in zip(x.chunk(groups, 1), w.chunk(groups), strict=True)]
    np.testing.assert_allclose(F.conv1d(x, w, groups=groups).tolist(), tg.cat(parts, 1).tolist(), rtol=1e-12)


@given(seeds, st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2))
def test_folding_back_counts_how_often_an_entry_was_seen(seed, size, stride, padding, dilation):
    x = normal(seed, 2, 3, 6, 7)
    options = {"kernel_size": size, "stride": stride, "padding": padding, "dilation": dilation}
    counts = F.fold(F.unfold(tg.ones_like(x), **options), (6, 7), **options)
    back = F.fold(F.unfold(x, **options), (6, 7), **options)
    np.testing.assert_allclose(back.tolist(), (counts * x).tolist(), rtol=1e-12)


@given(seeds)
def test_a_convolution_multiplies_a_kernel_with_columns(seed):
    x, w = normal(seed, 2, 3, 5, 6), normal(seed, 4, 3, 2, 3)
    columns = F.unfold(x, (2, 3), padding=1, stride=2)
    product = (w.reshape(4, 18) @ columns).reshape(2, 4, *F.conv2d(x, w, padding=1, stride=2).shape[2:])
    np.testing.assert_allclose(F.conv2d(x, w, padding=1, stride=2).tolist(), product.tolist(), rtol=1e-12)


def test_the_columns_are_a_copy():
    x = tg.ones(1, 1, 2, 2)
    F.unfold(x, 1)[0, 0, 0] = 5.0
    assert x.tolist() == tg.ones(1, 1, 2, 2).tolist()


# -------------------------------------------------------------------------------------------------------------- pooling


@given(seeds, dims, few)
def test_an_average_is_a_convolution_with_equal_weights(seed, dims, size):
    x = normal(seed, 2, 1, *(7,) * dims)
    w = tg.full((1, 1, *(size,) * dims), 1 / size**dims, dtype=tg.float64)
    expected = CONV[dims](x, w, stride=2, padding=size // 2)
    averages = AVG_POOL[dims](x, size, 2, size // 2)
    np.testing.assert_allclose(averages.tolist(), expected.tolist(), rtol=1e-10, atol=1e-12)


@given(seeds, dims, few)
def test_what_was_pooled_is_put_back_to_its_place(seed, dims, size):
    x = normal(seed, 2, 3, *(2 * size,) * dims)
    y, indices = MAX_POOL[dims](x, size, return_indices=True)
    back = MAX_UNPOOL[dims](y, indices, size)
    assert back.shape == x.shape
    assert ((back == x) | (back == 0)).all()
    assert (back != 0).sum().item() == indices.numel()
    assert MAX_POOL[dims](abs(back), size).tolist() == abs(y).tolist()


@given(seeds, dims, st.integers(1, 3), st.integers(1, 3), st.integers(1, 2))
def test_indices_are_places_in_the_flat_image(seed, dims, size, stride, dilation):
    x = normal(seed, 2, 3, *(7,) * dims)
    y, indices = MAX_POOL[dims](x, size, stride, size // 2, dilation, return_indices=True)
    assert indices.dtype == tg.int64
    flat = tg.gather(x.flatten(2), 2, indices.flatten(2))
    assert flat.tolist() == y.flatten(2).tolist()


@given(seeds)
def test_pooling_to_one_entry_is_a_reduction(seed):
    x = normal(seed, 2, 3, 4, 5)
    np.testing.assert_allclose(F.adaptive_avg_pool2d(x, 1).tolist(), x.mean((2, 3), True).tolist(), rtol=1e-12)
    assert F.adaptive_max_pool2d(x, 1).tolist() == x.amax((2, 3), True).tolist()


def test_the_gradient_of_a_maximum_goes_to_the_first_among_equals():
    x = tg.ones(1, 1, 3, 3, requires_grad=True)
    F.max_pool2d(x, 2, 1).sum().backward()
    assert x.grad.tolist() == [[[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]]]


def test_a_nan_is_found_and_nothing_else_is_touched():
    y = F.max_pool1d(tg.tensor([[1.0, nan, 2.0, 3.0, inf, 4.0]]), 2)
    np.testing.assert_array_equal(y.tolist(), [[nan, 3.0, inf]])
    z = F.avg_pool1d(tg.tensor([[1.0, nan, 2.0, 4.0, inf, 4.0]]), 2)
    np.testing.assert_array_equal(z.tolist(), [[nan, 3.0, inf]])


def test_an_infinite_gradient_does_not_spread():
    x = tg.ones(1, 6, requires_grad=True)
    for pool in (F.max_pool1d, F.avg_pool1d):
        y = pool(x, 2)
        (g,) = tg.autograd.grad(y, x, tg.tensor([[1.0, inf, 0.0]]))
        assert not np.isnan(g.tolist()).any()
        assert np.isinf(g.tolist()).any()


def test_of_two_entries_put_to_one_place_the_last_stays_and_has_the_gradient():
    x = tg.tensor([[1.0, 2.0]], requires_grad=True)
    y = F.max_unpool1d(x, tg.tensor([[1, 1]]), 2)
    assert y.tolist() == [[0.0, 2.0, 0.0, 0.0]]
    y.sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0]]


# ------------------------------------------------------------------------------------------------------------- resizing

MODES = [("linear", 1), ("bilinear", 2), ("trilinear", 3), ("bicubic", 2), ("nearest", 2), ("nearest-exact", 3)]


@given(seeds, st.sampled_from([*MODES, ("area", 2)]), st.booleans())
def test_a_constant_stays_constant(seed, mode, smooth):
    name, dims = mode
    old, new = np.random.default_rng(seed).integers(1, 9, (2, dims)).tolist()
    smooth = smooth and name in ("bilinear", "bicubic")
    y = F.interpolate(tg.full((1, 2, *old), 3.0, dtype=tg.float64), new, mode=name, antialias=smooth)
    assert y.shape == (1, 2, *new)
    np.testing.assert_allclose(y.tolist(), np.full(y.shape, 3.0), rtol=1e-12)


@given(st.integers(2, 9), st.integers(2, 20))
def test_a_straight_line_stays_straight(old, new):
    y = F.interpolate(
        tg.linspace(0, 1, old, dtype=tg.float64).reshape(1, 1, old), new, mode="linear", align_corners=True
    )
    np.testing.assert_allclose(y.tolist(), [[np.linspace(0, 1, new).tolist()]], rtol=1e-12, atol=1e-12)


@given(seeds, st.sampled_from(MODES), st.booleans())
def test_the_same_size_changes_nothing(seed, mode, corners):
    name, dims = mode
    x = normal(seed, 1, 2, *(4,) * dims)
    options = {} if name.startswith("nearest") else {"align_corners": corners}
    assert F.interpolate(x, 4, mode=name, **options).tolist() == x.tolist()


def test_an_infinite_entry_does_not_count_where_its_weight_is_zero():
    x = tg.tensor([[[1.0, inf, 2.0, 4.0]]])
    assert F.interpolate(x, 7, mode="linear", align_corners=True).tolist() == [[[1, inf, inf, inf, 2, 3, 4]]]
    assert F.interpolate(x, 4, mode="linear", align_corners=True).tolist() == x.tolist()


def test_small_integers_are_repeated():
    x = tg.tensor([[[1, 200]]], dtype=tg.uint8)
    y = F.interpolate(x, scale_factor=2)
    assert y.dtype == tg.uint8
    assert y.tolist() == [[[1, 1, 200, 200]]]


def test_arrays_are_constants_and_tensors_come_out():
    y = F.conv2d(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), np.ones(1))
    assert (type(y), y.dtype, y.tolist()) == (tg.Tensor, tg.float64, [[[[5.0]]]])
    z, indices = F.max_pool2d(np.ones((1, 2, 2)), 2, return_indices=True)
    assert (type(z), type(indices)) == (tg.Tensor, tg.Tensor)
    w = tg.ones(1, 1, 2, 2, requires_grad=True)
    F.conv2d(input=np.ones((1, 1, 2, 2), np.float32), weight=w).sum().backward()
    assert w.grad.tolist() == [[[[1.0, 1.0], [1.0, 1.0]]]]


def test_a_long_float32_average_keeps_its_digits():
    x = tg.full((1, 1, 200_000), 0.1)  # quickly
    np.testing.assert_allclose(F.adaptive_avg_pool1d(x, 1).item(), np.float32(0.1), rtol=1e-6)


# -------------------------------------------------------------------------------------------------------------- weights


@given(seeds, st.integers(1, 8), st.integers(1, 4), st.integers(1, 8))
def test_weights_are_put_into_strips_without_loss(seed, height, taps, width):
    """Of all kinds of matrices: with repeats, steps, zeros, and columns outside."""
    random = np.random.default_rng(seed)
    columns = random.integers(-1, width + 1, (height, taps))
    if seed % 2:
        columns = np.arange(height)[:, None] * random.integers(0, 3) // random.integers(1, 4) + np.arange(taps)
    values = random.integers(-1, 2, columns.shape) / 2
    inside = (columns >= 0) & (columns < width)
    dense = np.zeros((height, width))
    np.add.at(dense, (np.nonzero(inside)[0], columns[inside]), values[inside])
    weights = weights_of(columns, values, width)
    np.testing.assert_array_equal(weighted_sums(np.eye(width), weights, 0), dense)
    np.testing.assert_array_equal(weighted_sums(np.eye(height), weights.T, 0), dense.T)


def test_few_strips_do_for_what_is_common():
    assert len(sliding_sums(224, 3, 112, 2, 1).strips) == 3
    assert len(adaptive_sums(224, 7)[0].strips) == 7
    assert len(adaptive_sums(224, 1)[0].strips) == 1
    assert len(nearest(28, 56, None, False, np.float64).strips) == 2
    assert len(linear(28, 56, False, None, np.float64).strips) <= 6
