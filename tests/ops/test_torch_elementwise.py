"""Elementwise functions as in PyTorch where its own samples do not go: special values, forms of arguments, bits."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="the comparison needs PyTorch")

import torch

import tinygrad_np as tg
from tests.samples.comparing import agree, compare, flat, outcome

Form = Callable[..., Any]

X = np.array([nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 0.5])
PAIRS = np.array([(a, b) for a in X for b in X]).T.copy()

# ----------------------------------------------------------------------------------- infinities, NaN, ties and zeros

SPECIAL_OF_ONE: dict[str, Form] = {
    name: (lambda lib, x, name=name: getattr(lib, name)(x))
    for name in [
        "abs",
        "ceil",
        "erf",
        "erfc",
        "exp",
        "exp2",
        "expm1",
        "floor",
        "frac",
        "nan_to_num",
        "neg",
        "positive",
        "reciprocal",
        "relu",
        "round",
        "rsqrt",
        "sigmoid",
        "sign",
        "sqrt",
        "square",
        "trunc",
    ]
}
SPECIAL_OF_ONE |= {
    "clamp": lambda lib, x: x.clamp(-1, 1),
    "clamp to NaN": lambda lib, x: x.clamp(nan, 1),
    "clamp with min > max": lambda lib, x: x.clamp(2, 1),
    "pow 0": lambda lib, x: x**0 + (x * 1e-310) ** 0,  # of subnormal numbers too, whose inverse is infinite
    "whole powers": lambda lib, x: (x**3, x**-2, x**4.0, x**-5),
    "pow by zeros": lambda lib, x: x ** lib.zeros(10, dtype=lib.float64),
    "nan_to_num by": lambda lib, x: lib.nan_to_num(x, 1, posinf=2, neginf=3) + x.nan_to_num(nan=5.0),
}
SPECIAL_OF_TWO: dict[str, Form] = {
    name: (lambda lib, a, b, name=name: getattr(lib, name)(a, b))
    for name in ["fmax", "fmin", "maximum", "minimum", "fmod", "remainder"]
}
SPECIAL_OF_TWO |= {
    "div": lambda lib, a, b: a / b,
    "div down": lambda lib, a, b: lib.div(a, b, rounding_mode="floor"),
    "div towards 0": lambda lib, a, b: lib.div(a, b, rounding_mode="trunc"),
}
CLAMPS: dict[str, Form] = {
    "clamp below": lambda lib, a, b: lib.clamp(a, max=b),
    "clamp above": lambda lib, a, b: lib.clamp_min(a, b),
    "clamp between": lambda lib, a, b: a.clamp(b, b + 1),
}


def quietly(form: Form, arrays: list[Any]) -> None:
    with np.errstate(all="ignore"):
        compare(outcome(tg, form, arrays, 0, 1), outcome(torch, form, arrays, 0, 1))


@pytest.mark.parametrize("form", SPECIAL_OF_ONE.values(), ids=SPECIAL_OF_ONE)
def test_special_values(form):
    quietly(form, [X])


@pytest.mark.parametrize("form", SPECIAL_OF_TWO.values(), ids=SPECIAL_OF_TWO)
def test_pairs_of_special_values(form):
    quietly(form, list(PAIRS))


@pytest.mark.parametrize("form", CLAMPS.values(), ids=CLAMPS)
def test_clamps_by_tensors(form):
    quietly(form, list(PAIRS[:, ~np.isnan(PAIRS[0]) & np.isfinite(PAIRS[1])]))
    compare(outcome(tg, form, list(PAIRS), 0, 0), outcome(torch, form, list(PAIRS), 0, 0))


@pytest.mark.parametrize(
    "name", ["atan2", "copysign", "hypot", "logaddexp", "logaddexp2", "xlogy", "pow", "float_power", "floor_divide"]
)
def test_values_of_pairs_of_special_values(name):
    def form(lib: Any, a: Any, b: Any) -> Any:
        return getattr(lib, name)(a, b)

    compare(outcome(tg, form, list(PAIRS), 0, 0), outcome(torch, form, list(PAIRS), 0, 0))


def test_no_warning_where_the_result_is_right():
    """Warnings are errors; none comes from the branch that is not taken."""
    assert tg.xlogy(tg.tensor([0.0, 0.0]), tg.tensor([0.0, -1.0])).tolist() == [0, 0]
    assert tg.sinc(tg.tensor([0.0, 1e-30])).tolist() == [1, 1]
    assert tg.erfc(tg.tensor([1e30, -1e30])).tolist() == [0, 2]
    assert tg.erfinv(tg.tensor([0.0, 1.0])).tolist() == [0, inf]
    assert tg.logit(tg.tensor([0.0, 1.0]), eps=0.5).tolist() == [0, 0]
    assert tg.fmax(tg.tensor([nan]), tg.tensor([1.0])).tolist() == [1]
    assert tg.nn.functional.prelu(tg.tensor([inf, -inf]), tg.tensor(0.5)).tolist() == [inf, -inf]
    assert tg.nan_to_num(tg.tensor([nan, inf])).array.max() == np.finfo(np.float32).max


# ---------------------------------------------------------------------------------------------- forms of the arguments

A = np.array([[1.5, -2.0, 0.75], [3.0, 1.0, -0.25]])
B = np.array([[2.0], [-1.25]])
FORMS: dict[str, Form] = {
    "add": lambda lib, a, b: lib.add(a, b, alpha=-2) + a.add(b, alpha=0.5) + lib.add(a, 3, alpha=2) + a.add(other=b),
    "sub": lambda lib, a, b: lib.sub(a, b, alpha=3) + a.sub(2.5, alpha=0.5) + a.subtract(other=b, alpha=1),
    "rsub": lambda lib, a, b: lib.rsub(a, b, alpha=3) + lib.rsub(a, 2.5),
    "mul, div": lambda lib, a, b: a.mul(other=b) + a.div(other=b) + lib.divide(a, 3, rounding_mode=None),
    "rounded": lambda lib, a, b: a.div(b, rounding_mode="floor") * a + a.divide(0.7, rounding_mode="trunc") * b,
    "pow": lambda lib, a, b: a.abs().pow(exponent=b) + lib.pow(2, b) + lib.pow(a, exponent=3) + a.float_power(2),
    "operators": lambda lib, a, b: a % b + a % 0.4 + (+a) ** 2 + abs(b) ** a,
    "addcmul": lambda lib, a, b: lib.addcmul(a, b, a, value=-0.5) + a.addcmul(b, b) + lib.addcmul(b, a, a, value=2),
    "addcdiv": lambda lib, a, b: lib.addcdiv(a, a, b, value=-0.5) + a.addcdiv(b, b) + lib.addcdiv(b, b, a, value=2),
    "lerp": lambda lib, a, b: lib.lerp(a, b, 0.25) + a.lerp(b, 0.75) + lib.lerp(b, a, a) + lib.lerp(a, a * b, b),
    "lerp by a number of one entry": lambda lib, a, b: lib.lerp(a, b, lib.tensor(0.5, dtype=lib.float64)),
    "clamp": lambda lib, a, b: a.clamp(min=b) + lib.clip(a, b, 1.5 * lib.ones_like(a)) + lib.clamp_max(a, 0.5),
    "clamp_min": lambda lib, a, b: a.clamp_min(0.5) * a.clamp_max(b) + a.clamp_min(min=b) + a.clamp_max(max=1),
    "where": lambda lib, a, b: (
        lib.where(a > 0, a, b) + a.where(a > 1, b) + a.where(a < 1, 2.0) * lib.where(b > 0, 1, a)
    ),
    "round": lambda lib, a, b: lib.round(a, decimals=1) * b + a.round(decimals=-1) * b + a.round() * b,
    "logit": lambda lib, a, b: lib.logit(a.sigmoid()) + a.logit(eps=0.1) + lib.logit(b, 0.2),
    "sgn": lambda lib, a, b: a.sgn() * b + lib.sign(a) * b,
}


# PyTorch does not record that a gradient is always 0, and has NaN for the second derivative outside of logit's domain.
FIRST_ORDER = [FORMS[name] for name in ("logit", "round", "rounded", "sgn")]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_forms(form):
    orders = 1 if form in FIRST_ORDER else 2
    agree(form, [A, B], orders=orders)
    agree(form, [A.T[::-1], B[0]], orders=orders)
    agree(form, [A[:0], B[0]], orders=orders)
    agree(form, [np.array(1.25), np.array(-2.0)], orders=orders)


def test_where_with_the_condition_alone_gives_indices():
    for condition in ([[True, False], [True, True]], [[0, 2], [0, 0]], 3.0, 0.0, [False]):
        found, expected = tg.where(tg.tensor(condition)), torch.where(torch.tensor(condition))
        assert [i.tolist() for i in found] == [i.tolist() for i in expected]
        assert all(i.dtype == tg.int64 for i in found)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64"])
@given(a=st.lists(st.integers(-100, 100), min_size=1, max_size=5), b=st.integers(-70, 70))
def test_integers(dtype, a, b):
    """Quotients, remainders and shifts of integers are PyTorch's, whatever the signs and the width of the shift."""
    a, b = np.array(a).astype(dtype), np.array([b]).astype(dtype)
    for form in (
        lambda lib, a, b: a // b,
        lambda lib, a, b: a % b,
        lambda lib, a, b: lib.fmod(a, b),
        lambda lib, a, b: lib.div(a, b, rounding_mode="trunc"),
        lambda lib, a, b: lib.div(a, b, rounding_mode="floor"),
        lambda lib, a, b: (a << b, a >> b, lib.bitwise_left_shift(a, 3), a.bitwise_right_shift(1)),
        lambda lib, a, b: (a & b, a | b, a ^ b, ~a, a.logical_xor(b), lib.logical_xor(a, b)),
        lambda lib, a, b: (a.sign(), a.sgn(), a.signbit(), a.floor(), a.round(), a.trunc(), a.nan_to_num(), a.square()),
        lambda lib, a, b: (lib.add(a, b, alpha=-3), lib.sub(a, b, alpha=3), lib.addcmul(a, b, b, value=2)),
    ):
        try:
            expected = form(torch, torch.tensor(a), torch.tensor(b))
        except RuntimeError:  # a zero
            with pytest.raises(RuntimeError, match="an integer cannot be divided by 0"):
                form(tg, tg.tensor(a), tg.tensor(b))
            continue
        found = form(tg, tg.tensor(a), tg.tensor(b))
        for one, other in zip(flat(found), flat(expected), strict=True):
            assert one.dtype == other.numpy().dtype
            assert one.tolist() == other.tolist()


