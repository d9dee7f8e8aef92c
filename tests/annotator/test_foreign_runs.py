"""What a set tells of the run that annotated it is a stranger's word: no keys, no code, no junk."""

import json

import pytest

from annotator.annotate import annotate
from annotator.probing.witness import Witness, find_witness
from annotator.settings import AnnotateSettings, ProbeSettings
from pairset.errors import SettingsError
from pairset.files.damage import DamagedSetError
from pairset.store import PairSet
from tests.annotator.fake_server import FakeServer


@pytest.fixture
def annotated(small_set: PairSet, fake: FakeServer) -> PairSet:
    annotate(AnnotateSettings(set_url=small_set.url, server=fake.url, concurrency=1))
    return small_set


def say_otherwise(pair_set: PairSet, **said: object) -> None:
    """Somebody writes something else into the run that annotated."""
    (path,) = pair_set.filesystem.glob(f"{pair_set.root}/runs/annotate-*.json")
    saved = json.loads(pair_set.filesystem.cat_file(path))
    pair_set.filesystem.pipe_file(path, json.dumps(saved | said).encode())


def witness_of(pair_set: PairSet) -> Witness:
    current = pair_set.current("annotations")
    assert current is not None
    return find_witness(pair_set, current, ProbeSettings(set_url=pair_set.url))


def test_the_annotator_is_found_again(annotated: PairSet) -> None:
    assert witness_of(annotated).is_author


@pytest.mark.parametrize("server", ["http://elsewhere.example.org:8000", "10.1.2.3:8000"])
def test_pictures_go_to_no_machine_that_only_the_set_names(annotated: PairSet, server: str) -> None:
    say_otherwise(annotated, server=server)
    with pytest.raises(SettingsError, match=r"(example\.org|10\.1).*--server"):
        witness_of(annotated)


@pytest.mark.parametrize("said", [{"model": 7}, {"max_pixels": "many"}, {"server": ["a"]}])
def test_a_saved_run_of_other_types_is_named(annotated: PairSet, said: dict[str, object]) -> None:
    say_otherwise(annotated, **said)
    with pytest.raises(DamagedSetError, match="runs/annotate-"):
        witness_of(annotated)


def test_a_set_lets_no_model_run_code_of_its_own(annotated: PairSet) -> None:
    say_otherwise(annotated, trust_remote_code=True)
    assert not witness_of(annotated).settings.trust_remote_code
