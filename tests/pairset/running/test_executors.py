"""Shards run once each, here or in other processes, and a dead worker is explained."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pairset.errors import WorkerDiedError
from pairset.running.executors import InProcess, LocalPool, local_executor, run_shards
from pairset.running.shards import Counts, ShardSpec, unfinished

DEADLINE_SECONDS = 120


def write_numbers(spec: ShardSpec) -> Counts:
    """A shard of as many rows as its settings say, and the process that wrote it."""
    rows = int(spec.settings)
    spec.output().write(spec.shard, pa.table({"process": [os.getpid()] * rows}))
    return Counts(rows=rows, failures=1)


def die(spec: ShardSpec) -> Counts:
    os._exit(9)


def say_who_works(spec: ShardSpec) -> Counts:
    """Writes the shard, then works on for longer than any test waits."""
    counts = write_numbers(spec)
    time.sleep(10 * DEADLINE_SECONDS)
    return counts


def run_a_pool_in(folder: str) -> None:
    """What the process of the test below does; it is killed in the midst."""
    run_shards(LocalPool(2), say_who_works, specs_in(Path(folder), count=2))


def wait_until(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)
    return happened()


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def specs_in(folder: Path, count: int = 3) -> list[ShardSpec]:
    return [
        ShardSpec(str(folder), "images", None, f"{index:05}", settings=str(index + 1))
        for index in range(count)
    ]


def test_counts_of_all_shards_are_added_up(tmp_path: Path) -> None:
    assert run_shards(InProcess(), write_numbers, specs_in(tmp_path)) == Counts(6, 3)


def test_finished_shards_are_not_run_again(tmp_path: Path) -> None:
    specs = specs_in(tmp_path)
    run_shards(InProcess(), write_numbers, specs[:2])

    assert unfinished(specs) == specs[2:]
    assert run_shards(InProcess(), write_numbers, specs) == Counts(3, 1)
    assert run_shards(InProcess(), write_numbers, specs) == Counts()


def test_a_pool_writes_the_same_shards_in_other_processes(tmp_path: Path) -> None:
    specs = specs_in(tmp_path)

    assert run_shards(LocalPool(2), write_numbers, specs) == Counts(6, 3)

    tables = specs[0].output().tables()
    writers = {process for table in tables for process in table["process"].to_pylist()}
    assert os.getpid() not in writers


def test_a_worker_that_dies_stops_the_run_in_words(tmp_path: Path) -> None:
    with pytest.raises(WorkerDiedError, match=r"images.*run the same command again"):
        run_shards(LocalPool(1), die, specs_in(tmp_path, count=1))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are seen in /proc")
def test_workers_end_when_the_run_is_killed(tmp_path: Path) -> None:
    code = f"from {__name__} import run_a_pool_in; run_a_pool_in({str(tmp_path)!r})"
    stage = specs_in(tmp_path)[0].output()
    with subprocess.Popen([sys.executable, "-c", code]) as run:
        assert wait_until(lambda: len(stage.shards()) == 2)
        workers = {row for table in stage.tables() for row in table["process"].to_pylist()}
        assert all(is_alive(worker) for worker in workers)
        run.kill()

    assert wait_until(lambda: not any(is_alive(worker) for worker in workers))


def test_one_worker_needs_no_second_process() -> None:
    assert local_executor(1) == InProcess()
    assert local_executor(3) == LocalPool(3)


def test_the_pace_of_a_worker_says_what_it_is_bound_by() -> None:
    busy = Counts(rows=30, seconds=2.0, waited_seconds=0.1)
    assert (busy + busy).pace == "15.0/s a worker, model-bound (5% waiting)"
    assert "reading-bound" in Counts(rows=30, seconds=2.0, waited_seconds=1.5).pace
    assert Counts(rows=30).pace == ""