def test_numbers_on_either_side_of_the_operators_on_integers():
    a, expected = tg.tensor([5, -7, 12]), torch.tensor([5, -7, 12])
    for name in ("floordiv", "mod", "lshift", "rshift", "and_", "or_", "xor"):
        operation = getattr(operator, name)
        if name[1:] != "shift":
            assert operation(17, a).tolist() == operation(17, expected).tolist()
        assert operation(a, 3).tolist() == operation(expected, 3).tolist()
    assert (1 << tg.tensor([1, 4])).tolist() == [2, 16]
    assert (64 >> tg.tensor([1, 4])).tolist() == [32, 4]


@pytest.mark.parametrize("options", [{}, {"rtol": 0.1}, {"atol": 0.5}, {"equal_nan": True}, {"rtol": 0, "atol": 0}])
def test_closeness(options):
    a, b = PAIRS
    b = b + 1e-7
    for name in ("isclose", "allclose"):
        found = getattr(tg, name)(tg.tensor(a), tg.tensor(b), **options)
        expected = getattr(torch, name)(torch.tensor(a), torch.tensor(b), **options)
        assert (found if name == "allclose" else found.tolist()) == (
            expected if name == "allclose" else expected.tolist()
        )
    assert tg.tensor([1.0]).allclose(tg.tensor([1.0 + 1e-6])) is True
    assert tg.tensor([1, 5]).isclose(tg.tensor([1, 6]), atol=1).tolist() == [True, True]


