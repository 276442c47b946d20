"""The losses without PyTorch: definitions, agreements between ways to ask for the same, and every refusal."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np import nn
from tinygrad_np.nn import functional as F
from tinygrad_np.ops.network import NARROW

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)


def softmax(x: np.ndarray) -> np.ndarray:
    small = np.exp(x - x.max(1, keepdims=True))
    return small / small.sum(1, keepdims=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(m=sizes, n=sizes, seed=seeds)
def test_the_gradient_is_the_one_derived_by_hand_to_the_bit(dtype: type, m: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    Z2, labels = rng.normal(0, 3, (m, n)).astype(dtype), rng.integers(0, n, m)
    logits = tg.tensor(Z2, requires_grad=True)
    loss = nn.CrossEntropyLoss()(logits, tg.tensor(labels))
    loss.backward()
    dZ2 = softmax(Z2)
    dZ2[np.arange(m), labels] -= 1
    dZ2 /= m
    np.testing.assert_array_equal(logits.grad.numpy(), dZ2, strict=True)
    expected = -np.log(softmax(Z2.astype(np.float64)))[np.arange(m), labels].mean()
    assert loss.item() == pytest.approx(expected, rel=1e-6 if dtype is np.float32 else 1e-12, abs=1e-6)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 2), (4, 3, 2, 5), (3,)])
@pytest.mark.parametrize("kind", ["int8", "uint8", "int32", "int64", "uint64"])
def test_any_layout_is_the_mean_over_its_rows(shape: tuple[int, ...], kind: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    labels = rng.integers(0, 3, shape[:1] + shape[2:] if len(shape) > 1 else ()).astype(kind)
    rows = np.moveaxis(x, 1, -1).reshape(-1, 3) if len(shape) > 1 else x[None]
    input, flat = tg.tensor(x, requires_grad=True), tg.tensor(rows, requires_grad=True)
    loss, expected = F.cross_entropy(input, labels), F.cross_entropy(flat, labels.reshape(-1))
    assert loss.item() == expected.item()
    loss.backward()
    expected.backward()
    gradient = input.grad.numpy()
    gradient = np.moveaxis(gradient, 1, -1).reshape(-1, 3) if len(shape) > 1 else gradient[None]
    np.testing.assert_array_equal(gradient, flat.grad.numpy())


@given(m=sizes, n=sizes, seed=seeds, smoothing=st.sampled_from([0.0, 0.3]), weighted=st.booleans())
def test_ways_to_ask_for_the_same_agree(m: int, n: int, seed: int, smoothing: float, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    x, labels = rng.normal(0, 3, (m, n)), rng.integers(0, n, m)
    weight = rng.uniform(0.5, 2, n) if weighted else None
    losses = F.cross_entropy(x, labels, weight, reduction="none", label_smoothing=smoothing)
    total = F.cross_entropy(x, labels, weight, reduction="sum", label_smoothing=smoothing).item()
    mean = F.cross_entropy(x, labels, weight, label_smoothing=smoothing).item()
    assert losses.shape == (m,)
    assert losses.sum().item() == pytest.approx(total)
    assert total / (m if weight is None else weight[labels].sum()) == pytest.approx(mean)
    certain = F.cross_entropy(x, np.eye(n)[labels], weight, reduction="sum", label_smoothing=smoothing).item()
    if not weighted or not smoothing:  # smoothing weighs the share of a label by the weights of those who get it
        assert certain == pytest.approx(total)
    if not smoothing:
        log_p = F.log_softmax(x, 1)
        assert F.nll_loss(log_p, labels, weight).item() == pytest.approx(mean)
        assert nn.NLLLoss(None if weight is None else tg.tensor(weight))(log_p, labels).item() == pytest.approx(mean)
    module = nn.CrossEntropyLoss(None if weight is None else tg.tensor(weight), label_smoothing=smoothing)
    assert module(x, labels).item() == mean


@given(m=st.integers(2, 6), n=sizes, seed=seeds, ignore_index=st.sampled_from([-100, 0, 255]))
def test_ignored_rows_count_nothing(m: int, n: int, seed: int, ignore_index: int) -> None:
    rng = np.random.default_rng(seed)
    x, labels = rng.normal(0, 3, (m, n)), rng.integers(0, n, m)
    labels[0] = ignore_index
    kept = labels != ignore_index
    input = tg.tensor(x, requires_grad=True)
    with np.errstate(invalid="ignore"):
        loss = F.cross_entropy(input, labels, ignore_index=ignore_index)
    loss.backward()
    assert not input.grad.numpy()[~kept].any()
    if kept.any():
        assert loss.item() == pytest.approx(F.cross_entropy(x[kept], labels[kept]).item())
    else:
        assert np.isnan(loss.item())


def test_an_ignored_row_may_hold_anything() -> None:
    x = tg.tensor([[-np.inf, 0.0], [1.0, 2.0]], requires_grad=True)
    loss = F.cross_entropy(x, tg.tensor([-100, 1]), reduction="sum")
    loss.backward()
    assert loss.item() == pytest.approx(np.log1p(np.exp(-1)))
    assert x.grad.tolist()[0] == [0, 0]


def test_huge_logits_stay_finite() -> None:
    x = tg.tensor([[1e4, 0.0], [0.0, 1e4]], requires_grad=True)
    for options in ({}, {"label_smoothing": 0.5}, {"reduction": "none"}):
        loss = F.cross_entropy(x, tg.tensor([1, 1]), **options)
        assert np.isfinite(loss.detach().numpy()).all()
    assert F.cross_entropy(x, tg.tensor([0, 1])).item() == 0


@pytest.mark.parametrize("n", [2, NARROW, NARROW + 1, 40])
def test_the_maximum_is_taken_off_rows_of_any_length(n: int) -> None:
    rng = np.random.default_rng(n)
    x, labels = rng.choice([-1e4, 1e4], (5, n)), rng.integers(0, n, 5)
    exact = [np.log(np.count_nonzero(row == row.max())) + row.max() - row[t] for row, t in zip(x, labels, strict=True)]
    logits = tg.tensor(x, requires_grad=True)
    loss = F.cross_entropy(logits, tg.tensor(labels))
    assert loss.item() == pytest.approx(np.mean(exact), rel=1e-12)
    loss.backward()
    shares = (x == x.max(1, keepdims=True)) / np.count_nonzero(x == x.max(1, keepdims=True), axis=1)[:, None]
    np.testing.assert_allclose(logits.grad.numpy(), (shares - np.eye(n)[labels]) / 5, rtol=1e-12, atol=1e-15)


def test_an_empty_batch_has_no_mean_but_a_sum() -> None:
    with np.errstate(invalid="ignore"):
        assert np.isnan(F.cross_entropy(tg.zeros(0, 3), tg.zeros(0, dtype=tg.int64)).item())
    assert F.cross_entropy(tg.zeros(0, 3), tg.zeros(0, dtype=tg.int64), reduction="sum").item() == 0


@pytest.mark.parametrize("as_tensor", [tg.tensor, np.asarray])
def test_arrays_are_constants_and_a_tensor_comes_out(as_tensor: Any) -> None:
    x, labels = np.float32([[0, 1], [2, 3]]), np.array([0, 1])
    assert isinstance(F.cross_entropy(as_tensor(x), as_tensor(labels)), tg.Tensor)
    assert isinstance(F.nll_loss(as_tensor(x), as_tensor(labels)), tg.Tensor)
    assert isinstance(F.mse_loss(as_tensor(x), as_tensor(x)), tg.Tensor)
    assert isinstance(F.one_hot(as_tensor(labels)), tg.Tensor)


def test_the_inputs_are_left_alone() -> None:
    x, labels, weight = np.ones((3, 2)), np.array([0, 1, 1]), np.ones(2)
    for array in (x, labels, weight):
        array.flags.writeable = False
    F.cross_entropy(x, labels)
    F.cross_entropy(x, labels, weight, ignore_index=0, label_smoothing=0.1)
    F.cross_entropy(x, x, weight, label_smoothing=0.1)


def test_a_weight_that_is_learned_gets_its_gradient() -> None:
    weight = tg.ones(2, dtype=tg.float64, requires_grad=True)
    F.cross_entropy(tg.zeros(2, 2, dtype=tg.float64), tg.tensor([0, 1]), weight, reduction="sum").backward()
    np.testing.assert_allclose(weight.grad.numpy(), np.log([2, 2]))


X, LABELS = tg.zeros(3, 4), tg.tensor([0, 1, 2])
REFUSALS: list[tuple[type[Exception], str, tuple[Any, ...], dict[str, Any]]] = [
    (IndexError, "label 4 at row 1 is out of range for 4 classes, 0 to 3", (X, tg.tensor([0, 4, 1])), {}),
    (IndexError, "label -1 at row 2 is out of range", (X, tg.tensor([0, 1, -1])), {}),
    (IndexError, "label -100 at row 0 is out of", (X, tg.tensor([-100, 1, 1])), {"ignore_index": 7}),
    (IndexError, "label 255 at row 0 is out", (X, tg.tensor([255, 1, 1], dtype=tg.uint8)), {}),
    (IndexError, r"label 9 at row \(1, 0\) is out", (tg.zeros(2, 4, 1), tg.tensor([[0], [9]])), {}),
    (IndexError, r"label 5 at row \(\) is out", (tg.zeros(4), tg.tensor(5)), {}),
    (RuntimeError, r"an input of \(3, 4\) labels must have shape \(3,\), got \(2,\)", (X, tg.tensor([0, 1])), {}),
    (RuntimeError, r"labels must have shape \(3,\), got \(3, 1\)", (X, tg.zeros(3, 1, dtype=tg.int64)), {}),
    (RuntimeError, r"labels must have shape \(\), got \(1,\)", (tg.zeros(4), tg.tensor([1])), {}),
    (RuntimeError, r"integers, got float32 of shape \(3,\) for an input of \(3, 4\)", (X, tg.zeros(3)), {}),
    (RuntimeError, "labels must be integers, got bool", (X, tg.zeros(3, dtype=tg.bool)), {}),
    (RuntimeError, "input must be a float tensor, got int64", (tg.zeros(3, 4, dtype=tg.int64), LABELS), {}),
    (RuntimeError, r"input must have shape \(N, C\), .* got \(\)", (tg.zeros(()), LABELS), {}),
    (TypeError, "input must be a tensor or an array, got list", ([[0.0]], LABELS), {}),
    (TypeError, "target must be a tensor or an array, got list", (X, [0, 1, 2]), {}),
    (TypeError, "weight must be a tensor or an array, got list", (X, LABELS, [1.0, 1.0]), {}),
    (RuntimeError, r"weight must have shape \(4,\), one for each class, got \(3,\)", (X, LABELS, tg.ones(3)), {}),
    (RuntimeError, "the dtype of input, float32, got float64", (X, LABELS, tg.ones(4, dtype=tg.float64)), {}),
    (ValueError, "reduction must be 'mean', 'sum' or 'none', got 'max'", (X, LABELS), {"reduction": "max"}),
]
OF_CROSS_ENTROPY: list[tuple[type[Exception], str, tuple[Any, ...], dict[str, Any]]] = [
    (RuntimeError, r"probabilities and must be float, got int64; labels have shape \(3,\)", (X, X.long()), {}),
    (RuntimeError, "probabilities must have the input's shape", (X, tg.zeros(3)), {}),
    (RuntimeError, "it cannot be 0 for probabilities", (X, X), {"ignore_index": 0}),
    (RuntimeError, "label_smoothing must be between 0.0 and 1.0, got 1.5", (X, LABELS), {"label_smoothing": 1.5}),
    (RuntimeError, "label_smoothing must be between 0.0 and 1.0, got -1", (X, LABELS), {"label_smoothing": -1}),
    (RuntimeError, "label_smoothing must be between 0.0 and 1.0, got nan", (X, LABELS), {"label_smoothing": np.nan}),
]


@pytest.mark.parametrize(("kind", "message", "args", "options"), [*REFUSALS, *OF_CROSS_ENTROPY])
def test_what_cross_entropy_refuses(kind: type[Exception], message: str, args: Any, options: Any) -> None:
    with pytest.raises(kind, match=f"^cross_entropy: .*{message}"):
        F.cross_entropy(*args, **options)


@pytest.mark.parametrize(("kind", "message", "args", "options"), REFUSALS)
def test_what_nll_loss_refuses(kind: type[Exception], message: str, args: Any, options: Any) -> None:
    with pytest.raises(kind, match=f"^nll_loss: .*{message}"):
        F.nll_loss(*args, **options)


def test_what_mse_loss_refuses() -> None:
    with pytest.raises(RuntimeError, match=r"^mse_loss: input has shape \(3,\), target \(3, 1\); they must be equal"):
        F.mse_loss(tg.zeros(3), tg.zeros(3, 1))
    with pytest.raises(ValueError, match=r"^mse_loss: reduction must be 'mean', 'sum' or 'none', got 1"):
        F.mse_loss(tg.zeros(3), tg.zeros(3), reduction=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^mse_loss: target must be a tensor or an array, got float"):
        F.mse_loss(tg.zeros(()), 0.0)


@pytest.mark.parametrize(
    ("message", "labels", "num_classes"),
    [
        ("labels must be int64, got float32; call .long()", tg.zeros(2), -1),
        ("label 3 is not one of 3 classes, 0 to 2", tg.tensor([1, 3]), 3),
        ("label -2 is not one of 2 classes, 0 to 1", tg.tensor([1, -2]), -1),
        (r"no labels in shape \(0,\) to count classes by; pass num_classes", tg.zeros(0, dtype=tg.int64), -1),
        ("num_classes must be positive, got 0", tg.tensor([0]), 0),
    ],
)
def test_what_one_hot_refuses(message: str, labels: tg.Tensor, num_classes: int) -> None:
    with pytest.raises(RuntimeError, match=f"^one_hot: {message}"):
        F.one_hot(labels, num_classes)
