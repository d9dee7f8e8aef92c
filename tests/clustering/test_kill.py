"""kill -9 in every stage, then the same command: the rows of an undisturbed run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pairset.store import PairSet
from tests.clustering.conftest import all_rows

STAGES = ("images", "embeddings", "cells", "candidates", "pairs")
ROWS = ("images", "clusters", "pairs")


def command(folder: Path, corpus: Path) -> list[str]:
    flags = [
        "--encoder",
        "lite0",
        "--workers",
        "1",
        "--images-per-shard",
        "2",
        "--candidates-per-shard",
        "1",
    ]
    return [sys.executable, "-m", "pairset", "mine", str(folder), str(corpus), *flags]


def shards(folder: Path, stage: str) -> dict[Path, int]:
    found = folder.joinpath(stage).rglob("0*.parquet")
    return {path: path.stat().st_mtime_ns for path in found}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[Path, Path]:
    from tests.clustering.conftest import noise, with_sticker

    root = tmp_path_factory.mktemp("kill")
    (root / "corpus").mkdir()
    for number in range(6):
        noise(number, 128).save(root / "corpus" / f"{number}.png")
        with_sticker(noise(number, 128)).save(root / "corpus" / f"{number}-edit.png")
    subprocess.run(command(root / "set", root / "corpus"), check=True, capture_output=True)
    return root / "set", root / "corpus"


@pytest.mark.parametrize("stage", STAGES)
def test_a_run_killed_in_any_stage_ends_with_the_same_rows(undisturbed, tmp_path, stage):
    whole, corpus = undisturbed
    folder = tmp_path / "set"
    process = subprocess.Popen(
        command(folder, corpus), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not shards(folder, stage) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    finished = {path: time for each in STAGES for path, time in shards(folder, each).items()}
    assert finished
    subprocess.run(command(folder, corpus), check=True, capture_output=True)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    for name in ROWS:
        assert all_rows(PairSet(str(folder)), name) == all_rows(PairSet(str(whole)), name)
