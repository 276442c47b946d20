"""What the elementwise ops do, in words and by an example: their declarations show the derivatives alone."""

from __future__ import annotations

from tinygrad_np._graph import OPS

_TEXTS = {  # name: (what it does, an example, what that prints)
    "abs": ("Take ``|x|``. The derivative at 0 is 0.", "tg.abs(tg.tensor([-1.0, 2.0]))", "tensor([1., 2.])"),
    "add": ("Add: a + b. Shapes broadcast.", "tg.add(tg.tensor([1.0, 2.0]), 1)", "tensor([2., 3.])"),
    "bitwise_and": ("And the bits, or the bools.", "tg.bitwise_and(tg.tensor([6, 3]), 2)", "tensor([2, 2])"),
    "bitwise_not": (
        "Invert the bits, or the bools.",
        "tg.bitwise_not(tg.tensor([True, False]))",
        "tensor([False,  True])",
    ),
    "bitwise_or": ("Or the bits, or the bools.", "tg.bitwise_or(tg.tensor([4, 1]), 2)", "tensor([6, 3])"),
    "bitwise_xor": ("Exclusive-or the bits, or the bools.", "tg.bitwise_xor(tg.tensor([6, 3]), 2)", "tensor([4, 1])"),
    "clone": ("Copy; the gradient passes through.", "tg.clone(tg.tensor([1.0, 2.0]))", "tensor([1., 2.])"),
    "cos": ("Take the cosine of x in radians.", "tg.cos(tg.tensor([0.0]))", "tensor([1.])"),
    "div": ("Divide: a / b; integers in float32.", "tg.div(tg.tensor([1, 3]), 2)", "tensor([0.5000, 1.5000])"),
    "eq": ("Tell where a == b.", "tg.eq(tg.tensor([1, 2]), 2)", "tensor([False,  True])"),
    "exp": ("Take e to the power x.", "tg.exp(tg.tensor([0.0, 1.0]))", "tensor([1.0000, 2.7183])"),
    "ge": ("Tell where a >= b.", "tg.ge(tg.tensor([1, 2]), 2)", "tensor([False,  True])"),
    "gt": ("Tell where a > b.", "tg.gt(tg.tensor([2, 3]), 2)", "tensor([False,  True])"),
    "isfinite": (
        "Tell which are neither infinite nor NaN.",
        "tg.isfinite(tg.tensor([float('inf'), 1.0]))",
        "tensor([False,  True])",
    ),
    "isinf": ("Tell which are infinite.", "tg.isinf(tg.tensor([1.0, float('-inf')]))", "tensor([False,  True])"),
    "isnan": (
        "Tell which are NaN, not a number.",
        "tg.isnan(tg.tensor([1.0, float('nan')]))",
        "tensor([False,  True])",
    ),
    "le": ("Tell where a <= b.", "tg.le(tg.tensor([3, 2]), 2)", "tensor([False,  True])"),
    "log": ("Take the natural logarithm of x.", "tg.log(tg.tensor([1.0, 10.0]))", "tensor([0.0000, 2.3026])"),
    "logical_and": ("Tell where neither is 0.", "tg.logical_and(tg.tensor([0, 2]), 1)", "tensor([False,  True])"),
    "logical_not": ("Tell where x is 0.", "tg.logical_not(tg.tensor([3, 0]))", "tensor([False,  True])"),
    "logical_or": ("Tell where not both are 0.", "tg.logical_or(tg.tensor([0, 2]), 0)", "tensor([False,  True])"),
    "lt": ("Tell where a < b.", "tg.lt(tg.tensor([2, 1]), 2)", "tensor([False,  True])"),
    "maximum": (
        "Take the larger of each two, NaN if one is. Equals share the gradient.",
        "tg.maximum(tg.tensor([1.0, 3.0]), tg.tensor([2.0, 2.0]))",
        "tensor([2., 3.])",
    ),
    "minimum": (
        "Take the smaller of each two, NaN if one is. Equals share the gradient.",
        "tg.minimum(tg.tensor([1.0, 3.0]), tg.tensor([2.0, 2.0]))",
        "tensor([1., 2.])",
    ),
    "mul": ("Multiply: a * b. Shapes broadcast.", "tg.mul(tg.tensor([1.0, 2.0]), 3)", "tensor([3., 6.])"),
    "ne": ("Tell where a != b.", "tg.ne(tg.tensor([2, 1]), 2)", "tensor([False,  True])"),
    "neg": ("Change the sign: -x.", "tg.neg(tg.tensor([1.0, -2.0]))", "tensor([-1.,  2.])"),
    "pow": ("Raise to a power: a ** b.", "tg.pow(tg.tensor([2.0, 3.0]), 2)", "tensor([4., 9.])"),
    "relu": (
        "Take max(x, 0). The derivative at 0 is 0, and so it is below 0 for any incoming gradient.",
        "tg.relu(tg.tensor([-1.0, 2.0]))",
        "tensor([0., 2.])",
    ),
    "sigmoid": ("Take 1 / (1 + exp(-x)).", "tg.sigmoid(tg.tensor([0.0, 1e4]))", "tensor([0.5000, 1.0000])"),
    "sign": ("Take -1, 0 or 1. The derivative is 0.", "tg.sign(tg.tensor([-3.0, 2.0]))", "tensor([-1.,  1.])"),
    "sin": ("Take the sine of x in radians.", "tg.sin(tg.tensor([0.0]))", "tensor([0.])"),
    "sqrt": ("Take the square root; the derivative at 0 is infinite.", "tg.sqrt(tg.tensor([4.0]))", "tensor([2.])"),
    "sub": ("Subtract: a - b. Shapes broadcast.", "tg.sub(tg.tensor([1.0, 2.0]), 1)", "tensor([0., 1.])"),
    "tanh": ("Take the hyperbolic tangent of x.", "tg.tanh(tg.tensor([0.0, 1e4]))", "tensor([0., 1.])"),
}


def attach() -> None:
    """Give the functions of these ops, which are methods too, their docstrings."""
    for name, (text, example, printed) in _TEXTS.items():
        OPS[name].function.__doc__ = f"{text}\n\n>>> import tinygrad_np as tg\n>>> {example}\n{printed}\n"
