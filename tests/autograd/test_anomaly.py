"""Anomaly mode: the first NaN or infinity, forward or backward, with op, line and module."""

import threading

import numpy as np
import pytest

import tinygrad_np as tg
from tests.autograd.programs import agree, double, line
from tinygrad_np._graph import OPS, _call, _outputs, wrap
from tinygrad_np._graph._walk import Watch
from tinygrad_np.autograd import detect_anomaly, is_anomaly_check_nan_enabled, is_anomaly_enabled

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own, where a NaN is made


def leaf(*values):
    return tg.tensor(list(values), requires_grad=True)


class TestForward:
    def test_the_op_the_entry_and_the_line_are_named(self):
        x = leaf(1.0, -2.0)
        expected = line() + 2
        with pytest.raises(RuntimeError) as caught, detect_anomaly():
            x.log()
        assert str(caught.value) == (
            f"anomaly: log returned NaN at entry (1,) of shape (2,), 1 of 2 entries; called at {__file__}, "
            f"line {expected}: x.log()"
        )

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: leaf(0.0).log(), "log returned infinite"),
            (lambda: tg.zeros(1) / 0, "div returned NaN"),
            (lambda: leaf(1e30, 1.0) * 1e30, r"mul returned infinite at entry \(0,\)"),
            (lambda: leaf(100.0).exp(), "exp returned infinite"),
            (lambda: leaf(1.0, 2.0, float("nan")).split([1, 2]), r"split returned NaN .* an input was NaN already"),
            (lambda: leaf(float("inf")) - tg.tensor([float("inf")]), "sub returned NaN .* an input was infinite"),
            (lambda: tg.tensor(-1.0).sqrt(), "sqrt returned NaN; called"),
        ],
    )
    def test_what_is_found(self, make, message):
        with pytest.raises(RuntimeError, match=f"anomaly: {message}"), detect_anomaly():
            make()

    def test_infinities_that_were_put_in_on_purpose_pass(self):
        mask = tg.tensor([0.0, float("-inf")])
        x = leaf(1.0, 2.0)
        with detect_anomaly():
            (x + mask).softmax(0)[0].backward()
            tg.where(tg.tensor([True, False]), x, float("-inf"))
        assert np.isfinite(x.grad.array).all()

    def test_the_module_is_named(self):
        net = tg.nn.Sequential(tg.nn.Linear(2, 2), tg.nn.Sequential(Logarithm()))
        with pytest.raises(RuntimeError, match=r"^1\.0: anomaly: log returned NaN"), detect_anomaly():
            net(tg.full((1, 2), -5.0))

    def test_a_function_of_ones_own(self):
        class Bad(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return tg.from_numpy(np.array([np.nan], np.float32))

        with pytest.raises(RuntimeError, match="anomaly: Bad returned NaN"), detect_anomaly():
            Bad.apply(leaf(1.0))

    def test_a_recorded_write(self):
        x = leaf(0.0) * 1
        with pytest.raises(RuntimeError, match="anomaly: log returned infinite"), detect_anomaly():
            x.log_()


class Logarithm(tg.nn.Module):
    def forward(self, x):
        return -(x.abs().sum() * 0 - 1).log() * x


class Root(tg.nn.Module):
    """Finite forward, infinite backward."""

    where = 0

    def forward(self, x):
        type(self).where = line() + 1
        return (x * 0).sqrt()


class TestBackward:
    def test_the_op_the_line_and_the_module_are_named(self):
        net = tg.nn.Sequential(tg.nn.Linear(2, 2), tg.nn.Sequential(tg.nn.Tanh(), Root()))
        with pytest.raises(RuntimeError) as caught, detect_anomaly():
            net(tg.ones(1, 2)).sum().backward()
        assert str(caught.value) == (
            "anomaly: backward of sqrt: the gradient of its argument x is infinite at entry (0, 0) of shape (1, 2), "
            f"2 of 2 entries; sqrt was called at {__file__}, line {Root.where}, in module 1.1: return (x * 0).sqrt()"
        )
        assert net[0].weight.grad is None

    def test_a_module_by_itself_is_named_by_its_class(self):
        with pytest.raises(RuntimeError, match="in module Root: "), detect_anomaly():
            Root()(leaf(1.0)).sum().backward()

    def test_create_graph(self):
        x = leaf(0.0)
        with pytest.raises(RuntimeError, match="backward of sqrt"), detect_anomaly():
            tg.autograd.grad(x.sqrt(), x, create_graph=True)

    def test_the_second_backward_is_looked_at_too(self):
        x = leaf(1.0)
        with detect_anomaly():
            (slope,) = tg.autograd.grad((x - 1) ** 1.5, x, create_graph=True)
            with pytest.raises(RuntimeError, match=r"backward of \w+: the gradient .* is (NaN|infinite)"):
                slope.backward()

    def test_the_argument_is_named(self):
        a, b = leaf(1.0), leaf(1e-30)
        with detect_anomaly():
            y = a / b
            with pytest.raises(RuntimeError, match="backward of div: the gradient of its argument b is infinite"):
                y.backward()

    def test_several_arguments_and_outputs(self):
        x = leaf(0.0, 1.0)
        with detect_anomaly():
            joined = tg.cat([x, x])
            first, second = joined.split([1, 3])
            (first + second.sum()).sum().backward()
            y = tg.cat([x * 1, x * 1]).split([1, 3])[0]
            with pytest.raises(RuntimeError, match="the gradient that arrived at output is NaN: it was given"):
                y.backward(tg.tensor([float("nan")]))

    def test_a_gradient_that_was_given_or_that_a_hook_returned(self):
        y = leaf(1.0) * 2
        with detect_anomaly():
            with pytest.raises(RuntimeError, match=r"arrived at mul is infinite: it was given to .* not known"):
                y.backward(tg.tensor([float("inf")]))
            z = y * 3
            y.register_hook(lambda g: tg.tensor([float("nan")]))
            with pytest.raises(RuntimeError, match=r"arrived at mul is NaN: .* or returned by a hook"):
                z.backward()

    def test_a_sum_that_overflows(self):
        x = leaf(0.0)
        with detect_anomaly():
            y = x * 3e38 + x * 3e38
            with pytest.raises(RuntimeError, match="the sum of the gradients that arrive at a tensor is infinite"):
                y.backward()

    def test_an_error_in_a_rule_says_where_forward_was(self):
        class Fails(tg.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, g):
                raise ValueError("no")

        with detect_anomaly():
            expected = line() + 1
            y = Fails.apply(leaf(1.0))
            with pytest.raises(ValueError, match="no") as caught:
                y.backward()
        assert f"in the backward of Fails; Fails was called at {__file__}, line {expected}" in caught.value.__notes__[0]

    def test_gradients_are_the_same_as_without(self):
        def program(lib):
            with lib.autograd.detect_anomaly():
                x, w = double(lib, [[1.0, 2.0]]), double(lib, [[0.5], [3.0]])
                y = (x @ w).tanh() * x + lib.cat([x, x * 2], 1).sum()
                (slope,) = lib.autograd.grad(y.sum(), x, create_graph=True)
                slope.sum().backward()
            return slope, x.grad, w.grad

        agree(program)

    def test_only_what_is_wanted_is_computed(self):
        x, w = leaf(0.0), leaf(2.0)
        with detect_anomaly():
            (slope,) = tg.autograd.grad(x.sqrt() * w, w)
        assert slope.item() == 0.0

    def test_a_rule_that_computes_with_tensors(self):
        """What it computes on the way is its own business, as with arrays."""
        x = leaf(0.0)
        rule = lambda g, x: tg.where(x > 0, tg.div(g, x), 0 * g)  # noqa: E731
        safe = tg.op("log_or_0", lambda x: np.where(x > 0, np.log(np.maximum(x, 1e-9)), 0), x=rule)
        try:
            with detect_anomaly():
                safe(x).backward()
        finally:
            del OPS["log_or_0"]
        assert x.grad.item() == 0.0


class TestSwitches:
    def test_as_in_pytorch(self):
        def program(lib):
            of = lib.autograd
            enabled = is_anomaly_enabled if lib is tg else lib.is_anomaly_enabled
            checks = is_anomaly_check_nan_enabled if lib is tg else lib.is_anomaly_check_nan_enabled
            seen = [(enabled(), checks())]
            with of.detect_anomaly():
                seen.append((enabled(), checks()))
                with of.set_detect_anomaly(False, check_nan=False):
                    seen.append((enabled(), checks()))
                    with of.detect_anomaly(check_nan=False):
                        seen.append((enabled(), checks()))
                seen.append((enabled(), checks()))
            seen.append((enabled(), checks()))
            of.set_detect_anomaly(True)
            seen.append((enabled(), checks()))
            of.set_detect_anomaly(False)
            return [*seen, (enabled(), checks())]

        agree(program)

    def test_what_is_looked_for(self):
        with detect_anomaly(check_nan=False):
            leaf(-1.0).log()
            with pytest.raises(RuntimeError, match="infinite"):
                leaf(0.0).log()
        with detect_anomaly(check_inf=False):
            leaf(0.0).sqrt().backward()
            with pytest.raises(RuntimeError, match="NaN"):
                leaf(-1.0).log()

    def test_off_it_leaves_nothing_behind(self):
        with pytest.raises(ZeroDivisionError), detect_anomaly():
            _fail(_call._SCOPE["wrap"] is not wrap and _call._SCOPE["recorder"] is not None)
        assert (_call._SCOPE["wrap"], _outputs.wrap) == (wrap, wrap)
        assert Watch.steps is None
        assert _call._SCOPE["recorder"] is None
        assert leaf(0.0).log().item() == -np.inf

    def test_beside_explanations(self):
        x = leaf(0.0)
        with detect_anomaly():
            with tg.explain.recording():
                y = x.sqrt()
                with pytest.raises(RuntimeError, match="anomaly: log"):
                    x.log()
            with pytest.raises(RuntimeError, match="anomaly: log"):
                x.log()
            assert len(tg.explain.trace(y)) == 1

    def test_blocks_of_threads_that_overlap(self):
        first, second, third = (tg.autograd.detect_anomaly(check_nan=nan) for nan in (True, False, True))
        for block in (first, second, third):
            block.__enter__()
        for block in (first, third):
            block.__exit__()
        assert tg.autograd.is_anomaly_enabled()
        assert not tg.autograd.is_anomaly_check_nan_enabled()
        second.__exit__()
        assert not tg.autograd.is_anomaly_enabled()

    def test_in_all_threads(self):
        caught = []

        def work():
            try:
                leaf(0.0).log()
            except RuntimeError as error:
                caught.append(error)

        with detect_anomaly():
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        assert len(caught) == 1


def _fail(as_expected):
    return 1 / 0 if as_expected else None
