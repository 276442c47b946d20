"""Layers, containers and their functions: what they compute, how they are shown, what they refuse."""

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np import nn
from tinygrad_np.nn import functional as F

sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)


# ---------------------------------------------------------------------------------------------------------- linear


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(m=sizes, k=sizes, n=sizes, seed=seeds)
def test_linear_has_the_gradients_derived_by_hand_to_the_bit(dtype: type, m: int, k: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, dY = rng.normal(size=(m, k)).astype(dtype), rng.normal(size=(m, n)).astype(dtype)
    layer = nn.Linear(k, n, dtype=dtype)
    x = tg.tensor(X, requires_grad=True)
    y = layer(x)
    y.backward(tg.tensor(dY))
    W, b = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    for ours, by_hand in (
        (y.detach(), X @ W.T + b),
        (x.grad, dY @ W),
        (layer.weight.grad, dY.T @ X),
        (layer.bias.grad, dY.sum(0)),
    ):
        np.testing.assert_array_equal(ours.numpy(), by_hand, strict=True)


@pytest.mark.parametrize("rest", [(), (2,), (2, 3)])
def test_linear_takes_any_leading_dims(rest: tuple[int, ...]) -> None:
    layer = nn.Linear(4, 5, bias=False)
    x = np.ones((*rest, 4), np.float32)
    np.testing.assert_allclose(layer(x).detach().numpy(), x @ layer.weight.detach().numpy().T, rtol=1e-6)


def test_linear_without_inputs_gives_its_bias() -> None:
    layer = nn.Linear(0, 2)
    assert layer(tg.zeros(3, 0)).tolist() == [[0, 0]] * 3


def test_linear_draws_within_its_bound() -> None:
    tg.manual_seed(0)
    layer = nn.Linear(100, 1000)
    for parameter in layer.parameters():
        assert 0.099 < parameter.max().item() <= 0.1
        assert -0.1 <= parameter.min().item() < -0.099
    before = layer.weight.tolist()
    layer.reset_parameters()
    assert layer.weight.tolist() != before


@pytest.mark.parametrize(
    ("x", "kind", "message"),
    [
        (tg.ones(64, 784), RuntimeError, r"expected \(\*, 10\), got \(64, 784\)"),
        (tg.ones(()), RuntimeError, r"expected \(\*, 10\), got \(\)"),
        (tg.ones(2, 10, dtype=tg.float64), RuntimeError, "linear: expected operands of one dtype, got float64 and"),
        ([1.0] * 10, TypeError, "linear: input must be a tensor, got list"),
    ],
)
def test_what_linear_refuses(x: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=f"^Linear: {message}"):
        nn.Linear(10, 10)(x)


def test_linear_takes_pytorch_s_device_and_dtype() -> None:
    for layer in (nn.Linear(2, 3, device="cpu", dtype=tg.float64), nn.Linear(2, 3, True, "cpu:0", tg.float64)):
        assert {parameter.dtype for parameter in layer.parameters()} == {tg.float64}
    with pytest.raises(RuntimeError, match=r"^Linear: there is no device 'cuda', tensors live on the CPU$"):
        nn.Linear(2, 3, device="cuda")


# ------------------------------------------------------------------------------------------------------ activations

EXPECTED: dict[str, tuple[nn.Module, Any]] = {
    "relu": (nn.ReLU(), lambda x: np.maximum(x, 0)),
    "sigmoid": (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
    "tanh": (nn.Tanh(), np.tanh),
    "softmax": (nn.Softmax(dim=0), lambda x: np.exp(x) / np.exp(x).sum(0)),
    "log_softmax": (nn.LogSoftmax(dim=0), lambda x: np.log(np.exp(x) / np.exp(x).sum(0))),
    "identity": (nn.Identity(3, unused=True), lambda x: x),
    "flatten": (nn.Flatten(), lambda x: x.reshape(x.shape[0], -1)),
    "flatten some": (nn.Flatten(0, 1), lambda x: x.reshape(-1, x.shape[2])),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_layers_without_parameters(name: str) -> None:
    layer, function = EXPECTED[name]
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    y = layer(tg.tensor(x, requires_grad=True))
    assert y.requires_grad
    np.testing.assert_allclose(y.detach().numpy(), function(x), rtol=1e-12)
    assert list(layer.parameters()) == []


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax", "log_softmax", "flatten"])
def test_functions_and_layers_agree_on_arrays(name: str) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    options = {"softmax": {"dim": 0}, "log_softmax": {"dim": 0}, "flatten": {"start_dim": 1}}.get(name, {})
    y = getattr(F, name)(x, **options)
    assert type(y) is tg.Tensor
    assert y.tolist() == EXPECTED[name][0](x).tolist()
    with pytest.raises(TypeError, match=f"{name}: expected a tensor or an array, got list"):
        getattr(F, name)([1.0], **options)


@given(st.lists(st.floats(-2, 2, width=32), min_size=1), seeds)
def test_inplace_changes_neither_result_nor_input(numbers: list[float], seed: int) -> None:
    for plain, inplace in (
        (nn.ReLU(), nn.ReLU(inplace=True)),
        (F.relu, lambda x: F.relu(x, inplace=True)),
        (nn.Dropout(0.4), nn.Dropout(0.4, inplace=True)),
        (lambda x: F.dropout(x, 0.4), lambda x: F.dropout(x, 0.4, inplace=True)),
    ):
        values, gradients = [], []
        for function in (plain, inplace):
            x = tg.tensor(numbers, requires_grad=True)
            tg.manual_seed(seed)
            y = function(x * 1)
            y.backward(y.detach() + 1)
            values.append(y.tolist())
            gradients.append(x.grad.tolist())
            assert function(constant := tg.tensor(numbers)) is not constant
            assert constant.tolist() == tg.tensor(numbers).tolist()
        assert values[0] == values[1]
        assert gradients[0] == gradients[1]


# ---------------------------------------------------------------------------------------------------------- dropout


@given(st.floats(0.05, 0.95), seeds)
def test_dropout_drops_and_scales(p: float, seed: int) -> None:
    tg.manual_seed(seed)
    x = tg.ones(1000, dtype=tg.float64, requires_grad=True)
    y = nn.Dropout(p)(x)
    assert set(np.unique(y.detach().numpy())) <= {0, 1 / (1 - p)}
    assert abs((y.detach().numpy() == 0).mean() - p) < 0.1
    y.backward(tg.full((1000,), 3.0, dtype=tg.float64))
    np.testing.assert_allclose(x.grad.numpy(), 3 * y.detach().numpy())
    tg.manual_seed(seed)
    np.testing.assert_array_equal(nn.Dropout(p)(x).detach().numpy(), y.detach().numpy())


def test_dropout_of_none_and_of_all() -> None:
    x = tg.ones(5, requires_grad=True)
    state = tg.get_rng_state()
    assert F.dropout(x, 0.0) is x
    assert F.dropout(x, 0.9, training=False) is x
    assert nn.Dropout(0.9).eval()(x) is x
    everything = nn.Dropout(1.0)(x)
    assert everything.tolist() == [0] * 5
    everything.sum().backward()
    assert x.grad.tolist() == [0] * 5
    assert F.dropout(tg.ones(0), 0.5).shape == (0,)
    np.testing.assert_array_equal(tg.get_rng_state(), state)  # nothing was drawn


def test_dropout_keeps_float32() -> None:
    assert F.dropout(tg.ones(5), 0.3).dtype == np.float32


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_dropout_needs_a_probability(p: float) -> None:
    for make in (lambda: nn.Dropout(p), lambda: F.dropout(tg.ones(1), p), lambda: F.dropout(tg.ones(1), p, False)):
        with pytest.raises(ValueError, match=f"^dropout probability has to be between 0 and 1, but got {p}$"):
            make()


def test_dropout_needs_floats() -> None:
    with pytest.raises(TypeError, match=r"^dropout: input must be a float tensor, got int64$"):
        F.dropout(tg.tensor([1]))


# ------------------------------------------------------------------------------------------------------- containers


def test_sequential_is_its_layers_one_after_the_other() -> None:
    first, second = nn.Linear(3, 2), nn.Linear(2, 4)
    net = nn.Sequential(first, nn.ReLU(), second)
    x = tg.rand(5, 3)
    assert net(x).tolist() == second(F.relu(first(x))).tolist()
    assert nn.Sequential()(x) is x
    assert list(net.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    net.temperature = nn.Parameter(tg.ones(1))  # is no layer
    assert net(x).shape == (5, 4)


@pytest.mark.parametrize("make", [lambda layers: nn.Sequential(*layers), nn.ModuleList])
def test_a_container_is_a_sequence(make: Any) -> None:
    layers = [nn.ReLU(), nn.Tanh(), nn.Sigmoid()]
    row = make(layers)
    assert len(row) == 3
    assert list(row) == layers
    assert [row[i] for i in (0, -1)] == [layers[0], layers[-1]]
    assert layers[1] in row
    for piece in (slice(1, None), slice(None, None, 2), slice(-2, -1), slice(3, None)):
        assert type(row[piece]) is type(row)
        assert list(row[piece]) == layers[piece]
    more = nn.Flatten()
    assert row.append(more) is row
    assert row.extend([more]) is row
    assert list(row) == [*layers, more, more]
    assert row.get_submodule("3") is more
    row[-1] = layers[0]
    assert list(row) == [*layers, more, layers[0]]
    row.weight = nn.Parameter(tg.ones(1))  # is no layer
    assert len(row) == 5
    for index in (5, -6):
        with pytest.raises(IndexError, match=f"^index {index} is out of range for a {type(row).__name__} of 5 modules"):
            row[index]
    with pytest.raises(TypeError, match="cannot register 'int' as child module '5'"):
        row.append(3)
    with pytest.raises(TypeError, match=r"cannot assign 'int' as child module '0' \(nn.Module or None expected\)"):
        row[0] = 3


@pytest.mark.parametrize("make", [lambda layers: nn.Sequential(*layers), nn.ModuleList])
@given(n=st.integers(0, 4), data=st.data())
def test_what_is_left_of_a_container_is_named_anew(make: Any, n: int, data: st.DataObject) -> None:
    layers = [nn.Linear(1, 1) for _ in range(n)]
    row = make(layers)
    row.scale = nn.Parameter(tg.ones(1))  # is no layer
    index = data.draw(st.one_of(st.slices(n), st.integers(-n - 1, n)))
    if isinstance(index, int) and not -n <= index < n:
        with pytest.raises(IndexError, match=f"^index {index} is out of range for a .* of {n} modules"):
            del row[index]
    else:
        del row[index]
        del layers[index]
    assert list(row) == layers
    assert [name for name, _ in row.named_children()] == [str(i) for i in range(len(layers))]
    assert len(row.state_dict()) == 2 * len(layers) + 1
    assert row.append(extra := nn.ReLU())[-1] is extra


def test_sequentials_are_joined() -> None:
    first = nn.Sequential(OrderedDict(fc=nn.Linear(2, 3), act=nn.ReLU()))
    second = nn.Sequential(nn.Linear(3, 1))
    both = first + second
    assert type(both) is nn.Sequential
    assert list(both) == [*first, *second]
    assert list(both.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert len(first) == 2
    with pytest.raises(TypeError, match="unsupported operand"):
        first + nn.ReLU()


def test_sequential_of_named_layers() -> None:
    net = nn.Sequential(OrderedDict(fc1=nn.Linear(2, 2), act=nn.ReLU(), fc2=nn.Linear(2, 2)))
    assert list(net.state_dict()) == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
    assert net[0] is net.fc1
    assert list(net[1:].state_dict()) == ["fc2.weight", "fc2.bias"]


def test_append_does_not_overwrite() -> None:
    tail = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid())[1:]  # named 1 and 2
    with pytest.raises(KeyError, match="append: a module named '2' is there already; use add_module with another name"):
        tail.append(nn.Flatten())
    assert len(tail) == 2


def test_module_list_finds_parameters_but_computes_nothing() -> None:
    layers = nn.ModuleList(nn.Linear(1, 1) for _ in range(2))
    assert len(list(layers.parameters())) == 4
    assert len(nn.ModuleList()) == 0
    with pytest.raises(NotImplementedError, match="ModuleList"):
        layers(tg.ones(1))


def test_representations() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Dropout(0.1), nn.Softmax(dim=1), nn.Flatten())
            self.heads = nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh()])
            self.absent = nn.Identity()
            self.absent = None

        def extra_repr(self) -> str:
            return "width=2"

    assert repr(Model()).splitlines() == [
        "Model(",
        "  width=2",
        "  (body): Sequential(",
        "    (0): Linear(in_features=2, out_features=2, bias=False)",
        "    (1): Dropout(p=0.1, inplace=False)",
        "    (2): Softmax(dim=1)",
        "    (3): Flatten(start_dim=1, end_dim=-1)",
        "  )",
        "  (heads): ModuleList(",
        "    (0-1): 2 x ReLU()",
        "    (2): Tanh()",
        "  )",
        "  (absent): None",
        ")",
    ]
    assert repr(nn.Parameter(tg.ones(1))) == "Parameter containing:\ntensor([1.], requires_grad=True)"
