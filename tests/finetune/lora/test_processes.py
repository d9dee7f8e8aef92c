"""Several processes, as accelerate starts them, train one adapter together."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from finetune.distributed import ProcessRank, process_rank
from pairset.app.cli import main
from pairset.models.adapter_cards import adapter_folder, read_card
from pairset.store import PairSet
from tests.finetune.lora.conftest import QUICK

LAUNCH = (
    *("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"),
    *("--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"),
    *("--main_process_port", "0", "-m", "pairset", "train"),
)
WORDS = (*QUICK, "--name", "shared", "--epochs", "4", "--dropout", "0", "--oversample", "1")
SIXTEEN = ("--held-out-share", "0.25", "--checkpoint-steps", "1")
"""So many of the drawn examples are left to learn: whole batches of four for two processes."""
DEADLINE_SECONDS = 300

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")


def launch(pair_set: PairSet) -> subprocess.Popen[str]:
    """On a machine without GPUs both compute on the CPU."""
    return subprocess.Popen(
        [sys.executable, *LAUNCH, pair_set.url, *WORDS, *SIXTEEN],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


@pytest.fixture(scope="module")
def alone(drawn: PairSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process learns when it takes two batches for a step."""
    pair_set = PairSet(
        shutil.copytree(drawn.url, tmp_path_factory.mktemp("alone") / "set").as_posix()
    )
    assert (
        main(["train", pair_set.url, *WORDS, *SIXTEEN, "--gradient-accumulation-steps", "2"]) == 0
    )
    return adapter_folder(pair_set, "shared")


def check_same(adapter: Path, other: Path) -> None:
    expected = load_file(other / "adapter_model.safetensors")
    for name, tensor in load_file(adapter / "adapter_model.safetensors").items():
        assert torch.allclose(tensor, expected[name], atol=1e-4), name
    (losses, steps), (other_losses, other_steps) = map(curve, (adapter, other))
    assert steps == other_steps
    assert losses == pytest.approx(other_losses, abs=1e-3)


def curve(adapter: Path) -> tuple[list[float], list[int]]:
    points = [json.loads(line) for line in (adapter / "curve.jsonl").read_text().splitlines()]
    return [point["loss"] for point in points], [point["step"] for point in points]


def test_two_processes_killed_on_the_way_learn_what_one_learns_in_two_passes(
    reviewed: PairSet, alone: Path
) -> None:
    adapter = adapter_folder(reviewed, "shared")
    killed = launch(reviewed)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not list(adapter.glob("checkpoints/*/manifest.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    for pid in (*children_of(killed.pid), killed.pid):
        os.kill(pid, signal.SIGKILL)
    killed.communicate()
    assert read_card(adapter) is None

    process = launch(reviewed)
    said, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0
    assert said.count("Adapter shared: ") == 1
    check_same(adapter, alone)


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def test_a_process_knows_its_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert process_rank() == ProcessRank(rank=0, world_size=1)
    assert process_rank().is_main

    for name, value in {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert process_rank() == ProcessRank(rank=5, world_size=8, local_rank=1)
    assert not process_rank().is_main
