"""Activations, losses, normalisations and attention of ``nn.functional``, by PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

FUNCTIONS = """
celu elu gelu glu hardshrink hardsigmoid hardswish hardtanh leaky_relu logsigmoid mish prelu relu6 rrelu selu silu
softplus softshrink softsign tanhshrink threshold
binary_cross_entropy binary_cross_entropy_with_logits cosine_embedding_loss cross_entropy gaussian_nll_loss
hinge_embedding_loss huber_loss kl_div l1_loss margin_ranking_loss mse_loss multi_margin_loss multilabel_margin_loss
multilabel_soft_margin_loss nll_loss poisson_nll_loss smooth_l1_loss soft_margin_loss triplet_margin_loss
batch_norm group_norm instance_norm layer_norm local_response_norm rms_norm
cosine_similarity normalize pairwise_distance
alpha_dropout dropout dropout2d dropout3d feature_alpha_dropout.with_train feature_alpha_dropout.without_train
bilinear embedding linear scaled_dot_product_attention
"""
NAMES = " ".join(f"nn.functional.{name}" for name in FUNCTIONS.split())


def _single(sample: Any) -> bool:
    first = sample.arguments[0]
    return isinstance(first, np.ndarray) and first.dtype == np.float32


def _gelu(sample: Any) -> str | None:
    return "in float32 PyTorch's digits cancel where x is below -2" if _single(sample) else None


def _embedding(sample: Any) -> str | None:
    if sample.options.get("sparse"):
        return "there are no sparse gradients"
    if sample.options.get("scale_grad_by_freq"):
        return "PyTorch's second derivative does not divide by the frequency"
    return None


def _normalize(sample: Any) -> str | None:
    return "of one entry each, the derivatives are 0 but for rounding" if sample.options.get("p") == 0.5 else None


def _attention(sample: Any) -> str | None:
    return "scores of 100 leave float32 five digits less" if _single(sample) else _random(sample)


def _random(sample: Any) -> str | None:
    from tests.test_random_torch import MKL  # needs PyTorch

    return "PyTorch with MKL draws from another generator" if MKL and _draws(sample) else None


def _draws(sample: Any) -> bool:
    options = sample.options
    return 0 < options.get("p", options.get("dropout_p", 0.5)) < 1 and bool(options.get("training", True))


def _by_formula(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let PyTorch take the formula itself, not the kernel that has no second derivative."""

    def call(*arguments: Any, **options: Any) -> Any:
        from torch.nn.attention import SDPBackend, sdpa_kernel

        with sdpa_kernel(SDPBackend.MATH):
            return function(*arguments, **options)

    return call


LEFT_OUT = {
    "nn.functional.gelu": _gelu,
    "nn.functional.embedding": _embedding,
    "nn.functional.normalize": _normalize,
    "nn.functional.scaled_dot_product_attention": _attention,
    "nn.functional.dropout": _random,
    "nn.functional.dropout2d": _random,
    "nn.functional.dropout3d": _random,
    "nn.functional.alpha_dropout": _random,
    "nn.functional.feature_alpha_dropout.with_train": _random,
}
CONSTANTS = {
    "nn.functional.batch_norm": [1, 2],
    "nn.functional.binary_cross_entropy": ["weight"],
    "nn.functional.binary_cross_entropy_with_logits": ["weight", "pos_weight"],
    "nn.functional.cross_entropy": ["weight"],
    "nn.functional.instance_norm": ["running_mean", "running_var"],
    "nn.functional.multi_margin_loss": ["weight"],
    "nn.functional.nll_loss": ["weight"],
    "nn.functional.soft_margin_loss": [1],
}
ADAPTED = {
    "nn.functional.embedding": lambda function: lambda weight, index, **options: function(index, weight, **options),
    "nn.functional.scaled_dot_product_attention": _by_formula,
}
