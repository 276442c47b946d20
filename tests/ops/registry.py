"""The ops that the tests are generated from."""

from __future__ import annotations

import importlib
import pkgutil

from tinygrad_np import ops
from tinygrad_np._graph import OPS, Op

for module in pkgutil.iter_modules(ops.__path__, f"{ops.__name__}."):
    importlib.import_module(module.name)  # an op is in the registry once its module has run


def _is_the_packages(op: Op) -> bool:
    """Tell whether an op is not one that an example has declared."""
    return all(rule.__globals__["__name__"].startswith("tinygrad_np.") for rule in op.derivatives.values())


WITH_RULES = {name: op for name, op in sorted(OPS.items()) if op.derivatives and _is_the_packages(op)}
