"""Convolutions, pooling and resizing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

NAMES = """
    nn.functional.adaptive_avg_pool1d nn.functional.adaptive_avg_pool2d nn.functional.adaptive_avg_pool3d
    nn.functional.adaptive_max_pool1d nn.functional.adaptive_max_pool2d nn.functional.adaptive_max_pool3d
    nn.functional.avg_pool1d nn.functional.avg_pool2d nn.functional.avg_pool3d
    nn.functional.conv1d nn.functional.conv2d nn.functional.conv3d
    nn.functional.conv_transpose1d nn.functional.conv_transpose2d nn.functional.conv_transpose3d
    nn.functional.interpolate.area nn.functional.interpolate.bicubic nn.functional.interpolate.bilinear
    nn.functional.interpolate.linear nn.functional.interpolate.nearest nn.functional.interpolate.nearest-exact
    nn.functional.interpolate.trilinear
    nn.functional.max_pool1d nn.functional.max_pool2d nn.functional.max_pool3d
    nn.functional.max_unpool1d nn.functional.max_unpool1d.grad nn.functional.max_unpool2d
    nn.functional.max_unpool2d.grad nn.functional.max_unpool3d nn.functional.max_unpool3d.grad
    nn.functional.unfold
"""


def repeated_places(dims: int) -> Callable[[Any], str | None]:
    def reason(sample: Any) -> str | None:
        indices = sample.arguments[1]
        if isinstance(indices, np.ndarray):
            planes = indices.reshape(-1, math.prod(indices.shape[-dims:]))
            if any(len(set(plane)) < len(plane) for plane in planes.tolist()):
                return "among writes to one place the last stays, and has the gradient; in PyTorch all of them have it"
        return None

    return reason


def whole_numbers(sample: Any) -> str | None:
    x = sample.arguments[0]
    return "uint8 is rounded after each dim" if isinstance(x, np.ndarray) and x.dtype == np.uint8 else None


def of_integers(sample: Any) -> str | None:
    """Of the thousands of samples for five integer dtypes, keep those of one shape."""
    x = sample.arguments[0]
    if isinstance(x, np.ndarray) and x.dtype.kind in "iu":
        return None if x.shape[:3] == (1, 2, 3) and sample.options["return_indices"] else "as for floats"
    return None


LEFT_OUT = (
    {f"nn.functional.max_unpool{dims}d": repeated_places(dims) for dims in (1, 2, 3)}
    | {f"nn.functional.max_pool{dims}d": of_integers for dims in (2, 3)}
    | {f"nn.functional.interpolate.{mode}": whole_numbers for mode in ("bilinear", "bicubic")}
)
