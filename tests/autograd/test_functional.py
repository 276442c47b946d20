"""Jacobians, Hessians and products with them, as PyTorch has them."""

import numpy as np
import pytest

import tinygrad_np as tg
from tests.autograd.programs import agree, double
from tinygrad_np.autograd import functional

FUNCTIONS = {  # name: function, shapes of its inputs (a list for a tuple of several)
    "elementwise": (lambda x: x.exp() * x, (3,)),
    "of a matrix": (lambda x: (x @ x.T).sin(), (2, 3)),
    "several inputs": (lambda x, y: x * y.exp() + 2 * x, [(2, 1), (3,)]),
    "several outputs": (lambda x: (x.sum() * x, x**2), (3,)),
    "several of both": (lambda x, y: (x * y, (x + y).sum()), [(2,), (2,)]),
    "an unused input": (lambda x, y: x**3, [(2,), (3,)]),
    "linear": (lambda x: 3 * x, (2,)),
}
SCALARS = {
    "cube": (lambda x: (x**3).sum() / 3, (3,)),
    "mixed": (lambda x, y: (x * y * y).sum() + (x.exp()).sum(), [(2, 1), (3,)]),
    "one entry": (lambda x: (x**3).sum().reshape(1, 1), (2,)),
    "an unused input": (lambda x, y: (x**3).sum(), [(2,), (3,)]),
    "linear in one": (lambda x, y: (x**2).sum() * y.sum(), [(2,), (2,)]),
}
both = pytest.mark.parametrize("requires_grad", [False, True])


def tensors(lib, shapes, seed=0, requires_grad=False):
    random = np.random.default_rng(seed)
    made = [double(lib, random.uniform(0.3, 1.5, shape).tolist(), requires_grad) for shape in _listed(shapes)]
    return tuple(made) if isinstance(shapes, list) else made[0]


def _listed(shapes):
    return shapes if isinstance(shapes, list) else [shapes]


def like(lib, outputs, seed=1):
    several = isinstance(outputs, tuple)
    random = np.random.default_rng(seed)
    each = outputs if several else [outputs]
    made = [double(lib, random.normal(size=tuple(y.shape)).tolist(), False) for y in each]
    return tuple(made) if several else made[0]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("method", ["jacobian", "vjp", "jvp"])
@both
def test_first_derivatives(name, method, requires_grad):
    function, shapes = FUNCTIONS[name]

    def program(lib):
        inputs = tensors(lib, shapes, requires_grad=requires_grad)
        given = inputs if isinstance(inputs, tuple) else (inputs,)
        v = {"jacobian": (), "jvp": (like(lib, inputs),), "vjp": (like(lib, function(*given)),)}[method]
        found = getattr(lib.autograd.functional, method)(function, inputs, *v)
        return found, [x.requires_grad for x in _flat(found)]

    agree(program)


@pytest.mark.parametrize("name", SCALARS)
@pytest.mark.parametrize("method", ["hessian", "vhp", "hvp"])
@both
def test_second_derivatives(name, method, requires_grad):
    function, shapes = SCALARS[name]

    def program(lib):
        inputs = tensors(lib, shapes, requires_grad=requires_grad)
        v = () if method == "hessian" else (like(lib, inputs),)
        found = getattr(lib.autograd.functional, method)(function, inputs, *v)
        return found, [x.requires_grad for x in _flat(found)]

    agree(program)


@pytest.mark.parametrize("method", ["jacobian", "vjp", "jvp", "hessian", "vhp", "hvp"])
def test_results_that_can_be_differentiated(method):
    def program(lib):
        x = double(lib, [0.5, 1.5])
        v = () if method in ("jacobian", "hessian") else (double(lib, [2.0, 3.0], False),)
        function = (lambda x: x**3) if method in ("jacobian", "vjp", "jvp") else (lambda x: (x**4).sum())
        found = _flat(getattr(lib.autograd.functional, method)(function, x, *v, create_graph=True))
        return found, lib.autograd.grad(found[-1].sum(), x)

    agree(program)


def _flat(found):
    return [y for each in found for y in _flat(each)] if isinstance(found, tuple) else [found]


@pytest.mark.parametrize("method", ["jacobian", "vjp", "jvp", "hessian", "vhp", "hvp"])
def test_create_graph_with_an_input_that_does_not_require_grad(method):
    def program(lib):
        x = double(lib, [0.5, 1.5], False)
        v = () if method in ("jacobian", "hessian") else (double(lib, [2.0, 3.0], False),)
        function = (lambda x: x**3) if method in ("jacobian", "vjp", "jvp") else (lambda x: (x**4).sum())
        return _flat(getattr(lib.autograd.functional, method)(function, x, *v, create_graph=True))

    agree(program)


