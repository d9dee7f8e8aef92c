"""A lock where no kernel keeps one: an object that its holder renews."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import fsspec
import pytest

from pairset.errors import SetBusyError
from pairset.locking import leases
from pairset.locking.holders import Holder, this_holder
from pairset.locking.leases import lease
from pairset.locking.locks import writing
from pairset.store import PairSet, create_set

PLACE = "/bucket/set/locks/mine.lock"


@pytest.fixture
def pair_set() -> Iterator[PairSet]:
    yield create_set("memory://bucket/set")
    fsspec.filesystem("memory").rm("/bucket", recursive=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(leases, "SILENT_SECONDS", 0.4)


def put(pair_set: PairSet, content: bytes) -> None:
    pair_set.filesystem.makedirs(PLACE.rsplit("/", 1)[0], exist_ok=True)
    pair_set.filesystem.pipe_file(PLACE, content)


def stranger() -> Holder:
    return replace(this_holder("mine"), machine="00000000", host="elsewhere")


def test_a_second_run_is_told_who_is_at_work(pair_set: PairSet) -> None:
    with (
        writing(pair_set, "mine"),
        pytest.raises(SetBusyError, match="process"),
        writing(pair_set, "mine"),
    ):
        pass
    assert not pair_set.filesystem.exists(PLACE)


def test_a_dead_holder_of_this_machine_gives_way_at_once(pair_set: PairSet) -> None:
    ours = this_holder("mine")
    put(pair_set, replace(ours, started=ours.started + 1).signed())
    start = time.monotonic()
    with writing(pair_set, "mine"):
        assert time.monotonic() - start < leases.SILENT_SECONDS / 2


@pytest.mark.parametrize(
    "content",
    [
        b"no holder at all",
        replace(stranger(), since="1970-01-01T00:00:00+00:00").signed(),
        replace(stranger(), since="2999-01-01T00:00:00+00:00").signed(beat=1 << 62),
    ],
)
def test_a_silent_stranger_gives_way_whatever_its_clock_says(
    pair_set: PairSet, content: bytes
) -> None:
    put(pair_set, content)
    with writing(pair_set, "mine"):
        assert str(this_holder("mine").number).encode() in pair_set.filesystem.cat_file(PLACE)


def test_a_stranger_that_renews_its_lease_is_at_work(pair_set: PairSet) -> None:
    ended = threading.Event()

    def renew() -> None:
        beat = 0
        while not ended.wait(0.05):
            put(pair_set, stranger().signed(beat=(beat := beat + 1)))

    put(pair_set, stranger().signed())
    living = threading.Thread(target=renew)
    living.start()
    try:
        with pytest.raises(SetBusyError, match="elsewhere"), writing(pair_set, "mine"):
            pass
    finally:
        ended.set()
        living.join()


def test_a_lease_is_renewed_for_as_long_as_it_is_held(pair_set: PairSet) -> None:
    with writing(pair_set, "mine"):
        before = pair_set.filesystem.cat_file(PLACE)
        time.sleep(0.3)
        assert pair_set.filesystem.cat_file(PLACE) != before


def test_a_run_that_was_taken_for_dead_stops_and_leaves_the_lease_alone(pair_set: PairSet) -> None:
    def work_on() -> None:
        put(pair_set, stranger().signed())
        time.sleep(5)

    with pytest.raises(SetBusyError, match="taken for dead"), writing(pair_set, "mine"):
        work_on()
    assert b"elsewhere" in pair_set.filesystem.cat_file(PLACE)


def test_of_many_that_begin_at_once_one_holds_the_lease(pair_set: PairSet) -> None:
    held, lost, hold = [], [], threading.Event()

    def run() -> None:
        try:
            with lease(pair_set, PLACE, this_holder("mine")):
                held.append(1)
                hold.wait(5)
        except SetBusyError:
            lost.append(1)

    runs = [threading.Thread(target=run) for _ in range(8)]
    for each in runs:
        each.start()
    while len(held) + len(lost) < 8:
        time.sleep(0.01)
    hold.set()
    for each in runs:
        each.join()
    assert (len(held), len(lost)) == (1, 7)
