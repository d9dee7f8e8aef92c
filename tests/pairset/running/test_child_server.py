"""A server of our own: it has its session, its log and its end, whatever it does itself."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from pairset.running.child_server import (
    NotHealthyError,
    ServerCommand,
    end_of_log,
    running_server,
    wait_until_healthy,
)

pytest.importorskip("httpx")

FAILING_THEN_HEALTHY = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
for status in (b"503 Loading", b"200 OK"):
    connection, _ = listener.accept()
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 " + status + b"\\r\\nContent-Length: 9\\r\\n\\r\\nnot all")
    connection.close()
sys.stdin.read()
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""
WATCHING = "import sys; sys.stdin.read(); print('alone', flush=True); sys.exit(7)"


def command(tmp_path: Path, program: str, stop_timeout_seconds: float = 60) -> ServerCommand:
    words = [sys.executable, "-c", program]
    return ServerCommand(words, os.environ, tmp_path / "log", stop_timeout_seconds)


def first_line(log: Path) -> str:
    while not (said := log.read_text()).endswith("\n"):
        time.sleep(0.01)
    return said.strip()


def test_a_server_is_healthy_once_it_answers_with_success(tmp_path: Path) -> None:
    with running_server(command(tmp_path, FAILING_THEN_HEALTHY)) as process:
        wait_until_healthy(process, f"http://127.0.0.1:{first_line(tmp_path / 'log')}", 60)

        assert os.getsid(process.pid) == process.pid != os.getsid(0)


def test_a_server_that_ends_or_never_answers_is_not_healthy(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    with (
        running_server(command(tmp_path, "raise SystemExit(3)")) as process,
        pytest.raises(NotHealthyError, match="ended with exit code 3"),
    ):
        wait_until_healthy(process, nowhere, 60)
    with (
        running_server(command(tmp_path, DEAF, 0)) as process,
        pytest.raises(NotHealthyError, match=r"did not answer within 0\.1 s"),
    ):
        wait_until_healthy(process, nowhere, 0.1)


def test_a_server_that_will_not_end_is_killed(tmp_path: Path) -> None:
    with running_server(command(tmp_path, DEAF, 0.1)) as process:
        assert first_line(tmp_path / "log") == "deaf"

    assert process.returncode == -signal.SIGKILL


def test_a_server_sees_by_its_input_that_nobody_is_there_any_more(tmp_path: Path) -> None:
    with running_server(command(tmp_path, WATCHING)) as process:
        assert process.stdin
        process.stdin.close()  # as the kernel does where this process dies

        assert process.wait() == 7
    assert (tmp_path / "log").read_text() == "alone\n"


def test_the_end_of_a_log_tells_no_secret(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert end_of_log(log) == ""
    log.write_text("".join(f"line {number}\n" for number in range(100)) + "by hunter2\n")

    lines = end_of_log(log, ["hunter2"]).splitlines()

    assert (len(lines), lines[0], lines[-1]) == (25, "  line 76", "  by [hidden]")
