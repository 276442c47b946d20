"""Random numbers beside PyTorch's: any calls in any order give the same numbers and leave both streams in step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tinygrad_np import _random

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed (extra `torch`)")

DTYPES = {np.float32: torch.float32, np.float64: torch.float64}
seeds = st.one_of(st.sampled_from([0, 1, -1, 2**64 - 1, -(2**63)]), st.integers(-(2**63), 2**64 - 1))

# Around the block of 16 normals, and shapes with none or one element.
shapes = st.one_of(
    st.sampled_from([(), (0,), (1,), (2,), (15,), (16,), (17,), (31,), (100,), (0, 3), (4, 4), (3, 5, 7), (700,)]),
    st.lists(st.integers(0, 6), max_size=3).map(tuple),
)
dtypes = st.sampled_from(sorted(DTYPES, key=str))
bounds = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(sorted)
edges = st.sampled_from([0, 10, 2**28 - 1, 2**28, 2**31, 2**32 - 1, 2**32, 2**62, 2**63 - 1])
whole_bounds = (
    st.tuples(st.one_of(edges, edges.map(lambda edge: -edge), st.integers(-(2**63), 2**63 - 1)), edges)
    .map(sorted)
    .filter(lambda pair: pair[0] < pair[1])
)


def torch_uses_mkl_for_bernoulli() -> bool:
    """Tell whether `bernoulli_` takes one word to seed a generator of MKL's, rather than two words a number."""
    generator, other = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    torch.empty(3).bernoulli_(0.5, generator=generator)
    return bool(torch.rand(1, generator=generator).item() == torch.rand(2, generator=other)[1].item())


MKL = torch_uses_mkl_for_bernoulli()
calls = st.one_of(
    st.tuples(st.just("uniform"), shapes, dtypes),
    st.tuples(st.just("uniform_range"), shapes, dtypes, bounds),
    st.tuples(st.just("normal"), shapes, dtypes),
    st.tuples(st.just("normal_range"), shapes, dtypes, st.floats(-100, 100), st.floats(0, 100)),
    st.tuples(st.just("integers"), shapes, whole_bounds),
    st.tuples(st.just("permutation"), st.sampled_from([0, 1, 2, 15, 16, 17, 100, 1000])),
    *([st.tuples(st.just("bernoulli"), shapes, dtypes, st.floats(0, 1))] if not MKL else []),
)


def check(call: tuple[Any, ...], ours: Any, theirs: Any) -> None:
    """Draw on both sides, with a generator or the global one (None), and compare."""
    match call:
        case ("uniform", shape, dtype):
            expected = torch.rand(shape, dtype=DTYPES[dtype], generator=theirs)
            same(_random.uniform(shape, dtype, ours), expected)
        case ("uniform_range", shape, dtype, (low, high)):
            expected = torch.empty(shape, dtype=DTYPES[dtype]).uniform_(low, high, generator=theirs)
            # PyTorch rounds the product and the sum at once, we one after the other: half a unit of the product.
            rounding = np.finfo(dtype).eps * (high - low) if dtype is np.float64 else 0
            near(_random.uniform_range(low, high, shape, dtype, ours), expected, np.finfo(dtype).eps, rounding)
        case ("normal", shape, dtype):
            expected = torch.randn(shape, dtype=DTYPES[dtype], generator=theirs)
            near(_random.normal(shape, dtype, ours), expected, *tolerances(dtype, 1))
        case ("normal_range", shape, dtype, mean, std):
            expected = torch.empty(shape, dtype=DTYPES[dtype]).normal_(mean, std, generator=theirs)
            drawn = _random.normal(shape, dtype, ours, mean=mean, std=std)
            near(drawn, expected, *tolerances(dtype, abs(mean) + std))
        case ("integers", shape, (low, high)):
            same(_random.integers(low, high, shape, ours), torch.randint(low, high, shape, generator=theirs))
        case ("permutation", n):
            same(_random.permutation(n, ours), torch.randperm(n, generator=theirs))
        case ("bernoulli", shape, dtype, p):
            expected = torch.empty(shape, dtype=DTYPES[dtype]).bernoulli_(p, generator=theirs)
            same(_random.bernoulli(p, shape, dtype, ours), expected)


def tolerances(dtype: type, scale: float) -> tuple[float, float]:
    """Relative and absolute tolerance: near the cosine's zeros the error is that of the angle."""
    return (1e-5, 2e-6 * scale) if dtype is np.float32 else (1e-12, 1e-14 * scale)


def same(drawn: Any, expected: Any) -> None:
    assert drawn.dtype == expected.numpy().dtype
    np.testing.assert_array_equal(drawn, expected.numpy(), strict=True)


def near(drawn: Any, expected: Any, rtol: float, atol: float) -> None:
    assert drawn.dtype == expected.numpy().dtype
    np.testing.assert_allclose(drawn, expected.numpy(), rtol=rtol, atol=atol, strict=True)


