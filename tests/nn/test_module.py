"""The module: what it finds among its attributes, how it is walked, shown and converted, and every refusal."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np import nn


class Tied(nn.Module):
    """Two layers that share a weight, a layer that appears twice, buffers of both kinds, and a missing parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", tg.ones(1))
        self.first = nn.Linear(2, 2)
        self.second = nn.Linear(2, 2)
        self.second.weight = self.first.weight
        self.again = self.first
        self.register_buffer("steps", tg.tensor(0), persistent=False)
        self.register_parameter("shift", None)
        self.own = nn.Parameter(tg.zeros(3))
        self.plain = tg.ones(1)  # neither a parameter nor a buffer

    def forward(self, x: Any) -> Any:
        return self.second(self.first(x)) * self.scale


# ----------------------------------------------------------------------------------------------------------- walks


def test_parameters_are_counted_once_and_named_by_their_first_path() -> None:
    model = Tied()
    names = ["own", "first.weight", "first.bias", "second.bias"]
    assert [name for name, _ in model.named_parameters()] == names
    assert [id(p) for p in model.parameters()] == [id(model.get_parameter(name)) for name in names]
    assert [name for name, _ in model.named_parameters(recurse=False)] == ["own"]
    assert [name for name, _ in model.named_parameters("net")][1] == "net.first.weight"
    everywhere = [name for name, _ in model.named_parameters(remove_duplicate=False)]
    assert everywhere == [
        "own",
        "first.weight",
        "first.bias",
        "second.weight",
        "second.bias",
        "again.weight",
        "again.bias",
    ]


def test_modules_are_counted_once() -> None:
    model = Tied()
    assert [name for name, _ in model.named_modules()] == ["", "first", "second"]
    assert [name for name, _ in model.named_modules(prefix="net")] == ["net", "net.first", "net.second"]
    assert [name for name, _ in model.named_modules(remove_duplicate=False)] == ["", "first", "second", "again"]
    assert list(model.modules()) == [model, model.first, model.second]
    assert list(model.named_children()) == [("first", model.first), ("second", model.second)]
    assert list(model.children()) == [model.first, model.second]


def test_buffers_are_found_and_only_persistent_ones_are_in_the_state() -> None:
    model = Tied()
    assert [name for name, _ in model.named_buffers()] == ["scale", "steps"]
    assert list(model.buffers()) == [model.scale, model.steps]
    assert list(model.state_dict()) == [
        "own",
        "scale",
        "first.weight",
        "first.bias",
        "second.weight",
        "second.bias",
        "again.weight",
        "again.bias",
    ]


