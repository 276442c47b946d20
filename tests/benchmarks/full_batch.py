"""A step over 60,000 examples at once: time, and the memory it takes beyond the data."""

import tracemalloc

from tests.benchmarks.step import batch, by_hand_with_loss, by_tinygrad_np
from tests.benchmarks.timing import Job, interleaved, report


def peak(job: Job) -> int:
    """Return the most bytes that a call has allocated at a time, as NumPy reports them."""
    job()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        job()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def main() -> bool:
    X, labels = batch(60_000)
    hand, ours = by_hand_with_loss(X, labels), by_tinygrad_np(X, labels)
    t_ours, t_hand = interleaved(ours, hand, rounds=31, calls=1)
    m_ours, m_hand = peak(ours), peak(hand)
    detail = f"{t_ours * 1e3:.1f} ms, {t_hand * 1e3:.1f} ms"
    verdicts = [report("full batch of 60,000, against hand-written NumPy", t_ours / t_hand, 1.05, detail=detail)]
    detail = f"{m_ours / 1e6:.1f} MB, {m_hand / 1e6:.1f} MB"
    verdicts.append(report("full batch of 60,000, peak memory beyond the data", m_ours / m_hand, 1.2, detail=detail))
    return all(verdicts)


if __name__ == "__main__":
    main()
