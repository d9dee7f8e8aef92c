"""The loop closed once, by the command that README names: review makes the model better."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TIMEOUT_SECONDS = 2_400


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one round with one corpus prints last; vLLM serves the adapter."""
    pytest.importorskip("vllm")
    out = tmp_path_factory.mktemp("loop")
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.loop", "--seeds", "0", "--out", str(out)],
        cwd=Path(__file__).parents[1],
        env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert finished.returncode == 0, finished.stderr[-4000:]
    found: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return found


def test_on_scenes_nobody_trained_on_more_instructions_are_exactly_right(
    figures: dict[str, Any],
) -> None:
    assert figures["exact_after"] >= figures["exact_before"] + 0.1
    assert figures["exact_zh_after"] >= figures["exact_zh_before"] + 0.1
    assert figures["edit_type_after"] >= figures["edit_type_before"] + 0.1


def test_preference_training_does_not_lose_it(figures: dict[str, Any]) -> None:
    lowest, _ = figures["interval_after"]  # what other scenes would have given, 95 of 100 times
    assert figures["exact_preference"] >= lowest


def test_it_prints_what_it_promises(figures: dict[str, Any]) -> None:
    promised = {
        *("exact_before", "exact_after", "interval_before", "interval_after"),
        *("edit_type_before", "edit_type_after", "seeds", "seconds"),
    }
    assert promised <= figures.keys()
    assert figures["seeds"] == [0]
