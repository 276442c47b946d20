import gzip
import hashlib
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from data import download, idx, load_digits


class Mirror(ThreadingHTTPServer):
    """A server on this machine that sends what `bodies` holds, and misbehaves as `manner` says."""

    daemon_threads = True

    def __init__(self, contents: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.bodies = {f"/mnist/{name}.gz": gzip.compress(content) for name, content in contents.items()}
        self.manner = "well"
        self.requested: list[str] = []
        self.closing = threading.Event()


class Answer(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        self.server.requested.append(self.path)
        body = self.server.bodies[self.path]
        if self.server.manner == "missing":
            self.send_error(404)
            return
        if self.server.manner == "silent":
            self.server.closing.wait()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if "gzip" in self.headers["Accept-Encoding"]:  # as some servers do, and the client then undoes it
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if self.server.manner == "well":
            self.wfile.write(body)
            return
        self.wfile.write(body[:10])
        self.wfile.flush()
        if self.server.manner == "stalls":
            self.server.closing.wait()
        while self.server.manner == "trickles" and not self.server.closing.wait(0.02):
            self.wfile.write(b"x")
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(monkeypatch, idx_contents):
    contents = idx_contents()
    for name, content in contents.items():
        monkeypatch.setitem(idx.MNIST, name, hashlib.sha256(content).hexdigest())
    with Mirror(contents) as server:
        # Tries to send to a client that has gone are the server's affair.
        monkeypatch.setattr(server, "handle_error", lambda *_: None)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(download, "BASE_URL", f"http://127.0.0.1:{server.server_port}/mnist/")
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


def test_the_files_are_fetched_once_and_kept_decompressed(mirror, tmp_path, idx_contents):
    first = load_digits()
    assert first.source == "MNIST, 5 + 3 images, from the download cache (IDX)"
    assert sorted(mirror.requested) == sorted(mirror.bodies)
    assert mirror.requested[0] == "/mnist/t10k-labels-idx1-ubyte.gz"
    for name, content in idx_contents().items():
        assert (tmp_path / "cache" / "mnist" / name).read_bytes() == content
    assert load_digits().source == first.source
    assert len(mirror.requested) == 4


def test_a_damaged_file_in_the_cache_is_fetched_again(mirror, tmp_path, idx_contents):
    load_digits()
    name = "t10k-images-idx3-ubyte"
    path = tmp_path / "cache" / "mnist" / name
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    load_digits()
    assert mirror.requested[4:] == [f"/mnist/{name}.gz"]
    assert path.read_bytes() == idx_contents()[name]


def test_content_with_another_sha256_is_not_kept(mirror, tmp_path, idx_contents, caplog):
    for name, content in idx_contents(seed=1).items():
        mirror.bodies[f"/mnist/{name}.gz"] = gzip.compress(content)
    assert "embedded sample" in load_digits().source
    assert "does not match the known hash" in caplog.text
    assert list((tmp_path / "cache" / "mnist").iterdir()) == []


@pytest.mark.parametrize(
    ("manner", "file_seconds", "reason"),
    [
        ("missing", 30, "HTTPError: 404"),
        ("silent", 30, "ReadTimeout|no answer within 0.3 s"),
        ("stalls", 30, "ConnectionError"),
        ("trickles", 0.6, "TimeoutError: not complete within 0.6 s"),
        ("cut", 30, "IncompleteRead"),
    ],
)
def test_a_mirror_in_trouble_is_given_up_soon(mirror, monkeypatch, tmp_path, caplog, manner, file_seconds, reason):
    mirror.bodies = {path: body + bytes(1000) for path, body in mirror.bodies.items()}
    mirror.manner = manner
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(download, "FILE_SECONDS", file_seconds)
    started = time.monotonic()
    assert "embedded sample" in load_digits().source
    assert time.monotonic() - started < 5
    assert re.search(reason, caplog.text)
    assert len(mirror.requested) == 1
    assert list((tmp_path / "cache" / "mnist").iterdir()) == []


def test_a_name_that_is_never_resolved_is_given_up_soon(monkeypatch, caplog):
    release = threading.Event()
    monkeypatch.setattr("requests.get", lambda *_, **__: release.wait())
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.2)
    started = time.monotonic()
    source = load_digits().source
    seconds, threads = time.monotonic() - started, threading.enumerate()
    release.set()
    assert "embedded sample" in source
    assert seconds < 5
    assert "no answer within 0.2 s" in caplog.text
    # What is left behind does not keep the process from ending.
    assert all(thread.daemon for thread in threads if thread is not threading.main_thread())


def test_a_gzip_file_that_is_damaged_is_not_kept(mirror, tmp_path):
    mirror.bodies = {path: body[:-9] for path, body in mirror.bodies.items()}
    with pytest.raises(EOFError):
        download.fetch()
    assert list((tmp_path / "cache" / "mnist").iterdir()) == []


@pytest.mark.usefixtures("mirror")
def test_a_cache_that_cannot_be_written_leads_to_the_sample(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TINYGRAD_NP_CACHE", str(tmp_path / "file"))
    assert "embedded sample" in load_digits().source
    assert "NotADirectoryError" in caplog.text


@pytest.mark.usefixtures("mirror")
def test_without_pooch_there_is_the_sample(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert "embedded sample" in load_digits().source
    assert "downloading needs pooch: pip install 'tinygrad_np[examples]'" in caplog.text
