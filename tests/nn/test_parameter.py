"""The parameter: memory, copies, and what becomes of it in computations."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np import nn


def test_a_parameter_shares_the_memory_of_its_tensor() -> None:
    data = tg.ones(2)
    parameter = nn.Parameter(data)
    assert parameter.array is data.array
    assert parameter.requires_grad
    assert parameter.is_leaf
    assert not data.requires_grad
    result = nn.Parameter(tg.ones(2, requires_grad=True) * 2)
    assert result.is_leaf


def test_a_parameter_of_nothing_is_empty() -> None:
    assert nn.Parameter().shape == (0,)
    assert nn.Parameter().dtype == np.float32


def test_a_parameter_of_integers_cannot_require_gradients() -> None:
    assert not nn.Parameter(tg.tensor([1]), requires_grad=False).requires_grad
    with pytest.raises(RuntimeError, match=r"only float tensors can require gradients"):
        nn.Parameter(tg.tensor([1]))


def test_a_parameter_is_made_of_a_tensor() -> None:
    message = r"^Parameter: data must be a tensor, got ndarray; pass tinygrad_np.tensor\(data\)$"
    with pytest.raises(TypeError, match=message):
        nn.Parameter(np.ones(2))  # type: ignore[arg-type]


def test_results_of_a_parameter_are_tensors() -> None:
    parameter = nn.Parameter(tg.ones(2))
    for result in (parameter * 2, parameter.detach(), parameter.data, parameter[:1]):
        assert type(result) is tg.Tensor
    assert parameter.requires_grad_(False) is parameter


@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_a_copied_parameter_is_a_parameter(duplicate: Any, requires_grad: bool) -> None:
    parameter = nn.Parameter(tg.tensor([1.0, 2.0]), requires_grad)
    copied = duplicate(parameter)
    assert type(copied) is nn.Parameter
    assert copied.requires_grad is requires_grad
    assert copied.tolist() == [1, 2]
    assert copied.grad is None


def test_a_deep_copy_leaves_the_gradient_behind() -> None:
    parameter = nn.Parameter(tg.ones(2))
    parameter.sum().backward()
    assert copy.deepcopy(parameter).grad is None
