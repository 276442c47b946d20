"""Convolutions and their transposes over one, two and three dims."""

from __future__ import annotations

from typing import Any

from tinygrad_np._public.wrapping import public
from tinygrad_np._shapes import Shape
from tinygrad_np.nn._window_arguments import Sizes, array_of, batched, like_given, per_dim
from tinygrad_np.ops.convolution import convolve, convolve_transposed
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.movement import reshape
from tinygrad_np.ops.windows import Windows


def _checked_kernel(input: Any, weight: Any, dims: int, groups: int, name: str, transposed: bool) -> Shape:
    """Refuse a kernel that does not fit the input, or the groups; return its size."""
    x, w = raw(input), array_of(weight, name, "weight")
    if isinstance(groups, bool) or not isinstance(groups, int):
        raise TypeError(f"{name}: groups must be an integer, got {groups!r}")
    if groups < 1:
        raise RuntimeError(f"{name}: groups must be positive, got {groups}")
    if w.dtype != x.dtype:
        raise RuntimeError(f"{name}: weight must have the dtype of input, {x.dtype}, got {w.dtype}")
    sizes = ("in, out / groups" if transposed else "out, in / groups") + ", k" * dims
    if w.ndim != dims + 2:
        raise RuntimeError(f"{name}: weight must have {dims + 2} dims, ({sizes}), got {w.shape}")
    channels = len(w) if transposed else w.shape[1] * groups
    if len(w) % groups or len(w) < groups:
        raise RuntimeError(f"{name}: weight {w.shape} cannot be split into {groups} groups along its first dim")
    if x.shape[1] != channels:
        raise RuntimeError(
            f"{name}: weight {w.shape}, that is ({sizes}), fits an input of {channels} channels in {groups} groups; "
            f"input {x.shape} has {x.shape[1]}"
        )
    if 0 in w.shape[2:]:
        raise RuntimeError(f"{name}: a kernel has at least one entry along each dim, got weight {w.shape}")
    return tuple(w.shape[2:])


def _with_bias(output: Any, bias: Any, dims: int, name: str) -> Any:
    if bias is None:
        return output
    y, b = raw(output), array_of(bias, name, "bias")
    if b.shape != y.shape[1:2]:
        raise RuntimeError(f"{name}: bias must have shape ({y.shape[1]},), one for each output channel, got {b.shape}")
    if b.dtype != y.dtype:
        raise RuntimeError(f"{name}: bias must have the dtype of input, {y.dtype}, got {b.dtype}")
    return output + reshape(bias, (len(b), *(1,) * dims))


