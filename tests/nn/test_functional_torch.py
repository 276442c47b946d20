"""The functions of networks beside PyTorch's: values and two derivatives, over their documented arguments."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="compares with PyTorch, which is not installed (extra `torch`)")
pytest.importorskip("expecttest", reason="PyTorch's sample calls need expecttest")

from tests.samples.comparing import agree, leaf
from tests.samples.topics.network import _by_formula as by_formula
from tests.test_random_torch import MKL

Array = np.ndarray[Any, Any]
Form = Callable[..., Any]

rng = np.random.default_rng(0)
REDUCTIONS = ["none", "mean", "sum"]


def drawn(*shape: int, low: float = -3, high: float = 3) -> Array:
    return np.asarray(rng.uniform(low, high, shape))


def labels(*shape: int, below: int) -> Array:
    return np.asarray(rng.integers(0, below, shape))


def called(name: str, *arguments: Any, **options: Any) -> Form:
    """Return the call of a function, of the tensors given and further arguments; arrays become constants."""

    def form(lib: Any, *tensors: Any) -> Any:
        def constant(x: Any) -> Any:
            return leaf(lib, x, False) if isinstance(x, np.ndarray) else x

        given = [constant(x) for x in arguments]
        return getattr(lib.nn.functional, name)(*tensors, *given, **{k: constant(x) for k, x in options.items()})

    return form


def titled(cases: list[tuple[str, tuple[Any, ...], dict[str, Any]]]) -> list[Any]:
    def text(x: Any) -> str:
        return f"array{x.shape}" if isinstance(x, np.ndarray) else str(x)

    return [
        pytest.param(
            *case, id=f"{case[0]}-{', '.join([*map(text, case[1]), *(f'{k}={text(x)}' for k, x in case[2].items())])}"
        )
        for case in cases
    ]


# --------------------------------------------------------------------------------------------------------- activations

ACTIVATIONS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("relu6", (), {}),
    ("leaky_relu", (), {}),
    ("leaky_relu", (0.3,), {}),
    ("leaky_relu", (), {"negative_slope": -0.5}),
    ("leaky_relu", (0.0,), {}),
    ("elu", (), {}),
    ("elu", (1.7,), {}),
    ("elu", (), {"alpha": -0.5}),
    ("celu", (), {}),
    ("celu", (0.4,), {}),
    ("celu", (), {"alpha": -2.0}),
    ("selu", (), {}),
    ("gelu", (), {}),
    ("gelu", (), {"approximate": "none"}),
    ("gelu", (), {"approximate": "tanh"}),
    ("silu", (), {}),
    ("mish", (), {}),
    ("softplus", (), {}),
    ("softplus", (2.0,), {}),
    ("softplus", (), {"beta": 1.5, "threshold": 1.0}),
    ("softplus", (), {"beta": -1.0}),
    ("softsign", (), {}),
    ("softshrink", (), {}),
    ("softshrink", (1.2,), {}),
    ("softshrink", (), {"lambd": 0.0}),
    ("hardshrink", (), {}),
    ("hardshrink", (1.2,), {}),
    ("hardshrink", (), {"lambd": -1.0}),
    ("tanhshrink", (), {}),
    ("hardtanh", (), {}),
    ("hardtanh", (-2.0, 0.5), {}),
    ("hardtanh", (), {"min_val": 1.0, "max_val": 1.0}),
    ("hardsigmoid", (), {}),
    ("hardswish", (), {}),
    ("threshold", (0.5, -7.0), {}),
    ("threshold", (), {"threshold": -1.0, "value": 2.0}),
    ("logsigmoid", (), {}),
    ("rrelu", (), {}),
    ("rrelu", (0.2, 0.6, True), {}),
    ("rrelu", (), {"lower": -0.5, "upper": 0.25}),
]


@pytest.mark.parametrize(("name", "arguments", "options"), titled(ACTIVATIONS))
def test_activations(name, arguments, options):
    form = called(name, *arguments, **options)
    for x in (drawn(3, 4) * 2, drawn(4, 3).T, drawn(), drawn(0, 3), drawn(2, 3, 6)[..., ::2]):
        agree(form, [x], orders=1 if name == "hardsigmoid" else 2)  # PyTorch has no second derivative of that one


FAR = np.array([-1e4, -300.0, -40.0, -20.0, 20.0, 40.0, 300.0, 1e4])


@pytest.mark.parametrize(("name", "arguments", "options"), titled(ACTIVATIONS))
def test_activations_far_from_zero(name, arguments, options):
    agree(called(name, *arguments, **options), [FAR], orders=1)


SPECIAL = np.array([np.nan, np.inf, -np.inf])


@pytest.mark.parametrize(("name", "arguments", "options"), titled(ACTIVATIONS))
def test_activations_of_nan_and_infinities(name, arguments, options):
    agree(called(name, *arguments, **options), [SPECIAL], orders=0)


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -3])
def test_glu(dim):
    agree(called("glu", dim), [drawn(2, 4, 6)])


@pytest.mark.parametrize("channels", [(), (1,), (4,)])
@pytest.mark.parametrize("shape", [(3, 4), (2, 4, 3), (2, 4, 2, 3), (0, 4)])
def test_prelu(shape, channels):
    agree(called("prelu"), [drawn(*shape), drawn(*channels)])


# ------------------------------------------------------------------------------------------------------------- losses

SHAPES = [(3, 4), (), (5,), (2, 3, 4)]
P, Q = drawn(3, 4, low=0.1, high=0.9), drawn(3, 4, low=0.1, high=0.9)
SIGNS = np.sign(drawn(3, 4))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mse_loss", {}),
        ("l1_loss", {}),
        ("smooth_l1_loss", {}),
        ("smooth_l1_loss", {"beta": 0.3}),
        ("smooth_l1_loss", {"beta": 0.0}),
        ("huber_loss", {}),
        ("huber_loss", {"delta": 2.5}),
        ("kl_div", {"log_target": True}),
        ("poisson_nll_loss", {}),
    ],
)
def test_losses_of_two(name, options, reduction):
    for shape in SHAPES:
        agree(called(name, reduction=reduction, **options), [drawn(*shape), drawn(*shape)])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
def test_weighted_distances(name, reduction):
    def form(lib: Any, x: Any, target: Any, weight: Any) -> Any:
        return getattr(lib.nn.functional, name)(x, target, reduction=reduction, weight=weight)

    agree(form, [drawn(3, 4), drawn(3, 4), drawn(3, 4, low=0.5)])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [None, (3, 4), (4,), (3, 1), (1,), ()])
def test_binary_cross_entropy(shape, reduction):
    weight = None if shape is None else drawn(*shape, low=0.5)
    agree(called("binary_cross_entropy", weight, reduction=reduction), [P, Q])
    for pos_weight in (None, drawn(4, low=0.5), drawn(3, 1, low=0.5)):
        options = {"reduction": reduction, "pos_weight": pos_weight}
        agree(called("binary_cross_entropy_with_logits", weight, **options), [drawn(3, 4), Q])


def test_binary_cross_entropy_at_the_ends():
    """As PyTorch: the logarithm is at least -100, and p (1 - p) at least 1e-12."""
    ends, wanted = np.array([0.0, 1.0, 0.0, 1.0, 1e-13]), np.array([1.0, 0.0, 0.0, 1.0, 1.0])
    agree(called("binary_cross_entropy", wanted, reduction="none"), [ends], orders=1)
    far = np.array([1e4, -1e4, 1e4, -1e4])
    agree(called("binary_cross_entropy_with_logits", wanted[:4], reduction="none"), [far], orders=1)


@pytest.mark.parametrize("reduction", [*REDUCTIONS, "batchmean"])
def test_kl_div(reduction):
    agree(called("kl_div", reduction=reduction), [np.log(P), Q])
    agree(called("kl_div", np.where(SIGNS > 0, Q, 0), reduction=reduction), [np.log(P)])
    agree(called("kl_div", reduction=reduction, log_target=True), [np.log(P[0]), np.log(Q[0])])
    agree(called("kl_div", reduction=reduction), [drawn(), drawn(low=0.5)])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("log_input", "full"), [*product([True, False], [True, False])])
def test_poisson_nll_loss(log_input, full, reduction):
    x, counts = drawn(3, 4, low=0.2), drawn(3, 4, low=0.1, high=5)
    for eps in (1e-8, 0.3):
        agree(called("poisson_nll_loss", log_input, full, eps=eps, reduction=reduction), [x, counts])
    agree(called("poisson_nll_loss", np.floor(counts), log_input, full, reduction=reduction), [x])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3), (2, 3, 1), (1, 3, 4), (2, 1, 4)])
def test_gaussian_nll_loss(shape, full, reduction):
    arrays = [drawn(2, 3, 4), drawn(2, 3, 4), drawn(*shape, low=0.1)]
    agree(called("gaussian_nll_loss", full, 0.5, reduction), arrays)
    agree(called("gaussian_nll_loss", 0.7, full, reduction=reduction), arrays[:2])


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_losses_with_a_margin(reduction):
    F = {"reduction": reduction}
    for margin in (0.0, 1, -0.5):
        agree(called("hinge_embedding_loss", SIGNS, margin, **F), [drawn(3, 4)])
        agree(called("margin_ranking_loss", SIGNS, margin, **F), [drawn(3, 4), drawn(3, 4)])
        agree(called("margin_ranking_loss", SIGNS[:1], margin, **F), [drawn(3, 4), drawn(3, 1)])
        agree(called("cosine_embedding_loss", SIGNS[:, 0], margin, **F), [drawn(3, 4), drawn(3, 4)])
        agree(called("cosine_embedding_loss", SIGNS[0, :1].reshape(()), margin, **F), [drawn(4), drawn(4)])
    agree(called("hinge_embedding_loss", SIGNS * np.arange(3)[:, None], **F), [drawn(3, 4)])
    agree(called("soft_margin_loss", SIGNS, **F), [drawn(3, 4)])
    agree(called("margin_ranking_loss", **F), [drawn(3), drawn(3), drawn(3)])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("p", [1, 2])
def test_multi_margin_loss(p, reduction):
    for margin, weight in product([1.0, 0.5, -1.0], [None, drawn(4, low=0.5)]):
        form = called("multi_margin_loss", labels(3, below=4), p, margin, weight, reduction=reduction)
        agree(form, [drawn(3, 4)], orders=1)
        for one in (labels(below=4), labels(1, below=4)):
            agree(called("multi_margin_loss", one, p, margin, weight, reduction=reduction), [drawn(4)], orders=1)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_multilabel_losses(reduction):
    target = np.array([[0, 2, -1, 1], [-1, 0, 1, 2], [1, 1, 3, 0]])
    agree(called("multilabel_margin_loss", target, reduction=reduction), [drawn(3, 4)], orders=1)
    agree(called("multilabel_margin_loss", target[0], reduction=reduction), [drawn(4)], orders=1)
    for weight in (None, drawn(4, low=0.5), drawn(3, 4, low=0.5)):
        agree(called("multilabel_soft_margin_loss", weight, reduction=reduction), [drawn(3, 4), Q])
    agree(called("multilabel_soft_margin_loss", reduction=reduction), [drawn(4), drawn(4)])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("swap", [False, True])
def test_triplets(swap, reduction):
    for shape in ((3, 4), (4,), (2, 3, 4)):
        arrays = [drawn(*shape), drawn(*shape), drawn(*shape)]
        for p, margin in product([2, 1.0, 3], [0.5, 4.0]):
            agree(called("triplet_margin_loss", margin, p, 1e-3, swap, reduction=reduction), arrays)

        def own(lib: Any, a: Any, b: Any, c: Any) -> Any:
            def distance(x: Any, y: Any) -> Any:
                return 1 - lib.nn.functional.cosine_similarity(x, y, -1)

            options: dict[str, Any] = {"margin": 0.5, "swap": swap, "reduction": reduction}
            usual = lib.nn.functional.triplet_margin_with_distance_loss(a, b, c, **options)
            return usual, lib.nn.functional.triplet_margin_with_distance_loss(
                a, b, c, distance_function=distance, **options
            )

        agree(own, arrays)


# ------------------------------------------------------------------------------------------ normalisation, distances


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_layer_norm_and_rms_norm(dims, eps):
    x = drawn(2, 3, 4)
    last = x.shape[3 - dims :]

    def form(lib: Any, x: Any, *more: Any) -> Any:
        F = lib.nn.functional
        return F.layer_norm(x, last, *more, eps=eps), F.rms_norm(x, list(last), *more[:1], eps=eps), F.rms_norm(x, last)

    agree(form, [x])
    agree(form, [x, drawn(*last)])
    agree(form, [x, drawn(*last), drawn(*last)])
    agree(form, [x.transpose(2, 1, 0).copy().transpose(2, 1, 0), drawn(*last), drawn(*last)])


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("shape", [(3, 4), (2, 4, 3), (2, 4, 2, 3), (0, 4, 3)])
def test_group_norm(shape, groups):
    if shape == (3, 4) and groups == 4:
        return  # of one entry each: 0 but for rounding
    agree(called("group_norm", num_groups=groups), [drawn(*shape)])
    agree(lambda lib, x, w, b: lib.nn.functional.group_norm(x, groups, w, b, 0.2), [drawn(*shape), drawn(4), drawn(4)])


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
@pytest.mark.parametrize("momentum", [0.1, 0.0, 1.0])
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("shape", [(3, 4, 2), (2, 4, 3, 2), (1, 4, 3)])
def test_running_statistics(shape, own, momentum, name):
    """They move in place, by PyTorch's rule; they are what is used without ``training``."""
    start = [drawn(4), drawn(4, low=0.5)]
    flag = "training" if name == "batch_norm" else "use_input_stats"

    def form(lib: Any, x: Any, w: Any, b: Any) -> Any:
        mean, var = (leaf(lib, each, False) for each in start)
        function = getattr(lib.nn.functional, name)
        options = {flag: own, "momentum": momentum, "eps": 0.1}
        return function(x, mean, var, w, b, **options), function(x, mean, var, **options), mean, var

    agree(form, [drawn(*shape), drawn(4), drawn(4)])