def test_a_path_leads_to_a_module_a_parameter_a_buffer() -> None:
    model = nn.Sequential(Tied())
    assert model.get_submodule("") is model
    assert model.get_submodule("0.first") is model[0].first
    assert model.get_parameter("0.first.weight") is model[0].first.weight
    assert model.get_buffer("0.steps") is model[0].steps


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.get_submodule("first.third"), "Linear has no attribute 'third', looking for 'first.third'"),
        (lambda m: m.get_submodule("plain"), "'plain' is not an nn.Module, looking for 'plain'"),
        (lambda m: m.get_parameter("first.third"), "Linear has no attribute 'third', looking for 'first.third'"),
        (lambda m: m.get_parameter("scale"), "'scale' is not an nn.Parameter, looking for 'scale'"),
        (lambda m: m.get_buffer("own"), "'own' is not a buffer, looking for 'own'"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(call: Any, message: str) -> None:
    with pytest.raises(AttributeError, match=f"^{message}$"):
        call(Tied())


# ------------------------------------------------------------------------------------------------------ attributes


def test_attributes_are_ordinary_ones() -> None:
    model = Tied()
    assert {"own", "first", "scale", "plain", "shift"} <= vars(model).keys()
    assert model.shift is None


def test_what_is_assigned_again_takes_its_old_place() -> None:
    model = Tied()
    model.own = nn.Parameter(tg.ones(1))
    model.first = nn.Linear(2, 2, bias=False)
    model.scale = tg.zeros(1)
    assert list(model.state_dict())[:3] == ["own", "scale", "first.weight"]
    assert model.state_dict()["scale"].tolist() == [0]
    model.scale = nn.Parameter(tg.zeros(1))  # now a parameter
    assert [name for name, _ in model.named_buffers()] == ["steps"]
    model.first = nn.Parameter(tg.zeros(1))
    assert [name for name, _ in model.named_children()] == ["second", "again"]


def test_registering_again_replaces() -> None:
    model, layer = Tied(), nn.ReLU()
    model.register_buffer("scale", tg.zeros(1))
    model.register_parameter("shift", nn.Parameter(tg.ones(2)))
    model.add_module("first", layer)
    assert model.scale.tolist() == [0]
    assert model.get_parameter("shift").tolist() == [1, 1]
    assert model.first is layer
    assert model.again is not layer


def test_what_is_deleted_is_forgotten() -> None:
    model = Tied()
    del model.own, model.again, model.scale
    assert list(model.state_dict()) == ["first.weight", "first.bias", "second.weight", "second.bias"]
    with pytest.raises(AttributeError):
        del model.own


def test_none_stands_for_what_is_left_out() -> None:
    model = Tied()
    model.own = model.again = model.scale = None
    assert list(model.state_dict()) == ["first.weight", "first.bias", "second.weight", "second.bias"]
    assert "(again): None" in repr(model)
    model.own = nn.Parameter(tg.zeros(1))
    assert "own" in model.state_dict()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("own", tg.ones(3), r"cannot assign 'Tensor' as parameter 'own' \(nn.Parameter or None expected\)"),
        ("shift", 3, r"cannot assign 'int' as parameter 'shift' \(nn.Parameter or None expected\)"),
        ("scale", 3.0, r"cannot assign 'float' as buffer 'scale' \(Tensor or None expected\)"),
        ("steps", "no", r"cannot assign 'str' as non-persistent buffer 'steps' \(Tensor or None expected\)"),
        ("first", tg.ones(1), r"cannot assign 'Tensor' as child module 'first' \(nn.Module or None expected\)"),
    ],
)
def test_another_kind_of_value_is_refused(name: str, value: Any, message: str) -> None:
    model = Tied()
    before = getattr(model, name)
    with pytest.raises(TypeError, match=f"^{message}$"):
        setattr(model, name, value)
    assert getattr(model, name) is before


@pytest.mark.parametrize(
    ("assign", "kind"),
    [
        (lambda m: setattr(m, "weight", nn.Parameter(tg.ones(1))), "parameter 'weight'"),
        (lambda m: setattr(m, "layer", nn.ReLU()), "child module 'layer'"),
        (lambda m: m.register_buffer("scale", tg.ones(1)), "buffer 'scale'"),
        (lambda m: m.register_parameter("weight", None), "parameter 'weight'"),
        (lambda m: m.add_module("layer", nn.ReLU()), "child module 'layer'"),
    ],
)
def test_assigning_before_init_is_refused(assign: Any, kind: str) -> None:
    class Hasty(nn.Module):
        def __init__(self) -> None:
            self.width = 3  # anything else may come before
            assign(self)

    with pytest.raises(AttributeError, match=rf"^cannot assign {kind} before Module.__init__\(\) call$"):
        Hasty()


