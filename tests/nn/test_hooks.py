"""Hooks on modules and on leaves: what they see, what they may replace, and in which order they are called."""

import copy
import pickle

import pytest

import tinygrad_np as tg
from tests.autograd.programs import agree, double

KINDS = ["forward_pre", "forward", "full_backward_pre", "full_backward"]


def layer(lib, bias=True):
    made = lib.nn.Linear(2, 2, bias=bias).double()
    made.weight.data = double(lib, [[1.0, 2.0], [3.0, 5.0]], False)
    if bias:
        made.bias.data = double(lib, [0.5, -0.5], False)
    return made


def data(lib, requires_grad=True):
    return double(lib, [[1.0, -1.0], [2.0, 0.5]], requires_grad)


def register(module, kind, hook, **options):
    return getattr(module, f"register_{kind}_hook")(hook, **options)


def pair(lib):
    """Return a module of two inputs, a keyword and two outputs."""

    class Pair(lib.nn.Module):
        def forward(self, a, b, scale=1.0):
            return a * b * scale, a + b

    return Pair()


class TestOrder:
    @pytest.mark.parametrize("prepend", [False, True])
    def test_all_kinds(self, prepend):
        def program(lib):
            calls = []
            net = lib.nn.Sequential(layer(lib), lib.nn.Tanh())
            for path, module in net.named_modules():
                for kind in KINDS:
                    for number in range(2):
                        name = (path, kind, number)
                        register(module, kind, lambda *given, name=name: calls.append(name) and None, prepend=prepend)
            net(data(lib)).sum().backward()
            return calls

        agree(program)

    def test_what_they_are_given(self):
        def program(lib):
            seen = []
            module = pair(lib)
            for kind in KINDS:
                register(module, kind, lambda module, *given, kind=kind: seen.append((kind, given)) and None)
            a, b = data(lib), data(lib) * 3
            product, total = module(a, b, scale=2.0)
            (product * total).sum().backward()
            return seen, a.grad

        agree(program)

    def test_with_kwargs(self):
        def program(lib):
            seen = []
            module = pair(lib)
            for kind in KINDS[:2]:
                hook = lambda module, *given, kind=kind: seen.append((kind, given)) and None  # noqa: E731
                register(module, kind, hook, with_kwargs=True)
            module(data(lib), data(lib), scale=2.0)
            return seen

        agree(program)

    def test_hooks_registered_during_a_call(self):
        def program(lib):
            calls = []
            module = layer(lib)

            def hook(module, args, output):
                calls.append("first")
                module.register_forward_hook(lambda *given: calls.append("second") and None)

            handle = module.register_forward_hook(hook)
            module(data(lib))
            handle.remove()
            module(data(lib))
            return calls[0], calls[-1]

        agree(program)


class TestReplacing:
    @pytest.mark.parametrize("several", [False, True])
    def test_arguments(self, several):
        def program(lib):
            module = layer(lib)
            module.register_forward_pre_hook(lambda module, args: (args[0] * 2,) if several else args[0] * 2)
            return module(data(lib))

        agree(program)

    @pytest.mark.parametrize("wrong", [False, True])
    def test_arguments_and_keywords(self, wrong):
        def program(lib):
            module = pair(lib)
            hook = lambda module, args, kwargs: (args, {"scale": kwargs["scale"] + 1})  # noqa: E731
            module.register_forward_pre_hook((lambda *given: 3) if wrong else hook, with_kwargs=True)
            return module(data(lib), data(lib), scale=2.0)

        agree(program)

    def test_outputs_one_after_the_other(self):
        def program(lib):
            module = layer(lib)
            for factor in (2, 10):
                module.register_forward_hook(lambda module, args, output, factor=factor: output + factor * args[0])
            return module(data(lib))

        agree(program)

    def test_gradients(self):
        def program(lib):
            x, module = data(lib), layer(lib)
            module.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 2,))
            module.register_full_backward_pre_hook(lambda module, grad_output: [grad_output[0] + 1])
            module.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] * 10,))
            module.register_full_backward_hook(lambda module, inputs, outputs: (inputs[0] + outputs[0],))
            (module(x) ** 2).sum().backward()
            return x.grad, module.weight.grad, module.bias.grad

        agree(program)

    def test_under_create_graph(self):
        def program(lib):
            x, module = data(lib), layer(lib)
            module.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] * x,))
            (slope,) = lib.autograd.grad((module(x) ** 2).sum(), x, create_graph=True)
            return slope, lib.autograd.grad(slope.sum(), x)

        agree(program)

    @pytest.mark.parametrize(
        ("kind", "returned", "message"),
        [
            ("full_backward_pre", lambda *given: (given[-1][0],) * 2, "invalid number of grad_output, got 2, .* 1"),
            ("full_backward", lambda *given: (given[1][0],) * 2, "invalid number of grad_input, got 2, .* 1"),
        ],
    )
    def test_what_backward_hooks_may_not_return(self, kind, returned, message):
        def program(lib):
            module = layer(lib)
            register(module, kind, returned)
            module(data(lib)).sum().backward()

        agree(program)
        with pytest.raises(RuntimeError, match=message):
            program(tg)

    @pytest.mark.parametrize(
        ("returned", "error", "message"),
        [
            (lambda g: (g[0][:1],), RuntimeError, r"a gradient of shape \(1, 2\) for a tensor of \(2, 2\)"),
            (lambda g: (3,), TypeError, "returned int as a gradient"),
            (lambda g: 3, RuntimeError, "got int, but expected 1"),
        ],
    )
    def test_gradients_that_do_not_fit(self, returned, error, message):
        module = layer(tg)
        module.register_full_backward_hook(lambda module, grad_input, grad_output: returned(grad_input))
        with pytest.raises(error, match=message):
            module(data(tg)).sum().backward()


