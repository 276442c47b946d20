"""What PyTorch refuses is refused, with PyTorch's class of exception and a message that says what was given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg

# What is called with a library and its float32 tensor of shape (2, 3); the exception, and what its message must match.
REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "add of shapes": (lambda lib, x: x + lib.zeros(4), RuntimeError, "add: .*(2, 3).*(4,)"),
    "maximum of shapes": (lambda lib, x: lib.maximum(x, lib.zeros(4)), RuntimeError, "maximum: .*(2, 3)"),
    "add of text": (lambda lib, x: x + "a", TypeError, "str"),
    "matmul of shapes": (lambda lib, x: x @ x, RuntimeError, "matmul: .*3 columns against 2 rows"),
    "matmul of a number": (lambda lib, x: x @ 2, TypeError, "matmul|unsupported"),
    "matmul of 0-d": (lambda lib, x: lib.matmul(x, lib.tensor(1.0)), RuntimeError, "matmul: .*at least one dim"),
    "matmul of dtypes": (lambda lib, x: x @ x.T.double(), RuntimeError, "matmul.*: .*one dtype"),
    "linear": (
        lambda lib, x: lib.nn.functional.linear(x, lib.zeros(4, 5)),
        RuntimeError,
        r"linear: expected input \(\*, 5\)",
    ),
    "linear with a bias of another length": (
        lambda lib, x: lib.nn.functional.linear(x, lib.zeros(4, 3), lib.zeros(5)),
        RuntimeError,
        r"linear: .* weight \(out, in\) is \(4, 3\), bias \(out,\) is \(5,\)",
    ),
    "linear with a bias of more dims": (
        lambda lib, x: lib.nn.functional.linear(x, lib.zeros(4, 3), lib.zeros(1, 2, 4)),
        RuntimeError,
        "linear: .*bias .* is .1, 2, 4.",
    ),
    "linear with a number for a bias": (
        lambda lib, x: lib.nn.functional.linear(x, lib.zeros(4, 3), 2.0),
        TypeError,
        "linear.*bias.* must be",
    ),
    "linear with a weight of no dims": (
        lambda lib, x: lib.nn.functional.linear(x, lib.tensor(1.0)),
        RuntimeError,
        "linear: .*weight",
    ),
    "sum of a dim": (lambda lib, x: x.sum(2), IndexError, "sum: dim 2 is out of range"),
    "sum of a dim twice": (lambda lib, x: x.sum((0, 0)), RuntimeError, "sum: a dim appears more than once"),
    "mean of integers": (lambda lib, x: x.long().mean(), RuntimeError, "mean: input has dtype int64"),
    "std of integers": (lambda lib, x: x.long().std(), RuntimeError, "std: input has dtype int64"),
    "var of integers": (lambda lib, x: x.long().var(), RuntimeError, "var|mean"),
    "amax of nothing": (lambda lib, x: lib.zeros(0, 3).amax(0), IndexError, "amax: .*no entries"),
    "max of nothing": (lambda lib, x: lib.zeros(0, 3).max(0), IndexError, "max: .*no entries"),
    "argmax of nothing": (lambda lib, x: lib.zeros(0, 3).argmax(0), IndexError, "argmax: .*no entries"),
    "max of a dim": (lambda lib, x: x.max(-3), IndexError, "max: dim -3"),
    "softmax of a dim": (lambda lib, x: lib.softmax(x, 2), IndexError, "softmax: dim 2"),
    "log_softmax of a dim": (lambda lib, x: lib.log_softmax(x, -3), IndexError, "log_softmax: dim -3"),
    "logsumexp of a dim": (lambda lib, x: lib.logsumexp(x, 2), IndexError, "logsumexp: dim 2"),
    "prod of a dim": (lambda lib, x: x.prod(2), IndexError, "prod: dim 2"),
    "reshape": (
        lambda lib, x: x.reshape(4, 2),
        RuntimeError,
        r"reshape: shape \(4, 2\) is invalid for a tensor of 6 entries",
    ),
    "reshape with two -1": (lambda lib, x: x.reshape(-1, -1), RuntimeError, "reshape: .*one -1"),
    "reshape of nothing": (lambda lib, x: lib.zeros(0).reshape(0, -1), RuntimeError, "reshape: the -1 .* is ambiguous"),
    "reshape to floats": (lambda lib, x: x.reshape(2.0, 3.0), TypeError, "reshape: a shape is made of integers"),
    "reshape to nothing": (lambda lib, x: x.reshape(), TypeError, r"reshape: expected integers, .*reshape\(shape="),
    "view as nothing": (lambda lib, x: x.view(), TypeError, r"view: expected integers, .*view\(size="),
    "permute of none": (lambda lib, x: x.permute(), TypeError, r"permute: expected integers, .*permute\(dims="),
    "expand to nothing": (lambda lib, x: x.expand(), TypeError, r"expand: expected integers, .*expand\(size="),
    "reshape twice": (lambda lib, x: x.reshape(6, shape=(6,)), TypeError, "reshape: expected integers, once"),
    "view of a size": (lambda lib, x: x.view(4), RuntimeError, r"view: shape"),
    "view": (lambda lib, x: x.T.view(6), RuntimeError, "view: .*cannot be seen as"),
    "flatten": (lambda lib, x: x.flatten(1, 0), RuntimeError, "flatten: start_dim 1 comes after"),
    "permute": (lambda lib, x: x.permute(0, 0), RuntimeError, "permute: dims"),
    "permute of some": (lambda lib, x: x.permute(0), RuntimeError, "permute: dims"),
    "transpose": (lambda lib, x: x.transpose(0, 2), IndexError, "transpose: dim 2"),
    "t": (lambda lib, x: lib.zeros(1, 2, 3).t(), RuntimeError, "matrix"),
    "mT": (lambda lib, x: lib.zeros(3).mT, RuntimeError, "mT: expected a matrix"),
    "squeeze": (lambda lib, x: x.squeeze(2), IndexError, "squeeze: dim 2"),
    "unsqueeze": (lambda lib, x: x.unsqueeze(3), IndexError, "unsqueeze: dim 3"),
    "expand": (lambda lib, x: x.expand(2, 4), RuntimeError, "expand: "),
    "expand to fewer": (lambda lib, x: x.expand(3), RuntimeError, "expand: "),
    "expand a new dim by -1": (lambda lib, x: x.expand(-1, 2, 3), RuntimeError, "expand: "),
    "broadcast_to": (lambda lib, x: lib.broadcast_to(x, (2, 4)), RuntimeError, "expand|broadcast_to"),
    "narrow": (lambda lib, x: x.narrow(0, 1, 2), RuntimeError, "narrow: 2 entries from 1"),
    "cat of shapes": (lambda lib, x: lib.cat([x, x.T]), RuntimeError, r"cat: tensors\[1\] of shape \(3, 2\)"),
    "cat of a tensor": (lambda lib, x: lib.cat(x), TypeError, "cat: expected a list or tuple"),
    "cat of a list": (
        lambda lib, x: lib.cat([x, [1.0]]),
        TypeError,
        r"cat: tensors\[1\] must be a tensor, got list|list",
    ),
    "stack of a number": (lambda lib, x: lib.stack([x, 1.0]), TypeError, r"stack: tensors\[1\] must be .* float|float"),
    "cat of 0-d": (lambda lib, x: lib.cat([x.sum(), x.sum()]), RuntimeError, "cat: tensors"),
    "stack of shapes": (lambda lib, x: lib.stack([x, x.T]), RuntimeError, "stack: expected tensors of one shape"),
    "split into less than nothing": (lambda lib, x: x.split(-1), RuntimeError, "split: split_size must be positive"),
    "split into halves": (lambda lib, x: x.split(1.5), TypeError, r"split: .* integers, got \(1.5,\)"),
    "split by halves": (lambda lib, x: x.split([0.5, 1.5]), TypeError, r"split: .* integers, got \(0.5, 1.5\)"),
    "split by nothing": (lambda lib, x: x.split(), TypeError, "split: expected a size, or a list of sizes, once"),
    "split twice": (lambda lib, x: x.split(1, split_size=1), TypeError, "split: expected a size, .*once"),
    "split by sizes": (lambda lib, x: x.split([1, 2]), RuntimeError, "split: sizes .* do not add up"),
    "split of a dim": (lambda lib, x: x.split(1, 2), IndexError, "split: dim 2"),
    "chunk": (lambda lib, x: x.chunk(0), RuntimeError, "chunk: chunks must be positive"),
    "unbind of a dim": (lambda lib, x: x.unbind(2), IndexError, "unbind: dim 2"),
    "unbind of 0-d": (lambda lib, x: x.sum().unbind(), IndexError, "unbind: a 0-d tensor"),
    "gather of shapes": (lambda lib, x: x.gather(0, lib.tensor([0])), RuntimeError, "gather: index of shape"),
    "gather out of range": (lambda lib, x: x.gather(0, lib.tensor([[2]])), RuntimeError, "gather: index out of range"),
    "gather by floats": (
        lambda lib, x: x.gather(0, lib.tensor([[0.0]])),
        RuntimeError,
        "gather: index must be an integer",
    ),
    "index out of range": (lambda lib, x: x[2], IndexError, "getitem: .*out of bounds"),
    "too many indices": (lambda lib, x: x[0, 0, 0], IndexError, "getitem: .*too many indices"),
    "index by floats": (lambda lib, x: x[lib.tensor([0.0])], IndexError, "getitem: tensors used as indices"),
    "positions out of range": (lambda lib, x: x[lib.tensor([0, 2])], IndexError, "getitem: .*out of bounds"),
    "mask of a shape": (lambda lib, x: x[lib.tensor([True, False, True])], IndexError, "getitem: .*boolean"),
    "positions that do not fit": (
        lambda lib, x: x[lib.tensor([0, 1]), lib.tensor([0, 1, 2])],
        IndexError,
        "getitem: .*broadcast",
    ),
    "slice backwards": (lambda lib, x: x[::-1], ValueError, "getitem: the step of a slice must be positive"),
    "where of a float": (lambda lib, x: lib.where(x, x, x), RuntimeError, "where: condition must be bool"),
    "clamp of nothing": (lambda lib, x: x.clamp(), RuntimeError, "clamp: at least one of min and max"),
    "len of 0-d": (lambda lib, x: len(x.sum()), TypeError, "0-d"),
    "iteration over 0-d": (lambda lib, x: list(x.sum()), TypeError, "0-d"),
    "item": (lambda lib, x: x.item(), RuntimeError, r"item: a tensor of shape \(2, 3\)"),
    "truth": (lambda lib, x: bool(x), RuntimeError, "bool: .*ambiguous"),
    "backward of no scalar": (lambda lib, x: x.requires_grad_().backward(), RuntimeError, "scalar outputs"),
    "backward of a constant": (lambda lib, x: x.sum().backward(), RuntimeError, "does not require grad"),
    "grad of integers": (lambda lib, x: x.long().requires_grad_(), RuntimeError, "only float tensors"),
    "numpy of what requires grad": (lambda lib, x: x.requires_grad_().numpy(), RuntimeError, "numpy: .*detach"),
    "bool minus bool": (lambda lib, x: (x > 0) - (x > 0), RuntimeError, "sub: not defined for bool"),
    "minus bool": (lambda lib, x: -(x > 0), RuntimeError, "neg: not defined for bool"),
}

ONES = np.ones((2, 3), np.float32)


@pytest.mark.parametrize(("form", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(form, kind, message):
    with pytest.raises(kind, match=message) as caught:
        form(tg, tg.tensor(ONES))
    assert caught.type is kind


@pytest.mark.parametrize(("form", "kind"), [row[:2] for row in REFUSED.values()], ids=REFUSED)
def test_refused_by_pytorch_with_the_same_class(form, kind):
    torch = pytest.importorskip("torch", reason="the comparison needs PyTorch")
    with pytest.raises(kind) as caught:
        form(torch, torch.tensor(ONES))
    assert caught.type is kind
