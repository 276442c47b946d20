import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import cache
from data.files import write_atomically


@given(payload=st.binary(max_size=100), data=st.data())
def test_what_is_stored_is_loaded_and_anything_else_is_not(payload, data):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGRAD_NP_CACHE", folder)
        assert cache.load("key") is None
        cache.store("key", payload)
        assert cache.load("key") == payload
        path = Path(folder, "key")
        intact = path.read_bytes()

        path.write_bytes(intact[: data.draw(st.integers(0, len(intact) - 1))])
        assert cache.load("key") is None

        changed = bytearray(intact)
        changed[data.draw(st.integers(0, len(intact) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(changed)
        assert cache.load("key") is None

        path.write_bytes(intact)
        path.rename(Path(folder, "another key"))
        assert cache.load("another key") is None


def test_the_folder_is_the_systems_place_for_caches_unless_the_environment_names_one(monkeypatch, tmp_path):
    assert cache.folder() == tmp_path / "cache"
    monkeypatch.delenv("TINYGRAD_NP_CACHE")
    assert "tinygrad_np" in cache.folder().parts
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"the cache folder needs pooch: pip install 'tinygrad_np\[examples\]'"):
        cache.folder()


def test_a_folder_that_cannot_be_written_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TINYGRAD_NP_CACHE", str(tmp_path / "file"))
    cache.store("key", b"payload")
    assert cache.load("key") is None


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_half() -> None:
        with write_atomically(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"


def test_a_file_being_written_is_not_there_yet(tmp_path):
    path = tmp_path / "file"
    with write_atomically(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
