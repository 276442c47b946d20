"""Reductions, scans and what sorts or counts against PyTorch: the arguments, ties, NaN, infinities and dtypes that its
own samples leave out."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the comparison needs PyTorch")

import torch

import tinygrad_np as tg
from tests.samples.comparing import agree

Form = Callable[..., Any]
CUBE = np.random.default_rng(0).permutation(60).reshape(3, 5, 4) / 7 - 4
UNIT = np.random.default_rng(1).uniform(0.2, 0.8, 3)

FORMS: dict[str, tuple[Form, Any]] = {  # what is compared with two derivatives, and where
    "sum": (lambda lib, x: (x.sum((0, -1), True), lib.sum(x, [1]), x.sum(()), lib.sum(x, dim=None)), CUBE),
    "mean": (lambda lib, x: (x.mean((0, -1), True), lib.mean(x, [1]), x.mean(()), x.mean(None, keepdim=True)), CUBE),
    "nansum": (lambda lib, x: (x.nansum((0, -1), True), lib.nansum(x), lib.nansum(x, 1, dtype=lib.float64)), CUBE),
    "nanmean": (lambda lib, x: (x.nanmean((0, -1), True), lib.nanmean(x), lib.nanmean(x, 1)), CUBE),
    "sums of NaN": (
        lambda lib, x: (x.nansum(0), x.nanmean(1), x.nanmean(0, keepdim=True)),
        np.array([[1, nan, 3], [nan, 0.5, -2]]),
    ),
    "var": (
        lambda lib, x: (
            x.var(0, True, True),
            lib.var(x, False),
            lib.var(x, (0, 2), correction=1.5),
            x.var(unbiased=False),
        ),
        CUBE,
    ),
    "std": (
        lambda lib, x: (
            x.std(0, True, True),
            lib.std(x, False),
            lib.std(x, (0, 2), correction=-1),
            x.std(keepdim=True),
        ),
        CUBE,
    ),
    "var_mean": (lambda lib, x: (lib.var_mean(x), lib.var_mean(x, 1, True, True), lib.var_mean(x, (0, 1))), CUBE),
    "std_mean": (
        lambda lib, x: (lib.std_mean(x), lib.std_mean(x, 1, False), lib.std_mean(x, (0, 1), correction=0)),
        CUBE,
    ),
    "max with a name": (lambda lib, x: (lib.max(x, other=x * x), lib.min(x, other=x * x), lib.max(x, dim=1)), CUBE),
    "aminmax": (lambda lib, x: (*x.aminmax(), *lib.aminmax(x, dim=1), *x.aminmax(dim=-1, keepdim=True)), CUBE),
    "aminmax of ties": (lambda lib, x: (*x.aminmax(), *lib.aminmax(x, dim=1)), np.array([[3.0, 3, 1], [1, 1, 3]])),
    "amax of ties": (lambda lib, x: (x.amax((0, 1)), x.amin(0, True), x.max(), x.min()), np.array([[3.0, 3], [1, 1]])),
    "cumsum": (lambda lib, x: (x.cumsum(1), lib.cumsum(x, -1, dtype=lib.float64), x.sum().cumsum(0)), CUBE),
    "cumprod": (lambda lib, x: (x.cumprod(1), lib.cumprod(x, -1, dtype=lib.float64), x.sum().cumprod(0)), CUBE),
    "cumprod with zeros": (
        lambda lib, x: x.cumprod(1),
        np.array([[2.0, 0, 3, 0, 4], [0, 1, 2, 3, 4], [1, 2, 3, 4, 0]]),
    ),
    "prod with zeros": (lambda lib, x: (x.prod(), x.prod(1)), np.array([[2.0, 0, 3, 0, 4], [0, 1, 2, 3, 4.0]])),
    "cummax": (lambda lib, x: (*x.cummax(1), *lib.cummin(x, -1), *x.sum().cummax(0)), CUBE),
    "cummax of ties": (lambda lib, x: (*x.cummax(0), *x.cummin(0)), np.array([2.0, 5, 5, 2, 5, 1, 1])),
    "logcumsumexp": (lambda lib, x: (x.logcumsumexp(1), lib.logcumsumexp(x, 0), x.sum().logcumsumexp(-1)), CUBE),
    "logsumexp": (lambda lib, x: (x.logsumexp((0, 2)), lib.logsumexp(x, [1], True), x.logsumexp(-1)), CUBE),
    "softmax": (
        lambda lib, x: (
            x.softmax(1, lib.float64),
            lib.log_softmax(x, 0),
            lib.nn.functional.softmin(x, -1),
            lib.nn.functional.softmin(x, dim=1, dtype=lib.float64),
        ),
        CUBE,
    ),
    "median": (lambda lib, x: (x.median(), *x.median(1), *lib.median(x, -1, True)), CUBE),
    "median of ties": (lambda lib, x: (x.median(), x.nanmedian(), x.median(0).values), np.array([2.0, 5, 2, 5, 2, 5])),
    "nanmedian": (lambda lib, x: (x.nanmedian(), *x.nanmedian(1), *lib.nanmedian(x, -1, True)), CUBE),
    "mode": (lambda lib, x: (*x.mode(), *lib.mode(x, 0, True)), np.array([[2.0, 5, 5, 2, 5], [1, 1, 3, 3, 4]])),
    "sort": (
        lambda lib, x: (*x.sort(), *lib.sort(x, 1, True), *lib.sort(x, stable=True, dim=0, descending=True)),
        CUBE,
    ),
    "sort of ties": (
        lambda lib, x: (*x.sort(stable=True), *x.sort(descending=True, stable=True)),
        np.array([2.0, 5, 2, 5]),
    ),
    "argsort": (lambda lib, x: (x.argsort(), lib.argsort(x, 1, True), lib.argsort(x, stable=True, dim=0)), CUBE),
    "msort": (lambda lib, x: (x.msort(), lib.msort(x)), CUBE),
    "topk": (
        lambda lib, x: (*x.topk(2), *lib.topk(x, 5, 1), *x.topk(1, 0, largest=False), *x.topk(3, 1, False), *x.topk(0)),
        CUBE,
    ),
    "kthvalue": (lambda lib, x: (*x.kthvalue(2), *lib.kthvalue(x, 5, 1, True), *x.sum().kthvalue(1)), CUBE),
    "unique": (
        lambda lib, x: [
            *lib.unique(x.detach(), return_inverse=True, return_counts=True),
            *x.detach().unique(dim=1, return_counts=True),
            *lib.unique_consecutive(x.detach(), return_inverse=True, return_counts=True),
            *x.detach().unique_consecutive(dim=-1, return_inverse=True),
        ],
        np.array([[1.0, 1, 1, 2], [3, 3, 3, 1]]),
    ),
    "count_nonzero": (
        lambda lib, x: (lib.count_nonzero(x), x.count_nonzero(1), x.count_nonzero((0, 1)), x.count_nonzero(())),
        np.array([[0.0, nan, 3], [0, 0, inf]]),
    ),
    "any, all": (
        lambda lib, x: (
            x.any((0, 1)),
            lib.all(x, (0,), True),
            x.any(()),
            lib.all(x, []),
            (x > 5).any(),
            x.byte().any(0),
        ),
        np.array([[0.0, 2, 3], [0, 0, 1]]),
    ),
    "histc": (
        lambda lib, x: (
            lib.histc(x.detach(), 4),
            x.detach().histc(5, -1, 2),
            lib.histc(x.detach(), bins=3, min=1, max=1),
        ),
        CUBE,
    ),
    "histc with NaN": (lambda lib, x: lib.histc(x.detach(), 4, 0, 2), np.array([nan, inf, 0, 2, 2, 0.5, -1])),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms(name):
    form, x = FORMS[name]
    agree(form, [x])


INTERPOLATIONS = ["linear", "lower", "higher", "nearest", "midpoint"]


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_quantiles(name, interpolation):
    def form(lib: Any, x: Any, q: Any) -> Any:
        function = getattr(lib, name)
        return (
            function(x, q, interpolation=interpolation),
            function(x, q, 1, interpolation=interpolation),
            getattr(x, name)(q, -1, True, interpolation=interpolation),
            function(x, 0.3, 0, keepdim=True, interpolation=interpolation),
            function(x, q[0], keepdim=True, interpolation=interpolation),
            function(x.sum(), q, 0, interpolation=interpolation),
            function(x, 1, interpolation=interpolation),
        )

    agree(form, [CUBE, UNIT])


SPECIAL = [
    [1.0, nan, 3.0, nan],
    [nan, nan],
    [nan],
    [inf, -inf, 2.0, inf],
    [-inf, -inf],
    [2.0, 5.0, 5.0, 2.0, 2.0, 5.0],
    [0.0, -0.0, 0.0],
]
OF_SPECIAL: dict[str, Form] = {
    "max": lambda lib, x: (x.max(), x.min(), *x.max(0), *x.min(0)),
    "values of amax": lambda lib, x: (x.detach().amax(), x.detach().amin(0), *x.detach().aminmax()),
    "argmax": lambda lib, x: (x.argmax(), x.argmin(0), lib.argmax(x, keepdim=True)),
    "sort": lambda lib, x: (*x.sort(stable=True), *x.sort(descending=True, stable=True), x.msort()),
    "topk": lambda lib, x: (
        x.detach().topk(1).values,
        x.detach().topk(len(x)).values,
        x.detach().topk(1, 0, False).values,
    ),
    "kthvalue": lambda lib, x: (x.kthvalue(1).values.detach(), x.kthvalue(len(x)).values.detach()),
    "median": lambda lib, x: (x.median(), x.nanmedian(), x.median(0).values.detach(), x.nanmedian(0).values.detach()),
    "mode": lambda lib, x: x.mode(),
    "cummax": lambda lib, x: (*x.cummax(0), *x.cummin(0)),
    "cumsum": lambda lib, x: (x.cumsum(0), x.nansum(), x.detach().nanmean()),
    "quantile": lambda lib, x: (x.quantile(0.4), x.nanquantile(0.4), x.quantile(0.3, interpolation="lower")),
    "softmax": lambda lib, x: (x.softmax(0), x.log_softmax(0)),
    "values of logsumexp": lambda lib, x: (x.detach().logsumexp(0), x.detach().logcumsumexp(0)),
    "unique": lambda lib, x: lib.unique(x.detach(), return_inverse=True, return_counts=True),
    "unique_consecutive": lambda lib, x: lib.unique_consecutive(x.detach(), return_counts=True),
    "logic": lambda lib, x: (x.any(), x.all(), x.count_nonzero()),
}


@pytest.mark.parametrize("x", SPECIAL, ids=str)
@pytest.mark.parametrize("name", OF_SPECIAL)
def test_nan_infinities_and_ties(name, x):
    if name == "unique" and sum(map(np.isnan, x)) > 1:
        x = [1.5 if np.isnan(entry) else entry for entry in x]  # the order of several NaN is PyTorch's own
    agree(OF_SPECIAL[name], [np.array(x)], orders=1)


EMPTY: dict[str, Form] = {
    "sum": lambda lib, x: (x.sum(), x.sum(0), x.nansum(1)),
    "prod": lambda lib, x: (x.prod(), x.prod(0), x.cumprod(0), x.cumprod(1)),
    "cumsum": lambda lib, x: (x.cumsum(0), x.cumsum(1), x.logcumsumexp(0), x.logcumsumexp(1)),
    "mean": lambda lib, x: (x.mean(), x.mean(0), x.nanmean(1), x.var(), x.std(0), *lib.var_mean(x, 1)),
    "max": lambda lib, x: (*x.max(0), x.amax(0), *x.aminmax(dim=0), x.argmax(0), *x.cummax(1), *x.cummin(0)),
    "sort": lambda lib, x: (
        *x.sort(0),
        *x.sort(),
        x.msort(),
        x.argsort(),
        *x.topk(0),
        *x.topk(1, 0),
        *x.kthvalue(1, 0),
    ),
    "median": lambda lib, x: (x.median(), x.nanmedian(), *x.median(0), *x.nanmedian(0), *x.mode(0)),
    "logsumexp": lambda lib, x: (x.logsumexp(0), x.logsumexp(1), x.logsumexp((0, 1)), x.softmax(1), x.log_softmax(0)),
    "unique": lambda lib, x: lib.unique(x.detach(), return_inverse=True, return_counts=True),
    "histc": lambda lib, x: (lib.histc(x.detach(), 3), lib.histc(x.detach(), 3, 0, 1), x.count_nonzero(0)),
    "rows": lambda lib, x: (lib.unique(x.detach().T, dim=0), lib.unique_consecutive(x.detach().T, dim=0)),
}


@pytest.mark.parametrize("name", EMPTY)
def test_nothing(name):
    agree(EMPTY[name], [np.zeros((2, 0))], orders=1)


INTEGERS = ["bool", "uint8", "int8", "int16", "int32", "int64"]
OF_INTEGERS: dict[str, Form] = {
    "sum": lambda lib, x: (x.sum(), x.sum(0), x.sum(1, dtype=lib.int32), x.sum(dtype=lib.float32), x.nansum(0)),
    "prod": lambda lib, x: (x.prod(), x.prod(0), x.prod(1, dtype=lib.int32), x.prod(dtype=lib.float64)),
    "cumsum": lambda lib, x: (x.cumsum(0), x.cumsum(1, dtype=lib.uint8), x.cumsum(0, dtype=lib.float32)),
    "cumprod": lambda lib, x: (x.cumprod(0), x.cumprod(1, dtype=lib.int16), x.cumprod(0, dtype=lib.float32)),
    "max": lambda lib, x: (x.max(), *x.max(0), x.amin(1), *x.aminmax(), x.min(1).indices),
    "cummax": lambda lib, x: (*x.cummax(0), *x.cummin(1)),
    "sort": lambda lib, x: (
        *x.sort(stable=True),
        *x.sort(dim=0, descending=True, stable=True),
        x.msort(),
        x.argsort(stable=True),
    ),
    "logsumexp": lambda lib, x: x.logsumexp(0),
    "softmax": lambda lib, x: (x.softmax(0, lib.float64), lib.log_softmax(x, 1, dtype=lib.float32)),
    "unique": lambda lib, x: [
        *lib.unique(x, return_inverse=True, return_counts=True),
        *lib.unique(x, dim=0, return_inverse=True, return_counts=True),
        *lib.unique_consecutive(x, return_inverse=True, return_counts=True),
    ],
    "truth": lambda lib, x: (x.any(), x.all(0), x.count_nonzero(1)),
    "mode": lambda lib, x: x.mode().values,
}
OF_NUMBERS: dict[str, Form] = {
    "kthvalue": lambda lib, x: (x.kthvalue(2).values, x.topk(2).values, x.topk(2, 0, False).values),
    "median": lambda lib, x: (x.median(), x.nanmedian(), x.median(0).values, x.nanmedian(1).values),
    "argmax": lambda lib, x: (x.argmax(), x.argmin(1)),
}


INTEGER_CALLS = [(name, dtype) for name in (*OF_INTEGERS, *OF_NUMBERS) for dtype in INTEGERS]
COMPARABLE = [(name, dtype) for name, dtype in INTEGER_CALLS if dtype != "bool" or name in OF_INTEGERS]


@pytest.mark.parametrize(("name", "dtype"), COMPARABLE)  # PyTorch refuses some of bools
def test_integers(name, dtype):
    x = np.random.default_rng(2).integers(0, 5, (4, 6)).astype(dtype)
    agree(
        lambda lib: (OF_INTEGERS | OF_NUMBERS)[name](lib, (torch.from_numpy if lib is torch else tg.tensor)(x)),
        [],
        orders=0,
    )


@pytest.mark.parametrize("name", ["sort", "topk", "kthvalue", "median", "nanmedian", "mode", "max", "cummax"])
@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_an_index_points_to_its_value(name, dtype):
    x = tg.tensor(np.random.default_rng(3).integers(0, 4, (3, 8, 2)).astype(dtype))
    arguments = {"topk": (3, 1), "kthvalue": (5, 1, True)}.get(name, (1,) if name in ("sort", "cummax") else (1, True))
    values, indices = getattr(x, name)(*arguments)
    assert indices.dtype == tg.int64
    np.testing.assert_array_equal(np.take_along_axis(x.numpy(), indices.numpy(), 1), values.numpy())


COUNTS: dict[str, Form] = {
    "bincount": lambda lib: (
        lib.bincount(lib.tensor([3, 1, 3])),
        lib.tensor([0, 1]).bincount(minlength=4),
        lib.bincount(lib.tensor([2, 0, 2], dtype=lib.uint8), lib.tensor([1.5, 2, 3])),
        lib.bincount(lib.tensor([2, 0, 2]), weights=lib.tensor([1.5, 2, 3], dtype=lib.float64), minlength=1),
        lib.bincount(lib.tensor([2, 0, 2]), lib.tensor([1, 2, 3])),
        lib.bincount(lib.tensor([], dtype=lib.int64), minlength=2),
    ),
    "searchsorted": lambda lib: (
        lib.searchsorted(lib.tensor([1.0, 3, 3, 5]), lib.tensor([[0.0, 3], [5, 6]])),
        lib.searchsorted(lib.tensor([1.0, 3, 3, 5]), lib.tensor([[0.0, 3], [5, 6]]), right=True),
        lib.searchsorted(lib.tensor([1.0, 3, 3, 5]), lib.tensor([3.0]), side="right", out_int32=True),
        lib.searchsorted(lib.tensor([1.0, 3, 3, 5]), lib.tensor([3.0]), side="right", right=True),
        lib.searchsorted(lib.tensor([1.0, 3, 3, 5]), 3),
        lib.searchsorted(lib.tensor([1, 3, 5]), 2.5),
        lib.searchsorted(lib.tensor([[1, 3, 5], [2, 4, 6]]), lib.tensor([[3, 6], [3, 6]])),
        lib.searchsorted(lib.tensor([[1, 3, 5], [2, 4, 6]]), lib.tensor([[3, 6], [3, 6]]), right=True),
        lib.searchsorted(lib.tensor([5.0, 1, 3]), lib.tensor([2.0, 3]), sorter=lib.tensor([1, 2, 0])),
        lib.searchsorted(lib.tensor([1.0, 2]), lib.tensor([nan, inf, -inf])),
        lib.searchsorted(lib.tensor([1.0, 2]), lib.tensor([1.5, 2], dtype=lib.float64)),
        lib.searchsorted(lib.tensor([]), lib.tensor([1.0])),
    ),
    "bucketize": lambda lib: (
        lib.bucketize(lib.tensor([[3, 6, 9], [1, 0, 4]]), lib.tensor([1, 3, 5, 7, 9])),
        lib.bucketize(lib.tensor([[3, 6, 9], [1, 0, 4]]), lib.tensor([1, 3, 5, 7, 9]), right=True),
        lib.bucketize(2.5, lib.tensor([1, 2, 3]), out_int32=True),
        lib.bucketize(lib.tensor([2.5]), lib.tensor([1, 2, 3])),
    ),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_and_places(name):
    agree(COUNTS[name], [], orders=0)


@pytest.mark.parametrize("scale", [1e2, 1e4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_far_logits(scale, dtype):
    x = (np.random.default_rng(4).normal(size=(4, 6)) * scale).astype(dtype)
    agree(lambda lib, x: (x.logsumexp(1), x.softmax(0), x.log_softmax(1)), [x], orders=1)


def test_far_logits_in_running_sums():
    x = np.random.default_rng(5).normal(size=(4, 6)) * 300
    agree(lambda lib, x: (x.logcumsumexp(1), x.logcumsumexp(0)), [x], orders=1)
