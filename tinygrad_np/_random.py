"""Random numbers: the Mersenne Twister with PyTorch's seeding and conversions, as plain NumPy arrays.

MT19937 [1]_ yields one 32-bit *word* after the other. The functions below turn words into numbers as PyTorch's CPU
generator does, and take as many words as it does. So the same calls after the same seed give the same numbers: uniform
numbers, integers, permutations to the last bit; normal numbers, and float64 numbers between two bounds, to rounding.

Where a function has them, `shape` is a sequence of ints, `dtype` is float32 or float64, and `generator` is the one to
draw from, by default the global one.

.. [1] M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random
   number generator", ACM Transactions on Modeling and Computer Simulation 8 (1998), 3-30.
"""

from __future__ import annotations

import math
import operator
import os
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_PYTORCH_DEFAULT_SEED = 67280421310721
_BLOCK = 16  # normal numbers are made in whole blocks of 16, unless there are fewer
_WIDE_RANGE = 2**28  # from here on an integer takes two words: one word modulo the range would favour small numbers
_LONG_PERMUTATION = (2**32 - 1) // 20  # from here on PyTorch shuffles in another way

_STATE_FORMAT = b"mt19937a"
_STATE = np.dtype(
    [
        ("format", "S8"),
        ("seed", "<u8"),
        ("key", "<u4", 624),
        ("position", "<u4"),
        ("has_spare_normal", "u1"),
        ("spare_normal", "<f8"),
    ]
)


