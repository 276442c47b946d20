"""Each test sees an empty data folder, a cache of its own and no network; small IDX files are written on demand."""

import gzip
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data import download, idx, sources

MNIST_FOLDER = os.environ.get("TINYGRAD_NP_DATA")


@pytest.fixture(autouse=True)
def isolated(tmp_path, monkeypatch):
    monkeypatch.delenv("TINYGRAD_NP_DATA", raising=False)
    monkeypatch.setenv("TINYGRAD_NP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sources, "FOLDER", tmp_path / "data")
    # Nothing listens on the discard port, and the name needs no looking up.
    monkeypatch.setattr(download, "BASE_URL", "http://127.0.0.1:9/mnist/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """Real MNIST, where TINYGRAD_NP_DATA has its IDX files."""
    if not MNIST_FOLDER or not idx.find(Path(MNIST_FOLDER)):
        pytest.skip("TINYGRAD_NP_DATA does not name a folder with MNIST's IDX files")
    return Path(MNIST_FOLDER)


@pytest.fixture(scope="session")
def idx_contents() -> Callable[..., dict[str, bytes]]:
    """A function that returns the contents of four IDX files, by name: 5 training images and 3 test images."""

    def contents(train: int = 5, test: int = 3, seed: int = 0) -> dict[str, bytes]:
        rng = np.random.default_rng(seed)
        files = {}
        for name in idx.MNIST:
            n = train if name.startswith("train") else test
            if "images" in name:
                files[name] = struct.pack(">4I", 0x803, n, 28, 28) + rng.integers(0, 256, n * 784, np.uint8).tobytes()
            else:
                files[name] = struct.pack(">2I", 0x801, n) + rng.integers(0, 10, n, np.uint8).tobytes()
        return files

    return contents


@pytest.fixture(scope="session")
def write_idx(idx_contents) -> Callable[..., Path]:
    """A function that writes four small IDX files to a folder, with chosen contents in place of some of them."""

    def write(folder: Path, compressed: bool = False, **replaced: bytes) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in idx_contents().items():
            content = replaced.get(name.replace("-", "_"), content)
            if compressed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
            else:
                (folder / name).write_bytes(content)
        return folder

    return write
