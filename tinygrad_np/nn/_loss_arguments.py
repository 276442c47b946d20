"""What all losses do alike: refuse arguments that cannot be meant, and reduce."""

from __future__ import annotations

from typing import Any

from tinygrad_np._graph import Value, wrap
from tinygrad_np.nn._window_arguments import Array, array_of
from tinygrad_np.ops.elementwise import raw
from tinygrad_np.ops.reduction import mean, sum


def check_reduction(reduction: str, name: str) -> None:
    """Refuse what is not a reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def reduced(losses: Any, reduction: str) -> Any:
    """Return the mean of the losses, their sum, or the losses themselves."""
    return mean(losses) if reduction == "mean" else sum(losses) if reduction == "sum" else losses


def weighted(losses: Any, weight: Any, reduction: str, name: str) -> Any:
    """Reduce losses times their weights, which have their shape; the mean divides by the sum of the weights."""
    if weight is None:
        return reduced(losses, reduction)
    check_weight(weight, raw(losses).shape, name)
    losses = losses * weight
    return sum(losses) / sum(weight) if reduction == "mean" else reduced(losses, reduction)


def check_weight(weight: Any, shape: tuple[int, ...], name: str) -> None:
    """Refuse weights that are not one for each loss."""
    if raw(weight).shape != shape:
        raise ValueError(f"{name}: weight must have the shape of input, {shape}, got {raw(weight).shape}")


def arrays_of(input: Any, target: Any, name: str) -> tuple[Array, Array]:
    """Return the arrays of both, which must be tensors or arrays."""
    return array_of(input, name, "input"), array_of(target, name, "target")


def compared(
    input: Any, target: Any, reduction: str, name: str, kind: type[Exception] = RuntimeError
) -> tuple[Any, Any]:
    """Return input and target as tensors, of equal shapes: (N,) against (N, 1) would compare all with all."""
    check_reduction(reduction, name)
    x, wanted = arrays_of(input, target, name)
    if x.shape != wanted.shape:
        raise kind(f"{name}: input has shape {x.shape}, target {wanted.shape}; they must be equal: reshape one")
    return _tensor(input), _tensor(target)


def _tensor(x: Any) -> Any:
    return x if isinstance(x, Value) else wrap(x.copy())  # the user may write to it before backward
