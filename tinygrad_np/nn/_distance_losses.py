"""Losses of embeddings: vectors of what is alike should be near each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygrad_np._public.wrapping import public
from tinygrad_np.nn._distances import pairwise_distance
from tinygrad_np.nn._loss_arguments import check_reduction, reduced
from tinygrad_np.ops.elementwise import clamp, masked, minimum, raw, sqrt
from tinygrad_np.ops.reduction import sum

TINY = 1e-12  # added to squared lengths, so that a vector of zeros has a cosine


@public
def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0, *, reduction: str = "mean") -> Any:
    """Take 1 - cos where the target is 1, and max(0, cos - margin) where it is -1; cos is that of the two vectors.

    Shapes: inputs (N, D) with a target (N,), or (D,) with a target ().

    Raises
    ------
    RuntimeError
        If the shapes are not such.
    ValueError
        If `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> a, b = tg.tensor([[1.0, 0.0], [1.0, 0.0]]), tg.tensor([[0.0, 1.0], [1.0, 1.0]])
    >>> cosine_embedding_loss(a, b, tg.tensor([1, -1]), reduction="none")
    tensor([1.0000, 0.7071])
    """
    check_reduction(reduction, "cosine_embedding_loss")
    first, second, wanted = raw(input1), raw(input2), raw(target)
    if wanted.ndim > 1 or first.ndim != wanted.ndim + 1 or second.ndim != wanted.ndim + 1:
        raise RuntimeError(
            "cosine_embedding_loss: expected inputs (N, D) and target (N,), or (D,) and (), got inputs of shapes "
            f"{first.shape} and {second.shape} and target {wanted.shape}"
        )
    product, square1, square2 = sum(input1 * input2, -1), sum(input1 * input1, -1), sum(input2 * input2, -1)
    cosine = product / sqrt((square1 + TINY) * (square2 + TINY))
    losses = masked(1 - cosine, wanted == 1) + masked(clamp(cosine - margin, 0), wanted == -1)
    return reduced(losses, reduction)


@public
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Any:
    """Compute max(0, margin + d(anchor, positive) - d(anchor, negative)) with the ``pairwise_distance`` d of norm p.

    With ``swap`` the second distance is the lesser of it and d(positive, negative). V. Balntas et al., "Learning
    shallow convolutional feature descriptors with triplet losses" (2016).

    Raises
    ------
    RuntimeError
        If the three have not equally many dims, or do not broadcast.
    ValueError
        If `margin` is not positive, or `reduction` is unknown.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> triplet_margin_loss(tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]]), tg.tensor([[0.0, 2.0]]))
    tensor(4.0000)
    """

    def distance(a: Any, b: Any) -> Any:
        return pairwise_distance(a, b, p, eps)

    return _triplet(anchor, positive, negative, distance, margin, swap, reduction, "triplet_margin_loss")


@public
def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """Compute the ``triplet_margin_loss`` with a distance of one's own: a function of two tensors of vectors.

    >>> import tinygrad_np as tg
    >>> F = tg.nn.functional
    >>> a, b, c = tg.tensor([[1.0, 0.0]]), tg.tensor([[1.0, 1.0]]), tg.tensor([[0.0, 1.0]])
    >>> F.triplet_margin_with_distance_loss(a, b, c, distance_function=lambda x, y: 1 - F.cosine_similarity(x, y))
    tensor(0.2929)
    """
    distance = distance_function or pairwise_distance
    name = "triplet_margin_with_distance_loss"
    return _triplet(anchor, positive, negative, distance, margin, swap, reduction, name)


def _triplet(
    anchor: Any,
    positive: Any,
    negative: Any,
    distance: Callable[[Any, Any], Any],
    margin: float,
    swap: bool,
    reduction: str,
    name: str,
) -> Any:
    check_reduction(reduction, name)
    if not margin > 0:
        raise ValueError(f"{name}: margin must be greater than 0, got {margin}")
    shapes = [raw(x).shape for x in (anchor, positive, negative)]
    if len({len(shape) for shape in shapes}) > 1:
        raise RuntimeError(
            f"{name}: anchor, positive and negative must have equally many dims, got shapes "
            f"{', '.join(map(str, shapes))}"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced(clamp(margin + near - far, 0), reduction)
