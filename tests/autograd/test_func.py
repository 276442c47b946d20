"""``tinygrad_np.func``: functions of functions, as in ``torch.func``."""

from collections import OrderedDict

import numpy as np
import pytest

import tinygrad_np as tg
from tests.autograd.programs import agree, double
from tinygrad_np import func


def numbers(lib, *shape, seed=0):
    return double(lib, np.random.default_rng(seed).uniform(0.3, 1.5, shape).tolist(), False)


class TestGrad:
    def test_compositions(self):
        def program(lib):
            f = lambda x: x.sin() * x**3  # noqa: E731
            found = []
            for _ in range(4):
                f = lib.func.grad(f)
                found.append(f(double(lib, 0.7, False)))
            return found, [x.requires_grad for x in found]

        agree(program)

    @pytest.mark.parametrize("argnums", [0, 1, -1, (0,), (1, 0), (0, 2)])
    def test_argnums(self, argnums):
        def program(lib):
            a, b, c = (numbers(lib, 2, seed=i) for i in range(3))
            return lib.func.grad(lambda a, b, c: (a * b.exp() * c**2).sum(), argnums)(a, b, c)

        agree(program)

    @pytest.mark.parametrize("argnums", [3, (0, 0), (0, -2)])
    def test_argnums_that_do_not_fit(self, argnums):
        agree(lambda lib: lib.func.grad(lambda a, b: (a * b).sum(), argnums)(numbers(lib, 2), numbers(lib, 2)))
        with pytest.raises(RuntimeError, match="argnums has"):
            func.grad(lambda a, b: (a * b).sum(), argnums)(tg.ones(2), tg.ones(2))

    def test_nested_arguments(self):
        def program(lib):
            weights = {"w": numbers(lib, 2), "more": [numbers(lib, 2, seed=1), (numbers(lib, 1),)]}
            loss = lambda p, x: (p["w"] * x + p["more"][0] ** 2 * p["more"][1][0]).sum()  # noqa: E731
            return lib.func.grad(loss)(weights, numbers(lib, 2, seed=5))

        agree(program)

    def test_an_ordered_dict_stays_one(self):
        found = func.grad(lambda p: (p["a"] ** 2).sum())(OrderedDict(a=tg.ones(2), b=tg.ones(1)))
        assert isinstance(found, OrderedDict)
        assert found["b"].tolist() == [0.0]

    def test_values_and_more(self):
        def program(lib):
            x = numbers(lib, 3)
            pair = lambda x: ((x**2).sum(), {"twice": x * 2})  # noqa: E731
            single = lambda x: (x**2).sum()  # noqa: E731
            return [
                lib.func.grad(pair, has_aux=True)(x),
                lib.func.grad_and_value(pair, has_aux=True)(x),
                lib.func.grad_and_value(single)(x),
                lib.func.grad_and_value(single, argnums=(0,))(x),
            ]

        agree(program)
        value, slope = func.value_and_grad(lambda x: (x**2).sum())(tg.ones(2))
        assert (value.item(), slope.tolist()) == (2.0, [2.0, 2.0])
        (value, twice), slope = func.value_and_grad(lambda x: ((x**2).sum(), x * 2), has_aux=True)(tg.ones(2))
        assert (value.requires_grad, twice.requires_grad, slope.tolist()) == (False, False, [2.0, 2.0])

    def test_keywords_are_passed_on(self):
        agree(lambda lib: lib.func.grad(lambda x, k: (x**k).sum())(numbers(lib, 2), k=3))

    def test_what_the_function_refers_to_keeps_its_history(self):
        def program(lib):
            w = double(lib, [2.0, 3.0])
            slope = lib.func.grad(lambda x: (w * x**2).sum())(double(lib, [5.0, 7.0], False))
            slope.sum().backward()
            return slope.requires_grad, w.grad

        agree(program)

    def test_an_argument_that_requires_grad_keeps_its_history(self):
        def program(lib):
            x = double(lib, [2.0, 3.0])
            slope = lib.func.grad(lambda x: (x**3).sum())(x)
            slope.sum().backward()
            return slope, x.grad

        agree(program)

    def test_under_no_grad(self):
        def program(lib):
            x = double(lib, [2.0, 3.0])
            with lib.no_grad():
                found = lib.func.grad(lambda x: (x**3).sum())(x)
            return found, found.requires_grad

        agree(program)

    @pytest.mark.parametrize(
        ("function", "message"),
        [
            (lambda x: x, r"0-d tensor, got Tensor of shape \(2,\)"),
            (lambda x: 3, "must return tensors, got int"),
            (lambda x: (x.sum(), x.sum()), "0-d tensor, got tuple"),
        ],
    )
    def test_what_the_function_may_not_return(self, function, message):
        agree(lambda lib: lib.func.grad(function)(numbers(lib, 2)))
        with pytest.raises(RuntimeError, match=message):
            func.grad(function)(tg.ones(2))

    def test_aux_needs_a_pair(self):
        agree(lambda lib: lib.func.grad(lambda x: x.sum(), has_aux=True)(numbers(lib, 2)))
        with pytest.raises(RuntimeError, match="must return a pair"):
            func.grad(lambda x: x.sum(), has_aux=True)(tg.ones(2))

    def test_only_tensors_have_gradients(self):
        with pytest.raises(TypeError, match="grad: expected tensors to differentiate by, got float"):
            func.grad(lambda x: x * 2)(3.0)
        with pytest.raises(RuntimeError, match="only float tensors"):
            func.grad(lambda x: x.sum() * 1.0)(tg.tensor([1, 2]))


