"""Settings shared by all tests: one BLAS thread, and how many examples hypothesis tries."""

import os

from hypothesis import HealthCheck, settings

# Before NumPy is imported: the order of a threaded BLAS sum, and with it the last bits, depends on the thread count.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

# How long an example takes says more about the machine's load than about the code.
settings.register_profile(
    "quick", max_examples=25, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", settings.get_profile("quick"), max_examples=1000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
