"""Functions that fold entries into one, order them or count them."""

from __future__ import annotations

from typing import Any

import numpy as np

NAMES = """
    all amax amin aminmax any argmax argmin mean nanmean nansum prod sum
    max.binary max.reduction_no_dim max.reduction_with_dim min.binary min.reduction_no_dim min.reduction_with_dim
    std std.unbiased std_mean std_mean.unbiased var var.unbiased var_mean var_mean.unbiased
    log_softmax log_softmax.with_dtype logsumexp softmax softmax.with_dtype
    nn.functional.softmin nn.functional.softmin.with_dtype
    cummax cummin cumprod cumsum logcumsumexp
    median mode nanmedian nanquantile quantile
    argsort kthvalue msort sort topk
    bincount bucketize count_nonzero histc searchsorted unique unique_consecutive
"""


def equal_entries(sample: Any) -> str | None:
    x = sample.arguments[0]
    if sample.options.get("stable") or not isinstance(x, np.ndarray) or np.unique(x).size == x.size:
        return None
    return "PyTorch leaves open which of equal entries it finds: tests/ops/test_torch_reduction.py compares the values"


def wide_logits(sample: Any) -> str | None:
    wide = any(np.ptp(x) > 30 for x in sample.arrays if x.size)
    return "logits so far apart that PyTorch's second derivative is rounding" if wide else None


def no_entries(sample: Any) -> str | None:
    empty = any(x.size == 0 for x in sample.arrays)
    return "the second derivative of nothing, which in PyTorch is 0 or NaN" if empty else None


LEFT_OUT = dict.fromkeys(("argsort", "kthvalue", "median", "mode", "nanmedian", "sort", "topk"), equal_entries)
LEFT_OUT |= dict.fromkeys([name for name in NAMES.split() if name.startswith(("std", "var"))], no_entries)
LEFT_OUT |= {"logsumexp": wide_logits, "logcumsumexp": wide_logits}
