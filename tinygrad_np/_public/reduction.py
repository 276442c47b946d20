"""Functions that fold entries into one, and those that compare an entry with all of its row."""

from __future__ import annotations

from tinygrad_np import _tensor
from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import products, reduction, softmax_family, truth

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "log_softmax",
    "logsumexp",
    "max",
    "mean",
    "min",
    "prod",
    "softmax",
    "std",
    "sum",
    "var",
]

all = public(truth.all)
amax = public(reduction.amax)
amin = public(reduction.amin)
any = public(truth.any)
argmax = public(reduction.argmax)
argmin = public(reduction.argmin)
log_softmax = public(softmax_family.log_softmax)
logsumexp = public(softmax_family.logsumexp)
max = public(_tensor.max)
mean = public(reduction.mean)
min = public(_tensor.min)
prod = public(products.prod)
softmax = public(softmax_family.softmax)
std = public(reduction.std)
sum = public(reduction.sum)
var = public(reduction.var)