@pytest.mark.parametrize(
    ("method", "function", "create_graph"),
    [
        ("jacobian", lambda x: x.detach() * 2, False),
        ("jacobian", lambda x: x * 2, True),
        ("jacobian", lambda x: x**2, True),
        ("vjp", lambda x: x.detach() * 2, False),
        ("vjp", lambda x: x * 2, True),
        ("jvp", lambda x: x.detach() * 2, False),
        ("jvp", lambda x: x * 2, False),
        ("hessian", lambda x: (x * 2).sum(), False),
        ("hessian", lambda x: (x**2).sum(), True),
        ("hessian", lambda x: (x**3).sum(), True),
        ("vhp", lambda x: (x * 2).sum(), False),
        ("vhp", lambda x: (x**3).sum(), False),
        ("hvp", lambda x: (x * 2).sum(), False),
        ("hvp", lambda x: (x**3).sum(), False),
    ],
)
def test_strict(method, function, create_graph):
    def program(lib):
        x = double(lib, [0.5, 1.5])
        v = () if method in ("jacobian", "hessian") else (double(lib, [2.0, 3.0], False),)
        call = getattr(lib.autograd.functional, method)
        return [call(function, x, *v, create_graph=create_graph, strict=strict) for strict in (False, True)]

    agree(program)


def test_strict_with_an_unused_input():
    def program(lib):
        inputs = tensors(lib, [(2,), (2,)])
        return lib.autograd.functional.jacobian(lambda x, y: x * 2, inputs, strict=True)

    agree(program)
    with pytest.raises(RuntimeError, match=r"jacobian: output 0 of the function is independent of input 1; .*strict"):
        program(tg)


class TestWithoutAVector:
    def test_one_entry_needs_none(self):
        def program(lib):
            x = double(lib, [3.0])
            of = lib.autograd.functional
            return of.vjp(lambda x: (x**2).sum(), x), of.jvp(lambda x: x**2, x), of.hvp(lambda x: (x**3).sum(), x)

        agree(program)

    @pytest.mark.parametrize("method", ["vjp", "jvp", "vhp", "hvp"])
    def test_several_do(self, method):
        agree(lambda lib: getattr(lib.autograd.functional, method)(lambda x: x * x, double(lib, [1.0, 2.0])))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda of, x: of.jacobian(lambda x: x, 3), TypeError, "jacobian: inputs must be a tensor, .* got int"),
        (lambda of, x: of.jacobian(lambda x: 3, x), TypeError, "the outputs of the function must be a tensor"),
        (lambda of, x: of.vjp(lambda x: x, x), RuntimeError, "v can be left out only if the function returns a single"),
        (lambda of, x: of.vjp(lambda x: x, x, (x, x)), RuntimeError, "vjp: v has 2 tensors, expected 1"),
        (lambda of, x: of.vjp(lambda x: x, x, x[:1]), RuntimeError, r"v has shape \(1,\), expected .* \(2,\)"),
        (lambda of, x: of.jvp(lambda x, y: x, (x, x), (x, x[:1])), RuntimeError, r"jvp: v\[1\] has shape \(1,\)"),
        (lambda of, x: of.hessian(lambda x: x, x), RuntimeError, r"of one entry, got one of shape \(2,\)"),
        (lambda of, x: of.vhp(lambda x: (x.sum(), x.sum()), x, x), RuntimeError, "of one entry, got several"),
    ],
)
def test_errors(call, error, message):
    agree(lambda lib: call(lib.autograd.functional, double(lib, [1.0, 2.0], False)))
    with pytest.raises(error, match=message):
        call(functional, double(tg, [1.0, 2.0], False))


@pytest.mark.parametrize(("strategy", "message"), [("forward-mode", "no forward mode"), ("sideways", "unknown")])
def test_strategies(strategy, message):
    with pytest.raises(NotImplementedError, match=message):
        functional.jacobian(lambda x: x, tg.ones(1), strategy=strategy, vectorize=True)
    assert functional.jacobian(lambda x: x * 2, tg.ones(1), vectorize=True).tolist() == [[2.0]]


def test_shapes_without_entries():
    """Where PyTorch raises."""
    assert functional.jacobian(lambda x: x * 2, tg.zeros(2, 0)).shape == (2, 0, 2, 0)
    assert functional.jacobian(lambda x: x.sum(0), tg.zeros(0, 3)).shape == (3, 0, 3)


def test_inputs_are_left_alone():
    x = tg.ones(2, requires_grad=True)
    y, product = functional.vjp(lambda x: x * 2, x, tg.ones(2))
    assert (x.grad, y.requires_grad, product.requires_grad) == (None, False, False)
    with tg.no_grad():
        assert functional.jacobian(lambda x: x**2, x).tolist() == [[2.0, 0.0], [0.0, 2.0]]