def test_batch_norm_of_a_table_and_without_running_statistics():
    agree(
        lambda lib, x, w, b: lib.nn.functional.batch_norm(x, None, None, w, b, True), [drawn(5, 4), drawn(4), drawn(4)]
    )
    agree(lambda lib, x: lib.nn.functional.batch_norm(x, None, None, training=True, eps=2.0), [drawn(5, 4)])
    agree(lambda lib, x: lib.nn.functional.instance_norm(x, eps=2.0), [drawn(5, 4, 3)])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 12])
@pytest.mark.parametrize("shape", [(2, 6, 3), (2, 6, 3, 2), (1, 6, 2, 2, 2)])
def test_local_response_norm(shape, size):
    agree(called("local_response_norm", size), [drawn(*shape)])
    agree(called("local_response_norm", size, 0.5, 0.6, 2.0), [drawn(*shape)])


@pytest.mark.parametrize("p", [1, 2, 3.5, 0.5, float("inf")])
def test_normalize_and_pairwise_distance(p):
    for dim in (0, -1, (0, 2)):
        agree(called("normalize", p, dim), [drawn(3, 4, 3)])
    agree(called("normalize", p, eps=20.0), [drawn(3, 4)])
    for keepdim in (False, True):
        agree(called("pairwise_distance", p, 0.1, keepdim), [drawn(3, 4), drawn(4)])
        agree(called("pairwise_distance", p, keepdim=keepdim), [drawn(2, 1, 4), drawn(3, 4)])


