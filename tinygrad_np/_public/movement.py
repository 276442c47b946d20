"""Functions that move entries, and cut and join tensors."""

from __future__ import annotations

from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import movement

__all__ = [
    "broadcast_to",
    "cat",
    "chunk",
    "concat",
    "flatten",
    "narrow",
    "permute",
    "reshape",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "transpose",
    "unbind",
    "unsqueeze",
]

broadcast_to = public(movement.broadcast_to)
cat = concat = public(movement.cat)
chunk = public(movement.chunk)
flatten = public(movement.flatten)
narrow = public(movement.narrow)
permute = public(movement.permute)
reshape = public(movement.reshape)
split = public(movement.split)
squeeze = public(movement.squeeze)
stack = public(movement.stack)
transpose = swapaxes = public(movement.transpose)
unbind = public(movement.unbind)
unsqueeze = public(movement.unsqueeze)
