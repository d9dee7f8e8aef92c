"""Each verb in a process of its own, from a clean environment: nothing leans on what ran before."""

import subprocess
import sys
from pathlib import Path

import pytest

from pairset.app.verbs import VERBS
from pairset.store import PairSet

ROOT = Path(__file__).parents[3]
IMPORT_IT = """
import importlib, sys
module, name = sys.argv[1].split(":")
assert callable(getattr(importlib.import_module(module), name))
"""


def run_alone(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Python with these words, where nothing of our environment is left but where to look."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)


@pytest.mark.parametrize("address", [verb.function for verb in VERBS], ids=lambda name: name)
def test_the_module_of_a_verb_is_imported_alone(address: str, tmp_path: Path) -> None:
    run = run_alone("-W", "error", "-c", IMPORT_IT, address, folder=tmp_path)

    assert run.stderr == ""
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["status", "SET"], "images"),
        (["report", "SET"], "index.html"),
        (["sql", "SET", "SELECT 7 * 6 AS answer"], "42"),
        (["adapters", "SET"], "No adapter yet"),
        (["triage", "SET"], "annotations"),
        (["review", "agreement", "SET"], "pairset review pull"),
        (["review", "push", "SET"], "pairset triage"),
        (["review", "pull", "SET"], "pairset review serve"),
        (["train", "SET", "--model", "starter"], "review"),
        (["evaluate", "SET"], "review"),
        (["annotate", "SET", "--model", "starter", "--engine", "transformers"], "annotated"),
        (["mine", "SET2", "SET/nothing"], "nothing"),
        (["doctor"], "Python"),
    ],
    ids=lambda words: words if isinstance(words, str) else " ".join(words),
)
def test_a_verb_runs_alone(
    words: list[str], said: str, annotated_set: PairSet, tmp_path: Path
) -> None:
    words = [word.replace("SET", annotated_set.url) for word in words]

    run = run_alone("-m", "pairset", *words, folder=tmp_path)

    assert said in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert run.returncode in (0, 2)


def test_merge_runs_alone(annotated_set: PairSet, tmp_path: Path) -> None:
    merged = tmp_path / "merged"

    run = run_alone(
        *("-m", "pairset", "merge", annotated_set.url, "starter-wider", str(merged)),
        folder=tmp_path,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert (merged / "model.safetensors").is_file()
