"""What convolutions, pooling and resizing refuse, and the words in which they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np.nn import functional as F

x1, x2, x3 = tg.ones(1, 2, 5), tg.ones(1, 2, 5, 6), tg.ones(1, 2, 5, 6, 7)
w1, w2 = tg.ones(4, 2, 3), tg.ones(4, 2, 3, 3)
places = tg.zeros(1, 2, 5, 6, dtype=tg.int64)
whole = tg.ones(1, 2, 5, 6, dtype=tg.int64)

ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # arguments that all share
    (lambda: F.conv2d([1], w2), TypeError, "conv2d: input must be a tensor or an array, got list"),
    (lambda: F.conv2d(x2, [1]), TypeError, "conv2d: weight must be a tensor or an array, got list"),
    (lambda: F.conv2d(x2, w2, 1.0), TypeError, "conv2d: bias must be a tensor or an array, got float"),
    (lambda: F.conv2d(tg.ones(5, 6), w2), RuntimeError, r"shape \(N, C, H, W\) or \(C, H, W\), got \(5, 6\)"),
    (lambda: F.conv1d(x2, w1), RuntimeError, r"shape \(N, C, L\) or \(C, L\)"),
    (lambda: F.max_pool3d(x1, 2), RuntimeError, r"shape \(N, C, D, H, W\) or \(C, D, H, W\)"),
    (lambda: F.conv2d(x2, w2, stride=1.5), TypeError, "stride must be an integer, or one for each of 2 dims, got 1.5"),
    (lambda: F.conv2d(x2, w2, stride=True), TypeError, "stride must be an integer"),
    (lambda: F.conv2d(x2, w2, stride=(1, 2, 3)), RuntimeError, r"stride must be one integer, or 2 of them"),
    (lambda: F.conv2d(x2, w2, stride=0), RuntimeError, "stride must be positive, got 0"),
    (lambda: F.conv2d(x2, w2, padding=-1), RuntimeError, "padding must be 0 or more, got -1"),
    (lambda: F.conv2d(x2, w2, dilation=0), RuntimeError, "dilation must be positive"),
    (lambda: F.max_pool2d(x2, "2"), TypeError, "kernel_size must be an integer"),
    # convolutions
    (lambda: F.conv2d(x2, w1), RuntimeError, r"weight must have 4 dims, \(out, in / groups, k, k\), got \(4, 2, 3\)"),
    (lambda: F.conv2d(x2, w2, groups=0), RuntimeError, "groups must be positive, got 0"),
    (lambda: F.conv2d(x2, w2, groups=1.0), TypeError, "groups must be an integer, got 1.0"),
    (lambda: F.conv2d(x2, w2, groups=3), RuntimeError, r"weight \(4, 2, 3, 3\) cannot be split into 3 groups"),
    (lambda: F.conv2d(x2, w2[:0]), RuntimeError, r"weight \(0, 2, 3, 3\) cannot be split into 1 groups"),
    (lambda: F.conv2d(x2, w2, groups=2), RuntimeError, r"fits an input of 4 channels in 2 groups; input .* has 2"),
    (lambda: F.conv2d(x2, w2[:, :, :0]), RuntimeError, "a kernel has at least one entry along each dim"),
    (lambda: F.conv2d(x2, w2, tg.ones(3)), RuntimeError, r"bias must have shape \(4,\), one for each output channel"),
    (lambda: F.conv2d(x2, w2, tg.ones(4).double()), RuntimeError, "bias must have the dtype of input, float32"),
    (lambda: F.conv2d(x2.double(), w2), RuntimeError, "weight must have the dtype of input, float64, got float32"),
    (lambda: F.conv2d(x2.bool(), w2.bool()), NotImplementedError, "conv: not defined for bool"),
    (lambda: F.conv2d(x2, w2, padding="same", stride=2), RuntimeError, "padding='same' needs a stride of 1"),
    (lambda: F.conv2d(x2, w2, padding="full"), RuntimeError, "padding must be 'same', 'valid' or integers, got 'full'"),
    (lambda: F.conv2d(x2, w2, dilation=3), RuntimeError, r"kernel of \(3, 3\), with dilation \(3, 3\), does not fit"),
    (lambda: F.conv2d(x2[:, :, :0], w2, padding=2), RuntimeError, r"does not fit into an input of \(0, 6\)"),
    (lambda: F.conv_transpose2d(x2, w2), RuntimeError, r"\(in, out / groups, k, k\), fits an input of 4 channels"),
    (lambda: F.conv_transpose1d(x1, tg.ones(2, 1, 3), padding="same"), TypeError, "padding must be an integer"),
    (
        lambda: F.conv_transpose1d(x1, tg.ones(2, 1, 3), stride=2, output_padding=2),
        RuntimeError,
        r"output_padding must be smaller than stride or dilation, got \(2,\) for \(2,\) and \(1,\)",
    ),
    (lambda: F.conv_transpose1d(x1, tg.ones(2, 1, 3), padding=4), RuntimeError, r"output of \(-1,\)"),
    # columns
    (lambda: F.unfold(x2, 7), RuntimeError, r"unfold: windows of \(7, 7\), .* do not fit into an image of \(5, 6\)"),
    (lambda: F.fold(tg.ones(1, 9, 12), (5, 6), 2), RuntimeError, r"give 20 columns of C \* 4 entries, got .*9, 12"),
    (lambda: F.fold(tg.ones(1, 8, 12), (5, 6), 2), RuntimeError, "give 20 columns"),
    (lambda: F.fold(tg.ones(1, 8, 12), (5, 0), 2), RuntimeError, "output_size must be positive"),
    # pooling
    (lambda: F.max_pool2d(x2, 2, padding=2), RuntimeError, r"at most half of kernel_size, got \(2, 2\) for \(2, 2\)"),
    (lambda: F.max_pool1d(x1, 3, padding=2, dilation=2), RuntimeError, r"at most half of kernel_size, got \(2,\) for"),
    (lambda: F.max_pool1d(x1[:, :, :1], 2, padding=1, dilation=2), RuntimeError, r"\(2,\) sees nothing of an image of"),
    (lambda: F.max_pool2d(x2[..., :1], 2, 1, 1, (1, 2)), RuntimeError, r"sees nothing of an image of \(5, 1\)"),
    (lambda: F.max_pool2d(x2, 7), RuntimeError, r"windows of \(7, 7\) do not fit into an image of \(5, 6\)"),
    (lambda: F.max_pool2d(x2[:, :0], 2), RuntimeError, "only the batch may be empty"),
    (lambda: F.avg_pool2d(x2, 2, divisor_override=0), RuntimeError, "divisor_override must not be 0"),
    (lambda: F.avg_pool2d(x2.int(), 2), NotImplementedError, "input must hold floats or int64, got int32"),
    (lambda: F.max_pool1d(x1.long(), 2), NotImplementedError, "input must hold floats, got int64"),
    (lambda: F.max_pool2d(x2.bool(), 2), NotImplementedError, "input must hold numbers, got bool"),
    (lambda: F.adaptive_avg_pool2d(x2[0, 0], 2), ValueError, r"input must have 3 or 4 dims, got shape \(5, 6\)"),
    (lambda: F.adaptive_avg_pool2d(x2, (1, 2, 3)), RuntimeError, "output_size must be one integer, or 2 of them"),
    (lambda: F.adaptive_avg_pool2d(x2, -1), RuntimeError, "output_size must be 0 or more"),
    (lambda: F.adaptive_avg_pool1d(x1, None), TypeError, "output_size must be an integer"),
    (lambda: F.adaptive_max_pool2d(x2[:, :, :0], 2), RuntimeError, r"an image of \(0, 6\) has no entries to pool"),
    (lambda: F.adaptive_avg_pool2d(x2.long(), 2), NotImplementedError, "adaptive_avg_pool2d: input must hold floats"),
    (lambda: F.lp_pool1d([1.0], 2, 2), TypeError, "lp_pool1d: expected a tensor or an array"),
    (lambda: F.max_unpool2d(x2, places.int(), 2), RuntimeError, "indices must be int64, got int32"),
    (lambda: F.max_unpool2d(x2, places[0], 2), RuntimeError, "indices must have the shape of input"),
    (lambda: F.max_unpool2d(x2, places - 1, 2), RuntimeError, r"indices must lie in the flat image of \(10, 12\)"),
    (lambda: F.max_unpool2d(x2, places + 120, 2), RuntimeError, "0 to 119"),
    (lambda: F.max_unpool2d(x2, places, 2, output_size=(9,)), ValueError, "output_size must have 2 or 4 entries"),
    (lambda: F.max_unpool2d(x2, places, 2, output_size=(8, 12)), ValueError, r"less than a stride, \(2, 2\), away"),
    (lambda: F.max_unpool2d(whole, places, 2), NotImplementedError, "max_unpool2d: input must hold floats"),
    # resizing
    (lambda: F.interpolate(x2), ValueError, "either size or scale_factor must be given"),
    (lambda: F.interpolate(x2, 2, 2.0), ValueError, "either size or scale_factor must be given"),
    (lambda: F.interpolate(x2, (2, 3, 4)), ValueError, r"size \(2, 3, 4\) must have one number for each of the dims"),
    (lambda: F.interpolate(x2, scale_factor=(2.0,)), ValueError, "scale_factor .* must have one number for each"),
    (lambda: F.interpolate(x2, 2.5), TypeError, "size must be an integer, or one for each dim, got 2.5"),
    (lambda: F.interpolate(x2, "2"), TypeError, "size must be an integer"),
    (lambda: F.interpolate(x2, scale_factor="2"), TypeError, "scale_factor must be a number"),
    (lambda: F.interpolate(x2, 0), RuntimeError, r"the new size must be positive, got \(0, 0\)"),
    (lambda: F.interpolate(x2, scale_factor=0.1), RuntimeError, "the new size must be positive"),
    (lambda: F.interpolate(x2, 2, recompute_scale_factor=True), ValueError, "means nothing with a size"),
    (lambda: F.interpolate(x2, 2, align_corners=True), ValueError, "align_corners is for linear and cubic modes"),
    (lambda: F.interpolate(x2, 2, antialias=True), ValueError, "antialias is for 'bilinear' and 'bicubic'"),
    (lambda: F.interpolate(x2, 2, mode="linear"), NotImplementedError, "no mode 'linear' for an input of shape"),
    (lambda: F.interpolate(x2, 2, mode="cubic"), NotImplementedError, "'bicubic' for 4 dims"),
    (lambda: F.interpolate(tg.ones(2, 3), 2), NotImplementedError, r"no mode 'nearest' for an input of shape \(2, 3\)"),
    (lambda: F.interpolate(x2[:, :, :0], 2), RuntimeError, "only the batch may be empty"),
    (lambda: F.interpolate(x2.long(), 2), NotImplementedError, "interpolate: input must hold floats, got int64"),
    (lambda: F.interpolate(x2.byte(), 2, mode="bilinear"), NotImplementedError, "must hold floats, got uint8"),
]


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS, ids=[message[:60] for *_, message in ERRORS])
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message) as caught:
        call()
    assert type(caught.value) is kind


def test_float16_is_refused():
    x = tg.ones(1, 1, 4).to(tg.float16)
    for call in (lambda: F.conv1d(x, x), lambda: F.avg_pool1d(x, 2), lambda: F.interpolate(x, 2)):
        with pytest.raises(TypeError, match="float16 can be stored and converted, but not computed with"):
            call()


def test_an_error_leaves_the_kernel_as_it_was():
    w = tg.ones(1, 1, 2, requires_grad=True)
    with pytest.raises(RuntimeError, match="does not fit"):
        F.conv1d(np.ones((1, 1, 1), np.float32), w)
    assert w.grad is None
