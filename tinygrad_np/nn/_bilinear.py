"""The layer of two inputs."""

from __future__ import annotations

import math
from typing import Any

from tinygrad_np._public.wrapping import public
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.linalg import matmul
from tinygrad_np.ops.movement import permute, reshape


@public
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """Compute, for each output o, x1 @ W[o] @ x2 + b[o].

    Shapes: input1 (\\*, I), input2 (\\*, J), weight (O, I, J), bias (O,), result (\\*, O).

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> bilinear(tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0]]), tg.ones(1, 2, 1), tg.tensor([0.5]))
    tensor([[9.5000]])
    """
    first, second, shape = raw(input1).shape, raw(input2).shape, raw(weight).shape
    b = None if bias is None else raw(bias).shape
    fit = len(shape) == 3 and first[:-1] == second[:-1] and (*first[-1:], *second[-1:]) == shape[1:]
    if not fit or b not in (None, shape[:1]):
        raise RuntimeError(
            f"bilinear: expected input1 (*, I), input2 (*, J), weight (O, I, J) and bias (O,), got {first}, {second}, "
            f"{shape} and {b}"
        )
    rows, (out, left, right) = math.prod(first[:-1]), shape
    half = matmul(reshape(input1, (rows, left)), reshape(permute(weight, (1, 0, 2)), (left, out * right)))
    whole = matmul(reshape(half, (rows, out, right)), reshape(input2, (rows, right, 1)))
    y = reshape(whole, (*first[:-1], out))
    return y if bias is None else y + bias
