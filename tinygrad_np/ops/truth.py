"""Whether any, or all, entries are true."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import op
from tinygrad_np._graph._promotion import as_is
from tinygrad_np._shapes import normalise_dims
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.reduction import Dim

_any = op("any", lambda x, /, axes, keepdim: np.any(x, axis=axes, keepdims=keepdim), promotion=as_is)
_all = op("all", lambda x, /, axes, keepdim: np.all(x, axis=axes, keepdims=keepdim), promotion=as_is)


def any(input: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """Tell whether any entry over ``dim`` is not 0.

    >>> import tinygrad_np as tg
    >>> tg.any(tg.tensor([0.0, 2.0]))
    tensor(True)
    """
    return _any(input, normalise_dims(dim, raw(input).ndim, "any"), keepdim)


def all(input: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    """Tell whether all entries over ``dim`` are not 0.

    >>> import tinygrad_np as tg
    >>> tg.all(tg.tensor([0.0, 2.0]))
    tensor(False)
    """
    return _all(input, normalise_dims(dim, raw(input).ndim, "all"), keepdim)