def test_cosine_similarity():
    for dim in (0, 1, -1):
        agree(called("cosine_similarity", dim), [drawn(3, 4), drawn(3, 4)])
        agree(called("cosine_similarity", dim, 0.1), [drawn(3, 4), drawn(1, 4)])
    agree(called("cosine_similarity", np.arange(1, 5), -1), [drawn(3, 4)])
    agree(called("cosine_similarity", -1), [np.zeros((2, 3)), drawn(2, 3)], orders=1)


# ----------------------------------------------------------------------------- embedding, bilinear, dropout, attention


@pytest.mark.parametrize("padding_idx", [None, 0, 2, -1, -5])
@pytest.mark.parametrize("index", [labels(below=5), labels(7, below=5), labels(2, 3, below=5).astype(np.int32)])
def test_embedding(index, padding_idx):
    def form(lib: Any, table: Any) -> Any:
        return lib.nn.functional.embedding(leaf(lib, index, False), table, padding_idx)

    agree(form, [drawn(5, 3)])


@pytest.mark.parametrize("padding_idx", [None, 1])
def test_embedding_scaled_by_frequency(padding_idx):
    index = np.array([[0, 0, 1], [2, 1, 0]])
    agree(
        lambda lib, table: lib.nn.functional.embedding(
            leaf(lib, index, False), table, padding_idx, scale_grad_by_freq=True
        ),
        [drawn(4, 3)],
        orders=1,
    )


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3])
def test_embedding_shortens_rows_in_place(norm_type):
    def form(lib: Any, table: Any) -> Any:
        index = lib.tensor([[0, 2], [2, 3]])
        return lib.nn.functional.embedding(index, table, max_norm=1.5, norm_type=norm_type), table.detach()

    agree(form, [drawn(5, 3)])