@pytest.mark.parametrize(
    ("register", "kind", "message"),
    [
        (lambda m: m.register_buffer(3, None), TypeError, "buffer name should be a string, got int"),
        (
            lambda m: m.register_buffer("a.b", None),
            KeyError,
            "buffer name must not be empty or contain a dot, got 'a.b'",
        ),
        (lambda m: m.add_module("", nn.ReLU()), KeyError, "child module name must not be empty"),
        (lambda m: m.register_parameter("forward", None), KeyError, "attribute 'forward' already exists"),
        (lambda m: m.register_parameter("first", None), KeyError, "attribute 'first' already exists"),
        (lambda m: m.register_buffer("b", 3), TypeError, "cannot register 'int' as buffer 'b'"),
        (lambda m: m.register_parameter("p", tg.ones(1)), TypeError, "cannot register 'Tensor' as parameter 'p'"),
        (lambda m: m.add_module("m", len), TypeError, "cannot register 'builtin_.*' as child module 'm'"),
    ],
)
def test_what_cannot_be_registered(register: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        register(Tied())


# ----------------------------------------------------------------------------------------------------------- modes


def test_train_and_eval_reach_every_module() -> None:
    model = nn.Sequential(Tied(), nn.Dropout())
    assert all(module.training for module in model.modules())
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert model.train() is model
    assert all(module.training for module in model.modules())
    with pytest.raises(ValueError, match=r"^train: mode must be True or False, got 1$"):
        model.train(1)  # type: ignore[arg-type]


def test_gradients_are_forgotten_or_zeroed() -> None:
    model = Tied()
    model(tg.ones(1, 2)).sum().backward()
    gradient = model.first.bias.grad
    model.zero_grad(set_to_none=False)
    assert model.first.bias.grad.tolist() == [0, 0]
    assert gradient.tolist() == [0, 0]  # in place
    assert model.own.grad is None
    model.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())


def test_freezing() -> None:
    model = Tied()
    assert model.requires_grad_(False) is model
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert not model(tg.ones(1, 2)).requires_grad
    assert all(parameter.requires_grad for parameter in model.requires_grad_().parameters())


def test_apply_goes_from_the_inside_outwards() -> None:
    model, seen = nn.Sequential(nn.Sequential(nn.ReLU()), nn.Tanh()), []
    assert model.apply(seen.append) is model
    assert seen == [model[0][0], model[0], model[1], model]


def test_conversion_keeps_parameters_and_converts_gradients_and_float_buffers() -> None:
    model = Tied()
    model(tg.ones(1, 2)).sum().backward()
    parameters, values = list(model.parameters()), model.own.tolist()
    assert model.double() is model
    assert all(p is q for p, q in zip(model.parameters(), parameters, strict=True))
    assert {p.dtype for p in parameters} == {model.scale.dtype} == {np.dtype(np.float64)}
    assert model.first.bias.grad.dtype == np.float64
    assert model.steps.dtype == np.int64
    assert model.own.tolist() == values
    model.zero_grad()
    model(tg.ones(1, 2, dtype=tg.float64)).sum().backward()
    assert model.first.bias.grad.dtype == np.float64
    assert model.float().own.dtype == np.float32
    assert model.to("cpu").to(dtype="float64").own.dtype == np.float64
    with pytest.raises(TypeError, match=r"^Module.to: parameters are converted to float dtypes only, got int64$"):
        model.to(tg.int64)
    assert model.own.dtype == np.float64


def test_conversion_of_a_recorded_gradient_detaches_it() -> None:
    model = Tied()
    (model(tg.ones(1, 2)) ** 2).sum().backward(create_graph=True)
    recorded = model.first.weight.grad
    assert recorded.requires_grad
    assert model.to("cpu").first.weight.grad is recorded  # nothing to convert
    model.double()
    assert {parameter.dtype for parameter in model.parameters()} == {tg.float64}
    assert model.first.weight.grad.dtype == tg.float64
    assert not model.first.weight.grad.requires_grad
    assert model.first.weight.grad.tolist() == recorded.tolist()


def test_a_conversion_that_fails_converts_nothing() -> None:
    model = Tied()
    model.register_buffer("computed", model.own * 2)
    with pytest.raises(RuntimeError, match=r"^Module.to: computed was computed from other tensors; register its"):
        model.double()
    assert {tensor.dtype for tensor in (*model.parameters(), model.scale)} == {tg.float32}
    model.float()  # nothing to convert
    model.computed = model.computed.detach()
    assert model.double().computed.dtype == tg.float64


