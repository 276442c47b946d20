"""The engine: values, nodes, ops and the backward walk.

Read in this order: ``_node`` (what a graph is made of), ``_mode`` (whether to record), ``_op`` and ``_declare`` (how a
rule is declared, with its ``_domain`` and ``_promotion``), ``_call`` (how a call of an op records a node), ``_walk``
(how the rules are applied backwards), ``_backward`` (how that is asked for). Beside them: ``_outputs`` (ops of several
outputs), ``_higher`` (higher orders), ``_hooks``, ``_places`` (lines of the user's program), ``_quiet`` (NumPy's
warnings), ``_writes`` (how an overwritten array is noticed), ``_views`` (what a recorded write means for the views of
the same memory).
"""

from tinygrad_np._graph._backward import backward, grad
from tinygrad_np._graph._declare import op
from tinygrad_np._graph._domain import Domain, Draw
from tinygrad_np._graph._hooks import PostAccumulate, RemovableHandle, RetainGrad, add_hook, retains_grad
from tinygrad_np._graph._mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from tinygrad_np._graph._node import (
    Array,
    Leaf,
    Node,
    Value,
    result_class,
    set_result_class,
    wrap,
)
from tinygrad_np._graph._op import OPS, UFUNCS, Op
from tinygrad_np._graph._views import refuse_unseen, rewire, rewritten_root
from tinygrad_np._graph._walk import walk
from tinygrad_np._graph._writes import Stamp, mark, mark_written, stamp_of

__all__ = [
    "OPS",
    "UFUNCS",
    "Array",
    "Domain",
    "Draw",
    "Leaf",
    "Node",
    "Op",
    "PostAccumulate",
    "RemovableHandle",
    "RetainGrad",
    "Stamp",
    "Value",
    "add_hook",
    "backward",
    "enable_grad",
    "grad",
    "is_grad_enabled",
    "mark",
    "mark_written",
    "no_grad",
    "op",
    "refuse_unseen",
    "result_class",
    "retains_grad",
    "rewire",
    "rewritten_root",
    "set_grad_enabled",
    "set_result_class",
    "stamp_of",
    "walk",
    "wrap",
]
