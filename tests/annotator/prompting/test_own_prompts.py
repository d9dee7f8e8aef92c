"""Annotations keep the prompt file they were made with: a second question has the same words."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotator.annotate import annotate
from annotator.annotation_shards import plan_shards, run_shard
from annotator.probing.targets import pending_probes
from annotator.probing.witness import find_witness
from annotator.prompting.prompt_file import kept_prompt
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings, ProbeSettings
from annotator.tasks import pending_tasks
from pairset.app.cli import main
from pairset.errors import SettingsError
from pairset.rows.annotations import latest_annotations
from pairset.store import PairSet
from tests.annotator.fake_server import FakeServer
from tests.annotator.prompting.test_prompt_file import GOOD


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.md"
    path.write_text(GOOD)
    return path


def settings_with(pair_set: PairSet, fake: FakeServer, own: Path) -> AnnotateSettings:
    return AnnotateSettings(set_url=pair_set.url, server=fake.url, prompt_file=str(own))


def words_asked(fake: FakeServer) -> set[str]:
    return {request["messages"][0]["content"][2]["text"] for request in fake.requests}


def key_of(pair_set: PairSet) -> str:
    stage = pair_set.current("annotations")
    assert stage is not None
    return stage.key


def test_the_model_is_asked_with_the_words_of_the_file(
    small_set: PairSet, fake: FakeServer, own: Path
) -> None:
    annotate(settings_with(small_set, fake, own))

    (words,) = words_asked(fake)
    assert words.startswith("Say what changed. Types:\n- add:")
    assert len(latest_annotations(small_set)) == 6


def test_the_same_file_goes_on_and_a_changed_one_is_another_annotator(
    small_set: PairSet, fake: FakeServer, own: Path
) -> None:
    annotate(settings_with(small_set, fake, own))
    first, asked = key_of(small_set), len(fake.requests)
    annotate(settings_with(small_set, fake, own))
    assert (key_of(small_set), len(fake.requests)) == (first, asked)

    own.write_text(GOOD + " Be brief.")
    annotate(settings_with(small_set, fake, own))
    assert key_of(small_set) != first
    assert len(fake.requests) == 2 * asked


def test_a_probe_asks_with_the_kept_words_though_the_file_is_gone(
    small_set: PairSet, fake: FakeServer, own: Path, tmp_path: Path
) -> None:
    annotate(settings_with(small_set, fake, own))
    own.unlink()
    moved = PairSet(str(Path(small_set.url).rename(tmp_path / "moved")))

    stage = moved.current("annotations")
    assert stage is not None
    witness = find_witness(moved, stage, ProbeSettings(set_url=moved.url))
    assert witness.is_author
    assert witness.annotator.prompt.own_text == GOOD
    assert pending_probes(moved, witness).annotations == 6


def test_a_probe_may_be_told_other_words(small_set: PairSet, fake: FakeServer, own: Path) -> None:
    annotate(settings_with(small_set, fake, own))
    stage = small_set.current("annotations")
    assert stage is not None

    other = ProbeSettings(set_url=small_set.url, prompt="full", server=fake.url)
    assert not find_witness(small_set, stage, other).is_author


def test_a_worker_on_another_machine_reads_the_kept_words(
    small_set: PairSet, fake: FakeServer, own: Path
) -> None:
    annotate(settings_with(small_set, fake, own).model_copy(update={"limit": 1}))
    kept = kept_prompt(small_set.current("annotations"))
    own.unlink()

    there = AnnotateSettings(set_url=small_set.url, server=fake.url, prompt_file=kept)
    annotator = resolve_annotator(there)
    tasks = pending_tasks(small_set, annotator).tasks
    counts = [run_shard(spec) for spec in plan_shards(there, annotator, tasks)]
    assert sum(each.rows for each in counts) == 5


def test_the_run_tells_where_the_words_are_kept(
    small_set: PairSet, fake: FakeServer, own: Path
) -> None:
    annotate(settings_with(small_set, fake, own))

    (path,) = Path(small_set.url, "runs").glob("annotate-*.json")
    saved: dict[str, Any] = json.loads(path.read_text())
    assert Path(saved["prompt_file"]).read_text() == GOOD


def test_a_set_annotated_with_a_shipped_prompt_keeps_none(
    small_set: PairSet, fake: FakeServer
) -> None:
    annotate(AnnotateSettings(set_url=small_set.url, server=fake.url))

    assert kept_prompt(small_set.current("annotations")) is None


def test_a_bad_file_ends_the_run_before_anything_is_asked(
    small_set: PairSet, fake: FakeServer, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own.write_text("Say what changed.")

    words = ["annotate", small_set.url, "--server", fake.url, "--prompt-file", str(own)]
    assert main(words) == 2
    assert "lacks {edit_types}" in capsys.readouterr().err
    assert not fake.requests
    with pytest.raises(SettingsError, match="lacks"):
        resolve_annotator(settings_with(small_set, fake, own))
