"""Functions, losses and modules of networks."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

from tests.docs.deviations.programs import Row, gradient


def looked_up_twice(m: Any) -> Any:
    table, weights = m.ones(1, 1, requires_grad=True), m.ones(2, 1, requires_grad=True)
    rows = m.nn.functional.embedding(m.tensor([0, 0]), table, scale_grad_by_freq=True)
    (g,) = m.autograd.grad(rows, table, weights, create_graph=True)
    return m.autograd.grad(g, weights)[0].reshape(-1).tolist()


def loaded_in_part(m: Any) -> bool:
    model = m.nn.Sequential(m.nn.Linear(1, 1), m.nn.Linear(1, 1))
    given = {path: m.full(tuple(tensor.shape), 9.0) for path, tensor in model.state_dict().items()}
    given["1.bias"] = m.ones(5)
    try:
        model.load_state_dict(given)
    except RuntimeError:
        return model[0].weight.item() == 9
    raise AssertionError("a wrong shape was accepted")


def given_to(m: Any, function: Callable[[Any], Any]) -> Any:
    x = m.tensor([-1.0])
    function(x)
    return x.item()


def resized(m: Any, x: list[float], *size: Any, **options: Any) -> Any:
    return m.nn.functional.interpolate(m.tensor([[x]]), *size, **options)[0, 0].tolist()


ROWS = {  # what: programs, each with what comes out here and in PyTorch
    "a loss (`mse_loss`, `l1_loss`, `kl_div` and their kind) of (N,) against (N, 1)": [
        Row(lambda m, name=name: getattr(m.nn.functional, name)(m.ones(2), m.ones(2, 1)).ndim, RuntimeError, 0)
        for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div", "poisson_nll_loss")
    ],
    "`huber_loss` of two float dtypes": [
        Row(lambda m: str(m.nn.functional.huber_loss(m.ones(2), m.ones(2).double()).dtype)[-7:], "float64", "float32")
    ],
    "integer targets of `binary_cross_entropy_with_logits`, `kl_div`": [
        Row(
            lambda m, name=name: getattr(m.nn.functional, name)(m.zeros(1), m.tensor([0])).item() >= 0,
            True,
            RuntimeError,
        )
        for name in ("binary_cross_entropy_with_logits", "kl_div")
    ],
    "options of losses": [
        Row(lambda m: m.nn.NLLLoss(None, None, -100).ignore_index, TypeError, -100),
        Row(lambda m: m.nn.MSELoss(size_average=False).reduction, TypeError, "sum"),
        Row(lambda m: m.nn.functional.kl_div(m.full((1,), -2.0), m.tensor([1])).item(), 2, RuntimeError),
        Row(
            lambda m: m.nn.functional.binary_cross_entropy_with_logits(m.full((1,), -99.0), m.tensor([1])).item(),
            99,
            RuntimeError,
        ),
    ],
    "`soft_margin_loss` far on the wrong side": [
        Row(lambda m: m.nn.functional.soft_margin_loss(m.tensor([-1e4]), m.ones(1)).item(), 1e4, inf),
        Row(gradient(lambda m, x: m.nn.functional.soft_margin_loss(x, m.ones(1)), [-1e4]), [-1], [nan]),
    ],
    "`poisson_nll_loss(full=True)` with a target of 0 that has a gradient": [
        Row(gradient(lambda m, t: m.nn.functional.poisson_nll_loss(m.ones(1), t, full=True), [0.0]), [-1], [nan])
    ],
    "`cosine_similarity` where a length is below `eps`": [
        Row(
            gradient(lambda m, x: m.nn.functional.cosine_similarity(x, m.tensor([0.0, 8.0]), 0, 8.0), [2.0, 0.0]),
            [0, 0.125],
            [0, 0.125],
        ),
        Row(
            gradient(lambda m, x: m.nn.functional.cosine_similarity(x, m.tensor([8.0, 0.0]), 0, 8.0), [2.0, 0.0]),
            [0.125, 0],
            [0.09375, 0],
        ),
    ],
    "`gelu` in float32": [Row(lambda m: m.nn.functional.gelu(m.tensor([-5.4])).item() < -1.79e-7, True, False)],
    "`embedding(sparse=True)`": [
        Row(lambda m: m.nn.functional.embedding(m.tensor([0]), m.ones(1, 1), sparse=True).tolist(), RuntimeError, [[1]])
    ],
    "the second derivative of `embedding(scale_grad_by_freq=True)`": [Row(looked_up_twice, [0.5, 0.5], [1, 1])],
    "a bias of `linear` that is not of shape (out,)": [
        Row(
            lambda m, shape=shape: m.nn.functional.linear(m.ones(4, 2), m.ones(3, 2), m.ones(shape)).shape == (4, 3),
            RuntimeError,
            True,
        )
        for shape in ((), (1,), (4, 1), (1, 3), (4, 3))
    ],
    "`dropout2d`, `dropout3d` of another number of dims": [
        Row(lambda m: m.nn.functional.dropout2d(m.ones(2, 2), 0.0).tolist(), RuntimeError, [[1, 1], [1, 1]]),
        Row(lambda m: m.nn.functional.dropout3d(m.ones(2, 2), 0.0).tolist(), RuntimeError, [[1, 1], [1, 1]]),
    ],
    "`max_unpool1d` and its kind of two entries to one place": [
        Row(
            gradient(lambda m, x: m.nn.functional.max_unpool1d(x[None], m.tensor([[1, 1]]), 2), [1.0, 2.0]),
            [0, 1],
            [1, 1],
        )
    ],
    "`interpolate` of an infinite entry where its weight is 0": [
        Row(
            lambda m: resized(m, [1.0, 2.0, inf], 5, mode="linear", align_corners=True),
            [1, 1.5, 2, inf, inf],
            [1, 1.5, nan, inf, nan],
        )
    ],
    "`interpolate`, nearest, by a factor other than 1 or 2 that leaves a dim as it is or doubles it": [
        Row(
            gradient(lambda m, x: m.nn.functional.interpolate(x.reshape(1, 1, 1, 2, 4), scale_factor=1.3), [1.0] * 8),
            [4, 2, 2, 2, 0, 0, 0, 0],
            [2, 1, 1, 1, 2, 1, 1, 1],
        ),
        Row(lambda m: resized(m, [1.0, 2.0], scale_factor=1.3), [1, 1], [1, 1]),
        Row(
            lambda m: m.nn.functional.interpolate(m.tensor([[[[1.0, 2.0]]]]), scale_factor=(1, 1.3)).tolist(),
            [[[[1, 1]]]],
            [[[[1, 2]]]],
        ),
    ],
    "`interpolate(antialias=True)` to a width of 1": [
        Row(
            lambda m: m.nn.functional.interpolate(
                m.tensor([[[[1.0], [4.0]]]]), (4, 1), mode="bilinear", antialias=True
            ).tolist(),
            [[[[1], [1.75], [3.25], [4]]]],
            [[[[1], [1], [1], [1]]]],
        )
    ],
    "`max_pool1d` and its kind where a window steps over the whole image": [
        Row(
            lambda m: m.nn.functional.max_pool1d(m.ones(1, 1), 2, padding=1, dilation=2).tolist(),
            RuntimeError,
            [[-inf]],
        )
    ],
    "`interpolate`, bilinear or bicubic, of uint8": [
        Row(
            lambda m: m.nn.functional.interpolate(m.ones(1, 1, 2, 2, dtype=m.uint8), 1, mode="bilinear").tolist(),
            NotImplementedError,
            [[[[1]]]],
        )
    ],
    "the gradient of `adaptive_avg_pool1d` and its kind with no windows": [
        Row(gradient(lambda m, x: m.nn.functional.adaptive_avg_pool1d(x[None], 0), [1.0, 2.0]), [0, 0], RuntimeError)
    ],
    "`inplace=True` of layers and functions": [
        Row(lambda m: given_to(m, m.nn.ReLU(inplace=True)), -1.0, 0.0),
        Row(lambda m: given_to(m, lambda x: m.nn.functional.relu(x, inplace=True)), -1.0, 0.0),
    ],
    "`softmax` without `dim`": [Row(lambda m: m.nn.functional.softmax(m.zeros(1, 1)).tolist(), TypeError, [[1]])],
    "labels of `cross_entropy`": [
        Row(
            lambda m: m.nn.functional.cross_entropy(m.zeros(1, 1), m.tensor([0], dtype=m.int32)).item(),
            0.0,
            RuntimeError,
        )
    ],
    "`Module.load_state_dict`": [Row(loaded_in_part, False, True)],
}
