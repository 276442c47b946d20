"""Where a function has no derivative."""

from __future__ import annotations

from math import inf, nan

from tests.docs.deviations.programs import gradient

KINKS = {  # function: programs, each with what comes out both here and in PyTorch
    "`relu` at 0": [(gradient(lambda m, x: m.relu(x), [0.0, -1.0], [inf, inf]), [0, 0])],
    "`relu`, `maximum`, `minimum` of NaN": [
        (gradient(lambda m, x: m.relu(x), [nan]), [1]),
        (gradient(lambda m, x: m.maximum(x, m.ones(2)), [nan, 1.0]), [1, 0.5]),
        (gradient(lambda m, x: m.minimum(m.tensor([nan]), x), [1.0]), [1]),
    ],
    "`abs`, `sign` at 0, and of NaN": [
        (gradient(lambda m, x: m.abs(x), [0.0, nan]), [0, 0]),
        (gradient(lambda m, x: m.sign(x), [0.0, nan]), [0, 0]),
        (lambda m: m.sign(m.tensor([nan])).tolist(), [0]),
    ],
    "`floor`, `ceil`, `trunc`, `round`, `div(rounding_mode=...)`": [
        (gradient(lambda m, x: m.floor(x) + m.ceil(x) + m.trunc(x) + m.round(x), [0.0, 0.5, 1.25]), [0, 0, 0]),
        (gradient(lambda m, x: m.div(x, 2, rounding_mode="floor"), [2.0, 3.0]), [0, 0]),
        (gradient(lambda m, x: m.div(2 * m.ones(2), x, rounding_mode="trunc"), [2.0, 3.0]), [0, 0]),
    ],
    "`frac`, `remainder`, `fmod` at the jumps": [
        (gradient(lambda m, x: m.frac(x) + m.remainder(x, 2) + m.fmod(x, 2), [0.0, 2.0]), [3, 3]),
        (gradient(lambda m, x: m.remainder(m.tensor([4.0]), x), [2.0]), [-2]),
    ],
    "`nan_to_num` of NaN and infinities": [(gradient(lambda m, x: m.nan_to_num(x), [nan, inf, 1.0]), [0, 0, 1])],
    "`copysign(a, b)` in `a` at 0, in `b`": [
        (gradient(lambda m, x: m.copysign(x, -m.ones(2)), [0.0, 2.0]), [0, -1]),
        (gradient(lambda m, x: m.copysign(m.ones(2), x), [0.0, 2.0]), [0, 0]),
    ],
    "`maximum`, `minimum` of equals": [
        (gradient(lambda m, x: m.maximum(x, m.ones(1)), [1.0]), [0.5]),
        (gradient(lambda m, x: m.maximum(m.ones(1), x), [1.0]), [0.5]),
        (gradient(lambda m, x: m.minimum(x, m.ones(1)), [1.0]), [0.5]),
        (gradient(lambda m, x: m.minimum(m.ones(1), x), [1.0]), [0.5]),
    ],
    "`fmax`, `fmin` of equals": [
        (gradient(lambda m, x: m.fmax(x, m.ones(1)), [1.0]), [1]),
        (gradient(lambda m, x: m.fmax(m.ones(1), x), [1.0]), [0]),
        (gradient(lambda m, x: m.fmin(x, m.ones(1)), [1.0]), [1]),
        (gradient(lambda m, x: m.fmin(m.ones(1), x), [1.0]), [0]),
    ],
    "`atan2` at (0, 0)": [
        (gradient(lambda m, x: m.atan2(x, m.zeros(1)), [0.0]), [0]),
        (gradient(lambda m, x: m.atan2(m.zeros(1), x), [0.0]), [0]),
    ],
    "`max()`, `amax`, `min()`, `amin`, `aminmax`, `median()` among ties": [
        (gradient(lambda m, x: m.max(x), [2.0, 1.0, 2.0]), [0.5, 0, 0.5]),
        (gradient(lambda m, x: m.amax(x), [2.0, 1.0, 2.0]), [0.5, 0, 0.5]),
        (gradient(lambda m, x: m.min(x), [1.0, 2.0, 1.0]), [0.5, 0, 0.5]),
        (gradient(lambda m, x: m.amin(x), [1.0, 2.0, 1.0]), [0.5, 0, 0.5]),
        (gradient(lambda m, x: m.aminmax(x).max, [2.0, 1.0, 2.0]), [0.5, 0, 0.5]),
        (gradient(lambda m, x: m.median(x), [2.0, 1.0, 2.0]), [0.5, 0, 0.5]),
    ],
    "`max(dim)`, `min(dim)`, `median(dim)`, `mode`, `cummax`, `cummin` among ties": [
        (gradient(lambda m, x: m.max(x, 0).values, [1.0, 2.0, 2.0]), [0, 1, 0]),
        (gradient(lambda m, x: m.min(x, 0).values, [2.0, 1.0, 1.0]), [0, 1, 0]),
        (gradient(lambda m, x: m.median(x, 0).values, [1.0, 1.0]), [1, 0]),
        (gradient(lambda m, x: m.mode(x, 0).values, [2.0, 1.0, 1.0]), [0, 0, 1]),
        (gradient(lambda m, x: m.cummax(x, 0).values, [2.0, 2.0, 1.0]), [1, 2, 0]),
        (gradient(lambda m, x: m.cummin(x, 0).values, [1.0, 1.0, 2.0]), [1, 2, 0]),
    ],
    "`clamp` at a bound": [
        (gradient(lambda m, x: m.clamp(x, 0, 1), [0.0, 1.0]), [1, 1]),
        (lambda m: m.clamp(m.tensor([0.0, 2.0, 5.0]), 3, 1).tolist(), [1, 1, 1]),
        (gradient(lambda m, x: m.clamp(x, 3, 1), [0.0, 2.0, 5.0]), [0, 0, 0]),
    ],
    "`sqrt` and `log` at 0, `asin` and `acosh` at 1": [
        (gradient(lambda m, x: m.sqrt(x), [0.0]), [inf]),
        (gradient(lambda m, x: m.log(x), [0.0]), [inf]),
        (gradient(lambda m, x: m.asin(x), [1.0]), [inf]),
        (gradient(lambda m, x: m.acosh(x), [1.0]), [inf]),
    ],
    "`pow(x, 0)` at x = 0": [(gradient(lambda m, x: m.pow(x, 0), [0.0]), [0])],
    "`std` of equal values": [(gradient(lambda m, x: x.std(), [3.0, 3.0]), [0, 0])],
    "`max_pool1d`, `adaptive_max_pool1d` and their kind among ties": [
        (gradient(lambda m, x: m.nn.functional.max_pool1d(x[None], 2), [1.0, 1.0]), [1, 0]),
        (gradient(lambda m, x: m.nn.functional.adaptive_max_pool1d(x[None], 1), [1.0, 2.0, 2.0]), [0, 1, 0]),
    ],
    "`lp_pool1d` and its kind where the sum is 0": [
        (gradient(lambda m, x: m.nn.functional.lp_pool1d(x[None], 2, 2), [0.0, 0.0]), [0, 0]),
    ],
    "`prod`, `cumprod` with zeros": [
        (gradient(lambda m, x: m.prod(x), [0.0, 3.0, 2.0]), [6, 0, 0]),
        (gradient(lambda m, x: m.prod(x), [0.0, 3.0, 0.0]), [0, 0, 0]),
        (gradient(lambda m, x: m.cumprod(x, 0), [0.0, 3.0, 0.0]), [4, 0, 0]),
    ],
    "`norm`, `dist`, `cdist` at 0": [
        (gradient(lambda m, x: m.norm(x), [0.0, 0.0]), [0, 0]),
        (gradient(lambda m, x: m.linalg.vector_norm(x, 1.5), [0.0, 0.0]), [0, 0]),
        (gradient(lambda m, x: m.dist(x, x.detach()), [1.0, 2.0]), [0, 0]),
        (gradient(lambda m, x: m.cdist(x, m.ones(1, 1)), [[1.0]]), [[0]]),
    ],
    "`norm(p=inf)` among ties": [(gradient(lambda m, x: m.norm(x, inf), [2.0, 1.0, -2.0]), [0.5, 0, -0.5])],
    "`scatter_reduce`, `index_reduce` by `amax` or `amin` among ties": [
        (gradient(lambda m, x: m.ones(1).scatter_reduce(0, m.tensor([0, 0, 0]), x, "amax"), [1.0] * 3), [0.25] * 3),
        (gradient(lambda m, x: m.ones(1).index_reduce(0, m.tensor([0]), x, "amin"), [1.0]), [0.5]),
    ],
    "`hardtanh`, `relu6`, `hardsigmoid`, `threshold`, `hardshrink`, `softshrink` at their bounds": [
        (gradient(lambda m, x: m.nn.functional.hardtanh(x), [-1.0, 1.0]), [0, 0]),
        (gradient(lambda m, x: m.nn.functional.relu6(x), [0.0, 6.0]), [0, 0]),
        (gradient(lambda m, x: m.nn.functional.hardsigmoid(x), [-3.0, 3.0]), [0, 0]),
        (gradient(lambda m, x: m.nn.functional.threshold(x, 1.0, 5.0), [1.0]), [0]),
        (gradient(lambda m, x: m.nn.functional.hardshrink(x), [-0.5, 0.5]), [0, 0]),
        (gradient(lambda m, x: m.nn.functional.softshrink(x), [-0.5, 0.5]), [0, 0]),
    ],
    "`hardswish` at -3 and at 3": [(gradient(lambda m, x: m.nn.functional.hardswish(x), [-3.0, 3.0]), [0, 1])],
    "`leaky_relu`, `prelu`, `elu`, `celu`, `selu` at 0": [
        (gradient(lambda m, x: m.nn.functional.leaky_relu(x, 0.25), [0.0]), [0.25]),
        (gradient(lambda m, x: m.nn.functional.prelu(x, m.tensor([0.25])), [0.0]), [0.25]),
        (gradient(lambda m, x: m.nn.functional.elu(x, 0.25), [0.0]), [0.25]),
        (gradient(lambda m, x: m.nn.functional.celu(x, 0.25), [0.0]), [1]),
        (gradient(lambda m, x: m.nn.functional.selu(x).double(), [0.0]), [1.7580993175506592]),
    ],
    "`l1_loss` of equals": [(gradient(lambda m, x: m.nn.functional.l1_loss(x, m.ones(1)), [1.0]), [0])],
    "`margin_ranking_loss`, `hinge_embedding_loss`, `triplet_margin_loss`, `cosine_embedding_loss` at the margin": [
        (
            gradient(lambda m, x: m.nn.functional.cosine_embedding_loss(x, m.eye(2)[:1], -m.ones(1)), [[0.0, 1.0]]),
            [[1, 0]],
        ),
        (gradient(lambda m, x: m.nn.functional.margin_ranking_loss(x, m.ones(1), m.ones(1)), [1.0]), [-1]),
        (gradient(lambda m, x: m.nn.functional.hinge_embedding_loss(x, -m.ones(1)), [1.0]), [-1]),
        (gradient(lambda m, x: m.nn.functional.triplet_margin_loss(m.zeros(1), x, m.ones(1), 1, 1, 0.0), [0.0]), [0]),
    ],
    "`multi_margin_loss`, `multilabel_margin_loss` at the margin": [
        (gradient(lambda m, x: m.nn.functional.multi_margin_loss(x, m.tensor(0)), [1.0, 0.0]), [0, 0]),
        (gradient(lambda m, x: m.nn.functional.multilabel_margin_loss(x, m.tensor([0, -1])), [1.0, 0.0]), [0, 0]),
    ],
}
