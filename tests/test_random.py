"""Random numbers without PyTorch: values it gave, states, threads, distributions, refusals."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from tinygrad_np import _random
from tinygrad_np._random import Generator

STATE_SIZE = 2525
FLOATS = (np.float32, np.float64)

# Each gives numbers by another way through the code: one or two words a number, few or many normals, a spare normal.
DRAWS: dict[str, Callable[[Generator], Any]] = {
    "uniform float32": lambda generator: _random.uniform((5,), np.float32, generator),
    "uniform float64": lambda generator: _random.uniform((5,), np.float64, generator),
    "uniform_range": lambda generator: _random.uniform_range(-1, 3, (2, 2), np.float32, generator),
    "one normal": lambda generator: _random.normal((), np.float32, generator),
    "15 normals": lambda generator: _random.normal((15,), np.float64, generator),
    "17 normals": lambda generator: _random.normal((17,), np.float32, generator),
    "integers": lambda generator: _random.integers(-5, 5, (7,), generator),
    "wide integers": lambda generator: _random.integers(0, 2**40, (7,), generator),
    "permutation": lambda generator: _random.permutation(9, generator),
    "bernoulli": lambda generator: _random.bernoulli(0.3, (5,), np.float32, generator),
}
draws = st.lists(st.sampled_from(sorted(DRAWS)), max_size=6)


@pytest.fixture
def _global_state() -> Iterator[None]:
    """Leave the global generator as it was found."""
    state = _random.get_rng_state()
    yield
    _random.set_rng_state(state)


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


def take(names: list[str], generator: Generator) -> list[Any]:
    return [DRAWS[name](generator).tolist() for name in names]


# --- values that PyTorch 2.13 gave on a CPU ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "seed", "expected"),
    [
        (np.float32, 0, ["0x1.fc2abp-2", "0x1.89545ep-1", "0x1.6a675p-4"]),
        (np.float32, 42, ["0x1.c3b8ccp-1", "0x1.d47b66p-1", "0x1.880d7p-2"]),
        (np.float32, 2**40 + 7, ["0x1.11e15ep-1", "0x1.97262p-3", "0x1.518432p-1"]),
        (np.float64, 0, ["0x1.f0aac97c4aa2fp-1", "0x1.6a675d821ccc0p-1"]),
        (np.float64, 42, ["0x1.dc66cbea3db30p-5", "0x1.01ae177aca870p-4"]),
        (np.float64, 2**40 + 7, ["0x1.1e15e7465c988p-2", "0x1.18432a35053ecp-2"]),
    ],
)
def test_uniform(dtype: type, seed: int, expected: list[str]) -> None:
    values = _random.uniform((len(expected),), dtype, seeded(seed))
    assert values.dtype == dtype
    assert values.tolist() == [float.fromhex(text) for text in expected]


def test_uniform_range() -> None:
    values = _random.uniform_range(-0.1, 0.3, (3,), np.float32, seeded(0))
    assert values.tolist() == [0.09850263595581055, 0.2072887271642685, -0.06460902839899063]


@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform_range_between_neighbours(dtype: type) -> None:
    # Half of the numbers round to the upper one.
    low, high = dtype(1), np.nextafter(dtype(1), dtype(2))
    assert (_random.uniform_range(low, high, (100,), dtype, seeded(0)) == low).all()
    assert (_random.uniform_range(high, high, (100,), dtype, seeded(0)) == high).all()


@pytest.mark.parametrize(
    ("low", "high", "seed", "expected"),
    [
        (-5, 100, 0, [69, 19, 93, 25, 38, 4]),
        (-5, 100, 42, [52, -3, 41, 14, 76, 75]),
        (0, 2**28 - 1, 0, [209652404, 130329144]),
        (0, 2**28, 0, [130329135, 136432832]),
        (-(2**40), 2**40, 0, [-358231004625, -593374360384, 291447657211]),
        (-(2**63), 2**63 - 1, 42, [-2314326399425823309, 8314211556539077902]),
    ],
)
def test_integers(low: int, high: int, seed: int, expected: list[int]) -> None:
    values = _random.integers(low, high, (len(expected),), seeded(seed))
    assert values.dtype == np.int64
    assert values.tolist() == expected


ORDERS = [(0, [4, 0, 7, 3, 2, 5, 1, 6]), (42, [6, 3, 0, 7, 2, 1, 4, 5]), (2**40 + 7, [7, 0, 3, 4, 1, 5, 2, 6])]


@pytest.mark.parametrize(("seed", "expected"), ORDERS)
def test_permutation(seed: int, expected: list[int]) -> None:
    values = _random.permutation(8, seeded(seed))
    assert values.dtype == np.int64
    assert values.tolist() == expected


@pytest.mark.parametrize(
    ("count", "dtype", "seed", "expected"),
    [
        (3, np.float32, 0, {0: 1.5409960746765137, 1: -0.293428897857666, 2: -2.1787893772125244}),
        (3, np.float64, 42, {0: 0.33669035438385886, 1: 0.1288094051365897, 2: 0.23446236336153173}),
        (16, np.float32, 0, {0: -1.1258398294448853, 8: 0.32227492332458496, 15: -0.2472781538963318}),
        (17, np.float32, 0, {0: -1.1258398294448853, 1: -1.6959311962127686, 16: 0.9318265914916992}),
        (17, np.float64, 42, {0: 0.2995562877502637, 1: 1.504572275678796, 16: 0.2494118796915765}),
    ],
)
def test_normal(count: int, dtype: type, seed: int, expected: dict[int, float]) -> None:
    values = _random.normal((count,), dtype, seeded(seed))
    assert values.dtype == dtype
    np.testing.assert_allclose(values[list(expected)], list(expected.values()), rtol=32 * np.finfo(dtype).eps)


@pytest.mark.parametrize(("seed", "expected"), [(0, "0000001001"), (42, "1111000011"), (2**40 + 7, "1100001000")])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.bool_, np.int64])
def test_bernoulli(seed: int, expected: str, dtype: type) -> None:
    values = _random.bernoulli(0.3, (10,), dtype, seeded(seed))
    assert values.dtype == dtype
    assert [str(int(value)) for value in values] == list(expected)


# --- distributions: 100,000 numbers; bounds are five standard errors --------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS)
def test_moments(dtype: type) -> None:
    count, generator = 100_000, seeded(1)
    error = 5 / math.sqrt(count)
    u = _random.uniform((count,), dtype, generator)
    assert 0 <= u.min() < error < 1 - error < u.max() < 1
    assert abs(u.mean() - 0.5) < error * math.sqrt(1 / 12)
    z = _random.normal((count,), dtype, generator, mean=3, std=2)
    assert abs(z.mean() - 3) < 2 * error
    assert abs(z.std() / 2 - 1) < error / math.sqrt(2)
    few = np.stack([_random.normal((5,), dtype, generator) for _ in range(count // 50)])
    assert abs(few.mean()) < error * math.sqrt(10)
    assert abs(few.std() - 1) < error * math.sqrt(5)
    assert abs(_random.bernoulli(0.2, (count,), dtype, generator).mean() - 0.2) < error * 0.4
    frequencies = np.bincount(_random.integers(0, 10, (count,), generator)) / count
    assert np.abs(frequencies - 0.1).max() < error * 0.3


single = st.floats(-(2.0**100), 2.0**100, width=32)


@given(low=single, high=single, dtype=st.sampled_from(FLOATS))
def test_uniform_range_keeps_its_bounds(low: float, high: float, dtype: type) -> None:
    assume(low < high)
    values = _random.uniform_range(low, high, (50,), dtype, seeded(1))
    assert values.dtype == dtype
    assert low <= values.min() <= values.max() < high


@given(n=st.integers(0, 50), data=st.data())
def test_swapped(n: int, data: st.DataObject) -> None:
    partners = [data.draw(st.integers(i, n - 1)) for i in range(n)]
    numbers = list(range(n))
    for i, j in enumerate(partners):
        numbers[i], numbers[j] = numbers[j], numbers[i]
    assert _random._swapped(np.array(partners, np.int64)).tolist() == numbers


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_bernoulli_is_sure_at_the_ends(p: float) -> None:
    assert (_random.bernoulli(p, (1000,), np.float32, seeded(2)) == p).all()


def test_bernoulli_gives_one_below_p() -> None:
    u = _random.uniform((), np.float64, seeded(2)).item()
    assert _random.bernoulli(u, (), np.float64, seeded(2)) == 0
    assert _random.bernoulli(math.nextafter(u, 1), (), np.float64, seeded(2)) == 1


@pytest.mark.usefixtures("_global_state")
@given(shape=array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5), dtype=st.sampled_from(FLOATS))
def test_shapes(shape: tuple[int, ...], dtype: type) -> None:
    for values, kind in (
        (_random.uniform(shape, dtype), dtype),
        (_random.uniform_range(1, 2, shape, dtype), dtype),
        (_random.normal(shape, dtype), dtype),
        (_random.bernoulli(0.5, shape, dtype), dtype),
        (_random.integers(0, 3, shape), np.int64),
    ):
        assert isinstance(values, np.ndarray)
        assert (values.shape, values.dtype) == (shape, kind)


def draw_normals(count: int, dtype: type) -> Callable[[Generator], Any]:
    return lambda generator: _random.normal((count,), dtype, generator)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        *[
            (draw_normals(count, np.float32), words)
            for count, words in ((0, 0), (14, 28), (16, 16), (17, 33), (32, 32))
        ],
        *[(draw_normals(count, np.float64), words) for count, words in ((2, 4), (16, 32), (31, 94))],
        (DRAWS["uniform float64"], 10),
        (DRAWS["integers"], 7),
        (DRAWS["wide integers"], 14),
        (DRAWS["permutation"], 8),
        (DRAWS["bernoulli"], 10),
    ],
)
def test_words_taken(draw: Callable[[Generator], Any], words: int) -> None:
    generator, other = seeded(8), seeded(8)
    draw(generator)
    _random.uniform((words,), np.float32, other)
    np.testing.assert_array_equal(generator.get_state(), other.get_state())


# --- streams and states -----------------------------------------------------------------------------------------------


@given(before=draws, after=draws)
def test_a_state_restores_everything(before: list[str], after: list[str]) -> None:
    generator, other = seeded(5), seeded(6)
    take(["one normal", *before], generator)
    state = generator.get_state()
    assert (state.dtype, state.shape) == (np.uint8, (STATE_SIZE,))
    first = take(after, generator)
    for restored in (generator, other):
        restored.set_state(state)
        assert restored.initial_seed() == 5
        np.testing.assert_array_equal(restored.get_state(), state)
        assert take(after, restored) == first


@given(before=draws, after=draws)
def test_a_copy_goes_on_alike_and_apart(before: list[str], after: list[str]) -> None:
    generator = seeded(5)
    take(before, generator)
    copies = [copy.copy(generator), copy.deepcopy(generator)]
    copies += [pickle.loads(pickle.dumps(generator, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    expected = take(after, generator)
    assert all(take(after, copied) == expected for copied in copies)


@pytest.mark.parametrize("count", [1, 3])
def test_the_spare_normal_is_kept(count: int) -> None:
    # The pairs come out alike however they are cut, and a state between the two of a pair holds the second.
    at_once, generator, other = seeded(9), seeded(9), Generator()
    whole = _random.normal((4,), np.float64, at_once)
    first = _random.normal((count,), np.float64, generator)
    _random.normal((0,), np.float64, generator)
    other.set_state(generator.get_state())
    rest = _random.normal((4 - count,), np.float64, other)
    np.testing.assert_array_equal(np.concatenate((first, rest)), whole)
    np.testing.assert_array_equal(other.get_state(), at_once.get_state())


def test_seeding_forgets_the_spare_normal() -> None:
    generator = seeded(9)
    first = _random.normal((1,), np.float64, generator)
    assert _random.normal((1,), np.float64, generator.manual_seed(9)) == first


def test_a_state_is_a_copy() -> None:
    generator = seeded(3)
    state = generator.get_state()
    before = state.copy()
    take(sorted(DRAWS), generator)
    np.testing.assert_array_equal(state, before)
    generator.set_state(np.repeat(state, 2)[::2])
    np.testing.assert_array_equal(generator.get_state(), before)
    generator.set_state(state)
    state[:] = 0
    np.testing.assert_array_equal(generator.get_state(), before)


@given(mine=draws, others=draws)
def test_generators_are_independent(mine: list[str], others: list[str]) -> None:
    alone = take(mine, seeded(1))
    generator, other = seeded(1), seeded(1)
    take(others, other)
    assert take(mine, generator) == alone


@pytest.mark.usefixtures("_global_state")
def test_the_global_generator() -> None:
    generator = _random.manual_seed(7)
    assert generator is _random.default_generator
    assert _random.initial_seed() == 7
    state = _random.get_rng_state()
    expected = take(sorted(DRAWS), seeded(7))
    assert [DRAWS[name](None).tolist() for name in sorted(DRAWS)] == expected
    _random.set_rng_state(state)
    assert take(sorted(DRAWS), _random.default_generator) == expected


@pytest.mark.usefixtures("_global_state")
def test_seed_is_another_each_time() -> None:
    assert len({_random.seed() for _ in range(5)} | {Generator().seed() for _ in range(5)}) == 10
    assert 0 <= _random.seed() == _random.initial_seed() < 2**64


EXTREMES = [(0, 0), (-1, 2**64 - 1), (-(2**63), 2**63), (2**64 - 1, 2**64 - 1), (np.int32(5), 5)]


@pytest.mark.parametrize(("seed", "initial"), EXTREMES)
def test_initial_seed(seed: int, initial: int) -> None:
    generator = Generator()
    assert generator.initial_seed() == 67280421310721
    assert generator.manual_seed(seed) is generator
    assert generator.initial_seed() == initial
    assert take(sorted(DRAWS), generator) == take(sorted(DRAWS), seeded(initial % 2**32))


def test_each_process_starts_elsewhere() -> None:
    program = "from tinygrad_np import _random; print(_random.initial_seed())"
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True) for _ in "ab"]
    assert len({run.stdout for run in runs}) == 2


def test_threads_share_one_stream() -> None:
    # Each draw of one normal takes the spare one or makes a pair: if two threads do so at once, a number comes twice.
    generator, threads, each = seeded(4), 8, 300
    results: list[list[float]] = [[] for _ in range(threads)]
    start = threading.Barrier(threads)

    def work(result: list[float]) -> None:
        start.wait()
        result += [_random.normal((), np.float64, generator).item() for _ in range(each)]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=work, args=(result,)) for result in results]
        for act in (threading.Thread.start, threading.Thread.join):
            for worker in workers:
                act(worker)
    finally:
        sys.setswitchinterval(interval)
    other = seeded(4)
    expected = [_random.normal((), np.float64, other).item() for _ in range(threads * each)]
    assert sorted(value for result in results for value in result) == sorted(expected)


# --- refusals ---------------------------------------------------------------------------------------------------------


SEEDS = f"manual_seed: seed must lie in [{-(2**63)}, {2**64 - 1}], got"
KINDS = "rand: dtype must be float32 or float64, got"
BOUNDS = "uniform_: low must be <= high, and both and high - low within"
INT64 = f"must lie in [{-(2**63)}, {2**63 - 1}], got"
SHAPE = "set_state: the state must have shape"
SIZES = "randperm: n must lie in [0, 214748363], got"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Generator("cuda"), RuntimeError, "Generator: device must be 'cpu', got 'cuda'"),
        (lambda: seeded(1.0), TypeError, "manual_seed: seed must be an integer, got 1.0"),
        (lambda: seeded(2**64), ValueError, f"{SEEDS} {2**64}"),
        (lambda: seeded(-(2**63) - 1), ValueError, f"{SEEDS} {-(2**63) - 1}"),
        (lambda: _random.uniform((2, -1)), RuntimeError, "rand: no dimension may be negative, got shape (2, -1)"),
        (lambda: _random.uniform((2.0,)), TypeError, "rand: a dimension must be an integer, got 2.0"),
        (lambda: _random.uniform((2,), np.int64), NotImplementedError, f"{KINDS} int64"),
        (lambda: _random.uniform((2,), np.float16), NotImplementedError, f"{KINDS} float16"),
        (lambda: _random.uniform((2,), generator=7), TypeError, "rand: generator must be a Generator, got int"),
        (lambda: _random.uniform_range(2, 1, (2,)), RuntimeError, f"{BOUNDS} float32, got low=2, high=1"),
        (lambda: _random.uniform_range(0, math.nan, (2,)), RuntimeError, f"{BOUNDS} float32, got low=0, high=nan"),
        (lambda: _random.uniform_range(0, 1e39, (2,)), RuntimeError, f"{BOUNDS} float32, got low=0, high=1e+39"),
        (
            lambda: _random.uniform_range(-2e38, 2e38, (2,)),
            RuntimeError,
            f"{BOUNDS} float32, got low=-2e+38, high=2e+38",
        ),
        (lambda: _random.normal((2,), std=-1), RuntimeError, "normal_: std must be >= 0, got -1"),
        (lambda: _random.normal((2,), std=math.nan), RuntimeError, "normal_: std must be >= 0, got nan"),
        (lambda: _random.integers(5, 5, (2,)), RuntimeError, "randint: low must be less than high, got low=5, high=5"),
        (lambda: _random.integers(0, 1.5, (2,)), TypeError, "randint: high must be an integer, got 1.5"),
        (lambda: _random.integers(0, 2**63, (2,)), ValueError, f"randint: high {INT64} {2**63}"),
        (lambda: _random.integers(-(2**63) - 1, 0, (2,)), ValueError, f"randint: low {INT64} {-(2**63) - 1}"),
        (lambda: _random.permutation(-1), RuntimeError, f"{SIZES} -1"),
        (lambda: _random.permutation(214748364), RuntimeError, f"{SIZES} 214748364"),
        (lambda: _random.permutation(2.0), TypeError, "randperm: n must be an integer, got 2.0"),
        (lambda: _random.bernoulli(1.5, (2,)), RuntimeError, "bernoulli_: p must lie in [0, 1], got 1.5"),
        (lambda: _random.bernoulli(math.nan, (2,)), RuntimeError, "bernoulli_: p must lie in [0, 1], got nan"),
        (
            lambda: _random.set_rng_state([0.5]),
            TypeError,
            "set_state: the state must be an array of uint8, got float64",
        ),
        (
            lambda: _random.set_rng_state(b"\0" * 3),
            TypeError,
            "set_state: the state must be an array of uint8, got |S3",
        ),
        (lambda: _random.set_rng_state(np.zeros(3, np.uint8)), RuntimeError, f"{SHAPE} (2525,), got (3,)"),
    ],
)
def test_refusals(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    state = _random.get_rng_state()
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert str(caught.value) == message
    np.testing.assert_array_equal(_random.get_rng_state(), state)


KEY = slice(16, 16 + 4 * 624)  # of the first word, lowest byte first, only the highest bit counts
POSITION = slice(2512, 2516)  # at most 624; 113, 2, 0, 0 is 625
NO_TWISTER = "the state is damaged: no twister has this key and position"
NO_NUMBER = "the state is damaged: its spare normal number is not a number"


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (slice(0, 1), 0, "these bytes do not come from get_state"),
        (KEY, 0, NO_TWISTER),
        (KEY, [255, 255, 255, 127, *[0] * 2492], NO_TWISTER),
        (POSITION, [113, 2, 0, 0], NO_TWISTER),
        (slice(2516, 2517), 2, NO_NUMBER),
        (slice(2517, 2525), 255, NO_NUMBER),
    ],
)
def test_a_damaged_state_is_refused(where: slice, value: Any, message: str) -> None:
    generator = seeded(3)
    state = generator.get_state()
    damaged = state.copy()
    damaged[where] = value
    with pytest.raises(RuntimeError) as caught:
        generator.set_state(damaged)
    assert str(caught.value) == f"set_state: {message}"
    np.testing.assert_array_equal(generator.get_state(), state)
