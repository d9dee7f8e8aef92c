"""kill -9 in every stage, then the same command: the rows of an undisturbed run."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pairset.app.cli import main
from pairset.store import PairSet
from tests.clustering.conftest import SETTINGS, all_rows, pair_rows, shard_times

STAGES = ("images", "embeddings", "cells", "candidates", "pairs")
KILLED_IN = ("images", "embeddings", "candidates", "pairs")
ROWS = ("images", "clusters", "pairs")
PATIENCE_SECONDS = 300
ATTEMPTS = 10
"""On a machine that lets us wait, a run may get through the whole stage before it is killed."""


def arguments(folder: Path, corpus: Path) -> list[str]:
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
    return ["mine", str(folder), str(corpus), *flags]


def forget(folder: Path, stage: str) -> None:
    """Take away all that a run has not got yet when it comes to a stage."""
    later = STAGES[STAGES.index(stage) :]
    for name in (*later, *(["clusters"] if "candidates" in later else [])):
        shutil.rmtree(folder / name, ignore_errors=True)


def kill_after_first_shard(command: list[str], folder: Path) -> None:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-m", "pairset", *command], **quiet) as process:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not finished_in(folder) and time.monotonic() < deadline:
            time.sleep(0.001)
        process.kill()


@pytest.mark.parametrize("stage", KILLED_IN)
def test_a_killed_run_ends_with_the_same_rows(undisturbed, copied_set, small_corpus, stage):
    command = arguments(copied_set, small_corpus)
    whole = len(finished_in(Path(undisturbed.url, stage)))
    for _ in range(ATTEMPTS):
        forget(copied_set, stage)
        kill_after_first_shard(command, copied_set / stage)
        if 0 < len(finished_in(copied_set / stage)) < whole:
            break
    finished = shard_times(copied_set)
    assert 0 < len(finished_in(copied_set / stage)) < whole, "it was to be killed in the midst"

    assert main(command) == 0
    assert finished.items() <= shard_times(copied_set).items(), "a finished shard was made again"
    for name in ROWS:
        assert all_rows(PairSet(str(copied_set)), name) == all_rows(undisturbed, name)
    ids = [pair.pair_id for pair in pair_rows(PairSet(str(copied_set)))]
    assert len(ids) == len(set(ids))


def finished_in(folder: Path) -> list[Path]:
    """Shards of a stage; the plans, which are made before any work, are none."""
    return list(folder.rglob("0*.parquet"))
