"""How many gradients of the digit network have the bits of the hand-derived ones: ours, and PyTorch's.

    OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.bits

Over the grid of tests/models/cases.py: float32 and float64, batches 1 to 1,000, hidden widths 1 to 128, weights small
to saturating. Without PyTorch, its columns are left out.
"""

from __future__ import annotations

import importlib.util

from examples.compare_gradients import compare, gradients_by_autodiff, gradients_by_hand
from models.digit_manual import Gradients
from tests.models.cases import Case, grid, same_bits

OF_PARAMETERS = ("dW2", "db2", "dW1", "db1")


def by_tinygrad_np(case: Case) -> Gradients:
    return gradients_by_autodiff(case.X, case.labels, case.net())


def by_torch(case: Case) -> Gradients:
    """PyTorch's, of the same layers: linear, relu, linear, cross_entropy."""
    import torch
    from torch.nn import functional as F

    W1, b1, W2, b2 = (torch.tensor(parameter, requires_grad=True) for parameter in case.parameters)
    Z1 = F.linear(torch.tensor(case.X), W1, b1)
    A1 = F.relu(Z1)
    Z2 = F.linear(A1, W2, b2)
    for result in (Z1, A1, Z2):
        result.retain_grad()
    F.cross_entropy(Z2, torch.tensor(case.labels)).backward()
    return Gradients(*(tensor.grad.numpy() for tensor in (Z2, W2, b2, A1, Z1, W1, b1)))


def main() -> bool:
    """Print for each gradient in how many cases it is equal to the bit, and how far it is off at most.

    Return whether all of ours are equal.
    """
    libraries = {"tinygrad_np": by_tinygrad_np}
    if importlib.util.find_spec("torch"):
        libraries["PyTorch"] = by_torch
    equal = {library: dict.fromkeys(Gradients._fields, 0) for library in libraries}
    furthest = {library: dict.fromkeys(Gradients._fields, 0.0) for library in libraries}
    cases = list(grid())
    for case in cases:
        expected = gradients_by_hand(*case)
        for library, compute in libraries.items():
            for name, g, e in zip(Gradients._fields, compute(case), expected, strict=True):
                equal[library][name] += same_bits(g, e)
                furthest[library][name] = max(furthest[library][name], compare(name, g, e).scaled_ulps)

    print(f"Equal to the bit, of {len(cases)} arrays each (largest difference in ULP of the array's largest entry)")
    print("gradient    " + "".join(f"{library:>22}" for library in libraries))
    for name in Gradients._fields:
        entries = (f"{equal[library][name]} ({furthest[library][name]:.2g})" for library in libraries)
        print(f"{name:12}" + "".join(f"{entry:>22}" for entry in entries))
    for title, names in (("parameters", OF_PARAMETERS), ("all", Gradients._fields)):
        totals = (f"{sum(equal[library][n] for n in names)} of {len(names) * len(cases)}" for library in libraries)
        print(f"{title:12}" + "".join(f"{total:>22}" for total in totals))
    return set(equal["tinygrad_np"].values()) == {len(cases)}


if __name__ == "__main__":
    main()
