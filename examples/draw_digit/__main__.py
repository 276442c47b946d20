"""Serve a page to draw digits on, on this machine alone.

    python -m examples.draw_digit
    python -m examples.draw_digit --weights runs/wide/weights.safetensors --port 9000 --no-open

Trains the network first if that has not been done. Ctrl-C ends it.
"""

from __future__ import annotations

import socket
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from examples import train_digit  # the first import, since it sets the number of BLAS threads before NumPy is loaded
from examples.digit import weights
from examples.digit.options import OUT, OneLineParser, whole

ADDRESS = "127.0.0.1"  # and no option for another: the server is for whoever sits at this machine
PORT = 8000
TRAINED = OUT / weights.FILE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, by default those of the command line; return the exit status."""
    parser = OneLineParser(
        prog="draw_digit", description="Serve a page to draw digits on, on this machine alone.", allow_abbrev=False
    )
    add = parser.add_argument
    add("--weights", type=Path, metavar="FILE", help=f"of the network (default: {TRAINED}, trained if it is missing)")
    add("--port", type=whole(0, 65535), metavar="N", help=f"0: any (default: {PORT}, or any if that is in use)")
    add("--no-open", action="store_true", help="do not open the page in a browser")
    options = parser.parse_args(arguments)
    try:
        import uvicorn

        from examples.draw_digit.server import application
    except ImportError as error:
        parser.error(f"{error}; install what the page needs: pip install -e '.[draw]'")
    try:
        if options.weights is None and not TRAINED.exists():
            print(f"There is no {TRAINED} yet, so the network is trained first.\n", flush=True)
            status = train_digit.main([])
            if status:
                return status
            print()
        model = weights.load(options.weights or TRAINED)
        listener = listen(options.port)
    except (weights.WeightsError, OSError) as error:
        parser.error(str(error))

    server = uvicorn.Server(
        uvicorn.Config(application(model), log_level="warning", access_log=False, lifespan="off", ws="none")
    )
    with listener:
        url = f"http://{ADDRESS}:{listener.getsockname()[1]}/"
        print(f"Draw a digit at {url} (Ctrl-C ends the server)", flush=True)
        if sys.stdout.isatty() and not options.no_open:
            webbrowser.open(url)  # the socket listens already, so the browser waits rather than fails
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:  # raised again by uvicorn once it has ended in good order
            print()
    return 0


def listen(port: int | None) -> socket.socket:
    """Return a socket that listens on that port of this machine alone; by default on 8000, or if in use on any other.

    Raises
    ------
    OSError
        If the port that was asked for cannot be had.
    """
    try:
        listener = socket.create_server((ADDRESS, PORT if port is None else port))
    except OSError as error:
        if port is not None:
            raise OSError(f"--port {port}: {error.strerror or error}; leave --port out for one that is free") from None
        listener = socket.create_server((ADDRESS, 0))
    # Connections inherit it. Without it the body of an answer waits 40 ms for the header to be acknowledged.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


if __name__ == "__main__":
    sys.exit(main())
