"""What the functions of networks have to do with each other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.nn import functional as F

seeds = st.integers(0, 2**32 - 1)


def numbers(seed: int, *shape: int) -> Any:
    return tg.tensor(np.random.default_rng(seed).normal(0, 2, shape))


def near(one: Any, other: Any, rtol: float = 1e-9) -> None:
    np.testing.assert_allclose(one.array, other.array, rtol, 1e-12)


@given(seed=seeds)
def test_activations_are_what_their_formulas_say(seed):
    x = numbers(seed, 3, 4)
    near(F.relu6(x), tg.clamp(x, 0, 6))
    near(F.hardtanh(x, -0.5, 1), tg.clamp(x, -0.5, 1))
    near(F.leaky_relu(x, 0.1), F.prelu(x, tg.tensor(0.1, dtype=tg.float64)))
    near(F.leaky_relu(x, 0.3), F.rrelu(x, 0.2, 0.4))
    near(F.leaky_relu(x, 0), F.relu(x))
    near(F.rrelu(x, 0.25, 0.25, training=True), F.leaky_relu(x, 0.25))
    near(F.selu(x), 1.0507009873554805 * F.elu(x, 1.6732632423543772))
    near(F.celu(x, 1), F.elu(x))
    near(F.silu(x), x * tg.sigmoid(x))
    near(F.mish(x), x * tg.tanh(F.softplus(x)))
    near(F.softplus(x) - F.softplus(-x), x)
    near(F.logsigmoid(x), -F.softplus(-x, threshold=math.inf))
    near(F.gelu(x) - F.gelu(-x), x)
    near(F.gelu(x, "tanh") - F.gelu(-x, approximate="tanh"), x)
    near(F.hardswish(x), x * F.hardsigmoid(x))
    near(F.softshrink(x, 0.5) + tg.clamp(x, -0.5, 0.5), x)
    near(F.hardshrink(x, 0.5), tg.where(abs(x) > 0.5, x, 0))
    near(F.threshold(x, 0.5, 7), tg.where(x > 0.5, x, 7))
    near(F.tanhshrink(x) + tg.tanh(x), x)
    near(F.softsign(x) * (1 + abs(x)), x)
    near(F.glu(x, 1), x[:, :2] * tg.sigmoid(x[:, 2:]))


@given(seed=seeds)
def test_losses_agree_with_each_other(seed):
    x, y = numbers(seed, 3, 4), numbers(seed + 1, 3, 4)
    p = tg.sigmoid(y)
    near(F.huber_loss(x, y, delta=1e9), F.mse_loss(x, y) / 2)
    near(F.smooth_l1_loss(x, y, beta=0.5), F.huber_loss(x, y, delta=0.5) / 0.5)
    near(F.smooth_l1_loss(x, y, beta=0), F.l1_loss(x, y))
    near(F.binary_cross_entropy(tg.sigmoid(x), p), F.binary_cross_entropy_with_logits(x, p), 1e-6)
    near(F.multilabel_soft_margin_loss(x, p), F.binary_cross_entropy_with_logits(x, p))
    log_p, log_q = F.log_softmax(x, 1), F.log_softmax(y, 1)
    near(F.kl_div(log_p, log_q, log_target=True), F.kl_div(log_p, log_q.exp()))
    assert F.kl_div(log_p, log_p.exp(), reduction="sum").item() == pytest.approx(0, abs=1e-12)
    assert F.kl_div(log_p, log_q.exp(), reduction="batchmean").item() >= 0
    near(F.triplet_margin_loss(x, y, p), F.triplet_margin_with_distance_loss(x, y, p))
    labels = tg.tensor([0, 3, 1])
    rows = tg.cat([labels.reshape(3, 1), -tg.ones(3, 3, dtype=tg.int64)], 1)
    near(F.multi_margin_loss(x, labels), F.multilabel_margin_loss(x, rows))
    signs = tg.sign(y)
    near(F.soft_margin_loss(x, signs), F.binary_cross_entropy_with_logits(x, (signs + 1) / 2))
    near(F.gaussian_nll_loss(x, y, 0.5), F.mse_loss(x, y) + math.log(0.5) / 2)
    near(F.poisson_nll_loss(x, p), F.poisson_nll_loss(x.exp(), p, False, eps=0.0))
    for reduction, of in (("sum", tg.sum), ("mean", tg.mean)):
        each = F.hinge_embedding_loss(x, signs, reduction="none")
        near(F.hinge_embedding_loss(x, signs, reduction=reduction), of(each))


@given(seed=seeds)
def test_normalisations_differ_in_the_dims_alone(seed):
    x = numbers(seed, 3, 4, 5)
    w, b = numbers(seed + 1, 4), numbers(seed + 2, 4)
    near(F.group_norm(x, 1), F.layer_norm(x, (4, 5)))
    near(F.group_norm(x, 4, w, b), F.instance_norm(x, weight=w, bias=b))
    near(F.batch_norm(x, None, None, training=True)[:, 2], F.layer_norm(x[:, 2], (3, 5)))
    near(F.layer_norm(x, (5,)), F.rms_norm(x - x.mean(2, keepdim=True), (5,), eps=1e-5))
    near(F.layer_norm(3 * x + 7, (5,), eps=9e-5), F.layer_norm(x, (5,)), 1e-6)
    mean, var = x.mean((0, 2)), x.var((0, 2), correction=0)
    near(F.batch_norm(x, mean, var, w, b), F.batch_norm(x, None, None, w, b, training=True))
    near(F.instance_norm(x, mean, var, use_input_stats=False), F.batch_norm(x, mean, var))


@given(seed=seeds)
def test_running_statistics_move_in_place(seed):
    x = numbers(seed, 3, 4, 5)
    mean, var = tg.zeros(4, dtype=tg.float64), tg.ones(4, dtype=tg.float64)
    F.batch_norm(x, mean, var, training=True, momentum=1.0)
    near(mean, x.mean((0, 2)))
    near(var, x.var((0, 2)))
    before = mean.tolist(), var.tolist()
    F.batch_norm(x, mean, var)
    F.batch_norm(x[:0], mean, var, training=True)
    for empty in (x[:0], x[:, :, :0]):
        assert F.instance_norm(empty, mean, var).shape == empty.shape
    assert (mean.tolist(), var.tolist()) == before
    F.instance_norm(x, mean, var, momentum=1.0)
    near(mean, x.mean((0, 2)))
    near(var, x.var(2).mean(0))


def test_moving_running_statistics_spoils_a_graph_that_needs_them():
    """They are constants of a graph, but another op may have saved them: the write is noticed."""
    mean, var, w = tg.zeros(2), tg.ones(2), tg.ones(2, requires_grad=True)
    y = (w * var).sum()
    F.batch_norm(tg.tensor([[1.0, 0.0], [3.0, 20.0]]), mean, var, training=True)
    with pytest.raises(RuntimeError, match="overwritten before backward"):
        y.backward()


@given(seed=seeds)
def test_directions_and_distances(seed):
    x, y = numbers(seed, 3, 4), numbers(seed + 1, 3, 4)
    near(F.cosine_similarity(x, y), (F.normalize(x) * F.normalize(y)).sum(1))
    near(F.cosine_similarity(x, 3 * x), tg.ones(3, dtype=tg.float64))
    near(F.pairwise_distance(x, y, eps=0), ((x - y) ** 2).sum(1).sqrt())
    near(F.bilinear(x, y, tg.eye(4, dtype=tg.float64)[None]), (x * y).sum(1, keepdim=True))


@given(seed=seeds)
def test_an_embedding_is_a_product_with_one_hot_rows(seed):
    index, table = tg.tensor(np.random.default_rng(seed).integers(0, 5, (2, 3))), numbers(seed, 5, 3)
    near(F.embedding(index, table), F.one_hot(index, 5).double() @ table)


@given(seed=seeds)
def test_attention_is_what_its_formula_says(seed):
    q, k, v = numbers(seed, 2, 3, 4), numbers(seed + 1, 2, 3, 4), numbers(seed + 2, 2, 3, 5)
    near(F.scaled_dot_product_attention(q, k, v), F.softmax(q @ k.mT / 2, -1) @ v)
    order = [2, 0, 1]
    near(F.scaled_dot_product_attention(q, k[:, order], v[:, order]), F.scaled_dot_product_attention(q, k, v))
    triangle = tg.tensor(np.tri(3, dtype=bool))
    causal = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    near(F.scaled_dot_product_attention(q, k, v, triangle), causal)
    near(causal[:, 0], v[:, 0])
    twice = tg.cat([q, q]).reshape(1, 4, 3, 4)
    grouped = F.scaled_dot_product_attention(twice, k[None], v[None], enable_gqa=True)
    repeated = F.scaled_dot_product_attention(twice, k[[0, 0, 1, 1]][None], v[[0, 0, 1, 1]][None])
    near(grouped, repeated)