class TestProducts:
    def test_vjp(self):
        def program(lib):
            a, b = numbers(lib, 2), numbers(lib, 2, seed=1)
            output, back = lib.func.vjp(lambda a, b: (a * b, {"s": a.sum()}), a, b)
            cotangents = (numbers(lib, 2, seed=2), {"s": double(lib, 3.0, False)})
            single = lib.func.vjp(lambda a: a**2, a)[1](b)
            return output, back(cotangents), back(cotangents), single

        agree(program)

    def test_vjp_with_aux(self):
        def program(lib):
            output, back, aux = lib.func.vjp(lambda a: (a**2, a * 3), numbers(lib, 2), has_aux=True)
            return output, back(numbers(lib, 2, seed=1)), aux

        agree(program)

    def test_vjp_of_a_vjp(self):
        def program(lib):
            x, v = numbers(lib, 2), numbers(lib, 2, seed=1)
            return lib.func.grad(lambda x: lib.func.vjp(lambda x: x**3, x)[1](v)[0].sum())(x)

        agree(program)

    def test_cotangents_that_do_not_fit(self):
        agree(lambda lib: lib.func.vjp(lambda a: a**2, numbers(lib, 2))[1](numbers(lib, 3)))
        with pytest.raises(RuntimeError, match=r"vjp: cotangents have shapes \[\(3,\)\], expected \[\(2,\)\]"):
            func.vjp(lambda a: a**2, tg.ones(2))[1](tg.ones(3))

    def test_jvp(self):
        def program(lib):
            a, b = numbers(lib, 2), numbers(lib, 2, seed=1)
            return [
                lib.func.jvp(lambda a, b: (a * b, b.sum()), (a, b), (b, a)),
                lib.func.jvp(lambda a: (a**2, a * 3), (a,), (b,), has_aux=True),
                lib.func.jvp(lambda a: a.detach() * 0 + 1, (a,), (b,)),
                lib.func.grad(lambda a: lib.func.jvp(lambda a: a**3, (a,), (b,))[1].sum())(a),
            ]

        agree(program)

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda f, x: f.jvp(lambda a: a, (x,), (x, x)), "tuples of one length"),
            (lambda f, x: f.jvp(lambda a: a, x, x), "tuples of one length"),
            (lambda f, x: f.jvp(lambda a: a, (x,), (x[:1],)), r"tangents have shapes \[\(1,\)\]"),
            (lambda f, x: f.jvp(lambda a: a.detach() * 0, (x,), (x,), strict=True), "independent of the primals"),
        ],
    )
    def test_jvp_errors(self, call, message):
        agree(lambda lib: call(lib.func, numbers(lib, 2)))
        with pytest.raises(RuntimeError, match=message):
            call(func, tg.ones(2))


