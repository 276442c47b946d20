"""The linear layer, and the layers that change nothing, or only the shape."""

from __future__ import annotations

import math
from typing import Any

from tinygrad_np import _creation
from tinygrad_np._tensor import check_device
from tinygrad_np.nn import init
from tinygrad_np.nn.functional import flatten
from tinygrad_np.nn.module import Module
from tinygrad_np.nn.parameter import Parameter
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.linalg import linear


class Linear(Module):
    r"""Compute ``y = x @ W.T + b`` for each row of the input.

    Shapes: input (\*, in_features), output (\*, out_features), ``weight`` (out_features, in_features), ``bias``
    (out_features,). All have one dtype, by default float32. Both start uniform in :math:`\pm 1 / \sqrt{in}`, drawn as
    PyTorch draws them.

    Parameters
    ----------
    in_features, out_features : int
        The sizes of the last dim of input and output.
    bias : bool
        Whether to add b; without it, ``bias`` is None.
    device : str, optional
        May only be ``"cpu"``.
    dtype : dtype, optional
        Of weight and bias.

    Raises
    ------
    RuntimeError
        If there is no such device; when called, if the input's last dim is not ``in_features`` or its dtype not that of
        the weight.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> layer = tg.nn.Linear(784, 10)
    >>> layer
    Linear(in_features=784, out_features=10, bias=True)
    >>> layer(tg.zeros(64, 784)).shape
    (64, 10)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        check_device(device, "Linear")
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(_creation.empty(out_features, in_features, dtype=dtype))
        self.register_parameter("bias", Parameter(_creation.empty(out_features, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        if not self.in_features:  # no weight to draw; the output is the bias
            bound = 0.0
        else:
            bound = 1 / math.sqrt(self.in_features)
            init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # the same bound, rounded as PyTorch rounds it
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        try:
            return linear(input, self.weight, self.bias)
        except RuntimeError:
            shape = raw(input).shape
            if shape[-1:] != (self.in_features,):
                raise RuntimeError(f"expected (*, {self.in_features}), got {shape}") from None
            raise

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Identity(Module):
    """Return the input; takes, and ignores, any arguments, so that it can stand in for any layer.

    >>> import tinygrad_np as tg
    >>> tg.nn.Identity()(tg.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Flatten(Module):
    """Fold the dims from ``start_dim`` to ``end_dim`` into one: by default all but the first, the batch's.

    >>> import tinygrad_np as tg
    >>> tg.nn.Flatten()(tg.zeros(64, 28, 28)).shape
    (64, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Any) -> Any:
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
