"""The smooth activations.

With ``inplace=True`` too they give a new tensor, and the input stays as it is: use what is returned.
"""

from __future__ import annotations

from typing import Any

from tinygrad_np._public.wrapping import public
from tinygrad_np._shapes import normalise_dim
from tinygrad_np.nn._rectifiers import check_float
from tinygrad_np.ops import activations
from tinygrad_np.ops.elementwise import abs, raw, sigmoid, tanh
from tinygrad_np.ops.movement import split

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # the fixed point: mean 0, variance 1


@public
def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """Take x where x > 0, and alpha * (exp(x) - 1) elsewhere; the derivative at 0 is alpha.

    D. Clevert et al., "Fast and accurate deep network learning by exponential linear units" (2016). ``inplace`` too
    gives a new tensor. It is a RuntimeError if the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> elu(tg.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return activations.elu(input, float(alpha), 1, 1)


@public
def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """Take x where x > 0, and alpha * (exp(x / alpha) - 1) elsewhere: its derivative is continuous.

    J. Barron, "Continuously differentiable exponential linear units" (2017). ``inplace`` too gives a new tensor. It is
    a RuntimeError if `alpha` is 0, or the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> celu(tg.tensor([-1.0, 2.0]), 2.0)
    tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("celu: alpha cannot be 0")
    return activations.elu(input, float(alpha), 1, 1 / float(alpha))


@public
def selu(input: Any, inplace: bool = False) -> Any:
    """Take 1.0507 * elu(x, 1.6733), which keeps mean 0 and variance 1 from layer to layer.

    G. Klambauer et al., "Self-normalizing neural networks" (2017). ``inplace`` too gives a new tensor. It is a
    RuntimeError if the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> selu(tg.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    return activations.elu(input, SELU_ALPHA, SELU_SCALE, 1)


@public
def gelu(input: Any, approximate: str = "none") -> Any:
    """Take x times the share of the standard normal distribution below x.

    With ``approximate="tanh"`` that share is (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³))) / 2. D. Hendrycks and
    K. Gimpel, "Gaussian error linear units" (2016). It is a RuntimeError if the input is not a float tensor, or
    `approximate` is neither "none" nor "tanh".

    >>> import tinygrad_np as tg
    >>> gelu(tg.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    return activations.gelu(input) if approximate == "none" else activations.gelu_tanh(input)


@public
def silu(input: Any, inplace: bool = False) -> Any:
    """Take x * sigmoid(x), also known as swish.

    ``inplace`` too gives a new tensor. It is a RuntimeError if the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> silu(tg.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return activations.silu(input)


@public
def mish(input: Any, inplace: bool = False) -> Any:
    """Take x * tanh(softplus(x)).

    D. Misra, "Mish: a self regularized non-monotonic activation function" (2019). ``inplace`` too gives a new tensor.
    It is a RuntimeError if the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> mish(tg.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """
    return activations.mish(input)


@public
def softplus(input: Any, beta: float = 1, threshold: float = 20) -> Any:
    """Take log(1 + exp(beta * x)) / beta, and x itself where beta * x > threshold.

    It is a RuntimeError if the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> softplus(tg.tensor([0.0, 1e4]))
    tensor([6.9315e-01, 1.0000e+04])
    """
    return activations.softplus(input, float(beta), float(threshold))


@public
def logsigmoid(input: Any) -> Any:
    """Take log(sigmoid(x)), finite and exact at any finite x.

    It is a RuntimeError if the input is not a float tensor.

    >>> import tinygrad_np as tg
    >>> logsigmoid(tg.tensor([0.0, -1e4]))
    tensor([-6.9315e-01, -1.0000e+04])
    """
    return activations.logsigmoid(input)


@public
def softsign(input: Any) -> Any:
    """Take x / (1 + abs(x)); integers in float32.

    >>> import tinygrad_np as tg
    >>> softsign(tg.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return input / (abs(input) + 1)


@public
def tanhshrink(input: Any) -> Any:
    """Take x - tanh(x); integers in float32.

    >>> import tinygrad_np as tg
    >>> tanhshrink(tg.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    if raw(input).dtype.kind == "b":
        raise RuntimeError("tanhshrink: not defined for bool; call .float()")
    return input - tanh(input)


@public
def glu(input: Any, dim: int = -1) -> Any:
    """Cut in half along ``dim`` into a and b, and take a * sigmoid(b): a gate that is learned.

    Y. Dauphin et al., "Language modeling with gated convolutional networks" (2017).

    Raises
    ------
    RuntimeError
        If the size of `dim` is odd, or the input is 0-d, or not a float tensor.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> glu(tg.tensor([1.0, 2.0, 0.0, 1e4]))
    tensor([0.5000, 2.0000])
    """
    shape = check_float(input, "glu").shape
    if not shape:
        raise RuntimeError("glu: a 0-d tensor cannot be cut in half")
    dim = normalise_dim(dim, len(shape), "glu")
    if shape[dim] % 2:
        raise RuntimeError(f"glu: dim {dim} of shape {shape} must have an even size, to be cut in half")
    half = shape[dim] // 2
    value, gate = split(input, [half, half], dim)
    return value * sigmoid(gate)
