"""Helpers around training: ``data`` cuts data sets into batches."""

from tinygrad_np.utils import data

__all__ = ["data"]
