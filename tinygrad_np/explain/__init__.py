"""See what a backward pass does: entry by entry, and beside what one derives by hand."""

from tinygrad_np.explain.entries import Contribution, Entry, Trace
from tinygrad_np.explain.names import name
from tinygrad_np.explain.recorder import recording
from tinygrad_np.explain.tracing import trace

__all__ = ["Contribution", "Entry", "Trace", "name", "recording", "trace"]