def _padding(padding: Any, reach: Shape, stride: Shape, name: str) -> tuple[Shape, Shape]:
    """Return the padding before and after the image; ``reach`` is how far a window reaches beyond its first entry."""
    if padding == "valid":
        return (0,) * len(reach), (0,) * len(reach)
    if padding == "same":
        if any(s != 1 for s in stride):
            raise RuntimeError(f"{name}: padding='same' needs a stride of 1, got {stride}")
        return tuple(r // 2 for r in reach), tuple(r - r // 2 for r in reach)
    if isinstance(padding, str):
        raise RuntimeError(f"{name}: padding must be 'same', 'valid' or integers, got {padding!r}")
    sizes = per_dim(padding, len(reach), name, "padding", 0)
    return sizes, sizes


def _convolution(
    dims: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    name = f"conv{dims}d"
    input, whole = batched(input, dims, name)
    stride = per_dim(stride, dims, name, "stride", 1)
    dilation = per_dim(dilation, dims, name, "dilation", 1)
    size = _checked_kernel(input, weight, dims, groups, name, False)
    image = raw(input).shape[2:]
    reach = tuple((k - 1) * d for k, d in zip(size, dilation, strict=True))
    before, after = _padding(padding, reach, stride, name)
    wide = tuple(p + n + q for p, n, q in zip(before, image, after, strict=True))
    count = tuple((n - r - 1) // s + 1 for n, r, s in zip(wide, reach, stride, strict=True))
    if min(count) < 1 or 0 in image:
        raise RuntimeError(
            f"{name}: a kernel of {size}, with dilation {dilation}, does not fit into an input of {image}, with "
            f"padding of {wide}"
        )
    windows = Windows(image, size, count, stride, before, dilation)
    return like_given(_with_bias(convolve(input, weight, windows, groups), bias, dims, name), whole)


def _transposed_convolution(
    dims: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    name = f"conv_transpose{dims}d"
    input, whole = batched(input, dims, name)
    stride = per_dim(stride, dims, name, "stride", 1)
    padding = per_dim(padding, dims, name, "padding", 0)
    extra = per_dim(output_padding, dims, name, "output_padding", 0)
    dilation = per_dim(dilation, dims, name, "dilation", 1)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise RuntimeError(
            f"{name}: output_padding must be smaller than stride or dilation, got {extra} for {stride} and {dilation}"
        )
    size = _checked_kernel(input, weight, dims, groups, name, True)
    count = raw(input).shape[2:]
    steps = zip(count, stride, padding, dilation, size, extra, strict=True)
    image = tuple((n - 1) * s - 2 * p + d * (k - 1) + e + 1 for n, s, p, d, k, e in steps)
    if min(image) < 1 or 0 in count:
        raise RuntimeError(f"{name}: an input of {count} would give an output of {image}, which has no entries")
    windows = Windows(image, size, count, stride, padding, dilation)
    return like_given(_with_bias(convolve_transposed(input, weight, windows, groups), bias, dims, name), whole)


@public
def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    """Slide a kernel along one dim, as ``conv2d`` does over two.

    Shapes: input (N, C, L) or (C, L), weight (O, C / groups, k), bias (O,), result (N, O, L') or (O, L').

    >>> import tinygrad_np as tg
    >>> difference = tg.tensor([[[-1.0, 1.0]]])
    >>> conv1d(tg.tensor([[[1.0, 4.0, 9.0]]]), difference)
    tensor([[[3., 5.]]])
    """
    return _convolution(1, input, weight, bias, stride, padding, dilation, groups)


@public
def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    r"""Slide a kernel over images: each output is the sum of a window of the image, times the kernel.

    .. math:: y_{n,o,i} = b_o + \sum_{c,j} w_{o,c,j}\, x_{n,\,c,\; i \cdot stride - padding + j \cdot dilation}

    with i and j running over both dims (which is, strictly, a correlation).

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    weight : Tensor, shape (O, C / groups, k1, k2)
        The kernel, of the dtype of the input.
    bias : Tensor, shape (O,), optional
    stride : int or two
        The distance from window to window.
    padding : int or two, 'same' or 'valid'
        How many zeros surround the image at each side; 'same' keeps its size, 'valid' adds none.
    dilation : int or two
        The distance between neighbouring entries of a window.
    groups : int
        Both C and O are split into so many groups; each group of outputs sees its group of inputs alone.

    Returns
    -------
    Tensor, shape (N, O, H', W') or (O, H', W')
        With H' = (H + 2 * padding - dilation * (k1 - 1) - 1) // stride + 1.

    Raises
    ------
    RuntimeError
        If shapes, dtypes or numbers do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> image = tg.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(image, tg.ones(1, 1, 2, 2))
    tensor([[[[ 8., 12.],
              [20., 24.]]]])
    """
    return _convolution(2, input, weight, bias, stride, padding, dilation, groups)


@public
def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    """Slide a kernel over three dims, as ``conv2d`` does over two.

    Shapes: input (N, C, D, H, W) or (C, D, H, W), weight (O, C / groups, k1, k2, k3), bias (O,).

    >>> import tinygrad_np as tg
    >>> conv3d(tg.ones(1, 2, 4, 4, 4), tg.ones(3, 2, 2, 2, 2), padding="same").shape
    (1, 3, 4, 4, 4)
    """
    return _convolution(3, input, weight, bias, stride, padding, dilation, groups)


@public
def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """Spread each entry by a kernel along one dim, as ``conv_transpose2d`` does over two.

    Shapes: input (N, C, L) or (C, L), weight (C, O / groups, k), bias (O,), result (N, O, L') or (O, L').

    >>> import tinygrad_np as tg
    >>> conv_transpose1d(tg.tensor([[[1.0, 2.0]]]), tg.tensor([[[1.0, 10.0]]]), stride=2)
    tensor([[[ 1., 10.,  2., 20.]]])
    """
    return _transposed_convolution(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


@public
def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """Spread each entry of an image by a kernel: what ``conv2d`` with the same arguments does to a gradient.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    weight : Tensor, shape (C, O / groups, k1, k2)
        The kernel, of the dtype of the input.
    bias : Tensor, shape (O,), optional
    stride, padding, dilation, groups
        As those of the ``conv2d`` that this transposes: padding is cut off the result.
    output_padding : int or two
        How many more entries the result has at its end: several sizes of an image give one size of a ``conv2d``.

    Returns
    -------
    Tensor, shape (N, O, H', W') or (O, H', W')
        With H' = (H - 1) * stride - 2 * padding + dilation * (k1 - 1) + output_padding + 1.

    Raises
    ------
    RuntimeError
        If shapes, dtypes or numbers do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> conv_transpose2d(tg.ones(1, 1, 2, 2), tg.ones(1, 1, 2, 2))
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
    return _transposed_convolution(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


@public
def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """Spread each entry by a kernel over three dims, as ``conv_transpose2d`` does over two.

    Shapes: input (N, C, D, H, W) or (C, D, H, W), weight (C, O / groups, k1, k2, k3), bias (O,).

    >>> import tinygrad_np as tg
    >>> conv_transpose3d(tg.ones(1, 2, 2, 2, 2), tg.ones(2, 3, 2, 2, 2), stride=2).shape
    (1, 3, 4, 4, 4)
    """
    return _transposed_convolution(3, input, weight, bias, stride, padding, output_padding, groups, dilation)
