"""The command itself on eight generated pictures, mined with the offline encoder."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
SCENES = {f"{scene}{photo}.jpg": f"s{scene}" for scene in range(4) for photo in range(2)}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures, each with a copy in which one square has another colour."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "photos").mkdir()
    colors = np.random.default_rng(0)
    pairs = ["first,second,family,kind"]
    for scene in range(4):
        coarse = colors.integers(0, 256, (5, 5, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((160, 160), Image.Resampling.BICUBIC)
        picture.save(folder / "photos" / f"{scene}0.jpg", quality=95)
        picture.paste((250, 20, 20) if scene % 2 else (20, 20, 250), (60, 60, 100, 100))
        picture.save(folder / "photos" / f"{scene}1.jpg", quality=95)
        pairs.append(f"{scene}0.jpg,{scene}1.jpg,edit,square")
    scenes = ["photo,scene", *(f"{photo},{scene}" for photo, scene in SCENES.items())]
    (folder / "pairs.csv").write_text("\n".join(pairs) + "\n")
    (folder / "scenes.csv").write_text("\n".join(scenes) + "\n")
    return folder


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.real_pairs", *map(str, words)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )


def last_line(finished: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert finished.returncode == 0, finished.stderr[-4000:]
    found: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return found


def test_it_mines_measures_and_draws_a_sheet(corpus: Path, tmp_path: Path) -> None:
    kept, sheet = tmp_path / "set", tmp_path / "sheet.jpg"

    whole = last_line(run(corpus, "--out", kept, "--workers", "1", "--sheet", sheet))
    halves = [last_line(run(corpus, "--out", kept, "--half", half)) for half in ("first", "second")]

    assert whole["recall"]["edit"] == whole["recall"]["all"] >= 0.75
    assert whole["kept"] == sum(half["kept"] for half in halves) >= 3
    assert whole["precision"] >= 0.75
    assert whole["core_seconds_per_image"] > 0
    assert [half["core_seconds_per_image"] for half in halves] == [None, None]  # mined before
    with Image.open(sheet) as picture:
        assert picture.format == "JPEG"


def test_flags_after_two_dashes_are_those_of_mining(corpus: Path, tmp_path: Path) -> None:
    found = last_line(run(corpus, "--", "--alignment-floor", "1"))

    assert found["kept"] == 0
    assert found["precision"] is None
    assert found["lost"]["unrelated"]["edit"] >= 3


def test_what_mining_refuses_ends_the_command_with_its_code(corpus: Path) -> None:
    finished = run(corpus, "--", "--no-such-flag")

    assert finished.returncode == 2
    assert "Traceback" not in finished.stderr


def test_a_folder_that_is_no_corpus_is_refused(tmp_path: Path) -> None:
    finished = run(tmp_path)

    assert finished.returncode == 2
    assert "photos is no folder" in finished.stderr
