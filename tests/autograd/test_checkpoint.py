"""``utils.checkpoint``: the same gradients, from a graph that is made again."""

import contextlib
import gc
import weakref

import pytest

import tinygrad_np as tg
from tests.autograd.programs import agree, double
from tinygrad_np.utils import checkpoint as checkpoint_module
from tinygrad_np.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential


def checkpointing(lib):
    return lib.utils.checkpoint.checkpoint


reentrant = pytest.mark.parametrize("use_reentrant", [False, True])


@reentrant
def test_gradients_of_arguments_and_of_what_the_function_refers_to(use_reentrant):
    def program(lib):
        x, w = double(lib, [0.5, -1.0]), double(lib, [2.0, 3.0])
        y = checkpointing(lib)(lambda a: (a * w).sin() * w, x * 2, use_reentrant=use_reentrant)
        (y**2).sum().backward()
        return y, x.grad, w.grad

    agree(program)


def segment(captured):
    def function(a, b, *, scale=1.0):
        return (a * b * captured).tanh() * scale, {"power": a.exp() + b}

    return function


@pytest.mark.parametrize("checkpointed", [False, True])
def test_any_order_with_nested_outputs_keywords_and_results_that_were_captured(checkpointed):
    """The outputs depend on x in three ways: as an argument, through another argument, through what is captured."""

    def program(lib):
        x = double(lib, [0.5, -1.0])
        h, captured = x.sin(), (x * 3).cos()
        function = segment(captured)
        if checkpointed and lib is tg:
            y, more = checkpoint(function, h, x, scale=2.0, use_reentrant=False)
        else:
            y, more = function(h, x, scale=2.0)
        (slope,) = lib.autograd.grad((y * more["power"]).sum(), x, create_graph=True)
        (second,) = lib.autograd.grad((slope**2).sum(), x, create_graph=True)
        return y, slope, second, lib.autograd.grad(second.sum(), x)

    agree(program)


def test_keywords_and_grad():
    def program(lib):
        x, w = double(lib, [0.5, -1.0]), double(lib, [2.0, 3.0])
        y = checkpointing(lib)(lambda a, k: (a * w * k).exp(), x, k=2.0, use_reentrant=False)
        return lib.autograd.grad(y.sum(), [w]), lib.autograd.grad((x * w).sum(), [x])

    agree(program)


def test_nested_checkpoints():
    def program(lib):
        x = double(lib, [0.5, -1.0])
        inner = lambda x: checkpointing(lib)(lambda x: x.sin() * x, x, use_reentrant=False)  # noqa: E731
        checkpointing(lib)(lambda x: inner(inner(x)) * x, x, use_reentrant=False).sum().backward()
        return x.grad

    agree(program)


def test_modules_and_sequences():
    def program(lib):
        net = lib.nn.Sequential(*[lib.nn.Linear(2, 2).double() for _ in range(5)])
        for i, parameter in enumerate(net.parameters()):
            parameter.data = double(lib, [[0.5, i], [1.0, -0.3 * i]] if parameter.ndim == 2 else [i, 0.5], False)
        found = []
        for segments in (1, 2, 5):
            x = double(lib, [[1.0, -1.0]])
            of = lib.utils.checkpoint.checkpoint_sequential
            of(net, segments, x, use_reentrant=False).sum().backward()
            of([net[0], lambda x: x * 2, net[1]], 2, x, use_reentrant=False).sum().backward()
            found.append([x.grad, *[p.grad for p in net.parameters()]])
            net.zero_grad()
        return found

    agree(program)


@pytest.mark.parametrize("preserve", [False, True])
def test_random_numbers_are_those_of_the_first_call(preserve):
    drawn = []

    def function(x):
        noise = tg.rand(3)
        drawn.append(noise.tolist())
        return x * noise

    tg.manual_seed(0)
    x = tg.ones(3, requires_grad=True)
    y = checkpoint(function, x, use_reentrant=False, preserve_rng_state=preserve)
    after = tg.rand(2).tolist()
    y.sum().backward()
    assert (drawn[0] == drawn[1]) == preserve
    tg.manual_seed(0)
    tg.rand(3)
    assert tg.rand(2).tolist() == after
    if preserve:  # the stream goes on as if nothing had been computed anew
        tg.manual_seed(0)
        y = checkpoint(function, x, use_reentrant=False)
        first = tg.rand(1).tolist()
        y.sum().backward()
        assert first + tg.rand(1).tolist() == after


def test_dropout_as_in_pytorch():
    agree(_dropout)
    assert _dropout(tg)


def _dropout(lib):
    lib.manual_seed(1)
    x = lib.ones(50, requires_grad=True)
    y = checkpointing(lib)(lambda x: lib.nn.functional.dropout(x, 0.5), x, use_reentrant=False)
    y.sum().backward()
    return x.grad.tolist() == y.tolist()


class TestMemory:
    def test_only_arguments_and_outputs_are_kept(self):
        inside = []

        def function(x):
            h = x.exp()
            inside.append(weakref.ref(h.array))
            return h.sin()

        gc.disable()
        try:
            x = tg.ones(3, requires_grad=True)
            y = checkpoint(function, x, use_reentrant=False)
            assert inside[0]() is None
            y.sum().backward()
            assert [array() for array in inside] == [None, None]
        finally:
            gc.enable()

    def test_arguments_are_freed_by_the_first_backward(self):
        def program(lib):
            x = double(lib, [1.0])
            y = checkpointing(lib)(lambda x: x.exp(), x * 2, use_reentrant=False)
            y.backward(retain_graph=True)
            y.backward()
            assert x.grad.item() > 0
            y.backward()

        agree(program)
        with pytest.raises(RuntimeError, match=r"second time: .* checkpoint saved were freed"):
            program(tg)

    def test_a_dead_graph_leaves_no_cycle(self):
        gc.collect()
        gc.disable()
        try:
            y = checkpoint(lambda x: x.exp(), tg.ones(2, requires_grad=True) * 1, use_reentrant=False)
            node = weakref.ref(y.node)
            del y
            assert node() is None
        finally:
            gc.enable()

    def test_a_chain_of_checkpoints_is_not_walked_again_for_each(self):
        calls = []

        def function(x):
            calls.append(1)
            return x * 1.01

        x = tg.ones(1, requires_grad=True)
        y = x
        for _ in range(300):
            y = checkpoint(function, y, use_reentrant=False)
        y.backward()
        assert len(calls) == 600


