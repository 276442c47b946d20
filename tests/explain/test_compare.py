"""``compare`` names planted mistakes, never accuses a correct gradient, and says what it says in words and numbers."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tinygrad_np as tg
from models import digit_manual
from models.digit_manual import Parameters
from tests.explain.planting import CAUSES, Network, Planting, find, findings, mistakes, network
from tests.models.cases import random_case
from tinygrad_np import nn
from tinygrad_np.explain import compare, name
from tinygrad_np.explain.causes import CAUSES as TABLE
from tinygrad_np.explain.verdicts import EXACT, INHERITED, WRONG

F = nn.functional
DEEP = settings.default.max_examples >= 1000


@pytest.fixture
def net():
    return network(np.random.default_rng(0), batch=20, hidden=7, dtype=np.float64)


def statuses(comparison):
    return {called: verdict.status for called, verdict in comparison.verdicts.items()}


# ------------------------------------------------------------------------------------------------ planted mistakes


def test_planted_mistakes_are_named():
    tried = list(findings(seed=0, count=2000 if DEEP else 200))
    assert {finding.planting.cause for finding in tried} == set(CAUSES) <= set(TABLE)
    assert sum(finding.right for finding in tried) >= 0.95 * len(tried)


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("hidden", [10, 7])
def test_every_mistake_in_every_place(cause, hidden):
    """In a batch of no special size nothing coincides, so the very name must be found."""
    named = 0
    for shared in (None, "W1", "W2", "A1", "b1"):
        net = network(np.random.default_rng(1), batch=13, hidden=hidden, dtype=np.float64, shared=shared)
        for place, right in net.formulas().items():
            for mistake in mistakes(cause, place, right, net):
                finding = find(Planting(net, cause, place, mistake, hint=cause == "stale forward value"))
                assert (finding.place, finding.cause) == (place, cause), mistake
                assert finding.right
                named += 1
    assert named > 0 or (cause, hidden) == ("W used for W.T", 7)


def test_a_wrong_answer_would_be_noticed(net, monkeypatch):
    monkeypatch.setitem(TABLE, "wrong sign", TABLE["transposed"])
    assert not find(Planting(net, "wrong sign", "dW2", "-(dZ2.T @ A1)", hint=False)).right


# --------------------------------------------------------------------------------------- correct gradients pass


@st.composite
def cases(draw):
    """Any batch, width, weights and dtype, with dead units, empty images, saturated softmax and equal labels."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    batch, width = draw(st.one_of(st.just(1), st.integers(1, 200))), draw(st.one_of(st.just(10), st.integers(1, 40)))
    scale = 10 ** draw(st.floats(-3, 1))
    X, labels, (W1, b1, W2, b2) = random_case(dtype, batch, width, scale, draw(st.integers(0, 2**32 - 1)))
    if draw(st.booleans()):
        X[::2], b1[::3] = 0, 0
    if draw(st.booleans()):
        b1[:: draw(st.integers(1, 2))] = -1e6
    if draw(st.booleans()):
        W2, b2 = W2 * dtype(1e3), b2 * dtype(1e3)
    if draw(st.booleans()):
        labels[:] = draw(st.integers(0, 9))
    if draw(st.booleans()) and width == 10:
        W2 = W2 + W2.T
    return X, labels, Parameters(W1, b1, W2, b2)


def as_derived(X, labels, parameters):
    return digit_manual.backward(X, labels, parameters, digit_manual.forward(X, parameters))


def in_another_order(X, labels, parameters):
    """The examples from last to first, 1/m as a factor, products transposed, sums from another end."""
    Z1, A1, _, A2 = digit_manual.forward(X, parameters)
    onehot = np.eye(10, dtype=X.dtype)[labels]
    dZ2 = (A2 - onehot) * X.dtype.type(1 / len(X))
    dA1 = np.ascontiguousarray((parameters.W2.T[:, ::-1] @ dZ2.T[::-1]).T)
    dZ1 = np.where(Z1 > 0, dA1, 0)
    back = slice(None, None, -1)
    return digit_manual.Gradients(
        dZ2, (A1[back].T @ dZ2[back]).T, dZ2[back].sum(0), dA1, dZ1, (X[back].T @ dZ1[back]).T, dZ1[back].sum(0)
    )


