"""See what a backward pass does: entry by entry, and beside what one derives by hand."""

from tinygrad_np.explain import figures as plot
from tinygrad_np.explain.comparison import compare
from tinygrad_np.explain.entries import Contribution, Entry, Trace
from tinygrad_np.explain.modules import Layer, Summary, summary
from tinygrad_np.explain.names import name
from tinygrad_np.explain.recorder import recording
from tinygrad_np.explain.tracing import trace
from tinygrad_np.explain.verdicts import Cause, Comparison, Verdict

__all__ = [
    "Cause",
    "Comparison",
    "Contribution",
    "Entry",
    "Layer",
    "Summary",
    "Trace",
    "Verdict",
    "compare",
    "name",
    "plot",
    "recording",
    "summary",
    "trace",
]
