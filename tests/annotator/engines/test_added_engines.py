"""An engine that another package adds: the one of CONTRIBUTING.md, installed beside pairset."""

from pathlib import Path
from typing import get_args

import pytest

from annotator.engines import EnginePlan, engine_name, open_engine
from annotator.engines.registry import ENGINES
from annotator.settings import AnnotateSettings, EngineName
from annotator.weights.models import served_model
from pairset.entry_points import ENGINES_GROUP
from pairset.errors import PlugInError, SettingsError
from pairset.store import PairSet
from tests.annotator.small_set import make_set
from tests.contributing.added_package import install
from tests.contributing.guide import ROOT, blocks, entry_points, python

TITLE = "Add an engine"


def add(site: Path, package: str, engines: dict[str, str], **modules: str) -> None:
    install(site, package, ENGINES_GROUP, engines, modules)


def plan(engine: str) -> EnginePlan:
    settings = AnnotateSettings(set_url="unused", engine=engine)
    return EnginePlan(settings, served_model("any"), None)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


def test_the_engine_of_the_guide_annotates_a_set(tmp_path: Path) -> None:
    (code,) = blocks(TITLE, "python")
    added = entry_points(TITLE, ENGINES_GROUP)
    add(tmp_path / "site", "pairset-brightness", added, brightness_engine=code)
    pair_set = make_set(tmp_path, pairs=2)
    command = ["-m", "pairset", "annotate", pair_set.url, "--model", "starter"]

    run = python(ROOT, *command, "--engine", "brightness", packages=tmp_path / "site")

    assert run.returncode == 0, run.stderr
    stage = PairSet(pair_set.url).current("annotations")
    assert stage is not None
    rows = [row for shard in stage.shards() for row in stage.read(shard).to_pylist()]
    assert {row["instruction_en"] for row in rows} <= {
        *("Make the image brighter.", "Make the image darker.")
    }
    assert [(row["engine"], row["error_code"]) for row in rows] == [("brightness", None)] * 2


def test_a_misspelt_engine_is_asked_back(site: Path) -> None:
    add(site, "pairset-one", {"sunlight": "nowhere:open_it"})

    assert engine_name(plan("sunlight").settings) == "sunlight"
    with pytest.raises(SettingsError, match=r"choose server, sunlight, .* Did you mean sunlight\?"):
        engine_name(plan("sunligth").settings)
    with pytest.raises(SettingsError, match=r"Did you mean vllm\?"):
        engine_name(plan("vlmm").settings)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module:open_it", "No module named 'no_such_module'"),
        ("broken_engine:no_such_function", "cannot be loaded: AttributeError"),
        ("failing_engine:open_it", "RuntimeError: no such device"),
        (
            "broken_engine:NUMBER",
            "NUMBER is an object of type int, which is no function",
        ),
    ],
)
def test_an_engine_that_cannot_be_opened_names_its_package(
    site: Path, value: str, reason: str
) -> None:
    modules = {
        "broken_engine": "NUMBER = 7\n",
        "failing_engine": "raise RuntimeError('no such device')",
    }
    add(site, "pairset-broken", {"broken": value}, **modules)

    with pytest.raises(PlugInError, match=reason) as refused:
        open_engine("broken", plan("broken"))
    said = str(refused.value)
    assert said.startswith("The package pairset-broken adds 'broken' to pairset.engines")
    assert said.endswith("Update that package, or uninstall it.")


def test_two_packages_may_not_add_one_name(site: Path) -> None:
    add(site, "pairset-one", {"twin": "nowhere:open_it"})
    add(site, "pairset-two", {"twin": "elsewhere:open_it"})

    with pytest.raises(PlugInError, match="pairset-one and pairset-two both add 'twin'") as refused:
        engine_name(plan("twin").settings)
    assert refused.value.exit_code == 3


def test_no_package_takes_the_name_of_an_engine_of_ours(site: Path) -> None:
    add(site, "pairset-bold", {"vllm": "nowhere:open_it"})

    assert engine_name(plan("vllm").settings) == "vllm"
    assert set(ENGINES) == set(get_args(EngineName))