class TestMatrices:
    @pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
    @pytest.mark.parametrize("argnums", [0, 1, (0, 1)])
    def test_jacobians(self, name, argnums):
        def program(lib):
            a, b = numbers(lib, 2, 1), numbers(lib, 3, seed=1)
            return getattr(lib.func, name)(lambda a, b: (a * b.exp(), {"s": (a**2).sum()}), argnums)(a, b)

        agree(program)

    @pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
    def test_with_aux_and_nested_arguments(self, name):
        def program(lib):
            p = {"a": numbers(lib, 2), "b": numbers(lib, 1, seed=1)}
            return getattr(lib.func, name)(lambda p: (p["a"] * p["b"], p["a"] * 2), has_aux=True)(p)

        agree(program)

    def test_compositions(self):
        def program(lib):
            x = numbers(lib, 3)
            f = lambda x: (x**3).sum() * x  # noqa: E731
            of = lib.func
            return of.hessian(lambda x: (x**3).sum())(x), of.jacfwd(of.jacrev(f))(x), of.jacrev(of.jacfwd(f))(x)

        agree(program)

    def test_hessian_of_two_arguments(self):
        def program(lib):
            a, b = numbers(lib, 2), numbers(lib, 2, seed=1)
            return lib.func.hessian(lambda a, b: (a * b**2).sum(), (0, 1))(a, b)

        agree(program)

    @pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
    def test_shapes_without_entries(self, name):
        call = getattr(func, name)
        assert call(lambda x: x.sum(0))(tg.zeros(0, 3)).shape == (3, 0, 3)
        assert call(lambda x: x[:0])(tg.zeros(3)).shape == (0, 3)


class TestFunctionalCall:
    @staticmethod
    def module(lib):
        module = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Linear(2, 2, bias=False)).double()
        module[1].weight = module[0].weight
        return module

    def test_gradients_of_other_weights(self):
        def program(lib):
            module = self.module(lib)
            weights = {"0.weight": numbers(lib, 2, 2), "0.bias": numbers(lib, 2)}
            loss = lambda w, x: lib.func.functional_call(module, w, x).sum()  # noqa: E731
            before = module[0].weight
            found = lib.func.grad(loss)(weights, numbers(lib, 3, 2))
            return found, module[0].weight is before, module[1].weight is before, before.grad

        agree(program)

    @pytest.mark.parametrize(
        ("dicts", "options"),
        [
            ([{"0.weight": (2, 2)}, {"0.bias": (2,)}], {}),
            ([{"0.weight": (2, 2)}, {"0.weight": (2, 2)}], {}),
            ({"0.weight": (2, 2)}, {"tie_weights": False}),
            ({"0.weight": (2, 2), "1.weight": (2, 2)}, {}),
            ({"0.weight": (2, 2)}, {"strict": True}),
            ({"0.weight": (2, 2), "0.bias": (2,)}, {"strict": True}),
        ],
    )
    def test_what_is_given(self, dicts, options):
        def program(lib):
            module = self.module(lib)
            for parameter, seed in zip(module.parameters(), (7, 8), strict=True):
                parameter.data = numbers(lib, *parameter.shape, seed=seed)
            seeds = iter(range(20))
            make = lambda shapes: {path: numbers(lib, *s, seed=next(seeds)) for path, s in shapes.items()}  # noqa: E731
            given = make(dicts) if isinstance(dicts, dict) else tuple(map(make, dicts))
            return lib.func.functional_call(module, given, (numbers(lib, 3, 2),), **options).detach()

        agree(program)

    def test_after_an_error_the_module_is_as_before(self):
        module = tg.nn.Linear(2, 2)
        before = module.weight
        with pytest.raises(RuntimeError):
            func.functional_call(module, {"weight": tg.ones(5, 5)}, tg.ones(1, 2))
        assert module.weight is before

    def test_a_path_that_the_module_lacks(self):
        with pytest.raises(KeyError, match="functional_call: Linear has no parameter or buffer wieght"):
            func.functional_call(tg.nn.Linear(2, 2), {"wieght": tg.ones(2, 2)}, tg.ones(1, 2))
        with pytest.raises(RuntimeError, match="no parameter or buffer wieght"):
            func.functional_call(tg.nn.Linear(2, 2), {"wieght": tg.ones(2, 2)}, tg.ones(1, 2), strict=True)
        with pytest.raises(RuntimeError, match="with strict=True, these are missing: bias"):
            func.functional_call(tg.nn.Linear(2, 2), {"weight": tg.ones(2, 2)}, tg.ones(1, 2), strict=True)
