"""Lesson 9: a layer with a rule of your own: checked, summarised, trained.

    python -m examples.lessons.lesson_9_your_own_layer

The activation swish, x * sigmoid(beta * x), with one beta for each unit that is learnt as well (P. Ramachandran et al.,
"Searching for Activation Functions", 2017). A large beta makes it a ReLU, beta = 0 the line x / 2.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import tinygrad_np as tg
from examples.lessons.lesson import BLUE, GREY, VERMILION, bare, digits, figure, run, save, say, scaled, table
from models.digit import CLASSES, PIXELS
from tinygrad_np import explain, nn, optim
from tinygrad_np._graph import op
from tinygrad_np.ops.elementwise import sigmoid

HIDDEN, IMAGES, M, EPOCHS = 16, 1500, 64, 12
RATE, BETA_RATE = 0.2, 4.0  # the betas start at 1 and have a longer way to go than the weights

# ------------------------------------------------------------------------------------------------------ the new layer

# An op: what it computes, and for each argument its derivative times g, the gradient that comes in. That is all.
# With s = sigmoid(beta * x): d(x * s)/dx = s + beta * x * s * (1 - s), and d(x * s)/dbeta = x * x * s * (1 - s).
swish = op(
    "swish_of_lesson_9",
    lambda x, beta, /: x * sigmoid(beta * x),
    x=lambda g, x, beta: g * sigmoid(beta * x) * (1 + beta * x * sigmoid(-beta * x)),
    beta=lambda g, x, beta: g * x * x * sigmoid(beta * x) * sigmoid(-beta * x),
)


class Swish(nn.Module):
    """Compute x * sigmoid(beta * x), with one learnt beta for each of the units in the last dim."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.beta = nn.Parameter(tg.ones(units))

    def forward(self, x: Any) -> Any:
        """Return the activations, of the shape of x."""
        return swish(x, self.beta)


def network() -> nn.Sequential:
    """Return the digit network with the new layer in it."""
    return nn.Sequential(nn.Linear(PIXELS, HIDDEN), Swish(HIDDEN), nn.Linear(HIDDEN, CLASSES))


# ----------------------------------------------------------------------------------------------------------- the lesson


class Result(NamedTuple):
    """What the lesson found: the largest relative errors of the rules, the sizes, the accuracies and the betas."""

    errors: dict[str, float]
    error_of_a_wrong_rule: float
    parameters: int
    accuracy_before: float
    accuracy: float
    betas: list[float]
    pictures: tuple[Path, ...]


def main(out: Path) -> Result:
    """Run the lesson; its picture goes to the folder `out`."""
    say("A new layer takes one op and one class. The op is its formula, and one line of derivative for each argument:")
    print(
        '  swish = op("swish",\n'
        "             lambda x, beta, /: x * sigmoid(beta * x),\n"
        "             x=lambda g, x, beta: g * sigmoid(beta * x) * (1 + beta * x * sigmoid(-beta * x)),\n"
        "             beta=lambda g, x, beta: g * x * x * sigmoid(beta * x) * sigmoid(-beta * x))\n"
    )
    say(
        "x is (5, 3) and beta (3,): broadcasting is undone by the walk (lesson 5), not by the rule. Are the rules "
        "right? Nudge each entry (lesson 2), and compare. The last row is a rule that lost its second term:"
    )
    rng = np.random.default_rng(0)
    x, beta, g = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=(5, 3))
    errors = checked(x, beta, g)
    s = sigmoid(beta * x)
    wrong = relative_error(g * s, nudged(lambda: float((g * swish_of(x, beta)).sum()), x))
    shapes = {"x": x.shape, "beta": beta.shape}
    table(
        ("derivative with respect to", "shape", "relative error", "verdict"),
        [
            *((name, shapes[name], f"{error:.0e}", _verdict(error)) for name, error in errors.items()),
            ("x, the rule g * s", x.shape, f"{wrong:.0e}", _verdict(wrong)),
        ],
    )

    tg.manual_seed(0)
    net = network()
    summary = explain.summary(net, tg.zeros(M, PIXELS))
    say(f"In a network it is a layer like any other. explain.summary shows one for a batch of {M}:")
    print("\n".join(f"  {line}" for line in str(summary).splitlines()) + "\n")

    before, history = trained(net)
    betas = [float(b) for b in net[1].beta.tolist()]
    say("And it learns, its betas with it:")
    table(
        ("epochs", "test accuracy", "smallest beta", "largest beta"),
        [
            ("0", f"{100 * before:.1f} %", "1.000", "1.000"),
            (EPOCHS, f"{100 * history[-1]:.1f} %", f"{min(betas):.3f}", f"{max(betas):.3f}"),
        ],
    )
    say(
        "The rule uses only operators and the package's own functions, so it serves every order of derivative, and "
        "trace, compare and hooks know it as they know any other op."
    )
    drawing = _picture([before, *history], betas)
    return Result(
        errors,
        wrong,
        summary.total_parameters,
        before,
        history[-1],
        betas,
        (save(drawing, out, "lesson_9_your_own_layer"),),
    )


