"""kill -9 at any moment, then the same command: every task is there, none twice."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from tests.review.offline.fake_studio import TOKEN
from tests.review.offline.room import Room


def killed(room: Room, verb: str, flags: list[str], where: str, number: int, late: bool) -> None:
    """Run a verb in a process that is killed at its n-th request matching ``where``.

    ``late`` lets the server carry that request out: the answer finds nobody.
    """
    running: list[subprocess.Popen[bytes]] = []
    is_running = threading.Event()
    seen = [0]

    def kill(words: str) -> None:
        seen[0] += words.startswith(where)
        if seen[0] == number:
            is_running.wait(10)
            os.kill(running[0].pid, signal.SIGKILL)
            running[0].wait()

    hook = "after_request" if late else "before_request"
    setattr(room.studio, hook, kill)
    command = [sys.executable, "-m", "pairset", "review", verb, *room.arguments(), *flags]
    environment = os.environ | {"LABEL_STUDIO_API_KEY": TOKEN}
    running.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))
    is_running.set()
    assert running[0].wait(60) == -signal.SIGKILL
    setattr(room.studio, hook, lambda words: None)


@pytest.mark.parametrize("late", [False, True], ids=["asked", "answered"])
@pytest.mark.parametrize(
    ("where", "number"),
    [
        ("GET /api/tasks/", 1),
        ("POST /api/projects/7/import", 1),
        ("POST /api/projects/7/import", 3),
        ("GET /api/tasks/", 2),
        ("PATCH /api/projects/7/", 1),
        ("POST /api/dm/views/", 1),
    ],
)
def test_a_killed_push_is_finished_by_the_next(
    room: Room, where: str, number: int, late: bool
) -> None:
    killed(room, "push", ["--tasks-per-request", "3"], where, number, late)
    assert room.push("--tasks-per-request", "3") == 0

    assert sorted(room.studio.project.pair_ids()) == sorted(room.queued())
    assert len(room.studio.project.views) == 1


@pytest.mark.parametrize("late", [False, True], ids=["asked", "answered"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_killed_pull_is_finished_by_the_next(room: Room, number: int, late: bool) -> None:
    room.push()
    for task in room.studio.project.tasks.values():
        room.studio.project.submit(task, 1, "accept")
    killed(room, "pull", ["--tasks-per-request", "4"], "GET /api/tasks/", number, late)
    assert room.pull() == 0

    assert sorted(each.pair_id for each in room.verdicts()) == sorted(room.queued())
    assert {each.revision for each in room.verdicts("all_verdicts")} == {1}


def test_a_request_that_outlives_its_killed_push_leaves_no_copy_behind(room: Room) -> None:
    """The server carries out a second import of pairs that the next push has added too."""
    room.push()
    project = room.studio.project
    copies = [
        {"data": task["data"], "predictions": task["predictions"][:1]}
        for task in project.tasks.values()
    ]
    project.answer("POST /api/projects/7/import", {}, copies[:4])
    worked_on = project.tasks[max(project.tasks)]
    project.submit(worked_on, 1, "accept")
    room.push()

    assert sorted(project.pair_ids()) == sorted(room.queued())
    assert worked_on["id"] in project.tasks
