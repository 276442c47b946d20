"""What the elementwise ops do, in words and by an example: their declarations show the derivatives alone."""

from __future__ import annotations

from tinygrad_np._graph import OPS

_TEXTS = {  # name: (what it does, an example, what that prints)
    "abs": (
        "Take ``|x|``. The derivative at 0 is 0.",
        "tg.abs(tg.tensor([-1.0, 2.0]))",
        "tensor([1., 2.])",
    ),
    "acos": (
        "Take the angle in radians of which x is the cosine; NaN outside of [-1, 1].",
        "tg.acos(tg.tensor([0.0, 1.0]))",
        "tensor([1.5708, 0.0000])",
    ),
    "acosh": (
        "Invert the hyperbolic cosine: log(x + sqrt(x ** 2 - 1)); NaN below 1.",
        "tg.acosh(tg.tensor([1.0, 2.0]))",
        "tensor([0.0000, 1.3170])",
    ),
    "asin": (
        "Take the angle in radians of which x is the sine; NaN outside of [-1, 1].",
        "tg.asin(tg.tensor([0.0, 1.0]))",
        "tensor([0.0000, 1.5708])",
    ),
    "asinh": (
        "Invert the hyperbolic sine: log(x + sqrt(x ** 2 + 1)).",
        "tg.asinh(tg.tensor([0.0, 1.0]))",
        "tensor([0.0000, 0.8814])",
    ),
    "atan": (
        "Take the angle in radians of which x is the tangent, between -pi/2 and pi/2.",
        "tg.atan(tg.tensor([0.0, 1.0]))",
        "tensor([0.0000, 0.7854])",
    ),
    "atan2": (
        "Take the angle in radians of the point (b, a), from -pi to pi. The derivatives at (0, 0) are 0.",
        "tg.atan2(tg.tensor([1.0, 1.0]), tg.tensor([1.0, -1.0]))",
        "tensor([0.7854, 2.3562])",
    ),
    "atanh": (
        "Invert the hyperbolic tangent: log((1 + x) / (1 - x)) / 2; NaN outside of [-1, 1].",
        "tg.atanh(tg.tensor([0.0, 0.5]))",
        "tensor([0.0000, 0.5493])",
    ),
    "bitwise_and": (
        "And the bits, or the bools.",
        "tg.bitwise_and(tg.tensor([6, 3]), 2)",
        "tensor([2, 2])",
    ),
    "bitwise_left_shift": (
        "Shift the bits of a left by b: a * 2 ** b.",
        "tg.bitwise_left_shift(tg.tensor([1, 3]), 2)",
        "tensor([ 4, 12])",
    ),
    "bitwise_not": (
        "Invert the bits, or the bools.",
        "tg.bitwise_not(tg.tensor([True, False]))",
        "tensor([False,  True])",
    ),
    "bitwise_or": (
        "Or the bits, or the bools.",
        "tg.bitwise_or(tg.tensor([4, 1]), 2)",
        "tensor([6, 3])",
    ),
    "bitwise_right_shift": (
        "Shift the bits of a right by b: a // 2 ** b.",
        "tg.bitwise_right_shift(tg.tensor([4, 13]), 2)",
        "tensor([1, 3])",
    ),
    "bitwise_xor": (
        "Exclusive-or the bits, or the bools.",
        "tg.bitwise_xor(tg.tensor([6, 3]), 2)",
        "tensor([4, 1])",
    ),
    "ceil": (
        "Round up to an integer. The derivative is 0.",
        "tg.ceil(tg.tensor([-1.5, 1.5]))",
        "tensor([-1.,  2.])",
    ),
    "clone": (
        "Copy; the gradient passes through.",
        "tg.clone(tg.tensor([1.0, 2.0]))",
        "tensor([1., 2.])",
    ),
    "copysign": (
        "Give a the sign of b. The derivative in a is 0 at 0, that in b always. Shapes broadcast.",
        "tg.copysign(tg.tensor([1.0, 2.0]), tg.tensor([-3.0, 0.0]))",
        "tensor([-1.,  2.])",
    ),
    "cos": (
        "Take the cosine of x in radians.",
        "tg.cos(tg.tensor([0.0]))",
        "tensor([1.])",
    ),
    "cosh": (
        "Take the hyperbolic cosine of x.",
        "tg.cosh(tg.tensor([0.0, 1.0]))",
        "tensor([1.0000, 1.5431])",
    ),
    "div": (
        "Divide: a / b; integers in float32. Shapes broadcast.",
        "tg.true_divide(tg.tensor([1, 3]), 2)",
        "tensor([0.5000, 1.5000])",
    ),
    "eq": (
        "Tell where a == b.",
        "tg.eq(tg.tensor([1, 2]), 2)",
        "tensor([False,  True])",
    ),
    "erf": (
        "Compute the error function, 2 / sqrt(pi) times the integral of exp(-t ** 2) from 0 to x.",
        "tg.erf(tg.tensor([0.0, 1.0]))",
        "tensor([0.0000, 0.8427])",
    ),
    "erfc": (
        "Compute 1 - erf(x), exactly also where x is large.",
        "tg.erfc(tg.tensor([0.0, 10.0]))",
        "tensor([1.0000e+00, 2.8026e-45])",
    ),
    "erfinv": (
        "Invert the error function: infinite at -1 and 1, NaN beyond.",
        "tg.erfinv(tg.tensor([0.0, 0.5]))",
        "tensor([0.0000, 0.4769])",
    ),
    "exp": (
        "Take e to the power x.",
        "tg.exp(tg.tensor([0.0, 1.0]))",
        "tensor([1.0000, 2.7183])",
    ),
    "exp2": (
        "Take 2 to the power x.",
        "tg.exp2(tg.tensor([0.0, 3.0]))",
        "tensor([1., 8.])",
    ),
    "expm1": (
        "Compute exp(x) - 1, exactly also near 0.",
        "tg.expm1(tg.tensor([0.0, 1.0]))",
        "tensor([0.0000, 1.7183])",
    ),
    "floor": (
        "Round down to an integer. The derivative is 0.",
        "tg.floor(tg.tensor([-1.5, 1.5]))",
        "tensor([-2.,  1.])",
    ),
    "floor_divide": (
        "Divide and round down: a // b. Shapes broadcast. The derivatives are 0.",
        "tg.floor_divide(tg.tensor([7, -7]), 2)",
        "tensor([ 3, -4])",
    ),
    "fmod": (
        "Keep what division rounded towards 0 leaves: a - b * trunc(a / b), of the sign of a. Shapes broadcast.",
        "tg.fmod(tg.tensor([7, -7]), 3)",
        "tensor([ 1, -1])",
    ),
    "ge": (
        "Tell where a >= b.",
        "tg.ge(tg.tensor([1, 2]), 2)",
        "tensor([False,  True])",
    ),
    "gt": (
        "Tell where a > b.",
        "tg.gt(tg.tensor([2, 3]), 2)",
        "tensor([False,  True])",
    ),
    "hypot": (
        "Compute sqrt(a ** 2 + b ** 2) without overflow. The derivatives at (0, 0) are 0. Shapes broadcast.",
        "tg.hypot(tg.tensor([3.0]), tg.tensor([4.0]))",
        "tensor([5.])",
    ),
    "isfinite": (
        "Tell which are neither infinite nor NaN.",
        "tg.isfinite(tg.tensor([float('inf'), 1.0]))",
        "tensor([False,  True])",
    ),
    "isinf": (
        "Tell which are infinite.",
        "tg.isinf(tg.tensor([1.0, float('-inf')]))",
        "tensor([False,  True])",
    ),
    "isnan": (
        "Tell which are NaN, not a number.",
        "tg.isnan(tg.tensor([1.0, float('nan')]))",
        "tensor([False,  True])",
    ),
    "isneginf": (
        "Tell which are negative infinity.",
        "tg.isneginf(tg.tensor([float('inf'), float('-inf')]))",
        "tensor([False,  True])",
    ),
    "isposinf": (
        "Tell which are positive infinity.",
        "tg.isposinf(tg.tensor([float('inf'), float('-inf')]))",
        "tensor([ True, False])",
    ),
    "le": (
        "Tell where a <= b.",
        "tg.le(tg.tensor([3, 2]), 2)",
        "tensor([False,  True])",
    ),
    "log": (
        "Take the natural logarithm of x.",
        "tg.log(tg.tensor([1.0, 10.0]))",
        "tensor([0.0000, 2.3026])",
    ),
    "log10": (
        "Take the logarithm of x to base 10.",
        "tg.log10(tg.tensor([1.0, 1000.0]))",
        "tensor([0.0000, 3.0000])",
    ),
    "log1p": (
        "Compute log(1 + x), exactly also near 0.",
        "tg.log1p(tg.tensor([0.0, 1.0]))",
        "tensor([0.0000, 0.6931])",
    ),
    "log2": (
        "Take the logarithm of x to base 2.",
        "tg.log2(tg.tensor([1.0, 8.0]))",
        "tensor([0., 3.])",
    ),
    "logaddexp": (
        "Compute log(exp(a) + exp(b)) without overflow. Shapes broadcast.",
        "tg.logaddexp(tg.tensor([0.0, 1e4]), tg.tensor([0.0, 1.0]))",
        "tensor([6.9315e-01, 1.0000e+04])",
    ),
    "logaddexp2": (
        "Compute log2(2 ** a + 2 ** b) without overflow. Shapes broadcast.",
        "tg.logaddexp2(tg.tensor([0.0, 3.0]), tg.tensor([0.0, 3.0]))",
        "tensor([1., 4.])",
    ),
    "logical_and": (
        "Tell where neither is 0.",
        "tg.logical_and(tg.tensor([0, 2]), 1)",
        "tensor([False,  True])",
    ),
    "logical_not": (
        "Tell where x is 0.",
        "tg.logical_not(tg.tensor([3, 0]))",
        "tensor([False,  True])",
    ),
    "logical_or": (
        "Tell where not both are 0.",
        "tg.logical_or(tg.tensor([0, 2]), 0)",
        "tensor([False,  True])",
    ),
    "logical_xor": (
        "Tell where one is 0, and the other is not.",
        "tg.logical_xor(tg.tensor([0, 2]), 1)",
        "tensor([ True, False])",
    ),
    "lt": (
        "Tell where a < b.",
        "tg.lt(tg.tensor([2, 1]), 2)",
        "tensor([False,  True])",
    ),
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
    "mul": (
        "Multiply: a * b. Shapes broadcast.",
        "tg.mul(tg.tensor([1.0, 2.0]), 3)",
        "tensor([3., 6.])",
    ),
    "ne": (
        "Tell where a != b.",
        "tg.ne(tg.tensor([2, 1]), 2)",
        "tensor([False,  True])",
    ),
    "neg": (
        "Change the sign: -x.",
        "tg.neg(tg.tensor([1.0, -2.0]))",
        "tensor([-1.,  2.])",
    ),
    "relu": (
        "Take max(x, 0). The derivative at 0 is 0, and so it is below 0 for any incoming gradient.",
        "tg.relu(tg.tensor([-1.0, 2.0]))",
        "tensor([0., 2.])",
    ),
    "remainder": (
        "Keep what floor division leaves: a - b * (a // b), of the sign of b. Shapes broadcast.",
        "tg.remainder(tg.tensor([7, -7]), 3)",
        "tensor([1, 2])",
    ),
    "rsqrt": (
        "Compute 1 / sqrt(x).",
        "tg.rsqrt(tg.tensor([4.0, 0.25]))",
        "tensor([0.5000, 2.0000])",
    ),
    "sigmoid": (
        "Take 1 / (1 + exp(-x)).",
        "tg.sigmoid(tg.tensor([0.0, 1e4]))",
        "tensor([0.5000, 1.0000])",
    ),
    "sign": (
        "Take -1, 0 or 1; 0 for NaN. The derivative is 0.",
        "tg.sign(tg.tensor([-3.0, 2.0]))",
        "tensor([-1.,  1.])",
    ),
    "signbit": (
        "Tell which have a minus sign, -0.0 included.",
        "tg.signbit(tg.tensor([1.0, -0.0]))",
        "tensor([False,  True])",
    ),
    "sin": (
        "Take the sine of x in radians.",
        "tg.sin(tg.tensor([0.0]))",
        "tensor([0.])",
    ),
    "sinc": (
        "Compute sin(pi x) / (pi x), which is 1 at 0.",
        "tg.sinc(tg.tensor([0.0, 0.5]))",
        "tensor([1.0000, 0.6366])",
    ),
    "sinh": (
        "Take the hyperbolic sine of x.",
        "tg.sinh(tg.tensor([0.0, 1.0]))",
        "tensor([0.0000, 1.1752])",
    ),
    "sqrt": (
        "Take the square root; the derivative at 0 is infinite.",
        "tg.sqrt(tg.tensor([4.0]))",
        "tensor([2.])",
    ),
    "tan": (
        "Take the tangent of x in radians.",
        "tg.tan(tg.tensor([0.0, 1.0]))",
        "tensor([0.0000, 1.5574])",
    ),
    "tanh": (
        "Take the hyperbolic tangent of x.",
        "tg.tanh(tg.tensor([0.0, 1e4]))",
        "tensor([0., 1.])",
    ),
    "trunc": (
        "Round towards 0 to an integer. The derivative is 0.",
        "tg.trunc(tg.tensor([-1.5, 1.5]))",
        "tensor([-1.,  1.])",
    ),
    "xlogy": (
        "Compute a * log(b), which is 0 where a is 0 and b is not NaN. Shapes broadcast.",
        "tg.xlogy(tg.tensor([0.0, 2.0]), tg.tensor([0.0, 1.0]))",
        "tensor([0., 0.])",
    ),
}


def attach() -> None:
    """Give the functions of these ops, which are methods too, their docstrings."""
    for name, (text, example, printed) in _TEXTS.items():
        OPS[name].function.__doc__ = f"{text}\n\n>>> import tinygrad_np as tg\n>>> {example}\n{printed}\n"