@pytest.mark.skipif(MKL, reason="PyTorch with MKL on an Intel processor draws dropout from another generator")
def test_dropout() -> None:
    torch.manual_seed(5)
    kept = torch.nn.functional.dropout(torch.ones(1000), 0.3).numpy() != 0
    drawn = _random.bernoulli(0.7, (1000,), np.bool_, _random.Generator().manual_seed(5))
    np.testing.assert_array_equal(drawn, kept)


@given(seed=seeds, sequence=st.lists(calls, max_size=12))
def test_any_calls_with_a_generator(seed: int, sequence: list[tuple[Any, ...]]) -> None:
    ours, theirs = _random.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    for call in sequence:
        check(call, ours, theirs)
    check(("normal", (1,), np.float64), ours, theirs)
    check(("uniform", (700,), np.float32), ours, theirs)


@pytest.mark.parametrize("dtype", sorted(DTYPES, key=str))
@pytest.mark.parametrize("count", [0, 1, 14, 15, 16, 17, 31, 32, 33, 625])
def test_normals_of_any_number(count: int, dtype: type) -> None:
    ours, theirs = _random.Generator().manual_seed(2), torch.Generator().manual_seed(2)
    for _ in range(2):
        check(("normal", (count,), dtype), ours, theirs)
        check(("uniform", (3,), dtype), ours, theirs)


@pytest.fixture
def _global_states() -> Iterator[None]:
    """Leave both global generators as they were found."""
    ours, theirs = _random.get_rng_state(), torch.get_rng_state()
    yield
    _random.set_rng_state(ours)
    torch.set_rng_state(theirs)


@pytest.mark.usefixtures("_global_states")
@given(seed=seeds, sequence=st.lists(calls, max_size=12))
def test_any_calls_with_the_global_generator(seed: int, sequence: list[tuple[Any, ...]]) -> None:
    _random.manual_seed(seed)
    torch.manual_seed(seed)
    assert _random.initial_seed() == torch.initial_seed()
    for call in sequence:
        check(call, None, None)
    check(("normal", (1,), np.float64), None, None)
    check(("uniform", (700,), np.float32), None, None)


@example(seed=0, low=1.0, high=1 + 2.0**-23)
@given(seed=seeds, low=st.floats(-(2.0**126), 2.0**126), high=st.floats(-(2.0**126), 2.0**126))
def test_float32_between_bounds_is_equal(seed: int, low: float, high: float) -> None:
    low, high = sorted((low, high))
    assume(low == 0 or abs(low) >= 2.0**-29 * (high - low))  # else it may be rounded twice
    expected = torch.empty(200).uniform_(low, high, generator=torch.Generator().manual_seed(seed))
    same(_random.uniform_range(low, high, (200,), np.float32, _random.Generator().manual_seed(seed)), expected)


def test_generators_start_alike() -> None:
    assert _random.Generator().initial_seed() == torch.Generator().initial_seed()
    check(("uniform", (3,), np.float32), _random.Generator(), torch.Generator())


@pytest.mark.parametrize("n", [60_000, 100_000])
def test_long_permutations(n: int) -> None:
    check(("permutation", n), _random.Generator().manual_seed(1), torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: _random.uniform((-1,)), lambda: torch.rand(-1)),
        (lambda: _random.uniform((2,), np.int64), lambda: torch.rand(2, dtype=torch.int64)),
        (lambda: _random.uniform_range(2, 1, (2,)), lambda: torch.empty(2).uniform_(2, 1)),
        (lambda: _random.uniform_range(-3e38, 3e38, (2,)), lambda: torch.empty(2).uniform_(-3e38, 3e38)),
        (lambda: _random.normal((2,), std=-1), lambda: torch.empty(2).normal_(0, -1)),
        (lambda: _random.integers(5, 5, (2,)), lambda: torch.randint(5, 5, (2,))),
        (lambda: _random.integers(0, 2**63, (2,)), lambda: torch.randint(0, 2**63, (2,))),
        (lambda: _random.integers(0, 1.5, (2,)), lambda: torch.randint(0, 1.5, (2,))),
        (lambda: _random.permutation(-1), lambda: torch.randperm(-1)),
        (lambda: _random.permutation(2.0), lambda: torch.randperm(2.0)),
        (lambda: _random.bernoulli(1.5, (2,)), lambda: torch.empty(2).bernoulli_(1.5)),
        (lambda: _random.manual_seed(2**64), lambda: torch.manual_seed(2**64)),
        (lambda: _random.Generator("cuda:0"), lambda: torch.Generator("cuda:0")),
        (lambda: _random.Generator().set_state(np.zeros(3)), lambda: torch.Generator().set_state(torch.zeros(3))),
        (
            lambda: _random.Generator().set_state(np.zeros(3, np.uint8)),
            lambda: torch.Generator().set_state(torch.zeros(3, dtype=torch.uint8)),
        ),
    ],
)
def test_what_pytorch_refuses_is_refused_alike(ours: Any, theirs: Any) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which type it is, is the question
        theirs()
    with pytest.raises(type(caught.value)):
        ours()
