"""Functions that move entries, and cut and join tensors."""

from __future__ import annotations

from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import cutting, diagonals, flipping, joining, movement, repeating, reshaping, shuffling, sliding

__all__ = [
    "as_strided",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "cartesian_prod",
    "cat",
    "channel_shuffle",
    "chunk",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "dsplit",
    "dstack",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "hsplit",
    "hstack",
    "meshgrid",
    "moveaxis",
    "movedim",
    "narrow",
    "permute",
    "pixel_shuffle",
    "pixel_unshuffle",
    "ravel",
    "repeat_interleave",
    "reshape",
    "roll",
    "rot90",
    "row_stack",
    "select",
    "split",
    "split_with_sizes",
    "squeeze",
    "stack",
    "swapaxes",
    "swapdims",
    "t",
    "tensor_split",
    "tile",
    "trace",
    "transpose",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
    "unbind",
    "unflatten",
    "unsqueeze",
    "vsplit",
    "vstack",
]

as_strided = sliding.as_strided
atleast_1d = public(reshaping.atleast_1d, refuses=True)
atleast_2d = public(reshaping.atleast_2d, refuses=True)
atleast_3d = public(reshaping.atleast_3d, refuses=True)
block_diag = public(repeating.block_diag, refuses=True)
broadcast_shapes = reshaping.broadcast_shapes
broadcast_tensors = public(reshaping.broadcast_tensors, refuses=True)
broadcast_to = public(movement.broadcast_to)
cartesian_prod = public(repeating.cartesian_prod, refuses=True)
cat = concat = public(movement.cat, refuses=True)
channel_shuffle = public(shuffling.channel_shuffle)
chunk = public(movement.chunk)
column_stack = public(joining.column_stack, refuses=True)
combinations = public(repeating.combinations)
concatenate = public(joining.concatenate, refuses=True)
diag = public(diagonals.diag)
diag_embed = public(diagonals.diag_embed)
diagflat = public(diagonals.diagflat)
diagonal = public(diagonals.diagonal)
dsplit = public(cutting.dsplit)
dstack = public(joining.dstack, refuses=True)
flatten = public(movement.flatten)
flip = public(flipping.flip)
fliplr = public(flipping.fliplr)
flipud = public(flipping.flipud)
hsplit = public(cutting.hsplit)
hstack = public(joining.hstack, refuses=True)
meshgrid = public(repeating.meshgrid, refuses=True)
movedim = moveaxis = public(reshaping.movedim)
narrow = public(movement.narrow)
permute = public(movement.permute)
pixel_shuffle = public(shuffling.pixel_shuffle)
pixel_unshuffle = public(shuffling.pixel_unshuffle)
ravel = public(reshaping.ravel)
repeat_interleave = public(repeating.repeat_interleave)
reshape = public(movement.reshape)
roll = public(flipping.roll)
rot90 = public(flipping.rot90)
select = public(cutting.select)
split = public(movement.split)
split_with_sizes = public(cutting.split_with_sizes)
squeeze = public(movement.squeeze)
stack = public(movement.stack, refuses=True)
swapaxes = public(reshaping.swapaxes)
t = public(reshaping.t)
tensor_split = public(cutting.tensor_split)
tile = public(repeating.tile)
trace = public(diagonals.trace)
transpose = swapdims = public(movement.transpose)
tril = public(diagonals.tril)
tril_indices = diagonals.tril_indices
triu = public(diagonals.triu)
triu_indices = diagonals.triu_indices
unbind = public(movement.unbind)
unflatten = public(reshaping.unflatten)
unsqueeze = public(movement.unsqueeze)
vsplit = public(cutting.vsplit)
vstack = row_stack = public(joining.vstack, refuses=True)
