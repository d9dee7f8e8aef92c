"""A webhook that only says "now": what it brings is ignored, the next pull reads for itself.

Label Studio calls a webhook once, waits a second, and forgets it: nothing can rest on its arrival.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pairset.errors import SettingsError

_LOOPBACK = "127.0.0.1"
_NO_CONTENT = 204


class Wait:
    """A wait that ends early when somebody calls."""

    def __init__(self) -> None:
        self._called = threading.Event()

    def call(self) -> None:
        self._called.set()

    def seconds(self, seconds: float) -> None:
        """Wait so long, or until called."""
        self._called.wait(seconds)
        self._called.clear()


@contextmanager
def waiting(port: int | None) -> Iterator[Wait]:
    """A wait that POST requests to a port of the loopback interface end; just a wait without one.

    Raises SettingsError where the port is taken.
    """
    wait = Wait()
    if port is None:
        yield wait
        return
    handler = type("Handler", (_Handler,), {"wait": wait})
    try:
        server = ThreadingHTTPServer((_LOOPBACK, port), handler)
    except OSError as error:
        raise SettingsError(f"Cannot listen on port {port}: {error.strerror}.") from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield wait
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    wait: Wait
    timeout = 5
    """Seconds after which a caller that says nothing is let go."""

    def do_POST(self) -> None:
        self.wait.call()
        self.send_response(_NO_CONTENT)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: who called is no news."""
