"""Forms of the movement functions that PyTorch's own samples leave out, against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the comparison needs PyTorch")

import torch

import tinygrad_np as tg
from tests.samples.comparing import agree

Form = Callable[..., Any]

F32: Any = np.float32
CUBE = (2, 3, 4)

ON_A_CUBE: dict[str, Form] = {
    "view as another dtype": lambda lib, x: (
        x.view(lib.int64),
        x.float().view(dtype=lib.int32),
        x.float().view(lib.float64),
        x.view(lib.int16),
        x.view(lib.uint8),
        x.detach().view(lib.float64),
    ),
    "view_as, reshape_as": lambda lib, x: (x.view_as(lib.zeros(6, 4)), x.mT.reshape_as(other=lib.zeros(4, 6))),
    "ravel": lambda lib, x: (lib.ravel(x), x.mT.ravel(), x[0, 0, 0].ravel(), x[:0].ravel()),
    "unflatten": lambda lib, x: (
        lib.unflatten(x, -1, (2, -1)),
        x.mT.unflatten(1, [2, 2]),
        x.unflatten(dim=0, sizes=(1, 2, 1)),
        x[:0].unflatten(0, (5, -1)),
    ),
    "t": lambda lib, x: (x[0].t(), lib.t(x[0, 0]), lib.t(x[0, 0, 0])),
    "movedim": lambda lib, x: (
        x.movedim(0, -1),
        lib.movedim(x, (0, 1), (1, 2)),
        lib.moveaxis(x, [2, 0], [0, 1]),
        x.moveaxis(source=1, destination=0),
        lib.movedim(x[0, 0, 0], 0, -1),
        x.movedim((0, 1), (1, 0)),
        x.movedim((), ()),
    ),
    "swaps": lambda lib, x: (
        lib.swapaxes(x, axis0=0, axis1=-1),
        x.swapdims(dim0=0, dim1=1),
        lib.swapdims(x, 1, 2),
        x.swapaxes(0, 2),
    ),
    "expand_as": lambda lib, x: (x[:, :1].expand_as(lib.zeros(5, 2, 3, 4)), x[0, 0, 0].expand_as(lib.zeros(2))),
    "broadcast_tensors": lambda lib, x: lib.broadcast_tensors(x[0, 0], x[:, :, :1], x[0, 0, 0]),
    "no tensors": lambda lib, x: (*lib.broadcast_tensors(), *lib.atleast_2d(), lib.block_diag()),
    "squeeze": lambda lib, x: (
        x[:1, :, :1].squeeze((0, 1)),
        x[:1, :1].squeeze(dim=(0, -2)),
        x[:1].squeeze([]),
        x[:1].squeeze(()),
        x[0, 0, 0].squeeze((0,)),
    ),
    "atleast": lambda lib, x: (
        *lib.atleast_1d(x[0, 0, 0], x),
        *lib.atleast_2d([x[0, 0, 0], x[0, 0]]),
        *lib.atleast_3d((x[0, 0, 0], x[0, 0], x[0], x)),
        lib.atleast_3d(x[0]),
        *lib.atleast_1d([x]),
    ),
    "narrow": lambda lib, x: (x.narrow(1, -2, 2), x.narrow(2, lib.tensor(1), 3), lib.narrow(x, -1, 4, 0)),
    "select": lambda lib, x: (
        x.select(1, -1),
        lib.select(x, dim=2, index=0),
        x[0, 0].select(0, 3),
        x.select(0, lib.tensor(1)),
    ),
    "split": lambda lib, x: (
        *lib.split(x, lib.tensor(2), 2),
        *lib.split_with_sizes(x, [1, 0, 2], 1),
        *x.split_with_sizes(split_sizes=(3, 1), dim=-1),
        *x[:0].split(3),
        *x[:0].split(0),
    ),
    "chunk": lambda lib, x: (*x.chunk(3, 2), *lib.chunk(x[:0], 3), *x.chunk(9, -1)),
    "tensor_split": lambda lib, x: (
        *x.tensor_split(3, 2),
        *lib.tensor_split(x, (1, 3), dim=-1),
        *x.tensor_split((3, 1), -1),
        *x.tensor_split([-1], 1),
        *x.tensor_split((0, 9), 1),
        *x.tensor_split(lib.tensor(3), 1),
        *x.tensor_split(lib.tensor([2]), 1),
        *x.tensor_split(5),
        *lib.tensor_split(x, sections=2),
        *lib.tensor_split(x, indices=(1,), dim=2),
        *lib.tensor_split(x, tensor_indices_or_sections=lib.tensor(2)),
    ),
    "splits by direction": lambda lib, x: (
        *lib.hsplit(x, 3),
        *x.hsplit((1,)),
        *lib.hsplit(x[0, 0], 2),
        *lib.vsplit(x, 2),
        *x.vsplit([1, 1]),
        *lib.dsplit(x, 2),
        *x.dsplit((-1,)),
        *x.hsplit(lib.tensor([1])),
    ),
    "unbind": lambda lib, x: (*lib.unbind(x, -1), *x[:, :0].unbind(1)),
    "repeat": lambda lib, x: (
        x.repeat(2, 1, 3),
        x.repeat((2, 1, 1, 2)),
        x.repeat(repeats=(1, 1, 1)),
        x[0, 0, 0].repeat(3),
        x[0, 0, :1].repeat(3),
        x[:0].repeat(2, 2, 2),
        x.repeat(0, 1, 1),
        x[0, 0, 0].repeat(()),
    ),
    "tile": lambda lib, x: (x.tile(2), x.tile((2, 1)), lib.tile(x, (2, 1, 1, 2)), lib.tile(x, dims=()), x.tile(2, 3)),
    "repeat_interleave": lambda lib, x: (
        lib.repeat_interleave(x, 2),
        x.repeat_interleave(3, 1),
        x.repeat_interleave(repeats=2, dim=-1, output_size=8),
        x.repeat_interleave(lib.tensor([2, 0, 1]), 1),
        x.repeat_interleave(lib.tensor([2]), 1),
        x.repeat_interleave(lib.tensor(2, dtype=lib.int32), 0),
        x.repeat_interleave(0, 0),
        x.repeat_interleave(lib.tensor([2, 0, 1]), dim=1, output_size=3),
        x[0, 0, 0].repeat_interleave(3),
        x[:1].repeat_interleave(3, 0),
        lib.repeat_interleave(lib.tensor([2, 0, 1])),
        lib.repeat_interleave(lib.tensor([2, 1], dtype=lib.int32), output_size=3),
    ),
    "flip": lambda lib, x: (
        x.flip(0),
        x.flip(0, -1),
        x.flip([1]),
        lib.flip(x, dims=(0, 1, 2)),
        x.flip(()),
        x.mT.flip(2),
    ),
    "flip of 0-d": lambda lib, x: (x[0, 0, 0].flip(0), lib.flip(x[0, 0, 0], ())),
    "fliplr, flipud": lambda lib, x: (lib.fliplr(x), x.flipud(), x[0, 0].flipud()),
    "roll": lambda lib, x: (
        x.roll(5),
        x.roll(-1, 1),
        lib.roll(x, (1, -7), (0, 2)),
        x.roll(shifts=(1, 1), dims=(1, 1)),
        lib.roll(x.mT, 2),
        x[0, 0, 0].roll(1),
        x[:0].roll(1, 1),
        x[:0].roll(2),
        x.roll([1], [2]),
    ),
    "rot90": lambda lib, x: (
        x.rot90(),
        lib.rot90(x, -1, (1, 2)),
        x.rot90(2, [2, 0]),
        x.rot90(k=4),
        x.rot90(7, (-1, 0)),
    ),
    "diagonals": lambda lib, x: (
        lib.diagonal(x),
        x.diagonal(1, -1, 0),
        x.diagonal(offset=-2, dim1=1, dim2=2),
        x.diagonal(7, 1, 2),
        x.diagonal(-7, 1, 2),
        x[:, :0].diagonal(),
    ),
    "diag": lambda lib, x: (
        lib.diag(x[0]),
        x[0].diag(1),
        x[0, 0].diag(),
        lib.diag(x[0, 0], -2),
        x[0].diag(diagonal=-9),
    ),
    "diag_embed": lambda lib, x: (
        lib.diag_embed(x),
        x.diag_embed(1),
        lib.diag_embed(x, -1, 0, 2),
        lib.diag_embed(x, 1, 3, 0),
        x.diag_embed(0, 2, 0),
        lib.diag_embed(x[0, 0], offset=2, dim1=1, dim2=0),
        x[..., :0].diag_embed(),
    ),
    "diagflat": lambda lib, x: (lib.diagflat(x), x[0].diagflat(-1), x[0, 0, 0].diagflat(1)),
    "trace": lambda lib, x: (lib.trace(x[0]), x[0].mT.trace(), x[0, :0].trace(), x[0].int().trace()),
    "triangles": lambda lib, x: (
        lib.tril(x),
        x.triu(),
        x.tril(-1),
        lib.triu(x, diagonal=2),
        x.mT.tril(1),
        x.tril(-9),
        x.triu(-9),
        (x > 1).tril(),
    ),
    "triangles of what is not finite": lambda lib, x: (
        lib.tril(lib.tensor([[np.nan, np.inf], [-1.0, -np.inf]]), -1),
        lib.triu(lib.tensor([[-2.0, np.inf], [np.nan, -np.inf]]), 1),
    ),
    "indices of triangles": lambda lib, x: (
        lib.tril_indices(3, 2),
        lib.tril_indices(2, 4, offset=-1, dtype=lib.int32),
        lib.triu_indices(3, 2, 1),
        lib.triu_indices(row=2, col=0),
        lib.triu_indices(2, 2, -5, device="cpu"),
    ),
    "unfold": lambda lib, x: (
        x.unfold(2, 2, 1),
        x.unfold(1, 3, 1),
        x.unfold(-1, 2, 2),
        x.unfold(dimension=2, size=1, step=3),
        x.unfold(0, 0, 1),
        x[0, 0, 0].unfold(0, 1, 1),
        x[0, 0, 0].unfold(0, 0, 1),
        x[:0].unfold(0, 0, 2),
        x.mT.unfold(1, 3, 1),
    ),
    "cat": lambda lib, x: (
        lib.cat([lib.zeros(0, dtype=lib.float64), x, x * 2], 1),
        lib.cat([x, lib.zeros(0)], -1),
        lib.cat([x[0, 0, :0], x[0, 1, :0]], 1),
        lib.cat((x, x.float(), x.int()), 0),
        lib.cat([x[0, 0, :0], x[:0]]),
        lib.concat([x, x], dim=1),
        lib.concatenate([x, x[:, :1]], axis=1),
        lib.concatenate([x, x[:, :1]], dim=1),
    ),
    "cat of other dtypes": lambda lib, x: (
        lib.cat([x.int(), x > 1]),
        lib.cat([lib.zeros(0, dtype=lib.float64), lib.ones(2, 2)]),
        lib.stack([x.int(), x.long()], 1),
        lib.stack([x.float(), x], 3),
    ),
    "stack": lambda lib, x: (
        lib.stack([x, x * x], 0),
        lib.stack([x, x * x], 1),
        lib.stack([x, x * x], -1),
        lib.stack([x, x * x], dim=-2),
        lib.stack([x[0, 0, 0], x[1, 0, 0]]),
        lib.stack([x[:, :0], x[:, :0]], 1),
        lib.stack([x[:, :0], x[:, :0]], 3),
    ),
    "stacks by direction": lambda lib, x: (
        lib.hstack([x[0, 0], x[0, 0, 0], x[0, 0]]),
        lib.hstack((x, x)),
        lib.vstack([x[0, 0], x[0]]),
        lib.row_stack([x[0, 0, 0]]),
        lib.dstack([x[0, 0], x[1, 0]]),
        lib.dstack([x, x[:, :, :1]]),
        lib.column_stack([x[0, :, 0], x[0], x[0, :, 1]]),
        lib.column_stack([x[0, 0, 0], x[0, 0, :1]]),
    ),
    "meshgrid": lambda lib, x: (
        *lib.meshgrid(x[0, 0], x[0, :, 0], indexing="ij"),
        *lib.meshgrid([x[0, 0], x[0, :, 0], x[:, 0, 0]], indexing="xy"),
        *lib.meshgrid(x[0, 0, 0], x[0, 0], indexing="xy"),
        *lib.meshgrid(x[0, 0], indexing="xy"),
        *lib.meshgrid(x[0, 0], x[0, 0, :0]),
    ),
    "cartesian_prod": lambda lib, x: (
        lib.cartesian_prod(x[0, 0], x[0, :, 0], x[:, 0, 0]),
        lib.cartesian_prod(x[0, 0]),
        lib.cartesian_prod(x[0, 0], x[0, 0, :0]),
    ),
    "combinations": lambda lib, x: (
        lib.combinations(x[0, 0]),
        lib.combinations(x[0, 0], 3),
        lib.combinations(x[0, 0], r=2, with_replacement=True),
        lib.combinations(x[0, 0], 1),
        lib.combinations(x[0, 0], 5),
        lib.combinations(x[0, 0, :0]),
        lib.combinations(x[0, 0, :0], 1),
    ),
    "combinations of none": lambda lib, x: lib.combinations(x.detach()[0, 0], 0),
    "block_diag": lambda lib, x: (
        lib.block_diag(x[0], x[0, 0], x[0, 0, 0]),
        lib.block_diag(x[0, :0], x[1]),
        lib.block_diag(x[1], x[0, 0, :0]),
        lib.block_diag(x[0], x[0].float(), x[0].int()),
        lib.block_diag(x[0]),
    ),
    "pixels": lambda lib, x: (
        lib.nn.functional.pixel_shuffle(x.repeat(2, 1, 1), 2),
        lib.pixel_shuffle(x.reshape(1, 4, 3, 2), 2),
        lib.pixel_unshuffle(x[:, :2], 2),
        lib.nn.functional.pixel_unshuffle(x, downscale_factor=1),
        lib.nn.functional.pixel_shuffle(x.repeat(2, 1, 1).detach()[:, :0], upscale_factor=2),
        lib.channel_shuffle(x.reshape(1, 6, 4), 3),
        lib.nn.functional.channel_shuffle(x.reshape(2, 4, 3), groups=2),
    ),
    "contiguous": lambda lib, x: (x.mT.contiguous(), x.contiguous()),
}  # fmt: skip

PADS: dict[str, tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "default": (CUBE, (1, 2, 0, 3), {}),
    "value": (CUBE, (1, 2, 0, 3, 1, 1), {"value": -1.5}),
    "infinite value": (CUBE, (1, 2), {"mode": "constant", "value": np.inf}),
    "cut": (CUBE, (-1, -2, 1, -1), {"value": 2}),
    "cut all": (CUBE, (-1, -3), {}),
    "nothing": (CUBE, (), {}),
    "zeros": (CUBE, (0, 0), {}),
    "0-d": ((), (), {}),
    "of nothing": ((0, 3), (1, 1, 2, 0), {"value": 3.0}),
    **{
        f"{mode} {shape} {pad}": (shape, pad, {"mode": mode})
        for mode in ("reflect", "replicate", "circular")
        for shape, pad in [
            ((2, 3), (2, 1)),
            ((2, 3), (0, 0)),
            ((2, 3), (-1, 1)),
            ((2, 3), (2, -1)),
            ((2, 3), (-1, -1)),
            ((1, 2, 3), (1, 2)),
            ((2, 3, 4), (1, 2, 2, 1)),
            ((1, 2, 3, 4), (3, 0, 0, 2)),
            ((1, 2, 3, 4), (-1, 2, 1, -2)),
            ((1, 2, 3, 4), (1, 1, 2, 2, 1, 1)),
            ((1, 1, 2, 3, 2), (1, 1, 2, 2, 1, 1)),
        ]
    },
    "replicate far": ((2, 3), (7, 5), {"mode": "replicate"}),
    "replicate after a cut of all": ((2, 3), (-4, 2), {"mode": "replicate"}),
    "reflect after a cut": ((2, 3), (-2, 2), {"mode": "reflect"}),
    "replicate and leave no columns": ((2, 3, 4), (-2, -2, 0, 0), {"mode": "replicate"}),
    "reflect and leave no columns": ((2, 3, 4), (-2, -2, 0, 0), {"mode": "reflect"}),
    "circular twice the size": ((2, 3), (3, 3), {"mode": "circular"}),
    "circular of no batch": ((0, 2, 3), (2, 1), {"mode": "circular"}),
    "circular of empty rows": ((2, 0, 3), (2, 1, 0, 0), {"mode": "circular"}),
    "reflect of no batch": ((0, 2, 3), (2, 1), {"mode": "reflect"}),
}


@pytest.mark.parametrize("name", ON_A_CUBE)
@pytest.mark.filterwarnings("ignore:torch.meshgrid")
def test_forms(name):
    agree(ON_A_CUBE[name], [np.random.default_rng(7).uniform(0.5, 2, CUBE)])


@pytest.mark.parametrize("name", PADS)
def test_padding(name):
    shape, pad, options = PADS[name]
    x = np.random.default_rng(7).normal(size=shape)
    agree(lambda lib, x: lib.nn.functional.pad(x, pad, **options), [x])
    agree(lambda lib, x: lib.nn.functional.pad(x, list(pad), **options), [x.astype(F32)], orders=1)


VALUES = [("uint8", 2.7), ("int32", True), ("bool", 3), ("bool", 0.0), ("int8", -128), ("float32", np.nan)]


@pytest.mark.parametrize(("dtype", "value"), VALUES)
def test_padding_of_other_dtypes(dtype, value):
    agree(lambda lib: lib.nn.functional.pad(lib.ones(2, 2, dtype=getattr(lib, dtype)), (1, 0), value=value), [])


ON_A_VIEW: dict[str, Form] = {  # each writes through a view of y, which is a result
    "diagonal": lambda lib, y: y.diagonal().mul_(3),
    "diagonal off the main one": lambda lib, y: y.mT.diagonal(1, 0, 1).add_(y.detach().sum()),
    "select": lambda lib, y: y.select(1, 0).mul_(2),
    "narrow": lambda lib, y: y.narrow(2, 1, 2).neg_(),
    "tensor_split": lambda lib, y: y.tensor_split((3, 1), 2)[2].mul_(2),
    "hsplit": lambda lib, y: y.flatten(1).hsplit(3)[1].exp_(),
    "unflatten": lambda lib, y: y.unflatten(2, (2, 2))[..., 0].mul_(2),
    "movedim": lambda lib, y: y.movedim(0, -1)[0].mul_(y[0, 0, 0].item()),
    "view_as": lambda lib, y: y.view_as(lib.zeros(6, 4))[1].mul_(2),
    "atleast_3d": lambda lib, y: lib.atleast_3d(y[0])[1].mul_(2),
    "t": lambda lib, y: y[0].t()[1].mul_(2),
    "swapaxes": lambda lib, y: y.swapaxes(0, 1)[1].mul_(2),
    "tril_": lambda lib, y: y.tril_(1),
    "triu_ of a view": lambda lib, y: y[1].triu_(),
}


@pytest.mark.parametrize("name", ON_A_VIEW)
def test_views_share_memory(name):
    def form(lib: Any, x: Any) -> Any:
        y = x * 2
        seen = y[0]
        ON_A_VIEW[name](lib, y)
        return y * y, seen

    agree(form, [np.random.default_rng(3).uniform(0.5, 1, CUBE)])


@pytest.mark.parametrize(
    "form",
    [
        lambda lib, x: x.diag(),
        lambda lib, x: x.flip(()),
        lambda lib, x: x.roll(0, 0),
        lambda lib, x: x.rot90(4),
        lambda lib, x: x.repeat(1, 1),
        lambda lib, x: x.tile(()),
        lambda lib, x: x[0, :1].repeat(3),
        lambda lib, x: x.repeat_interleave(1, 0),
        lambda lib, x: x.tril(9),
        lambda lib, x: lib.nn.functional.pad(x, (0, 0)),
        lambda lib, x: lib.nn.functional.pad(x, (0, 0), "reflect"),
        lambda lib, x: lib.nn.functional.pad(x, (-1, 0), "replicate"),
        lambda lib, x: lib.nn.functional.pad(x, (0, -1), "circular"),
        lambda lib, x: lib.pixel_shuffle(x.reshape(4, 1, 1), 2),
        lambda lib, x: lib.pixel_unshuffle(x.reshape(1, 2, 2), 1),
        lambda lib, x: lib.channel_shuffle(x.reshape(1, 4, 1), 4),
        lambda lib, x: x.mT.mT.repeat(1, 1, 1),
    ],
)
def test_copies_share_no_memory(form):
    """Where PyTorch copies, what is written to the result does not reach the input, and can be written."""
    for lib in (torch, tg):
        x = lib.arange(4).reshape(2, 2)
        form(lib, x).zero_()
        assert x.tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize("shapes", [[], [()], [(2, 1), (3,)], [(0, 1), 4], [5, 1, (2, 1)], [(1, 0), (3, 1)]])
def test_broadcast_shapes(shapes):
    assert tg.broadcast_shapes(*shapes) == tuple(torch.broadcast_shapes(*shapes))
