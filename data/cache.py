"""A folder of results that cost time to make: each file holds the bytes stored under one key, and their SHA-256.

The folder may be deleted at any time. A file in it is believed only if its digest fits its key and its bytes, so
one that is stale, cut or altered counts as absent; a folder that cannot be written costs speed, never the result.
"""

import hashlib
import os
from pathlib import Path

from data.files import write_atomically

ENVIRONMENT = "TINYGRAD_NP_CACHE"


def folder() -> Path:
    """Return the cache folder: TINYGRAD_NP_CACHE if that is set, else the system's place for tinygrad_np's caches."""
    chosen = os.environ.get(ENVIRONMENT)
    if chosen:
        return Path(chosen)
    try:
        import pooch
    except ImportError as error:
        raise ImportError("finding the cache folder needs pooch: pip install 'tinygrad_np[examples]'") from error
    return Path(pooch.os_cache("tinygrad_np"))


def load(key: str) -> memoryview | None:
    """Return the bytes stored under `key`, or None if there are none that can be believed."""
    try:
        content = memoryview((folder() / key).read_bytes())
    except OSError:
        return None
    digest_size = hashlib.sha256().digest_size
    digest, payload = content[:digest_size], content[digest_size:]
    return payload if digest == _digest(key, payload) else None


def store(key: str, payload: bytes) -> None:
    """Keep `payload` under `key`, a file name, if the folder can be written."""
    path = folder() / key
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(path) as file:
            file.write(_digest(key, payload))
            file.write(payload)
    except OSError:
        return  # a read-only or full disk: the next run computes it again


def _digest(key: str, payload: bytes | memoryview) -> bytes:
    # The key is part of it: a file that was renamed to another key is refused.
    digest = hashlib.sha256(key.encode())
    digest.update(payload)
    return digest.digest()