class TestWhatIsNotRecorded:
    def test_nothing_that_requires_grad(self):
        agree(lambda lib: checkpointing(lib)(lambda x: x * 2, lib.ones(2), use_reentrant=False).requires_grad)

    def test_under_no_grad(self):
        def program(lib):
            with lib.no_grad():
                return checkpointing(lib)(lambda x: x * 2, lib.ones(2, requires_grad=True), use_reentrant=False)

        agree(program)

    def test_outputs_that_are_no_variables(self):
        def program(lib):
            x = double(lib, [1.0, 2.0])
            y = checkpointing(lib)(lambda x: (x * 2, x.argmax(), x.detach(), "text", None), x, use_reentrant=False)
            y[0].sum().backward()
            return y, x.grad

        agree(program)

    def test_an_argument_that_is_returned(self):
        def program(lib):
            x = double(lib, [1.0, 2.0])
            h = x * 3
            a, b = checkpointing(lib)(lambda h: (h, h * h), h, use_reentrant=False)
            (a * b).sum().backward()
            return x.grad

        agree(program)


class TestRefusals:
    def test_a_function_that_does_something_else(self):
        def program(lib):
            sizes = iter([3, 2])
            x = double(lib, [1.0, 2.0, 3.0])
            checkpointing(lib)(lambda x: (x * 2)[: next(sizes)].exp(), x, use_reentrant=False).sum().backward()

        with pytest.raises(CheckpointError, match=r"when computed anew, but were \[\(\(3,\)"):
            program(tg)

    def test_a_function_that_depends_on_other_tensors(self):
        x = tg.ones(1, requires_grad=True)
        each = iter([x * 1, x * 2])
        y = checkpoint(lambda x: x * next(each), x, use_reentrant=False)
        with pytest.raises(CheckpointError, match="the outputs depend on other tensors than before"):
            y.backward()

    def test_an_output_that_is_a_constant_the_second_time(self):
        x = tg.ones(1, requires_grad=True)
        detached = iter([False, True])
        y = checkpoint(lambda x: x.detach() * 2 if next(detached) else x * 2, x, use_reentrant=False)
        with pytest.raises(CheckpointError, match="the outputs depend on other tensors than before"):
            y.backward()

    def test_fewer_outputs(self):
        x = tg.ones(1, requires_grad=True)
        count = iter([2, 1])
        y = checkpoint(lambda x: tuple(x * 2 for _ in range(next(count))), x, use_reentrant=False)
        with pytest.raises(CheckpointError, match="when computed anew"):
            y[0].backward()

    @pytest.mark.parametrize("which", ["argument", "parameter"])
    def test_a_write_in_between(self, which):
        x, w = tg.ones(1, requires_grad=True), tg.ones(1, requires_grad=True)
        argument = x * 2
        y = checkpoint(lambda a: a * w, argument, use_reentrant=False)
        with tg.no_grad():
            (argument if which == "argument" else w).mul_(3)
        with pytest.raises(RuntimeError, match=r"checkpoint: an argument or a parameter .* was overwritten"):
            y.backward()

    @pytest.mark.parametrize(
        ("options", "message"),
        [({"debug": True}, "debug=True is not supported"), ({"determinism_check": "strict"}, "'default' or 'none'")],
    )
    def test_options(self, options, message):
        with pytest.raises(ValueError, match=message):
            checkpoint(lambda x: x, tg.ones(1), use_reentrant=False, **options)

    @pytest.mark.parametrize("segments", [0, 3])
    def test_segments(self, segments):
        with pytest.raises(ValueError, match=f"2 functions cannot be cut into {segments} segments"):
            checkpoint_sequential([abs, abs], segments, tg.ones(1))

    def test_a_write_to_an_output_that_looks_at_an_argument(self):
        h = tg.ones(2, 2, requires_grad=True) * 1
        y = checkpoint(lambda h: h.reshape(-1), h, use_reentrant=False)
        with pytest.raises(RuntimeError, match="a write to a view made by checkpoint cannot be recorded"):
            y.mul_(2)


def test_contexts_and_unchecked_determinism():
    def program(lib):
        entered = []

        @contextlib.contextmanager
        def noted(name):
            entered.append(name)
            yield

        x = double(lib, [1.0])
        y = checkpointing(lib)(
            lambda x: x.exp(),
            x,
            use_reentrant=False,
            context_fn=lambda: (noted("forward"), noted("backward")),
            determinism_check="none",
            early_stop=False,
        )
        y.backward()
        return entered, x.grad

    agree(program)


def test_a_function_that_draws_nothing_leaves_the_generator_alone(monkeypatch):
    def refused(state):
        raise AssertionError("the state was set")

    monkeypatch.setattr(checkpoint_module, "set_rng_state", refused)
    x = tg.ones(3, requires_grad=True)
    checkpoint(lambda x: x * x, x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    with pytest.raises(AssertionError, match="the state was set"):
        checkpoint(lambda x: x * tg.rand(3), x).sum().backward()
