"""``gradcheck`` and ``gradgradcheck``: right gradients pass, wrong ones do not, and a kink is called one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tests.autograd.programs import agree, double
from tinygrad_np._graph import OPS
from tinygrad_np.autograd import GradcheckError, gradcheck, gradgradcheck


def leaf(*values, dtype=tg.float64):
    return tg.tensor(list(values), dtype=dtype, requires_grad=True)


@pytest.fixture
def declare():
    """Declare ops for one test."""
    before = set(OPS)
    yield tg.op
    for name in set(OPS) - before:
        del OPS[name]


RIGHT = {  # name: function, inputs
    "analytic": (lambda x: x.tanh() * x.exp() / (1 + x * x), leaf(0.5, -2.0)),
    "near a pole": (lambda x: x.log() / x, leaf(1e-8, 1e-3, 1e6)),
    "fast": (lambda x: (1000 * x).sin(), leaf(1e-8, 1e-3, 1.0)),
    "near a kink": (lambda x: x.relu() + x.abs(), leaf(1e-3, -1e-5, 3.0)),
    "a sum that is always 1": (lambda x: x.softmax(0).sum(), leaf(1.0, 2.0, 3.0)),
    "cancellation": (lambda x: (x + 1e8) - 1e8, leaf(1.0, 2.0)),
    "constant": (lambda x: x * 0 + 3, leaf(1.0, 2.0)),
    "reductions": (lambda x: (x.std(), x.logsumexp(0), x.amax()), leaf(1.0, 2.0, 3.5)),
    "tied maxima, shared": (lambda x: x.maximum(tg.ones(2, dtype=tg.float64)), leaf(1.0, 2.0)),
    "a conversion": (lambda x: x.float().exp(), leaf(0.5, 1.0)),
    "float32": (lambda x: x.tanh().sum() * x, leaf(0.5, -2.0, dtype=tg.float32)),
    "branches": (lambda x: tg.where(x > 1, x * x, x), leaf(0.5, 2.0)),
    "0-d and empty": (lambda x: (x.sum(), x[:0]), leaf(0.5, 2.0)),
}


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("fast_mode", [False, True])
def test_right_gradients_pass(name, fast_mode):
    function, x = RIGHT[name]
    assert gradcheck(function, x, fast_mode=fast_mode)


@pytest.mark.parametrize("fast_mode", [False, True])
def test_several_inputs_of_which_some_are_no_variables(fast_mode):
    def function(a, b, k, c):
        return a @ b * k + c, a.sum()

    inputs = (tg.randn(2, 3, dtype=tg.float64, requires_grad=True), tg.randn(3, 2, dtype=tg.float64), 3, leaf(1.0, 2.0))
    assert gradcheck(function, inputs, fast_mode=fast_mode)
    assert gradgradcheck(function, inputs, fast_mode=fast_mode)


def test_modules_and_layouts():
    net = tg.nn.Sequential(tg.nn.Linear(4, 5), tg.nn.Tanh(), tg.nn.Linear(5, 2)).double()
    x = tg.randn(4, 3, dtype=tg.float64).T.requires_grad_()
    assert gradcheck(net, x)
    assert gradgradcheck(net, x, gen_non_contig_grad_outputs=True)
    assert x.grad is None
    assert net[0].weight.grad is None


@given(scale=st.floats(1e-12, 1e12), factor=st.sampled_from([0.0, 0.999, 1.001, -1.0, 2.0]), seed=st.integers(0, 99))
def test_a_wrong_gradient_fails_however_small(scale, factor, seed):
    """There is no absolute floor: PyTorch's default lets all gradients below 1e-5 pass."""
    x = leaf(*np.random.default_rng(seed).uniform(0.5, 2, 3))

    class Scaled(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            ctx.factor = factor
            ctx.save_for_backward(x)
            return scale * x**3

        @staticmethod
        def backward(ctx, g):
            return g * 3 * scale * ctx.saved_tensors[0] ** 2 * ctx.factor, None

    for fast_mode in (False, True):
        assert gradcheck(Scaled.apply, (x, 1.0), fast_mode=fast_mode)
        with pytest.raises(GradcheckError, match="3 of 9 entries") as caught:
            gradcheck(Scaled.apply, (x, factor), fast_mode=fast_mode)
        assert {finding.verdict for finding in caught.value.findings} == {"wrong"}
        assert not gradcheck(Scaled.apply, (x, factor), fast_mode=fast_mode, raise_exception=False)


def test_a_small_slope_on_a_large_value(declare):
    """At small steps rounding would hide it: what a step cannot tell, it does not decide."""
    right = declare("tilted", lambda x: 1 + 1e-9 * x, x=lambda g: 1e-9 * g)
    wrong = declare("tilted_wrongly", lambda x: 1 + 1e-9 * x, x=lambda g: 3e-9 * g)
    hidden = declare("tilted_and_bent", lambda x: 1 + 1e-9 * np.maximum(x, 0), x=lambda g, x: 3e-9 * g * (x > 0))
    assert gradcheck(right, leaf(1.0))
    for function in (wrong, hidden):
        assert not gradcheck(function, leaf(1.0), raise_exception=False)


def test_a_step_with_more_noise_does_not_let_pass_what_one_with_less_refused(declare):
    doubled = declare("doubled", lambda x: x * x, x=lambda g, x: 2.02 * x * g)
    tilted = declare("tilted_sine", lambda x: 1 + 1e-7 * np.sin(x), x=lambda g, x: 1.04e-7 * np.cos(x) * g)
    for function, dtype in ((doubled, tg.float32), (tilted, tg.float64)):
        x = tg.tensor([1.0, 2.0], dtype=dtype, requires_grad=True)
        with pytest.raises(GradcheckError, match="2 of 4 entries"):
            gradcheck(function, x)


def test_a_slope_of_zero_that_the_complex_step_sees_as_curvature(declare):
    wrong = declare("cube", lambda x: x**3, x=lambda g, x: 3 * g * x * x + 1e-12 * g)
    for fast_mode in (False, True):
        assert gradcheck(lambda x: 1e6 * x**3 + x * x * x, leaf(0.0, 2.0), fast_mode=fast_mode)
        assert gradcheck(lambda x: x**5, leaf(0.0), fast_mode=fast_mode)
        assert not gradcheck(lambda x: wrong(x), leaf(0.0), fast_mode=fast_mode, raise_exception=False)


def test_a_function_that_only_looks_analytic(declare):
    """x * conj(x) takes complex numbers, but has no derivative there: the complex step would give 0."""
    wrong = declare("squared_modulus", lambda x: x * np.conj(x), x=lambda g, x: 0 * g * x)
    with pytest.raises(GradcheckError, match="the gradient is 0, the numerical derivative 2"):
        gradcheck(wrong, leaf(1.0))


def test_what_pytorch_lets_pass():
    def program(lib):
        class Small(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return 1e-7 * x

            @staticmethod
            def backward(ctx, g):
                return 3e-7 * g

        return lib.autograd.gradcheck(Small.apply, double(lib, [1.0]), raise_exception=False)

    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    assert program(torch)
    assert not program(tg)


def test_what_both_refuse():
    def program(lib):
        class Wrong(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x, y):
                return x * 2, y * 3

            @staticmethod
            def backward(ctx, g, h):
                return g * 2, h * 3.1

        of = lib.autograd
        inputs = double(lib, [1.0, 2.0]), double(lib, [3.0])
        return of.gradcheck(Wrong.apply, inputs, raise_exception=False), of.gradcheck(Wrong.apply, inputs)

    agree(lambda lib: program(lib) if lib is tg else [False, program(lib)])


class TestReport:
    def test_it_names_argument_entry_and_both_numbers(self):
        class Wrong(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x, y):
                return x * 2, y * 3

            @staticmethod
            def backward(ctx, g, h):
                return g * 2, h * tg.tensor([3.0, 5.0], dtype=tg.float64)

        with pytest.raises(GradcheckError) as caught:
            gradcheck(Wrong.apply, (leaf(1.0), leaf(1.0, 2.0)))
        (finding,) = caught.value.findings
        assert (finding.argument, finding.entry, finding.output, finding.output_entry) == (1, (1,), 1, (1,))
        assert (finding.analytic, finding.verdict) == (5.0, "wrong")
        assert finding.numerical == pytest.approx(3.0)
        message = "1 of 9 entries.*\n  argument 1, entry (1,) -> output 1, entry (1,): wrong: the gradient is 5, the "
        assert str(caught.value).startswith(f"gradcheck: {message.replace('.*', ' of the Jacobian are not right:')}")

    def test_a_long_list_is_cut(self):
        with pytest.raises(GradcheckError, match=r"at least 64 of 6400 entries.*\n(.*\n)*  and 56 more$") as caught:
            gradcheck(lambda x: x.detach() * 2, tg.ones(80, dtype=tg.float64, requires_grad=True))
        assert len(caught.value.findings) == 64

    def test_a_gradient_that_got_lost(self):
        with pytest.raises(GradcheckError, match="the gradient is 1, the numerical derivative 3"):
            gradcheck(lambda x: x.detach() * 2 + x, leaf(1.0))

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_a_gradient_that_is_not_finite(self, value):
        class Strange(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, g):
                return g * value

        with pytest.raises(GradcheckError, match=f"the gradient is {value}, the numerical derivative 2"):
            gradcheck(Strange.apply, leaf(1.0))


class TestKinks:
    @pytest.mark.parametrize(
        ("function", "below", "above"),
        [
            (lambda x: x.relu(), 0.0, 1.0),
            (lambda x: 3 * x.relu() - x, -1.0, 2.0),
            (lambda x: (x - 1).abs() * 2 + x.clamp(0, 1), -1.0, 2.0),
        ],
    )
    def test_the_verdict_is_kink(self, function, below, above):
        at = 1.0 if "clamp" in str(function.__code__.co_names) else 0.0
        with pytest.raises(GradcheckError, match=r"kink: the gradient is .* move the input off the kink") as caught:
            gradcheck(function, leaf(at))
        (finding,) = caught.value.findings
        assert finding.verdict == "kink"
        assert finding.below == pytest.approx(below)
        assert finding.above == pytest.approx(above)

    def test_a_jump(self, declare):
        step = declare("step_up", lambda x: np.heaviside(x, 1.0), x=lambda g: g * 0)
        assert gradcheck(step, leaf(0.5))
        with pytest.raises(GradcheckError, match=r"jump: .* the function jumps there") as caught:
            gradcheck(step, leaf(0.0))
        assert caught.value.findings[0].verdict == "jump"

    def test_a_kink_within_the_smallest_step(self):
        with pytest.raises(GradcheckError, match="the function jumps there, or bends very near; move the input"):
            gradcheck(tg.relu, leaf(1e-9))
        assert gradcheck(tg.relu, leaf(1e-7))

    def test_no_derivative_at_all(self):
        with pytest.raises(GradcheckError, match=r"unclear: the gradient is inf, .* does not settle") as caught:
            gradcheck(lambda x: x.sqrt().sum(), leaf(0.0))
        assert caught.value.findings[0].verdict == "unclear"

    def test_a_wrong_gradient_beside_a_kink_is_wrong(self, declare):
        wrong = declare("wrong_relu", lambda x: np.maximum(x, 0), x=lambda g, x: g * (x > -1))
        with pytest.raises(GradcheckError) as caught:
            gradcheck(wrong, leaf(-0.001))
        assert caught.value.findings[0].verdict == "wrong"


class TestOptions:
    def test_tolerances_and_step_of_ones_own(self, declare):
        nearly = declare("nearly_square", lambda x: x * x, x=lambda g, x: 2.0001 * x * g)
        assert not gradcheck(nearly, leaf(1.0), raise_exception=False)
        assert gradcheck(nearly, leaf(1.0), rtol=1e-3)
        assert gradcheck(nearly, leaf(1.0), atol=1e-3, eps=1e-6)
        assert gradcheck(nearly, leaf(1.0), rtol=1e-3, fast_mode=True)

    def test_a_step_of_ones_own_is_tried_too(self):
        assert gradcheck(lambda x: (1e9 * x).cos() * 1e-9, leaf(1e-9), eps=1e-12)

    @pytest.mark.parametrize(
        "option", ["check_batched_grad", "check_batched_forward_grad", "check_forward_ad", "masked"]
    )
    def test_what_is_not_supported(self, option):
        with pytest.raises(ValueError, match=f"{option} is not supported: there (is|are) no"):
            gradcheck(lambda x: x, leaf(1.0), **{option: True})

    def test_what_has_to_be_checked(self):
        with pytest.raises(ValueError, match=r"check_backward_ad is not supported: .* leave it True"):
            gradcheck(lambda x: x, leaf(1.0), check_backward_ad=False)
        with pytest.raises(ValueError, match="check_rev_over_rev is not supported"):
            gradgradcheck(lambda x: x, leaf(1.0), check_rev_over_rev=False)
        with pytest.raises(ValueError, match="check_fwd_over_rev is not supported"):
            gradgradcheck(lambda x: x, leaf(1.0), check_fwd_over_rev=True)

    def test_inputs_without_gradients(self):
        agree(lambda lib: lib.autograd.gradcheck(lambda x: x, double(lib, [1.0], False)))
        with pytest.raises(ValueError, match="no input requires grad"):
            gradcheck(lambda x: x, tg.ones(1))
        with pytest.raises(ValueError, match="returned no float tensor"):
            gradcheck(lambda x: 3, leaf(1.0))

    def test_a_backward_that_differs_from_time_to_time(self):
        random = np.random.default_rng(0)

        class Noisy(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, g):
                return g * (2 + 1e-9 * random.uniform())

        with pytest.raises(GradcheckError, match=r"backward is not reentrant: .* argument 0 that differ by"):
            gradcheck(Noisy.apply, leaf(1.0))
        assert gradcheck(Noisy.apply, leaf(1.0), nondet_tol=1e-6)

    def test_an_output_without_a_gradient(self):
        class Both(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.set_materialize_grads(False)
                return x * 2, x * 3

            @staticmethod
            def backward(ctx, g, h):
                return g * 2 + h * 3 if g is not None and h is not None else tg.ones(1, dtype=tg.float64)

        with pytest.raises(GradcheckError, match="argument 0 is another when the outputs but 0 have no gradient"):
            gradcheck(Both.apply, leaf(1.0))

    def test_dtypes(self):
        assert gradcheck(lambda x, y: x * y, (leaf(1.0), leaf(2.0, dtype=tg.float32)), check_grad_dtypes=True)


class TestSecondOrder:
    def test_a_wrong_second_derivative(self, declare):
        constant = lambda x: x.detach() if isinstance(x, tg.Tensor) else x  # noqa: E731
        right = declare("cube_right", lambda x: x**3, x=lambda g, x: 3 * x * x * g)
        wrong = declare("cube_wrong", lambda x: x**3, x=lambda g, x: 3 * x * constant(x) * g)
        for function in (right, wrong):
            assert gradcheck(function, leaf(1.0, 2.0))
        assert gradgradcheck(right, leaf(1.0, 2.0))
        with pytest.raises(GradcheckError, match=r"argument 0, entry .*: wrong"):
            gradgradcheck(wrong, leaf(1.0, 2.0))
        assert not gradgradcheck(wrong, leaf(1.0, 2.0), raise_exception=False)

    def test_gradients_of_ones_own(self):
        weights = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
        assert gradgradcheck(lambda x: x.exp(), leaf(1.0, 2.0), weights)
        assert gradgradcheck(lambda x: (x.exp(), x * 3), leaf(1.0, 2.0), (weights, weights.detach()))

    def test_of_linear_functions(self):
        agree(lambda lib: lib.autograd.gradgradcheck(lambda x: x * 3, double(lib, [1.0, 2.0])))

    def test_random_numbers_are_left_alone(self):
        before = tg.get_rng_state()
        gradgradcheck(lambda x: x.exp(), leaf(1.0))
        assert (tg.get_rng_state() == before).all()


def test_complex_numbers_are_the_check_s_own():
    """While it runs, ops compute on complex numbers; afterwards they refuse them as before, even after an error."""
    seen = []

    def function(x):
        seen.append(x.dtype.kind)
        if x.dtype.kind == "c":
            raise KeyError
        return x * x

    assert gradcheck(function, leaf(1.0))
    assert "c" in seen
    with pytest.raises(TypeError):
        tg.exp(np.array([1j]))