class TestBackward:
    def test_an_output_without_a_gradient_and_an_input_without_one(self):
        def program(lib):
            seen = []
            module = pair(lib)
            module.register_full_backward_pre_hook(lambda module, grad_output: seen.append(grad_output) and None)
            module.register_full_backward_hook(lambda module, *grads: seen.append(grads) and None)
            a, b = data(lib), data(lib, False)
            module(a, b)[1].sum().backward()
            return seen, a.grad

        agree(program)

    def test_where_no_input_requires_grad(self):
        def program(lib):
            seen = []
            module = layer(lib)
            module.register_full_backward_hook(lambda module, *grads: seen.append(grads) and None)
            module(data(lib, False)).sum().backward()
            return seen, module.weight.grad

        agree(program)
        module = layer(tg)
        module.register_full_backward_hook(lambda module, grad_input, grad_output: (tg.ones(2, 2),))
        with pytest.raises(RuntimeError, match="must return None"):
            module(data(tg, False)).sum().backward()

    @pytest.mark.parametrize("inputs", ["weight", "x"])
    def test_only_where_gradients_pass(self, inputs):
        def program(lib):
            seen = []
            module, x = layer(lib), data(lib)
            for kind in KINDS[2:]:
                register(module, kind, lambda module, *grads, kind=kind: seen.append(kind) and None)
            wanted = module.weight if inputs == "weight" else x
            lib.autograd.grad((module(x) ** 2).sum(), wanted)
            return seen

        agree(program)

    def test_a_module_called_twice_and_walked_twice(self):
        def program(lib):
            seen = []
            module, x = layer(lib), data(lib)
            module.register_full_backward_hook(lambda module, *grads: seen.append(grads) and None)
            y = module(module(x)).sum()
            y.backward(retain_graph=True)
            y.backward()
            return seen, x.grad

        agree(program)

    def test_under_no_grad_they_are_not_called(self):
        def program(lib):
            module = layer(lib)
            module.register_full_backward_hook(lambda *given: 1 / 0)
            with lib.no_grad():
                return module(data(lib))

        agree(program)

    def test_an_output_that_is_neither_a_tensor_nor_a_tuple(self):
        class Named(tg.nn.Module):
            def forward(self, x):
                return {"y": x * 2}

        module = Named()
        module.register_full_backward_hook(lambda *given: None)
        with pytest.warns(UserWarning, match="a tensor or a tuple of them, not for dict"):
            module(data(tg))

    def test_a_write_to_the_input_is_refused(self):
        class Careless(tg.nn.Module):
            def forward(self, x):
                return x.mul_(2)

        module = Careless()
        module.register_full_backward_hook(lambda *given: None)
        with pytest.raises(RuntimeError, match="a write to a view made by module_hooks cannot be recorded"):
            module(data(tg) * 1)


