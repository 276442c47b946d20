"""Functions that pick entries by index, and that write at one."""

from __future__ import annotations

from typing import Any

NAMES = """
    __getitem__ argwhere bernoulli diagonal_scatter gather
    index_add index_copy index_fill index_put index_reduce.amax index_reduce.amin index_reduce.mean index_reduce.prod
    index_select masked_fill masked_scatter masked_select multinomial nn.functional.one_hot nonzero
    normal normal.number_mean put scatter scatter_add
    scatter_reduce.amax scatter_reduce.amin scatter_reduce.mean scatter_reduce.prod scatter_reduce.sum
    select_scatter slice_scatter take take_along_dim
"""
PATHS = {"__getitem__": "Tensor.__getitem__"}


def folds(sample: Any) -> str | None:
    return "PyTorch has no derivative of scatter with reduce" if "reduce" in sample.options else None


def names_a_device(sample: Any) -> str | None:
    return "a creation function's device" if "device" in sample.options else None


LEFT_OUT = {"scatter": folds, "normal.number_mean": names_a_device}
