"""``autograd.Function``: forward and backward of one's own, as PyTorch has it."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinygrad_np as tg
from tests.autograd.functions import exp_of, product_of
from tests.autograd.programs import agree, double
from tinygrad_np.autograd.function import once_differentiable


class TestGradients:
    def test_first_order(self):
        def program(lib):
            x = double(lib, [0.5, -1.0])
            exp_of(lib).apply(x * 2).sum().backward()
            return x.grad

        agree(program)

    def test_higher_orders_go_through_backward(self):
        def program(lib):
            x = double(lib, [0.5, -1.0])
            (slope,) = lib.autograd.grad(exp_of(lib).apply(x * x).sum(), x, create_graph=True)
            (second,) = lib.autograd.grad((slope * slope).sum(), x, create_graph=True)
            return slope, second, lib.autograd.grad(second.sum(), x)

        agree(program)

    def test_several_outputs_and_an_argument_that_is_no_tensor(self):
        def program(lib):
            a, b = double(lib, [1.0, 2.0]), double(lib, [3.0, 5.0])
            product, total = product_of(lib).apply(a, b, 10)
            slopes = lib.autograd.grad((product * total).sum(), [a, b], create_graph=True)
            return slopes, lib.autograd.grad((slopes[0] * slopes[1]).sum(), [a, b])

        agree(program)

    def test_an_output_without_a_gradient_gets_zeros(self):
        def program(lib):
            seen = []
            a = double(lib, [1.0, 2.0])
            product_of(lib, seen).apply(a, double(lib, [3.0, 5.0], False), 10)[1].sum().backward()
            return a.grad, seen

        agree(program)

    @pytest.mark.parametrize("which", [0, 1])
    def test_without_materialized_grads_it_gets_none(self, which):
        def program(lib):
            class Two(lib.autograd.Function):
                @staticmethod
                def forward(ctx, a, b):
                    ctx.set_materialize_grads(False)
                    return a * 2, b * 3

                @staticmethod
                def backward(ctx, g, h):
                    return None if g is None else g * 2, None if h is None else h * 3

            a, b = double(lib, [1.0]), double(lib, [2.0])
            Two.apply(a, b)[which].sum().backward()
            return a.grad, b.grad

        agree(program)

    def test_none_is_no_gradient_at_all(self):
        def program(lib):
            class First(lib.autograd.Function):
                @staticmethod
                def forward(ctx, a, b):
                    return a + b

                @staticmethod
                def backward(ctx, g):
                    return g, None

            a, b = double(lib, [1.0]), double(lib, [2.0])
            c = b * 2
            First.apply(a, c).sum().backward(create_graph=True)
            return a.grad, b.grad

        agree(program)

    def test_a_larger_gradient_is_summed_and_converted(self):
        def program(lib):
            class Wide(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    return x * lib.ones(3, dtype=lib.float64)

                @staticmethod
                def backward(ctx, g):
                    return g

            x = lib.tensor([2.0], requires_grad=True)
            Wide.apply(x).sum().backward()
            return x.grad

        agree(program)

    def test_setup_context(self):
        def program(lib):
            class Cube(lib.autograd.Function):
                @staticmethod
                def forward(x, power):
                    return x**power, x * 0

                @staticmethod
                def setup_context(ctx, inputs, output):
                    x, ctx.power = inputs
                    ctx.mark_non_differentiable(output[1])
                    ctx.save_for_backward(x, output[0])

                @staticmethod
                def backward(ctx, g, _):
                    x, y = ctx.saved_tensors
                    return g * ctx.power * y / x, None

            x = double(lib, [2.0, 3.0])
            y, flat = Cube.apply(x, 3)
            (slope,) = lib.autograd.grad(y.sum(), x, create_graph=True)
            return y, flat.requires_grad, slope, lib.autograd.grad(slope.sum(), x)

        agree(program)

    def test_outputs_that_have_no_gradient(self):
        def program(lib):
            class Sorted(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    order = x.argmax(0)
                    marked = x * 2
                    ctx.mark_non_differentiable(order, marked)
                    return x * 3, order, marked, "text"

                @staticmethod
                def backward(ctx, g, *others):
                    return g * 3

            x = double(lib, [2.0, 3.0])
            y, order, marked, text = Sorted.apply(x)
            y.sum().backward()
            return y.requires_grad, order.requires_grad, marked.requires_grad, text, x.grad

        agree(program)

    def test_what_was_computed_on_the_way_may_be_saved(self):
        def program(lib):
            class Sigmoid(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    decay = (-x).exp()
                    y = 1 / (1 + decay)
                    ctx.save_for_backward(decay, None, y)
                    return y

                @staticmethod
                def backward(ctx, g):
                    decay, none, y = ctx.saved_tensors
                    return g * decay * y * y if none is None else None

            x = double(lib, [2.0, 3.0])
            Sigmoid.apply(x).sum().backward()
            return x.grad

        agree(program)

    def test_the_input_itself_may_be_returned(self):
        def program(lib):
            class Reversal(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    return x

                @staticmethod
                def backward(ctx, g):
                    return -g

            x = double(lib, [2.0, 3.0])
            y = Reversal.apply(x)
            y.sum().backward()
            return y.requires_grad, y is x, x.grad

        agree(program)

    def test_the_input_may_be_returned_and_saved(self):
        """What is saved is the input: its derivative does not go through this very backward."""

        def program(lib):
            class Weighted(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    ctx.save_for_backward(x)
                    return x

                @staticmethod
                def backward(ctx, g):
                    return g * ctx.saved_tensors[0] ** 2

            x = double(lib, [2.0, 3.0])
            (slope,) = lib.autograd.grad(Weighted.apply(x * 1).sum(), x, create_graph=True)
            return slope, lib.autograd.grad(slope.sum(), x)

        agree(program)

    def test_what_is_not_recorded(self):
        def program(lib):
            seen = []
            x = double(lib, [2.0])
            with lib.no_grad():
                y, _ = product_of(lib, seen).apply(x, x, 2)
            z, _ = product_of(lib, seen).apply(x.detach(), x.detach(), 2)
            return y, y.requires_grad, z.requires_grad

        agree(program)

    def test_forward_does_not_record_and_backward_does_under_create_graph(self):
        def program(lib):
            modes = []

            class Watched(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    modes.append(lib.is_grad_enabled())
                    return x * 2

                @staticmethod
                def backward(ctx, g):
                    modes.append((lib.is_grad_enabled(), g.requires_grad))
                    return g * 2

            x = double(lib, [2.0])
            Watched.apply(x).sum().backward()
            lib.autograd.grad(Watched.apply(x).sum(), x, create_graph=True)
            return modes

        agree(program)


class TestSecondBackward:
    def test_is_an_error_only_if_something_was_saved(self):
        def program(lib, save):
            class Maybe(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    if save:
                        ctx.save_for_backward(x)
                    return x * 2

                @staticmethod
                def backward(ctx, g):
                    return ctx.saved_tensors[0] * g if save else 2 * g

            x = double(lib, [3.0])
            y = Maybe.apply(x)
            y.backward()
            y.backward()
            return x.grad

        agree(lambda lib: program(lib, True))
        agree(lambda lib: program(lib, False))

    def test_retain_graph_calls_backward_again(self):
        def program(lib):
            seen = []
            a, b = double(lib, [1.0]), double(lib, [2.0])
            y, _ = product_of(lib, seen).apply(a, b, 1)
            g = lib.ones(1, dtype=lib.float64)
            y.backward(g, retain_graph=True)
            y.backward(g, inputs=[a], retain_graph=True)
            y.backward(g)
            return len(seen), a.grad, b.grad

        agree(program)


class TestOnceDifferentiable:
    @staticmethod
    def square_of(lib):
        class Square(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            @lib.autograd.function.once_differentiable
            def backward(ctx, g):
                (x,) = ctx.saved_tensors
                return 2 * x * g

        return Square

    def test_once(self):
        def program(lib):
            x = double(lib, [3.0])
            self.square_of(lib).apply(x).backward()
            return x.grad

        agree(program)

    def test_twice(self):
        def program(lib):
            x = double(lib, [3.0])
            (slope,) = lib.autograd.grad((self.square_of(lib).apply(x) ** 2).sum(), x, create_graph=True)
            return slope.sum().backward()

        agree(program)
        with pytest.raises(RuntimeError, match="marked with @once_differentiable"):
            program(tg)

    def test_a_tuple_stays_one(self):
        backward = once_differentiable(lambda ctx, g: (g * 2, None))
        first, second = backward(None, tg.ones(1))
        assert (first.item(), second) == (2.0, None)


class TestMemory:
    def test_what_is_saved_is_freed_at_once(self):
        gc.disable()
        try:
            x = tg.ones(2, requires_grad=True)
            y = exp_of(tg).apply(x * 1)
            array = weakref.ref(y.array)
            z = y.sum()
            del y
            assert array() is not None  # saved for the backward pass
            z.backward()
            assert array() is None
        finally:
            gc.enable()

    @pytest.mark.parametrize("create_graph", [False, True])
    def test_a_dead_graph_leaves_no_cycle(self, create_graph):
        gc.collect()
        gc.disable()
        try:
            x = tg.ones(2, requires_grad=True)
            y = exp_of(tg).apply(x * 1)
            product, _ = product_of(tg).apply(y, x, 2)
            (slope,) = tg.autograd.grad(product.sum(), x, create_graph=create_graph, retain_graph=True)
            nodes = [weakref.ref(t.node) for t in (y, product, slope) if t.node is not None]
            del y, product, slope, _
            assert [node() for node in nodes] == [None] * len(nodes)
        finally:
            gc.enable()

    def test_the_graph_does_not_hold_tensors(self):
        gc.disable()
        try:
            x = tg.ones(2, requires_grad=True) * 1
            y, _ = product_of(tg).apply(x, x, 2)
            gone = weakref.ref(x)
            del x
            assert gone() is None
            y.sum().backward()
        finally:
            gc.enable()

    def test_a_gradient_that_backward_keeps_is_its_own(self):
        kept = []

        class Passing(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def backward(ctx, g):
                kept.append(g)
                return g

        x = tg.ones(2, requires_grad=True)
        for _ in range(2):
            (Passing.apply(x) * 3).sum().backward()
        assert [g.tolist() for g in kept] == [[3.0, 3.0]] * 2

    def test_gradients_share_no_memory(self):
        class Both(tg.autograd.Function):
            @staticmethod
            def forward(ctx, a, b):
                return a + b

            @staticmethod
            def backward(ctx, g):
                return g, g

        a, b = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
        seed = tg.ones(2)
        Both.apply(a, b).backward(seed)
        assert not np.shares_memory(a.grad.array, b.grad.array)
        assert not np.shares_memory(a.grad.array, seed.array)


def test_several_threads_walk_one_graph():
    waiting = threading.Event()

    class Square(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            waiting.wait(0.005)  # the others come meanwhile
            return 2 * g * ctx.saved_tensors[0]

    x = tg.tensor([1.0, 2.0], requires_grad=True)
    loss = Square.apply(x).sum()
    with ThreadPoolExecutor(4) as threads:
        for walk in [threads.submit(loss.backward, retain_graph=True) for _ in range(8)]:
            walk.result()
    assert x.grad.tolist() == [16.0, 32.0]


def test_it_is_traced_and_printed():
    x = tg.ones(2, requires_grad=True)
    y = exp_of(tg).apply(x)
    assert "grad_fn=<ExpBackward0>" in repr(y)
    assert [entry.op for entry in tg.explain.trace(y.sum())] == ["sum", "Exp"]
    traced = tg.explain.trace(product_of(tg).apply(x, x * 2, 3)[0].sum())
    assert traced.gradients["leaf"].tolist() == [12.0, 12.0]
