"""The functions of networks without PyTorch: dtypes, what is left alone, exactness far out, chance."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np.nn import functional as F

Array = np.ndarray[Any, Any]
FLOATS = [np.float32, np.float64]

rng = np.random.default_rng(0)
LABELS, SIGNS = np.array([0, 2, 1]), np.array([[1, -1, 1, -1]] * 3)
PROBABILITIES = rng.uniform(0.1, 0.9, (3, 4))
CHANNELS = rng.uniform(0.5, 1, 4)

# Each function with a call of it: of float arrays, and further arguments, among them NumPy scalars.
CALLS: dict[str, tuple[Callable[..., Any], list[Array]]] = {
    name: (call, [np.asarray(x) for x in arrays])
    for name, call, *arrays in [
        ("hardtanh", lambda x: F.hardtanh(x, np.float64(-0.5), np.int64(1)), SIGNS * 0.7),
        ("relu6", F.relu6, SIGNS * 0.7),
        ("leaky_relu", lambda x: F.leaky_relu(x, np.float64(0.3)), SIGNS * 0.7),
        ("rrelu", lambda x: F.rrelu(x, np.float64(0.2), training=True), SIGNS * 0.7),
        ("rrelu eval", lambda x: F.rrelu(x, np.float64(0.2)), SIGNS * 0.7),
        ("prelu", F.prelu, SIGNS * 0.7, CHANNELS),
        ("threshold", lambda x: F.threshold(x, np.float64(0.5), np.float64(3)), SIGNS * 0.7),
        ("hardsigmoid", F.hardsigmoid, SIGNS * 0.7),
        ("hardswish", F.hardswish, SIGNS * 0.7),
        ("hardshrink", lambda x: F.hardshrink(x, np.float64(0.5)), SIGNS * 0.7),
        ("softshrink", lambda x: F.softshrink(x, np.float64(0.5)), SIGNS * 0.7),
        ("elu", lambda x: F.elu(x, np.float64(0.5)), SIGNS * 0.7),
        ("celu", lambda x: F.celu(x, np.float64(0.5)), SIGNS * 0.7),
        ("selu", F.selu, SIGNS * 0.7),
        ("gelu", F.gelu, SIGNS * 0.7),
        ("gelu tanh", lambda x: F.gelu(x, "tanh"), SIGNS * 0.7),
        ("silu", F.silu, SIGNS * 0.7),
        ("mish", F.mish, SIGNS * 0.7),
        ("softplus", lambda x: F.softplus(x, np.float64(2), np.float64(1)), SIGNS * 0.7),
        ("logsigmoid", F.logsigmoid, SIGNS * 0.7),
        ("softsign", F.softsign, SIGNS * 0.7),
        ("tanhshrink", F.tanhshrink, SIGNS * 0.7),
        ("glu", F.glu, SIGNS * 0.7),
        ("l1_loss", F.l1_loss, PROBABILITIES, SIGNS),
        ("mse_loss", lambda x, y, w: F.mse_loss(x, y, weight=w), PROBABILITIES, SIGNS, PROBABILITIES),
        ("smooth_l1_loss", lambda x, y: F.smooth_l1_loss(x, y, beta=np.float64(0.5)), PROBABILITIES, SIGNS),
        ("huber_loss", lambda x, y: F.huber_loss(x, y, delta=np.float64(0.5)), PROBABILITIES, SIGNS),
        ("binary_cross_entropy", F.binary_cross_entropy, PROBABILITIES, PROBABILITIES, CHANNELS),
        (
            "binary_cross_entropy_with_logits",
            lambda x, y, w: F.binary_cross_entropy_with_logits(x, y, w, pos_weight=w),
            *(SIGNS, PROBABILITIES, CHANNELS),
        ),
        ("kl_div", lambda x, y: F.kl_div(x, y, reduction="batchmean"), -PROBABILITIES, PROBABILITIES),
        ("poisson_nll_loss", lambda x, y: F.poisson_nll_loss(x, y, full=True), SIGNS * 0.7, 9 * PROBABILITIES),
        ("gaussian_nll_loss", F.gaussian_nll_loss, SIGNS * 0.7, PROBABILITIES, PROBABILITIES),
        ("hinge_embedding_loss", lambda x: F.hinge_embedding_loss(x, SIGNS, np.float64(1)), PROBABILITIES),
        ("margin_ranking_loss", lambda x, y: F.margin_ranking_loss(x, y, SIGNS), PROBABILITIES, SIGNS * 0.7),
        ("soft_margin_loss", lambda x: F.soft_margin_loss(x, SIGNS), PROBABILITIES),
        ("multi_margin_loss", lambda x, w: F.multi_margin_loss(x, LABELS, weight=w), PROBABILITIES, CHANNELS),
        ("multilabel_margin_loss", lambda x: F.multilabel_margin_loss(x, SIGNS), PROBABILITIES),
        ("multilabel_soft_margin_loss", F.multilabel_soft_margin_loss, SIGNS * 0.7, PROBABILITIES, CHANNELS),
        ("cosine_embedding_loss", lambda x, y: F.cosine_embedding_loss(x, y, SIGNS[:, 0]), PROBABILITIES, SIGNS),
        ("triplet_margin_loss", F.triplet_margin_loss, PROBABILITIES, SIGNS, PROBABILITIES[::-1]),
        (
            "triplet_margin_with_distance_loss",
            F.triplet_margin_with_distance_loss,
            *(PROBABILITIES, SIGNS, PROBABILITIES[::-1]),
        ),
        ("layer_norm", lambda x, w, b: F.layer_norm(x, (4,), w, b, np.float64(0.1)), PROBABILITIES, CHANNELS, CHANNELS),
        ("rms_norm", lambda x, w: F.rms_norm(x, (4,), w, np.float64(0.1)), PROBABILITIES, CHANNELS),
        ("group_norm", lambda x, w, b: F.group_norm(x, 2, w, b, np.float64(0.1)), PROBABILITIES, CHANNELS, CHANNELS),
        (
            "batch_norm",
            lambda x, w, b: F.batch_norm(x, None, None, w, b, True, eps=np.float64(0.1)),
            *(PROBABILITIES, CHANNELS, CHANNELS),
        ),
        ("instance_norm", lambda x: F.instance_norm(x, eps=np.float64(0.1)), PROBABILITIES.reshape(3, 2, 2)),
        ("local_response_norm", lambda x: F.local_response_norm(x, 2), PROBABILITIES.reshape(3, 2, 2)),
        ("normalize", lambda x: F.normalize(x, np.float64(3)), PROBABILITIES),
        ("cosine_similarity", F.cosine_similarity, PROBABILITIES, SIGNS),
        ("pairwise_distance", lambda x, y: F.pairwise_distance(x, y, eps=np.float64(0.1)), PROBABILITIES, SIGNS),
        ("dropout", lambda x: F.dropout(x, np.float64(0.5)), PROBABILITIES),
        ("dropout1d", lambda x: F.dropout1d(x, np.float64(0.5)), PROBABILITIES),
        ("dropout2d", lambda x: F.dropout2d(x, np.float64(0.5)), PROBABILITIES.reshape(3, 2, 2)),
        ("dropout3d", lambda x: F.dropout3d(x, np.float64(0.5)), PROBABILITIES.reshape(3, 2, 2, 1)),
        ("alpha_dropout", lambda x: F.alpha_dropout(x, np.float64(0.5), True), PROBABILITIES),
        ("feature_alpha_dropout", lambda x: F.feature_alpha_dropout(x, np.float64(0.5), True), PROBABILITIES),
        ("bilinear", F.bilinear, PROBABILITIES, PROBABILITIES[:, :2], np.ones((3, 4, 2)), CHANNELS[:3]),
        ("embedding", lambda W: F.embedding(LABELS, W, 1, scale_grad_by_freq=True), PROBABILITIES),
        (
            "scaled_dot_product_attention",
            lambda q, k, v: F.scaled_dot_product_attention(q, k, v, SIGNS[:, :3] > 0, scale=np.float64(0.3)),
            *(PROBABILITIES, PROBABILITIES, PROBABILITIES),
        ),
    ]
}
OF_SEVERAL = {name: row for name, row in CALLS.items() if len(row[1]) > 1}
every = pytest.mark.parametrize(("call", "arrays"), CALLS.values(), ids=CALLS)


def frozen(array: Array, dtype: Any) -> Array:
    copied = array.astype(dtype)
    copied.flags.writeable = False
    return copied


@every
@pytest.mark.parametrize("dtype", FLOATS)
def test_the_dtype_stays_and_the_inputs_are_left_alone(call, arrays, dtype):
    """NumPy's scalars are weak among the settings too; read-only arrays would refuse a write."""
    inputs = [tg.from_numpy(frozen(x, dtype)).requires_grad_() for x in arrays]
    y = call(*inputs)
    assert y.dtype == dtype
    found = tg.autograd.grad(y, inputs, tg.ones_like(y), allow_unused=True)
    for g, x in zip(found, inputs, strict=True):
        assert g is not None
        assert (g.dtype, g.shape) == (x.dtype, x.shape)
        assert np.isfinite(g.array).all()