@pytest.mark.parametrize("batch", [(), (4,), (2, 3), (0,)])
@pytest.mark.parametrize("biased", [False, True])
def test_bilinear(biased, batch):
    more = [drawn(5)] if biased else []
    agree(called("bilinear"), [drawn(*batch, 3), drawn(*batch, 4), drawn(5, 3, 4), *more])


@pytest.mark.skipif(MKL, reason="PyTorch with MKL on an Intel processor draws dropout from another generator")
@pytest.mark.parametrize("p", [0, 0.3, 0.5, 1])
@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("dropout", [(), (5,), (3, 4)]),
        ("alpha_dropout", [(), (5,), (3, 4)]),
        ("dropout1d", [(3, 4), (2, 3, 4)]),
        ("dropout2d", [(2, 3, 4), (2, 3, 2, 2)]),
        ("dropout3d", [(3, 2, 2, 2), (2, 3, 2, 1, 2)]),
        ("feature_alpha_dropout", [(3, 4), (2, 3, 4), (2, 3, 2, 2)]),
    ],
)
def test_dropouts(name, shapes, p):
    for shape in shapes:
        agree(called(name, p, True), [drawn(*shape)])
        agree(called(name, p, False), [drawn(*shape)])


def attention(*arguments: Any, **options: Any) -> Form:
    def form(lib: Any, query: Any, key: Any, value: Any, *more: Any) -> Any:
        function = by_formula(lib.nn.functional.scaled_dot_product_attention)
        given = [leaf(lib, x, False) if isinstance(x, np.ndarray) else x for x in arguments]
        return function(query, key, value, *more, *given, **options)

    return form


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
def test_attention(batch):
    arrays = [drawn(*batch, 4, 3), drawn(*batch, 5, 3), drawn(*batch, 5, 2)]
    agree(attention(), arrays)
    agree(attention(is_causal=True), arrays)
    agree(attention(None, 0.0, True, scale=0.3), [arrays[1], arrays[0], drawn(*batch, 4, 2)])
    mask = drawn(4, 5) > 0
    mask[1] = False  # a query that may look at nothing
    agree(attention(mask), arrays)
    agree(attention(np.where(mask, 0, -np.inf)), arrays)
    agree(attention(), [*arrays, drawn(4, 5)])  # the mask may be learned
    agree(attention(), [*arrays, drawn(*batch, 1, 5)])
    agree(attention(dropout_p=1.0), arrays)
    if not MKL:
        agree(attention(dropout_p=0.4), arrays)


@pytest.mark.parametrize(("heads", "of_key", "of_value"), [(6, 2, 2), (4, 1, 2), (3, 3, 3)])
def test_attention_of_grouped_heads(heads, of_key, of_value):
    arrays = [drawn(2, heads, 4, 3), drawn(2, of_key, 5, 3), drawn(2, of_value, 5, 2)]
    agree(attention(enable_gqa=True), arrays)
    agree(attention(enable_gqa=True, is_causal=True), arrays)


def test_attention_to_nothing():
    agree(attention(), [drawn(2, 4, 3), drawn(2, 0, 3), drawn(2, 0, 2)])
    agree(attention(), [drawn(2, 4, 0), drawn(2, 5, 0), drawn(2, 5, 2)])
