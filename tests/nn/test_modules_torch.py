"""Modules beside PyTorch's: names, order, text, first weights, and the kinds of errors, on any tree of modules."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np import nn

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed (extra `torch`)")

seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(autouse=True)
def _global_states() -> Iterator[None]:
    """Leave both global generators as they were found."""
    ours, theirs = tg.get_rng_state(), torch.get_rng_state()
    yield
    tg.set_rng_state(ours)
    torch.set_rng_state(theirs)


# A tree is described once and built in both libraries: (kind, arguments) or (kind, children).
names = st.sampled_from(["a", "b", "weight", "fc1"])
layers = st.one_of(
    st.tuples(st.just("Linear"), st.integers(1, 20), st.integers(1, 20), st.booleans()),
    st.sampled_from([("ReLU",), ("Sigmoid",), ("Tanh",), ("Identity",), ("Flatten", 0, -1), ("Dropout", 0.25)]),
    st.sampled_from([("ReLU", True), ("Dropout", 0.5, True)]),
    st.tuples(st.sampled_from(["Softmax", "LogSoftmax"]), st.integers(-1, 1)),
)
trees = st.recursive(
    layers,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["Sequential", "ModuleList"]), st.lists(inner, max_size=4)),
        st.tuples(st.just("Named"), st.dictionaries(names, inner, max_size=3)),
        st.tuples(st.just("Module"), st.dictionaries(names, st.one_of(inner, st.none()), max_size=3), st.booleans()),
    ),
    max_leaves=8,
)


def build(library: Any, tree: tuple[Any, ...]) -> Any:
    kind, *arguments = tree
    if kind == "Sequential":
        return library.nn.Sequential(*(build(library, child) for child in arguments[0]))
    if kind == "ModuleList":
        return library.nn.ModuleList([build(library, child) for child in arguments[0]])
    if kind == "Named":
        return library.nn.Sequential(OrderedDict((name, build(library, child)) for name, child in arguments[0].items()))
    if kind != "Module":
        return getattr(library.nn, kind)(*arguments)
    module = library.nn.Module()
    module.register_buffer("kept", library.zeros(2))
    for name, child in arguments[0].items():
        module.add_module(name, None if child is None else build(library, child))
    module.own = library.nn.Parameter(library.ones(1))
    module.register_parameter("absent", None)
    module.register_buffer("passing", library.zeros(2), persistent=False)
    if arguments[1]:  # what is shared
        module.tied = module.own
        module.nested = library.nn.Sequential(library.nn.Linear(2, 2))
        module.twice = module.nested
    return module


@given(trees, seeds)
def test_any_tree_is_alike(tree: tuple[Any, ...], seed: int) -> None:
    tg.manual_seed(seed)
    torch.manual_seed(seed)
    ours, theirs = build(tg, tree), build(torch, tree)
    assert repr(ours) == repr(theirs)
    state, expected = ours.state_dict(), theirs.state_dict()
    assert list(state) == list(expected)
    for name in state:
        np.testing.assert_array_equal(state[name].numpy(), expected[name].numpy(), strict=True)
    assert list(ours.state_dict(prefix="net.")) == list(theirs.state_dict(prefix="net."))
    for walk in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        assert [name for name, _ in getattr(ours, walk)()] == [name for name, _ in getattr(theirs, walk)()]
    for walk in ("named_parameters", "named_buffers", "named_modules"):
        options = {"prefix": "net", "remove_duplicate": False}
        ours_named, theirs_named = getattr(ours, walk)(**options), getattr(theirs, walk)(**options)
        assert [name for name, _ in ours_named] == [name for name, _ in theirs_named]
    assert [name for name, _ in ours.named_parameters(recurse=False)] == [
        name for name, _ in theirs.named_parameters(recurse=False)
    ]
    ours.load_state_dict({name: tensor.numpy() for name, tensor in expected.items()})


@given(st.lists(layers, max_size=4), st.lists(layers, max_size=2), st.data())
def test_containers_are_cut_and_joined_alike(
    first: list[tuple[Any, ...]], second: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    index = data.draw(
        st.one_of(st.slices(len(first)), st.integers(-len(first), len(first) - 1)) if first else st.slices(0)
    )
    shown = []
    for library in (tg, torch):
        row, other = (build(library, ("Sequential", children)) for children in (first, second))
        layers_of_list = library.nn.ModuleList(row)
        shown.append([repr(row + other)])
        del row[index], layers_of_list[index]
        shown[-1] += [repr(row), repr(layers_of_list), repr(row + other)]
    assert shown[0] == shown[1]


@given(st.integers(1, 50), st.integers(1, 50), seeds)
def test_linear_starts_with_pytorchs_weights(fan_in: int, fan_out: int, seed: int) -> None:
    for ours_type, theirs_type, tolerance in ((tg.float32, torch.float32, 0), (tg.float64, torch.float64, 2**-52)):
        tg.manual_seed(seed)
        torch.manual_seed(seed)
        ours = nn.Linear(fan_in, fan_out, dtype=ours_type)
        theirs = torch.nn.Linear(fan_in, fan_out, dtype=theirs_type)
        for name, parameter in ours.named_parameters():
            expected = theirs.get_parameter(name).detach().numpy()
            np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=0, atol=tolerance, strict=True)


INITIALISERS: dict[str, tuple[str, dict[str, Any]]] = {
    "uniform": ("uniform_", {"a": -2.0, "b": 3.0}),
    "normal": ("normal_", {"mean": 1.0, "std": 3.0}),
    "constant": ("constant_", {"val": 0.3}),
    "zeros": ("zeros_", {}),
    "ones": ("ones_", {}),
    "xavier_uniform": ("xavier_uniform_", {"gain": 1.5}),
    "xavier_normal": ("xavier_normal_", {"gain": 1.5}),
    "kaiming_uniform": ("kaiming_uniform_", {}),
    "kaiming_uniform of a leaky relu": ("kaiming_uniform_", {"a": 0.3, "mode": "fan_out"}),
    "kaiming_normal": ("kaiming_normal_", {"nonlinearity": "relu"}),
    "kaiming_normal of tanh": ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "tanh"}),
}


@pytest.mark.parametrize("name", INITIALISERS)
@pytest.mark.parametrize("shape", [(3, 4), (40, 30), (2, 3, 5), (4, 2, 3, 3)])
def test_initialisers(name: str, shape: tuple[int, ...]) -> None:
    function, options = INITIALISERS[name]
    generator, other = tg.Generator().manual_seed(4), torch.Generator().manual_seed(4)
    draws = not {"constant", "zeros", "ones"} & {name}
    ours, theirs = nn.Parameter(tg.empty(shape)), torch.nn.Parameter(torch.empty(shape))
    assert getattr(nn.init, function)(ours, **options, **({"generator": generator} if draws else {})) is ours
    getattr(torch.nn.init, function)(theirs, **options, **({"generator": other} if draws else {}))
    rounding = 2e-6 * theirs.abs().max().item() if "normal" in name else 0  # of logarithm and cosine
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=0, atol=rounding, strict=True)
    np.testing.assert_array_equal(
        tg.rand(3, generator=generator).numpy(), torch.rand(3, generator=other).numpy()
    )  # the streams are in step


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 2)])
def test_eye(shape: tuple[int, int]) -> None:
    expected = torch.nn.init.eye_(torch.empty(shape)).numpy()
    np.testing.assert_array_equal(nn.init.eye_(tg.empty(shape)).numpy(), expected, strict=True)


@pytest.mark.parametrize(
    "nonlinearity",
    [
        "linear",
        *(f"conv{t}{d}d" for t in ("", "_transpose") for d in "123"),
        "sigmoid",
        "tanh",
        "relu",
        "selu",
        "leaky_relu",
    ],
)
def test_gains(nonlinearity: str) -> None:
    assert nn.init.calculate_gain(nonlinearity) == torch.nn.init.calculate_gain(nonlinearity)
    assert nn.init.calculate_gain(nonlinearity, 0.2) == torch.nn.init.calculate_gain(nonlinearity, 0.2)


def module_of(library: Any) -> Any:
    module = library.nn.Module()
    module.layer = library.nn.Linear(2, 3)
    module.own = library.nn.Parameter(library.ones(1))
    module.register_buffer("kept", library.zeros(2))
    return module


REFUSED: list[Any] = [
    lambda library, m: setattr(m, "own", library.ones(1)),
    lambda library, m: setattr(m, "kept", 3),
    lambda library, m: setattr(m, "layer", 3),
    lambda library, m: m.register_buffer("a.b", None),
    lambda library, m: m.register_buffer("", None),
    lambda library, m: m.register_buffer(3, None),
    lambda library, m: m.register_buffer("own", None),
    lambda library, m: m.register_parameter("layer", None),
    lambda library, m: m.register_parameter("new", library.ones(1)),
    lambda library, m: m.add_module("new", 3),
    lambda library, m: m.get_submodule("layer.none"),
    lambda library, m: m.get_submodule("own"),
    lambda library, m: m.get_parameter("layer.none"),
    lambda library, m: m.get_parameter("kept"),
    lambda library, m: m.get_buffer("own"),
    lambda library, m: m.none,
    lambda library, m: m(3),
    lambda library, m: m.train(3),
    lambda library, m: m.to(library.int64),
    lambda library, m: m.load_state_dict([]),
    lambda library, m: m.load_state_dict({}),
    lambda library, m: m.layer(library.ones(2, 3)),
    lambda library, m: library.nn.Sequential(3),
    lambda library, m: library.nn.Sequential(m)[1],
    lambda library, m: library.nn.ModuleList([m])[-2],
    lambda library, m: library.nn.Dropout(-1.0),
    lambda library, m: library.nn.init.eye_(library.ones(2)),
    lambda library, m: library.nn.init.kaiming_uniform_(library.ones(2)),
    lambda library, m: library.nn.init.kaiming_normal_(library.ones(2, 2), mode="fan"),
    lambda library, m: library.nn.init.calculate_gain("cubic"),
    lambda library, m: library.nn.functional.cross_entropy(library.ones(2, 2), library.tensor([0, 2])),
    lambda library, m: library.nn.functional.cross_entropy(library.ones(2, 2), library.ones(2, 2), ignore_index=0),
    lambda library, m: library.nn.functional.cross_entropy(library.ones(2, 2), library.ones(2, 2), reduction="max"),
    lambda library, m: library.nn.functional.cross_entropy(library.ones(2, 2), library.ones(2, 2), label_smoothing=2.0),
    lambda library, m: library.nn.functional.cross_entropy([1.0], library.ones(2, 2)),
    lambda library, m: library.nn.functional.one_hot(library.tensor([0, 2]), 2),
]


@pytest.mark.parametrize("call", REFUSED)
def test_what_pytorch_refuses_is_refused_alike(call: Any) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which type it is, is the question
        call(torch, module_of(torch))
    with pytest.raises(type(caught.value)):
        call(tg, module_of(tg))
