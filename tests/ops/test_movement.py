"""Laws of the functions that move entries: inverse pairs, NumPy's functions of the same name, and derivatives."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np._graph import Domain, Draw
from tinygrad_np._graph._domain import Case
from tinygrad_np.ops import padding, repeating
from tinygrad_np.testing.derivatives import check_gradient, check_order, values_of
from tinygrad_np.testing.strategies import LAYOUTS, SeededDraw, calls, cotangents, limits, seeds

F = tg.nn.functional


def drawn(seed: int, limit: int, min_dims: int = 0, min_side: int = 0) -> tuple[Any, SeededDraw]:
    """Draw an array of distinct entries, laid out in any way, and what to draw further choices from."""
    draw = SeededDraw(seed, limit)
    shape = draw.shape(min_dims=min_dims, min_side=min_side)
    entries = draw.random.permutation(int(np.prod(shape))).reshape(shape).astype(float)
    return LAYOUTS[draw.choice(sorted(LAYOUTS))](entries), draw


def same(y: Any, expected: Any) -> None:
    assert y.shape == expected.shape
    assert y.dtype == expected.dtype
    np.testing.assert_array_equal(y.array, expected)


# ------------------------------------------------------------------------------------------------------ inverse pairs


@given(seed=seeds, limit=limits)
def test_what_is_undone_is_as_before(seed, limit):
    x, draw = drawn(seed, limit, min_dims=1)
    t, dim = tg.tensor(x), draw.integer(0, x.ndim - 1)
    dims, shifts = tuple(range(dim + 1)), tuple(draw.integer(-4, 4) for _ in range(dim + 1))
    same(t.flip(dims).flip(dims), x)
    same(t.roll(shifts, dims).roll([-shift for shift in shifts], dims), x)
    same(t.roll(shifts[0]).roll(-shifts[0]), x)
    same(t.movedim(0, dim).movedim(dim, 0), x)
    same(t.swapaxes(0, dim).swapaxes(dim, 0), x)
    same(tg.cat(t.tensor_split(draw.integer(1, 4), dim), dim), x)
    if x.shape[dim]:
        same(tg.stack(t.unbind(dim), dim), x)
        same(t.repeat_interleave(2, dim).unfold(dim, 2, 2).select(-1, 1), x)
    same(t.ravel().reshape_as(t), x)
    same(t.unsqueeze(dim).squeeze(dim), x)
    same(t.diag_embed(shifts[0]).diagonal(shifts[0], -2, -1), x)
    widths = [draw.integer(0, 2) for _ in range(2 * x.ndim)]
    same(F.pad(F.pad(t, widths, value=9), [-n for n in widths]), x)


@given(seed=seeds, limit=limits, k=st.integers(-3, 3))
def test_turns_and_triangles(seed, limit, k):
    x, _ = drawn(seed, limit, min_dims=2)
    t = tg.tensor(x)
    same(t.rot90(k).rot90(-k), x)
    same(t.rot90(k, (-1, 0)), np.rot90(x, k, (-1, 0)))
    same(t.tril(k) + t.triu(k + 1), x)
    same(tg.tril_indices(*x.shape[:2], k), np.stack(np.tril_indices(x.shape[0], k, x.shape[1])))
    same(tg.triu_indices(*x.shape[:2], k), np.stack(np.triu_indices(x.shape[0], k, x.shape[1])))


@given(seed=seeds, r=st.integers(1, 3), groups=st.integers(1, 3))
def test_pixels_and_channels_come_back(seed, r, groups):
    draw = SeededDraw(seed, 2)
    c, h, w = (draw.integer(0, 2) for _ in range(3))
    x = draw.random.normal(size=(*draw.shape(max_dims=2), c, h * r, w * r))
    same(tg.pixel_shuffle(tg.pixel_unshuffle(tg.tensor(x), r), r), x)
    images = draw.random.normal(size=(2, groups * c, h, w))
    assume(c)
    same(tg.channel_shuffle(tg.channel_shuffle(tg.tensor(images), groups), c), images)


def test_pixels_of_a_channel_lie_together():
    """Output channel 0 is made of the input channels 0 ... r² - 1, row after row."""
    x = np.arange(2 * 4 * 2 * 3).reshape(2, 4, 2, 3)
    y = F.pixel_shuffle(tg.tensor(x), 2).array
    for n, i, j, row, column in itertools.product(range(2), range(2), range(2), range(2), range(3)):
        assert y[n, 0, 2 * row + i, 2 * column + j] == x[n, 2 * i + j, row, column]


# ------------------------------------------------------------------------------------------------------------- NumPy


@given(seed=seeds, limit=limits)
def test_as_numpy(seed, limit):
    x, draw = drawn(seed, limit, min_dims=1)
    t, dim = tg.tensor(x), draw.integer(0, x.ndim - 1)
    times = [draw.integer(0, 2) for _ in range(draw.integer(x.ndim, 4))]
    same(t.repeat(times), np.tile(x, times))
    same(t.tile(times[:2]), np.tile(x, times[:2]))
    each = draw.integers((x.shape[dim],), 0, 3)
    same(t.repeat_interleave(tg.tensor(each), dim), np.repeat(x, each, dim))
    same(t.repeat_interleave(2), np.repeat(x, 2))
    cuts = [draw.integer(-4, 4) for _ in range(2)]
    for piece, expected in zip(t.tensor_split(sorted(cuts), dim), np.split(x, sorted(cuts), dim), strict=True):
        if sorted(cuts)[0] >= -x.shape[dim]:
            same(piece, expected)
    same(tg.vstack([t, t]), np.vstack([x, x]))
    same(tg.hstack([t, t]), np.hstack([x, x]))
    same(tg.dstack([t, t]), np.dstack([x, x]))
    same(tg.column_stack([t, t]), np.column_stack([x, x]))
    for mine, theirs in zip(tg.atleast_3d(t, t.sum()), (np.atleast_3d(x), np.atleast_3d(x.sum())), strict=True):
        same(mine, theirs)


@given(seed=seeds, indexing=st.sampled_from(["ij", "xy"]), r=st.integers(1, 3), replaced=st.booleans())
def test_grids_and_choices(seed, indexing, r, replaced):
    draw = SeededDraw(seed, 3)
    vectors = [draw.random.normal(size=draw.integer(0, 3)) for _ in range(draw.integer(1, 3))]
    tensors = [tg.tensor(v) for v in vectors]
    for mine, theirs in zip(
        tg.meshgrid(tensors, indexing=indexing), np.meshgrid(*vectors, indexing=indexing), strict=True
    ):
        same(mine, theirs)
    if len(vectors) > 1:
        rows = list(itertools.product(*vectors))
        same(tg.cartesian_prod(*tensors), np.array(rows).reshape(-1, len(vectors)))
    choose = itertools.combinations_with_replacement if replaced else itertools.combinations
    same(tg.combinations(tensors[0], r, replaced), np.array(list(choose(vectors[0], r))).reshape(-1, r))


MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@pytest.mark.parametrize("mode", MODES)
@given(seed=seeds, limit=limits)
def test_padding_as_numpy(mode, seed, limit):
    x, draw = drawn(seed, limit, min_dims=2, min_side=1)
    padded = range(1, x.ndim)
    widths = [(0, 0)] + [(draw.integer(0, x.shape[d] - 1), draw.integer(0, x.shape[d] - 1)) for d in padded]
    pad = [n for pair in reversed(widths[1:]) for n in pair]
    same(F.pad(tg.tensor(x), pad, mode), np.pad(x, widths, MODES[mode]))


@pytest.mark.parametrize("step", [1, 2, 3])
def test_windows_overlap_where_they_are_added_up(step):
    x = tg.arange(7.0, dtype=tg.float64).requires_grad_()
    windows = x.unfold(0, 3, step)
    windows.sum().backward()
    seen = [sum(start <= i < start + 3 for start in range(0, 5, step)) for i in range(7)]
    assert x.grad.tolist() == seen


# ------------------------------------------------------------------------------------------------------- derivatives


def some_matrices(draw: Draw) -> Case:
    return [(draw.integer(0, 2), draw.integer(0, 2))[draw.integer(0, 2) :] for _ in range(draw.integer(1, 3))], ()


def a_row_to_pad(draw: Draw) -> Case:
    n = draw.integer(1, 4)
    before = draw.integer(1 - n, n - 1)
    return [(2, n)], ((before, draw.integer(max(1 - n - min(before, 0), 1 - n), n - 1)),)


def some_repeats(draw: Draw) -> Case:
    shape = draw.shape(min_dims=1)
    dim = draw.integer(0, len(shape) - 1)
    return [shape], (draw.integers((shape[dim],), 0, 2), dim)


def padded(mode: str) -> Any:
    return lambda x, pad: padding.pad(x, pad, mode)


FUNCTIONS = {
    "block_diag": (lambda *blocks: repeating.block_diag(*blocks), Domain(case=some_matrices)),
    "repeat_interleave": (repeating.repeat_interleave, Domain(case=some_repeats)),
    "reflect": (padded("reflect"), Domain(case=a_row_to_pad)),
    "replicate": (padded("replicate"), Domain(case=a_row_to_pad)),
}
every_function = pytest.mark.parametrize(("function", "domain"), FUNCTIONS.values(), ids=FUNCTIONS)


@every_function
@given(data=st.data(), seed=seeds)
def test_derivatives(function, domain, data, seed):
    call = data.draw(calls(domain))
    weights = [data.draw(cotangents(y.shape)) for y in values_of(function, call)]
    check_gradient(function, function, domain, call, weights)
    check_order(2, function, call, np.random.default_rng(seed))


def test_an_empty_vector_takes_a_row_of_a_block_diagonal():
    """PyTorch gives the next block the gradient of the rows from that one on."""
    x = tg.ones(2, 2, requires_grad=True)
    tg.block_diag(tg.zeros(0), x).backward(tg.arange(6.0).reshape(3, 2))
    assert x.grad.tolist() == [[2, 3], [4, 5]]


def test_shuffling_no_pixels_has_a_gradient():
    x = tg.zeros(4, 0, 2, requires_grad=True)
    tg.pixel_shuffle(x, 2).sum().backward()
    assert x.grad.shape == (4, 0, 2)


def test_the_same_bits_keep_their_history():
    x = tg.ones(2, requires_grad=True)
    (x.view(tg.float32) * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_a_stack_costs_two_nodes():
    """Not one for each tensor: a network that collects its steps would pay for it."""
    x = tg.ones(3, requires_grad=True)
    joined = tg.stack([x * 2] * 5).grad_fn.edges[0]
    assert [node.op.name for node in joined.edges] == ["mul"] * 5


# ------------------------------------------------------------------------------------------- laid out, stored, float32


def test_every_dtype_is_moved():
    for dtype in (tg.bool, tg.uint8, tg.int8, tg.int16, tg.int32, tg.int64, tg.float16, tg.float32, tg.float64):
        x = tg.tensor([[0, 1], [1, 0]]).to(dtype)
        moved = [x.flip(0), x.roll(1), x.rot90(), x.diagonal(), x.diag_embed(), x.tril(), x.triu(), F.pad(x, (1, 1))]
        moved += [x.unfold(0, 1, 1), x.repeat(2, 1), x.repeat_interleave(2), x.ravel(), x.movedim(0, 1), x.select(0, 1)]
        assert {y.dtype for y in moved} == {dtype}


def test_the_diagonal_of_a_locked_source_can_be_written_to():
    """As all of a tensor can, though the array that it was made from is read-only."""
    x = tg.from_numpy(np.zeros((2, 3)))
    x.diagonal().fill_(1)
    assert x.tolist() == [[1, 0, 0], [0, 1, 0]]
    frozen = x.T.expand(2, 3, 2).diagonal(0, 1, 2)
    with pytest.raises(RuntimeError, match="read-only"):
        frozen.zero_()