def by_loops(X, labels, parameters):
    """One example after the other is added up, as in a first script."""
    g = as_derived(X, labels, parameters)
    A1 = digit_manual.forward(X, parameters).A1
    dW2, db2, dW1, db1 = (np.zeros_like(array) for array in (g.dW2, g.db2, g.dW1, g.db1))
    for i in range(len(X)):
        dW2 += np.outer(g.dZ2[i], A1[i])
        db2 += g.dZ2[i]
        dW1 += np.outer(g.dZ1[i], X[i])
        db1 += g.dZ1[i]
    return g._replace(dW2=dW2, db2=db2, dW1=dW1, db1=db1)


def summed_in_float64(X, labels, parameters):
    g = as_derived(X, labels, parameters)
    A1 = digit_manual.forward(X, parameters).A1
    wide = np.float64
    sums = {
        "dW2": np.einsum("ij,ik->jk", g.dZ2, A1, dtype=wide),
        "db2": g.dZ2.sum(0, dtype=wide),
        "dW1": (g.dZ1.astype(wide).T @ X).astype(X.dtype),
        "db1": g.dZ1.sum(0, dtype=wide).astype(X.dtype),
    }
    return g._replace(**sums)


def in_float32(X, labels, parameters):
    return digit_manual.Gradients(*(g.astype(np.float32) for g in as_derived(X, labels, parameters)))


@settings(max_examples=4 * settings.default.max_examples)
@given(cases(), st.sampled_from([as_derived, in_another_order, by_loops, summed_in_float64, in_float32]), st.data())
def test_a_correct_gradient_is_never_accused(case, derived, data):
    X, labels, parameters = case
    loss = network_loss(X, labels, parameters)
    manual = derived(*case)._asdict()
    chosen = data.draw(st.sets(st.sampled_from(sorted(manual)), min_size=1))
    comparison = compare(loss, {key: manual[key] for key in chosen})
    assert comparison.ok, str(comparison)
    assert bool(comparison)
    assert comparison.first_wrong is None
    if derived is as_derived:
        assert set(statuses(comparison).values()) == {EXACT}


