"""``kill -9`` in the middle of a run, and the same command again."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from pairset.rows.annotations import latest_annotations
from pairset.store import PairSet
from tests.annotator.fake_server import FakeServer, Scripted, reply
from tests.annotator.small_set import make_set

DEADLINE_SECONDS = 300
REPLIES = 5
"""Two shards of two pairs, and half a third."""


def command(pair_set: PairSet, fake: FakeServer) -> list[str]:
    words = f"annotate {pair_set.url} --server {fake.url} --pairs-per-shard 2 --concurrency 1"
    return [sys.executable, "-m", "pairset", *words.split()]


def shards_of(pair_set: PairSet) -> dict[Path, int]:
    return {p: p.stat().st_mtime_ns for p in Path(pair_set.url).glob("annotations/*/*.parquet")}


def rows_of(pair_set: PairSet) -> list[dict[str, Any]]:
    rows = latest_annotations(pair_set).to_pylist()
    return sorted(rows, key=lambda row: str(row["annotation_id"]))


def kill_in_the_third_shard(pair_set: PairSet, fake: FakeServer) -> None:
    """Kill a run that waits for a reply, which comes once the run is gone."""
    answered, gone = itertools.count(), threading.Event()

    def some_replies() -> Scripted:
        if next(answered) >= REPLIES:
            gone.wait(DEADLINE_SECONDS)
        return reply()

    fake.otherwise = some_replies
    process = subprocess.Popen(command(pair_set, fake), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while len(shards_of(pair_set)) < REPLIES // 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    gone.set()


def test_a_killed_run_ends_with_the_rows_of_an_undisturbed_one(
    tmp_path: Path, fake: FakeServer
) -> None:
    killed, undisturbed = (make_set(tmp_path / name, pairs=12) for name in ("killed", "calm"))
    kill_in_the_third_shard(killed, fake)
    finished = shards_of(killed)
    assert len(finished) == 2

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
