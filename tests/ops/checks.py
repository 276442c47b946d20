"""The numerical derivatives that rules are compared with."""

from tinygrad_np.testing.derivatives import (  # noqa: F401
    check_gradient,
    check_order,
    extrapolated,
    gradients,
    leaves,
    outputs_of,
    values_of,
)