def test_heaviside():
    for a, b in ((X, np.full(10, 0.5)), (np.array([-1, 0, 2]), np.array([7, 7, 7])), (X, np.array(2.0))):
        found, expected = tg.heaviside(tg.tensor(a), tg.tensor(b)), torch.heaviside(torch.tensor(a), torch.tensor(b))
        np.testing.assert_array_equal(found.array, expected.numpy())
        assert found.dtype == expected.numpy().dtype
    values = tg.tensor([3.0, 4.0, 5.0], requires_grad=True)
    tg.heaviside(tg.tensor([0.0, 1.0, -1.0]), values).sum().backward()
    assert values.grad.tolist() == [1, 0, 0]


# -------------------------------------------------------------------------------------- where we know better


def test_sinc_keeps_its_digits_near_0_in_every_order():
    """PyTorch's second derivative at 0 is NaN, and its first loses digits near it."""
    for at in (0.0, 1e-9, 1e-4):
        x = tg.tensor(at, dtype=tg.float64, requires_grad=True)
        derivatives, y = [], tg.sinc(x)
        for _ in range(4):
            (y,) = tg.autograd.grad(y, x, create_graph=True)
            derivatives.append(y.item())
        pi = np.pi
        expected = [-(pi**2) / 3 * at, -(pi**2) / 3, pi**4 / 5 * at, pi**4 / 5]
        np.testing.assert_allclose(derivatives, expected, rtol=1e-6)


