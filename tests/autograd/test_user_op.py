"""``tg.op``: ops of one's own, checked as the package's own are."""

import functools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np._graph import OPS, UFUNCS, Domain
from tinygrad_np._user_op import _RESERVED
from tinygrad_np.autograd import gradcheck, gradgradcheck
from tinygrad_np.testing.derivatives import check_gradient, check_order
from tinygrad_np.testing.strategies import calls, cotangents


@pytest.fixture(autouse=True)
def registry():
    """Forget the ops of a test after it."""
    before, ufuncs = set(OPS), dict(UFUNCS)
    yield
    for name in set(OPS) - before:
        del OPS[name]
    UFUNCS.clear()
    UFUNCS.update(ufuncs)


def softclip(**options):
    return tg.op("softclip", lambda x: x / (1 + np.abs(x)), x=lambda g, x: g / (1 + abs(x)) ** 2, **options)


def leaf(*values, dtype=tg.float64):
    return tg.tensor(list(values), dtype=dtype, requires_grad=True)


class TestDeclarations:
    def test_by_name(self):
        f = softclip()
        assert gradcheck(f, leaf(0.5, -2.0))
        assert gradgradcheck(f, leaf(0.5, -2.0))
        assert f.__name__ == "softclip"
        assert f.op is OPS["softclip"]

    def test_as_a_decorator(self):
        @tg.op(x=lambda g, y: g * y)
        def my_exp(x):
            """Take e to the power x."""
            return np.exp(x)

        assert (my_exp.__name__, my_exp.__doc__) == ("my_exp", "Take e to the power x.")
        assert gradcheck(my_exp, leaf(0.5, -2.0))

    def test_as_a_decorator_with_a_name(self):
        @tg.op("power_of_two", x=lambda g, y: g * y * math.log(2))
        def whatever(x):
            return np.exp2(x)

        assert OPS["power_of_two"].name == "power_of_two"
        assert gradgradcheck(whatever, leaf(0.5, -2.0))

    def test_of_a_function_that_has_a_name(self):
        def halved(x):
            return x / 2

        assert tg.op(halved, x=lambda g: g / 2)(leaf(3.0)).tolist() == [1.5]

    def test_settings_defaults_and_keywords(self):
        @tg.op(x=lambda g, x, low, slope: tg.where(x > low, g, slope * g))
        def leaky(x, low=0.0, *, slope=0.1):
            return np.where(x > low, x, slope * (x - low) + low)

        x = leaf(-1.0, 3.0)
        assert leaky(x).tolist() == [-0.1, 3.0]
        assert leaky(x, 5.0, slope=2.0).tolist() == [-7.0, 1.0]
        for options in ({}, {"low": 5.0}, {"slope": 0.7}, {"low": -3.0, "slope": 2.0}):
            assert gradcheck(functools.partial(leaky, **options), x)
        with pytest.raises(TypeError, match="unexpected keyword argument 'steep'"):
            leaky(x, steep=1)

    def test_several_arrays_broadcast_and_rules_stand_in_any_order(self):
        f = tg.op(
            "scaled",
            lambda a, b, /, k: k * a * b * b,
            b=lambda g, a, b, k: 2 * k * g * a * b,
            a=lambda g, b, k: k * g * b * b,
        )
        a, b = tg.randn(2, 1, dtype=tg.float64, requires_grad=True), leaf(1.0, 2.0, 3.0)
        assert gradcheck(lambda a, b: f(a, b, 3.0), (a, b))
        assert gradgradcheck(lambda a, b: f(a, b, k=3.0), (a, b))

    def test_any_number_of_arrays(self):
        f = tg.op("total", lambda *arrays: sum(arrays), arrays=lambda g: g)
        assert gradcheck(lambda a, b: f(a, b, a), (leaf(1.0, 2.0), leaf(3.0, 4.0)))
        forward = lambda *arrays, axis=0: np.concatenate(arrays, axis)  # noqa: E731
        joined = tg.op("joined", forward, arrays=lambda g, i: g[2 * i : 2 * i + 2])
        assert gradcheck(joined, (leaf(1.0, 2.0), leaf(3.0, 4.0)))

    def test_several_outputs(self):
        f = tg.op(
            "polar",
            lambda a, b: (np.hypot(a, b), np.arctan2(b, a)),
            outputs=("r", "angle"),
            a=lambda g, a, b, r: g[0] * a / r - g[1] * b / (r * r),
            b=lambda g, a, b, r: g[0] * b / r + g[1] * a / (r * r),
        )
        assert gradcheck(f, (leaf(0.5, 2.0), leaf(1.0, -1.0)))
        assert gradgradcheck(f, (leaf(0.5, 2.0), leaf(1.0, -1.0)))

    def test_intermediates(self):
        f = tg.op(
            "swish_of",
            lambda x: (x * (s := 1 / (1 + np.exp(-x))), {"s": s}),
            intermediates={"s": lambda x: tg.sigmoid(x)},
            x=lambda g, y, s: g * (s + y * (1 - s)),
        )
        assert gradcheck(f, leaf(0.5, -2.0))
        assert gradgradcheck(f, leaf(0.5, -2.0))

    def test_ufuncs(self):
        assert gradgradcheck(tg.op("cube_root", np.cbrt, x=lambda g, y: g / (3 * y * y)), leaf(0.5, 2.0))
        before = UFUNCS[np.tanh]
        f = tg.op("my_tanh", np.tanh, x=lambda g, y: g * (1 - y * y))
        assert gradcheck(f, leaf(0.5, 2.0))
        assert UFUNCS[np.tanh] is before
        hypot = tg.op("my_hypot", np.hypot, a=lambda g, a, y: g * a / y, b=lambda g, b, y: g * b / y)
        assert gradgradcheck(hypot, (leaf(1.0), leaf(2.0)))

    def test_in_a_notebook_it_is_declared_anew(self):
        first = softclip()
        second = tg.op("softclip", lambda x: 3 * x, x=lambda g: 3 * g)
        x = leaf(1.0)
        assert (first(x).item(), second(x).item()) == (0.5, 3.0)
        (first(x) + second(x)).backward()
        assert x.grad.item() == 3.25

    def test_a_declaration_that_fails_leaves_the_old_one(self):
        softclip()
        op = OPS["softclip"]
        with pytest.raises(ValueError, match="reads 'w'"):
            tg.op("softclip", lambda x: x, x=lambda g, w: g)
        assert OPS["softclip"] is op


