"""Ctrl-C once ends a run in good order, twice at once; no worker stays."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pairset.running.progress import progress
from pairset.running.stopping import Terminated, exit_code_of, stoppable
from tests.pairset.running.test_executors import is_alive, specs_in, wait_until

POOL = """
import sys
from pathlib import Path
from pairset.running.executors import LocalPool, run_shards
from pairset.running.progress import progress
from pairset.running.stopping import exit_code_of, stoppable
from tests.pairset.running.test_executors import say_who_works, specs_in
try:
    with stoppable():
        run_shards(LocalPool(2), say_who_works, specs_in(Path(sys.argv[1]), count=2))
except KeyboardInterrupt as stop:
    {then}
    sys.exit(exit_code_of(stop))
"""


def stop_a_pool(folder: Path, signals: list[int], then: str = "pass") -> tuple[int, bytes]:
    """Send signals to all processes of a terminal; the code it ended with, and its errors."""
    code = POOL.format(then=then)
    stage = specs_in(folder)[0].output()
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], start_new_session=True, stderr=subprocess.PIPE
    ) as run:
        assert wait_until(lambda: len(stage.shards()) == 2)
        workers = {row for table in stage.tables() for row in table["process"].to_pylist()}
        for number in signals:
            os.killpg(run.pid, number)
            time.sleep(0.2)
        _, errors = run.communicate(timeout=60)
    assert wait_until(lambda: not any(is_alive(worker) for worker in workers))
    return run.returncode, errors


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_one_signal_ends_the_run_and_its_workers(tmp_path: Path, number: int, code: int) -> None:
    ended, errors = stop_a_pool(tmp_path, [number])
    assert ended == code
    assert b"Traceback" not in errors


def test_a_second_ctrl_c_ends_at_once_what_is_still_cleaning_up(tmp_path: Path) -> None:
    cleaning_up = "import time; time.sleep(600)"
    ended, errors = stop_a_pool(tmp_path, [signal.SIGINT, signal.SIGINT], then=cleaning_up)
    assert ended == 130
    assert b"Traceback" not in errors


def test_handlers_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stoppable():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_sigterm_is_cleaned_up_after_as_ctrl_c_is() -> None:
    assert issubclass(Terminated, KeyboardInterrupt)
    assert exit_code_of(Terminated()) == 143
    assert exit_code_of(KeyboardInterrupt()) == 130


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stoppable():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


class Cleared:
    """Ctrl-C comes while Python clears this away, where nothing that is raised gets out."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def work_on() -> None:
    with stoppable():
        Cleared()
        time.sleep(30)


def test_a_ctrl_c_that_python_drops_comes_again() -> None:
    before = signal.getsignal(signal.SIGINT)
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            work_on()
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - start < 20


def swallow() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def work_on_rows(done: list[int]) -> None:
    with stoppable():
        for number in progress(range(100), "work", 100, "row"):
            done.append(number)
            if number == 5:
                swallow()


def test_a_ctrl_c_that_a_library_swallows_is_heeded_at_the_next_row() -> None:
    before, done = signal.getsignal(signal.SIGINT), []
    try:
        with pytest.raises(KeyboardInterrupt):
            work_on_rows(done)
    finally:
        signal.signal(signal.SIGINT, before)
    assert done[-1] == 5
