"""What sliding windows see of an image, as columns side by side; and the image from such columns."""

from __future__ import annotations

import math
from typing import Any

from tinygrad_np._public.wrapping import public
from tinygrad_np._shapes import Shape
from tinygrad_np.nn._window_arguments import Sizes, batched, like_given, per_dim
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.windows import Windows, columns_of_image, image_of_columns


def _sliding(image: Shape, size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes, name: str) -> Windows:
    size = per_dim(size, 2, name, "kernel_size", 1)
    dilation = per_dim(dilation, 2, name, "dilation", 1)
    padding = per_dim(padding, 2, name, "padding", 0)
    stride = per_dim(stride, 2, name, "stride", 1)
    steps = zip(image, padding, dilation, size, stride, strict=True)
    count = tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, p, d, k, s in steps)
    if min(count) < 1 or 0 in image:
        raise RuntimeError(f"{name}: windows of {size}, with dilation {dilation}, do not fit into an image of {image}")
    return Windows(image, size, count, stride, padding, dilation)


@public
def unfold(input: Any, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Any:
    """Put what sliding windows see of an image side by side, each as a column.

    Shapes: input (N, C, H, W) or (C, H, W), result (N, C * k1 * k2, windows) or without N.

    Raises
    ------
    RuntimeError
        If shapes or numbers do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> unfold(tg.arange(6.0).reshape(1, 2, 3), 2)
    tensor([[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]])
    """
    input, whole = batched(input, 2, "unfold")
    windows = _sliding(raw(input).shape[2:], kernel_size, dilation, padding, stride, "unfold")
    return like_given(columns_of_image(input, windows), whole)


@public
def fold(
    input: Any,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Any:
    """Add columns, as ``unfold`` gives them, to where the windows saw them: the transpose of ``unfold``.

    Shapes: input (N, C * k1 * k2, windows) or without N, result (N, C, \\*output_size) or without N.

    Raises
    ------
    RuntimeError
        If the columns are not those of such windows over such an image.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> fold(tg.ones(4, 2), (2, 3), 2)
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """
    input, whole = batched(input, 1, "fold")
    windows = _sliding(
        per_dim(output_size, 2, "fold", "output_size", 1), kernel_size, dilation, padding, stride, "fold"
    )
    shape, size, count = raw(input).shape, math.prod(windows.size), math.prod(windows.count)
    if shape[1] % size or shape[2] != count:
        raise RuntimeError(
            f"fold: windows of {windows.size} over an image of {windows.image} give {count} columns of C * {size} "
            f"entries, got input {shape}"
        )
    return like_given(image_of_columns(input, windows), whole)
