"""Values, first and second derivatives against PyTorch's, in float64, over shapes and forms of arguments."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg

torch: Any = pytest.importorskip("torch", reason="the comparison needs PyTorch")

Form = Callable[..., Any]  # of the library, tg or torch, and its tensors

SHAPES = [(), (1,), (5,), (2, 3), (2, 1, 3), (0,), (2, 0, 3)]
FULL_SHAPES = [(), (1,), (5,), (2, 3), (2, 1, 3)]
PAIRS = [((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 3)), ((4, 1, 3), (2, 1)), ((2, 0), (1,)), ((), ())]
UNARY = [
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "abs",
    "relu",
    "neg",
    "negative",
    "sign",
    "absolute",
    "clone",
]
BINARY = ["add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "pow", "maximum", "minimum"]
OPERATORS: dict[str, Form] = {
    "+": lambda lib, a, b: a + b,
    "-": lambda lib, a, b: a - b,
    "*": lambda lib, a, b: a * b,
    "/": lambda lib, a, b: a / b,
    "**": lambda lib, a, b: a**b,
    "numbers": lambda lib, a, b: (2.5 - a) / 2 + 3 / b - 1.5 * a**2 + 2**b,
    "max of two": lambda lib, a, b: lib.max(a, b) + lib.min(a, b) + a.max(b) * a.min(b),
    "where": lambda lib, a, b: lib.where(a > b, a, b * b) + a.where(a < b, b),
    "where with a number": lambda lib, a, b: lib.where(a > 1, a * b, 0.5),
    "clamp by tensors": lambda lib, a, b: lib.clamp(a, min=b) + a.clamp(max=b * b) + a.clip(b, b + 0.5),
}
CLAMPS = [(0.8, 1.5), (None, 1.2), (1.0, None), (2.0, 1.0), (1, 2)]
DIMS: dict[tuple[int, ...], list[Any]] = {
    (): [(), 0, -1],
    (5,): [(), 0, -1, (0,)],
    (2, 3): [(), 0, 1, -1, -2, (0, 1), (-1,), (1, -2)],
    (2, 1, 3): [(), 1, (0, 2), (-1, 0), (0, 1, 2)],
}
FOLDS = ["sum", "mean", "amax", "amin"]
AXIS: dict[str, Form] = {
    "softmax": lambda lib, x, dim: lib.softmax(x, dim),
    "softmax method": lambda lib, x, dim: x.softmax(dim=dim),
    "log_softmax": lambda lib, x, dim: lib.log_softmax(x, dim),
    "logsumexp": lambda lib, x, dim: lib.logsumexp(x, dim) + x.logsumexp(dim),
    "logsumexp keepdim": lambda lib, x, dim: lib.logsumexp(x, dim, keepdim=True),
    "prod": lambda lib, x, dim: lib.prod(x, dim),
    "prod keepdim": lambda lib, x, dim: x.prod(dim, keepdim=True),
    "max": lambda lib, x, dim: tuple(lib.max(x, dim)),
    "max keepdim": lambda lib, x, dim: x.max(dim, keepdim=True).values,
    "min": lambda lib, x, dim: tuple(x.min(dim)),
    "min keepdim": lambda lib, x, dim: lib.min(x, dim, True).indices,
    "argmax": lambda lib, x, dim: (lib.argmax(x, dim), x.argmax(), lib.argmax(x, dim, keepdim=True)),
    "argmin": lambda lib, x, dim: (lib.argmin(x, dim), x.argmin(), x.argmin(dim, keepdim=True)),
}
MATRICES = [
    ((3,), (3,)),
    ((0,), (0,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((1, 3), (3, 1)),
    ((0, 3), (3, 4)),
    ((2, 0), (0, 4)),
    ((2, 3), (3, 0)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 2)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (4, 3, 2)),
    ((0, 2, 3), (3, 4)),
    ((1, 2, 3), (5, 3, 4)),
]
MATRIX_FORMS: dict[str, Form] = {
    "@": lambda lib, a, b: a @ b,
    "matmul": lambda lib, a, b: lib.matmul(a, b) + a.matmul(b),
}
MATRIX_MOVES: dict[str, Form] = {
    "x @ W.T": lambda lib, x, W: x @ W.T,
    "x.mT.T @ W.mT": lambda lib, x, W: x.t().mT @ W.mT,
    "g @ g": lambda lib, x, W: (x @ W.T) @ (W @ x.T),
    "linear": lambda lib, x, W: lib.nn.functional.linear(x, W),
    "linear with bias": lambda lib, x, W: lib.nn.functional.linear(x, W, W[:, 0]),
    "linear in 3-d": lambda lib, x, W: lib.nn.functional.linear(x.reshape(1, *x.shape), W, W[:, 0]),
    "linear of a vector": lambda lib, x, W: lib.nn.functional.linear(x[0], W, W[:, 1]),
}
MOVES: dict[str, Form] = {
    "reshape": lambda lib, x: (x.reshape(6, 2), x.reshape((3, -1)), lib.reshape(x, (12,)), x.reshape([-1])),
    "reshape by keyword": lambda lib, x: (x.reshape(shape=(6, 2)), lib.reshape(x, shape=[12]), x.view(size=(2, -1))),
    "view": lambda lib, x: (x.view(4, 3), x.view(-1), x.view((2, 6))),
    "view of a slice": lambda lib, x: x[1].view(3, 2),
    "flatten": lambda lib, x: (x.flatten(), lib.flatten(x, 1), x.flatten(0, 1), x.flatten(-2, -1), x.flatten(1, 1)),
    "permute": lambda lib, x: (x.permute(2, 0, 1), x.permute((0, -1, 1)), lib.permute(x, (1, 0, 2))),
    "permute by keyword": lambda lib, x: (x.permute(dims=(2, 0, 1)), lib.permute(x, dims=(1, 0, 2))),
    "transpose": lambda lib, x: (x.transpose(0, 2), lib.transpose(x, -1, 0), x.swapaxes(0, 1), x.mT, x[0].T, x[0].t()),
    "squeeze": lambda lib, x: (x[:1].squeeze(), x[:1].squeeze(0), x[:, :1].squeeze(-1), x[:1, :1].squeeze((0, 1))),
    "unsqueeze": lambda lib, x: (x.unsqueeze(0), lib.unsqueeze(x, -1), x.unsqueeze(2), x[0, 0, 0].unsqueeze(0)),
    "expand": lambda lib, x: (
        x[:, :1].expand(2, 4, 2),
        x[0].expand(5, -1, 2),
        x[0, 0].expand((3, 2)),
        x[0, 0].expand(size=(3, 2)),
        x[0, 0, 0].expand(2),
    ),
    "broadcast_to": lambda lib, x: (lib.broadcast_to(x[0], (4, 3, 2)), x[0, 0].broadcast_to((2, 2))),
    "narrow": lambda lib, x: (x.narrow(1, 1, 2), lib.narrow(x, -1, 0, 1), x.narrow(0, 1, 0)),
    "split": lambda lib, x: (*x.split(2, 1), *lib.split(x, [1, 0, 2], 1), *x.split(5), *x.split([1, 1], dim=-1)),
    "split by keyword": lambda lib, x: (*x.split(split_size=2, dim=1), *lib.split(x, split_size_or_sections=[1, 1])),
    "some of a split": lambda lib, x: x.split(1, 1)[1] * 2,
    "chunk": lambda lib, x: (*x.chunk(2, 1), *lib.chunk(x, 5, -1), *x.chunk(3)),
    "unbind": lambda lib, x: (*x.unbind(1), *lib.unbind(x), *x.unbind(-1)),
    "iteration": lambda lib, x: tuple(x),
    "cat": lambda lib, x: (lib.cat([x, x * 2, x[:1]]), lib.cat((x, x[:, :1]), dim=-2), lib.concat([x, x], 2)),
    "cat of one": lambda lib, x: lib.cat([x], 1),
    "stack": lambda lib, x: (lib.stack([x, x * x]), lib.stack([x, x * x], -1), lib.stack([x[0, 0, 0], x[0, 0, 1]])),
    "gather": lambda lib, x: (
        lib.gather(x, 1, lib.tensor([[[0, 1]], [[2, 0]]])),
        x.gather(2, lib.tensor([[[1, 1, 0]] * 3])),
    ),
    "var": lambda lib, x: (lib.var(x), x.var(1), x.var((0, 2), correction=0), x.var(-1, keepdim=True, correction=1)),
    "std": lambda lib, x: (lib.std(x), x.std(1), x.std((0, 2), correction=0), x.std(-1, keepdim=True, correction=1)),
    "any, all": lambda lib, x: (lib.any(x), x.all(), (x > 1).any(0), lib.all(x > 0, dim=1, keepdim=True)),
    "comparisons": lambda lib, x: (x == x[0], x != 1, x < 1, x <= x[1], lib.gt(x, 1.0), x.ge(1), lib.eq(x, x)),
    "logic": lambda lib, x: (
        (x > 1) & (x < 1.5),
        (x > 1) | (x < 0.7),
        (x > 1) ^ (x > 1.5),
        ~(x > 1),
        lib.logical_not(x),
        lib.logical_and(x, x > 1),
        lib.logical_or(x, x > 1),
        lib.isnan(x),
        lib.isinf(x),
        lib.isfinite(x),
    ),
    "conversions": lambda lib, x: (
        x.to(lib.float64),
        x.double(),
        x.type_as(x),
        x.contiguous(),
        x.to(x),
        x.mT.contiguous(),
    ),
    "integers": lambda lib, x: (
        x.int(),
        x.long(),
        x.to(lib.uint8),
        x.byte(),
        x.bool(),
        (x > 1).sum(),
        (x > 1).long().prod(),
    ),
    "detach": lambda lib, x: x.detach() * x,
    "reductions of float32": lambda lib, x: (x.float().sum(dtype=lib.float64), x.float().mean(0, dtype=lib.float64)),
}
INDICES: dict[str, Form] = {
    "integer": lambda lib, x: (x[1], x[-1], x[1, -1], x[1, 2, 0]),
    "slice": lambda lib, x: (x[1:], x[:, ::2], x[..., 1:], x[:, 1:2, :1], x[5:], x[:-1], x[-2:, -2:]),
    "None": lambda lib, x: (x[None], x[:, None], x[..., None], x[None, 0, None], x[0, ..., None]),
    "ellipsis": lambda lib, x: (x[...], x[..., 0], x[0, ...], x[:, ..., 1], x[..., None, 1]),
    "empty tuple": lambda lib, x: x[()],
    "mask": lambda lib, x: (x[x > 1], x[lib.tensor([True, False])], x[:, lib.tensor([True, False, True])]),
    "mask of two dims": lambda lib, x: (x[lib.tensor([[True, False, True], [False, True, True]])], x[0][x[0] > 1]),
    "mask with nothing": lambda lib, x: x[x > 99],
    "bool": lambda lib, x: (x[True], x[False], x[lib.tensor(True)]),
    "positions": lambda lib, x: (x[lib.tensor([1, 0, 1, 1])], x[lib.tensor([[0, 1], [1, 1]])], x[lib.tensor(1)]),
    "list": lambda lib, x: (x[[1, 0, 1]], x[:, [0, -1]], x[[0, 1], [2, 2]]),
    "negative positions": lambda lib, x: x[lib.tensor([-1, -2, -1])],
    "pairs of positions": lambda lib, x: (
        x[lib.tensor([0, 1, 0]), lib.tensor([2, 2, 2])],
        x[lib.tensor([[0], [1]]), [0, 2]],
    ),
    "positions of no entry": lambda lib, x: (x[[]], x[lib.tensor([], dtype=lib.int64)]),
    "positions, then slice": lambda lib, x: (x[[1, 1], 1:], x[[1, 1], ..., 0], x[:, [0, 0], 1:]),
    "positions apart": lambda lib, x: (x[[0, 1, 1], :, [0, 1, 1]], x[0, :, [0, 0]], x[:, 0, [1, 1]]),
    "positions apart by no dims": lambda lib, x: (x[:, [1, 0], ..., [1, 0]], x[None, 0, [1, 2], ..., [0, 0]]),
    "mask and positions": lambda lib, x: (
        x[lib.tensor([True, True]), [0, 0]],
        x[:, lib.tensor([True, False, True]), 0],
    ),
    "everything": lambda lib, x: (x[None, [1, 1], ..., 0], x[[0, 1], None, ::2], x[..., [1, 0, 1], None, 0]),
    "index of each dtype": lambda lib, x: (x[lib.tensor([1, 0], dtype=lib.int32)], x[lib.tensor([1], dtype=lib.int64)]),
}
CUBE = (2, 3, 2)


def function(name: str, *args: Any, **kwargs: Any) -> Form:
    """Call a function of the library."""
    return lambda lib, *tensors: getattr(lib, name)(*tensors, *args, **kwargs)


def method(name: str, *args: Any, **kwargs: Any) -> Form:
    """Call a method of the first tensor."""
    return lambda lib, x, *others: getattr(x, name)(*others, *args, **kwargs)


def over(form: Form, dim: int) -> Form:
    """Fill in the dim of one of ``AXIS``."""
    return lambda lib, x: form(lib, x, dim)


def rows() -> Iterator[tuple[str, Form, Any]]:
    """Yield (name, form, shapes) of every comparison."""
    for name in UNARY:
        for shape in SHAPES:
            yield name, function(name), [shape]
            if name != "absolute":
                yield f"method {name}", method(name), [shape]
    for name in BINARY:
        for shapes in PAIRS:
            yield name, function(name), shapes
            yield f"method {name}", method(name), shapes
    for name, form in OPERATORS.items():
        yield from ((name, form, shapes) for shapes in PAIRS)
    for low, high in CLAMPS:
        yield f"clamp {low} {high}", function("clamp", low, high), [(3, 4)]
        yield f"clip {low} {high}", method("clip", min=low, max=high), [(3, 4)]
    for shape, dims in DIMS.items():
        for dim in dims:
            for name, keepdim in product(FOLDS, (False, True)):
                yield f"{name} {dim} {keepdim}", function(name, dim=dim, keepdim=keepdim), [shape]
            if isinstance(dim, int):
                yield from ((f"{name} {dim}", over(form, dim), [shape]) for name, form in AXIS.items())
    for name in ("sum", "mean", "prod", "max", "min", "argmax"):
        yield from ((f"{name} of all", method(name), [shape]) for shape in FULL_SHAPES)
    for name in ("sum", "prod"):
        yield f"{name} of nothing", method(name), [(2, 0, 3)]
        yield from ((f"{name} of nothing {dim}", function(name, dim), [(2, 0, 3)]) for dim in (0, 1, -1))
    for name, form in MATRIX_FORMS.items():
        yield from ((name, form, shapes) for shapes in MATRICES)
    for name, form in MATRIX_MOVES.items():
        yield name, form, [(2, 3), (4, 3)]
    for name, form in (MOVES | INDICES).items():
        yield name, form, [CUBE]


ROWS = list(rows())


def outcome(lib: Any, form: Form, arrays: list[Any], random: np.random.Generator) -> Any:
    """Return values, first and second derivatives of <random, outputs>, all as arrays."""
    inputs = [lib.tensor(x, requires_grad=True) for x in arrays]
    outputs = form(lib, *inputs)
    outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]
    values = [y.detach().numpy() for y in outputs]
    differentiable = [y for y in outputs if y.requires_grad]
    if not differentiable:
        return values, [], []
    weights = [lib.tensor(random.normal(size=tuple(y.shape)), requires_grad=True) for y in differentiable]
    first = gradients(lib, differentiable, [*inputs], weights, create_graph=True)
    weighted = sum((g * lib.tensor(random.normal(size=tuple(g.shape)))).sum() for g in first)
    second = gradients(lib, [weighted], [*inputs, *weights], None)
    return values, [g.numpy(force=True) for g in first], [g.numpy(force=True) for g in second]


def gradients(lib: Any, outputs: Any, inputs: Any, weights: Any, create_graph: bool = False) -> list[Any]:
    found = [None] * len(inputs)
    if outputs[0].requires_grad:
        found = lib.autograd.grad(outputs, inputs, weights, create_graph=create_graph, allow_unused=True)
    return [lib.zeros_like(x) if g is None else g for g, x in zip(found, inputs, strict=True)]


@pytest.mark.parametrize("row", ROWS, ids=[f"{name} {list(shapes)}" for name, _, shapes in ROWS])
@pytest.mark.filterwarnings("ignore::UserWarning:torch")
def test_as_pytorch(row):
    name, form, shapes = row
    seed = zlib.crc32(name.encode())
    arrays = [np.random.default_rng((seed, i)).uniform(0.5, 2, shape) for i, shape in enumerate(shapes)]
    ours, theirs = (outcome(lib, form, arrays, np.random.default_rng(seed)) for lib in (tg, torch))
    for what, mine, expected in zip(("value", "first", "second"), ours, theirs, strict=True):
        assert len(mine) == len(expected)
        for one, other in zip(mine, expected, strict=True):
            assert one.shape == other.shape, what
            assert one.dtype == other.dtype, what
            if other.dtype == bool or other.dtype.kind in "iu":
                np.testing.assert_array_equal(one, other, what)
            else:
                rounding = 1e-10 * np.abs(other).max(initial=1e-4)
                np.testing.assert_allclose(one, other, rtol=1e-7, atol=rounding, err_msg=what)
