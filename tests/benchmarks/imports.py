"""What importing the package costs beyond NumPy's own import."""

import os
import subprocess
import sys
import tempfile
from statistics import median

from tests.benchmarks.timing import report

PROGRAM = "import time, sys, numpy; t = time.perf_counter(); import tinygrad_np; print(time.perf_counter() - t)"


def main() -> bool:
    with tempfile.TemporaryDirectory() as cache:  # compiled once, as installed packages are, whatever the shell says
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
        command = [sys.executable, "-c", PROGRAM]
        times = [float(subprocess.check_output(command, env=environment)) for _ in range(16)]
    return report("import of tinygrad_np beyond NumPy's own", median(times[1:]) * 1e3, 50, unit="ms")


if __name__ == "__main__":
    main()