def test_hypot_and_atan2_at_the_origin_have_gradient_0():
    for function in (tg.hypot, tg.atan2):
        a, b = (tg.zeros(1, requires_grad=True) for _ in range(2))
        function(a, b).sum().backward()
        assert (a.grad.item(), b.grad.item()) == (0, 0)


def test_lerp_reaches_its_end():
    start, end = tg.tensor([1e20, -3.0]), tg.tensor([1.0, 0.1])
    assert tg.lerp(start, end, 1).equal(end)
    assert tg.lerp(start, end, 0).equal(start)
    assert tg.lerp(start, end, tg.tensor([1.0, 0.0])).tolist() == [1.0, -3.0]


@given(a=st.integers(-8000, 8000), b=st.integers(1, 8000), negative=st.booleans())
def test_quotient_and_remainder_make_up_the_number(a, b, negative):
    """In eighths, whose arithmetic is exact."""
    a, b = tg.tensor(a / 8, dtype=tg.float64), tg.tensor(-b / 8 if negative else b / 8, dtype=tg.float64)
    assert (a // b * b + a % b).item() == a.item()
    assert (tg.div(a, b, rounding_mode="trunc") * b + tg.fmod(a, b)).item() == a.item()
    assert abs((a % b).item()) < abs(b.item())
    assert (a % b).item() * b.item() >= 0
    assert tg.fmod(a, b).item() * a.item() >= 0


INVERSES = [
    ("sin", "asin", -1.5, 1.5),
    ("cos", "acos", 0.1, 3),
    ("tan", "atan", -1.5, 1.5),
    ("sinh", "asinh", -5, 5),
    ("cosh", "acosh", 0.1, 5),
    ("tanh", "atanh", -3, 3),
    ("exp2", "log2", -9, 9),
    ("expm1", "log1p", -5, 9),
    ("sigmoid", "logit", -9, 9),
    ("erf", "erfinv", -3, 3),
    ("deg2rad", "rad2deg", -400, 400),
]


@pytest.mark.parametrize(("there", "back", "low", "high"), INVERSES, ids=[row[0] for row in INVERSES])
@given(data=st.data())
def test_a_function_and_its_inverse_undo_each_other(there, back, low, high, data):
    """The value comes back, and the derivatives multiply to 1."""
    at = data.draw(st.floats(low, high))
    x = tg.tensor(at, dtype=tg.float64, requires_grad=True)
    y = getattr(tg, back)(getattr(tg, there)(x))
    y.backward()
    assert y.item() == pytest.approx(at, rel=1e-8, abs=1e-8)
    assert x.grad.item() == pytest.approx(1, rel=1e-6)


# ------------------------------------------------------------------------------------------- other names, and in place

ALIASES = {
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "clip": "clamp",
    "divide": "div",
    "fix": "trunc",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "multiply": "mul",
    "negative": "neg",
    "not_equal": "ne",
    "sgn": "sign",
    "subtract": "sub",
}


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_aliases(alias, name):
    assert getattr(tg, alias) is getattr(tg, name)
    assert getattr(tg.Tensor, alias) is getattr(tg.Tensor, name)


U = [[0.5, 0.25], [0.75, 0.5]]
OTHER = tg.tensor([[0.5, 2.0], [1.0, 0.25]])
BITS = tg.tensor([[6, 1], [3, 2]])
IN_PLACE_OF_ONE = [
    "abs_", "absolute_", "acos_", "arccos_", "arcsin_", "arcsinh_", "arctan_", "arctanh_", "asin_", "asinh_", "atan_",
    "atanh_", "ceil_", "cos_", "cosh_", "deg2rad_", "erf_", "erfc_", "erfinv_", "exp2_", "exp_", "expm1_", "fix_",
    "floor_", "frac_", "log10_", "log1p_", "log2_", "log_", "logical_not_", "logit_", "nan_to_num_", "neg_",
    "negative_", "rad2deg_", "reciprocal_", "relu_", "round_", "rsqrt_", "sgn_", "sigmoid_", "sign_", "sin_", "sinc_",
    "sinh_", "sqrt_", "square_", "tan_", "tanh_", "trunc_",
]  # fmt: skip
IN_PLACE_OF_TWO = [
    "add_", "arctan2_", "atan2_", "clamp_max_", "clamp_min_", "copysign_", "div_", "divide_", "eq_", "floor_divide_",
    "fmod_", "ge_", "greater_", "greater_equal_", "gt_", "heaviside_", "hypot_", "le_", "less_", "less_equal_",
    "logical_and_", "logical_or_", "logical_xor_", "lt_", "mul_", "multiply_", "ne_", "not_equal_", "pow_",
    "remainder_", "sub_", "subtract_", "true_divide_", "xlogy_",
]  # fmt: skip
IN_PLACE_OF_BITS = [
    "bitwise_and_", "bitwise_left_shift_", "bitwise_or_", "bitwise_right_shift_", "bitwise_xor_",
]  # fmt: skip
IN_PLACE: dict[str, tuple[Any, tuple[Any, ...]]] = {
    **dict.fromkeys(IN_PLACE_OF_ONE, (U, ())),
    **dict.fromkeys(IN_PLACE_OF_TWO, (U, (OTHER,))),
    **{name: (BITS.tolist(), (3,)) for name in IN_PLACE_OF_BITS},
    "bitwise_not_": (BITS.tolist(), ()),
    "acosh_": ([1.5], ()),
    "arccosh_": ([1.5], ()),
    "addcdiv_": (U, (OTHER, OTHER)),
    "addcmul_": (U, (OTHER, OTHER)),
    "clamp_": (U, (0.3, 0.6)),
    "clip_": (U, (0.3, 0.6)),
    "lerp_": (U, (OTHER, 0.3)),
    "float_power_": (np.array(U), (2,)),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_forms(name):
    start, arguments = IN_PLACE[name]
    x = tg.tensor(start)
    memory, expected = x.array, getattr(x, name[:-1])(*arguments)
    assert getattr(x, name)(*arguments) is x
    assert x.array is memory
    np.testing.assert_array_equal(x.array, expected.array.astype(memory.dtype))
    assert not np.array_equal(x.array, start) or name in (
        "abs_",
        "absolute_",
        "frac_",
        "nan_to_num_",
        "relu_",
        "copysign_",
    )


@pytest.mark.parametrize("name", ["ifloordiv", "imod", "ipow", "iand", "ior", "ixor", "ilshift", "irshift"])
def test_operators_in_place(name):
    operation = getattr(operator, name)
    x, expected = tg.tensor([5, 6, 7]), torch.tensor([5, 6, 7])
    memory = x.array
    x = operation(x, 2)
    assert x.array is memory
    assert x.tolist() == operation(expected, 2).tolist()


# ------------------------------------------------------------------------------------------------- what is refused

ONES = np.ones(2, np.float32)
REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "a float alpha": (lambda lib, x: lib.add(x.long(), x.long(), alpha=0.5), RuntimeError, "add: alpha=0.5 must be"),
    "a bool alpha": (lambda lib, x: lib.sub(x, x, alpha=True), RuntimeError, "sub: alpha=True is a bool"),
    "addcdiv of integers": (lambda lib, x: lib.addcdiv(x, x.long(), x.long()), RuntimeError, "addcdiv: .*integers"),
    "a rounding mode": (lambda lib, x: lib.div(x, x, rounding_mode="up"), RuntimeError, "div: rounding_mode must be"),
    "integers // 0": (lambda lib, x: x.long() // 0, RuntimeError, "floor_divide: an integer cannot be divided by 0"),
    "integers % 0": (lambda lib, x: x.long() % lib.zeros(2).long(), RuntimeError, "remainder: an integer cannot"),
    "fmod by 0": (lambda lib, x: lib.fmod(x.long(), 0), RuntimeError, "fmod: an integer cannot be divided by 0"),
    "trunc by 0": (
        lambda lib, x: x.long().div(0, rounding_mode="trunc"),
        RuntimeError,
        "trunc_divide: an integer cannot be divided by 0",
    ),
    "lerp of dtypes": (lambda lib, x: lib.lerp(x, x.double(), 0.5), RuntimeError, "lerp: .*float32, float64"),
    "plus of bools": (lambda lib, x: +(x > 0), RuntimeError, "positive: not defined for bool"),
    "isclose of dtypes": (lambda lib, x: lib.isclose(x, x.double()), RuntimeError, "isclose: expected .* one dtype"),
    "a negative tolerance": (lambda lib, x: lib.isclose(x, x, rtol=-1.0), RuntimeError, "isclose: rtol and atol"),
    "heaviside of dtypes": (lambda lib, x: lib.heaviside(x, x.double()), RuntimeError, "heaviside: expected .* one"),
    "decimals of integers": (lambda lib, x: lib.round(x.long(), decimals=1), NotImplementedError, "round: decimals"),
    "frac of integers": (lambda lib, x: lib.frac(x.long()), NotImplementedError, "frac: expected floats"),
    "a float64 result in place": (lambda lib, x: x.float_power_(2), RuntimeError, "float_power_: .*float64.*float32"),
    "floor of bools": (lambda lib, x: lib.floor(x > 0), NotImplementedError, "floor: not defined for bool"),
    "half a where": (lambda lib, x: lib.where(x > 0, x), TypeError, "where: expected both input and other"),
    "a shape": (lambda lib, x: lib.hypot(x, lib.ones(3)), RuntimeError, r"hypot: .*\(2,\).*\(3,\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, kind, message = REFUSED[name]
    with pytest.raises(kind) as caught:
        call(torch, torch.tensor(ONES))
    ours = RuntimeError if kind is NotImplementedError else kind  # PyTorch's name for a dtype that it has no kernel for
    with pytest.raises(ours, match=message) as caught:
        call(tg, tg.tensor(ONES))
    assert caught.type is ours


def test_a_float_factor_of_integers_is_refused():
    """PyTorch cuts off what comes after its point."""
    x = tg.tensor([1, 2])
    with pytest.raises(RuntimeError, match=r"addcmul: value=0\.5 must be .* fits into the result's dtype int64"):
        tg.addcmul(x, x, x, value=0.5)