@every
def test_arrays_are_constants_and_a_tensor_comes_out(call, arrays):
    tg.manual_seed(3)
    expected = call(*(tg.tensor(x, dtype=tg.float64) for x in arrays))
    tg.manual_seed(3)
    y = call(*(frozen(x, np.float64) for x in arrays))
    assert isinstance(y, tg.Tensor)
    np.testing.assert_array_equal(y.array, expected.array)


@pytest.mark.parametrize(("call", "arrays"), OF_SEVERAL.values(), ids=OF_SEVERAL)
def test_what_the_user_writes_afterwards_does_not_matter(call, arrays):
    """Arrays beside a tensor are copied where a rule reads them."""
    first = tg.tensor(arrays[0], dtype=tg.float64, requires_grad=True)
    others = [x.astype(np.float64) for x in arrays[1:]]
    y = call(first, *others)
    (expected,) = tg.autograd.grad(y, first, tg.ones_like(y), retain_graph=True)
    for x in others:
        x[...] = 7
    (g,) = tg.autograd.grad(y, first, tg.ones_like(y))
    np.testing.assert_array_equal(g.array, expected.array)


# ---------------------------------------------------------------------------------------------------------- exactness


def gradient(function: Callable[..., Any], x: Any, dtype: Any = tg.float64) -> list[float]:
    leaf = tg.tensor(x, dtype=dtype, requires_grad=True)
    y = function(leaf)
    return tg.autograd.grad(y, leaf, tg.ones_like(y))[0].tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("dtype", FLOATS)
