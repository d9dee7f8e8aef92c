"""A stage that is older than what it is made from is named, and what brings it up to date."""

from dataclasses import replace
from pathlib import Path

import pytest

from pairset.app.cli import main
from pairset.records import Pair, Verdict, rows_of, table_of
from pairset.rows.freshness import ANNOTATIONS, CONSENSUS, TRIAGE, lags_of
from pairset.store import PairSet
from tests.review.offline.annotated_set import (
    annotation_of,
    failed,
    make_annotated_set,
    pair_of,
    write_annotations,
    write_pairs,
)

EVERY = (ANNOTATIONS, TRIAGE, CONSENSUS)


@pytest.fixture
def sorted_set(tmp_path: Path) -> PairSet:
    """Six annotated pairs after triage."""
    pair_set = make_annotated_set(tmp_path, 6)
    assert main(["triage", pair_set.url, "--threshold", "0.5"]) == 0
    return pair_set


def pairs_of(pair_set: PairSet) -> list[Pair]:
    stage = pair_set.current("pairs")
    assert stage is not None
    return list(rows_of(Pair, stage.read("00000")))


def found(pair_set: PairSet) -> dict[str, tuple[int, int]]:
    return {lag.stage: (lag.news, lag.rows) for lag in lags_of(pair_set, *EVERY)}


def judge(pair_set: PairSet, *reviewers: str) -> None:
    """Every reviewer accepts the first annotation."""
    annotation_id = annotation_of(pairs_of(pair_set)[0], 0.1).annotation_id
    verdicts = [
        Verdict(f"v-{name}", 1, annotation_id, "p", name, "accept", updated_at="2026-01-01")
        for name in reviewers
    ]
    pair_set.stage("verdicts", "reviews").write("00000", table_of(Verdict, verdicts))


def test_what_was_made_from_what_there_is_has_no_lag(sorted_set: PairSet) -> None:
    assert found(sorted_set) == {}


def test_a_stage_that_is_not_there_has_none_either(tmp_path: Path) -> None:
    assert found(PairSet(str(tmp_path))) == {}


def test_pairs_that_mining_added_are_not_annotated(sorted_set: PairSet) -> None:
    more = [pair_of(number, [Path("x"), Path("y")]) for number in (90, 91)]
    write_pairs(sorted_set, [*pairs_of(sorted_set), *more], key="more")

    assert found(sorted_set) == {ANNOTATIONS: (2, 8)}


def test_a_pair_that_mining_dropped_makes_triage_old(sorted_set: PairSet) -> None:
    write_pairs(sorted_set, pairs_of(sorted_set)[1:], key="fewer")
    assert found(sorted_set) == {TRIAGE: (1, 6)}

    main(["triage", sorted_set.url])
    assert found(sorted_set) == {}


def test_another_annotator_makes_triage_old_until_it_ran_again(sorted_set: PairSet) -> None:
    adapted = [annotation_of(pair, 0.7, adapter="new") for pair in pairs_of(sorted_set)]
    write_annotations(sorted_set, adapted, key="adapted")
    assert found(sorted_set) == {TRIAGE: (12, 6)}

    main(["triage", sorted_set.url])
    assert found(sorted_set) == {}


def test_a_retry_that_succeeded_makes_triage_old(sorted_set: PairSet) -> None:
    first = annotation_of(pairs_of(sorted_set)[0], 0.7)
    write_annotations(sorted_set, [replace(failed(first), attempt=2)])
    main(["triage", sorted_set.url])
    stage = sorted_set.stage("annotations", "seer-run")
    pair_set = sorted_set
    stage.write("zz-retry", table_of(type(first), [replace(first, attempt=3)]))

    assert found(pair_set) == {TRIAGE: (1, 6)}


def test_verdicts_that_came_since_make_the_consensus_old(sorted_set: PairSet) -> None:
    judge(sorted_set, "ann@a.b")
    main(["review", "agreement", sorted_set.url])
    assert found(sorted_set) == {}

    judge(sorted_set, "ann@a.b", "bob@a.b")
    assert found(sorted_set) == {CONSENSUS: (1, 1)}


@pytest.mark.parametrize("verb", [("status",), ("report",), ("review", "agreement")])
def test_verbs_that_read_an_old_triage_say_so(
    sorted_set: PairSet, verb: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    judge(sorted_set, "ann@a.b")
    adapted = [annotation_of(pair, 0.7, adapter="new") for pair in pairs_of(sorted_set)]
    write_annotations(sorted_set, adapted, key="adapted")
    capsys.readouterr()
    assert main([*verb, sorted_set.url]) == 0

    said = capsys.readouterr().err
    assert "The triage is older than the annotations" in said
    assert f"pairset triage {sorted_set.url}" in said


def test_triage_says_which_pairs_have_no_annotation(
    sorted_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    more = [pair_of(number, [Path("x"), Path("y")]) for number in (90, 91)]
    write_pairs(sorted_set, [*pairs_of(sorted_set), *more], key="more")
    main(["triage", sorted_set.url])

    said = capsys.readouterr().err
    assert "2 of 8 kept pairs are not annotated yet" in said
    assert f"pairset annotate {sorted_set.url}" in said
