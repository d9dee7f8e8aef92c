"""One real Label Studio for all tests that need one, with 200 pairs pushed to it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

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
from tests.review.drawn_set import make_annotated_set

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
    pair_set = make_annotated_set(tmp_path_factory.mktemp("review"), PAIRS)
    triage(TriageSettings(set_url=pair_set.url, threshold=1))
    options = StudioOptions(overlap=Overlap(reviewers=2, share=1))
    edit_types = [edit_type.value for edit_type in EditType]
    with StudioServer(pair_set, edit_types, options) as connection:
        push(PushSettings(set_url=pair_set.url))
        with StudioClient(connection.url, connection.token) as client:
            view_id = StudioProject(client, connection.project_id).ensure_queue()
        login = read_or_make_secrets(home_of(pair_set))
        yield Studio(pair_set, connection, login, connection.labelling_url(view_id))
