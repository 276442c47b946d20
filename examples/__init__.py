"""What a person runs: `python -m examples.NAME`."""