class TestCalls:
    def test_arrays_are_constants_and_integers_become_floats(self):
        f = softclip()
        y = f(np.array([1, 3]))
        assert (type(y), y.dtype, y.tolist()) == (tg.Tensor, tg.float32, [0.5, 0.75])
        array = np.array([1.0, 3.0])
        product = tg.op("weighted", lambda a, b: a * b, a=lambda g, b: g * b, b=lambda g, a: g * a)
        x = leaf(1.0, 1.0)
        z = product(array, x)
        array[:] = 100
        z.sum().backward()
        assert x.grad.tolist() == [1.0, 3.0]

    @pytest.mark.parametrize(
        ("promotion", "expected"), [("floating", "float32"), ("same", "int64"), ("as_is", "int64")]
    )
    def test_promotion(self, promotion, expected):
        f = tg.op("twice", lambda x: 2 * x, x=lambda g: 2 * g, promotion=promotion)
        assert f(tg.tensor([1, 2])).dtype == expected

    def test_an_output_never_looks_at_an_argument(self):
        for name, forward in (("same", lambda x: x), ("turned", lambda x: x[::-1])):
            x = tg.ones(3)
            y = tg.op(name, forward, x=lambda g: g)(x)
            y.zero_()
            assert x.tolist() == [1.0] * 3

    def test_nothing_is_kept_that_no_rule_reads(self):
        f = tg.op("plus_one", lambda x: x + 1, x=lambda g: g)
        y = f(leaf(1.0))
        y.backward(retain_graph=False)
        y.backward()
        assert not f.op.saves

    def test_rules_may_use_tg_and_numpy(self):
        for name, rule in {
            "with_tg": lambda g, x: g * tg.cos(x),
            "with_numpy": lambda g, x: g * np.cos(x),
            "with_methods_of_both": lambda g, x: g * (1 - tg.sin(x) ** 2) / np.cos(x),
        }.items():
            f = tg.op(name, np.sin, x=rule)
            assert gradcheck(f, leaf(0.5, 1.0))
            assert gradgradcheck(f, leaf(0.5, 1.0))

    def test_it_is_explained_by_its_formula(self):
        x = tg.explain.name(leaf(1.0), "x")
        (contribution,) = tg.explain.trace(softclip()(x)).entries[0].contributions
        assert contribution.formula == "dloss / (1 + abs(x)) ** 2"

    @given(data=st.data(), seed=st.integers(0, 2**32 - 1))
    def test_with_a_domain_the_checks_of_the_suite_apply(self, data, seed):
        f = softclip(domain=Domain(kinks=(0.0,)))
        call = data.draw(calls(f.op.domain))
        seeds = [data.draw(cotangents(call.arrays[0].shape))]
        check_gradient(f.op.function, f.op.forward, f.op.domain, call, seeds)
        check_order(2, f.op.function, call, np.random.default_rng(seed))


identity = lambda x: x  # noqa: E731
passed_on = lambda g: g  # noqa: E731


