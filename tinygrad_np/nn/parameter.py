"""The parameter: a tensor that a module finds among its attributes, and an optimizer changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np._graph import Value
from tinygrad_np._tensor import Tensor


class Parameter(Tensor):
    """A leaf tensor that becomes part of a module when it is assigned to one of its attributes.

    Parameters
    ----------
    data : Tensor, optional
        Its memory is shared, not copied; its graph is left behind. Without it, the parameter is empty.
    requires_grad : bool
        Whether ``backward`` fills its ``grad``; only float tensors can require gradients.

    Raises
    ------
    TypeError
        If `data` is not a tensor.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.nn.Parameter(tg.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        if data is not None and not isinstance(data, Value):
            raise TypeError(
                f"Parameter: data must be a tensor, got {type(data).__name__}; pass tinygrad_np.tensor(data)"
            )
        self.array = np.empty(0, np.float32) if data is None else data.array
        self.node = None
        self.grad = None
        self.requires_grad = requires_grad

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """Copy the entries, but not the gradient, as PyTorch does."""
        copied = memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return copied

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
