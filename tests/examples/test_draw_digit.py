"""The server of the page: it answers as the model does, and holds up against whatever it is sent."""

import http.client
import re
import signal
import socket
import statistics
import sys
import time

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from starlette.testclient import TestClient

import tinygrad_np as tg
from examples.digit import weights
from examples.digit.dataset import as_input
from examples.digit.scan import like_mnist
from examples.draw_digit import __main__ as command
from examples.draw_digit import server
from examples.draw_digit.look import look
from models.digit import DigitNet
from tests.examples.draw_digit_process import serve

SIZE = 280 * 280
BYTES = {"content-type": "application/octet-stream"}


def network(hidden=10, seed=0):
    tg.manual_seed(seed)
    return DigitNet(hidden)


def client(model=None, **options):
    application = server.application(model or network())
    return TestClient(application, base_url="http://127.0.0.1:8000", **options)


CLIENT = client()

# ----------------------------------------------------------------------------------------- what the network sees

inks = hnp.arrays(
    np.float32, st.tuples(*[st.integers(20, 60)] * 2), elements=st.floats(0.125, 1, width=16), fill=st.just(0)
).filter(np.any)


def centre(image):
    """Return the row and column of the centre of mass."""
    image = image.astype(float)
    return np.array([image.sum(1) @ np.arange(len(image)), image.sum(0) @ np.arange(image.shape[1])]) / image.sum()


def between_two_pixels(digit):
    """Whether rounding errors decide on where it is placed."""
    return (np.abs(np.abs(centre(digit.reshape(28, 28)) - 14) - 0.5) < 0.02).any()


@given(inks)
def test_the_digit_fills_a_box_of_20_around_the_middle(ink):
    digit = like_mnist(ink).reshape(28, 28)
    inked = np.argwhere(digit)
    extent = inked.max(0) - inked.min(0) + 1
    assert extent.max() == 20
    assert digit.max() == 255
    free = (inked.min(0) > 0) & (inked.max(0) < 27)  # the frame did not hold it back
    assert (np.abs(centre(digit) - 14)[free] <= 0.52).all()  # half a pixel, and the rounding to 255 grey values


@given(inks, st.integers(0, 40), st.integers(0, 40))
def test_where_and_how_dark_it_is_drawn_does_not_matter(ink, down, right):
    moved = np.pad(ink, ((down, 40 - down), (right, 40 - right)))
    np.testing.assert_array_equal(like_mnist(moved), like_mnist(ink))
    np.testing.assert_array_equal(like_mnist(moved * np.float32(0.25)), like_mnist(ink))


@given(inks, st.integers(2, 5))
def test_how_large_it_is_drawn_does_not_matter(ink, factor):
    digit = like_mnist(ink)
    assume(not between_two_pixels(digit))
    large = like_mnist(ink.repeat(factor, 0).repeat(factor, 1))
    assert np.abs(large.astype(int) - digit).max() <= 1


@given(inks, st.integers(2, 10), st.integers(0, 30), st.integers(0, 30))
def test_an_image_in_mnists_form_comes_back_from_any_size_and_place(ink, factor, down, right):
    digit = like_mnist(ink).reshape(28, 28)
    assume(not between_two_pixels(digit))
    large = digit.repeat(factor, 0).repeat(factor, 1).astype(np.float32)
    again = like_mnist(np.pad(large, ((down, 0), (0, right))))
    assert np.abs(again.reshape(28, 28).astype(int) - digit).max() <= 1


def test_a_blank_drawing_gives_a_blank_image():
    assert not like_mnist(np.zeros((280, 280), np.float32)).any()


# ------------------------------------------------------------------------------------------------- the look inside

images = hnp.arrays(np.uint8, 784)