def test_losses_of_logits_are_finite_and_exact_at_huge_ones(dtype):
    """Nothing overflows (warnings are errors), nothing cancels."""
    x, t = [1e4, -1e4, 1e4, -1e4, 20.0, -20.0], tg.tensor([1, 1, 0, 0, 1, 0], dtype=dtype)
    small = math.log1p(math.exp(-20))
    expected = [0, 1e4, 1e4, 0, small, small]

    def loss(x: Any) -> Any:
        return F.binary_cross_entropy_with_logits(x, t, reduction="none")

    np.testing.assert_allclose(loss(tg.tensor(x, dtype=dtype)).array, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient(loss, x, dtype), [0, -1, 1, 0, -math.exp(-20), math.exp(-20)], 1e-5, 1e-7)
    signs = tg.tensor([1, 1, -1, -1, 1, -1], dtype=dtype)
    np.testing.assert_allclose(
        F.soft_margin_loss(tg.tensor(x, dtype=dtype), signs, reduction="none").array, expected, rtol=1e-6
    )
    np.testing.assert_allclose(F.logsigmoid(tg.tensor(x[:2], dtype=dtype)).array, [0, -1e4])
    assert gradient(F.logsigmoid, x[:2], dtype) == [0, 1]


@pytest.mark.parametrize("dtype", FLOATS)
def test_gelu_keeps_small_values(dtype):
    x = np.linspace(-9, 9, 37).astype(dtype)
    expected = [v * math.erfc(-v / math.sqrt(2)) / 2 for v in x.tolist()]
    np.testing.assert_allclose(F.gelu(x).array, expected, rtol=100 * float(np.finfo(dtype).eps))


