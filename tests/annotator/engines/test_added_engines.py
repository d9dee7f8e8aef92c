"""An engine that another package adds: the one of CONTRIBUTING.md, installed beside pairset."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from annotator.engines import EnginePlan, engine_name, open_engine
from annotator.engines.registry import ENGINES
from annotator.settings import AnnotateSettings, EngineName
from annotator.weights.models import served_model
from pairset.errors import BrokenPackageError, SettingsError
from pairset.store import PairSet
from tests.annotator.small_set import make_set

ROOT = Path(__file__).parents[3]


def block(language: str) -> str:
    """The code of one language in the section about engines."""
    words = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = words.partition("## Add an engine")[2].partition("\n## ")[0]
    (code,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return str(code)


def install(folder: Path, package: str, engines: dict[str, str], **modules: str) -> None:
    """What pip leaves of a package, in a folder of the module path."""
    described = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    described.mkdir(parents=True)
    lines = [f"{name} = {value}" for name, value in engines.items()]
    (described / "entry_points.txt").write_text("\n".join(["[pairset.engines]", *lines]))
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")


def plan(engine: str) -> EnginePlan:
    settings = AnnotateSettings(set_url="unused", engine=engine)
    return EnginePlan(settings, served_model("any"), None)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


def test_the_engine_of_the_guide_annotates_a_set(tmp_path: Path) -> None:
    added = tomllib.loads(block("toml"))["project"]["entry-points"]["pairset.engines"]
    install(tmp_path / "site", "pairset-brightness", added, brightness_engine=block("python"))
    pair_set = make_set(tmp_path, pairs=2)
    command = [sys.executable, "-m", "pairset", "annotate", pair_set.url, "--model", "starter"]
    paths = os.pathsep.join([str(tmp_path / "site"), str(ROOT)])

    run = subprocess.run(
        [*command, "--engine", "brightness"],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stderr
    stage = PairSet(pair_set.url).current("annotations")
    assert stage is not None
    rows = [row for shard in stage.shards() for row in stage.read(shard).to_pylist()]
    assert {row["instruction_en"] for row in rows} <= {
        *("Make the image brighter.", "Make the image darker.")
    }
    assert [(row["engine"], row["error_code"]) for row in rows] == [("brightness", None)] * 2


def test_a_misspelt_engine_is_asked_back(site: Path) -> None:
    install(site, "pairset-one", {"sunlight": "nowhere:open_it"})

    assert engine_name(plan("sunlight").settings) == "sunlight"
    with pytest.raises(SettingsError, match=r"choose server, sunlight, .* Did you mean sunlight\?"):
        engine_name(plan("sunligth").settings)
    with pytest.raises(SettingsError, match=r"Did you mean vllm\?"):
        engine_name(plan("vlmm").settings)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module:open_it", "No module named 'no_such_module'"),
        ("broken_engine:no_such_function", "no_such_function"),
        ("broken_engine:NUMBER", "broken_engine:NUMBER is no function"),
    ],
)
def test_an_engine_that_cannot_be_opened_names_its_package(
    site: Path, value: str, reason: str
) -> None:
    install(site, "pairset-broken", {"broken": value}, broken_engine="NUMBER = 7\n")

    with pytest.raises(BrokenPackageError, match=reason) as refused:
        open_engine("broken", plan("broken"))
    assert str(refused.value).startswith("pairset-broken is installed and cannot be imported")


def test_two_packages_may_not_add_one_name(site: Path) -> None:
    install(site, "pairset-one", {"twin": "nowhere:open_it"})
    install(site, "pairset-two", {"twin": "elsewhere:open_it"})

    with pytest.raises(SettingsError, match="pairset-one and pairset-two both add an engine twin"):
        engine_name(plan("twin").settings)


def test_no_package_takes_the_name_of_an_engine_of_ours(site: Path) -> None:
    install(site, "pairset-bold", {"vllm": "nowhere:open_it"})

    assert engine_name(plan("vllm").settings) == "vllm"
    assert set(ENGINES) == set(get_args(EngineName))
