"""Promotion: PyTorch's table, and its laws; what is no dtype is refused by name."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np._dtypes import as_dtype, is_dtype_name, promote_types, result_type

NAMES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
dtypes = st.sampled_from(NAMES).map(np.dtype)


@given(a=dtypes, b=dtypes)
def test_promotion_is_symmetric_and_settles(a: Any, b: Any) -> None:
    assert promote_types(a, a) == a
    assert promote_types(a, b) == promote_types(b, a)
    assert promote_types(promote_types(a, b), b) == promote_types(a, b)
    if a.kind != "f" == b.kind:
        assert promote_types(a, b) == b


def operand(name: str, rank: str) -> Any:
    if rank == "scalar":
        return {"b": True, "u": 2, "i": 2, "f": 2.5}[np.dtype(name).kind]
    return np.ones(() if rank == "0-d" else 3, name)


@pytest.mark.parametrize("ranks", list(itertools.product(["array", "0-d", "scalar"], repeat=2)), ids="-".join)
def test_meeting_dtypes_as_in_pytorch(ranks: tuple[str, str]) -> None:
    torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    for names in itertools.product(NAMES, repeat=2):
        ours = [operand(name, rank) for name, rank in zip(names, ranks, strict=True)]
        theirs = [torch.tensor(x) if isinstance(x, np.ndarray) else x for x in ours]
        tensors = [tg.tensor(x) if isinstance(x, np.ndarray) else x for x in ours]
        assert str(torch.result_type(*theirs)) == f"torch.{result_type(*ours)}" == f"torch.{tg.result_type(*tensors)}"


def test_0_d_tensors_and_scalars_are_weak_within_their_category() -> None:
    wide, narrow = tg.tensor(1.0, dtype=tg.float64), tg.ones(2)
    assert tg.result_type(wide, narrow) == tg.float32
    assert tg.result_type(wide, tg.ones(2, dtype=tg.int64)) == tg.float64
    assert tg.result_type(tg.ones(2, dtype=tg.int16), 2**40) == tg.int16
    assert (wide * narrow).dtype == tg.float32


@given(dtype=dtypes)
def test_a_dtype_is_one_object_however_it_is_named(dtype: Any) -> None:
    for name in (dtype, dtype.name, dtype.type, dtype.str, pickle.loads(pickle.dumps(dtype))):
        assert as_dtype(name, "test") is as_dtype(dtype, "test")
    assert is_dtype_name(dtype.name)
    assert not is_dtype_name("cpu")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: as_dtype("foo", "zeros"), "zeros: 'foo' is not a dtype; it is written like float32"),
        (lambda: as_dtype(complex, "zeros"), "zeros: dtype complex128 is not supported, only bool, integers and"),
        (lambda: as_dtype(">i4", "ones"), "ones: dtype >i4 is not supported.* native byte order"),
        (lambda: result_type(), "result_type: expected at least one operand"),
        (lambda: result_type("a"), "result_type: expected a tensor, an array or a real number, got str"),
        (lambda: promote_types(np.dtype("u8"), np.dtype("i8")), "uint64 and int64 have no common integer dtype"),
        (lambda: tg.ones(2) + np.ones(2, complex), "add: dtype complex128 is not supported"),
        (lambda: tg.ones(2) * np.ones(2, object), "mul: dtype object is not supported"),
        (lambda: tg.ones(2) + np.ones(2, ">f4"), "add: dtype >f4 is not supported"),
    ],
)
def test_what_is_refused(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long doubles are doubles on this platform")
def test_long_doubles_are_refused() -> None:
    for call in (lambda: tg.ones(2) + np.longdouble(2), lambda: tg.tensor(np.ones(2, np.longdouble))):
        with pytest.raises(TypeError, match=r"dtype float\d+ is not supported"):
            call()
