"""One call made with PyTorch and with tinygrad_np: values, first and second derivatives, with random cotangents."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

import tinygrad_np as tg

Form = Callable[..., Any]  # of the library, torch or tg, and its tensors
Array = np.ndarray[Any, Any]

TOLERANCE = {np.dtype(np.float64): 1e-7, np.dtype(np.float32): 2e-5}


def leaf(lib: Any, array: Array, requires_grad: bool) -> Any:
    """Make a tensor of either library in the memory layout of ``array``."""
    if lib is torch:
        return torch.from_numpy(array.copy("K")).requires_grad_(requires_grad)
    return tg.from_numpy(array.copy("K")).requires_grad_(requires_grad)


def flat(y: Any) -> list[Any]:
    """Return the outputs of a call as a list: tensors, numbers and None."""
    return [part for each in y for part in flat(each)] if isinstance(y, (tuple, list)) else [y]


def plain(y: Any) -> Any:
    return y.numpy(force=True) if hasattr(y, "requires_grad") else np.asarray(y)


def outcome(lib: Any, form: Form, arrays: Sequence[Array], seed: int, orders: int) -> list[list[Array]]:
    """Return the values and, as far as there are, the derivatives of <random cotangents, outputs> up to an order.

    The second derivatives are taken in the inputs and in the cotangents.
    """
    random = np.random.default_rng(seed)
    inputs = [leaf(lib, x, orders > 0) for x in arrays]
    lib.manual_seed(seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        outputs = flat(form(lib, *inputs))
        found = [[plain(y) for y in outputs]]
        ends = [y for y in outputs if getattr(y, "requires_grad", False)]
        variables = inputs
        for order in range(orders):
            weights = [leaf(lib, random.uniform(0.5, 2, tuple(y.shape)), order + 1 < orders) for y in ends]
            slopes: Sequence[Any] = [None] * len(variables)
            if ends:
                slopes = lib.autograd.grad(ends, variables, weights, create_graph=True, allow_unused=True)
            slopes = [lib.zeros_like(x) if g is None else g for g, x in zip(slopes, variables, strict=True)]
            found.append([plain(g) for g in slopes])
            ends, variables = [g for g in slopes if g.requires_grad], [*variables, *weights]
    return found


def compare(ours: list[list[Array]], theirs: list[list[Array]]) -> None:
    """Require the same shapes, dtypes and numbers, up to rounding."""
    for what, mine, expected in zip(("value", "first derivative", "second derivative"), ours, theirs, strict=False):
        assert len(mine) == len(expected), f"{what}: {len(mine)} outputs, PyTorch has {len(expected)}"
        for i, (one, other) in enumerate(zip(mine, expected, strict=True)):
            assert one.shape == other.shape, f"{what} {i}: shape {one.shape}, PyTorch's is {other.shape}"
            assert one.dtype == other.dtype, f"{what} {i}: dtype {one.dtype}, PyTorch's is {other.dtype}"
            if other.dtype.kind != "f":
                np.testing.assert_array_equal(one, other, f"{what} {i}")
                continue
            finite = np.abs(other[np.isfinite(other)])
            relative = TOLERANCE[other.dtype]
            leaves = max(relative * 1e-3, 8 * np.finfo(other.dtype).eps)  # cancellation, of the largest
            rounding = leaves * max(finite.max(initial=0), 1e-4)
            np.testing.assert_allclose(one, other, relative, rounding, err_msg=f"{what} {i}")


def agree(form: Form, arrays: Sequence[Array], seed: int = 0, orders: int = 2) -> None:
    """Require that a call comes out in tinygrad_np as it does in PyTorch."""
    compare(outcome(tg, form, arrays, seed, orders), outcome(torch, form, arrays, seed, orders))