def test_zero_grad_replaces_a_gradient_that_is_read_only() -> None:
    model = Tied()
    model.own.grad = tg.ones(1).expand(3)
    model.first.bias.grad = own = tg.ones(2)
    model.zero_grad(set_to_none=False)
    assert model.own.grad.tolist() == [0, 0, 0]
    assert model.first.bias.grad is own
    assert own.tolist() == [0, 0]


def test_a_conversion_to_the_same_dtype_changes_nothing() -> None:
    model = Tied()
    loss = model(tg.ones(1, 2)).sum()
    memory, leaf = model.own.array, model.own.node
    model.float()
    assert model.own.array is memory
    assert model.own.node is leaf  # and with it, its hooks
    loss.backward()  # the graph still ends at these parameters
    assert model.first.bias.grad is not None


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_is_independent_and_still_shares_within_itself(duplicate: Any) -> None:
    model = Tied()
    model.steps = None
    copied = duplicate(model)
    assert list(copied.state_dict()) == list(model.state_dict())
    assert copied.second.weight is copied.first.weight
    assert copied.again is copied.first
    assert type(copied.own) is nn.Parameter
    with tg.no_grad():
        copied.own.fill_(7)
    assert model.own.tolist() == [0, 0, 0]
    copied.extra = nn.Parameter(tg.ones(1))
    assert "extra" not in model.state_dict()


# ---------------------------------------------------------------------------------------------------- calls, errors


class Net(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


class Failing(nn.Module):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def forward(self, x: Any) -> Any:
        raise self.error


def test_arguments_and_results_pass_through() -> None:
    class Pair(nn.Module):
        def forward(self, a: Any, *, b: Any = 2) -> Any:
            return a, b

    assert Pair()(1) == (1, 2)
    assert Pair()(1, b=3) == (1, 3)


def test_an_error_names_the_path_of_the_layer() -> None:
    layer = nn.Linear(10, 10)
    x = tg.ones(64, 784)
    with pytest.raises(RuntimeError, match=r"^Linear: expected \(\*, 10\), got \(64, 784\)$"):
        layer(x)
    with pytest.raises(RuntimeError, match=r"^layers.1.layers.0: expected \(\*, 10\), got \(64, 784\)$"):
        Net(nn.ReLU(), Net(layer))(x)
    model = nn.Sequential()
    model.add_module("net", nn.Sequential())
    model.net.add_module("fc2", layer)
    with pytest.raises(RuntimeError, match=r"^net.fc2: expected \(\*, 10\), got \(64, 784\)$"):
        model(x)


@pytest.mark.parametrize("kind", [RuntimeError, TypeError, ValueError, IndexError, NotImplementedError])
def test_an_error_keeps_its_type_and_instance(kind: type[Exception]) -> None:
    error = kind("no")
    with pytest.raises(kind, match=r"^layers.0: no$") as caught:
        Net(Failing(error))(1)
    assert caught.value is error


@pytest.mark.parametrize("error", [KeyError("key"), ValueError(), ValueError("a", 2), ValueError(3), OSError(2, "no")])
def test_an_error_that_is_not_a_message_is_left_alone(error: Exception) -> None:
    before = error.args
    with pytest.raises(type(error)) as caught:
        Net(Failing(error))(1)
    assert caught.value.args == before


def test_a_module_that_is_not_registered_is_named_by_its_class() -> None:
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = [Failing(ValueError("no"))]

        def forward(self, x: Any) -> Any:
            return self.layers[0](x)

    with pytest.raises(ValueError, match=r"^layers.0: Failing: no$"):
        Net(Hidden())(1)


def test_a_module_that_calls_itself_is_named_once() -> None:
    class Deep(nn.Module):
        def forward(self, depth: int) -> Any:
            if depth:
                return self(depth - 1)
            raise ValueError("no")

    with pytest.raises(ValueError, match=r"^layers.0: no$"):
        Net(Deep())(3)


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(
        NotImplementedError, match=r'^Module: Module .Module. is missing the required "forward" function$'
    ):
        nn.Module()(1)