@given(images, st.integers(0, 9), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_gradient_is_the_one_derived_by_hand(pixels, k, hidden, seed):
    model = network(hidden, seed)
    W1, b1, W2, b2 = (parameter.detach().numpy().astype(np.float64) for parameter in model.parameters())
    x = pixels / 255
    Z1 = W1 @ x + b1
    assume(np.abs(Z1).min() > 1e-5)  # at a kink, rounding decides
    Z2 = W2 @ np.maximum(Z1, 0) + b2
    p = np.exp(Z2 - Z2.max()) / np.exp(Z2 - Z2.max()).sum()
    q = np.where(np.arange(10) == k, 0, p) / (1 - p[k])  # the probabilities among the others
    expected = ((W2[k] - q @ W2) * (Z1 > 0)) @ W1

    seen = look(model, pixels, k)
    np.testing.assert_allclose(seen.gradient, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())
    np.testing.assert_allclose(seen.probabilities, p, rtol=1e-4)
    np.testing.assert_allclose(seen.hidden, np.maximum(Z1, 0), rtol=1e-4, atol=1e-5)
    assert seen.k == k
    assert all(parameter.grad is None for parameter in model.parameters())


@given(images, st.integers(0, 9))
def test_the_gradient_points_where_that_of_the_probability_does(pixels, k):
    model = network()
    X = as_input(pixels[np.newaxis]).requires_grad_()
    p = model(X).softmax(1)[0, k]
    (of_p,) = tg.autograd.grad(p, X)
    of_p = of_p.numpy()[0] / (p.item() * (1 - p.item()))
    gradient = look(model, pixels, k).gradient
    np.testing.assert_allclose(gradient, of_p, rtol=1e-3, atol=1e-5 * np.abs(of_p).max())


def test_the_gradient_does_not_fade_where_the_network_is_certain():
    model = network()
    with tg.no_grad():
        model.fc2.weight.mul_(1e4)
    pixels = np.full(784, 100, np.uint8)
    certain = look(model, pixels)
    assert certain.probabilities[certain.k] == 1.0
    assert certain.k == certain.prediction
    for k in range(10):
        assert np.abs(look(model, pixels, k).gradient).max() > 1


# ------------------------------------------------------------------------------------------------------ the answers


@given(hnp.arrays(np.uint8, (280, 280), elements=st.integers(0, 255), fill=st.just(0)), st.none() | st.integers(0, 9))
def test_the_answer_is_the_models(drawing, k):
    model = network()
    answer = client(model).post(
        "/predict", params={} if k is None else {"class": k}, content=drawing.tobytes(), headers=BYTES
    )
    assert answer.status_code == 200
    found = answer.json()
    pixels = like_mnist(drawing.astype(np.float32))
    seen = look(model, pixels, k)
    assert found["input"] == pixels.tolist()
    assert found["prediction"] == int(model(as_input(pixels[np.newaxis])).argmax(1).item())
    assert found["class"] == (found["prediction"] if k is None else k)
    assert found["probabilities"] == seen.probabilities.tolist()
    assert found["hidden"] == seen.hidden.tolist()
    assert found["gradient"] == seen.gradient.tolist()
    assert sum(found["probabilities"]) == pytest.approx(1, abs=1e-5)


def post(content=bytes(SIZE), query="", headers=BYTES):
    return lambda: CLIENT.post(f"/predict{query}", content=content, headers=headers)


REFUSED = {
    "no body": (post(b""), 400, "body: expected 78,400 bytes, one for each of 280 x 280 pixels, got 0"),
    "one byte too few": (post(bytes(SIZE - 1)), 400, "got 78,399"),
    "one byte too many": (post(bytes(SIZE + 1)), 413, "got 78,401"),
    "huge": (post(bytes(5_000_000)), 413, "got 5,000,000"),
    "in pieces": (post(iter([bytes(SIZE), b"x"])), 413, "got 78,401"),
    "JSON": (
        post(b'{"pixels": [NaN', headers={"content-type": "application/json"}),
        415,
        "Content-Type: expected application/octet-stream, got application/json",
    ),
    "no content type": (post(headers={}), 415, "got none"),
    "a form": (post(headers={"content-type": "multipart/form-data"}), 415, "got multipart/form-data"),
    "class 10": (post(query="?class=10"), 400, "class: expected one digit from 0 to 9, got '10'"),
    "class -1": (post(query="?class=-1"), 400, "got '-1'"),
    "class NaN": (post(query="?class=NaN"), 400, "got 'NaN'"),
    "class 3.0": (post(query="?class=3.0"), 400, "got '3.0'"),
    "class of another script": (post(query="?class=٣"), 400, "got '٣'"),
    "no class": (post(query="?class="), 400, "got ''"),
    "two classes": (post(query="?class=1&class=2"), 400, "got '1', '2'"),
    "a long class": (post(query="?class=" + "9" * 5000), 400, "got '" + "9" * 20 + "'"),
    "GET": (lambda: CLIENT.get("/predict"), 405, "Method Not Allowed"),
    "PUT": (lambda: CLIENT.put("/predict", content=bytes(SIZE), headers=BYTES), 405, "Method Not Allowed"),
    "POST to the page": (lambda: CLIENT.post("/", content=b"x"), 405, "Method Not Allowed"),
    "POST to a file": (lambda: CLIENT.post("/page/page.js"), 405, "Method Not Allowed"),
    "unknown path": (lambda: CLIENT.get("/nothing"), 404, "Not Found"),
    "unknown file": (lambda: CLIENT.get("/page/nothing.js"), 404, "Not Found"),
    "the folder": (lambda: CLIENT.get("/page/"), 404, "Not Found"),
    "out of the folder": (lambda: CLIENT.get("/page/%2e%2e/server.py"), 404, "Not Found"),
    "another host": (
        lambda: CLIENT.get("/", headers={"host": "rebound.example"}),
        421,
        "Host: expected localhost or 127.0.0.1, got rebound.example",
    ),
    "a host that begins like ours": (lambda: CLIENT.get("/", headers={"host": "localhost.example:80"}), 421, "Host"),
    "a user before the host": (lambda: CLIENT.get("/", headers={"host": "localhost@example.com"}), 421, "Host"),
    "an empty host": (lambda: CLIENT.get("/", headers={"host": ""}), 421, "Host"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused_with_a_reason(name):
    ask, status, reason = REFUSED[name]
    answer = ask()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert reason in answer.json()["error"]
    assert list(answer.json()) == ["error"]


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"), max_size=20),
    st.dictionaries(st.sampled_from(["class", "k", ""]), st.text(max_size=5)),
    st.binary(max_size=100) | st.just(bytes(SIZE)),
    st.sampled_from(["application/octet-stream", "APPLICATION/OCTET-STREAM ; x=y", "text/plain", ";", ""]),
    st.booleans(),
)
def test_nothing_that_is_sent_makes_the_server_fail(method, path, query, content, kind, predict):
    path = "/predict" if predict else f"/{path}"
    answer = CLIENT.request(method, path, params=query, content=content, headers={"content-type": kind})
    assert answer.status_code == 200 or 400 <= answer.status_code < 500
    if answer.status_code != 200 and method != "HEAD":
        assert list(answer.json()) == ["error"]


def test_a_failure_of_its_own_is_answered_without_its_trace(monkeypatch):
    def fail(*arguments):
        raise RuntimeError("a secret")

    monkeypatch.setattr(server, "look", fail)
    answer = client(raise_server_exceptions=False).post("/predict", content=bytes(SIZE), headers=BYTES)
    assert answer.status_code == 500
    assert answer.json() == {"error": "the server failed; its terminal says why"}


# --------------------------------------------------------------------------------------------------------- the page


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:80"])
def test_the_page_and_its_files_are_served(host):
    page = CLIENT.get("/", headers={"host": host})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    names = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    assert names == ["page/icon.svg", "page/page.css", "page/page.js"]
    for name in names:
        assert CLIENT.get(f"/{name}").status_code == 200


def test_every_answer_forbids_to_load_from_elsewhere():
    for answer in (
        CLIENT.get("/"),
        CLIENT.get("/page/page.js"),
        CLIENT.get("/x"),
        CLIENT.get("/", headers={"host": "x"}),
    ):
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


def test_the_files_name_no_other_site():
    for file in server.PAGE.iterdir():
        urls = set(re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}", file.read_text()))
        assert urls <= {"http://www.w3.org"}, file.name  # the name of SVG, which is not loaded


def test_page_and_server_agree_on_the_size_of_a_drawing():
    assert f"export const SIDE = {server.DRAWN_SIDE};" in (server.PAGE / "canvas.js").read_text()
    assert f'id="drawing" width="{server.DRAWN_SIDE}" height="{server.DRAWN_SIDE}"' in CLIENT.get("/").text


# ------------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Let the command run in an empty folder up to where it would serve; return the models it would serve."""
    import uvicorn

    models = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(server, "application", models.append)
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    return models


def test_the_first_start_trains_and_the_second_does_not(started, monkeypatch, capsys):
    trained = []

    def train(arguments):
        trained.append(arguments)
        command.TRAINED.parent.mkdir(parents=True)
        weights.save(network(), command.TRAINED)
        return 0

    monkeypatch.setattr(command.train_digit, "main", train)
    assert command.main(["--no-open", "--port", "0"]) == 0
    assert "There is no runs/digit/weights.safetensors yet, so the network is trained first." in capsys.readouterr().out
    assert command.main(["--no-open", "--port", "0"]) == 0
    assert trained == [[]]
    assert len(started) == 2
    assert started[1].fc1.weight.tolist() == network().fc1.weight.tolist()


def test_a_training_that_fails_ends_the_command_with_its_status(started, monkeypatch):
    monkeypatch.setattr(command.train_digit, "main", lambda arguments: 130)
    assert command.main(["--no-open"]) == 130
    assert not started


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--weights", "none.safetensors"], "none.safetensors: no such file"),
        (["--port", "65536"], "expected a whole number from 0 to 65,535, got '65536'"),
        (["--host", "0.0.0.0"], "unrecognized arguments: --host 0.0.0.0"),
    ],
)
def test_wrong_options_are_refused_in_one_line(started, capsys, arguments, reason):
    with pytest.raises(SystemExit) as raised:
        command.main(arguments)
    assert raised.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("draw_digit: error: ")
    assert reason in message
    assert message.count("\n") == 1


