"""Watching goes on through a server that goes away and comes back, until Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.review.offline.fake_studio import TOKEN, Fault
from tests.review.offline.room import Room

PROJECT = "GET /api/projects/7/$"
_PATIENCE_SECONDS = 60


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def watching(room: Room, *flags: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "pairset", "review", "pull", *room.arguments(), "--watch"]
    with subprocess.Popen(
        [*command, *flags],
        env=os.environ | {"LABEL_STUDIO_API_KEY": TOKEN},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def was_called(port: int) -> bool:
    try:
        return httpx.post(f"http://127.0.0.1:{port}", json={}, trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_a_watch_brings_verdicts_as_they_come(room: Room) -> None:
    room.push()
    fake, tasks = room.studio, list(room.studio.project.tasks.values())
    with watching(room, "--interval-seconds", "0.1") as process:
        fake.project.submit(tasks[0], 1, "accept")
        wait_until(lambda: len(room.verdicts()) == 1)
        fake.always.append(Fault(PROJECT, 503))
        asked = fake.asked(PROJECT)
        wait_until(lambda: fake.asked(PROJECT) > asked + 2)
        fake.always.clear()
        fake.project.submit(tasks[1], 1, "reject")
        wait_until(lambda: len(room.verdicts()) == 2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=_PATIENCE_SECONDS)

    assert process.returncode == 130
    assert "Trying again" in said


def test_a_watch_that_begins_before_the_server_waits_for_it(room: Room) -> None:
    room.push()
    fake, tasks = room.studio, list(room.studio.project.tasks.values())
    fake.always.append(Fault(PROJECT, 503))
    fake.project.submit(tasks[0], 1, "accept")
    asked = fake.asked(PROJECT)
    with watching(room, "--interval-seconds", "0.1"):
        wait_until(lambda: fake.asked(PROJECT) > asked + 2)
        fake.always.clear()
        wait_until(lambda: len(room.verdicts()) == 1)


def test_a_webhook_makes_a_watch_pull_at_once(room: Room) -> None:
    room.push()
    port = free_port()
    with watching(room, "--interval-seconds", "3600", "--webhook-port", str(port)):
        wait_until(lambda: was_called(port))
        task = next(iter(room.studio.project.tasks.values()))
        room.studio.project.submit(task, 1, "accept")
        assert was_called(port)
        wait_until(lambda: len(room.verdicts()) == 1)


def test_a_port_that_is_taken_is_named(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    room.push()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        assert room.pull("--watch", "--webhook-port", port) == 2
    assert port in capsys.readouterr().err
