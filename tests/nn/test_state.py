"""Loading a state dict: whole or not at all, and never sharing memory."""

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np import nn


def network(seed: int = 0) -> nn.Module:
    tg.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Sequential(nn.Linear(2, 2)))
    model.register_buffer("steps", tg.tensor(seed))
    return model


def snapshot(model: nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}


def assert_equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], strict=True)


def test_a_state_dict_is_plain_detached_and_of_the_modules_memory() -> None:
    model = network()
    state = model.state_dict()
    assert type(state) is OrderedDict
    assert {type(tensor) for tensor in state.values()} == {tg.Tensor}
    assert not any(tensor.requires_grad for tensor in state.values())
    assert state["0.weight"].array is model[0].weight.array


@pytest.mark.parametrize("convert", [lambda tensor: tensor, lambda tensor: tensor.numpy()])
def test_what_is_loaded_is_copied(convert: Any) -> None:
    source, target = network(1), network(2)
    given = {name: convert(tensor) for name, tensor in source.state_dict().items()}
    memory = target[0].weight.array
    result = target.load_state_dict(given)
    assert result == ([], [])
    assert repr(result) == "<All keys matched successfully>"
    assert_equal(snapshot(target), snapshot(source))
    assert target[0].weight.array is memory
    for name, tensor in target.state_dict().items():
        assert not np.shares_memory(tensor.array, getattr(given[name], "array", given[name]))


def spoil(state: dict[str, Any], name: str, fault: str) -> str:
    """Plant a fault in one entry, and return what the error has to say about it."""
    array = state[name]
    if fault == "missing":
        del state[name]
        return f"missing: {name}, of shape {array.shape}"
    if fault == "unexpected":
        state[f"{name}.more"] = array
        return f"unexpected: {name}.more"
    if fault == "shape":
        state[name] = array[None]
        return f"{name}: expected shape {array.shape}, got {(1, *array.shape)}"
    if fault == "dtype":
        other = np.int64 if array.dtype.kind == "f" else np.float32
        state[name] = array.astype(other)
        return f"{name}: expected a dtype like {array.dtype}, got {np.dtype(other)}"
    state[name] = array.tolist()
    return f"{name}: expected a tensor or an array, got {type(state[name]).__name__}"


faults = st.sampled_from(["missing", "unexpected", "shape", "dtype", "type"])


@given(st.dictionaries(st.sampled_from(sorted(snapshot(network()))), faults, min_size=1))
def test_every_fault_is_listed_and_nothing_is_loaded(planted: dict[str, str]) -> None:
    model, state = network(1), dict(snapshot(network(2)))
    before = snapshot(model)
    expected = [spoil(state, name, fault) for name, fault in planted.items()]
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(state)
    first, *listed = str(caught.value).split("\n    ")
    assert first == "load_state_dict: nothing was loaded into Sequential, because of these entries:"
    assert sorted(listed) == sorted(expected)
    assert_equal(snapshot(model), before)


def test_without_strict_what_fits_is_loaded() -> None:
    model, source = network(1), network(2)
    state = snapshot(source)
    del state["0.bias"]
    state["more"] = np.ones(1)
    bias = model[0].bias.tolist()
    result = model.load_state_dict(state, strict=False)
    assert result == (["0.bias"], ["more"])
    assert repr(result) == "IncompatibleKeys(missing_keys=['0.bias'], unexpected_keys=['more'])"
    assert model[0].bias.tolist() == bias
    assert model[0].weight.tolist() == source[0].weight.tolist()
    state["steps"] = np.ones(3, np.int64)
    with pytest.raises(RuntimeError, match=r"steps: expected shape \(\), got \(3,\)"):
        model.load_state_dict(state, strict=False)


def test_a_read_only_parameter_keeps_everything_from_being_loaded() -> None:
    model = network(1)
    model[2][0].bias.array.flags.writeable = False
    before = snapshot(model)
    with pytest.raises(RuntimeError, match=r"2.0.bias: the module's own tensor is read-only$"):
        model.load_state_dict(snapshot(network(2)))
    assert_equal(snapshot(model), before)


def test_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^load_state_dict: expected a mapping from paths to tensors, got list$"):
        network().load_state_dict([])  # type: ignore[arg-type]


def test_other_floats_are_rounded_to_the_modules_dtype() -> None:
    model = nn.Linear(1, 1)
    model.load_state_dict({"weight": np.full((1, 1), 0.1), "bias": np.zeros(1, np.float16)})
    assert model.weight.array == np.float32(0.1)
    assert model.weight.dtype == np.float32


def test_a_value_that_does_not_fit_its_dtype_keeps_everything_from_being_loaded() -> None:
    model = nn.Linear(1, 1)
    before = snapshot(model)
    with pytest.raises(RuntimeWarning, match="overflow"):  # an error in these tests, and in any that ask for it
        model.load_state_dict({"weight": np.zeros((1, 1)), "bias": np.full(1, 1e300)})
    assert_equal(snapshot(model), before)


def test_a_modules_own_tensors_may_be_exchanged() -> None:
    model = nn.ModuleList([nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)])
    state, before = model.state_dict(), snapshot(model)
    model.load_state_dict({"0.weight": state["1.weight"], "1.weight": state["0.weight"]})
    assert_equal(snapshot(model), {"0.weight": before["1.weight"], "1.weight": before["0.weight"]})


def test_loading_between_forward_and_backward_is_noticed() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    loss = model(tg.ones(1, 2)).sum()
    model.load_state_dict(snapshot(model))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
