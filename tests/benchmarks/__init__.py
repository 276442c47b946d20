"""The figures of speed and memory, each against what it is compared with, in one run.

Ratios are taken of medians of interleaved rounds, on one BLAS thread. Importing this package sets that, so it must be
imported before NumPy.
"""

import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"
