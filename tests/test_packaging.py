"""The wheel holds all that running needs: code, prompts, page templates and the starter."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import pairset

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", str(ROOT)]
    subprocess.run([sys.executable, *build, "--wheel-dir", str(folder)], check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.parametrize(
    "path",
    [
        "annotator/prompts/full.md",
        "annotator/prompts/brief.md",
        "pairset/app/report/templates/page.html.j2",
        "finetune/evaluation/templates/evaluation.html.j2",
        "finetune/training_page/templates/training.html.j2",
        "annotator/weights/starter/model.safetensors",
        "annotator/weights/starter/README.md",
        "annotator/weights/starter-wider/adapter_config.json",
        "annotator/weights/starter-wider/adapter_model.safetensors",
        "annotator/weights/starter-wider/card.json",
        "review/calibration/prior.json",
        "review/form/page.xml",
        "review/studio/run_studio.py",
        *(f"{name}/py.typed" for name in ("annotator", "clustering", "finetune", "pairset")),
    ],
)
def test_the_wheel_holds(wheel: zipfile.ZipFile, path: str) -> None:
    assert path in wheel.namelist()


def test_the_starter_is_small(wheel: zipfile.ZipFile) -> None:
    weights = wheel.getinfo("annotator/weights/starter/model.safetensors")
    assert weights.file_size <= 20e6


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == pairset.__version__