@given(st.sampled_from([np.float32, np.float64]), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_another_forward_pass_is_not_accused(dtype, batch, seed):
    """The softmax without its shift, and the products in another order."""
    X, labels, (W1, b1, W2, b2) = random_case(dtype, batch, 12, 0.1, seed)
    Z1 = (W1[:, ::-1] @ X.T[::-1]).T + b1
    assume(np.abs(Z1).min() > 1e-4)  # at the kink, rounding decides on the mask
    A1 = np.maximum(Z1, 0)
    exponentials = np.exp(A1[:, ::-1] @ W2.T[::-1] + b2)
    A2 = exponentials / exponentials.sum(1, keepdims=True)
    manual = digit_manual.backward(X, labels, Parameters(W1, b1, W2, b2), digit_manual.Activations(Z1, A1, A2, A2))
    comparison = compare(network_loss(X, labels, Parameters(W1, b1, W2, b2)), manual._asdict())
    assert comparison.ok, str(comparison)


def network_loss(X, labels, parameters):
    return Network(X, labels, parameters, digit_manual.forward(X, parameters), {}, None).loss()


@pytest.mark.parametrize("batch", [1, 10, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_small_error_is_not_taken_for_rounding(batch, dtype):
    """One entry off by a thousandth of the largest, in any gradient."""
    net = network(np.random.default_rng(3), batch, 10, dtype)
    for place, right in net.gradients().items():
        wrong = right.copy()
        wrong.flat[right.size // 2] += np.abs(right).max() / 1000
        verdict = compare(net.loss(), {**net.gradients(), place: wrong}).first_wrong
        assert verdict.name == place[1:]


# ------------------------------------------------------------------------------------------- wrong itself, or inherited


def test_what_only_inherits_an_error_is_not_accused(net):
    comparison = compare(net.loss(), net.gradients({"dA1": "-(dZ2 @ W2)"}))
    assert statuses(comparison) == {
        "Z2": EXACT,
        "A1": WRONG,
        "W2": EXACT,
        "b2": EXACT,
        "Z1": INHERITED,
        "W1": INHERITED,
        "b1": INHERITED,
    }
    assert comparison["W1"].inherited == ("A1",)
    assert not comparison


def test_two_mistakes_are_both_found(net):
    comparison = compare(net.loss(), net.gradients({"dA1": "-(dZ2 @ W2)", "db1": "dZ1.sum()"}))
    assert comparison["A1"].cause.name == "wrong sign"
    assert comparison["b1"].cause.name == "summed over everything"
    assert comparison["W1"].status == INHERITED


def test_a_mistake_that_was_mended_later_is_reported_where_it_is(net):
    """1/m is missing in dZ2, as in many scripts, and stands in the parameters' gradients instead."""
    manual = net.gradients()
    manual["dZ2"] = manual["dZ2"] * 20
    comparison = compare(net.loss(), manual)
    assert [called for called, verdict in comparison.verdicts.items() if not verdict.ok] == ["Z2"]
    manual["db1"] = manual["dZ1"].sum()
    assert compare(net.loss(), manual)["b1"].cause.name == "summed over everything"


@pytest.mark.parametrize(
    ("place", "mistake", "cause"),
    [
        ("dZ2", "A2 - onehot", "1/m missing"),
        ("dZ2", "-onehot / A2 / m * A2 * (1 - A2)", "softmax treated elementwise"),
        ("dA1", "-(dZ2 @ W2)", "wrong sign"),
        ("dZ1", "dA1", "activation mask missing"),
    ],
)
def test_the_gradients_of_the_parameters_alone_show_the_mistake_before_them(net, place, mistake, cause):
    manual = net.gradients({place: mistake})
    comparison = compare(net.loss(), {key: manual[key] for key in ("dW2", "db2", "dW1", "db1")})
    first = comparison.first_wrong
    assert not first.given
    assert first.cause.name == cause
    # The sign may as well be wrong one step later: the parameters' gradients are the same.
    assert f"d{first.name}" == place or (place, first.name) == ("dA1", "Z1")
    assert [verdict.status for verdict in comparison.verdicts.values()].count(WRONG) == 1
    assert "(not given) is wrong" in str(comparison)


def test_a_mistake_in_one_gradient_is_not_blamed_on_those_before(net):
    manual = net.gradients({"dW1": "-(dZ1.T @ X)"})
    comparison = compare(net.loss(), {key: manual[key] for key in ("dW2", "db2", "dW1", "db1")})
    assert statuses(comparison) == {"W2": EXACT, "b2": EXACT, "W1": WRONG, "b1": EXACT}


def test_a_mistake_before_two_right_gradients_may_still_explain_two_wrong_ones(net):
    """The hidden layer was derived from another dZ2 than the output layer."""
    manual = net.gradients()
    wrong = net.gradients({"dZ2": "-onehot / A2 / m * A2 * (1 - A2)"})
    given = {"dW2": manual["dW2"], "db2": manual["db2"], "dW1": wrong["dW1"], "db1": wrong["db1"]}
    comparison = compare(net.loss(), given)
    assert comparison["Z2"].cause.name == "softmax treated elementwise"
    assert statuses(comparison) == {"Z2": WRONG, "W2": EXACT, "b2": EXACT, "W1": INHERITED, "b1": INHERITED}


def test_what_no_mistake_explains_is_said_so(net):
    manual = net.gradients()
    manual["dZ2"] = manual["dZ2"].T
    manual["db1"] = np.arange(7.0)
    comparison = compare(net.loss(), manual)
    assert comparison["Z2"].cause.name == "transposed"
    assert comparison["b1"].cause is None
    assert str(comparison["b1"]) == (
        "db1 is wrong: no known mistake gives it; it may follow from the error of dZ2; expected shape (7,), found (7,)."
    )


def test_a_function_that_gives_one_argument_no_gradient():
    class Left(tg.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(b)
            return a * b

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0], None

    a, b = (name(tg.tensor([2.0, 3.0], requires_grad=True), called) for called in "ab")
    loss = Left.apply(a, (b + 1).relu()).sum()  # relu gets no gradient, and so passes none on
    assert statuses(compare(loss, {"da": np.float32([3, 4])})) == {"a": EXACT}
    assert statuses(compare(loss, {"da": [1.0, 1.0]})) == {"a": WRONG}
    assert compare(Left.apply(a, a * 1).sum(), {"da": [-2.0, -3.0]}).verdicts["a"].cause.name == "wrong sign"
