"""Functions of each entry by itself."""

from __future__ import annotations

import numpy as np

from tests.samples.pytorch import Sample

NAMES = """
    __radd__ __rand__ __rdiv__ __rmod__ __rmul__ __ror__ __rpow__ __rsub__ __rxor__
    abs acos acosh add addcdiv addcmul allclose asin asinh atan atan2 atanh
    bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor
    ceil clamp clamp_max clamp_min copysign cos cosh deg2rad
    div.floor_rounding div.no_rounding_mode div.trunc_rounding eq erf erfc erfinv exp exp2 expm1
    float_power floor floor_divide fmax fmin fmod frac ge gt heaviside hypot
    isclose isfinite isinf isnan isneginf isposinf le lerp log log10 log1p log2 logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor logit lt maximum minimum mul
    nan_to_num ne neg nn.functional.relu positive pow rad2deg reciprocal remainder
    round round.decimals_0 round.decimals_3 round.decimals_neg_3 rsqrt rsub
    sgn sigmoid sign signbit sin sinc sinh sqrt square sub tan tanh true_divide trunc where xlogy
"""
REFLECTED = ["__radd__", "__rand__", "__rdiv__", "__rmod__", "__rmul__", "__ror__", "__rpow__", "__rsub__", "__rxor__"]
PATHS = {name: f"Tensor.{name}" for name in REFLECTED}
ADAPTED = {"where": lambda function: lambda x, condition, other: function(condition, x, other)}


def number(sample: Sample) -> str | None:
    """Tell of a number where PyTorch asks for a tensor."""
    numbers = any(isinstance(x, (int, float)) for x in sample.arguments)
    return "a number may stand for a tensor" if numbers else None


def number_first(sample: Sample) -> str | None:
    """Tell of a number where PyTorch asks for a tensor, but which it takes on the other side."""
    return "a number may stand for a tensor" if isinstance(sample.arguments[0], (int, float)) else None


def negative_power(sample: Sample) -> str | None:
    """Tell of an integer raised to a negative power, of which PyTorch makes 0."""
    operands = [np.asarray(x) for x in sample.arguments]
    if np.result_type(*operands).kind in "iu" and (operands[0] < 0).any():
        return "an integer to a negative power is refused"
    return None


OF_TENSORS = """
    atan2 clamp_max clamp_min copysign fmax fmin heaviside hypot isclose logaddexp logaddexp2 logical_and logical_or
    logical_xor max.binary maximum min.binary minimum
"""
OF_A_TENSOR = "eq fmod ge gt le lt ne rsub"
LEFT_OUT = {
    **dict.fromkeys(OF_TENSORS.split(), number),
    **dict.fromkeys([*OF_A_TENSOR.split(), *REFLECTED], number_first),
    "__rpow__": lambda sample: number_first(sample) or negative_power(sample),
}
