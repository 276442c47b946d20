"""What ``compare`` returns and prints, and what it refuses."""

import io
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

import tinygrad_np as tg
from tests.explain.planting import network
from tinygrad_np import nn
from tinygrad_np.explain import compare, name
from tinygrad_np.explain.verdicts import ROUNDED

F = nn.functional


@pytest.fixture
def net():
    return network(np.random.default_rng(0), batch=20, hidden=7, dtype=np.float64)


def linear():
    x = tg.tensor([[1.0, 2.0], [3.0, 5.0]])
    W = name(tg.tensor([[1.0, 0.5]], requires_grad=True), "W")
    b = name(tg.tensor([0.25], requires_grad=True), "b")
    Z = name(F.linear(name(x, "X"), W, b), "Z")
    return (Z * Z).sum() / 2


DZ = np.array([[2.25], [5.75]], np.float32)
DW = np.array([[19.5, 33.25]], np.float32)


def test_the_text_names_first_what_matters():
    manual = {"dZ": -DZ, "dW": -DW, "db": np.array([8.0], np.float64)}
    assert str(compare(linear(), manual)) == REPORT
    assert repr(compare(linear(), manual)) == REPORT


REPORT = """\
dZ is wrong: its sign is wrong; expected dmul * Z + dmul * Z (2, 1), found -(dmul * Z + dmul * Z) (2, 1).

gradient  shape   largest difference  relative       ULP  ULP of the largest  verdict
dZ        (2, 1)                11.5         2  2.17e+09            2.41e+07  WRONG: wrong sign
dW        (1, 2)                66.5         2  2.22e+09            1.74e+07  inherits the error of dZ
db        (1,)                     0         0         0                   0  equal to rounding

dW inherits the error of dZ: from that it is computed correctly."""


def test_the_text_is_the_same_in_another_process():
    program = (
        "from tests.explain.planting import network; import numpy as np; from tinygrad_np.explain import compare\n"
        "net = network(np.random.default_rng(0), 20, 7, np.float64)\n"
        "print(compare(net.loss(), net.gradients({'dZ1': 'dA1'})))"
    )
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, check=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout.startswith(b"dZ1 is wrong: the derivative of relu is missing")


def test_the_text_of_right_gradients():
    manual = {"dZ": DZ, "dW": DW, "db": np.array([8.0], np.float64)}
    comparison = compare(linear(), manual)
    assert comparison.headline == "All 3 gradients are right: 2 equal to the bit, 1 equal to rounding."
    assert str(comparison["b"]) == "db is equal to rounding."
    assert compare(linear(), {"dZ": DZ}).headline == "The gradient is right: equal to the bit."


def test_the_table_in_the_terminal():
    manual = {"dZ": -DZ, "dW": -DW, "db": np.array([8.0, 8.0])}
    comparison = compare(linear(), manual)
    output = io.StringIO()
    Console(file=output, width=120).print(comparison)
    lines = output.getvalue().splitlines()
    assert lines[0] == comparison.headline
    assert any(line.split()[:6] == ["dW", "(1,", "2)", "66.5", "2", "2.22e+09"] for line in lines)
    assert "(2,) for (1,)" in output.getvalue()


def test_measures(net):
    manual = net.gradients()
    largest = np.abs(manual["dW2"]).max()
    off = manual["dW2"].copy()
    place = (3, int(np.abs(off[3]).argmax()))
    off[place] += 3 * np.spacing(largest)
    verdict = compare(net.loss(), {"dW2": off})["W2"]
    assert verdict.status == ROUNDED
    assert verdict.difference.scaled_ulps == pytest.approx(3)
    assert verdict.difference.absolute == pytest.approx(3 * np.spacing(largest))
    assert verdict.difference.ulps >= 3
    assert verdict.difference.relative == pytest.approx(abs(off[place] / manual["dW2"][place] - 1))
    assert verdict.expected_shape == verdict.found_shape == (10, 7)


def test_tensors_functions_models_and_seeds():
    model = nn.Sequential(nn.Linear(3, 2))
    x = tg.rand(4, 3)
    g = tg.rand(4, 2)
    right = {"d0.weight": g.T @ x, "0.bias": g.sum(0)}
    for given_model in (None, model):
        assert compare(lambda: model(x), right, g, model=given_model).ok
    assert compare(model(x), right, g, model=model).ok
    assert not compare(lambda: model(x), {"0.bias": [1, 2]}, g).ok


def test_no_gradient_is_touched_and_the_graph_stays(net):
    loss = net.loss()
    loss.retain_grad()
    compare(loss, net.gradients({"dZ2": "-(A2 - onehot) / m"}))
    assert loss.grad is None
    loss.backward()
    assert loss.grad.item() == 1


@pytest.mark.parametrize(
    ("manual", "error", "message"),
    [
        ({"dV": DZ}, ValueError, "compare: manual has 'dV', but the tensors are loss, sum, mul, Z, W, b"),
        ({"Z": DZ, "dZ": DZ}, ValueError, "compare: manual has 'Z' twice, with and without a d before it"),
        ({"dZ": ["a"]}, TypeError, "compare: manual['dZ'] must be real numbers, got <U1"),
        ({"dZ": DZ * 1j}, TypeError, "compare: manual['dZ'] must be real numbers, got complex64"),
    ],
)
def test_errors(manual, error, message):
    with pytest.raises(error) as raised:
        compare(linear(), manual)
    assert str(raised.value) == message


def test_an_ambiguous_name():
    x = name(tg.ones(2, requires_grad=True), "x")
    loss = name(x * 3, "dx").sum()
    with pytest.raises(ValueError, match=r"^compare: 'dx' in manual may mean .*; rename a tensor$"):
        compare(loss, {"dx": np.ones(2)})
    assert compare(loss, {"ddx": np.ones(2)}).ok


def test_stale_names_are_checked():
    with pytest.raises(ValueError, match=r"^compare: stale has 'A7', but the tensors are .*\bX\b"):
        compare(linear(), {"dZ": DZ}, stale={"A7": DZ})
