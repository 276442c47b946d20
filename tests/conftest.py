"""Settings shared by all tests: one BLAS thread, and which examples hypothesis tries, and how many."""

import importlib
import os
import pkgutil

from hypothesis import HealthCheck, settings

# Before NumPy is imported: the order of a threaded BLAS sum, and with it the last bits, depends on the thread count.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

# Hypothesis also tries the constants of those of the project's modules that are loaded. All are, so that the examples
# do not depend on which tests a process has run before. (This takes the whole of the extra "test".)
for package in ("tinygrad_np", "models", "data", "examples"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        importlib.import_module(module.name)

# How long an example takes says more about the machine's load than about the code.
settings.register_profile(
    "quick", max_examples=25, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", settings.get_profile("quick"), max_examples=1000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
