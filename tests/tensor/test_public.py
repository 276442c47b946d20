"""The package's functions given plain arrays: they compute on them as constants, and tensors come out."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays

import tinygrad_np as tg
from tests.samples import topics
from tinygrad_np import _public

A = np.array([[0.5, 2.0], [1.0, 0.25]], np.float32)
B = A > 0.75
POSITIONS = np.array([[1, 0], [0, 1]])
ONE = """
    abs absolute arcsinh arctan clone cos exp fix isfinite isinf isnan log logical_not neg negative relu sigmoid sign
    sin sqrt tanh
    all any amax amin argmax argmin max mean min prod std sum var squeeze flatten unbind
"""
TWO = """
    add div divide true_divide eq ge gt le lt ne logical_and logical_or matmul maximum minimum
    mul multiply pow sub subtract arctan2 greater greater_equal less less_equal not_equal
"""
CALLS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(ONE.split(), (A,)),
    **dict.fromkeys(TWO.split(), (A, A.T)),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), (B, B)),
    "bitwise_not": (B,),
    **dict.fromkeys(("arccos", "arcsin", "arctanh"), (A / 4,)),
    "arccosh": (A + 1,),
    "broadcast_to": (A, (3, 2, 2)),
    **dict.fromkeys(("det", "inverse", "slogdet"), (A,)),
    "chain_matmul": (A, A),
    "ger": (A[0], A[1]),
    "matrix_power": (A, 2),
    "cat": ([A, A], 1),
    "channel_shuffle": (A.reshape(1, 4, 1), 2),
    "concat": ([A, A],),
    "concatenate": ([A, A], 1),
    "stack": ((A, A),),
    "chunk": (A, 2),
    "split": (A, 1),
    "moveaxis": (A, 0, 1),
    "narrow": (A, 0, 1, 1),
    "pixel_shuffle": (A.reshape(4, 1, 1), 2),
    "pixel_unshuffle": (A.reshape(1, 2, 2), 2),
    "row_stack": ([A, A],),
    "swapdims": (A, 0, 1),
    "clamp": (A, 0.5, 1.0),
    "clip": (A, 0.5, 1.0),
    "gather": (A, 0, POSITIONS),
    "log_softmax": (A, 1),
    "softmax": (A, 1),
    "logsumexp": (A, 1),
    "permute": (A, (1, 0)),
    "reshape": (A, (4,)),
    "transpose": (A, 0, 1),
    "swapaxes": (A, 0, 1),
    "unsqueeze": (A, 0),
    "where": (B, A, A),
}


def as_tensors(x: Any) -> Any:
    if isinstance(x, (list, tuple)) and any(isinstance(entry, np.ndarray) for entry in x):
        return [tg.tensor(entry) for entry in x]
    return tg.tensor(x) if isinstance(x, np.ndarray) else x


def flat(result: Any) -> list[tg.Tensor]:
    return list(result) if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("name", CALLS)
def test_arrays_give_what_tensors_give(name: str) -> None:
    function, arguments = getattr(tg, name), CALLS[name]
    got, wanted = flat(function(*arguments)), flat(function(*map(as_tensors, arguments)))
    for mine, reference in zip(got, wanted, strict=True):
        assert isinstance(mine, tg.Tensor)
        assert not mine.requires_grad
        assert mine.dtype == reference.dtype
        np.testing.assert_array_equal(mine.array, reference.array)


@pytest.mark.parametrize("name", [name for name in CALLS if hasattr(tg.Tensor, name) and name != "where"])
def test_functions_are_the_methods_of_their_name(name: str) -> None:
    first, *others = map(as_tensors, CALLS[name])
    got, wanted = flat(getattr(tg, name)(first, *others)), flat(getattr(first, name)(*others))
    assert [t.tolist() for t in got] == [t.tolist() for t in wanted]


def test_every_public_function_is_tried() -> None:
    """Here, or where the calls come from PyTorch's own samples (tests/samples)."""
    modules = [importlib.import_module(f"{topics.__name__}.{m.name}") for m in pkgutil.iter_modules(topics.__path__)]
    sampled = {name.partition(".")[0] for topic in modules for name in topic.NAMES.split()}
    sampled |= {name for topic in modules for name in getattr(topic, "PATHS", {}).values()}
    public = {n for n, f in vars(_public).items() if hasattr(f, "__wrapped__") and getattr(tg, n, None) is f}
    assert sorted(public - sampled - set(CALLS)) == []
    assert set(CALLS) <= public


@given(array=arrays(np.float64, array_shapes(min_dims=0, min_side=0)))
def test_an_array_is_not_changed(array: Any) -> None:
    before = array.copy()
    with np.errstate(all="ignore"):
        tg.exp(array)
        tg.relu(input=array)
        tg.clamp(array, 0, max=tg.tensor(1.0, dtype=tg.float64))
    assert array.tobytes() == before.tobytes()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tg.exp(2.0), "exp: expected a tensor or an array, got float"),
        (lambda: tg.exp([1.0, 2.0]), "exp: expected a tensor or an array, got list"),
        (lambda: tg.add(1, 2), "add: expected a tensor or an array, got int, int"),
        (lambda: tg.cat([1.0, 2.0]), r"cat: tensors\[0\] must be a tensor, got float"),
        (lambda: tg.exp(), "exp: expected a tensor or an array, got nothing"),
        (lambda: tg.sqrt(np.ones(2, complex)), "sqrt: dtype complex128 is not supported"),
        (lambda: tg.reshape(np.array(["a"]), (1,)), "reshape: dtype <U1 is not supported"),
        (lambda: tg.stack([np.ones(1, ">f4")]), "stack: dtype >f4 is not supported"),
    ],
)
def test_what_is_refused(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()
