"""The server of the page: its files, and `POST /predict`, which answers a drawing with what the network makes of it.

The body of the question is the drawing, 280 rows of 280 bytes, each the ink on a pixel from 0 to 255; ``?class=k`` asks
for the gradient of that digit. Whatever is wrong with a question is answered by a status of 4xx and ``{"error": ...}``.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.digits import CLASSES
from examples.digit.scan import like_mnist
from examples.draw_digit.look import look
from models.digit import DigitNet

PAGE = Path(__file__).with_name("page")
DRAWN_SIDE = 280  # pixels; canvas.js has the same
SIZE = DRAWN_SIDE * DRAWN_SIDE
DISCARDED = 1 << 26  # bytes that are read beyond SIZE, for a client reads no answer before it has sent its question

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def application(model: DigitNet) -> Starlette:
    """Return the application that serves the page and answers from this network."""

    async def predict(request: Request) -> Response:
        k = chosen_class(request.query_params)
        drawing = await read_drawing(request)
        start = time.perf_counter()
        pixels = like_mnist(drawing.astype(np.float32))
        seen = look(model, pixels, k)
        return JSONResponse(
            {
                "prediction": seen.prediction,
                "class": seen.k,
                "input": pixels.tolist(),
                "hidden": seen.hidden.tolist(),
                "probabilities": seen.probabilities.tolist(),
                "gradient": seen.gradient.tolist(),
                "milliseconds": 1e3 * (time.perf_counter() - start),
            }
        )

    return Starlette(
        routes=[
            Route("/", index),
            Route("/predict", predict, methods=["POST"]),
            Mount("/page", StaticFiles(directory=PAGE)),
        ],
        middleware=[Middleware(LocalOnly)],
        exception_handlers={HTTPException: refuse, ClientDisconnect: gone, Exception: failed},
    )


def chosen_class(query: QueryParams) -> int | None:
    """Read the digit that the gradient is asked for; None stands for the likeliest.

    Raises
    ------
    HTTPException
        400, if it is anything but one digit.
    """
    values = query.getlist("class")
    if not values:
        return None
    if len(values) > 1 or values[0] not in map(str, range(CLASSES)):
        shown = ", ".join(repr(value[:20]) for value in values[:3])
        raise HTTPException(400, f"class: expected one digit from 0 to {CLASSES - 1}, got {shown}")
    return int(values[0])


async def read_drawing(request: Request) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Read the drawing, shape (280, 280), without ever holding more than that in memory.

    Raises
    ------
    HTTPException
        415 for another content type, 413 for too many bytes, 400 for too few.
    """
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != "application/octet-stream":
        raise HTTPException(415, f"Content-Type: expected application/octet-stream, got {kind[:50] or 'none'}")
    body, length = bytearray(), 0
    async for chunk in request.stream():
        length += len(chunk)
        body += chunk[: SIZE - len(body)]
        if length > SIZE + DISCARDED:
            break
    if length != SIZE:
        got = f"{length:,}" if length <= SIZE + DISCARDED else f"more than {SIZE + DISCARDED:,}"
        expected = f"{SIZE:,} bytes, one for each of {DRAWN_SIDE} x {DRAWN_SIDE} pixels"
        raise HTTPException(413 if length > SIZE else 400, f"body: expected {expected}, got {got}")
    return np.frombuffer(body, np.uint8).reshape(DRAWN_SIDE, DRAWN_SIDE)


async def index(request: Request) -> Response:
    """Send the page."""
    return FileResponse(PAGE / "index.html")


async def refuse(request: Request, error: Exception) -> Response:
    """Answer what was refused, by this module or by Starlette: an unknown path, a method that is not allowed."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def gone(request: Request, error: Exception) -> Response:
    """End a question whose client went away in the middle of it; nobody reads this."""
    return Response(status_code=400)


async def failed(request: Request, error: Exception) -> Response:
    """Answer when this program is at fault; the error itself goes to the terminal alone."""
    return JSONResponse({"error": "the server failed; its terminal says why"}, 500)


class LocalOnly:
    """Answer only those who call this machine by a name of its own, and tell browsers to load nothing from elsewhere.

    Another site could have its name point to 127.0.0.1 and so read this server through a visitor's browser (DNS
    rebinding); the Host header then bears that name.
    """

    NAMES = re.compile(r"(localhost|127\.0\.0\.1)(:\d{1,5})?", re.IGNORECASE)

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) == 1 and self.NAMES.fullmatch(hosts[0]):
            await self.app(scope, receive, send_with_headers)
        else:
            shown = ", ".join(host[:50] for host in hosts) or "none"
            answer = JSONResponse({"error": f"Host: expected localhost or 127.0.0.1, got {shown}"}, 421)
            await answer(scope, receive, send_with_headers)
