"""One writer for each thing of a set, and it gives way when it is dead."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from pairset.app.status.counts import read_figures
from pairset.errors import SetBusyError, StorageError
from pairset.files.processes import this_process
from pairset.files.storage import unfinished_name
from pairset.locking import locks
from pairset.locking.holders import busy, read_holder, this_holder
from pairset.locking.locks import writing
from pairset.rows.tables import connect_tables
from pairset.store import PairSet, create_set

DEADLINE_SECONDS = 60
HOLD = """
import os, sys, time
from pairset.locking.locks import writing
from pairset.store import PairSet
with writing(PairSet(sys.argv[1]), "mine"):
    {then}
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def pair_set(tmp_path: Path) -> PairSet:
    return create_set(str(tmp_path / "set"))


@contextmanager
def other_run(pair_set: PairSet, then: str = "pass") -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of ``mine``."""
    command = [sys.executable, "-c", HOLD.format(then=then), pair_set.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def wait_until(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.02)
    return happened()


def lock_file(pair_set: PairSet) -> Path:
    return Path(pair_set.root, "locks", "mine.lock")


def test_a_second_run_is_told_who_is_at_work_and_what_to_do(pair_set: PairSet) -> None:
    with (
        other_run(pair_set) as other,
        pytest.raises(SetBusyError) as told,
        writing(pair_set, "mine"),
    ):
        pass
    for word in (str(other.pid), os.uname().nodename, "pairset mine", f"kill {other.pid}"):
        assert word in str(told.value)
    assert told.value.exit_code == 7


def test_a_run_that_was_killed_gives_way_at_once(pair_set: PairSet) -> None:
    with other_run(pair_set) as other:
        other.kill()
        start = time.monotonic()
        with writing(pair_set, "mine"):
            assert time.monotonic() - start < 5
    assert lock_file(pair_set).read_bytes() == b"", "who holds nothing any more says nothing"


def test_a_stopped_run_holds_on_and_the_words_say_that_it_is_stopped(pair_set: PairSet) -> None:
    with other_run(pair_set) as other:
        os.kill(other.pid, signal.SIGSTOP)
        state = Path(f"/proc/{other.pid}/stat")
        assert wait_until(lambda: state.read_text().rpartition(")")[2].split()[0] == "T")
        with pytest.raises(SetBusyError, match="kill -CONT"), writing(pair_set, "mine"):
            pass


def test_a_forked_child_does_not_hold_the_lock_of_a_dead_parent(pair_set: PairSet) -> None:
    fork = "os.fork() or (os.setsid(), os.close(1), time.sleep(600))"
    with other_run(pair_set, fork) as other:
        children = Path(f"/proc/{other.pid}/task/{other.pid}/children").read_text().split()
        other.kill()
        try:
            with writing(pair_set, "mine"):
                assert Path(f"/proc/{children[0]}").exists(), "the child was to live on"
        finally:
            os.kill(int(children[0]), signal.SIGKILL)


def test_a_child_of_another_program_does_not_inherit_the_lock(pair_set: PairSet) -> None:
    start = "import subprocess; subprocess.Popen(['sleep', '5'], stdout=subprocess.DEVNULL)"
    with other_run(pair_set, start) as other:
        other.kill()
        with writing(pair_set, "mine"):
            pass


def test_two_annotators_may_work_on_one_set_and_one_of_them_not_twice(pair_set: PairSet) -> None:
    with (
        writing(pair_set, "annotate", "one"),
        writing(pair_set, "annotate", "two"),
        pytest.raises(SetBusyError),
        writing(pair_set, "annotate", "one"),
    ):
        pass


def test_who_reads_never_waits(pair_set: PairSet) -> None:
    with other_run(pair_set), connect_tables(pair_set) as tables:
        assert not read_figures(pair_set, tables).funnel


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, b"[" * 100_000, b'{"number": "x"}', b"\xff\xfe", b"{}" * 9000]
)
def test_what_stands_in_a_lock_that_nobody_holds_does_not_matter(
    pair_set: PairSet, content: bytes
) -> None:
    lock_file(pair_set).parent.mkdir()
    lock_file(pair_set).write_bytes(content)
    with writing(pair_set, "mine"):
        assert read_holder(lock_file(pair_set).read_bytes()) is not None


def test_a_lock_of_another_machine_or_year_does_not_matter_where_the_kernel_keeps_locks(
    pair_set: PairSet,
) -> None:
    for since in ("1970-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00"):
        stranger = replace(this_holder("mine"), machine="00000000", host="elsewhere", since=since)
        lock_file(pair_set).parent.mkdir(exist_ok=True)
        lock_file(pair_set).write_bytes(stranger.signed())
        os.utime(lock_file(pair_set), (2e9, 2e9))
        with writing(pair_set, "mine"):
            pass


def test_a_holder_that_says_nothing_sound_is_another_run(pair_set: PairSet) -> None:
    with other_run(pair_set):
        lock_file(pair_set).write_bytes(b"\xff")
        with pytest.raises(SetBusyError, match="Another run"), writing(pair_set, "mine"):
            pass


@pytest.mark.parametrize("field", ["verb", "number", "started"])
def test_a_holder_is_checked_field_by_field(field: str) -> None:
    said = asdict(this_holder("mine"))
    for wrong in (None, [], {}, -1, 1e300, True):
        assert read_holder(json.dumps(said | {field: wrong}).encode()) is None


def test_a_number_given_to_another_process_is_not_the_holder() -> None:
    ours = this_process()
    assert ours.life == "runs"
    assert replace(ours, started=ours.started + 1).life == "ended"
    assert replace(ours, number=(1 << 22) + 1).life == "ended"
    assert replace(ours, machine="00000000").life == "unknown"
    elsewhere = replace(this_holder("mine"), machine="00000000")
    assert "end it there" in str(busy("set", elsewhere))


@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_what_is_no_file_is_no_lock(pair_set: PairSet, tmp_path: Path, kind: str) -> None:
    place = lock_file(pair_set)
    place.parent.mkdir()
    target = tmp_path / "somebody's file"
    target.write_text("dear")
    {"pipe": os.mkfifo, "link": lambda path: path.symlink_to(target), "folder": Path.mkdir}[kind](
        place
    )
    with pytest.raises(StorageError, match=r"mine\.lock"), writing(pair_set, "mine"):
        pass
    assert target.read_text() == "dear"


def test_where_the_kernel_keeps_no_locks_a_lease_does(
    pair_set: PairSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(handle: int, operation: int) -> None:
        raise OSError(locks.errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", no_locks)
    monkeypatch.setattr("pairset.locking.leases.SETTLE_SECONDS", 0.0)
    with (
        writing(pair_set, "mine"),
        pytest.raises(SetBusyError, match=str(os.getpid())),
        writing(pair_set, "mine"),
    ):
        pass


def test_the_next_run_removes_what_dead_ones_left_and_nothing_else(pair_set: PairSet) -> None:
    images = Path(pair_set.root, "images")
    images.mkdir()
    code = (
        "from pairset.files.storage import unfinished_name; "
        "print(unfinished_name('0.parquet'), end='')"
    )
    dead = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    living = unfinished_name("0.parquet")
    stranger = "0.parquet.00000000-1-1-00000000.unfinished"
    old_stranger = "1.parquet.00000000-1-1-00000000.unfinished"
    for name in (dead.stdout, living, stranger, old_stranger, "mine.unfinished.txt"):
        (images / name).write_bytes(b"half")
    os.utime(images / old_stranger, (0, 0))
    with writing(pair_set, "mine"):
        pass
    assert {path.name for path in images.iterdir()} == {living, stranger, "mine.unfinished.txt"}
