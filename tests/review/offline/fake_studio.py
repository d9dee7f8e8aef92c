"""A Label Studio in a thread, written by hand: the REST API we use, and faults on command."""

import gzip
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt

from tests.review.offline.fake_project import FakeProject, RejectedError

TOKEN = "0123456789abcdef0123456789abcdef01234567"
SIGNING_KEY = "what only the server knows, 32 bytes or more"
LOCKED = '{"detail": "OperationalError: database is locked"}'


def personal_token(seconds_left: float, serial: int = 0) -> str:
    """A JWT as the server gives them, to be exchanged or to be shown."""
    claims = {"exp": int(time.time() + seconds_left), "jti": str(serial)}
    return jwt.encode(claims, SIGNING_KEY)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with the next request whose method and path match."""

    where: str
    """Regular expression over ``METHOD /path``."""
    status: int = 500
    body: str = '{"detail": "a server error"}'
    seconds: float = 0
    """How long the answer takes."""
    drop: bool = False
    """Cut the connection instead of answering."""
    drips: bool = False
    """Send a blank every now and then, without end."""
    packed_bytes: int = 0
    """Send so many bytes, packed into few."""
    done_first: bool = False
    """The request is carried out before its answer goes wrong."""


class FakeStudio:
    """One server with one project; keeps what it was asked."""

    def __init__(self) -> None:
        self.project = FakeProject()
        self.faults: deque[Fault] = deque()
        self.always: list[Fault] = []
        """Faults that never end."""
        self.token: str | None = TOKEN
        self.personal_token = personal_token(10_000)
        self.access: str | None = None
        """What a personal token was last exchanged for."""
        self.requests: list[str] = []
        self.before_request: Callable[[str], None] = lambda words: None
        self.after_request: Callable[[str], None] = lambda words: None
        self.lock = threading.RLock()
        self.url = ""

    def fault_for(self, words: str) -> Fault | None:
        for fault in self.always:
            if re.search(fault.where, words):
                return fault
        if self.faults and re.search(self.faults[0].where, words):
            return self.faults.popleft()
        return None

    def asked(self, pattern: str) -> int:
        """How many requests matched."""
        return sum(bool(re.search(pattern, words)) for words in self.requests)

    def is_authorized(self, header: str | None) -> bool:
        if header and header.startswith("Bearer "):
            return self.access is not None and header == f"Bearer {self.access}"
        return self.token is not None and header == f"Token {self.token}"


@contextmanager
def running_fake_studio() -> Iterator[FakeStudio]:
    fake = FakeStudio()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeStudio

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        words = f"{self.command} {parts.path}"
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.loads(content) if content else None
        self.fake.before_request(words)
        with self.fake.lock:
            self.fake.requests.append(words)
            fault = self.fake.fault_for(words)
            if fault is None or fault.done_first:
                status, said = self._carry_out(words, dict(parse_qsl(parts.query)), body)
        self.fake.after_request(words)
        if fault is None:
            self._send(status, "" if said is None else json.dumps(said))
        else:
            time.sleep(fault.seconds)
            if fault.drips or fault.packed_bytes:
                self._send_odd(fault)
            else:
                said = fault.body.replace("AUTHORIZATION", self.headers["authorization"] or "")
                self._send(fault.status, said, fault.drop)

    def _carry_out(self, words: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if words == "POST /api/token/refresh/":
            if body != {"refresh": self.fake.personal_token}:
                return 401, {"detail": "Token is invalid or expired"}
            self.fake.access = personal_token(300, serial=len(self.fake.requests))
            return 200, {"access": self.fake.access}
        if not self.fake.is_authorized(self.headers.get("authorization")):
            return 401, {"detail": "Invalid token."}
        try:
            return 200, self.fake.project.answer(words, query, body)
        except RejectedError as rejection:
            return rejection.status, {"detail": str(rejection)}

    def _send(self, status: int, text: str, drop: bool = False) -> None:
        if drop:
            self.close_connection = True
            self.connection.close()
            return
        content = text.encode()
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # whoever asked has stopped waiting, or was killed

    def _send_odd(self, fault: Fault) -> None:
        self.close_connection = True
        self.send_response(200)
        if fault.packed_bytes:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        try:
            self.wfile.write(
                gzip.compress(b" " * fault.packed_bytes) if fault.packed_bytes else b""
            )
            while fault.drips:
                self.wfile.write(b" ")
                time.sleep(0.1)
        except OSError:
            return  # whoever asked has stopped waiting
