"""Gradients on request: ``backward`` adds them to the leaves, ``grad`` returns them."""

from tinygrad_np._graph import backward, enable_grad, grad, no_grad, set_grad_enabled

__all__ = ["backward", "enable_grad", "grad", "no_grad", "set_grad_enabled"]
