"""Answer what learners ask again and again about backpropagation, each with a few lines and real numbers.

python -m examples.why           the questions
python -m examples.why bias      why a bias gradient is a sum over the batch
python -m examples.why order     why dZ.T @ A and dZ @ W, and no other order
python -m examples.why softmax   why softmax with cross-entropy gives p - y
python -m examples.why mean      where the 1/m of the mean goes
python -m examples.why reuse     why gradients add up where a tensor is used twice
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tinygrad_np as tg
from tinygrad_np.explain import Trace, name, trace
from tinygrad_np.nn import functional as F

Array = NDArray[np.float64]
STEP = 1e-6  # of central differences, in float64: about half of the digits are right


def bias() -> Iterator[str]:
    """Why is the gradient of a bias a sum over the batch?"""
    rng = np.random.default_rng(0)
    X, W, b = rng.normal(size=(3, 4)), rng.normal(size=(2, 4)), rng.normal(size=2)

    def loss(b: Any) -> Any:
        Z = name(_named(X, "X") @ _leaf(W, "W").T + b, "Z")
        return (Z * Z).sum()

    traced = trace(lambda: loss(_leaf(b, "b")))
    dZ, db = traced.gradients["Z"], traced.gradients["b"]
    yield "Z = X @ W.T + b, with one example a row: the same b is added to every row, since broadcasting repeats it."
    yield "    Z_ij = sum_k X_ik W_jk + b_j"
    yield "So b_j is in the Z_ij of every example i, with the factor 1, and the chain rule adds up over all of them:"
    yield "    db_j = sum_i dZ_ij,   db = dZ.sum(0)"
    yield "Here, with 3 examples and 2 units:"
    for i, row in enumerate(dZ):
        yield f"    dZ of example {i}   {_row(row)}"
    yield f"    their sum, db      {_row(db)}"
    yield f"    by nudging b       {_row(_nudged(lambda array: loss(tg.tensor(array)).item(), b))}"
    yield "Autodiff finds the axis by undoing the broadcast; its trace says so:"
    yield f"    {_line(traced, 'b')}"
    yield f"np.sum(dZ) = {_number(dZ.sum())}, a sum over everything, is the gradient of one bias shared by both units."


def order() -> Iterator[str]:
    """Why dZ.T @ A and dZ @ W, and not another order?"""
    rng = np.random.default_rng(0)
    A, W = rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
    traced = trace(lambda: _squares(_leaf(A, "A"), _leaf(W, "W")))
    yield "Z = A @ W.T. Written out, with i for the examples, j for the outputs and k for the inputs:"
    yield "    Z_ij = sum_k A_ik W_jk"
    yield "W_jk is in the Z_ij of every example i, with the factor A_ik; A_ik in the Z_ij of every output j, with W_jk:"
    yield "    dW_jk = sum_i dZ_ij A_ik,   dW = dZ.T @ A     i is summed away: the examples"
    yield "    dA_ik = sum_j dZ_ij W_jk,   dA = dZ @ W       j is summed away: the outputs"
    yield "Products in another order sum another index away, or do not fit. With 3 examples, 4 inputs and 2 outputs:"
    yield from _attempts(traced.gradients["Z"], A, W)
    yield "Shapes that fit prove nothing where sizes are equal. With 3 examples, inputs and outputs all of them fit:"
    A, W = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    dZ = trace(lambda: _squares(_leaf(A, "A"), _leaf(W, "W"))).gradients["Z"]
    yield from _attempts(dZ, A, W)
    yield "What autodiff does, from its trace:"
    yield f"    {_line(traced, 'A')}"
    yield f"    {_line(traced, 'W')}"


def softmax() -> Iterator[str]:
    """Why does softmax with cross-entropy give p - y?"""
    z, label = np.array([2.0, 1.0, 0.0]), 1
    p = np.exp(z) / np.exp(z).sum()
    y = np.eye(3)[label]
    jacobian = np.diag(p) - np.outer(p, p)
    logits = _leaf(z[np.newaxis], "z")
    traced = trace(lambda: F.cross_entropy(logits, tg.tensor([label])))
    yield "For one example with logits z, p = exp(z) / sum(exp(z)) and L = -sum(y * log(p)), where y is 1 at the label."
    yield f"    z  {_row(z)}"
    yield f"    p  {_row(p)}"
    yield f"    y  {_row(y)}"
    yield "Two steps back. The cross-entropy alone: dp = -y / p, which is large where p is small:"
    yield f"    dp {_row(-y / p)}"
    yield "The softmax alone: every z_j is in every p_i, since all share one sum: dp_i/dz_j = p_i [i = j] - p_i p_j."
    for row in jacobian:
        yield f"       {_row(row)}"
    yield "Their product: p_i cancels the 1 / p_i, and since y adds up to 1 what is left is p - y:"
    yield "    dz_j = sum_i (-y_i / p_i) (p_i [i = j] - p_i p_j) = -y_j + p_j sum_i y_i = p_j - y_j"
    yield f"    by the product {_row((-y / p) @ jacobian)}"
    yield f"    p - y          {_row(p - y)}"
    yield f"    by autodiff    {_row(traced.gradients['z'][0])}"
    nudged = _nudged(lambda array: F.cross_entropy(tg.tensor(array), tg.tensor(label)).item(), z)
    yield f"    by nudging z   {_row(nudged)}"
    yield "As one step it needs no division by p, which may be 0. From its trace:"
    yield f"    {_line(traced, 'z')}"
    yield f"    where {traced.entries[0].contributions[0].where}"


def mean() -> Iterator[str]:
    """Where does the 1/m of the mean go?"""
    rng = np.random.default_rng(0)
    m = 4
    X, W1, W2 = rng.normal(size=(m, 5)), rng.normal(size=(3, 5)), rng.normal(size=(2, 3))
    labels = tg.tensor([0, 1, 1, 0])

    def run(reduction: str) -> Trace:
        first, second = _leaf(W1, "W1"), _leaf(W2, "W2")

        def loss() -> Any:
            Z1 = name(F.linear(_named(X, "X"), first), "Z1")
            A1 = name(Z1.relu(), "A1")
            Z2 = name(F.linear(A1, second), "Z2")
            return F.cross_entropy(Z2, labels, reduction=reduction)

        return trace(loss)

    averaged, added = run("mean"), run("sum")
    yield "L = (l_1 + ... + l_m) / m, the mean of the examples' losses: 1/m enters once, with the first step back,"
    yield "    dZ2 = (p - onehot) / m"
    yield "and every later step is linear in the gradient that comes in, so that it passes the factor on:"
    yield "    dW2 = dZ2.T @ A1,   dA1 = dZ2 @ W2,   dZ1 = dA1 * (Z1 > 0),   dW1 = dZ1.T @ X"
    yield f"The same network with m = {m}, its losses added up and averaged; the norms of the gradients:"
    yield "          of the sum   of the mean   sum / mean"
    for called in ("Z2", "W2", "A1", "Z1", "W1"):
        large, small = (float(np.linalg.norm(traced.gradients[called])) for traced in (added, averaged))
        yield f"    d{called}   {large:9.4f}    {small:9.4f}       {large / small:.4f}"
    yield "On paper one may start with dZ2 = p - onehot and divide every dW and db at the end. Doing both is wrong."
    yield "From the trace:"
    yield f"    {_line(averaged, 'Z2')}"
    yield f"    where {averaged.entries[0].contributions[0].where}"


def reuse() -> Iterator[str]:
    """Why do gradients add up where a tensor is used twice?"""
    at = np.array(2.0)
    x = _leaf(at, "x")
    traced = trace(lambda: name(name(x * x, "u") + name(x * 3, "v"), "L"))
    yield "L = u + v with u = x * x and v = 3 x: x is used three times. A nudge of x by h goes all ways at once,"
    yield "    u changes by x h through its first factor, and by x h through its second"
    yield "    v changes by 3 h"
    yield "and L by the sum of the changes, (x + x + 3) h. That is the chain rule: dL/dx = sum over the uses of x."
    yield f"At x = {_number(at)}, by nudging: {_number(_nudged(lambda a: float(a * a + 3 * a), at))}. In the trace:"
    for entry in traced:
        for contribution in entry.contributions:
            if contribution.to == "x":
                yield f"    from {entry.output}: {contribution.formula} = {_number(contribution.array)}"
                if contribution.total is not None:
                    yield f"    dx = {' + '.join(contribution.terms)} = {_number(contribution.total)}"
    yield "A backward pass that overwrites instead of adding keeps only the last of them."


QUESTIONS: dict[str, Callable[[], Iterator[str]]] = {f.__name__: f for f in (bias, order, softmax, mean, reuse)}


# ------------------------------------------------------------------------------------------------------ the numbers


def _leaf(array: Array, called: str) -> tg.Tensor:
    return name(tg.tensor(array, requires_grad=True), called)


def _named(array: Array, called: str) -> tg.Tensor:
    return name(tg.tensor(array), called)


def _squares(A: tg.Tensor, W: tg.Tensor) -> Any:
    """Compute a loss of Z = A @ W.T."""
    Z = name(F.linear(A, W), "Z")
    return (Z * Z).sum()


def _nudged(loss: Callable[[Array], float], at: Array) -> Array:
    """Take central differences: (loss(x + h) - loss(x - h)) / 2h, for one entry after the other."""
    slopes = np.empty(at.shape)
    for index in np.ndindex(at.shape):
        h = np.zeros(at.shape)
        h[index] = STEP
        slopes[index] = (loss(at + h) - loss(at - h)) / (2 * STEP)
    return slopes


def _attempts(dZ: Array, A: Array, W: Array) -> Iterator[str]:
    """Try products for dW and dA, and hold those that have the right shape against central differences."""
    slopes = {
        "dW": _nudged(lambda array: _squares(tg.tensor(A), tg.tensor(array)).item(), W),
        "dA": _nudged(lambda array: _squares(tg.tensor(array), tg.tensor(W)).item(), A),
    }
    factors = {"dZ": dZ, "dZ.T": dZ.T, "A": A, "W": W}
    products = {
        "dW": (("dZ.T", "A"), ("dZ", "A"), ("A", "dZ")),
        "dA": (("dZ", "W"), ("dZ.T", "W"), ("W", "dZ")),
    }
    for called, pairs in products.items():
        for first, second in pairs:
            a, b = factors[first], factors[second]
            if a.shape[1] != b.shape[0]:
                verdict = f"does not fit: {a.shape} @ {b.shape}"
            elif (a @ b).shape != slopes[called].shape:
                verdict = f"has shape {(a @ b).shape}, {called} has {slopes[called].shape}"
            else:
                off = np.abs(a @ b - slopes[called]).max()
                verdict = "right: nudging agrees" if off < 1e-6 else f"wrong: off by up to {off:.3g}"
            yield f"    {called} = {first} @ {second}".ljust(22) + verdict


def _line(traced: Trace, to: str) -> str:
    """Return what a trace says of the gradient of one tensor."""
    (passed,) = (c for entry in traced for c in entry.contributions if c.to == to)
    return f"d{to} = {passed.formula}  {passed.undone or passed.array.shape}"


def _row(numbers: Array) -> str:
    return "[" + " ".join(f"{x + 0.0:8.4f}" for x in numbers) + "]"


def _number(x: Any) -> str:
    return f"{float(x):.4f}".rstrip("0").rstrip(".")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with these arguments, by default those of the command line."""
    parser = argparse.ArgumentParser(prog="why", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("question", nargs="?", choices=QUESTIONS, help="leave it out to see the list")
    question = parser.parse_args(arguments).question
    if question is None:
        for called, answer in QUESTIONS.items():
            print(f"python -m examples.why {called:9}{answer.__doc__}")
    else:
        print(QUESTIONS[question].__doc__, end="\n\n")
        print(*QUESTIONS[question](), sep="\n")


if __name__ == "__main__":
    main()
