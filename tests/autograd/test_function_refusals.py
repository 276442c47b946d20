"""What ``autograd.Function`` refuses, and how it says so."""

import numpy as np
import pytest

import tinygrad_np as tg
from tests.autograd.functions import exp_of, product_of
from tests.autograd.programs import agree, double
from tinygrad_np.autograd.function import FunctionCtx


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("returned", "error", "message"),
        [
            (lambda g: (g, g), RuntimeError, r"incorrect number of gradients \(expected 1, got 2\)"),
            (lambda g: (), RuntimeError, r"incorrect number of gradients \(expected 1, got 0\)"),
            (lambda g: g[:1], RuntimeError, r"a gradient of shape \(1,\) for an argument of \(2,\)"),
            (lambda g: g.reshape(1, 2)[:, [0, 1, 0]], RuntimeError, r"a gradient of shape \(1, 3\) for an argument"),
            (lambda g: 3.0, RuntimeError, "gradient 0 must be a tensor or None, got float"),
        ],
    )
    def test_what_backward_may_not_return(self, returned, error, message):
        def program(lib):
            class Wrong(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    return x * 2

                @staticmethod
                def backward(ctx, g):
                    return returned(g)

            x = double(lib, [1.0, 2.0])
            Wrong.apply(x).sum().backward()
            return x.grad

        agree(program)
        with pytest.raises(error, match=message):
            program(tg)

    def test_a_gradient_for_what_is_no_tensor(self):
        def program(lib):
            class Wrong(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x, k):
                    return x * k

                @staticmethod
                def backward(ctx, g):
                    return g, g

            Wrong.apply(double(lib, [1.0]), 2).backward()

        agree(program)
        with pytest.raises(RuntimeError, match="different from None at position 1"):
            program(tg)

    def test_extra_nones_do_no_harm(self):
        def program(lib):
            class Extra(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    return x * 2

                @staticmethod
                def backward(ctx, g):
                    return g * 2, None, None

            x = double(lib, [1.0])
            Extra.apply(x).backward()
            return x.grad

        agree(program)

    def test_only_tensors_can_be_saved(self):
        def program(lib):
            class Wrong(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    ctx.save_for_backward(x, 3)
                    return x * 1

            Wrong.apply(double(lib, [1.0]))

        agree(program)
        with pytest.raises(TypeError, match="can only save tensors, but argument 1 is of type int"):
            program(tg)

    def test_a_function_has_no_instances(self):
        agree(lambda lib: exp_of(lib)()(double(lib, [1.0])))
        with pytest.raises(RuntimeError, match=r"call Exp.apply\(\.\.\.\)"):
            exp_of(tg)()

    @pytest.mark.parametrize("missing", ["forward", "backward"])
    def test_what_a_subclass_has_to_define(self, missing):
        def program(lib):
            class Half(lib.autograd.Function):
                if missing == "backward":

                    @staticmethod
                    def forward(ctx, x):
                        return x * 2

            Half.apply(double(lib, [1.0])).backward()

        agree(program)
        with pytest.raises(NotImplementedError, match=f"a Function needs a static {missing}"):
            program(tg)

    def test_setup_context_of_the_base_refuses(self):
        with pytest.raises(NotImplementedError, match="setup_context"):
            tg.autograd.Function.setup_context(FunctionCtx(), (), None)

    def test_writing_to_inputs_is_refused(self):
        class Doubled(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.mark_dirty(x)

        with pytest.raises(RuntimeError, match=r"mark_dirty: .* may not overwrite its inputs"):
            Doubled.apply(tg.ones(1, requires_grad=True))

    def test_an_array_instead_of_a_tensor_is_refused(self):
        class Plain(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return np.exp(x.array)

        with pytest.raises(TypeError, match="Plain: output 0 of forward is an ndarray"):
            Plain.apply(tg.ones(1, requires_grad=True))

    def test_saved_tensors_are_for_backward(self):
        with pytest.raises(RuntimeError, match="can be read in backward"):
            FunctionCtx().saved_tensors  # noqa: B018

    def test_a_saved_tensor_that_was_overwritten(self):
        def program(lib):
            w = double(lib, [3.0], False)
            y, _ = product_of(lib).apply(double(lib, [1.0]), w, 2)
            w.mul_(2)
            y.backward()

        agree(program)
        with pytest.raises(RuntimeError, match="modified by an inplace operation: Product saved"):
            program(tg)

    def test_a_write_to_an_output_that_looks_at_its_input(self):
        class Same(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x.reshape(-1)

            @staticmethod
            def backward(ctx, g):
                return g.reshape(2, 1)

        x = tg.ones(2, 1, requires_grad=True) * 1
        y = Same.apply(x)
        with pytest.raises(RuntimeError, match="a write to a view made by Same cannot be recorded"):
            y.mul_(2)
        with pytest.raises(RuntimeError, match="Same: its output looks at the memory of its input"):
            x.mul_(2)
