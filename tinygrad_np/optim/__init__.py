"""Optimizers, which change parameters along their gradients, and schedules for their learning rates.

Read ``optimizer`` first (what all of them share), then ``sgd``, ``adam`` and ``lr_scheduler``.
"""

from tinygrad_np.optim import lr_scheduler
from tinygrad_np.optim.adam import Adam, AdamW
from tinygrad_np.optim.optimizer import Optimizer
from tinygrad_np.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]
