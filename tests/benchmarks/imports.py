"""What importing the package costs beyond NumPy's own import."""

import subprocess
import sys
from statistics import median

from tests.benchmarks.timing import report

PROGRAM = "import time, sys, numpy; t = time.perf_counter(); import tinygrad_np; print(time.perf_counter() - t)"


def main() -> bool:
    times = [float(subprocess.check_output([sys.executable, "-c", PROGRAM])) for _ in range(15)]
    return report("import of tinygrad_np beyond NumPy's own", median(times) * 1e3, 50, unit="ms")


if __name__ == "__main__":
    main()
