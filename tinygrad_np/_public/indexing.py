"""Functions that pick entries and put them."""

from __future__ import annotations

from tinygrad_np._public.wrapping import public
from tinygrad_np.ops import indexing

__all__ = [
    "gather",
]

gather = public(indexing.gather)
