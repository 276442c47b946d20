"""Tensors print as PyTorch prints them: fixed texts, properties, and PyTorch itself where it is installed."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from numpy.typing import NDArray

from tinygrad_np import _printing

DEFAULT_OPTIONS = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}


@contextmanager
def print_options(**changes: Any) -> Iterator[None]:
    """Print with these options for a while."""
    saved = _printing.get_printoptions()
    _printing.set_printoptions(**changes)
    try:
        yield
    finally:
        _printing.set_printoptions(**saved)


# Fixed texts, all as PyTorch 2.13 prints them ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.float32([1, 2.5]), "tensor([1.0000, 2.5000])"),
        (np.float32([1, 2]), "tensor([1., 2.])"),
        (np.array(3, np.float32), "tensor(3.)"),
        (np.float32([1, -0.5]), "tensor([ 1.0000, -0.5000])"),
        (np.int64([1, -20, 3]), "tensor([  1, -20,   3])"),
        (np.array([True, False]), "tensor([ True, False])"),
        (np.array(True), "tensor(True)"),
        (np.uint8([0, 255]), "tensor([  0, 255], dtype=uint8)"),
        (np.float64([0.1]), "tensor([0.1000], dtype=float64)"),
        (np.float16([0.1, 2]), "tensor([0.1000, 2.0000], dtype=float16)"),
        (np.float32([1, 1000]), "tensor([   1., 1000.])"),
        (np.float32([1, 1001]), "tensor([1.0000e+00, 1.0010e+03])"),
        (np.float64([1e-4, 1e-3]), "tensor([0.0001, 0.0010], dtype=float64)"),
        (np.float32([9.9e-5, 1e-3]), "tensor([9.9000e-05, 1.0000e-03])"),
        (np.float32([-1e8]), "tensor([-100000000.])"),
        (np.float32([-1.1e8, 0]), "tensor([-1.1000e+08,  0.0000e+00])"),
        (np.float32([math.nan, math.inf, -math.inf]), "tensor([nan, inf, -inf])"),
        (np.float32([math.nan, 10, -math.inf]), "tensor([nan, 10., -inf])"),
        (np.float32([math.nan, 1.5, -0.0]), "tensor([   nan, 1.5000, -0.0000])"),
        (np.zeros((2, 3), np.float32), "tensor([[0., 0., 0.],\n        [0., 0., 0.]])"),
        (np.zeros(0, np.float32), "tensor([])"),
        (np.zeros((0, 3), np.float32), "tensor([], size=(0, 3))"),
        (np.zeros((2, 0), np.int64), "tensor([], size=(2, 0), dtype=int64)"),
        (np.zeros(0, np.bool_), "tensor([], dtype=bool)"),
    ],
)
def test_known_texts(array: NDArray[Any], text: str) -> None:
    assert _printing.tensor_repr(array) == text


def test_brackets_are_nested_with_blank_lines_between_planes() -> None:
    assert _printing.tensor_repr(np.arange(24).reshape(2, 2, 2, 3)) == dedent("""\
        tensor([[[[ 0,  1,  2],
                  [ 3,  4,  5]],

                 [[ 6,  7,  8],
                  [ 9, 10, 11]]],


                [[[12, 13, 14],
                  [15, 16, 17]],

                 [[18, 19, 20],
                  [21, 22, 23]]]])""")


def test_a_long_row_is_broken_into_columns() -> None:
    assert _printing.tensor_repr(np.arange(20) * 1000) == dedent("""\
        tensor([    0,  1000,  2000,  3000,  4000,  5000,  6000,  7000,  8000,  9000,
                10000, 11000, 12000, 13000, 14000, 15000, 16000, 17000, 18000, 19000])""")
    assert _printing.tensor_repr(np.zeros(30, np.float32)) == dedent("""\
        tensor([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.,
                0., 0., 0., 0., 0., 0.])""")


def test_more_than_a_thousand_elements_are_summarised() -> None:
    assert "..." not in _printing.tensor_repr(np.arange(1000))
    assert _printing.tensor_repr(np.arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    assert _printing.tensor_repr(np.arange(10000).reshape(100, 100)) == dedent("""\
        tensor([[   0,    1,    2,  ...,   97,   98,   99],
                [ 100,  101,  102,  ...,  197,  198,  199],
                [ 200,  201,  202,  ...,  297,  298,  299],
                ...,
                [9700, 9701, 9702,  ..., 9797, 9798, 9799],
                [9800, 9801, 9802,  ..., 9897, 9898, 9899],
                [9900, 9901, 9902,  ..., 9997, 9998, 9999]])""")


def test_suffixes() -> None:
    array = np.float32([1, 2])
    assert _printing.tensor_repr(array, requires_grad=True) == "tensor([1., 2.], requires_grad=True)"
    assert _printing.tensor_repr(array, grad_fn="MulBackward0") == "tensor([1., 2.], grad_fn=<MulBackward0>)"
    both = _printing.tensor_repr(array, requires_grad=True, grad_fn="MulBackward0")
    assert both == "tensor([1., 2.], grad_fn=<MulBackward0>)"


@pytest.mark.parametrize(
    ("array", "linewidth", "end"),
    [
        (np.full(9, 1.5, np.float32), 80, " 1.5000],\n       grad_fn=<MulBackward0>)"),
        (np.full(10, 1.5, np.float32), 80, ",\n        1.5000], grad_fn=<MulBackward0>)"),
        # The narrowest cases on either side.
        (np.zeros((2, 15), np.int64), 80, " 0]], grad_fn=<MulBackward0>)"),
        (np.zeros(16, np.int64), 80, " 0],\n       grad_fn=<MulBackward0>)"),
        # After a first suffix, on the same line and on a new one.
        (np.full(7, 1.0), 80, " 1.], dtype=float64,\n       grad_fn=<MulBackward0>)"),
        (np.full(3, 0.5), 49, " 0.5000],\n       dtype=float64,\n       grad_fn=<MulBackward0>)"),
        (np.full(3, 0.5), 50, " 0.5000],\n       dtype=float64, grad_fn=<MulBackward0>)"),
    ],
)
def test_a_suffix_without_room_goes_to_the_next_line(array: NDArray[Any], linewidth: int, end: str) -> None:
    with print_options(linewidth=linewidth):
        assert _printing.tensor_repr(array, grad_fn="MulBackward0").endswith(end)


def test_lines_break_where_they_do_with_the_longer_dtype_of_pytorch() -> None:
    numbers = ", ".join(["1.5000"] * 7)
    assert _printing.tensor_repr(np.full(7, 1.5)) == f"tensor([{numbers}],\n       dtype=float64)"


def test_the_prefix_sets_the_indentation() -> None:
    text = _printing.tensor_repr(np.zeros((2, 1), np.float32), prefix="Image")
    assert text == "Image([[0.],\n       [0.]])"


def test_the_default_dtype_goes_without_saying() -> None:
    assert _printing.tensor_repr(np.float64([1]), default_dtype=np.float64) == "tensor([1.])"
    assert _printing.tensor_repr(np.float32([1]), default_dtype=np.float64) == "tensor([1.], dtype=float32)"


# Properties ----------------------------------------------------------------------------------------------------------


def test_only_what_is_shown_is_read() -> None:
    # 10^15 elements that share one number: whoever copies or walks through all of them does not come back.
    huge = np.broadcast_to(np.float32(0.5), (10**9, 10**6))
    row = "[0.5000, 0.5000, 0.5000,  ..., 0.5000, 0.5000, 0.5000]"
    rows = (",\n" + " " * 8).join([row] * 3)
    assert _printing.tensor_repr(huge) == f"tensor([{rows},\n        ...,\n        {rows}])"


@given(shape=array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=8), data=st.data())
def test_memory_layout_does_not_show(shape: tuple[int, ...], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    array = np.arange(math.prod(shape), dtype=np.float64).reshape(shape)
    view = array.transpose(order)[..., ::-1] if shape else array
    before = array.copy()
    assert _printing.tensor_repr(view) == _printing.tensor_repr(view.copy())
    np.testing.assert_array_equal(array, before)


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_what_is_shown_reads_back(values: list[float]) -> None:
    with print_options(precision=17, sci_mode=True):
        text = _printing.tensor_repr(np.array(values), default_dtype=np.float64)
    numbers = text.removeprefix("tensor([").removesuffix("])").split(",")
    assert [float(number) for number in numbers] == values


# Options -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "array", "text"),
    [
        ({"precision": 2}, np.float32([1, 2.5]), "tensor([1.00, 2.50])"),
        ({"precision": 0}, np.float32([1, 2.5]), "tensor([1, 2])"),
        ({"sci_mode": True}, np.float32([1, 0]), "tensor([1.0000e+00, 0.0000e+00])"),
        ({"sci_mode": False}, np.float32([1e-5, 0.5]), "tensor([0.0000, 0.5000])"),
        ({"threshold": 5}, np.arange(6), "tensor([0, 1, 2, 3, 4, 5])"),
        ({"threshold": 5}, np.arange(7), "tensor([0, 1, 2,  ..., 4, 5, 6])"),
        ({"threshold": 5, "edgeitems": 1}, np.arange(7), "tensor([0,  ..., 6])"),
        ({"threshold": 2, "edgeitems": 0}, np.arange(3), "tensor([...], size=(3,))"),
        ({"threshold": 0, "edgeitems": 0}, np.array(3), "tensor(3, size=())"),
        ({"linewidth": 20}, np.arange(4).reshape(1, 4), "tensor([[0, 1, 2, 3]])"),
        ({"linewidth": 0}, np.arange(2), "tensor([0,\n        1])"),
    ],
)
def test_options(options: dict[str, Any], array: NDArray[Any], text: str) -> None:
    with print_options(**options):
        assert _printing.tensor_repr(array) == text


def test_an_option_left_out_keeps_its_value_but_for_sci_mode() -> None:
    with print_options(precision=2, linewidth=40, sci_mode=True):
        _printing.set_printoptions(edgeitems=1)
        changed = {"precision": 2, "linewidth": 40, "edgeitems": 1, "sci_mode": None}
        assert _printing.get_printoptions() == DEFAULT_OPTIONS | changed
    assert _printing.get_printoptions() == DEFAULT_OPTIONS


@pytest.mark.parametrize(
    ("profile", "changes"),
    [("default", {}), ("short", {"precision": 2, "edgeitems": 2}), ("full", {"threshold": math.inf})],
)
def test_profiles(profile: str, changes: dict[str, float]) -> None:
    with print_options(precision=7, threshold=7, edgeitems=7, linewidth=7):
        _printing.set_printoptions(profile=profile)
        assert _printing.get_printoptions() == DEFAULT_OPTIONS | changes
        _printing.set_printoptions(profile=profile, linewidth=30)
        assert _printing.get_printoptions() == DEFAULT_OPTIONS | changes | {"linewidth": 30}
        _printing.set_printoptions(profile=profile)
        assert _printing.get_printoptions() == DEFAULT_OPTIONS | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"precision": -1}, "set_printoptions: precision must be a whole number from 0 up, got -1"),
        ({"edgeitems": 2.5}, "set_printoptions: edgeitems must be a whole number from 0 up, got 2.5"),
        ({"linewidth": math.inf}, "set_printoptions: linewidth must be a whole number from 0 up, got inf"),
        ({"threshold": -1}, "set_printoptions: threshold must be a number from 0 up, got -1"),
        ({"threshold": math.nan}, "set_printoptions: threshold must be a number from 0 up, got nan"),
        ({"profile": "long"}, "set_printoptions: profile must be one of default, short, full, got 'long'"),
    ],
)
def test_bad_options_are_refused_and_change_nothing(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        _printing.set_printoptions(**({"sci_mode": True} | changes))
    assert _printing.get_printoptions() == DEFAULT_OPTIONS


def test_the_options_cannot_be_changed_from_behind() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _printing.PrintOptions().precision = 2


# Formatting ----------------------------------------------------------------------------------------------------------


class Shown:
    """Stands for a tensor: something with a text."""

    def __str__(self) -> str:
        return "shown"


@pytest.mark.parametrize(
    ("array", "spec", "text"),
    [
        (np.array(0.125, np.float32), ".1%", "12.5%"),
        (np.array(2.5), "", "2.5"),
        (np.array(7), "03d", "007"),
        (np.array(True), "", "True"),
        (np.array([2.5]), "", "shown"),
        (np.zeros((0, 3)), "", "shown"),
    ],
)
def test_format(array: NDArray[Any], spec: str, text: str) -> None:
    assert _printing.tensor_format(Shown(), array, spec) == text


def test_a_specification_for_many_numbers_is_refused() -> None:
    message = (
        "format: '.2f' formats a number, and a tensor of shape (2, 3) is not one; "
        "format its elements (x.item(), x.tolist()), or use set_printoptions(precision=...)"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        _printing.tensor_format(Shown(), np.zeros((2, 3)), ".2f")


def test_a_specification_that_does_not_suit_the_number_is_refused() -> None:
    with pytest.raises(ValueError, match="Unknown format code 'd'"):
        _printing.tensor_format(Shown(), np.array(2.5), "d")


# Against PyTorch -----------------------------------------------------------------------------------------------------

SMALL_SHAPES = array_shapes(min_dims=0, max_dims=5, min_side=1, max_side=5)
EMPTY_SHAPES = [(0,), (0, 3), (2, 0), (2, 0, 3)]
LONG_SHAPES = [(7,), (40,), (1000,), (1001,), (2, 501), (501, 2), (40, 30), (6, 200), (7, 7, 7, 7), (100, 2, 7)]


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


def kinds_of_numbers(dtype: np.dtype[Any]) -> list[st.SearchStrategy[Any]]:
    """Return strategies for numbers of the kinds that print differently."""
    if dtype.kind == "b":
        return [st.booleans()]
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        return [st.integers(0, 9), st.integers(int(bounds.min), int(bounds.max))]
    whole = st.integers(-1200, 1200).map(float)
    short = st.integers(-4000, 4000).map(lambda number: number / 8)
    at_the_limits = st.sampled_from([1e-4, -1e-4, 9.9e-5, 1000.0, 1001.0, 1e8, -1e8, 1.1e8, 0.0, -0.0])
    special = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0])
    anything = st.floats(width=8 * dtype.itemsize)
    return [whole | special, short | special, at_the_limits, anything, whole | short | at_the_limits]


@st.composite
def arrays(draw: st.DrawFn) -> NDArray[Any]:
    """Draw an array whose elements come from a palette of a few numbers, so that large ones are quick to draw."""
    dtype = np.dtype(draw(st.sampled_from(["float32", "float64", "float16", "int64", "int32", "uint8", "bool"])))
    numbers = draw(st.sampled_from(kinds_of_numbers(dtype)))
    with np.errstate(over="ignore"):  # float16 has no 1e8; infinity will do
        palette = np.array(draw(st.lists(numbers, min_size=1, max_size=8)), dtype=object).astype(dtype)
    shape = draw(SMALL_SHAPES | st.sampled_from(LONG_SHAPES + EMPTY_SHAPES))
    seed = draw(st.integers(0, 2**32 - 1))
    return palette[np.random.default_rng(seed).integers(len(palette), size=shape)].reshape(shape)


def check_against(torch: Any, array: NDArray[Any], default_dtype: str, history: str, options: dict[str, Any]) -> None:
    requires_grad = history != "constant" and array.dtype.kind == "f"
    computed = requires_grad and history == "computed"
    saved = torch.get_default_dtype()
    try:
        torch.set_default_dtype(getattr(torch, default_dtype))
        torch.set_printoptions(**options)
        tensor = torch.tensor(array, requires_grad=requires_grad)
        expected = repr(tensor.clone() if computed else tensor).replace("torch.", "")
    finally:
        torch.set_default_dtype(saved)
        torch.set_printoptions(profile="default")
    grad_fn = "CloneBackward0" if computed else None
    with print_options(**options):
        text = _printing.tensor_repr(array, default_dtype=default_dtype, requires_grad=requires_grad, grad_fn=grad_fn)
    assert text == expected


HISTORIES = st.sampled_from(["constant", "leaf", "computed"])


@given(array=arrays(), default_dtype=st.sampled_from(["float32", "float64"]), history=HISTORIES)
@settings(max_examples=200, deadline=None)
@example(array=np.zeros(0), default_dtype="float32", history="leaf")
@example(array=np.full((3, 11), 1.5), default_dtype="float32", history="computed")
@example(array=np.float64([5e-324, 1e308]), default_dtype="float32", history="constant")
def test_prints_as_pytorch(torch: Any, array: NDArray[Any], default_dtype: str, history: str) -> None:
    check_against(torch, array, default_dtype, history, options={})


@given(
    array=arrays(),
    history=HISTORIES,
    options=st.fixed_dictionaries(
        {},
        optional={
            "precision": st.integers(0, 8),
            "threshold": st.sampled_from([0, 1, 20, 1000, math.inf]),
            "edgeitems": st.integers(0, 4),
            "linewidth": st.integers(0, 120),
            "sci_mode": st.none() | st.booleans(),
            "profile": st.sampled_from(["default", "short", "full"]),
        },
    ),
)
@settings(max_examples=200, deadline=None)
@example(array=np.zeros(0), history="constant", options={"edgeitems": 0})
@example(array=np.zeros(3), history="constant", options={"edgeitems": 0, "threshold": 2})
def test_prints_as_pytorch_with_options(torch: Any, array: NDArray[Any], history: str, options: dict[str, Any]) -> None:
    check_against(torch, array, "float32", history, options)
