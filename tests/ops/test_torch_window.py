"""Convolutions, pooling and resizing against PyTorch's, over forms of arguments that its own samples leave out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import inf, nan
from typing import Any

import pytest

pytest.importorskip("torch", reason="the comparison needs PyTorch")

import numpy as np
import torch

import tinygrad_np as tg
from tests.samples.comparing import Form, agree
from tinygrad_np.ops import convolution

IMAGES = {1: (5,), 2: (5, 6), 3: (4, 5, 3)}


def call(name: str, *args: Any, **kwargs: Any) -> Form:
    """Call a function of nn.functional; tensors come first."""
    return lambda lib, *tensors: getattr(lib.nn.functional, name)(*tensors, *args, **kwargs)


def arrays(*shapes: tuple[int, ...]) -> list[Any]:
    random = np.random.default_rng(0)
    return [random.normal(size=shape) for shape in shapes]


def convolutions() -> Iterator[Any]:
    """Yield (name, shapes, options)."""
    for dims, image in IMAGES.items():
        kernel = (3, 2, 2)[:dims]
        shapes = (2, 4, *image), (6, 2, *kernel), (6,)
        for options in [
            {"groups": 2},
            {"groups": 2, "stride": 2, "padding": 1},
            {"groups": 2, "padding": "same"},
            {"groups": 2, "padding": "same", "dilation": 2},
            {"groups": 2, "padding": "valid"},
            {"groups": 2, "stride": tuple(range(1, dims + 1)), "padding": (2,) * dims, "dilation": (1,) * dims},
            {"groups": 2, "stride": 3, "padding": 3, "dilation": 2},
            {"groups": 2, "stride": [2]},
        ]:
            yield f"conv{dims}d", shapes, options
        yield f"conv{dims}d", ((4, *image), (6, 2, *kernel), (6,)), {"groups": 2}
        yield f"conv{dims}d", ((2, 4, *image), (3, 4, *(1,) * dims)), {}
        yield f"conv{dims}d", ((2, 4, *image), (8, 1, *kernel)), {"groups": 4}
        yield f"conv{dims}d", ((0, 4, *image), (3, 4, *kernel), (3,)), {"padding": 1}
        shapes = (2, 4, *image), (4, 3, *kernel), (6,)
        for options in [
            {"groups": 2},
            {"groups": 2, "stride": 2, "padding": 1, "output_padding": 1},
            {"groups": 2, "stride": 2, "padding": 2, "dilation": 3, "output_padding": 2},
            {"groups": 2, "stride": tuple(range(1, dims + 1)), "dilation": (2,) * dims, "output_padding": (1,) * dims},
        ]:
            yield f"conv_transpose{dims}d", shapes, options
        yield f"conv_transpose{dims}d", ((4, *image), (4, 3, *kernel), (3,)), {}
        yield f"conv_transpose{dims}d", ((2, 4, *image), (4, 1, *kernel)), {"groups": 4}
        yield f"conv_transpose{dims}d", ((0, 4, *image), (4, 1, *kernel)), {}


CONVOLUTIONS = list(convolutions())


@pytest.mark.parametrize(("name", "shapes", "options"), CONVOLUTIONS, ids=[f"{n} {s} {o}" for n, s, o in CONVOLUTIONS])
def test_convolutions(name, shapes, options):
    agree(call(name, **options), arrays(*shapes))


@pytest.mark.parametrize("block", [1, 500, 10**9])
@pytest.mark.parametrize("wide", [1, 10**9])
def test_convolutions_in_blocks(monkeypatch, block, wide):
    monkeypatch.setattr(convolution, "BLOCK", block)
    monkeypatch.setattr(convolution, "WIDE", wide)
    shapes = (5, 4, 6, 5), (6, 2, 3, 2), (6,)
    agree(call("conv2d", padding=1, stride=2, groups=2), arrays(*shapes))
    agree(call("conv_transpose2d", stride=2, groups=2), arrays((5, 4, 6, 5), (4, 2, 3, 2), (4,)))


def test_convolutions_of_transposed_and_sliced_tensors():
    def form(lib: Any, x: Any, w: Any) -> Any:
        F = lib.nn.functional
        return (
            F.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1)),
            F.conv_transpose2d(x[:, ::2].permute(0, 3, 1, 2), w[::2].permute(2, 3, 1, 0)),
        )

    agree(form, arrays((2, 5, 6, 3), (3, 3, 3, 4)))


def test_a_convolution_in_its_third_order():
    """The second derivative in the kernel, differentiated once more."""

    def form(lib: Any, x: Any, w: Any) -> Any:
        y = lib.nn.functional.conv2d(x, w, padding=1, stride=2) ** 3
        return lib.autograd.grad(y.sum(), [x, w], create_graph=True)

    agree(form, arrays((2, 2, 4, 3), (3, 2, 2, 3)))


@pytest.mark.parametrize("dtype", [np.int64, np.int32])
def test_convolutions_of_integers(dtype):
    x = np.arange(20, dtype=dtype).reshape(1, 2, 10)
    w = np.arange(12, dtype=dtype).reshape(2, 2, 3)
    agree(lambda lib, *_: lib.nn.functional.conv1d(*(lib.from_numpy(a.copy()) for a in (x, w)), stride=2), [], orders=0)


# ------------------------------------------------------------------------------------------------------------ pooling

STEPS = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": 2, "stride": 3, "ceil_mode": True},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    {"kernel_size": [2], "stride": []},
]


@pytest.mark.parametrize("dims", IMAGES)
@pytest.mark.parametrize("options", STEPS, ids=str)
@pytest.mark.parametrize("whole", [True, False])
def test_pooling(dims, options, whole):
    shape = (2, 3, *IMAGES[dims])[not whole :]
    agree(call(f"avg_pool{dims}d", **options), arrays(shape))
    agree(call(f"avg_pool{dims}d", count_include_pad=False, **options), arrays(shape))
    agree(call(f"max_pool{dims}d", return_indices=True, **options), arrays(shape))
    agree(call(f"max_pool{dims}d", dilation=2, **options | {"kernel_size": 2}), arrays(shape))
    if dims > 1:
        agree(call(f"avg_pool{dims}d", divisor_override=-3, **options), arrays(shape))


@pytest.mark.parametrize("entries", [[0.0, 1.0], [0.0, -inf], [1.0, nan, inf], [nan], [-inf]], ids=str)
@pytest.mark.parametrize("options", STEPS[:4], ids=str)
def test_pooling_by_the_maximum_among_equals(entries, options):
    """The first of equals is found, but the last NaN: so indices and gradients say."""
    x = np.random.default_rng(0).choice(entries, (2, 2, 5, 6))
    agree(call("max_pool2d", return_indices=True, **options), [x])
    agree(call("max_pool1d", return_indices=True, **options), [x[0]])
    agree(call("adaptive_max_pool2d", (3, 4), return_indices=True), [x])


@pytest.mark.parametrize(("n", "m"), [(n, m) for n, m in product(range(1, 8), range(9)) if n and m != 6])
def test_adaptive_pooling_to_every_size(n, m):
    orders = 2 if m else 0  # PyTorch refuses to go back from no entries
    agree(call("adaptive_avg_pool1d", m), arrays((2, n)), orders=orders)
    agree(call("adaptive_max_pool1d", m, return_indices=True), arrays((2, n)), orders=orders)


@pytest.mark.parametrize("size", [1, (2, None), (None, 3), [4, 9]], ids=str)
def test_adaptive_pooling(size):
    for shape in [(2, 3, 5, 6), (3, 5, 6), (0, 3, 5, 6)]:
        agree(call("adaptive_avg_pool2d", size), arrays(shape))
        agree(call("adaptive_max_pool2d", size, return_indices=True), arrays(shape))


@pytest.mark.parametrize(("name", "dims"), [("lp_pool1d", 1), ("lp_pool2d", 2), ("lp_pool3d", 3)])
@pytest.mark.parametrize("p", [1, 2, 2.5, 3.0, inf, -inf], ids=str)
def test_pooling_by_norms(name, dims, p):
    shape = (2, 3, *IMAGES[dims])
    x = np.abs(arrays(shape)[0]) + 0.1
    for options in ({}, {"stride": 1}, {"ceil_mode": True}):
        agree(call(name, p, 2, **options), [x])


def test_the_norm_of_a_window_of_zeros_has_the_gradient_zero():
    agree(call("lp_pool1d", 2, 2), [np.array([[0.0, 0.0, 3.0, 4.0]])], orders=1)


@pytest.mark.parametrize("name", ["avg_pool2d", "max_pool2d"])
def test_pooling_of_integers(name):
    x = np.random.default_rng(0).integers(-9, 9, (2, 3, 5, 6))
    form = call(name, 3, 2, 1)
    agree(lambda lib: form(lib, lib.from_numpy(x.copy())), [], orders=0)


@pytest.mark.parametrize("dims", IMAGES)
@pytest.mark.parametrize("size", [None, "smaller", "whole"])
def test_unpooling(dims, size):
    image = tuple(n // 2 * 2 for n in IMAGES[dims])
    wanted = {None: None, "smaller": tuple(n + 1 for n in image), "whole": (2, 3, *image)}[size]

    def form(lib: Any, x: Any) -> Any:
        F = lib.nn.functional
        y, indices = getattr(F, f"max_pool{dims}d")(x, 2, return_indices=True)
        return getattr(F, f"max_unpool{dims}d")(y * y, indices, 2, output_size=wanted)

    agree(form, arrays((2, 3, *image)))


# ----------------------------------------------------------------------------------------------------------- resizing

MODES = {
    3: ["nearest", "nearest-exact", "area", "linear"],
    4: ["nearest", "nearest-exact", "area", "bilinear", "bicubic"],
    5: ["nearest", "area", "trilinear"],
}


@pytest.mark.parametrize(("ndim", "mode"), [(ndim, mode) for ndim, modes in MODES.items() for mode in modes])
def test_resizing(ndim, mode):
    image = (5, 4, 3)[: ndim - 2]
    corners: list[dict[str, Any]] = [{}]
    if "linear" in mode or "cubic" in mode:
        corners += [{"align_corners": True}, {"align_corners": False}]
    for options in corners:
        for size in [3, tuple(n + 2 for n in image), image, 1]:
            agree(call("interpolate", size, mode=mode, **options), arrays((2, 3, *image)))
        for factor in [2, 0.7, 1.3, tuple(1.5 + i for i in range(len(image)))]:
            for recompute in (None, True, False):
                form = call("interpolate", scale_factor=factor, mode=mode, recompute_scale_factor=recompute, **options)
                wrong = (ndim, mode, factor) == (5, "nearest", 1.3) and not recompute  # PyTorch's own gradcheck fails
                agree(form, arrays((2, 3, *image)), orders=0 if wrong else 2)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("size", [(2, 3), (9, 4), (5, 17), (1, 1), (7, 11)], ids=str)
def test_resizing_without_aliasing(mode, align_corners, size):
    agree(call("interpolate", size, mode=mode, align_corners=align_corners, antialias=True), arrays((2, 3, 7, 11)))


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_nearest_entry_for_all_small_sizes(mode, dtype):
    """Rounding decides which entry is the nearest, so it has to be PyTorch's."""
    for n, m in product(range(1, 16), range(1, 31)):
        x = np.arange(n, dtype=dtype).reshape(1, 1, n)
        for options in ({"size": m}, {"scale_factor": (m + 0.25) / n}):
            mine, theirs = (lib.nn.functional.interpolate(lib.tensor(x), mode=mode, **options) for lib in (tg, torch))
            assert mine.tolist() == theirs.tolist()


# ------------------------------------------------------------------------------------------------------------ columns


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": 2},
        {"kernel_size": (3, 2), "stride": (2, 1)},
        {"kernel_size": 2, "padding": (2, 0), "dilation": 2},
        {"kernel_size": 1, "stride": 3},
    ],
    ids=str,
)
@pytest.mark.parametrize("whole", [True, False])
def test_columns(options, whole):
    shape = (2, 3, 5, 6)[not whole :]
    agree(call("unfold", **options), arrays(shape))
    columns = tg.nn.functional.unfold(tg.zeros(*shape), **options).shape
    agree(call("fold", (5, 6), **options), arrays(columns))
