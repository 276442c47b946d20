"""Arithmetic of shapes, against NumPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes

from tinygrad_np._shapes import (
    count,
    infer_shape,
    kept_shape,
    normalise_dim,
    normalise_dims,
    normalise_shape,
    summed_axes,
)

shapes = array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


@given(shape=shapes, data=st.data())
def test_reductions_leave_numpy_s_shape(shape: tuple[int, ...], data: st.DataObject) -> None:
    dims = data.draw(
        st.lists(st.integers(-len(shape), len(shape) - 1), unique_by=lambda d: d % len(shape)) if shape else st.just([])
    )
    axes = normalise_dims(dims or None, len(shape), "sum")
    x = np.ones(shape)
    folded = np.sum(x, tuple(dims) if dims else None, keepdims=True)
    assert kept_shape(shape, axes) == folded.shape
    assert (folded == count(shape, axes)).all()
    assert axes == tuple(sorted(axes))


@given(pair=mutually_broadcastable_shapes(num_shapes=1, base_shape=(2, 1, 3), max_side=3))
def test_summed_axes_undo_a_broadcast(pair: Any) -> None:
    (small,) = pair.input_shapes
    large = pair.result_shape
    added, stretched = summed_axes(large, small)  # type: ignore[misc]
    summed = np.ones(large).sum(added).sum(stretched, keepdims=True) if large else np.ones(())
    assert summed.shape == small
    assert summed.sum() == np.prod(large)


@example(first=(1,), second=(0,))
@given(first=shapes, second=shapes)
def test_summed_axes_know_what_does_not_broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    try:
        fits = np.broadcast_shapes(first, second) == first
    except ValueError:
        fits = False
    assert (summed_axes(first, second) is not None) == fits


@given(shape=array_shapes(max_dims=4, min_side=1), data=st.data())
def test_one_size_of_a_shape_is_worked_out(shape: tuple[int, ...], data: st.DataObject) -> None:
    hole = data.draw(st.integers(0, len(shape) - 1))
    asked = (*shape[:hole], -1, *shape[hole + 1 :])
    assert infer_shape(asked, int(np.prod(shape)), "view") == shape == infer_shape(shape, int(np.prod(shape)), "view")


@given(shape=shapes)
def test_a_shape_is_given_in_three_forms(shape: tuple[int, ...]) -> None:
    for form in ((shape,), (list(shape),), (tuple(map(np.int64, shape)),), shape):
        assert normalise_shape(form, "zeros") == shape


def test_a_0_d_tensor_has_dim_0_and_minus_1() -> None:
    assert [normalise_dims(dim, 0, "sum") for dim in (0, -1, (), None)] == [()] * 4


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: normalise_dim(2, 2, "sum"),
            IndexError,
            "sum: dim 2 is out of range for 2 dimensions, expected -2 to 1",
        ),
        (lambda: normalise_dim(-2, 0, "sum"), IndexError, "sum: dim -2 is out of range for 0 dimensions"),
        (
            lambda: normalise_dims((0, -2), 2, "mean"),
            RuntimeError,
            r"mean: a dim appears more than once in dim=\(0, -2",
        ),
        (lambda: normalise_shape((2.5,), "zeros"), TypeError, r"zeros: a shape is made of integers, got \(2.5,\)"),
        (lambda: normalise_shape(("ab",), "zeros"), TypeError, "zeros: a shape is made of integers"),
        (lambda: infer_shape((-1, -1), 4, "view"), RuntimeError, "view: shape .* may have one -1"),
        (lambda: infer_shape((-2, 2), 4, "view"), RuntimeError, "view: shape .* no other negative size"),
        (lambda: infer_shape((0, -1), 0, "view"), RuntimeError, "view: the -1 in shape .* is ambiguous"),
        (
            lambda: infer_shape((3,), 4, "view"),
            RuntimeError,
            r"view: shape \(3,\) is invalid for a tensor of 4 entries",
        ),
        (lambda: infer_shape((3, -1), 4, "view"), RuntimeError, r"view: shape \(3, -1\) is invalid"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
