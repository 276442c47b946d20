"""Sums, extrema, softmax and their kind."""

from __future__ import annotations

from math import inf, nan

from tests.docs.deviations.programs import Row, gradient, leaf

ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "`logsumexp`, `logcumsumexp` of all -inf": [
        Row(gradient(lambda m, x: m.logsumexp(x, 0), [-inf, -inf]), [0, 0], [nan, nan]),
        Row(gradient(lambda m, x: m.logcumsumexp(x, 0), [-inf, -inf]), [0, 0], [nan, nan]),
    ],
    "`log_softmax` in float32": [Row(lambda m: m.log_softmax(m.tensor([20.0, 0.0]), 0)[0].item() == 0, False, True)],
    "`amax`, `amin`, `aminmax` of NaN": [
        Row(gradient(lambda m, x: m.amax(x), [nan, 1.0]), [1, 0], [nan, nan]),
        Row(gradient(lambda m, x: m.amin(x), [nan, 1.0]), [1, 0], [nan, nan]),
        Row(gradient(lambda m, x: m.aminmax(x).min, [nan, 1.0]), [1, 0], [nan, nan]),
    ],
    "`nanmean` of nothing but NaN": [Row(gradient(lambda m, x: m.nanmean(x), [nan, nan]), [0, 0], [nan, nan])],
    "`quantile` between a number and infinity": [
        Row(lambda m: m.quantile(m.tensor([1.0, inf]), 0.25).item(), inf, inf),
        Row(lambda m: m.quantile(m.tensor([1.0, inf]), 0.75).item(), inf, nan),
    ],
    "`log_softmax` of one infinite entry": [
        Row(lambda m: str(m.log_softmax(m.tensor([inf, 0.0]), 0).tolist()), "[nan, -inf]", "[nan, nan]")
    ],
    "`softmax`, `log_softmax` of integers": [
        Row(lambda m: m.softmax(m.tensor([2, 2]), 0).tolist(), [0.5, 0.5], NotImplementedError),
        Row(lambda m: m.log_softmax(m.tensor([2]), 0).tolist(), [0], NotImplementedError),
    ],
    "`argmax`, `median`, `topk`, `kthvalue` of bools": [
        Row(lambda m: m.tensor([False, True]).argmax().item(), 1, RuntimeError),
        Row(lambda m: m.tensor([False, True, True]).median().item(), True, NotImplementedError),
        Row(lambda m: m.tensor([False, True]).topk(1).indices.item(), 1, RuntimeError),
        Row(lambda m: m.tensor([False, True]).kthvalue(1).indices.item(), 0, NotImplementedError),
    ],
    "`var` and its kind with a correction above the number of entries": [
        Row(gradient(lambda m, x: m.var(x, 0, correction=3), [1.0, 2.0]), [-inf, inf], [1, -1]),
        Row(gradient(lambda m, x: m.std(x, 0, correction=3), [1.0, 2.0]), [nan, nan], [0, 0]),
    ],
    "`median`, `nanmedian` of no integers": [
        Row(lambda m: m.tensor([], dtype=m.int64).median().item(), RuntimeError, -(2**63)),
    ],
    "`prod` over several dims": [Row(lambda m: m.ones(2, 3).prod((0, 1)).item(), 1, TypeError)],
    "`unique`, `unique_consecutive` of what requires grad": [
        Row(gradient(lambda m, x: m.unique(x), [2.0, 1.0, 2.0]), [1, 1, 0], NotImplementedError),
        Row(gradient(lambda m, x: m.unique_consecutive(x), [1.0, 1.0]), [1, 0], NotImplementedError),
    ],
    "`bincount` of weights that require grad": [
        Row(lambda m: m.bincount(m.tensor([0]), leaf(m)).tolist(), RuntimeError, [1])
    ],
}
