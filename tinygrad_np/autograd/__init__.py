"""Gradients on request, operations with gradients of one's own, and tools to check both.

``backward`` adds gradients to the leaves, ``grad`` returns them; ``functional`` has Jacobians, Hessians and products
with them. ``Function`` is an operation with a backward of one's own (``tg.op`` is the shorter way, a rule a line).
"""

from tinygrad_np._graph import backward, enable_grad, grad, no_grad, set_grad_enabled
from tinygrad_np.autograd import function, functional
from tinygrad_np.autograd.anomaly import (
    detect_anomaly,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    set_detect_anomaly,
)
from tinygrad_np.autograd.checking import gradcheck, gradgradcheck
from tinygrad_np.autograd.comparing import GradcheckError
from tinygrad_np.autograd.function import Function

__all__ = [
    "Function",
    "GradcheckError",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]
