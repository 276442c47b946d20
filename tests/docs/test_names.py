"""The names that a new architecture reaches for exist, or stand in the table of absent names with a reason."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

import tinygrad_np as tg

PAGE = Path(__file__).parents[2] / "docs" / "conventions.md"

FUNCTIONS = {
    "elementwise": """
        add sub rsub mul div true_divide floor_divide remainder fmod neg positive reciprocal square sqrt rsqrt pow
        float_power exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2 xlogy sin cos tan asin acos atan atan2
        sinh cosh tanh asinh acosh atanh sinc hypot sigmoid logit erf erfc erfinv abs sign sgn copysign floor ceil
        round trunc frac clamp clip clamp_min clamp_max maximum minimum fmax fmin lerp addcmul addcdiv nan_to_num
        deg2rad rad2deg where masked_fill eq ne lt le gt ge isnan isinf isfinite logical_and logical_or logical_xor
        logical_not bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift
    """,
    "reductions": """
        sum mean prod max min amax amin aminmax argmax argmin any all var std var_mean std_mean median nansum nanmean
        quantile norm logsumexp logcumsumexp cumsum cumprod cummax cummin softmax log_softmax count_nonzero unique
        bincount histc
    """,
    "movement": """
        reshape flatten unflatten ravel squeeze unsqueeze transpose t permute movedim swapaxes broadcast_to
        broadcast_tensors repeat_interleave tile cat concat stack hstack vstack dstack column_stack split
        split_with_sizes chunk tensor_split hsplit vsplit dsplit unbind narrow select flip fliplr flipud roll rot90 diag
        diagonal diag_embed diagflat tril triu atleast_1d atleast_2d atleast_3d meshgrid cartesian_prod combinations
        block_diag as_strided pixel_shuffle pixel_unshuffle channel_shuffle trace clone
    """,
    "indexing": """
        gather scatter scatter_add scatter_reduce index_select index_add index_copy index_fill index_put masked_select
        masked_scatter take take_along_dim put select_scatter slice_scatter diagonal_scatter sort argsort topk kthvalue
        msort nonzero searchsorted multinomial
    """,
    "linear algebra": """
        matmul mm bmm mv dot inner outer addmm addmv addbmm baddbmm addr einsum tensordot kron cross cdist dist
    """,
    "gradients": "op no_grad enable_grad set_grad_enabled is_grad_enabled",
}
OTHERS = {
    "Tensor": """
        view view_as reshape_as T mT expand expand_as repeat contiguous unfold __getitem__ __setitem__ register_hook
        backward
    """,
    "linalg": """
        norm vector_norm matrix_norm vecdot inv solve solve_triangular det slogdet cholesky qr eigh svd pinv
        matrix_power multi_dot matrix_exp diagonal cross
    """,
    "nn.functional": """
        conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d max_pool1d max_pool2d max_pool3d
        avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
        adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d unfold fold linear bilinear embedding normalize
        cosine_similarity pairwise_distance relu relu6 leaky_relu prelu elu celu selu gelu silu mish softplus softsign
        softshrink hardshrink tanhshrink hardtanh hardsigmoid hardswish threshold glu logsigmoid layer_norm rms_norm
        group_norm instance_norm batch_norm local_response_norm dropout dropout1d dropout2d dropout3d alpha_dropout
        interpolate scaled_dot_product_attention mse_loss l1_loss smooth_l1_loss huber_loss cross_entropy nll_loss
        binary_cross_entropy binary_cross_entropy_with_logits kl_div poisson_nll_loss gaussian_nll_loss
        hinge_embedding_loss margin_ranking_loss multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss
        soft_margin_loss cosine_embedding_loss triplet_margin_loss softmax log_softmax softmin pad pixel_shuffle
        pixel_unshuffle channel_shuffle one_hot sigmoid tanh
    """,
    "autograd": "Function backward grad gradcheck gradgradcheck detect_anomaly set_detect_anomaly",
    "autograd.function": "once_differentiable",
    "autograd.function.FunctionCtx": "save_for_backward",
    "autograd.functional": "jvp vjp jacobian hessian",
    "func": "jvp vjp grad value_and_grad jacrev jacfwd hessian functional_call",
    "nn.Module": "register_forward_hook register_forward_pre_hook register_full_backward_hook",
    "utils.checkpoint": "checkpoint",
    "testing": "check_op calls cotangents",
}
EXPECTED = [name for names in FUNCTIONS.values() for name in names.split()]
EXPECTED += [f"{where}.{name}" for where, names in OTHERS.items() for name in names.split()]
HAS_NOT = {"op", "testing.check_op", "testing.calls", "testing.cotangents", "func.value_and_grad"}  # PyTorch


def found(module: Any, path: str) -> Any:
    """Return what a path leads to, through modules and classes, or None."""
    for name in path.split("."):
        try:
            module = getattr(module, name)
        except AttributeError:
            try:
                module = importlib.import_module(f"{module.__name__}.{name}")
            except (AttributeError, ImportError):
                return None
    return module


def absent() -> set[str]:
    """Return the names in the first column of the table of absent names."""
    text = PAGE.read_text(encoding="utf-8")
    section = text[text.index("\n## Absent") :]
    cells = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in cells)
    return {name for row in cells[1:] for name in re.findall(r"`([^`]+)`", row[0])}


ABSENT = absent()


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.mark.parametrize("path", EXPECTED)
def test_the_name_exists(path):
    assert found(tg, path) is not None or path in ABSENT


@pytest.mark.parametrize("path", sorted(ABSENT))
def test_what_is_said_to_be_absent_is(path):
    there = found(tg, path)
    if there is not None:
        with pytest.raises(NotImplementedError):
            there(tg.ones(1), (1,), (1,))


@pytest.mark.parametrize("path", EXPECTED)
def test_the_name_is_that_of_pytorch(path, torch):
    assert (found(torch, path) is None) == (path in HAS_NOT)


@pytest.mark.parametrize("path", EXPECTED)
def test_what_pytorch_has_by_the_name_exists(path, torch):
    """PyTorch's further forms of a function: methods, in-place forms, and the same in `nn.functional` and `linalg`."""
    *module, name = path.split(".")
    if module in ([], ["linalg"], ["nn", "functional"]):
        forms = ["Tensor.{}", "Tensor.{}_", "linalg.{}", "nn.functional.{}", "nn.functional.{}_"]
        for other in [form.format(name) for form in forms]:
            if found(torch, other) is not None:
                assert found(tg, other) is not None or other in ABSENT, other


@pytest.mark.parametrize("path", sorted(ABSENT))
def test_pytorch_has_what_is_absent(path, torch):
    assert found(torch, path) is not None
