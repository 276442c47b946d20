"""Whether any, or all, entries are true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_np._dtypes import uint8
from tinygrad_np._graph import Array, op
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import Shape, normalise_dims
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.reduction import Dim


def _fold(found: Any) -> Any:
    def forward(x: Array, /, axes: Shape, keepdim: bool) -> Array:
        y = np.asarray(found(x, axis=axes, keepdims=keepdim))
        return y.astype(uint8) if x.dtype == uint8 else y

    return forward


_any = op("any", _fold(np.any), promotion=as_is)
_all = op("all", _fold(np.all), promotion=as_is)


def _axes(input: Any, dim: Dim, name: str) -> Shape:
    """Normalise the dims, of which these two functions take an empty list at its word."""
    return () if isinstance(dim, Sequence) and not dim else normalise_dims(dim, raw(input).ndim, name)


def any(input: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """Tell whether any entry over ``dim`` is not 0; as bool, but of uint8 as uint8, like PyTorch.

    >>> import tinygrad_np as tg
    >>> tg.any(tg.tensor([0.0, 2.0]))
    tensor(True)
    """
    return _any(input, _axes(input, dim, "any"), keepdim)


def all(input: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """Tell whether all entries over ``dim`` are not 0; as bool, but of uint8 as uint8, like PyTorch.

    >>> import tinygrad_np as tg
    >>> tg.all(tg.tensor([0.0, 2.0]))
    tensor(False)
    """
    return _all(input, _axes(input, dim, "all"), keepdim)