def test_without_its_extra_the_command_says_what_to_install(started, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(SystemExit):
        command.main([])
    assert "install what the page needs: pip install -e '.[draw]'" in capsys.readouterr().err


def test_a_port_in_use_is_refused_if_asked_for_and_else_replaced(monkeypatch):
    with command.listen(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"--port {port}: .*; leave --port out for one that is free"):
            command.listen(port)
        monkeypatch.setattr(command, "PORT", port)
        with command.listen(None) as other:
            address, found = other.getsockname()
            assert address == "127.0.0.1"
            assert found != port
    with command.listen(None) as own:
        assert own.getsockname()[1] == port


@pytest.mark.parametrize(("terminal", "arguments", "opened"), [(True, [], 1), (True, ["--no-open"], 0), (False, [], 0)])
def test_the_browser_is_opened_on_a_terminal_only(started, monkeypatch, tmp_path, terminal, arguments, opened):
    path = tmp_path / "weights.safetensors"
    weights.save(network(), path)
    urls = []
    monkeypatch.setattr(command.webbrowser, "open", urls.append)
    monkeypatch.setattr(command.sys.stdout, "isatty", lambda: terminal)
    assert command.main(["--weights", str(path), "--port", "0", *arguments]) == 0
    assert len(urls) == opened
    assert all(re.fullmatch(r"http://127\.0\.0\.1:\d+/", url) for url in urls)


# ------------------------------------------------------------------------------------------------------ the process


def test_the_process_answers_fast_outlives_rude_clients_and_ends_quietly(tmp_path):
    path = tmp_path / "weights.safetensors"
    weights.save(network(), path)
    with serve(tmp_path, "--weights", str(path)) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        seconds = []
        for _ in range(20):
            start = time.perf_counter()
            connection.request("POST", "/predict", bytes([9]) * SIZE, BYTES)
            answer = connection.getresponse()
            answer.read()
            seconds.append(time.perf_counter() - start)
            assert answer.status == 200
        connection.close()
        assert statistics.median(seconds) < 0.035  # 0.003 s; 0.044 s if it waited for acknowledgements

        for rude in (
            b"\x00\xff\r\n\r\n",
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 78400\r\n"
            b"Content-Type: application/octet-stream\r\n\r\ncut",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", served.port)) as bare:
                bare.sendall(rude)
        connection.request("POST", "/predict", bytes(30_000_000), BYTES)
        answer = connection.getresponse()
        assert (answer.status, b"got 30,000,000" in answer.read()) == (413, True)
        connection.close()

        served.process.send_signal(signal.SIGINT)
        rest, _ = served.process.communicate(timeout=30)
        assert served.process.returncode == 0
        assert "Traceback" not in rest
