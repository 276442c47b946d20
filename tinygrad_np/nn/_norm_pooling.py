"""Pooling by p-norms over windows, over one, two and three dims."""

from __future__ import annotations

import math
from typing import Any

from tinygrad_np._public.wrapping import public
from tinygrad_np.nn._average_pooling import avg_pool1d, avg_pool2d, avg_pool3d
from tinygrad_np.nn._max_pooling import max_pool1d, max_pool2d, max_pool3d
from tinygrad_np.nn._window_arguments import Sizes, per_dim
from tinygrad_np.ops.elementwise import abs, masked, raw, where

MAXIMA = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}
AVERAGES = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}


def _lp_pool(dims: int, input: Any, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    if math.isinf(norm_type):
        sign = 1 if norm_type > 0 else -1
        return sign * MAXIMA[dims](sign * abs(input), kernel_size, stride, 0, 1, ceil_mode)
    average = AVERAGES[dims](input**norm_type, kernel_size, stride, 0, ceil_mode)
    total = average * math.prod(per_dim(kernel_size, dims, f"lp_pool{dims}d", "kernel_size", 1))
    nothing = raw(total) == 0  # where the root has no derivative
    return masked(where(nothing, 1, total) ** (1 / norm_type), ~nothing)


@public
def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Any:
    """Take the p-norm of each window along one dim, as ``lp_pool2d`` does over two.

    >>> import tinygrad_np as tg
    >>> lp_pool1d(tg.tensor([[3.0, 4.0, 0.0, 2.0]]), 2, 2)
    tensor([[5., 2.]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


@public
def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Any:
    r"""Take the p-norm of each window of an image: :math:`(\sum_j x_j^p)^{1/p}`, without absolute values.

    Where the sum is 0, so is the gradient. With `ceil_mode`, a window that reaches over the end counts as if what it
    sees of the image went on. A `norm_type` of infinity takes the largest absolute value, one of -infinity the least.

    Shapes: input (N, C, H, W) or (C, H, W), result as that of ``avg_pool2d``.

    >>> import tinygrad_np as tg
    >>> lp_pool2d(tg.tensor([[[3.0, 0.0], [0.0, 4.0]]]), 2, 2)
    tensor([[[5.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


@public
def lp_pool3d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Any:
    """Take the p-norm of each window over three dims, as ``lp_pool2d`` does over two.

    >>> import tinygrad_np as tg
    >>> lp_pool3d(tg.ones(1, 2, 4, 4, 4), 2, 2).shape
    (1, 2, 2, 2, 2)
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)
