"""An HTTP server as a process of our own: started, watched until it answers, stopped with us."""

import asyncio
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pairset.files.storage import private
from pairset.running.own_loop import run_apart

_SECONDS_BETWEEN_LOOKS = 0.25
_SECONDS_OF_A_LOOK = 5
_LOG_TAIL_LINES = 25


class NotHealthyError(Exception):
    """A server did not come up; the message says what it did instead, as a verb and its object."""


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """What is started, and what the process gets."""

    words: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    """File for everything the server writes; an older one is written over."""
    stop_timeout_seconds: float
    """Time for an orderly end, before the process is killed."""


@contextmanager
def running_server(command: ServerCommand) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server, and stop it afterwards.

    Its standard input is a pipe from this process. A server that watches the pipe ends even when
    this process dies without a word.
    """
    with open(command.log, "wb", opener=private) as output:
        process = subprocess.Popen(
            command.words,
            env=command.environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we stop it in our own time
        )
    try:
        yield process
    finally:
        _stop(process, command.stop_timeout_seconds)


def wait_until_healthy(process: subprocess.Popen[bytes], url: str, timeout_seconds: float) -> None:
    """Wait until ``url``/health answers with success.

    Raises NotHealthyError where the process ends before, or the time does.
    """
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotHealthyError(f"ended with exit code {process.returncode}")
        if run_apart(is_healthy(url)):
            return
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    raise NotHealthyError(f"did not answer within {timeout_seconds:g} s")


def end_of_log(log: Path, secrets: Iterable[str] = ()) -> str:
    """The last lines of a log, which lose every secret in them; empty where there is no log."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    for secret in secrets:
        text = text.replace(secret, "[hidden]")
    return "\n".join(f"  {line}" for line in text.splitlines()[-_LOG_TAIL_LINES:])


async def is_healthy(url: str, seconds: float = _SECONDS_OF_A_LOOK) -> bool:
    """Whether it answers with success; no more of the answer than its head is read."""
    import httpx

    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(trust_env=False, timeout=seconds) as client,
            client.stream("GET", f"{url}/health") as response,
        ):
            return response.is_success
    except (httpx.RequestError, TimeoutError):
        return False  # it does not listen yet


def _stop(process: subprocess.Popen[bytes], timeout_seconds: float) -> None:
    """Ask the server to end, and end it where it does not listen."""
    if process.stdin:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
