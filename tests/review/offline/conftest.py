"""A fake Label Studio, and a triaged set to push to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pairset.app.cli import main
from pairset.store import PairSet
from tests.review.offline.annotated_set import make_annotated_set
from tests.review.offline.fake_studio import TOKEN, FakeStudio, running_fake_studio
from tests.review.offline.room import Room


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
