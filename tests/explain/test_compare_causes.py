"""The causes that ``compare`` names, in networks of all kinds, and how it words them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_np as tg
from tests.explain.planting import network
from tinygrad_np.explain import compare, name, recording
from tinygrad_np.explain.verdicts import EXACT


@pytest.fixture
def net():
    return network(np.random.default_rng(0), batch=20, hidden=7, dtype=np.float64)


def first_cause(loss, manual, **options):
    verdict = compare(loss, manual, **options).first_wrong
    return verdict.name, verdict.cause.name, str(verdict.cause)


def test_softmax_and_loss_written_out():
    Z = name(tg.randn(5, 4, generator=tg.Generator().manual_seed(0), dtype=tg.float64).requires_grad_(), "Z")
    onehot = np.eye(4)[[0, 3, 1, 1, 2]]
    A = name(tg.softmax(Z, 1), "A")
    loss = -(tg.from_numpy(onehot) * A.log()).sum() / 5
    a = A.detach().numpy()
    dA = -onehot / a / 5
    assert compare(loss, {"dA": dA, "dZ": (a - onehot) / 5}).ok
    assert first_cause(loss, {"dA": dA, "dZ": dA * a * (1 - a)})[:2] == ("Z", "softmax treated elementwise")
    assert first_cause(loss, {"dA": dA * 5, "dZ": (a - onehot) / 5})[:2] == ("A", "1/m missing")


def test_log_softmax_elementwise():
    Z = name(tg.tensor([[1.0, 2.0], [0.5, -1.0]], requires_grad=True), "Z")
    logp = name(tg.log_softmax(Z, 1), "logp")
    g = np.array([[-1, 0], [0, -1]], np.float32)
    loss = (logp * tg.tensor(g)).sum()
    p = np.exp(logp.detach().numpy())
    assert first_cause(loss, {"dlogp": g, "dZ": g * (1 - p)})[1] == "softmax treated elementwise"


def test_a_sum_that_undoes_broadcasting():
    x = tg.tensor(np.random.default_rng(0).random((6, 3)))
    b = name(tg.zeros(3, dtype=tg.float64).requires_grad_(), "b")
    Z = name(x * 1.0 + b, "Z")
    A = name(Z.tanh(), "A")
    loss = (A * A).mean()
    dA = 2 * A.detach().numpy() / 18
    dZ = dA * (1 - A.detach().numpy() ** 2)
    manual = {"dA": dA, "dZ": dZ, "db": dZ.sum(0)}
    assert compare(loss, manual).ok
    assert first_cause(loss, {**manual, "db": dZ.sum()})[1] == "summed over everything"
    assert first_cause(loss, {**manual, "db": dZ.sum(1)})[1] == "summed over the wrong axes"
    assert first_cause(loss, {**manual, "db": dZ})[1] == "sum over the batch missing"
    assert first_cause(loss, {**manual, "db": dZ[:1]})[1] == "sum over the batch missing"
    assert first_cause(loss, {**manual, "db": dZ.sum(0, keepdims=True)})[1] == "another shape"
    assert first_cause(loss, {**manual, "db": dZ.mean(0)})[1] == "constant factor"
    _, cause, sentence = first_cause(loss, {**manual, "dZ": dA})
    assert cause == "activation mask missing"
    assert sentence.startswith("the derivative of tanh is missing: dA was passed on as it is")
    assert first_cause(loss, {**manual, "dA": dA * 18})[1] == "1/m missing"


@pytest.mark.parametrize("written", [lambda x, W: x @ W, lambda x, W: x @ W.T])
def test_products_written_out(written):
    x = name(tg.tensor(np.random.default_rng(0).random((3, 3)), requires_grad=True), "x")
    W = name(tg.tensor(np.random.default_rng(1).random((3, 3)), requires_grad=True), "W")
    Z = name(written(x, W), "Z")
    loss = (Z**3).sum()
    dZ = 3 * Z.detach().numpy() ** 2
    right = {"dx": tg.autograd.grad(loss, x, retain_graph=True)[0].numpy()}
    assert compare(loss, {"dZ": dZ, **right}).ok
    (wrong,) = [g for g in (dZ @ W.detach().numpy(), dZ @ W.detach().numpy().T) if not np.allclose(g, right["dx"])]
    assert first_cause(loss, {"dZ": dZ, "dx": wrong})[:2] == ("x", "W used for W.T")


def test_another_value_of_the_same_pass(net):
    _, cause, sentence = first_cause(net.loss(), net.gradients({"dW2": "dZ2.T @ Z1"}))
    assert cause == "another forward value"
    assert sentence == "Z1 was used in the place of A1; expected dZ2.T @ A1 (10, 7), found dZ2.T @ Z1 (10, 7)"


def test_the_input_of_an_activation_in_the_place_of_its_output():
    with recording():
        Z = name(tg.tensor([0.5, 1.0, -2.0], requires_grad=True), "Z") * 1.0
        A = name(name(Z, "U").tanh(), "A")
        loss = (A * A).sum()
    u, dA = Z.detach().numpy(), 2 * A.detach().numpy()
    name_of_wrong, cause, sentence = first_cause(loss, {"dA": dA, "dU": dA * (1 - u * u)})
    assert (name_of_wrong, cause) == ("U", "another forward value")
    assert sentence.startswith("U was used in the place of A; expected dA * (1 - A * A) (3,), found dA * (1 - U * U)")


@pytest.mark.parametrize(
    ("place", "mistake", "fits"),
    [
        ("dZ2", "(A2_stale - onehot) / m", "another p"),
        ("dZ2", "(A2 - onehot[::-1]) / m", "another onehot"),
        ("dA1", "dZ2 @ W2_stale", "another W2"),
        ("dW2", "dZ2.T @ A1_stale", "another A1"),
        ("dZ1", "dA1 * (Z1_stale > 0)", "another A1"),
    ],
)
def test_a_stale_value_that_nobody_gave_is_solved_for(net, place, mistake, fits):
    called, cause, sentence = first_cause(net.loss(), net.gradients({place: mistake}))
    assert (f"d{called}", cause) == (place, "stale forward value")
    assert sentence.startswith(f"it fits the rule with {fits}: a stale forward value")


def test_a_stale_value_that_was_given(net):
    manual = net.gradients({"dW1": "dZ1.T @ X_stale"})
    _, cause, sentence = first_cause(net.loss(), manual, stale=net.stale)
    assert cause == "stale forward value"
    assert sentence.startswith("X is stale: its value of another forward pass was used; expected dZ1.T @ X (7, 784)")
    assert compare(net.loss(), manual)["W1"].cause is None  # without it, anything would fit


def test_a_factor_and_what_is_not_finite(net):
    manual = net.gradients()
    assert first_cause(net.loss(), {**manual, "dW2": 3 * manual["dW2"]})[1:] == (
        "constant factor",
        "every entry is 3 times the right one; expected dZ2.T @ A1 (10, 7), found 3 * (dZ2.T @ A1) (10, 7)",
    )
    manual["dW2"][0, :2] = np.nan, np.inf
    assert first_cause(net.loss(), manual)[1:] == (
        "not finite",
        "2 of 70 entries are not finite; expected dZ2.T @ A1 (10, 7), found NaN or infinity (10, 7)",
    )


OPS = {
    "split": lambda x, y: sum(part.sum() for part in (x * y).split(2)),
    "cat": lambda x, y: tg.cat([x, y * x]).sum(),
    "matmul of batches": lambda x, y: (tg.stack([x, y]) @ x).sum(),
    "amax": lambda x, y: (x.amax(0) * y).sum(),
    "std": lambda x, y: (x * y).std(),
    "exp, log, division": lambda x, y: ((x.exp() + 1).log() / (y.exp() + 2)).mean(),
    "where": lambda x, y: tg.where(x > y, x * x, y).sum(),
    "indexing": lambda x, y: (x[0] * y[:, 1:2]).sum(),
    "double use": lambda x, y: (x @ y + x.T @ x).sigmoid().mean(),
}


@pytest.mark.parametrize("op", OPS)
@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.sampled_from([np.float32, np.float64]))
def test_any_graph_can_be_compared(op, seed, dtype):
    """Right gradients pass; wrong ones of any shape are accused, whatever the ops."""
    rng = np.random.default_rng(seed)
    x, y = (tg.tensor(rng.uniform(0.5, 2, (4, 4)).astype(dtype), requires_grad=True) for _ in range(2))
    name(x, "x")
    name(y, "y")
    with recording():
        loss = OPS[op](x, y)
    right = {n: g.numpy() for n, g in zip("xy", tg.autograd.grad(loss, (x, y), retain_graph=True), strict=True)}
    assert {verdict.status for verdict in compare(loss, right).verdicts.values()} == {EXACT}
    for wrong in (right["x"] + rng.random((4, 4)), -right["x"], right["x"] * 0 + 3, rng.random(3), np.zeros((0, 2))):
        assert not compare(loss, {"dx": wrong, "dy": right["y"]}).ok


def test_infinities_are_equal_only_to_infinities():
    x = name(tg.tensor([0.0, 1.0, 4.0], requires_grad=True), "x")
    loss = x.sqrt().sum()
    assert compare(loss, {"dx": np.array([np.inf, 0.5, 0.25], np.float32)}).ok
    for wrong in ([np.inf, 0.5, 0.5], [1e30, 0.5, 0.25], [np.nan, 0.5, 0.25], [-np.inf, 0.5, 0.25]):
        assert not compare(loss, {"dx": wrong}).ok
