"""Functions that several tests apply, made for this package or for PyTorch."""

from __future__ import annotations

from typing import Any


def exp_of(lib: Any) -> Any:
    """Return a Function that saves its output."""

    class Exp(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return g * y

    return Exp


def product_of(lib: Any, seen: list[Any] | None = None) -> Any:
    """Return a * b * k and a + b: several outputs, an argument that is no tensor. ``seen`` notes what backward gets."""

    class Product(lib.autograd.Function):
        @staticmethod
        def forward(ctx, a, b, k):
            ctx.save_for_backward(a, b)
            ctx.k = k
            return a * b * k, a + b

        @staticmethod
        def backward(ctx, g, h):
            a, b = ctx.saved_tensors
            if seen is not None:
                seen.append((ctx.needs_input_grad, g, h))
            return g * b * ctx.k + h, g * a * ctx.k + h, None

    return Product
