"""How often ``explain.compare`` names a planted mistake: a table of what was planted and what was named.

    python -m tests.benchmarks.plantings [COUNT [SEED]]

The mistakes are those of tests/explain/planting.py, in the hand-derived digit network: hidden width 10 in half of the
cases and 1 to 32 else, batches of 1 to 100, float32 and float64, with and without a penalty that makes a tensor shared.
"""

from __future__ import annotations

import sys
from collections import Counter

from tests.explain.planting import CAUSES, findings


def main(count: int = 2000, seed: int = 0) -> bool:
    """Print how often each mistake was named right, and what was said otherwise; true if 95 % were."""
    planted: Counter[str] = Counter()
    right: Counter[str] = Counter()
    otherwise: dict[str, Counter[str]] = {cause: Counter() for cause in CAUSES}
    for finding in findings(seed, count):
        cause = finding.planting.cause
        planted[cause] += 1
        right[cause] += finding.right
        if not finding.right:
            otherwise[cause][f"{finding.cause} in {finding.place}"] += 1
    print(f"{'planted':30}{'times':>6}{'right':>8}  otherwise")
    for cause in CAUSES:
        share = f"{right[cause] / planted[cause]:8.1%}" if planted[cause] else f"{'':8}"
        said = ", ".join(f"{number} {what}" for what, number in otherwise[cause].most_common())
        print(f"{cause:30}{planted[cause]:6}{share}  {said}".rstrip())
    print(f"{'all':30}{count:6}{right.total() / count:8.1%}")
    return right.total() >= 0.95 * count


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:])) else 1)