def swish_of(x: Any, beta: Any) -> Any:
    """Compute the activation in plain NumPy, as the judge of the op."""
    return x / (1 + np.exp(-beta * x))


def checked(x: Any, beta: Any, g: Any) -> dict[str, float]:
    """Compare the rules with central differences of L = sum(g * swish(x, beta)); return their relative errors."""
    tensors = {name: tg.tensor(array, requires_grad=True) for name, array in (("x", x), ("beta", beta))}
    swish(*tensors.values()).backward(tg.tensor(g))
    judge = {name: nudged(lambda: float((g * swish_of(x, beta)).sum()), a) for name, a in (("x", x), ("beta", beta))}
    return {name: relative_error(tensors[name].grad.numpy(), judge[name]) for name in tensors}


def nudged(loss: Any, array: Any, h: float = 1e-5) -> Any:
    """Compute the derivative of a loss with respect to each entry of an array that it reads, by central differences."""
    differences = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        before = array[place]
        array[place] = before + h
        up = loss()
        array[place] = before - h
        differences[place] = (up - loss()) / (2 * h)
        array[place] = before
    return differences


def relative_error(found: Any, exact: Any) -> float:
    """Compute |found - exact| / |exact|, of the arrays' lengths."""
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def _verdict(error: float) -> str:
    return "right" if error < 1e-7 else "WRONG"


def trained(net: nn.Sequential) -> tuple[float, list[float]]:
    """Train the network; return the share of test images it gets right before, and after each epoch."""
    found = digits()
    X, labels = scaled(found.train_images[:IMAGES], np.float32), found.train_labels[:IMAGES]
    X_test, labels_test = tg.tensor(scaled(found.test_images, np.float32)), found.test_labels
    rates = {"beta": BETA_RATE}
    groups = [{"params": [p], "lr": rates.get(name[2:], RATE)} for name, p in net.named_parameters()]
    optimizer = optim.SGD(groups, lr=RATE)
    rng = np.random.default_rng(0)

    def accuracy() -> float:
        with tg.no_grad():
            return float((net(X_test).argmax(1).numpy() == labels_test).mean())

    before, history = accuracy(), []
    for _ in range(EPOCHS):
        for chosen in np.array_split(rng.permutation(len(X)), len(X) // M):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(tg.tensor(X[chosen])), tg.tensor(labels[chosen])).backward()
            optimizer.step()
        history.append(accuracy())
    return before, history


def _picture(accuracies: list[float], betas: list[float]) -> Figure:
    drawing = figure(10, 4)
    left, right = drawing.subplots(1, 2)
    x = np.linspace(-6, 6, 200)
    for beta in betas:
        left.plot(x, swish_of(x, beta), color=VERMILION, linewidth=1, alpha=0.7)
    left.plot([], [], color=VERMILION, label="learnt, one for each unit")
    left.plot(x, swish_of(x, 1.0), color=BLUE, linewidth=2, linestyle="--", label="at the start, beta = 1")
    left.plot(x, np.maximum(x, 0), color=GREY, linewidth=1.5, linestyle=":", label="ReLU")
    left.set(title="swish: x · sigmoid(beta · x)", xlabel="x", ylabel="activation", xlim=(-5, 2.5), ylim=(-0.5, 2.5))
    left.legend(frameon=False, loc="upper left")
    right.plot(range(EPOCHS + 1), [100 * a for a in accuracies], color=BLUE, marker="o", markersize=4)
    right.set(title="The network with the new layer learns", xlabel="epoch", ylabel="test accuracy, %", ylim=(0, 100))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        bare(axes)
    return drawing


if __name__ == "__main__":
    run(main)
