"""Data sets, the order in which they are read, and the loader that cuts them into batches.

Read in this order: ``dataset``, ``sampler``, ``collate``, ``loader``.
"""

from tinygrad_np.utils.data.collate import default_collate, default_convert
from tinygrad_np.utils.data.dataset import Dataset, Subset, TensorDataset, random_split
from tinygrad_np.utils.data.loader import DataLoader
from tinygrad_np.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "default_collate",
    "default_convert",
    "random_split",
]
