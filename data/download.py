"""MNIST from a public mirror, kept in the cache folder as raw IDX files."""

import gzip
import queue
import threading
from pathlib import Path

from data import cache
from data.idx import MNIST

BASE_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
ANSWER_SECONDS = 5.0  # until a server answers, and for every silence after that
FILE_SECONDS = 60.0  # for a whole file: 10 MB at 170 kB a second


def fetch() -> list[Path]:
    """Return the four files of MNIST in the cache folder, in MNIST's order, fetching those that are not there.

    pooch compares every file with its SHA-256, on each call, and puts a download in place only if it is right.
    Raises ImportError without pooch, OSError, EOFError, zlib.error or ValueError if a download fails.
    """
    try:
        import pooch
    except ImportError as error:
        raise ImportError("downloading needs pooch: pip install 'tinygrad_np[examples]'") from error
    folder = cache.folder() / "mnist"
    fetched = {}
    for name in reversed(MNIST):  # the smallest file first: what fails, fails soon
        url = f"{BASE_URL}{name}.gz"
        path = pooch.retrieve(url, f"sha256:{MNIST[name]}", fname=name, path=folder, downloader=_download)
        fetched[name] = Path(path)
    return [fetched[name] for name in MNIST]


def _download(url: str, output_file: str, _pooch: object) -> None:
    """Write the decompressed content of `url` to `output_file`, in bounded time; pooch calls this."""
    import requests

    # The time-out of requests is for each address of a host and each piece of the body, and not for looking up the
    # name. So the transfer runs in a thread, which reports twice and is left behind if it does not do so in time.
    reports: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

    def transfer() -> None:
        try:
            headers = {"Accept-Encoding": "identity"}  # the file is a .gz itself, and the transfer must not undo that
            with requests.get(url, headers=headers, stream=True, timeout=ANSWER_SECONDS) as response:
                response.raise_for_status()
                reports.put(b"")
                reports.put(response.content)
        except Exception as error:
            reports.put(error)

    threading.Thread(target=transfer, daemon=True).start()
    content = b""
    for what, seconds in (("no answer", ANSWER_SECONDS), ("not complete", FILE_SECONDS)):
        try:
            report = reports.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError(f"{what} within {seconds:g} s: {url}") from None
        if isinstance(report, Exception):
            raise report
        content = report
    Path(output_file).write_bytes(gzip.decompress(content))
