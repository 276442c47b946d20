"""Every function of the topics, on the calls that PyTorch tests itself with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("torch", reason="the comparison needs PyTorch")
pytest.importorskip("expecttest", reason="PyTorch's sample calls need expecttest")

import numpy as np
import torch

import tinygrad_np as tg
from tests.samples.comparing import agree, compare, outcome
from tests.samples.pytorch import INFOS, Entry, Place, Sample, entries, member

ENTRIES = entries()
OTHER_DTYPES = [
    torch.float32,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
]  # fmt: skip
every = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)


@contextmanager
def described(sample: Sample) -> Iterator[None]:
    """Add the sample to the message of a failure within."""
    try:
        yield
    except BaseException as error:
        shapes = [x.shape for x in sample.arrays]
        arguments = f"{sample.arguments}, {sample.options}"
        error.add_note(f"arguments: {arguments[:2000]}; arrays of shapes {shapes}")
        raise


def test_a_function_stands_in_one_topic():
    repeated = [name for name, times in Counter(entry.name for entry in ENTRIES.values()).items() if times > 1]
    assert repeated == []


@every
def test_values_and_two_derivatives_in_float64(entry: Entry):
    orders = 0 if torch.float64 not in INFOS[entry.name].supported_backward_dtypes("cpu") else 2
    if orders and not entry.info.supports_gradgrad:
        orders = 1
    tried = 0
    dtype = torch.float64 if torch.float64 in entry.info.dtypes else torch.int64
    for tried, sample in enumerate(entry.samples(dtype, orders > 0), start=1):
        with described(sample):
            agree(entry.form(sample), sample.arrays, seed=tried, orders=orders)
    assert tried


# The deviations that the topic lists leave nothing of these in float32.
IN_FLOAT64_ONLY = ["network-nn.functional.gelu", "network-nn.functional.scaled_dot_product_attention"]
DTYPED = {name: entry for name, entry in ENTRIES.items() if name not in IN_FLOAT64_ONLY}


@pytest.mark.parametrize("entry", DTYPED.values(), ids=DTYPED)
def test_dtypes(entry: Entry):
    """Values and dtypes in the other dtypes; where there are hundreds of samples, on some of them."""
    tried = 0
    for dtype in OTHER_DTYPES:
        if dtype in entry.info.dtypes:
            samples = list(entry.samples(dtype, False))
            for sample in samples[:: 1 + len(samples) // 50]:
                with described(sample):
                    agree(entry.form(sample), [], orders=0)
                tried += 1
    assert tried


REFUSING = {
    name: entry
    for name, entry in ENTRIES.items()
    if entry.info.error_inputs_func is not None and any(True for _ in entry.failing())
}


@pytest.mark.parametrize("entry", REFUSING.values(), ids=REFUSING)
def test_refusals(entry: Entry):
    """Refused here and there, with PyTorch's class of exception."""
    for sample, kind in entry.failing():
        with described(sample):
            with pytest.raises(kind) as theirs:
                outcome(torch, entry.form(sample), [], 0, 0)
            with pytest.raises(theirs.type):
                outcome(tg, entry.form(sample), [], 0, 0)


WITHOUT_TENSORS = ["movement-broadcast_shapes", "movement-tril_indices", "movement-triu_indices"]
FUNCTIONS = {
    name: entry
    for name, entry in ENTRIES.items()
    if not entry.path.startswith("Tensor.") and name not in WITHOUT_TENSORS
}


@pytest.mark.parametrize("entry", FUNCTIONS.values(), ids=FUNCTIONS)
def test_plain_arrays(entry: Entry):
    """The public functions take arrays as constants."""
    compared = 0
    if torch.float64 not in entry.info.dtypes:
        for sample in list(entry.samples(torch.int64, False))[:3]:
            with described(sample):
                _integers_as_plain_arrays(entry, sample)
            compared += 1
    else:
        for sample in list(entry.samples(torch.float64, True))[:3]:
            if not sample.arrays:
                continue
            expected = outcome(tg, entry.form(sample), sample.arrays, 0, 0)

            def call(lib: Any, *tensors: Any, sample: Any = sample) -> Any:
                return entry.form(sample)(lib, *(t.numpy() for t in tensors))

            compare(outcome(tg, call, sample.arrays, 0, 0), expected)
            compared += 1
    assert compared


def _integers_as_plain_arrays(entry: Entry, sample: Sample) -> None:
    args, options = sample.given(tg, ())
    plain = [x.numpy() if isinstance(x, tg.Tensor) else x for x in args]
    assert any(isinstance(x, np.ndarray) for x in plain)
    function = entry.adapted(member(tg, entry.path))
    expected, found = function(*args, **options), function(*plain, **options)
    assert isinstance(found, tg.Tensor)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(found.numpy(), expected.numpy())


ALIASES = {
    f"{name}-{alias.name}": (entry, replace(entry, path=alias.name))
    for name, entry in ENTRIES.items()
    for alias in entry.info.aliases
    if not entry.path.startswith("nn.") and not alias.name.startswith("special.")
}


@pytest.mark.parametrize(("entry", "alias"), ALIASES.values(), ids=ALIASES)
def test_other_names(entry: Entry, alias: Entry):
    """What PyTorch has two names for has the same two here."""
    dtype = torch.float64 if torch.float64 in entry.info.dtypes else torch.int64
    for sample in list(entry.samples(dtype, True))[:3]:
        expected = outcome(tg, entry.form(sample), sample.arrays, 0, 1)
        compare(outcome(tg, alias.form(sample), sample.arrays, 0, 1), expected)


METHODS = {
    name: entry
    for name, entry in ENTRIES.items()
    if entry.info.method_variant and callable(getattr(torch.Tensor, entry.path, None))
}


@pytest.mark.parametrize("entry", METHODS.values(), ids=METHODS)
def test_methods(entry: Entry):
    dtype = torch.float64 if torch.float64 in entry.info.dtypes else torch.int64
    for sample in list(entry.samples(dtype, False))[:10]:
        if isinstance(sample.arguments[0], np.ndarray):
            with described(sample):
                agree(entry.method(sample), [], orders=0)


IN_PLACE = {
    name: e
    for name, e in METHODS.items()
    if e.in_place and e.info.inplace_variant and hasattr(torch.Tensor, f"{e.path}_")
}


@pytest.mark.parametrize("entry", IN_PLACE.values(), ids=IN_PLACE)
def test_in_place(entry: Entry):
    """The in-place forms give the values and the gradients of PyTorch's."""
    orders = int(entry.info.supports_inplace_autograd)
    dtype = torch.float64 if torch.float64 in entry.info.dtypes else torch.int64
    compared = 0
    for sample in list(entry.samples(dtype, True))[:10]:
        if not isinstance(sample.arguments[0], (Place, np.ndarray)) or sample.options.get("dtype") is not None:
            continue
        with described(sample):
            try:
                expected = outcome(torch, entry.method(sample, "_"), sample.arrays, 0, orders)
            except RuntimeError:  # the result does not fit into the tensor
                with pytest.raises((RuntimeError, TypeError)):
                    outcome(tg, entry.method(sample, "_"), sample.arrays, 0, orders)
                continue
            compare(outcome(tg, entry.method(sample, "_"), sample.arrays, 0, orders), expected)
        compared += 1
    assert compared