class Generator:
    """A stream of random numbers of its own, which starts from PyTorch's default seed until it is given another.

    Threads may share a generator: each draw is taken as a whole. A copy, or one that went through pickle, goes on with
    the same numbers.

    Parameters
    ----------
    device : str
        ``"cpu"``, the only device there is; any other is a RuntimeError.

    Examples
    --------
    >>> generator = Generator().manual_seed(0)
    >>> permutation(5, generator)
    array([4, 0, 1, 3, 2])
    """

    _seed: int
    _twister: np.random.MT19937 | None
    _spare_normal: float | None

    def __init__(self, device: str = "cpu") -> None:
        if str(device) != "cpu":
            raise RuntimeError(f"Generator: device must be 'cpu', got {device!r}")
        self._lock = threading.RLock()
        self.manual_seed(_PYTORCH_DEFAULT_SEED)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to `seed`, and return the generator.

        Parameters
        ----------
        seed : int
            From -2**63 to 2**64 - 1; a negative one means ``seed + 2**64``. As in PyTorch, the twister sees its lowest
            32 bits only: seeds that differ by a multiple of 2**32 give the same numbers.

        Raises
        ------
        TypeError
            If `seed` is not an integer.
        ValueError
            If `seed` is out of range.

        Examples
        --------
        >>> Generator().manual_seed(-1).initial_seed() == 2**64 - 1
        True
        """
        number = _integer("manual_seed", "seed", seed, -(2**63), 2**64)
        with self._lock:
            self._seed = number % 2**64
            self._twister = None
            self._spare_normal = None
        return self

    def seed(self) -> int:
        """Start from a seed that the operating system draws, a number from 0 to 2**64 - 1, and return it.

        >>> generator = Generator()
        >>> generator.seed() == generator.initial_seed()
        True
        """
        number = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(number)
        return number

    def initial_seed(self) -> int:
        """Return the seed that the stream started from, a number from 0 to 2**64 - 1.

        >>> Generator().initial_seed()
        67280421310721
        """
        return self._seed

    def get_state(self) -> NDArray[np.uint8]:
        """Return all that decides the numbers to come, as an array of 2,525 bytes for `set_state`.

        They hold the seed, the twister's 624 words, its position in them, and the normal number kept for the next draw,
        in an order that is not PyTorch's.

        >>> generator = Generator()
        >>> state = generator.get_state()
        >>> first = uniform((3,), generator=generator)
        >>> generator.set_state(state)
        >>> bool((uniform((3,), generator=generator) == first).all())
        True
        """
        record = np.zeros((), _STATE)
        with self._lock:
            twister: Any = self._loaded_twister().state["state"]
            record["format"] = _STATE_FORMAT
            record["seed"] = self._seed
            record["key"] = twister["key"]
            record["position"] = twister["pos"]
            if self._spare_normal is not None:
                record["has_spare_normal"] = 1
                record["spare_normal"] = self._spare_normal
        return np.frombuffer(record.tobytes(), np.uint8).copy()

    def set_state(self, state: ArrayLike) -> None:
        """Go on from a state that `get_state` returned.

        Raises
        ------
        TypeError
            If `state` is not an array of uint8.
        RuntimeError
            If it has another shape, or bytes that `get_state` never writes. The generator is then unchanged.

        Examples
        --------
        >>> one, other = Generator().manual_seed(1), Generator()
        >>> other.set_state(one.get_state())
        >>> other.initial_seed()
        1
        """
        array = np.asarray(state)
        if array.dtype != np.uint8:
            raise TypeError(f"set_state: the state must be an array of uint8, got {array.dtype}")
        if array.shape != (_STATE.itemsize,):
            raise RuntimeError(f"set_state: the state must have shape ({_STATE.itemsize},), got {array.shape}")
        record: Any = np.frombuffer(array.tobytes(), _STATE)[0]
        if bytes(record["format"]) != _STATE_FORMAT:
            raise RuntimeError("set_state: these bytes do not come from get_state")
        key, position = record["key"].astype(np.uint32), int(record["position"])
        # A twister whose bits are all zero yields zeros for ever; of its first word only the highest bit counts.
        if position > 624 or not (key[0] >= 2**31 or key[1:].any()):
            raise RuntimeError("set_state: the state is damaged: no twister has this key and position")
        has_spare, spare = int(record["has_spare_normal"]), float(record["spare_normal"])
        if has_spare > 1 or not math.isfinite(spare):
            raise RuntimeError("set_state: the state is damaged: its spare normal number is not a number")
        twister = np.random.MT19937(0)
        twister.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}
        with self._lock:
            self._seed = int(record["seed"])
            self._twister = twister
            self._spare_normal = spare if has_spare else None

    def __getstate__(self) -> bytes:
        return self.get_state().tobytes()

    def __setstate__(self, state: bytes) -> None:
        self._lock = threading.RLock()
        self.set_state(np.frombuffer(state, np.uint8))

    def _loaded_twister(self) -> np.random.MT19937:
        """Return the twister, built at the first draw: NumPy loads its random module when first used, in some 12 ms."""
        if self._twister is None:
            self._twister = np.random.MT19937(0)
            # RandomState seeds by the twister's original rule, as PyTorch does; MT19937(seed) hashes the seed first.
            seeded: Any = np.random.RandomState(self._seed % 2**32).get_state(legacy=False)
            self._twister.state = seeded
        return self._twister

    def _words(self, count: int) -> NDArray[np.uint64]:
        """Return the next `count` words, numbers from 0 to 2**32 - 1."""
        with self._lock:
            return self._loaded_twister().random_raw(count)

    def _wide_words(self, count: int) -> NDArray[np.uint64]:
        """Return `count` numbers from 0 to 2**64 - 1, each of two words, the higher one first."""
        words = self._words(2 * count)
        return (words[0::2] << np.uint64(32)) | words[1::2]

    def _uniform(self, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return `count` numbers in [0, 1): the lowest 24 bits of a word (float32) or 53 of two words (float64)."""
        if dtype == np.float32:
            return (self._words(count) & np.uint64(2**24 - 1)).astype(np.float32) * np.float32(2**-24)
        return (self._wide_words(count) & np.uint64(2**53 - 1)) * 2.0**-53

    def _few_normals(self, count: int) -> NDArray[np.float64]:
        """Return `count` normal numbers, made two at a time; one left over is kept for the next call."""
        with self._lock:
            kept = [] if self._spare_normal is None else [self._spare_normal]
            pairs = (count - len(kept) + 1) // 2
            u = self._uniform(2 * pairs, np.dtype(np.float64)).reshape(pairs, 2)
            radius = np.sqrt(-2 * np.log1p(-u[:, 1]))
            angle = 2 * math.pi * u[:, 0]
            made = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1)
            values = np.concatenate((kept, made.ravel()))
            self._spare_normal = float(values[count]) if len(values) > count else None
            return values[:count]

    def _many_normals(self, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return `count` >= 16 normal numbers; if the last block is not whole, the last 16 are made from new words."""
        rest = count % _BLOCK
        u = self._uniform(count + (_BLOCK if rest else 0), dtype)
        values = np.empty(count, dtype)
        values[: count - rest] = _normal_blocks(u[: count - rest])
        if rest:
            values[-_BLOCK:] = _normal_blocks(u[count:])
        return values


def _normal_blocks(u: NDArray[Any]) -> NDArray[Any]:
    """Turn uniform numbers into normal ones, block by block: eight of them give radii, the next eight give angles."""
    halves = u.reshape(-1, 2, _BLOCK // 2)
    radius = np.sqrt(-2 * np.log(1 - halves[:, 0]))
    angle = 2 * math.pi * halves[:, 1]
    return np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1).ravel()


def _swapped(partners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers 0, 1, ... after place i was swapped with place ``partners[i] >= i``, for each i in turn.

    Swap by swap in Python this takes twice as long for 60,000 numbers, and six times for a million.
    """
    places = np.arange(len(partners))
    # What lies at place i when its turn comes was brought by the last step with partner i, from its own place, to which
    # it had been brought in the same way, and so on back to a place that no step had reached. (A step that is its own
    # partner brings nothing, but afterwards nobody asks for its place.)
    held = places.copy()
    held[partners] = places  # of several steps with one partner the last one stays
    while not np.array_equal(further := held[held], held):
        held = further
    # In its turn, place i takes what lies at its partner: what the step before with that partner brought there, if any.
    by_partner = np.sort((partners << 32) | places)
    partner, step = by_partner >> 32, by_partner & (2**32 - 1)
    again = np.flatnonzero(partner[1:] == partner[:-1])
    numbers = partners.copy()
    numbers[step[again + 1]] = held[step[again]]
    return numbers


# --- numbers ----------------------------------------------------------------------------------------------------------


def uniform(shape: Sequence[int], dtype: DTypeLike = np.float32, generator: Generator | None = None) -> NDArray[Any]:
    """Draw from the uniform distribution on [0, 1), as ``torch.rand``: multiples of 2**-24 (float32) or 2**-53.

    >>> uniform((2,), generator=Generator().manual_seed(0))
    array([0.4962566, 0.7682218], dtype=float32)
    """
    count, kind = _count("rand", shape), _floating("rand", dtype)
    return _chosen("rand", generator)._uniform(count, kind).reshape(shape)


def uniform_range(
    low: float,
    high: float,
    shape: Sequence[int],
    dtype: DTypeLike = np.float32,
    generator: Generator | None = None,
) -> NDArray[Any]:
    """Draw ``low + (high - low) * u`` with u uniform on [0, 1), as ``Tensor.uniform_``; `low` if it rounds to `high`.

    It is a RuntimeError if ``low > high``, or if a bound or their difference is beyond the range of the dtype.

    >>> uniform_range(-1, 1, (2,), generator=Generator().manual_seed(0))
    array([-0.00748682,  0.5364436 ], dtype=float32)
    """
    count, kind = _count("uniform_", shape), _floating("uniform_", dtype)
    largest = float(np.finfo(kind).max)
    if not (-largest <= low <= high <= largest and high - low <= largest):
        raise RuntimeError(
            f"uniform_: low must be <= high, and both and high - low within {kind}, got low={low}, high={high}"
        )
    start, stop = kind.type(low), kind.type(high)
    # PyTorch uses a fused multiply-add. The product of two float32 numbers is exact in float64, so is the sum, unless
    # `low` is below 2**-29 of the width: for float32 this rounds once, too. For float64 it rounds twice.
    u = _chosen("uniform_", generator)._uniform(count, kind).astype(np.float64, copy=False)
    values = (u * float(stop - start) + float(start)).astype(kind, copy=False)
    values[values == stop] = start
    return values.reshape(shape)


def normal(
    shape: Sequence[int],
    dtype: DTypeLike = np.float32,
    generator: Generator | None = None,
    *,
    mean: float = 0.0,
    std: float = 1.0,
) -> NDArray[Any]:
    r"""Draw from the normal distribution, as ``torch.randn`` and ``Tensor.normal_``; `std` < 0 is a RuntimeError.

    Two uniform numbers u and v make two normal ones (Box and Muller, Annals of Mathematical Statistics 29 (1958), 610):
    :math:`\sqrt{-2 \ln u} \cos 2 \pi v` and :math:`\sqrt{-2 \ln u} \sin 2 \pi v`.

    >>> normal((2,), generator=Generator().manual_seed(0))
    array([ 1.5409961, -0.2934289], dtype=float32)
    """
    count, kind = _count("randn", shape), _floating("randn", dtype)
    if not std >= 0:
        raise RuntimeError(f"normal_: std must be >= 0, got {std}")
    source = _chosen("randn", generator)
    values = source._few_normals(count) if count < _BLOCK else source._many_normals(count, kind)
    return (values * float(std) + float(mean)).astype(kind, copy=False).reshape(shape)


def integers(low: int, high: int, shape: Sequence[int], generator: Generator | None = None) -> NDArray[np.int64]:
    """Draw from the integers `low` to ``high - 1``, as ``torch.randint``; ``low >= high`` is a RuntimeError.

    >>> integers(0, 10, (5,), Generator().manual_seed(0))
    array([4, 9, 3, 0, 3])
    """
    count = _count("randint", shape)
    first, end = _integer("randint", "low", low), _integer("randint", "high", high)
    if first >= end:
        raise RuntimeError(f"randint: low must be less than high, got low={first}, high={end}")
    source = _chosen("randint", generator)
    words = source._words(count) if end - first < _WIDE_RANGE else source._wide_words(count)
    # An offset of 2**63 or more wraps around as int64, and adding `first` wraps it back.
    return ((words % np.uint64(end - first)).view(np.int64) + first).reshape(shape)


def permutation(n: int, generator: Generator | None = None) -> NDArray[np.int64]:
    """Draw an order of the integers 0 to n - 1, as ``torch.randperm``; `n` < 0 or >= 214,748,364 is a RuntimeError.

    >>> permutation(5, Generator().manual_seed(1))
    array([0, 4, 2, 3, 1])
    """
    size = _integer("randperm", "n", n)
    if not 0 <= size < _LONG_PERMUTATION:
        raise RuntimeError(f"randperm: n must lie in [0, {_LONG_PERMUTATION - 1}], got {size}")
    partners = np.arange(size)
    choices = np.arange(size, 1, -1, dtype=np.uint64)  # the last place is left with itself, without a draw
    words = _chosen("randperm", generator)._words(len(choices))
    partners[:-1] += (words % choices).view(np.int64)
    return _swapped(partners)


def bernoulli(
    p: float, shape: Sequence[int], dtype: DTypeLike = np.float32, generator: Generator | None = None
) -> NDArray[Any]:
    """Draw ones with probability `p`, else zeros, of any dtype, as ``Tensor.bernoulli_``, from which dropout is made.

    It is a RuntimeError if `p` is not in [0, 1]. PyTorch on an Intel processor (builds with MKL) draws these numbers
    from another generator; they are equal on all others.

    >>> bernoulli(0.5, (6,), generator=Generator().manual_seed(0))
    array([0., 0., 1., 0., 0., 0.], dtype=float32)
    """
    count = _count("bernoulli_", shape)
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_: p must lie in [0, 1], got {p}")
    u = _chosen("bernoulli_", generator)._uniform(count, np.dtype(np.float64))
    return (u < p).astype(dtype).reshape(shape)


# --- checks -----------------------------------------------------------------------------------------------------------


def _chosen(op: str, generator: Generator | None) -> Generator:
    """Return the generator to draw from."""
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        raise TypeError(f"{op}: generator must be a Generator, got {type(generator).__name__}")
    return generator


def _integer(op: str, name: str, value: int, low: int = -(2**63), high: int = 2**63) -> int:
    """Return `value` as a Python integer, ``low <= value < high``."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{op}: {name} must be an integer, got {value!r}") from None
    if not low <= number < high:
        raise ValueError(f"{op}: {name} must lie in [{low}, {high - 1}], got {number}")
    return number


def _count(op: str, shape: Sequence[int]) -> int:
    """Return the number of elements of an array of this shape."""
    sizes = [_integer(op, "a dimension", size) for size in shape]
    if min(sizes, default=0) < 0:
        raise RuntimeError(f"{op}: no dimension may be negative, got shape {tuple(sizes)}")
    return math.prod(sizes)


def _floating(op: str, dtype: DTypeLike) -> np.dtype[Any]:
    """Return the dtype to draw in."""
    kind = np.dtype(dtype)
    if kind not in (np.float32, np.float64):
        raise NotImplementedError(f"{op}: dtype must be float32 or float64, got {kind}")
    return kind


# --- the global generator ---------------------------------------------------------------------------------------------

default_generator = Generator()
default_generator.seed()

manual_seed = default_generator.manual_seed
seed = default_generator.seed
initial_seed = default_generator.initial_seed
get_rng_state = default_generator.get_state
set_rng_state = default_generator.set_state
