from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.engines import server as server_engine
from annotator.engines.http import TOKEN_VARIABLES, Backoff
from pairset.store import PairSet
from tests.annotator.fake_server import FakeServer, running_fake_server
from tests.annotator.small_set import make_set


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TOKEN_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """A fake server, and an engine that does not wait long between its tries."""
    monkeypatch.setattr(server_engine, "Backoff", lambda retries: Backoff(retries, 0.001, 0.01))
    with running_fake_server() as server:
        yield server


@pytest.fixture
def small_set(tmp_path: Path) -> PairSet:
    return make_set(tmp_path, pairs=6)
