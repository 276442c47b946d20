"""Functions that deal the entries of channels to pixels, and back: reshapes and permutations."""

from __future__ import annotations

from typing import Any

from tinygrad_np._shapes import Shape
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.movement import permute, reshape, transpose
from tinygrad_np.ops.reshaping import of_its_own


def _image_shape(input: Any, factor: int, name: str) -> Shape:
    shape: Shape = raw(input).shape
    if len(shape) < 3:
        raise RuntimeError(f"{name}: expected (..., channels, height, width), got shape {shape}")
    if factor <= 0:
        raise RuntimeError(f"{name}: the factor must be positive, got {factor}")
    return shape


def _moved(input: Any, split: Shape, order: Shape, merged: Shape) -> Any:
    """Split the last dims of a tensor, permute what came of them, and merge it again."""
    before = len(merged) - 3
    dims = (*range(before), *(before + dim for dim in order))
    return of_its_own(reshape(permute(reshape(input, (*merged[:before], *split)), dims), merged), input)


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """Turn channels into pixels: (..., C r², H, W) becomes (..., C, H r, W r).

    The r² channels of an output channel fill, in their order, the r x r pixels that each input pixel becomes (Shi et
    al., 2016, "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
    Network").

    >>> import tinygrad_np as tg
    >>> tg.pixel_shuffle(tg.arange(4).reshape(4, 1, 1), 2)
    tensor([[[0, 1],
             [2, 3]]])
    """
    r = upscale_factor
    *before, channels, height, width = _image_shape(input, r, "pixel_shuffle")
    if channels % (r * r):
        raise RuntimeError(
            f"pixel_shuffle: the {channels} channels of shape {raw(input).shape} are not divisible by {r}² = {r * r}"
        )
    each = channels // (r * r)
    merged = (*before, each, height * r, width * r)
    return _moved(input, (each, r, r, height, width), (0, 3, 1, 4, 2), merged)


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """Turn pixels into channels: (..., C, H r, W r) becomes (..., C r², H, W). The inverse of ``pixel_shuffle``.

    >>> import tinygrad_np as tg
    >>> tg.pixel_unshuffle(tg.arange(4).reshape(1, 2, 2), 2).flatten()
    tensor([0, 1, 2, 3])
    """
    r = downscale_factor
    *before, channels, height, width = _image_shape(input, r, "pixel_unshuffle")
    if height % r or width % r:
        raise RuntimeError(
            f"pixel_unshuffle: height and width of shape {raw(input).shape} are not both divisible by {r}"
        )
    merged = (*before, channels * r * r, height // r, width // r)
    return _moved(input, (channels, height // r, r, width // r, r), (0, 2, 4, 1, 3), merged)


def channel_shuffle(input: Any, groups: int) -> Any:
    """Deal out the channels of (N, C, ...) anew: of each of ``groups`` groups the first, then of each the second ...

    So the channels of all groups mix (Zhang et al., 2018, "ShuffleNet: An Extremely Efficient Convolutional Neural
    Network for Mobile Devices").

    >>> import tinygrad_np as tg
    >>> tg.channel_shuffle(tg.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    shape = raw(input).shape
    if len(shape) < 3:
        raise RuntimeError(f"channel_shuffle: expected (N, C, ...) with more than 2 dims, got shape {shape}")
    if groups <= 0 or shape[1] % groups:
        raise RuntimeError(
            f"channel_shuffle: groups must divide the {shape[1]} channels of shape {shape}, got {groups}"
        )
    grouped = reshape(input, (shape[0], groups, shape[1] // groups, *shape[2:]))
    return of_its_own(reshape(transpose(grouped, 1, 2), shape), input)