class TestErrors:
    @pytest.mark.parametrize("always_call", [False, True])
    def test_after_a_forward_that_raised(self, always_call):
        def program(lib):
            seen = []
            module = layer(lib)
            module.register_forward_hook(lambda *given: seen.append(given[2]) and None, always_call=always_call)
            module.register_forward_hook(lambda *given: seen.append("other") and None)
            with pytest.raises(RuntimeError):
                module(lib.ones(3, 7, dtype=lib.float64))
            return seen

        agree(program)

    def test_a_hook_is_a_function(self):
        with pytest.raises(TypeError, match="a hook is a function, got int"):
            layer(tg).register_forward_hook(3)

    def test_an_error_in_a_hook_names_the_module(self):
        net = tg.nn.Sequential(layer(tg))

        def fail(*given):
            raise ValueError("no")

        net[0].register_forward_hook(fail)
        with pytest.raises(ValueError, match="0: no"):
            net(data(tg))


class TestHandles:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_removed_hook_is_not_called(self, kind):
        def program(lib):
            module = layer(lib)
            calls = []
            hook = lambda *given: calls.append(1) and None  # noqa: E731
            first = register(module, kind, hook)
            register(module, kind, hook)
            first.remove()
            first.remove()
            with register(module, kind, lambda *given: 1 / 0):
                pass
            module(data(lib)).sum().backward()
            return calls

        agree(program)

    def test_a_module_without_hooks_has_no_table_of_them(self):
        module = layer(tg)
        assert module._hooks is None
        module.register_forward_hook(lambda *given: None)
        assert module._hooks is not None

    def test_copies_have_hooks_of_their_own(self):
        def program(lib):
            calls = []
            module = layer(lib)
            handle = module.register_forward_hook(lambda *given: calls.append(1) and None)
            copied = copy.deepcopy(module)
            handle.remove()
            module(data(lib))
            copied(data(lib))
            return calls

        agree(program)

    def test_a_module_without_hooks_is_pickled(self):
        module = pickle.loads(pickle.dumps(layer(tg)))
        assert module(data(tg)).shape == (2, 2)

    def test_a_module_that_never_called_its_base(self):
        def program(lib):
            class Bare(lib.nn.Module):
                def __init__(self):
                    pass

                def forward(self, x):
                    return x

            return Bare()(3)

        agree(program)
        with pytest.raises(AttributeError, match=r"cannot call Bare before Module.__init__\(\) call"):
            program(tg)

    def test_an_attribute_that_forward_lacks(self):
        class Lacking(tg.nn.Module):
            def forward(self, x):
                return self.weight * x

        with pytest.raises(AttributeError, match="no attribute 'weight'"):
            Lacking()(tg.ones(1))


class TestPostAccumulate:
    def test_it_comes_after_the_gradient_was_added(self):
        def program(lib):
            seen = []
            x = double(lib, [1.0, 2.0])
            x.register_hook(lambda g: seen.append(("tensor hook", g)) and None)
            handle = x.register_post_accumulate_grad_hook(lambda x: seen.append(x.grad.tolist()))
            (x * x).sum().backward()
            (x * x).sum().backward()
            handle.remove()
            (x * x).sum().backward()
            return seen

        agree(program)

    def test_it_may_use_up_the_gradient(self):
        def program(lib):
            x, w = double(lib, [1.0, 2.0]), double(lib, [3.0, 5.0])

            def step(p):
                with lib.no_grad():
                    p -= 0.1 * p.grad
                p.grad = None

            for leaf in (x, w):
                leaf.register_post_accumulate_grad_hook(step)
            (x * w).sum().backward()
            return x, w, x.grad

        agree(program)

    def test_grad_does_not_call_it_and_inputs_choose(self):
        def program(lib):
            seen = []
            x, w = double(lib, [1.0]), double(lib, [3.0])
            for name, leaf in (("x", x), ("w", w)):
                leaf.register_post_accumulate_grad_hook(lambda _, name=name: seen.append(name))
            lib.autograd.grad((x * w).sum(), [x, w])
            (x * w).sum().backward(inputs=[w])
            return seen

        agree(program)

    @pytest.mark.parametrize(("make", "message"), [(lambda x: x * 2, "a result"), (lambda x: x.detach(), "doesn't")])
    def test_only_leaves_have_them(self, make, message):
        agree(lambda lib: make(double(lib, [1.0])).register_post_accumulate_grad_hook(print))
        with pytest.raises(RuntimeError, match=f"cannot register a hook on .*{message}"):
            make(double(tg, [1.0])).register_post_accumulate_grad_hook(print)
