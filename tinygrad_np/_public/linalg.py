"""Products of vectors and matrices."""

from __future__ import annotations

from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import linalg

__all__ = [
    "matmul",
]

matmul = public(linalg.matmul)
