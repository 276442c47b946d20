"""The page's server as a person starts it: a process of its own, on a port of its own."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START = 300  # seconds, for it may have to train first


@dataclass
class Served:
    """A server that runs: in which folder, where it listens, and the lines it printed up to that."""

    process: subprocess.Popen[str]
    folder: Path
    url: str
    printed: list[str]

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])


@contextmanager
def serve(folder: Path, *arguments: str) -> Iterator[Served]:
    """Run `python -m examples.draw_digit --port 0` in that folder until the block ends."""
    command = [sys.executable, "-m", "examples.draw_digit", "--port", "0", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        timer = threading.Timer(START, process.kill)
        timer.start()
        try:
            printed: list[str] = []
            for line in process.stdout:
                printed.append(line)
                if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                    break
            else:
                raise AssertionError(f"the server ended before it served:\n{''.join(printed)}")
            timer.cancel()
            yield Served(process, folder, found[0], printed)
        finally:
            timer.cancel()
            process.kill()
