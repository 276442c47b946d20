"""What the package's own ops are tested with, for the ops of others: ``pip install tinygrad_np[test]``.

``check_op`` does it all in one call. Its parts are hypothesis strategies (``calls`` of an op, ``cotangents``), and
properties that every op must have (``PROPERTIES``).
"""

from tinygrad_np._graph import Domain, Draw
from tinygrad_np._graph._domain import any_shape, broadcastable_pair
from tinygrad_np.testing.checking import check_op
from tinygrad_np.testing.properties import PROPERTIES
from tinygrad_np.testing.strategies import Call, calls, cotangents

__all__ = [
    "PROPERTIES",
    "Call",
    "Domain",
    "Draw",
    "any_shape",
    "broadcastable_pair",
    "calls",
    "check_op",
    "cotangents",
]
