"""The losses beside PyTorch's: values, gradients and second derivatives, over all combinations of arguments."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.nn import functional as F

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed (extra `torch`)")

seeds = st.integers(0, 2**32 - 1)
reductions = st.sampled_from(["mean", "sum", "none"])
smoothings = st.sampled_from([0.0, 0.1, 1.0])


@st.composite
def inputs(draw: st.DrawFn) -> tuple[np.ndarray, int]:
    """Draw logits of shape (N, C), (N, C, d1, ...) or (C,), and the number of classes."""
    classes = draw(st.integers(1, 5))
    batch = draw(st.sampled_from([None, 1, 2, 7]))
    rest = draw(st.lists(st.integers(1, 3), max_size=2)) if batch else []
    shape = (classes,) if batch is None else (batch, classes, *rest)
    rng = np.random.default_rng(draw(seeds))
    return rng.normal(size=shape) * draw(st.sampled_from([0.1, 3.0, 50.0])), classes


def labels_for(x: np.ndarray, classes: int, ignore_index: int, rng: np.random.Generator, ignored: float) -> np.ndarray:
    shape = x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()
    labels = rng.integers(0, classes, shape)
    return np.asarray(np.where(rng.random(shape) < ignored, ignore_index, labels))


def compare(ours: Any, theirs: Any, x: np.ndarray, rng: np.random.Generator) -> None:
    """Compare two functions of x: value, gradient against a random cotangent, and that gradient's gradient."""
    input, other = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    with np.errstate(invalid="ignore"):  # a mean over no rows is NaN
        loss = ours(input)
    expected = theirs(other)
    assert loss.shape == tuple(expected.shape)
    assert loss.dtype == np.float64
    near(loss, expected)
    cotangent = np.asarray(rng.normal(size=loss.shape))
    (g,) = tg.autograd.grad(loss, input, tg.tensor(cotangent), create_graph=True)
    (expected_g,) = torch.autograd.grad(expected, other, torch.tensor(cotangent), create_graph=True)
    near(g, expected_g)
    direction = rng.normal(size=x.shape)
    near(derivative(tg, g, input, direction), derivative(torch, expected_g, other, direction))


def derivative(library: Any, g: Any, x: Any, direction: np.ndarray) -> Any:
    """Return the derivative of g along a direction; 0 where g is constant, as for a loss that is linear."""
    if not g.requires_grad:
        return library.zeros_like(x)
    (out,) = library.autograd.grad(g, x, library.tensor(direction), allow_unused=True)
    return library.zeros_like(x) if out is None else out


def near(ours: Any, theirs: Any) -> None:
    """Compare, up to the rounding of differences of numbers near 1: the gradients of saturated logits are such."""
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-9, atol=1e-13)


@given(inputs(), reductions, smoothings, st.booleans(), st.sampled_from([-100, -1, 0, 1]), seeds, st.data())
def test_cross_entropy_of_labels(
    drawn: Any, reduction: str, smoothing: float, weighted: bool, ignore_index: int, seed: int, data: st.DataObject
) -> None:
    x, classes = drawn
    rng = np.random.default_rng(seed)
    labels = labels_for(x, classes, ignore_index, rng, data.draw(st.sampled_from([0.0, 0.4, 1.0])))
    kind = data.draw(st.sampled_from([np.int64, np.int32, np.int8]))
    weight = rng.uniform(0.1, 2, classes) if weighted else None
    options = {"ignore_index": ignore_index, "reduction": reduction, "label_smoothing": smoothing}
    compare(
        lambda input: F.cross_entropy(input, labels.astype(kind), weight, **options),
        lambda input: torch.nn.functional.cross_entropy(
            input, torch.tensor(labels), None if weight is None else torch.tensor(weight), **options
        ),
        x,
        rng,
    )


@given(inputs(), reductions, smoothings, st.booleans(), seeds)
def test_cross_entropy_of_probabilities(
    drawn: Any, reduction: str, smoothing: float, weighted: bool, seed: int
) -> None:
    x, classes = drawn
    rng = np.random.default_rng(seed)
    p = rng.random(x.shape)
    weight = rng.uniform(0.1, 2, classes) if weighted else None
    options = {"reduction": reduction, "label_smoothing": smoothing}
    compare(
        lambda input: F.cross_entropy(input, p, weight, **options),
        lambda input: torch.nn.functional.cross_entropy(
            input, torch.tensor(p), None if weight is None else torch.tensor(weight), **options
        ),
        x,
        rng,
    )
    compare(  # the probabilities may be what is learned
        lambda target: F.cross_entropy(tg.tensor(x), target, weight, **options),
        lambda target: torch.nn.functional.cross_entropy(
            torch.tensor(x), target, None if weight is None else torch.tensor(weight), **options
        ),
        p,
        rng,
    )


@given(inputs(), reductions, st.booleans(), st.sampled_from([-100, -1, 0, 1]), seeds, st.sampled_from([0.0, 0.4, 1.0]))
def test_nll_loss(drawn: Any, reduction: str, weighted: bool, ignore_index: int, seed: int, ignored: float) -> None:
    x, classes = drawn
    rng = np.random.default_rng(seed)
    labels = labels_for(x, classes, ignore_index, rng, ignored)
    weight = rng.uniform(0.1, 2, classes) if weighted else None
    options = {"ignore_index": ignore_index, "reduction": reduction}
    compare(
        lambda input: F.nll_loss(input, labels, weight, **options),
        lambda input: torch.nn.functional.nll_loss(
            input, torch.tensor(labels), None if weight is None else torch.tensor(weight), **options
        ),
        x,
        rng,
    )


@given(st.lists(st.integers(1, 4), max_size=3), reductions, seeds)
def test_mse_loss(shape: list[int], reduction: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, target = np.asarray(rng.normal(size=shape)), np.asarray(rng.normal(size=shape))
    compare(
        lambda input: F.mse_loss(input, target, reduction=reduction),
        lambda input: torch.nn.functional.mse_loss(input, torch.tensor(target), reduction=reduction),
        x,
        rng,
    )


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5), st.sampled_from([-1, 7, 9]))
def test_one_hot(labels: list[int], num_classes: int) -> None:
    expected = torch.nn.functional.one_hot(torch.tensor(labels), num_classes)
    np.testing.assert_array_equal(F.one_hot(tg.tensor(labels), num_classes).numpy(), expected.numpy(), strict=True)