@pytest.mark.parametrize(
    ("declare", "error", "message"),
    [
        (lambda: tg.op("exp", np.exp, x=lambda g, y: g * y), ValueError, "op exp: the package has an op of this name"),
        (lambda: tg.op("q q", identity, x=passed_on), ValueError, "is an identifier, got 'q q'"),
        (lambda: tg.op("lambda", identity, x=passed_on), ValueError, "is an identifier, got 'lambda'"),
        (lambda: tg.op(identity, x=passed_on), ValueError, r"got '<lambda>' \(a lambda has none: write tg.op"),
        (lambda: tg.op(3, identity, x=passed_on), TypeError, "the name of an op is a string, got int"),
        (lambda: tg.op("q", 3, x=passed_on), TypeError, "expected a function of arrays to decorate, got int"),
        (lambda: tg.op("q", identity), ValueError, "op q: give each array argument a rule"),
        (lambda: tg.op("q", identity, z=passed_on), ValueError, "rules for z, but .* its arrays, are none of these"),
        (lambda: tg.op("q", lambda a, b: a, b=passed_on), ValueError, "rules for b, but the first arguments .* are a"),
        (lambda: tg.op("q", lambda a, b, /: a, a=passed_on), ValueError, "rules for a, but .* are a, b"),
        (lambda: tg.op("q", identity, x=3), TypeError, r"op q: the rule x=\.\.\. must be a function of g, got int"),
        (lambda: tg.op("q", identity, x=passed_on, promoton="same"), TypeError, r"the rule promoton=\.\.\. must be"),
        (lambda: tg.op("q", identity, x=lambda g, w: g), ValueError, "rule of x reads 'w'; there are y, x, x_shape"),
        (lambda: tg.op("q", identity, x=lambda: 0), ValueError, "the rule of x takes g, and by name what it reads"),
        (lambda: tg.op("q", identity, x=lambda g, *y: g), ValueError, "the rule of x takes g, and by name"),
        (
            lambda: tg.op("q", np.exp, x=passed_on, intermediates={"a": lambda x: x, "b": lambda a: a}),
            ValueError,
            "the expression of the intermediate b reads 'a'; there are y, x, x_shape",
        ),
        (
            lambda: tg.op("q", lambda *xs: xs[0], xs=passed_on, intermediates={"a": lambda xs: xs}),
            ValueError,
            "an op of any number of arrays has no intermediates",
        ),
        (lambda: tg.op("q", lambda x, input: x, x=passed_on), ValueError, "an argument 'input', which means something"),
        (lambda: tg.op("q", lambda x, **k: x, x=passed_on), ValueError, r"takes \*\*keywords; give every setting"),
        (lambda: tg.op("q", identity, x=passed_on, promotion="up"), ValueError, "promotion is one of .* got 'up'"),
        (lambda: tg.op("q", np.divmod, a=passed_on, b=passed_on), ValueError, "takes or gives more than an op may"),
        (lambda: tg.op("q", range, x=passed_on), TypeError, "the arguments of .*range.* are not known"),
    ],
)
def test_declarations_that_are_refused(declare, error, message):
    with pytest.raises(error, match=message):
        declare()
    assert "q" not in OPS


@pytest.mark.parametrize("word", sorted({*_RESERVED, "array_a", "node_a"}))
def test_words_that_the_spelled_out_function_refers_to_are_refused(word):
    for arguments in (f"{word}, b, c", f"x, {word}"):
        forward = eval(f"lambda {arguments}: 0")
        with pytest.raises(ValueError, match=f"op q: forward has an argument '{word}', which means something else"):
            tg.op("q", forward, **{arguments.partition(",")[0]: passed_on})
    if word in _RESERVED:
        with pytest.raises(ValueError, match=f"op {word}: the name means something else; choose another"):
            tg.op(word, identity, x=passed_on)


class TestErrorsOfCalls:
    def test_shapes(self):
        f = tg.op("plus", lambda a, b: a + b, a=passed_on, b=passed_on)
        with pytest.raises(RuntimeError, match=r"plus: .*; a has shape \(2,\) .*, b has shape \(3,\)"):
            f(leaf(1.0, 2.0), leaf(1.0, 2.0, 3.0))

    def test_a_setting_whose_gradient_would_be_lost(self):
        f = tg.op("times", lambda x, k: x * k, x=lambda g, k: g * k)
        assert f(leaf(1.0), tg.tensor(3.0)).item() == 3.0
        with pytest.raises(RuntimeError, match=r"times: k requires grad, but has no rule; .*k.detach\(\)"):
            f(leaf(1.0), leaf(3.0))

    def test_what_is_no_tensor(self):
        with pytest.raises(TypeError, match="softclip: expected a tensor or an array, got str"):
            softclip()("text")

    def test_a_rule_that_returns_no_array(self):
        f = tg.op("constant", lambda x: x * 0, x=lambda g: 0.0)
        with pytest.raises(TypeError, match="constant: the rule of x returned float, not an array"):
            f(leaf(1.0)).backward()

    def test_a_rule_that_leaves_the_graph(self):
        bare = lambda x: getattr(x, "array", x)  # noqa: E731
        f = tg.op("square_of", lambda x: x * x, x=lambda g, x: 2 * bare(x) * bare(g))
        x = leaf(1.0)
        f(x).backward()
        assert x.grad.item() == 2.0
        with pytest.raises(RuntimeError, match="square_of: given tensors, its rule returned ndarray"):
            tg.autograd.grad(f(x), x, create_graph=True)

    def test_a_rule_of_the_wrong_shape(self):
        f = tg.op("first", lambda x: x * 1, x=lambda g: g[:1])
        with pytest.raises(RuntimeError, match=r"first: its rule returned a gradient of shape \(1,\) for an"):
            f(leaf(1.0, 2.0)).sum().backward()
