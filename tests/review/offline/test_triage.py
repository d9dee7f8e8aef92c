"""Every annotation goes somewhere with a reason, and goes there again tomorrow."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pairset.app.cli import main
from pairset.models.stand_in import STARTER, TRUTH_FILE
from pairset.records import Pair, Triage, rows_of
from pairset.records.triage import Queue, TriageReason
from pairset.rows.tables import connect_tables
from pairset.store import PairSet
from review.sorting.sorting import Candidate, Policy, QueueOrder, sort_annotations
from tests.review.offline.annotated_set import (
    annotation_of,
    failed,
    make_annotated_set,
    pair_of,
    write_annotations,
    write_pairs,
)

SURE, DOUBTFUL = 0.95, 0.2


def candidate(name: str, confidence: float | None = SURE, **changes: object) -> Candidate:
    usual = Candidate(name, f"pair-{name}", f"scene-{name}", confidence, True, True, True)
    return replace(usual, **changes)  # type: ignore[arg-type]


def policy(**changes: object) -> Policy:
    usual = Policy(threshold=0.9, audit_share=0.0, budget=None, seed=0, queue_by="doubt")
    return replace(usual, **changes)  # type: ignore[arg-type]


def where(rows: list[Triage]) -> dict[str, tuple[str, str]]:
    return {row.annotation_id: (row.queue, row.reason) for row in rows}


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -0.5, 1.5])
def test_a_confidence_that_is_no_probability_goes_to_a_person(broken: float) -> None:
    (row,) = sort_annotations([candidate("a", broken)], policy(threshold=0.0))

    assert (row.queue, row.reason, row.confidence) == ("review", "no_confidence", None)


@pytest.mark.parametrize(
    ("candidate", "queue", "reason"),
    [
        (candidate("a"), Queue.ACCEPTED, TriageReason.ABOVE_THRESHOLD),
        (candidate("a", 0.9), Queue.ACCEPTED, TriageReason.ABOVE_THRESHOLD),
        (candidate("a", DOUBTFUL), Queue.REVIEW, TriageReason.BELOW_THRESHOLD),
        (candidate("a", None), Queue.REVIEW, TriageReason.NO_CONFIDENCE),
        (candidate("a", has_instruction=False), Queue.SET_ASIDE, TriageReason.NO_INSTRUCTION),
        (candidate("a", is_changed=False), Queue.SET_ASIDE, TriageReason.NO_CHANGE),
        (candidate("a", is_kept=False), Queue.SET_ASIDE, TriageReason.PAIR_WITHDRAWN),
        (candidate("a", math.nan), Queue.REVIEW, TriageReason.NO_CONFIDENCE),
        (candidate("a", math.inf), Queue.REVIEW, TriageReason.NO_CONFIDENCE),
        (candidate("a", 1.7), Queue.REVIEW, TriageReason.NO_CONFIDENCE),
        (candidate("a", -0.1), Queue.REVIEW, TriageReason.NO_CONFIDENCE),
        (candidate("a", is_stand_in=True), Queue.REVIEW, TriageReason.STAND_IN_MODEL),
        (
            candidate("a", DOUBTFUL, is_stand_in=True),
            Queue.REVIEW,
            TriageReason.BELOW_THRESHOLD,
        ),
        (
            candidate("a", is_changed=False, is_contradicted=True),
            Queue.REVIEW,
            TriageReason.CONTRADICTS_PIXELS,
        ),
    ],
)
def test_an_annotation_goes_where_its_confidence_says(
    candidate: Candidate, queue: Queue, reason: TriageReason
) -> None:
    assert where(sort_annotations([candidate], policy())) == {"a": (queue, reason)}


def test_about_the_asked_share_of_the_sure_is_audited() -> None:
    rows = sort_annotations(
        [candidate(str(number)) for number in range(2_000)], policy(audit_share=0.1)
    )
    audited = sum(row.queue == Queue.AUDIT for row in rows)

    assert audited == pytest.approx(200, abs=60)  # four standard deviations
    assert len(rows) == 2_000


def test_no_change_is_audited_like_what_is_accepted() -> None:
    unchanged = [candidate(str(number), is_changed=False) for number in range(2_000)]
    rows = sort_annotations(unchanged, policy(audit_share=0.1))
    audited = [row for row in rows if row.queue == Queue.AUDIT]

    assert len(audited) == pytest.approx(200, abs=60)  # four standard deviations
    assert {row.reason for row in audited} == {TriageReason.NO_CHANGE_DRAW}
    assert {row.queue for row in rows} == {Queue.AUDIT, Queue.SET_ASIDE}


def test_audits_of_no_change_take_nothing_from_the_sample_of_a_certificate() -> None:
    unchanged = [candidate(str(number), is_changed=False) for number in range(50)]
    withheld = policy(audit_share=1.0, budget=10, withheld=TriageReason.NOTHING_CERTIFIED)
    rows = sort_annotations([*unchanged, candidate("asked")], withheld)

    assert [row.annotation_id for row in rows if row.place is not None] == ["asked"]


@pytest.mark.parametrize("order", ["gain", "doubt"])
def test_a_broken_confidence_is_doubted_first_and_so_is_what_the_pixels_contradict(
    order: QueueOrder,
) -> None:
    rows = sort_annotations(
        [
            candidate("broken", math.nan),
            candidate("contradicted", 0.99, is_changed=False, is_contradicted=True),
            candidate("doubtful", DOUBTFUL),
        ],
        policy(queue_by=order),
    )

    assert {row.annotation_id for row in rows[:2]} == {"broken", "contradicted"}


def test_another_seed_audits_others() -> None:
    everyone = [candidate(str(number)) for number in range(50)]
    first, second = (
        where(sort_annotations(everyone, policy(audit_share=0.5, seed=seed))) for seed in (0, 1)
    )
    assert first != second


def test_the_order_of_annotations_does_not_matter() -> None:
    everyone = [candidate(str(number), number / 50) for number in range(50)]
    drawn = policy(audit_share=0.5, budget=20)

    assert sort_annotations(everyone, drawn) == sort_annotations(everyone[::-1], drawn)


def test_the_least_confident_of_each_scene_comes_before_the_second_of_any() -> None:
    rows = sort_annotations(
        [
            candidate("a1", 0.1, scene="a"),
            candidate("a2", 0.2, scene="a"),
            candidate("b", 0.3, scene="b"),
            candidate("c", None, scene="c"),
        ],
        policy(),
    )
    assert [row.annotation_id for row in rows] == ["c", "a1", "b", "a2"]
    assert [row.place for row in rows] == [0, 1, 2, 3]


def test_a_budget_takes_the_most_useful_and_the_others_wait() -> None:
    rows = sort_annotations(
        [candidate(str(number), number / 100) for number in range(10)], policy(budget=3)
    )
    assert [row.annotation_id for row in rows if row.queue == Queue.REVIEW] == ["0", "1", "2"]
    waiting = [row for row in rows if row.queue == Queue.WAITING]
    assert len(waiting) == 7
    assert {row.reason for row in waiting} == {TriageReason.OVER_BUDGET}


def test_audits_get_their_share_of_a_budget_and_what_reviews_leave() -> None:
    doubtful = [candidate(f"d{number}", DOUBTFUL) for number in range(30)]
    sure = [candidate(f"s{number}") for number in range(100)]
    tight = sort_annotations([*doubtful, *sure], policy(audit_share=0.5, budget=20))
    ample = sort_annotations([*doubtful[:4], *sure], policy(audit_share=0.5, budget=20))

    assert [row.queue for row in tight[:20]] == [Queue.REVIEW] * 10 + [Queue.AUDIT] * 10
    assert [row.queue for row in ample[:20]] == [Queue.REVIEW] * 4 + [Queue.AUDIT] * 16


def test_by_gain_what_was_judged_stays_within_the_budget() -> None:
    everyone = [
        candidate("a", 0.3, is_judged=True),
        *(candidate(f"n{number}", number / 100) for number in range(20)),
    ]
    rows = sort_annotations(everyone, policy(budget=3, queue_by="gain"))

    assert [row.annotation_id for row in rows[:3]] == ["a", "n0", "n1"]
    assert sort_annotations(everyone[::-1], policy(budget=3, queue_by="gain")) == rows


def test_a_calibrated_chance_decides_the_order_and_not_the_queue() -> None:
    rows = sort_annotations(
        [candidate("boasts", 0.8, chance=0.1), candidate("modest", 0.2, chance=0.7)],
        policy(queue_by="gain"),
    )

    assert [row.annotation_id for row in rows] == ["boasts", "modest"]
    assert [row.confidence for row in rows] == [0.8, 0.2]


def test_a_random_queue_is_another_with_another_seed() -> None:
    everyone = [candidate(str(number), DOUBTFUL) for number in range(50)]
    first, again, other = (
        [row.annotation_id for row in sort_annotations(everyone, policy(queue_by="random", seed=s))]
        for s in (0, 0, 1)
    )

    assert first == again != other


def ask(pair_set: PairSet, query: str) -> list[tuple[object, ...]]:
    with connect_tables(pair_set) as tables:
        return tables.execute(query).fetchall()


def files_of(pair_set: PairSet) -> dict[str, int]:
    """Every row file by name, with the time it was last written."""
    paths = Path(pair_set.root).rglob("*.parquet")
    return {str(path): path.stat().st_mtime_ns for path in paths}


def test_what_is_accepted_has_a_verdict_by_auto(annotated: PairSet) -> None:
    main(["triage", annotated.url, "--threshold", "0.5", "--audit-share", "0"])

    assert ask(annotated, "SELECT queue, count(*) FROM triage GROUP BY queue ORDER BY 1") == [
        ("accepted", 10),
        ("review", 10),
    ]
    query = """SELECT reviewer, decision, instruction_en, changed_fields, count(*) FROM verdicts
        JOIN triage USING (annotation_id) WHERE queue = 'accepted' GROUP BY ALL"""
    assert ask(annotated, query) == [("auto", "accept", "Paint the square red.", [], 10)]


def test_nothing_vanishes(annotated: PairSet) -> None:
    pair = pair_of(90, [Path("x"), Path("y")])
    other = pair_of(91, [Path("x"), Path("y")])
    unchanged = replace(annotation_of(other, SURE), is_changed=False)
    write_annotations(annotated, [failed(annotation_of(pair, None)), unchanged])
    main(["triage", annotated.url])

    assert ask(annotated, "SELECT count(*) FROM triage") == [(22,)]
    assert ask(annotated, "SELECT reason FROM triage WHERE queue = 'set_aside' ORDER BY ALL") == [
        ("pair_withdrawn",),
        ("pair_withdrawn",),
    ]


def test_again_changes_nothing(annotated: PairSet, capsys: pytest.CaptureFixture[str]) -> None:
    main(["triage", annotated.url])
    before = files_of(annotated)
    capsys.readouterr()
    main(["triage", annotated.url])

    assert files_of(annotated) == before
    assert "Nothing changed" in capsys.readouterr().out


def test_a_new_annotation_leaves_the_other_verdicts_as_they_are(annotated: PairSet) -> None:
    main(["triage", annotated.url])
    before = ask(annotated, "FROM verdicts ORDER BY verdict_id")
    pair = pair_of(90, [Path("x"), Path("y")])
    current = annotated.current("pairs")
    assert current is not None
    write_pairs(annotated, [*rows_of(Pair, current.read("00000")), pair], key="more")
    write_annotations(annotated, [annotation_of(pair, SURE)])
    main(["triage", annotated.url])
    after = ask(annotated, "FROM verdicts ORDER BY verdict_id")

    assert len(after) == len(before) + 1
    assert set(map(str, before)) < set(map(str, after))


def test_a_higher_threshold_takes_verdicts_of_auto_back(annotated: PairSet) -> None:
    main(["triage", annotated.url, "--threshold", "0.2"])
    main(["triage", annotated.url, "--threshold", "1"])

    assert ask(annotated, "SELECT count(*) FROM verdicts") == [(0,)]


def by_the_starter(pair_set: PairSet, folder: Path) -> None:
    """Other annotations of the set, all by the stand-in model."""
    pairs = [pair_of(number, [folder / "x", folder / "y"]) for number in range(20)]
    rows = [replace(annotation_of(pair, SURE), model=STARTER) for pair in pairs]
    write_annotations(pair_set, rows, key="starter-run")


def test_of_the_starter_nothing_is_accepted_unless_told_to(
    annotated: PairSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_the_starter(annotated, tmp_path)
    main(["triage", annotated.url, "--audit-share", "0"])
    said = capsys.readouterr().out

    assert ask(annotated, "SELECT queue, reason, count(*) FROM triage GROUP BY ALL") == [
        ("review", "stand_in_model", 20)
    ]
    assert ask(annotated, "SELECT count(*) FROM verdicts") == [(0,)]
    assert "20 of the annotations are by the starter" in said
    assert "--accept-starter" in said

    for told in (["--accept-starter"], ["--threshold", "0"]):
        main(["triage", annotated.url, "--audit-share", "0"])
        main(["triage", annotated.url, "--audit-share", "0", *told])
        assert ask(annotated, "SELECT reason, count(*) FROM triage GROUP BY ALL") == [
            ("above_threshold", 20)
        ]


def test_in_the_demo_the_starter_is_accepted(annotated: PairSet, tmp_path: Path) -> None:
    by_the_starter(annotated, tmp_path)
    Path(annotated.root, TRUTH_FILE).write_text("{}")
    main(["triage", annotated.url, "--audit-share", "0"])

    assert ask(annotated, "SELECT queue, count(*) FROM triage GROUP BY ALL") == [("accepted", 20)]


def test_triage_says_that_raw_confidence_is_not_calibrated_and_what_was_judged(
    annotated: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["triage", annotated.url, "--threshold", "0.5"])
    said = capsys.readouterr().out

    assert "not calibrated. No annotations have a reviewer's verdict." in said
    assert "Nobody has judged one from 0.5 on" in said
    assert "--precision 0.95" in said


@pytest.mark.parametrize(
    "evidence",
    [
        {"confidence": 1.0, "logprobs_en": [-0.1, math.nan]},
        {"confidence": 1.0, "logprobs_en": [-0.1, 2.0]},
        {"confidence": 1.0, "logprobs_en": [None]},
        {"confidence": 1.0, "logprobs_en": []},
        {"confidence": math.nan},
        {"confidence": 1e9},
    ],
)
def test_confidence_in_an_old_or_foreign_table_counts_only_where_its_numbers_are_sound(
    annotated: PairSet, evidence: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = [pair_of(number, [Path("x"), Path("y")]) for number in range(20)]
    rows = [replace(annotation_of(pair, SURE), **evidence) for pair in pairs]
    write_annotations(annotated, rows, key="foreign")
    assert main(["triage", annotated.url]) == 0

    assert ask(annotated, "SELECT queue, reason, count(*) FROM triage GROUP BY ALL") == [
        ("review", "no_confidence", 20)
    ]
    assert main(["status", annotated.url]) == 0


def test_no_change_over_a_measured_change_goes_to_a_person(annotated: PairSet) -> None:
    pairs = [pair_of(number, [Path("x"), Path("y")]) for number in range(20)]
    unchanged = [replace(annotation_of(pair, SURE), is_changed=False) for pair in pairs]
    write_annotations(annotated, unchanged, key="blind")
    main(["triage", annotated.url])

    assert ask(annotated, "SELECT queue, reason, count(*) FROM triage GROUP BY ALL") == [
        ("review", "contradicts_pixels", 20)
    ]


def test_before_annotating_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["triage", make_annotated_set(tmp_path, 0).url]) == 2
    assert "pairset annotate" in capsys.readouterr().err


def test_where_they_went_is_one_json_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair_set = make_annotated_set(tmp_path, 20)

    assert main(["triage", pair_set.url, "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert sum(each["annotations"] for each in found["queues"]) == found["annotations"] > 0
    assert (found["certificate"], found["changed"]) == (None, True)
