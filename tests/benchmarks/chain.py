"""A chain of 100,000 ops: backward time per op against that of a chain of 1,000."""

import time
from statistics import median

import tinygrad_np as tg
from tests.benchmarks.timing import report


def backward_per_op(length: int) -> float:
    x = tg.ones(1, requires_grad=True)
    y = x
    for _ in range(length):
        y = y * 1.0001
    start = time.perf_counter()
    y.backward()
    return (time.perf_counter() - start) / length


def main() -> bool:
    for length in (1_000, 100_000):
        backward_per_op(length)
    pairs = [(median(backward_per_op(1_000) for _ in range(25)), backward_per_op(100_000)) for _ in range(9)]
    short, long = (median(column) for column in zip(*pairs, strict=True))
    detail = f"{long * 1e6:.2f} us, {short * 1e6:.2f} us"
    return report("chain of 100,000 ops, backward per op against 1,000", long / short, 2, detail=detail)


if __name__ == "__main__":
    main()
