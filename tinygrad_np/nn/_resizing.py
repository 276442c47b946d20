"""Images made larger or smaller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._public.wrapping import public
from tinygrad_np._shapes import Shape
from tinygrad_np.nn import _average_pooling
from tinygrad_np.nn._window_arguments import array_of, nonempty, of_numbers
from tinygrad_np.ops import resampling
from tinygrad_np.ops.weighted_sums import Weights, weighted_sums

DIMS = {  # of the input, for each mode
    "nearest": (3, 4, 5),
    "nearest-exact": (3, 4, 5),
    "area": (3, 4, 5),
    "linear": (3,),
    "bilinear": (4,),
    "trilinear": (5,),
    "bicubic": (4,),
}
WITHOUT_CORNERS = ("nearest", "nearest-exact", "area")


@public
def interpolate(
    input: Any,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    """Resize images: each new entry is a weighted sum of old ones near it.

    Parameters
    ----------
    input : Tensor, shape (N, C, d1), (N, C, d1, d2) or (N, C, d1, d2, d3)
        Of floats; for the nearest entries also of uint8.
    size : int or one for each dim, optional
        The new size.
    scale_factor : float or one for each dim, optional
        The new size in terms of the old one, rounded down. Either this or `size` is given.
    mode : str
        'nearest' and 'nearest-exact' repeat or skip entries (the second is free of the first's shift by half an
        entry); 'linear', 'bilinear' and 'trilinear', for one, two and three dims, draw straight lines; 'bicubic' draws
        cubic curves, which may overshoot; 'area' averages, as ``adaptive_avg_pool2d`` does.
    align_corners : bool, optional
        For the linear and cubic modes: let the corner entries of both sizes meet, not their outer edges.
    recompute_scale_factor : bool, optional
        Compute the scale from the rounded size, instead of taking `scale_factor` itself.
    antialias : bool
        For 'bilinear' and 'bicubic': average where the image gets smaller, so that no entry is skipped.

    Returns
    -------
    Tensor, shape (N, C, \\*size)

    Raises
    ------
    ValueError
        If arguments contradict each other.
    NotImplementedError
        If the mode is not for such an input.
    RuntimeError
        If a size is not positive.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> interpolate(tg.tensor([[[0.0, 4.0]]]), scale_factor=2, mode="linear")
    tensor([[[0., 1., 3., 4.]]])
    """
    x = array_of(input, "interpolate", "input")
    if mode in WITHOUT_CORNERS and align_corners is not None:
        raise ValueError(f"interpolate: align_corners is for linear and cubic modes, not for {mode!r}")
    new, factors = _new_size(x.shape[2:], size, scale_factor, recompute_scale_factor)
    if antialias and (mode not in ("bilinear", "bicubic") or x.ndim != 4):
        raise ValueError(f"interpolate: antialias is for 'bilinear' and 'bicubic', not for {mode!r} of shape {x.shape}")
    if x.ndim not in DIMS.get(mode, ()):
        known = ", ".join(f"{name!r} for {' or '.join(map(str, dims))} dims" for name, dims in DIMS.items())
        raise NotImplementedError(f"interpolate: no mode {mode!r} for an input of shape {x.shape}; there are {known}")
    nonempty(x.shape, "interpolate")
    if any(n < 1 for n in new):
        raise RuntimeError(f"interpolate: the new size must be positive, got {new} for an input of shape {x.shape}")
    if mode == "area":
        averages = getattr(_average_pooling, f"adaptive_avg_pool{len(new)}d")
        return averages(input, new)
    if not mode.startswith("nearest") or x.dtype != "uint8":
        of_numbers(x, "interpolate", "f")
    number = np.float64 if x.dtype == np.float64 else np.float32
    for axis, (old, wanted, factor) in enumerate(zip(x.shape[2:], new, factors, strict=True), 2):
        weights = _weights(mode, old, wanted, bool(align_corners), factor, antialias, number)
        input = weighted_sums(input, weights, axis)
    return input


def _new_size(old: Shape, size: Any, scale_factor: Any, recompute: bool | None) -> tuple[Shape, tuple[Any, ...]]:
    """Return the new size, and for each dim the scale factor that was given, or None."""
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: either size or scale_factor must be given")
    name, given = ("size", size) if scale_factor is None else ("scale_factor", scale_factor)
    each = tuple(given) if isinstance(given, Sequence) and not isinstance(given, str) else (given,) * len(old)
    if len(each) != len(old):
        raise ValueError(f"interpolate: {name} {given!r} must have one number for each of the dims {old}")
    if scale_factor is None:
        if recompute:
            raise ValueError("interpolate: recompute_scale_factor means nothing with a size")
        if any(isinstance(n, bool) or not hasattr(n, "__index__") for n in each):
            raise TypeError(f"interpolate: size must be an integer, or one for each dim, got {given!r}")
        return tuple(map(int, each)), (None,) * len(old)
    if any(isinstance(factor, str) or not hasattr(factor, "__float__") for factor in each):
        raise TypeError(f"interpolate: scale_factor must be a number, or one for each dim, got {given!r}")
    factors = tuple(map(float, each))
    new = tuple(int(n * factor) for n, factor in zip(old, factors, strict=True))
    return new, ((None,) * len(old) if recompute else factors)


def _weights(
    mode: str, old: int, new: int, align_corners: bool, factor: float | None, antialias: bool, number: Any
) -> Weights:
    if mode.startswith("nearest"):
        return resampling.nearest(old, new, factor, mode == "nearest-exact", number)
    if antialias:
        return resampling.smoothed(old, new, align_corners, factor, number, mode == "bicubic")
    return (resampling.cubic if mode == "bicubic" else resampling.linear)(old, new, align_corners, factor, number)
