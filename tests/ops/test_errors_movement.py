"""What PyTorch refuses to move, cut, join or pad: its class of exception, and a message that says what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg

# What is called with a library and its float32 tensor of shape (2, 3); the exception, and what its message must match.
REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "view_as": (lambda lib, x: x.view_as(lib.zeros(4)), RuntimeError, "view: shape"),
    "view as larger numbers": (lambda lib, x: x.view(lib.float64), RuntimeError, r"view: shape \(2, 3\) of float32"),
    "view of 0-d as smaller numbers": (lambda lib, x: x[0, 0].view(lib.int16), RuntimeError, "view: .*as int16"),
    "view of rows as larger numbers": (lambda lib, x: x.T.view(lib.float64), RuntimeError, "view: .*float64"),
    "view as numbers of a shape": (lambda lib, x: x.view(lib.int32, 2), TypeError, "view"),
    "reshape_as": (lambda lib, x: x.reshape_as(lib.zeros(4)), RuntimeError, "reshape: shape"),
    "unflatten": (lambda lib, x: x.unflatten(1, (2, 2)), RuntimeError, r"unflatten of dim 1: shape \(2, 2\)"),
    "unflatten to nothing": (lambda lib, x: x.unflatten(1, ()), RuntimeError, r"unflatten: dim 1 of shape \(2, 3\)"),
    "unflatten to a number": (lambda lib, x: x.unflatten(1, 3), TypeError, "unflatten"),
    "unflatten to text": (lambda lib, x: x.unflatten(1, "ab"), TypeError, "unflatten"),
    "unflatten of a dim": (lambda lib, x: x.unflatten(2, (1,)), IndexError, "unflatten: dim 2"),
    "unflatten of 0-d": (lambda lib, x: x[0, 0].unflatten(0, (1,)), RuntimeError, "unflatten: dim 0 of shape"),
    "t": (lambda lib, x: lib.t(x[None]), RuntimeError, r"t: expected at most a matrix, got shape \(1, 2, 3\)"),
    "movedim of a dim": (lambda lib, x: x.movedim(0, 2), IndexError, "movedim: dim 2"),
    "movedim of a dim twice": (lambda lib, x: x.movedim((0, 0), (0, 1)), RuntimeError, "movedim: source .* twice"),
    "movedim to a dim twice": (lambda lib, x: x.movedim((0, 1), (1, -1)), RuntimeError, "movedim: dest.* twice"),
    "movedim of fewer": (lambda lib, x: x.movedim((0,), (0, 1)), RuntimeError, "movedim: .*different numbers"),
    "movedim of one to several": (lambda lib, x: x.movedim(0, (1,)), TypeError, "movedim"),
    "expand_as": (lambda lib, x: x.expand_as(lib.zeros(2, 4)), RuntimeError, "expand: "),
    "expand to less than nothing": (lambda lib, x: x.expand(-2, 3), RuntimeError, "expand: "),
    "broadcast_shapes": (
        lambda lib, x: lib.broadcast_shapes((2,), 3),
        RuntimeError,
        r"broadcast_shapes: .*\(2,\), \(3,\)",
    ),
    "broadcast_shapes of less than nothing": (
        lambda lib, x: lib.broadcast_shapes((-1,), (3,)),
        ValueError,
        "broadcast_shapes: sizes",
    ),
    "broadcast_tensors": (
        lambda lib, x: lib.broadcast_tensors(x, x.T),
        RuntimeError,
        "broadcast_tensors: .*do not broadcast",
    ),
    "broadcast_tensors of a list": (
        lambda lib, x: lib.broadcast_tensors([x, x]),
        TypeError,
        "broadcast_tensors",
    ),
    "atleast of a number": (lambda lib, x: lib.atleast_1d(x, 3), TypeError, r"atleast_1d"),
    "squeeze of a dim twice": (
        lambda lib, x: x.squeeze((0, -2)),
        RuntimeError,
        "squeeze: a dim appears more than once",
    ),
    "narrow from beyond": (lambda lib, x: x.narrow(1, 4, 0), IndexError, "narrow: start 4 is out of range"),
    "narrow of less than nothing": (lambda lib, x: x.narrow(1, 1, -1), RuntimeError, "narrow: -1 entries from 1"),
    "narrow of 0-d": (lambda lib, x: x[0, 0].narrow(0, 0, 0), RuntimeError, "narrow: 0 entries"),
    "narrow from several": (lambda lib, x: x.narrow(0, lib.tensor([0]), 1), RuntimeError, "narrow: start must be one"),
    "narrow from a half": (lambda lib, x: x.narrow(0, 0.5, 1), TypeError, "."),
    "select": (
        lambda lib, x: x.select(1, 3),
        IndexError,
        r"select: index 3 is out of range for dim 1 of shape \(2, 3\)",
    ),
    "select of 0-d": (lambda lib, x: x[0, 0].select(0, 0), IndexError, "select: index 0"),
    "select a half": (lambda lib, x: x.select(0, 0.5), TypeError, "."),
    "split_with_sizes": (lambda lib, x: x.split_with_sizes([1, 2]), RuntimeError, "split: sizes .* do not add up"),
    "split_with_sizes of a number": (lambda lib, x: x.split_with_sizes(1), TypeError, "split_with_sizes"),
    "tensor_split into none": (lambda lib, x: x.tensor_split(0), RuntimeError, "tensor_split: the number of sections"),
    "tensor_split of 0-d": (lambda lib, x: x[0, 0].tensor_split(1), RuntimeError, "tensor_split: a 0-d"),
    "tensor_split by nothing": (lambda lib, x: x.tensor_split(), TypeError, "tensor_split"),
    "tensor_split by floats": (lambda lib, x: x.tensor_split(2.0), TypeError, "tensor_split"),
    "tensor_split by a float tensor": (
        lambda lib, x: x.tensor_split(lib.tensor(2.0)),
        RuntimeError,
        "tensor_split: where to cut is .* int64, got float32",
    ),
    "tensor_split by a matrix": (lambda lib, x: x.tensor_split(lib.tensor([[1]])), RuntimeError, r"shape \(1, 1\)"),
    "hsplit": (lambda lib, x: x.hsplit(2), RuntimeError, r"hsplit: dim 1 of shape \(2, 3\) .* 2 equal pieces"),
    "hsplit into none": (lambda lib, x: x.hsplit(0), RuntimeError, "hsplit: dim 1"),
    "hsplit of 0-d": (lambda lib, x: x[0, 0].hsplit(1), RuntimeError, "hsplit: expected at least 1 dim"),
    "vsplit of a vector": (lambda lib, x: x[0].vsplit(1), RuntimeError, r"vsplit: .*got shape \(3,\)"),
    "dsplit of a matrix": (lambda lib, x: x.dsplit(1), RuntimeError, r"dsplit: .*got shape \(2, 3\)"),
    "repeat": (lambda lib, x: x.repeat(2), RuntimeError, r"repeat: repeats \(2,\) must .* shape \(2, 3\)"),
    "repeat less than nothing": (lambda lib, x: x.repeat(-1, 2), RuntimeError, "repeat: repeats"),
    "repeat by nothing": (lambda lib, x: x.repeat(), TypeError, r"repeat: expected integers"),
    "tile by nothing": (lambda lib, x: x.tile(), TypeError, r"tile: expected integers"),
    "tile less than nothing": (lambda lib, x: x.tile(-1), RuntimeError, r"tile: repeats \(1, -1\)"),
    "repeat_interleave": (
        lambda lib, x: x.repeat_interleave(lib.tensor([1, 2, 3]), 0),
        RuntimeError,
        r"repeat_interleave: repeats must be one number, or 2 for dim 0 of shape \(2, 3\)",
    ),
    "repeat_interleave by less than nothing": (
        lambda lib, x: x.repeat_interleave(-1),
        RuntimeError,
        "repeat_interleave: repeats cannot be negative, got -1",
    ),
    "repeat_interleave by floats": (
        lambda lib, x: x.repeat_interleave(lib.tensor([1.0, 2.0]), 0),
        NotImplementedError,
        "repeat_interleave: repeats must be int64 or int32, got float32",
    ),
    "repeat_interleave by a list": (lambda lib, x: x.repeat_interleave([1, 2], 0), TypeError, "repeat_interleave"),
    "repeat_interleave by a matrix": (
        lambda lib, x: x.repeat_interleave(lib.tensor([[1, 2]]), 0),
        RuntimeError,
        "repeat_interleave: repeats",
    ),
    "repeat_interleave of a matrix of numbers": (
        lambda lib, x: lib.repeat_interleave(lib.tensor([[1, 2]])),
        RuntimeError,
        "repeat_interleave: repeats must be a vector",
    ),
    "repeat_interleave of 0-d": (lambda lib, x: x[0, 0].repeat_interleave(2, 0), IndexError, "a 0-d tensor has no dim"),
    "repeat_interleave to a size": (
        lambda lib, x: x.repeat_interleave(2, 0, output_size=5),
        RuntimeError,
        "repeat_interleave: output_size is 5, but the repeats give 4",
    ),
    "repeat_interleave of numbers to a size": (
        lambda lib, x: lib.repeat_interleave(lib.tensor([1, 2]), output_size=4),
        RuntimeError,
        "repeat_interleave: output_size is 4, but the repeats give 3",
    ),
    "flip by nothing": (lambda lib, x: x.flip(), TypeError, "flip: expected dims"),
    "flip a dim": (lambda lib, x: x.flip(2), IndexError, "flip: dim 2"),
    "flip a dim twice": (lambda lib, x: x.flip(0, -2), RuntimeError, "flip: dims .* twice"),
    "fliplr of a vector": (lambda lib, x: x[0].fliplr(), RuntimeError, "fliplr: expected at least 2"),
    "flipud of 0-d": (lambda lib, x: x[0, 0].flipud(), RuntimeError, "flipud: expected at least 1"),
    "roll by nothing": (lambda lib, x: x.roll(()), RuntimeError, "roll: expected at least one shift"),
    "roll by two": (lambda lib, x: x.roll((1, 2)), RuntimeError, "roll: expected a shift for each dim"),
    "roll by one along two": (lambda lib, x: x.roll(1, (0, 1)), RuntimeError, "roll: expected a shift for each dim"),
    "roll a dim": (lambda lib, x: x.roll(1, 2), IndexError, "roll: dim 2"),
    "roll of 0-d": (lambda lib, x: x[0, 0].roll(1, 0), IndexError, "roll: a 0-d tensor has no dim 0"),
    "roll by a half": (lambda lib, x: x.roll(0.5), TypeError, "roll"),
    "rot90 in one dim": (lambda lib, x: x.rot90(1, (0,)), RuntimeError, "rot90: expected 2 dims"),
    "rot90 of a vector": (lambda lib, x: x[0].rot90(), RuntimeError, "rot90: expected 2 dims of at least 2"),
    "rot90 in the same dim": (lambda lib, x: x.rot90(1, (0, -2)), RuntimeError, "rot90: dims .* are the same"),
    "rot90 in a dim": (lambda lib, x: x.rot90(1, (0, 2)), IndexError, "rot90: dim 2"),
    "diagonal of one dim": (lambda lib, x: x.diagonal(0, 1, -1), RuntimeError, "diagonal: dim1 and dim2 must differ"),
    "diagonal of a vector": (lambda lib, x: x[0].diagonal(), IndexError, "diagonal: dim 1"),
    "diagonal of 0-d": (lambda lib, x: x[0, 0].diagonal(), IndexError, "diagonal: dim 1"),
    "diag_embed in one dim": (lambda lib, x: x.diag_embed(0, 1, 1), RuntimeError, "diag_embed: dim1 and dim2"),
    "diag_embed of 0-d": (lambda lib, x: x[0, 0].diag_embed(), IndexError, "diag_embed: expected at least 1 dim"),
    "diag of three dims": (lambda lib, x: x[None].diag(), RuntimeError, r"diag: .*got shape \(1, 2, 3\)"),
    "diag of 0-d": (lambda lib, x: x[0, 0].diag(), RuntimeError, "diag: expected a vector or a matrix"),
    "trace of a vector": (lambda lib, x: x[0].trace(), RuntimeError, "trace: expected a matrix"),
    "trace of bools": (lambda lib, x: (x > 0).trace(), NotImplementedError, "trace: not defined for bool"),
    "tril of a vector": (lambda lib, x: x[0].tril(), RuntimeError, "tril: expected at least 2 dims"),
    "triu of a vector": (lambda lib, x: lib.triu(x[0]), RuntimeError, "triu: expected at least 2 dims"),
    "tril by a half": (lambda lib, x: x.tril(0.5), TypeError, "."),
    "tril_indices": (lambda lib, x: lib.tril_indices(-1, 2), RuntimeError, "tril_indices: row and col"),
    "triu_indices of floats": (
        lambda lib, x: lib.triu_indices(2, 2, dtype=lib.float32),
        NotImplementedError,
        "triu_indices: dtype must be int64 or int32",
    ),
    "unfold too far": (lambda lib, x: x.unfold(1, 4, 1), RuntimeError, "unfold: size must be from 0 to 3"),
    "unfold less than nothing": (lambda lib, x: x.unfold(1, -1, 1), RuntimeError, "unfold: size must be from 0 to 3"),
    "unfold without a step": (lambda lib, x: x.unfold(1, 1, 0), RuntimeError, "unfold: step must be positive"),
    "unfold a dim": (lambda lib, x: x.unfold(2, 1, 1), IndexError, "unfold: dim 2"),
    "unfold of 0-d": (lambda lib, x: x[0, 0].unfold(0, 2, 1), RuntimeError, "unfold: size must be from 0 to 1"),
    "cat of nothing": (lambda lib, x: lib.cat([]), ValueError, "cat: expected at least one tensor"),
    "cat of empty tables": (lambda lib, x: lib.cat([lib.zeros(0, 2), x]), RuntimeError, r"cat: tensors\[1\]"),
    "cat in a dim": (lambda lib, x: lib.cat([lib.zeros(0), x], 2), IndexError, "cat: dim 2"),
    "stack of nothing": (lambda lib, x: lib.stack(()), RuntimeError, "stack: expected at least one"),
    "stack in a dim": (lambda lib, x: lib.stack([x, x], 3), IndexError, "stack: dim 3"),
    "hstack of nothing": (lambda lib, x: lib.hstack([]), RuntimeError, "hstack: expected at least one"),
    "vstack of a tensor": (lambda lib, x: lib.vstack(x), TypeError, "vstack: expected a list"),
    "hstack of dims": (lambda lib, x: lib.hstack([x[0], x]), RuntimeError, r"cat: tensors\[1\] of shape \(2, 3\)"),
    "dstack of shapes": (lambda lib, x: lib.dstack([x, x.T]), RuntimeError, r"cat: tensors\[1\]"),
    "column_stack of shapes": (lambda lib, x: lib.column_stack([x, x[0]]), RuntimeError, r"cat: tensors\[1\]"),
    "meshgrid of nothing": (lambda lib, x: lib.meshgrid(), RuntimeError, "meshgrid: expected at least one"),
    "meshgrid of matrices": (lambda lib, x: lib.meshgrid(x), RuntimeError, "meshgrid: expected vectors"),
    "meshgrid of dtypes": (
        lambda lib, x: lib.meshgrid(x[0], x[0].int()),
        RuntimeError,
        r"meshgrid: expected vectors of one dtype, but tensors\[1\]",
    ),
    "meshgrid indexing": (
        lambda lib, x: lib.meshgrid(x[0], indexing="ji"),
        RuntimeError,
        "meshgrid: indexing must be",
    ),
    "cartesian_prod of matrices": (lambda lib, x: lib.cartesian_prod(x), RuntimeError, "cartesian_prod: .*vectors"),
    "combinations of a matrix": (lambda lib, x: lib.combinations(x), RuntimeError, "combinations: .*a vector"),
    "combinations of less than none": (
        lambda lib, x: lib.combinations(x[0], -1),
        RuntimeError,
        "combinations: r",
    ),
    "block_diag of three dims": (
        lambda lib, x: lib.block_diag(x, x[None]),
        RuntimeError,
        r"block_diag: .*tensors\[1\] has shape \(1, 2, 3\)",
    ),
    "block_diag of a number": (lambda lib, x: lib.block_diag(x, 3), TypeError, r"block_diag: tensors\[1\]"),
}

# The same, called with nn.functional and a tensor of shape (1, 2, 3, 4).
REFUSED_OF_IMAGES: dict[str, tuple[Any, type[Exception], str]] = {
    "an odd number": (lambda F, x: F.pad(x, (1,)), RuntimeError, "pad: expected two numbers"),
    "too many dims": (lambda F, x: F.pad(x, (1,) * 10), RuntimeError, r"pad: .*at most 4 dims of \(1, 2, 3, 4\)"),
    "cut too much": (lambda F, x: F.pad(x, (-3, -2)), RuntimeError, r"pad: \(-3, -2\) cut off more than the 4 entries"),
    "cut too much, added more": (lambda F, x: F.pad(x, (-5, 6)), RuntimeError, "pad: .*cut off more than the 4"),
    "halves": (lambda F, x: F.pad(x, (0.5, 1)), TypeError, "pad"),
    "a mode": (lambda F, x: F.pad(x, (1, 1), "mirror"), NotImplementedError, "pad: the modes are .*'mirror'"),
    "a value that does not fit": (lambda F, x: F.pad(x.int(), (1, 1), value=np.nan), RuntimeError, "nan does not fit"),
    "a large value": (lambda F, x: F.pad(x.byte(), (1, 1), value=300), RuntimeError, "pad: the value 300 .* uint8"),
    "a negative value": (lambda F, x: F.pad(x.byte(), (1, 1), value=-1), RuntimeError, "pad: the value -1"),
    "an infinite value of integers": (lambda F, x: F.pad(x.long(), (1, 1), value=np.inf), RuntimeError, "value inf"),
    "a value beyond float32": (lambda F, x: F.pad(x, (1, 1), value=1e300), RuntimeError, "pad: the value 1e"),
    "a value of text": (lambda F, x: F.pad(x, (1, 1), value="1"), TypeError, "pad"),
    "reflect with a value": (lambda F, x: F.pad(x, (1, 1, 1, 1), "reflect", 1), RuntimeError, "takes no value, got 1"),
    "reflect of one dim of four": (lambda F, x: F.pad(x, (1, 1), "reflect"), NotImplementedError, "pad: the mode 'ref"),
    "replicate of a vector": (
        lambda F, x: F.pad(x[0, 0, 0], (1, 1), "replicate"),
        NotImplementedError,
        r"shape \(4,\)",
    ),
    "circular in four dims": (lambda F, x: F.pad(x, (1,) * 8, "circular"), NotImplementedError, "got 8 numbers"),
    "reflect in no dim": (lambda F, x: F.pad(x, (), "reflect"), NotImplementedError, "got 0 numbers"),
    "reflect too far": (lambda F, x: F.pad(x, (4, 0, 0, 0), "reflect"), RuntimeError, "adds less than the 4 entries"),
    "reflect nothing": (lambda F, x: F.pad(x[:, :0], (1, 1, 1, 1), "reflect"), RuntimeError, "pad: .*needs entries"),
    "replicate nothing": (lambda F, x: F.pad(x[..., :0], (1, 1, 1, 1), "replicate"), RuntimeError, "needs entries"),
    "replicate and leave nothing": (
        lambda F, x: F.pad(x, (-2, -2, -1, -2), "replicate"),
        RuntimeError,
        r"pad: .*needs entries: .* leave \[0, 0\]",
    ),
    "replicate and leave less than nothing": (
        lambda F, x: F.pad(x, (-3, -2, 0, 0), "replicate"),
        RuntimeError,
        r"pad: .* leave \[-1, 3\]",
    ),
    "circular too far": (
        lambda F, x: F.pad(x, (5, 0, 0, 0), "circular"),
        RuntimeError,
        "'circular' adds at most the 4",
    ),
    "pixel_shuffle of channels": (lambda F, x: F.pixel_shuffle(x, 2), RuntimeError, "pixel_shuffle: the 2 channels"),
    "pixel_shuffle by nothing": (lambda F, x: F.pixel_shuffle(x, 0), RuntimeError, "pixel_shuffle: the factor"),
    "pixel_shuffle of a matrix": (lambda F, x: F.pixel_shuffle(x[0, 0], 1), RuntimeError, r"pixel_shuffle: .*\(3, 4\)"),
    "pixel_unshuffle": (lambda F, x: F.pixel_unshuffle(x, 2), RuntimeError, "pixel_unshuffle: height and width"),
    "channel_shuffle of a matrix": (
        lambda F, x: F.channel_shuffle(x[0, 0], 1),
        RuntimeError,
        "channel_shuffle: expect",
    ),
    "channel_shuffle by three": (
        lambda F, x: F.channel_shuffle(x, 3),
        RuntimeError,
        "channel_shuffle: groups must div",
    ),
    "channel_shuffle by nothing": (lambda F, x: F.channel_shuffle(x, 0), RuntimeError, "channel_shuffle: groups"),
}

ONES = np.ones((2, 3), np.float32)
IMAGES = np.ones((1, 2, 3, 4), np.float32)


def check(lib: Any, first: Any, array: Any, form: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        form(first, lib.tensor(array))
    assert caught.type is kind


@pytest.mark.parametrize(("form", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(form, kind, message):
    check(tg, tg, ONES, form, kind, message)


@pytest.mark.parametrize(("form", "kind", "message"), REFUSED_OF_IMAGES.values(), ids=REFUSED_OF_IMAGES)
def test_refused_of_images(form, kind, message):
    check(tg, tg.nn.functional, IMAGES, form, kind, message)


@pytest.mark.parametrize(("form", "kind"), [row[:2] for row in REFUSED.values()], ids=REFUSED)
def test_refused_by_pytorch_with_the_same_class(form, kind):
    torch = pytest.importorskip("torch", reason="the comparison needs PyTorch")
    check(torch, torch, ONES, form, kind, ".")


@pytest.mark.parametrize(("form", "kind"), [row[:2] for row in REFUSED_OF_IMAGES.values()], ids=REFUSED_OF_IMAGES)
def test_refused_of_images_by_pytorch_with_the_same_class(form, kind):
    torch = pytest.importorskip("torch", reason="the comparison needs PyTorch")
    check(torch, torch.nn.functional, IMAGES, form, kind, ".")


def test_as_strided_says_what_to_use_instead():
    for call in (lambda x: tg.as_strided(x, (3, 2), (1, 1)), lambda x: x.as_strided((3, 2), (1, 1))):
        with pytest.raises(NotImplementedError, match=r"as_strided: .*shape \(4,\).* use unfold"):
            call(tg.arange(4))


def test_windows_cannot_be_written_to():
    with pytest.raises(RuntimeError, match="read-only"):
        tg.arange(4).unfold(0, 2, 2).zero_()


def test_bits_of_a_result_cannot_be_written_to():
    y = tg.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="read-only"):
        y.view(tg.int32).zero_()
    y.detach().view(tg.int32).zero_()
    assert y.tolist() == [0, 0]


def test_a_device_that_is_not_there():
    for function in (tg.tril_indices, tg.triu_indices):
        with pytest.raises(RuntimeError, match="_indices: there is no device 'cuda'"):
            function(2, 2, device="cuda")


def test_tensors_and_arrays_mix():
    x, array = tg.ones(1, requires_grad=True), np.zeros(1, np.float32)
    for results in (tg.atleast_2d(x, array), tg.meshgrid(x, array), tg.broadcast_tensors(x, array)):
        assert [type(y) for y in results] == [tg.Tensor] * 2
    assert tg.block_diag(x, array).requires_grad
    assert tg.cartesian_prod(array, x).requires_grad
