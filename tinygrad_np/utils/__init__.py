"""Helpers around training: ``data`` cuts data sets into batches, ``checkpoint`` trades time for memory."""

from tinygrad_np.utils import checkpoint, data

__all__ = ["checkpoint", "data"]
