"""Interleaved timing, and the line that a figure is reported in."""

import gc
import importlib.util
import time
from collections.abc import Callable
from statistics import median

Job = Callable[[], object]


def interleaved(*jobs: Job, rounds: int = 80, calls: int = 200) -> list[float]:
    """Return the median seconds of a call of each job; they take turns, so that noise hits them alike.

    A turn is long enough that its first calls, which find the caches full of the other's code and data, weigh little.
    """
    for job in jobs:
        job()
    times: list[list[float]] = [[] for _ in jobs]
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for job, measured in zip(jobs, times, strict=True):
                start = time.perf_counter()
                for _ in range(calls):
                    job()
                measured.append((time.perf_counter() - start) / calls)
    finally:
        gc.enable()
    return [median(measured) for measured in times]


def report(figure: str, value: float, limit: float, unit: str = "times", detail: str = "") -> bool:
    """Print a figure beside its limit, and return whether it holds."""
    holds = value <= limit
    verdict = "holds" if holds else "MISSED"
    print(f"{figure:<62}{value:>9.3f} {unit:<6} limit {limit:>6.2f}  {verdict:<7} {detail}".rstrip(), flush=True)
    return holds


def installed(package: str, figure: str) -> bool:
    """Tell whether a package is there to compare with, and say so if it is not."""
    there = importlib.util.find_spec(package) is not None
    if not there:
        print(f"{figure:<62}{'-':>9} {package} is not installed", flush=True)
    return there
