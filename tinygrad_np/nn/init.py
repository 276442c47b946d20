"""Filling tensors with their first values, in place and unrecorded; the random numbers are PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tinygrad_np._graph import no_grad
from tinygrad_np._random import Generator
from tinygrad_np._tensor import Tensor


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw every entry uniformly from [a, b).

    >>> import tinygrad_np as tg
    >>> tg.nn.init.uniform_(tg.empty(2), generator=tg.Generator().manual_seed(0))
    tensor([0.4963, 0.7682])
    """
    return tensor.uniform_(a, b, generator)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw every entry from the normal distribution of this mean and standard deviation.

    >>> import tinygrad_np as tg
    >>> tg.nn.init.normal_(tg.empty(2), generator=tg.Generator().manual_seed(0))
    tensor([ 1.5410, -0.2934])
    """
    return tensor.normal_(mean, std, generator)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Set every entry to ``val``.

    >>> import tinygrad_np as tg
    >>> tg.nn.init.constant_(tg.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return tensor.fill_(val)  # type: ignore[no-any-return]


def zeros_(tensor: Tensor) -> Tensor:
    """Set every entry to 0.

    >>> import tinygrad_np as tg
    >>> tg.nn.init.zeros_(tg.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Set every entry to 1.

    >>> import tinygrad_np as tg
    >>> tg.nn.init.ones_(tg.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity: a linear layer then passes on as many of its inputs as it can.

    >>> import tinygrad_np as tg
    >>> tg.nn.init.eye_(tg.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_: only tensors with 2 dimensions are supported, got shape {tensor.shape}")
    rows, columns = tensor.shape
    return tensor.copy_(np.eye(rows, columns))  # type: ignore[no-any-return]


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by what a nonlinearity's weights are scaled so that activations keep their size from layer to layer.

    ``param`` is the negative slope of ``"leaky_relu"``, by default 0.01.

    >>> round(calculate_gain("relu"), 4), round(calculate_gain("tanh"), 4)
    (1.4142, 1.6667)
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"calculate_gain: the slope of leaky_relu must be a number, got {slope!r}")
        return math.sqrt(2.0 / (1 + slope**2))
    try:
        return _GAINS[nonlinearity]
    except KeyError:
        names = ", ".join([*_GAINS, "leaky_relu"])
        raise ValueError(f"calculate_gain: nonlinearity must be one of {names}, got {nonlinearity!r}") from None


_GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
}


def fan_in_and_fan_out(shape: Sequence[int], name: str) -> tuple[int, int]:
    """Return how many inputs an output of a weight (out, in, \\*window) sees, and how many outputs an input reaches.

    >>> fan_in_and_fan_out((8, 3, 5, 5), "kaiming_normal_")
    (75, 200)
    """
    if len(shape) < 2:
        raise ValueError(f"{name}: fan in and fan out need a weight of at least 2 dimensions, got shape {shape}")
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def _xavier_std(tensor: Tensor, gain: float, name: str) -> float:
    fan_in, fan_out = fan_in_and_fan_out(tensor.shape, name)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Draw uniformly from :math:`\pm` gain :math:`\sqrt{6 / (fan_{in} + fan_{out})}`.

    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.

    >>> import tinygrad_np as tg
    >>> tg.nn.init.xavier_uniform_(tg.empty(2, 4)).abs().max().item() <= 1
    True
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain, "xavier_uniform_")
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Draw from the normal distribution of standard deviation gain :math:`\sqrt{2 / (fan_{in} + fan_{out})}`.

    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.

    >>> import tinygrad_np as tg
    >>> tg.nn.init.xavier_normal_(tg.empty(2, 4)).shape
    (2, 4)
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain, "xavier_normal_"), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str, name: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode must be 'fan_in' or 'fan_out', got {mode!r}")
    fan = fan_in_and_fan_out(tensor.shape, name)[mode == "fan_out"]
    if not fan:
        raise ValueError(f"{name}: {mode} of shape {tensor.shape} is 0, so no scale can be worked out")
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    r"""Draw uniformly from :math:`\pm` gain :math:`\sqrt{3 / fan}`; ``a`` is the negative slope of a leaky ReLU.

    K. He et al., "Delving deep into rectifiers", ICCV 2015.

    >>> import tinygrad_np as tg
    >>> tg.nn.init.kaiming_uniform_(tg.empty(2, 6)).abs().max().item() <= 1
    True
    """
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_uniform_")
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    r"""Draw from the normal distribution of standard deviation gain :math:`/ \sqrt{fan}`.

    K. He et al., "Delving deep into rectifiers", ICCV 2015.

    >>> import tinygrad_np as tg
    >>> tg.nn.init.kaiming_normal_(tg.empty(2, 6), nonlinearity="relu").shape
    (2, 6)
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_normal_"), generator)
