"""One training step of the digit network (zero_grad, forward, backward, SGD) against the same, written otherwise."""

import numpy as np

import tinygrad_np as tg
from models import digit_manual
from models.digit import DigitNet
from tests.benchmarks.timing import Job, installed, interleaved, report
from tinygrad_np import optim
from tinygrad_np.nn import functional as F

RATE = 1e-5  # so small that thousands of steps on one batch do not fit it: denormal numbers would slow all alike


def batch(m: int, dtype: type = np.float32) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((m, 784)).astype(dtype), rng.integers(0, 10, m)


def by_hand(X: np.ndarray, labels: np.ndarray) -> Job:
    """The step of `models.digit_manual`."""
    parameters = digit_manual.initialise(10, np.random.default_rng(0))
    return lambda: digit_manual.step(X, labels, parameters, RATE)


def by_hand_with_loss(X: np.ndarray, labels: np.ndarray) -> Job:
    """The same, which also computes the loss, as the frameworks do."""
    parameters = digit_manual.initialise(10, np.random.default_rng(0))
    rows = np.arange(len(X))

    def step() -> float:
        activations = digit_manual.forward(X, parameters)
        loss = -np.log(activations.A2[rows, labels]).mean()
        _, dW2, db2, _, _, dW1, db1 = digit_manual.backward(X, labels, parameters, activations)
        for parameter, gradient in zip(parameters, (dW1, db1, dW2, db2), strict=True):
            parameter -= RATE * gradient
        return float(loss)

    return step


def by_tinygrad_np(X: np.ndarray, labels: np.ndarray) -> Job:
    """As a user writes it."""
    net = DigitNet(hidden=10)
    optimizer = optim.SGD(net.parameters(), lr=RATE)
    images, targets = tg.tensor(X), tg.tensor(labels)

    def step() -> tg.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images), targets)
        loss.backward()
        optimizer.step()
        return loss

    return step


def by_torch(X: np.ndarray, labels: np.ndarray) -> Job:
    """The same lines in PyTorch, eager, on one thread."""
    import torch

    torch.set_num_threads(1)
    net = torch.nn.Sequential(torch.nn.Linear(784, 10), torch.nn.ReLU(), torch.nn.Linear(10, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    images, targets = torch.tensor(X), torch.tensor(labels)

    def step() -> object:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(images), targets)
        loss.backward()
        optimizer.step()
        return loss

    return step


def by_jax(X: np.ndarray, labels: np.ndarray) -> Job:
    """The step compiled by jax.jit, waited for."""
    import jax
    import jax.numpy as jnp

    images, targets = jnp.asarray(X), jnp.asarray(labels)

    def loss(parameters: tuple, images: object, targets: object) -> object:
        W1, b1, W2, b2 = parameters
        logits = jnp.maximum(images @ W1.T + b1, 0) @ W2.T + b2
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), targets[:, None], 1).mean()

    @jax.jit
    def update(parameters: tuple, images: object, targets: object) -> tuple:
        gradients = jax.grad(loss)(parameters, images, targets)
        return tuple(p - RATE * g for p, g in zip(parameters, gradients, strict=True))

    state = [tuple(jnp.asarray(p) for p in digit_manual.initialise(10, np.random.default_rng(0)))]

    def step() -> None:
        state[0] = jax.block_until_ready(update(state[0], images, targets))

    return step


def main() -> bool:
    X, labels = batch(64)
    ours, hand, with_loss = interleaved(by_tinygrad_np(X, labels), by_hand(X, labels), by_hand_with_loss(X, labels))
    detail = f"{ours * 1e6:.1f} us; {ours / with_loss:.2f} times the hand-written step with its loss"
    verdicts = [report("step, batch 64, against hand-written NumPy", ours / hand, 1.35, detail=detail)]
    for name, package, make, limit in (
        ("PyTorch eager", "torch", by_torch, 0.35),
        ("JAX jit", "jax", by_jax, 0.8),
    ):
        figure = f"step, batch 64, against {name}"
        if installed(package, figure):
            ours, other = interleaved(by_tinygrad_np(X, labels), make(X, labels))
            verdicts.append(report(figure, ours / other, limit, detail=f"{ours * 1e6:.1f} us, {other * 1e6:.1f} us"))
    return all(verdicts)


if __name__ == "__main__":
    main()
