"""tinygrad_np: PyTorch's names, NumPy's arrays, and an autograd engine that one person reads in an evening.

>>> import tinygrad_np as tg
>>> W = tg.tensor([[1.0, 2.0]], requires_grad=True)
>>> loss = (W @ tg.tensor([3.0, 4.0])).sum()
>>> loss.backward()
>>> W.grad
tensor([[3., 4.]])
"""

from __future__ import annotations

import importlib
from typing import Any

from tinygrad_np import _public
from tinygrad_np._creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from tinygrad_np._dtypes import bool_, float16, float32, float64, int8, int16, int32, int64, result_type, uint8
from tinygrad_np._graph import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from tinygrad_np._printing import set_printoptions
from tinygrad_np._public import *
from tinygrad_np._random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from tinygrad_np._tensor import Tensor
from tinygrad_np._user_op import op

__version__ = "0.1.0"

half = float16
float = float32
double = float64
short = int16
int = int32
long = int64
bool = bool_

__all__ = [  # the submodules are imported on first use
    "Generator",
    "Tensor",
    "__version__",
    "arange",
    "as_tensor",
    "autograd",
    "bool",
    "default_generator",
    "double",
    "empty",
    "empty_like",
    "enable_grad",
    "explain",
    "eye",
    "float",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "full_like",
    "func",
    "get_rng_state",
    "half",
    "initial_seed",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "linalg",
    "linspace",
    "long",
    "manual_seed",
    "nn",
    "no_grad",
    "ones",
    "ones_like",
    "op",
    "optim",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "result_type",
    "seed",
    "set_grad_enabled",
    "set_printoptions",
    "set_rng_state",
    "short",
    "tensor",
    "uint8",
    "utils",
    "zeros",
    "zeros_like",
]
__all__ += _public.__all__

_ON_FIRST_USE = ("autograd", "explain", "func", "linalg", "nn", "optim", "testing", "utils")


def __getattr__(name: str) -> Any:
    """Import a submodule when it is first used (PEP 562), so that importing the core stays quick."""
    if name in _ON_FIRST_USE:
        return importlib.import_module(f"tinygrad_np.{name}")
    raise AttributeError(f"module 'tinygrad_np' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ON_FIRST_USE})
