"""``kill -9`` in the middle of a run, and the same command again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pairset.annotations import latest_annotations
from pairset.store import PairSet
from tests.annotator.fake_server import FakeServer, Scripted, reply
from tests.annotator.small_set import make_set

DEADLINE_SECONDS = 60


def command(pair_set: PairSet, fake: FakeServer) -> list[str]:
    words = f"annotate {pair_set.url} --server {fake.url} --pairs-per-shard 2 --concurrency 1"
    return [sys.executable, "-m", "pairset", *words.split()]


def shards_of(pair_set: PairSet) -> dict[Path, int]:
    return {p: p.stat().st_mtime_ns for p in Path(pair_set.url).glob("annotations/*/*.parquet")}


def rows_of(pair_set: PairSet) -> list[dict[str, Any]]:
    rows = latest_annotations(pair_set).to_pylist()
    return sorted(rows, key=lambda row: str(row["annotation_id"]))


def kill_after_first_shard(pair_set: PairSet, fake: FakeServer) -> None:
    process = subprocess.Popen(command(pair_set, fake), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not shards_of(pair_set) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_a_killed_run_ends_with_the_rows_of_an_undisturbed_one(
    tmp_path: Path, fake: FakeServer
) -> None:
    def slow_reply() -> Scripted:
        time.sleep(0.1)
        return reply()

    killed, undisturbed = (make_set(tmp_path / name, pairs=12) for name in ("killed", "calm"))
    fake.otherwise = slow_reply
    kill_after_first_shard(killed, fake)
    finished = shards_of(killed)
    assert 1 <= len(finished) < 6

    fake.otherwise = reply
    for pair_set in (killed, undisturbed):
        subprocess.run(command(pair_set, fake), check=True, capture_output=True)

    assert rows_of(killed) == rows_of(undisturbed)
    assert len(rows_of(killed)) == 12
    assert finished.items() <= shards_of(killed).items(), "finished shards were touched"
    stored = sum(
        killed.current("annotations").read(path.stem).num_rows for path in shards_of(killed)
    )
    assert stored == 12, "a pair was annotated twice"