def test_large_distances_do_not_overflow():
    x = tg.tensor([3e30, -3e30], requires_grad=True)  # float32: the square would be infinite
    for loss in (F.smooth_l1_loss, F.huber_loss):
        y = loss(x, tg.zeros(2), reduction="sum")
        assert y.item() == pytest.approx(6e30)
        assert tg.autograd.grad(y, x)[0].tolist() == [1, -1]


def test_a_row_that_may_look_at_nothing_gets_zeros_and_zero_gradients():
    inputs = [tg.ones(2, 3, requires_grad=True), tg.ones(4, 3, requires_grad=True), tg.ones(4, 2, requires_grad=True)]
    mask = tg.tensor([[True] * 4, [False] * 4])
    y = F.scaled_dot_product_attention(*inputs, mask)
    assert y.tolist() == [[1, 1], [0, 0]]
    for g in tg.autograd.grad(y, inputs, tg.ones_like(y)):
        assert np.isfinite(g.array).all()
    bad = tg.tensor([[math.nan] * 3])
    with np.errstate(invalid="ignore"):
        assert np.isnan(F.scaled_dot_product_attention(bad, inputs[1], inputs[2]).array).all()


# ------------------------------------------------------------------------------------------------------------- chance


@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_dropouts_keep_what_they_promise(p):
    tg.manual_seed(0)
    x = np.random.default_rng(0).normal(size=(200, 50, 20))
    for name, axes in (("dropout", ()), ("dropout1d", (2,)), ("alpha_dropout", ()), ("feature_alpha_dropout", (2,))):
        y = getattr(F, name)(tg.tensor(x), p, True).array
        changed = getattr(F, name)(tg.zeros(200, 50, 20) + 1, p, True).array
        per_channel = changed.reshape(200 * 50, 20)
        assert (per_channel == per_channel[:, :1]).all() == bool(axes)
        kept = changed == changed.max()
        assert kept.mean() == pytest.approx(1 - p, abs=0.02)
        if "alpha" in name:  # mean and variance stay
            assert y.mean() == pytest.approx(0, abs=0.05)
            assert y.var() == pytest.approx(1, abs=0.1)
        else:
            np.testing.assert_allclose(y[y != 0], x[y != 0] / (1 - p))
            assert y.mean() == pytest.approx(x.mean(), abs=0.05)


@pytest.mark.parametrize("name", ["dropout", "dropout1d", "dropout2d", "alpha_dropout", "feature_alpha_dropout"])
def test_dropouts_of_none_and_of_all(name):
    x = tg.ones(2, 3, 4)
    assert getattr(F, name)(x, 0.0, True) is x
    assert getattr(F, name)(x, 0.9, training=False) is x
    assert getattr(F, name)(x, 1.0, True, inplace=True).tolist() == tg.zeros(2, 3, 4).tolist()
    assert getattr(F, name)(tg.ones(2, 0, 4), 0.5, True).shape == (2, 0, 4)
    assert getattr(F, name)(tg.ones(2, 3, 4).long(), 0.5, False).dtype == np.int64


def test_rrelu_draws_a_slope_for_each_negative_entry():
    tg.manual_seed(1)
    y = F.rrelu(-tg.ones(1000), 0.2, 0.4, training=True).array
    assert (y <= -0.2).all()
    assert (y >= -0.4).all()
    assert len(np.unique(y)) > 900
    assert F.rrelu(tg.ones(3), training=True).tolist() == [1, 1, 1]


# ----------------------------------------------------------------------------------------------------------- integers


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_integers_stay_integers_where_pytorch_has_it_so(dtype):
    x = tg.tensor(np.array([0, 3, 9], dtype))
    for y, expected in (
        (F.relu6(x), [0, 3, 6]),
        (F.hardtanh(x, 1.9, 4.9), [1, 3, 4]),
        (F.threshold(x, 2.9, 7.9), [7, 3, 9]),
    ):
        assert (y.dtype, y.tolist()) == (dtype, expected)
    for name in ("softsign", "tanhshrink"):
        assert getattr(F, name)(x).dtype == np.float32
