"""One real Label Studio with 200 pairs pushed to it, and a fake one with a triaged set to push."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pairset.app.cli import main
from pairset.records.edit_types import EditType
from pairset.store import PairSet
from review.label_studio.client import StudioClient
from review.label_studio.project import StudioProject
from review.push import push
from review.settings import PushSettings, TriageSettings
from review.studio.bootstrap import Overlap
from review.studio.connection import StudioConnection
from review.studio.home import Secrets, home_of, read_or_make_secrets
from review.studio.own_studio import StudioOptions, StudioServer
from review.triage import triage
from tests.review import drawn_set
from tests.review.offline.annotated_set import make_annotated_set
from tests.review.offline.fake_studio import TOKEN, FakeStudio, running_fake_studio
from tests.review.offline.room import Room

PAIRS = 200


@dataclass(frozen=True)
class Studio:
    """A running server, the set it was started for, and who may log in."""

    pair_set: PairSet
    connection: StudioConnection
    login: Secrets
    link: str
    """What ``pairset review serve`` prints."""


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A server on an empty data folder; every pair queued, pushed, and to be seen by two people."""
    pair_set = drawn_set.make_annotated_set(tmp_path_factory.mktemp("review"), PAIRS)
    triage(TriageSettings(set_url=pair_set.url, threshold=1))
    options = StudioOptions(overlap=Overlap(reviewers=2, share=1))
    edit_types = [edit_type.value for edit_type in EditType]
    with StudioServer(pair_set, edit_types, options) as connection:
        push(PushSettings(set_url=pair_set.url))
        with StudioClient(connection.url, connection.token) as client:
            view_id = StudioProject(client, connection.project_id).ensure_queue()
        login = read_or_make_secrets(home_of(pair_set))
        yield Studio(pair_set, connection, login, connection.labelling_url(view_id))


@pytest.fixture
def fake() -> Iterator[FakeStudio]:
    with running_fake_studio() as fake:
        yield fake


@pytest.fixture
def annotated(tmp_path: Path) -> PairSet:
    """Twenty annotated pairs, confidence from 0 to .95."""
    return make_annotated_set(tmp_path, 20)


@pytest.fixture
def room(annotated: PairSet, fake: FakeStudio, monkeypatch: pytest.MonkeyPatch) -> Room:
    """The set after triage, with ten pairs to review, and the server to push to."""
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    assert main(["triage", annotated.url, "--threshold", "0.5", "--audit-share", "0"]) == 0
    return Room(annotated, fake)
