"""Functions that fold entries into one, order them or count them, and those that compare an entry with its row."""

from __future__ import annotations

from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import (
    counting,
    deviation,
    products,
    quantiles,
    reduction,
    scans,
    searching,
    softmax_family,
    sorting,
    truth,
)

__all__ = [
    "all",
    "amax",
    "amin",
    "aminmax",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "bincount",
    "bucketize",
    "count_nonzero",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "histc",
    "kthvalue",
    "log_softmax",
    "logcumsumexp",
    "logsumexp",
    "max",
    "mean",
    "median",
    "min",
    "mode",
    "msort",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "prod",
    "quantile",
    "searchsorted",
    "softmax",
    "sort",
    "std",
    "std_mean",
    "sum",
    "topk",
    "unique",
    "unique_consecutive",
    "var",
    "var_mean",
]

all = public(truth.all)
amax = public(reduction.amax)
amin = public(reduction.amin)
aminmax = public(reduction.aminmax)
any = public(truth.any)
argmax = public(reduction.argmax)
argmin = public(reduction.argmin)
argsort = public(sorting.argsort)
bincount = public(counting.bincount)
bucketize = public(searching.bucketize)
count_nonzero = public(counting.count_nonzero)
cummax = public(scans.cummax)
cummin = public(scans.cummin)
cumprod = public(scans.cumprod)
cumsum = public(scans.cumsum)
histc = public(counting.histc)
kthvalue = public(sorting.kthvalue)
log_softmax = public(softmax_family.log_softmax)
logcumsumexp = public(scans.logcumsumexp)
logsumexp = public(softmax_family.logsumexp)
max = public(reduction.max)
mean = public(reduction.mean)
median = public(quantiles.median)
min = public(reduction.min)
mode = public(quantiles.mode)
msort = public(sorting.msort)
nanmean = public(reduction.nanmean)
nanmedian = public(quantiles.nanmedian)
nanquantile = public(quantiles.nanquantile)
nansum = public(reduction.nansum)
prod = public(products.prod)
quantile = public(quantiles.quantile)
searchsorted = public(searching.searchsorted)
softmax = public(softmax_family.softmax)
sort = public(sorting.sort)
std = public(deviation.std)
std_mean = public(deviation.std_mean)
sum = public(reduction.sum)
topk = public(sorting.topk)
unique = public(counting.unique)
unique_consecutive = public(counting.unique_consecutive)
var = public(deviation.var)
var_mean = public(deviation.var_mean)
