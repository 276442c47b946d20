"""What reductions, scans, sorting and counting refuse: PyTorch's class of exception, and a message that says why."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg

# What is called with a library and its float32 tensor of shape (2, 3); the exception, and what its message must match.
REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "amax of nothing at all": (lambda lib, x: x[:0].amax(), RuntimeError, r"amax: shape \(0, 3\) has no entries"),
    "amin of nothing at all": (lambda lib, x: x[:0].amin(()), RuntimeError, "amin: .*no entries along dim"),
    "max of nothing at all": (lambda lib, x: x[:0].max(), RuntimeError, "max: .*no entries"),
    "min of nothing at all": (lambda lib, x: x[:0].min(), RuntimeError, "min: .*no entries"),
    "max that keeps dims": (lambda lib, x: x.max(keepdim=True), TypeError, "max: keepdim=True needs a dim; .* amax"),
    "median that keeps dims": (lambda lib, x: x.median(keepdim=True), TypeError, "median: keepdim=True needs a dim"),
    "aminmax of nothing at all": (lambda lib, x: x[:0].aminmax(), RuntimeError, "aminmax: .*no entries"),
    "aminmax of nothing": (lambda lib, x: x[:0].aminmax(dim=0), IndexError, "aminmax: .*no entries"),
    "aminmax of dims": (lambda lib, x: x.aminmax(dim=(0, 1)), TypeError, "aminmax: a dim is an integer"),
    "argmax of nothing at all": (lambda lib, x: x[:0].argmax(), IndexError, "argmax: .*no entries"),
    "argmax of dims": (lambda lib, x: x.argmax((0, 1)), TypeError, r"argmax: a dim is an integer, got \(0, 1\)"),
    "argmin of no dims": (lambda lib, x: x.argmin(dim=()), TypeError, r"argmin: a dim is an integer, got \(\)"),
    "argmax of a dim": (lambda lib, x: x.argmax(2), IndexError, "argmax: dim 2 is out of range"),
    "argmax of nothing": (lambda lib, x: x[:0].argmax(0), IndexError, "argmax: .*no entries along dim 0"),
    "max of nothing": (lambda lib, x: x[:0].max(0), IndexError, "max: .*no entries along dim 0"),
    "nansum of a dim": (lambda lib, x: x.nansum(2), IndexError, "nansum: dim 2 is out of range"),
    "nanmean of a dim": (lambda lib, x: x.nanmean(2), IndexError, "nanmean: dim 2 is out of range"),
    "nanmean in integers": (lambda lib, x: x.nanmean(dtype=lib.int64), RuntimeError, "nanmean: .*dtype=int64.*|could"),
    "max of a number": (lambda lib, x: lib.max(2, x), TypeError, "max: input must be a tensor, got int"),
    "max with both": (lambda lib, x: lib.max(x, 0, other=x), TypeError, "max: expected a dim or another tensor"),
    "min with a number": (lambda lib, x: lib.min(x, other=2), TypeError, "min: expected a dim or another tensor"),
    "nanmean of integers": (lambda lib, x: x.long().nanmean(), RuntimeError, "nanmean: input has dtype int64"),
    "var_mean of integers": (lambda lib, x: lib.var_mean(x.long()), RuntimeError, "var_mean: input has dtype int64"),
    "std_mean of integers": (lambda lib, x: lib.std_mean(x.long()), RuntimeError, "std_mean: input has dtype int64"),
    "var of both": (lambda lib, x: lib.var(x, 0, True, correction=1), TypeError, "var: give correction=1 or unbiased"),
    "cumsum of a dim": (lambda lib, x: x.cumsum(2), IndexError, "cumsum: dim 2 is out of range"),
    "cumprod of a dim": (lambda lib, x: x.cumprod(-3), IndexError, "cumprod: dim -3 is out of range"),
    "cummax of a dim": (lambda lib, x: x.cummax(2), IndexError, "cummax: dim 2 is out of range"),
    "cummin of a dim": (lambda lib, x: x.cummin(2), IndexError, "cummin: dim 2 is out of range"),
    "logcumsumexp of a dim": (lambda lib, x: x.logcumsumexp(2), IndexError, "logcumsumexp: dim 2 is out of range"),
    "softmin of a dim": (lambda lib, x: lib.nn.functional.softmin(x, 2), IndexError, "softmin: dim 2"),
    "median of a dim": (lambda lib, x: x.median(2), IndexError, "median: dim 2 is out of range"),
    "median of nothing": (lambda lib, x: x[:0].median(0), IndexError, r"median: shape \(0, 3\) has no entries"),
    "nanmedian of nothing": (lambda lib, x: x[:0].nanmedian(0), IndexError, "nanmedian: .*no entries along dim 0"),
    "mode of nothing": (lambda lib, x: x[:0].mode(0), IndexError, "mode: .*no entries along dim 0"),
    "sort of a dim": (lambda lib, x: x.sort(2), IndexError, "sort: dim 2 is out of range"),
    "argsort of a dim": (lambda lib, x: x.argsort(2), IndexError, "argsort: dim 2 is out of range"),
    "topk of too many": (lambda lib, x: x.topk(4), RuntimeError, r"topk: k must be between 0 and the 3 .*, got 4"),
    "topk of fewer than none": (lambda lib, x: x.topk(-1), RuntimeError, "topk: k must be .*, got -1"),
    "topk of a dim": (lambda lib, x: x.topk(1, 2), IndexError, "topk: dim 2 is out of range"),
    "kthvalue of the 0th": (lambda lib, x: x.kthvalue(0), RuntimeError, "kthvalue: k must be between 1 and the 3"),
    "kthvalue of too many": (lambda lib, x: x.kthvalue(3, 0), RuntimeError, "kthvalue: k must be .* 2 .* of dim 0"),
    "kthvalue of nothing": (lambda lib, x: x[:0].kthvalue(1, 0), IndexError, "kthvalue: .*no entries"),
    "quantile of integers": (lambda lib, x: x.long().quantile(0.5), RuntimeError, "quantile: input has dtype int64"),
    "quantile of nothing": (lambda lib, x: x[:0].quantile(0.5), RuntimeError, r"quantile: input of shape \(0, 3\)"),
    "quantile above 1": (lambda lib, x: x.quantile(1.5), RuntimeError, "quantile: q must lie between 0 and 1, got 1.5"),
    "quantile of NaN": (lambda lib, x: x.quantile(nan), RuntimeError, "quantile: q must lie between 0 and 1"),
    "quantiles below 0": (
        lambda lib, x: x.nanquantile(lib.tensor([0.5, -1])),
        RuntimeError,
        "nanquantile: q must lie between 0 and 1",
    ),
    "quantiles of a list": (lambda lib, x: x.quantile([0.5]), TypeError, "quantile: q must be a number .*, got list"),
    "quantiles of two dims": (
        lambda lib, x: x.quantile(lib.tensor([[0.5]])),
        RuntimeError,
        r"quantile: q must be .*at most one dim .* got shape \(1, 1\)",
    ),
    "quantiles of another dtype": (
        lambda lib, x: x.quantile(lib.tensor([0.5], dtype=lib.float64)),
        RuntimeError,
        "quantile: q must be .*float32; .*float64",
    ),
    "interpolation": (
        lambda lib, x: x.quantile(0.5, interpolation="cubic"),
        RuntimeError,
        "quantile: interpolation must be one of linear, .*got 'cubic'",
    ),
    "quantile of a dim": (lambda lib, x: x.quantile(0.5, 2), IndexError, "quantile: dim 2 is out of range"),
    "quantile of a dim of 0-d": (
        lambda lib, x: x.sum().quantile(0.5, 1),
        IndexError,
        "quantile: dim 1 is out of range",
    ),
    "bincount of two dims": (lambda lib, x: x.long().bincount(), RuntimeError, r"bincount: .*shape \(2, 3\)"),
    "bincount of less than 0": (lambda lib, x: lib.tensor([1, -2]).bincount(), RuntimeError, "bincount: .*smallest -2"),
    "bincount of few": (
        lambda lib, x: lib.tensor([1]).bincount(minlength=-1),
        RuntimeError,
        "bincount: minlength .*-1",
    ),
    "bincount of weights": (
        lambda lib, x: lib.tensor([1]).bincount(x[0]),
        RuntimeError,
        r"bincount: weights of shape \(3,\) do not fit input of shape \(1,\)|same length",
    ),
    "histc of no bins": (lambda lib, x: x.histc(0), RuntimeError, "histc: bins must be positive, got 0"),
    "histc backwards": (lambda lib, x: x.histc(3, 2, 1), RuntimeError, "histc: min must not be larger than max"),
    "histc of NaN": (lambda lib, x: (x * nan).histc(), RuntimeError, "histc: the range from nan to nan is not finite"),
    "histc to infinity": (lambda lib, x: x.histc(3, 0, inf), RuntimeError, "histc: the range from 0.0 to inf"),
    "unique of a dim": (lambda lib, x: x.unique(dim=2), IndexError, "unique: dim 2 is out of range"),
    "unique slices of nothing": (
        lambda lib, x: x[:, :0].unique(dim=0),
        RuntimeError,
        r"unique: the slices along dim 0 of shape \(2, 0\)",
    ),
    "runs of nothing": (
        lambda lib, x: x[:, :0].unique_consecutive(dim=0),
        RuntimeError,
        "unique_consecutive: the slices along dim 0",
    ),
    "searchsorted on a side": (
        lambda lib, x: lib.searchsorted(x[0], x, side="middle"),
        RuntimeError,
        "searchsorted: side must be 'left' or 'right', got 'middle'",
    ),
    "searchsorted on both sides": (
        lambda lib, x: lib.searchsorted(x[0], x, side="left", right=True),
        RuntimeError,
        "searchsorted: side='left' contradicts right=True",
    ),
    "searchsorted in a number": (
        lambda lib, x: lib.searchsorted(x.sum(), x),
        RuntimeError,
        "searchsorted: sorted_sequence must have at least one dim",
    ),
    "searchsorted of shapes": (
        lambda lib, x: lib.searchsorted(x, x[0]),
        RuntimeError,
        r"searchsorted: sorted_sequence of shape \(2, 3\) and input of shape \(3,\) must agree",
    ),
    "searchsorted of a number": (lambda lib, x: lib.searchsorted(x, 1.0), RuntimeError, r"searchsorted: .*shape \(\)"),
    "sorter of a shape": (
        lambda lib, x: lib.searchsorted(x[0], x, sorter=lib.tensor([0])),
        RuntimeError,
        r"searchsorted: sorter must be .*\(3,\); got int64 \(1,\)",
    ),
    "sorter of a dtype": (
        lambda lib, x: lib.searchsorted(x[0], x, sorter=lib.tensor([0, 1, 2], dtype=lib.int32)),
        RuntimeError,
        "searchsorted: sorter must be an int64 tensor .*got int32",
    ),
    "sorter out of range": (
        lambda lib, x: lib.searchsorted(x[0], x, sorter=lib.tensor([0, 1, 3])),
        RuntimeError,
        "searchsorted: sorter has an index out of range 0 to 2",
    ),
    "bucketize by a matrix": (
        lambda lib, x: lib.bucketize(x, x),
        RuntimeError,
        r"bucketize: boundaries must have one dim, got shape \(2, 3\)",
    ),
}
# Those that PyTorch refuses by another class, NotImplementedError, which is a RuntimeError too.
NOT_IMPLEMENTED: dict[str, tuple[Any, str]] = {
    "logcumsumexp of integers": (lambda lib, x: x.long().logcumsumexp(0), "logcumsumexp: input has dtype int64"),
    "bincount of floats": (lambda lib, x: x[0].bincount(), "bincount: input must be .* float32"),
    "histc of integers": (lambda lib, x: x.long().histc(), "histc: input has dtype int64"),
}
# Those that PyTorch does not refuse, or only in backward.
OURS: dict[str, tuple[Any, type[Exception], str]] = {
    "bincount of weights with a gradient": (
        lambda lib, x: lib.tensor([1]).bincount(lib.ones(1, requires_grad=True)),
        RuntimeError,
        r"bincount: a gradient of the weights would be lost; \.detach",
    ),
    "median of no integers": (
        lambda lib, x: x[:0].long().median(),
        RuntimeError,
        "median: there is none of no entries",
    ),
}
ALL = REFUSED | {name: (form, RuntimeError, message) for name, (form, message) in NOT_IMPLEMENTED.items()} | OURS
ONES = np.ones((2, 3), np.float32)


@pytest.mark.parametrize(("form", "kind", "message"), ALL.values(), ids=ALL)
def test_refused(form, kind, message):
    with np.errstate(invalid="ignore"), pytest.raises(kind, match=message) as caught:
        form(tg, tg.tensor(ONES))
    assert caught.type is kind


@pytest.mark.parametrize(("form", "kind"), [row[:2] for row in REFUSED.values()], ids=REFUSED)
def test_refused_by_pytorch_with_the_same_class(form, kind):
    torch = pytest.importorskip("torch", reason="the comparison needs PyTorch")
    with pytest.raises(kind) as caught:
        form(torch, torch.tensor(ONES))
    assert caught.type is kind


@pytest.mark.parametrize("form", [row[0] for row in NOT_IMPLEMENTED.values()], ids=NOT_IMPLEMENTED)
def test_not_implemented_in_pytorch(form):
    torch = pytest.importorskip("torch", reason="the comparison needs PyTorch")
    with pytest.raises(NotImplementedError):
        form(torch, torch.tensor(ONES))
