"""Two runs of ``mine`` on one set: no image twice, none lost, and the second says so."""

from pathlib import Path
from typing import Any

import pytest

from clustering.corpus import scan_plan as plan
from clustering.corpus.listing import Source
from clustering.corpus.scan_plan import plan_images, read_parts
from pairset.app.cli import main
from pairset.errors import SetBusyError
from pairset.locking.locks import writing
from pairset.store import PairSet, create_set
from tests.clustering.conftest import mined, shard_times


@pytest.fixture
def pair_set(tmp_path: Path) -> PairSet:
    return create_set(str(tmp_path / "set"))


def sources(*names: str) -> list[Source]:
    return [Source(name, "file") for name in names]


def planned(pair_set: PairSet, shards: list[str]) -> list[str]:
    return [part.uri for shard in shards for part in read_parts(pair_set, shard)]


@pytest.mark.parametrize("second", [("a.jpg", "b.jpg"), ("c.jpg",)])
def test_a_plan_is_never_replaced_even_without_a_lock(
    pair_set: PairSet, monkeypatch: pytest.MonkeyPatch, second: tuple[str, ...]
) -> None:
    """Another run plans between the moment when this one reads the plans and when it writes."""
    read = plan._planned

    def and_another_run_plans(*arguments: Any) -> Any:
        found = read(*arguments)
        monkeypatch.setattr(plan, "_planned", read)
        plan_images(pair_set, sources("a.jpg", "b.jpg"), 2)
        return found

    monkeypatch.setattr(plan, "_planned", and_another_run_plans)
    with pytest.raises(SetBusyError, match="again"):
        plan_images(pair_set, sources(*second), 2)
    shards = plan_images(pair_set, sources(*second), 2)
    assert planned(pair_set, shards) == sorted({"a.jpg", "b.jpg", *second})


def test_a_plan_gets_a_new_name_where_one_was_removed(pair_set: PairSet) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        plan_images(pair_set, sources(name), 2)
    stage = pair_set.stage("images")
    Path(stage.shard_path("plan-0000")).unlink()
    plan_images(pair_set, sources("d.jpg"), 2)
    assert stage.plans() == ["plan-0001", "plan-0002", "plan-0003"]


def test_the_second_run_ends_with_a_code_of_its_own_and_writes_nothing(
    small_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair_set = create_set(str(tmp_path / "set"))
    with writing(pair_set, "mine"):
        assert main(["mine", pair_set.url, str(small_corpus), "--encoder", "lite0"]) == 7
    assert "is at work" in capsys.readouterr().err
    assert not shard_times(Path(pair_set.root))
    mined(Path(pair_set.root), small_corpus)
