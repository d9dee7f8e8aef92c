"""An OpenAI-compatible server with a queue of prepared replies, written by hand."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPLY = {
    "instruction_en": "Make the image brighter.",
    "instruction_zh": "把画面调亮。",
    "inverse_en": "Make the image darker.",
    "inverse_zh": "把画面调暗。",
    "edit_type": "brightness",
    "is_changed": True,
    "source_caption": "A photo.",
    "target_caption": "A photo.",
    "preserved": "The scene.",
}


@dataclass
class Scripted:
    """What the server does with one request."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    drop: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    """What it sends instead of the body."""
    pieces: Iterable[bytes] = ()
    """What it sends instead, without saying how much it will be, until nobody listens."""
    drips_headers: bool = False
    """The pieces are the beginning of the answer too, and not of its body alone."""
    pause_seconds: float = 0
    """Between two pieces."""


def reply(logprob: float = -0.1, finish_reason: str = "stop", **changes: Any) -> Scripted:
    """A completion; its text is REPLY with changes, its tokens are words."""
    return raw_reply(json.dumps(REPLY | changes, ensure_ascii=False), logprob, finish_reason)


def raw_reply(
    text: str, logprob: float = -0.1, finish_reason: str = "stop", refusal: str | None = None
) -> Scripted:
    tokens = [word + " " for word in text.split(" ")]
    tokens[-1] = tokens[-1].removesuffix(" ")
    choice = {
        "message": {"role": "assistant", "content": text, "refusal": refusal},
        "finish_reason": finish_reason,
        "logprobs": {"content": [{"token": token, "logprob": logprob} for token in tokens]},
    }
    usage = {"prompt_tokens": 10, "completion_tokens": len(tokens)}
    return Scripted(body={"choices": [choice], "usage": usage})


def failure(status: int, **headers: str) -> Scripted:
    return Scripted(status, {"error": f"status {status}"}, headers=headers)


DROPPED = Scripted(drop=True)


class FakeServer:
    """Answers from the queue first, then with ``otherwise``; keeps what it was asked."""

    def __init__(self) -> None:
        self.queue: deque[Scripted] = deque()
        self.otherwise: Callable[[], Scripted] = reply
        self.models: list[dict[str, Any]] = [{"id": "fake"}]
        self.models_status = 200
        self.listing: Scripted | None = None
        """What is sent instead of the list of models."""
        self.requests: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()
        self.url = ""

    def next_scripted(self) -> Scripted:
        with self.lock:
            return self.queue.popleft() if self.queue else self.otherwise()


@contextmanager
def running_fake_server() -> Iterator[FakeServer]:
    fake = FakeServer()
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    fake: FakeServer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.fake.authorizations.append(self.headers.get("authorization"))
        listed = Scripted(self.fake.models_status, {"data": self.fake.models})
        self._send(self.fake.listing or listed)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.fake.lock:
            self.fake.requests.append(body)
            self.fake.in_flight += 1
            self.fake.most_in_flight = max(self.fake.most_in_flight, self.fake.in_flight)
        try:
            self._send(self.fake.next_scripted())
        finally:
            with self.fake.lock:
                self.fake.in_flight -= 1

    def _send(self, scripted: Scripted) -> None:
        if scripted.drop:
            self.close_connection = True
            self.connection.close()
            return
        if scripted.pieces:
            self._drip(scripted)
            return
        content = scripted.content
        if content is None:
            content = json.dumps(scripted.body).encode()
        self.send_response(scripted.status)
        for name, value in {"Content-Length": str(len(content)), **scripted.headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True  # whoever asked has heard enough

    def _drip(self, scripted: Scripted) -> None:
        if not scripted.drips_headers:
            self.send_response(scripted.status)
            self.end_headers()
        try:
            for piece in scripted.pieces:
                self.wfile.write(piece)
                time.sleep(scripted.pause_seconds)
        except OSError:
            self.close_connection = True
