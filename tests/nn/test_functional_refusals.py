"""What the functions of networks refuse, and how they say so."""

from __future__ import annotations

import re
from typing import Any

import pytest

import tinygrad_np as tg
from tinygrad_np.nn import functional as F

X, V, HEADS = tg.ones(3, 4), tg.ones(4), tg.ones(3, 1, 1)
INTS, LABELS = tg.ones(3, 4, dtype=tg.int64), tg.ones(3, dtype=tg.int64)
ATTENTION = "scaled_dot_product_attention"

# The error, the function, its message (three dots stand for anything), arguments and options. A message begins with
# the name of the function; an @ tells of another name.
REFUSALS: list[tuple[type[Exception], str, str, tuple[Any, ...], dict[str, Any]]] = [
    (ValueError, "hardtanh", "min_val must not be above max_val, got 1 and 0", (X, 1, 0), {}),
    (RuntimeError, "hardtanh", "the bounds of uint8 cannot be negative, got -1", (INTS.byte(),), {}),
    (RuntimeError, "relu6", "@hardtanh: not defined for bool", (INTS > 0,), {}),
    (RuntimeError, "threshold", "not defined for bool; call .float()", (INTS > 0, 0, 0), {}),
    (RuntimeError, "tanhshrink", "not defined for bool; call .float()", (INTS > 0,), {}),
    (RuntimeError, "rrelu", "lower must be less than or equal to upper, got 0.5 and 0.1", (X, 0.5, 0.1), {}),
    (RuntimeError, "prelu", "weight must have shape (), (1,) or (C,), got (2, 2)", (X, X[:2, :2]), {}),
    (RuntimeError, "prelu", "input of shape (3, 4) has 4 channels, weight has shape (3,)", (X, V[:3]), {}),
    (RuntimeError, "prelu", "input of shape (4,) has 1 channels, weight has shape (4,)", (V, V), {}),
    (RuntimeError, "prelu", "weight must have the dtype of input, float32, got float64", (X, V.double()), {}),
    (RuntimeError, "prelu", "not defined for int64", (INTS, INTS[0]), {}),
    (RuntimeError, "softshrink", "lambd must be finite and not negative, got -0.5", (X, -0.5), {}),
    (RuntimeError, "softshrink", "lambd must be finite and not negative, got inf", (X, float("inf")), {}),
    (RuntimeError, "celu", "alpha cannot be 0", (X, 0), {}),
    (RuntimeError, "gelu", "approximate must be 'none' or 'tanh', got 'erf'", (X, "erf"), {}),
    (RuntimeError, "glu", "a 0-d tensor cannot be cut in half", (tg.ones(()),), {}),
    (RuntimeError, "glu", "dim 0 of shape (3, 4) must have an even size", (X, 0), {}),
    (IndexError, "glu", "dim 2 is out of range", (X, 2), {}),
    (RuntimeError, "smooth_l1_loss", "beta must not be negative, got -1", (X, X), {"beta": -1}),
    (RuntimeError, "huber_loss", "delta must be positive, got 0", (X, X), {"delta": 0}),
    (ValueError, "mse_loss", "weight must have the shape of input, (3, 4), got (4,)", (X, X), {"weight": V}),
    (ValueError, "l1_loss", "weight must have the shape of input", (X, X), {"weight": V}),
    (ValueError, "huber_loss", "weight must have the shape of input", (X, X), {"weight": V}),
    (RuntimeError, "binary_cross_entropy", "every entry of input must be between 0 and 1", (2 * X, X), {}),
    (RuntimeError, "binary_cross_entropy", "every entry of target must be between 0 and 1", (X, -X), {}),
    (RuntimeError, "binary_cross_entropy", "one dtype, got float32 and float64", (X, X.double()), {}),
    (RuntimeError, "binary_cross_entropy_with_logits", "@logsigmoid: not defined for int64", (INTS, X), {}),
    (ValueError, "gaussian_nll_loss", "var has negative entries", (X, X, -X), {}),
    (ValueError, "gaussian_nll_loss", "var has negative entries", (X, X, -1.0), {}),
    (ValueError, "gaussian_nll_loss", "var must have the shape of input, (3, 4), or..., got (4,)", (X, X, V), {}),
    (ValueError, "gaussian_nll_loss", "var must..., got (1, 1)", (X, X, X[:1, :1]), {}),
    (RuntimeError, "margin_ranking_loss", "equally many dims, got shapes (3, 4), (3, 4), (4,)", (X, X, V), {}),
    (ValueError, "multi_margin_loss", "p must be 1 or 2, got 3", (X, LABELS, 3), {}),
    (ValueError, "multi_margin_loss", "weight must have one dim, got shape (3, 4)", (X, LABELS), {"weight": X}),
    (RuntimeError, "multi_margin_loss", "weight must have shape (4,), got (3,)", (X, LABELS), {"weight": V[:3]}),
    (RuntimeError, "multi_margin_loss", "input of (3, 4) labels must have shape (3,), got (4,)", (X, INTS[0]), {}),
    (RuntimeError, "multi_margin_loss", "input of (3, 4) labels must have shape (3,), got ()", (X, INTS[0, 0]), {}),
    (RuntimeError, "multi_margin_loss", "labels must be int64, got int32; call .long", (X, LABELS.int()), {}),
    (RuntimeError, "multi_margin_loss", "label 4 is out of range for 4 classes, 0 to 3", (X, 4 * LABELS), {}),
    (RuntimeError, "multi_margin_loss", "label -1 is out of range", (X, -LABELS), {}),
    (RuntimeError, "multi_margin_loss", "input must have shape (N, C) or (C,),...got (3, 0)", (X[:, :0], LABELS), {}),
    (RuntimeError, "multilabel_margin_loss", "input must have...got (1, 3, 4)", (X[None], INTS[None]), {}),
    (RuntimeError, "multilabel_margin_loss", "input of (3, 4) labels must have that shape, got (4,)", (X, INTS[0]), {}),
    (RuntimeError, "multilabel_margin_loss", "label -2 is out of range for 4 classes, -1 to 3", (X, -2 * INTS), {}),
    (RuntimeError, "multilabel_margin_loss", "labels must be int64, got float32", (X, X), {}),
    (IndexError, "multilabel_soft_margin_loss", "the last dim of input is that of the classes", (V[0], V[0]), {}),
    (
        RuntimeError,
        "cosine_embedding_loss",
        "expected..., got inputs of shapes (4,) and (4,) and target (4,)",
        (V, V, V),
        {},
    ),
    (RuntimeError, "cosine_embedding_loss", "expected inputs", (X, X, X), {}),
    (ValueError, "triplet_margin_loss", "margin must be greater than 0, got 0", (X, X, X, 0), {}),
    (RuntimeError, "triplet_margin_loss", "equally many dims, got shapes (3, 4), (4,), (3, 4)", (X, V, X), {}),
    (RuntimeError, "layer_norm", "the last dims of input (3, 4) must be normalized_shape, (3,)", (X, (3,)), {}),
    (RuntimeError, "rms_norm", "the last dims of input (3, 4) must be normalized_shape, ()", (X, ()), {}),
    (TypeError, "layer_norm", "normalized_shape must be a tuple of integers, got 4", (X, 4), {}),
    (RuntimeError, "layer_norm", "not defined for int64", (INTS, (4,)), {}),
    (RuntimeError, "layer_norm", "weight must have shape (4,)...got (3,) of float32", (X, (4,), V[:3]), {}),
    (RuntimeError, "rms_norm", "weight must have...the same dtype, got...of float64", (X, (4,), V.double()), {}),
    (TypeError, "layer_norm", "bias must be a tensor or None, got float", (X, (4,), V, 1.0), {}),
    (RuntimeError, "group_norm", "4 channels of input (3, 4) cannot be in 3 equal groups", (X, 3), {}),
    (RuntimeError, "group_norm", "4 channels...cannot be in 0 equal groups", (X, 0), {}),
    (RuntimeError, "group_norm", "input must have shape (N, C, ...), got (4,)", (V, 2), {}),
    (ValueError, "group_norm", "expected more than 1 value in a group, got input (1, 4)", (X[:1], 4), {}),
    (
        ValueError,
        "batch_norm",
        "eps must be positive in training, got 0",
        (X, None, None),
        {"training": True, "eps": 0},
    ),
    (ValueError, "batch_norm", "eps must be 0 or more, got -1", (X, V, V), {"eps": -1}),
    (RuntimeError, "batch_norm", "running_mean and running_var must be given where they are used", (X, V, None), {}),
    (ValueError, "batch_norm", "must both be given, or neither", (X, V, None), {"training": True}),
    (
        ValueError,
        "batch_norm",
        "expected more than 1 value of each channel...(1, 4)",
        (X[:1], None, None),
        {"training": True},
    ),
    (RuntimeError, "batch_norm", "for input (3, 4) of float32, running_var must have shape (4,)", (X, V, V[:2]), {}),
    (RuntimeError, "batch_norm", "not defined for int64", (INTS[:0], None, None), {}),
    (RuntimeError, "instance_norm", "running_mean and running_var must be given", (X,), {"use_input_stats": False}),
    (ValueError, "instance_norm", "expected more than 1 position, got input (3, 4)", (X,), {}),
    (
        ValueError,
        "local_response_norm",
        "input must have shape (N, C, ...), of three dims or more, got (3, 4)",
        (X, 2),
        {},
    ),
    (RuntimeError, "local_response_norm", "size must be positive, got 0", (X[None], 0), {}),
    (RuntimeError, "normalize", "expected a float tensor, got int64", (INTS,), {}),
    (RuntimeError, "cosine_similarity", "x1 or x2 must be a float tensor, got int64 and int64", (INTS, INTS), {}),
    (RuntimeError, "cosine_similarity", "x1 of shape (3, 4) and x2 of (3,) do not broadcast", (X, V[:3]), {}),
    (RuntimeError, "dropout1d", "input must have 2 or 3 dims, got shape (4,)", (V,), {}),
    (RuntimeError, "dropout2d", "input must have 3 or 4 dims, got shape (3, 4)", (X,), {}),
    (RuntimeError, "dropout3d", "input must have 4 or 5 dims, got shape (3, 4)", (X,), {}),
    (RuntimeError, "feature_alpha_dropout", "input must have shape (N, C, ...), got (4,)", (V,), {"training": True}),
    (TypeError, "alpha_dropout", "input must be a float tensor, got int64", (INTS,), {"training": True}),
    (RuntimeError, "bilinear", "expected..., got (3, 4), (4,), (2, 4, 4) and None", (X, V, tg.ones(2, 4, 4)), {}),
    (RuntimeError, "bilinear", "and (4,)", (X, X, tg.ones(2, 4, 4), V), {}),
    (RuntimeError, "bilinear", "", (X, X, tg.ones(2, 4, 3)), {}),
    (RuntimeError, "embedding", "weight must have two dims, (rows, size), got shape (4,)", (INTS, V), {}),
    (RuntimeError, "embedding", "indices must be int64 or int32, got float32; call .long", (X, X), {}),
    (RuntimeError, "embedding", "there are no sparse gradients", (INTS, X), {"sparse": True}),
    (IndexError, "embedding", "index 3 is out of range for 3 rows, 0 to 2", (3 * INTS, X), {}),
    (IndexError, "embedding", "index -1 is out of range", (-INTS, X), {}),
    (AssertionError, "embedding", "padding_idx must be one of the 3 rows, -3 to 2, got 3", (INTS, X, 3), {}),
    (RuntimeError, ATTENTION, "expected query...got (4,), (3, 4), (3, 4)", (V, X, X), {}),
    (RuntimeError, ATTENTION, "expected query...got (3, 3), (3, 4)", (X[:, :3], X, X), {}),
    (RuntimeError, ATTENTION, "expected query", (X, X, X[:2]), {}),
    (RuntimeError, ATTENTION, "expected float tensors of one dtype, got float32, float64", (X, X.double(), X), {}),
    (RuntimeError, ATTENTION, "expected float tensors", (INTS, INTS, INTS), {}),
    (RuntimeError, ATTENTION, "dropout_p must lie in", (X, X, X), {"dropout_p": 2}),
    (RuntimeError, ATTENTION, "attn_mask and is_causal exclude", (X, X, X, X[:, :3]), {"is_causal": True}),
    (RuntimeError, ATTENTION, "bool or have the dtype of query, got int64", (X, X, X, INTS[:, :3]), {}),
    (RuntimeError, ATTENTION, "of shape (3, 4) does not broadcast to the scores, (3, 3)", (X, X, X, X), {}),
    (RuntimeError, ATTENTION, "attn_mask of shape...does not", (X[:1], X[:1], X[:1], X[:, :3]), {}),
    (RuntimeError, ATTENTION, "with enable_gqa", (X, X, X), {"enable_gqa": True}),
    (RuntimeError, ATTENTION, "with enable_gqa", (HEADS, HEADS[:2], HEADS[:2]), {"enable_gqa": True}),
]
OF_FLOATS = """
leaky_relu rrelu hardsigmoid hardswish hardshrink softshrink elu celu selu gelu silu mish softplus logsigmoid glu
"""
NAMED = {"rrelu": "leaky_relu", "celu": "elu", "selu": "elu"}  # the op that the message names
OF_EQUAL_SHAPES = """
mse_loss l1_loss smooth_l1_loss huber_loss kl_div poisson_nll_loss hinge_embedding_loss soft_margin_loss
multilabel_soft_margin_loss
"""
OF_PROBABILITIES = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]
OF_THREE = "gaussian_nll_loss margin_ranking_loss cosine_embedding_loss triplet_margin_loss"
DROPOUTS = ["dropout", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"]


def check(kind: type[Exception], name: str, message: str, arguments: Any, options: Any) -> None:
    named, _, message = message[1:].partition(": ") if message.startswith("@") else (name, "", message)
    pattern = ".*".join(map(re.escape, message.split("...")))
    with pytest.raises(kind, match=f"^{named}: .*{pattern}"):
        getattr(F, name)(*arguments, **options)


@pytest.mark.parametrize(("kind", "name", "message", "arguments", "options"), REFUSALS)
def test_refusals(kind, name, message, arguments, options):
    check(kind, name, message, arguments, options)


@pytest.mark.parametrize("name", OF_FLOATS.split())
def test_activations_of_floats_alone(name):
    for x in (INTS, INTS > 0):
        check(RuntimeError, name, f"@{NAMED.get(name, name)}: not defined for {x.dtype}; call .float()", (x,), {})


@pytest.mark.parametrize("name", [*OF_EQUAL_SHAPES.split(), *OF_PROBABILITIES])
def test_a_loss_of_shapes_that_would_broadcast(name):
    kind = ValueError if name in OF_PROBABILITIES else RuntimeError
    check(kind, name, "input has shape (4,), target (4, 1); they must be equal", (V, V[:, None]), {})


TWO = [*OF_EQUAL_SHAPES.split(), *OF_PROBABILITIES, "multi_margin_loss", "multilabel_margin_loss"]


@pytest.mark.parametrize("name", [*TWO, *OF_THREE.split(), "triplet_margin_with_distance_loss"])
def test_a_reduction_that_is_none(name):
    arguments = (X, X) if name in TWO else (X, X, X)
    check(ValueError, name, "reduction must be 'mean', 'sum'...'none'...got 'max'", arguments, {"reduction": "max"})


@pytest.mark.parametrize("name", DROPOUTS)
def test_a_probability_that_is_none(name):
    with pytest.raises(ValueError, match=r"^dropout probability has to be between 0 and 1, but got 1.5"):
        getattr(F, name)(X[None, None], 1.5, training=False)
