"""Which functions are compared with PyTorch on its own sample calls, by topic."""
