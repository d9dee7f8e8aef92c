"""Nothing is accepted before verdicts prove the target; audits that contradict it withdraw all."""

import json
from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pairset.app.cli import main
from pairset.records import Annotation, Pair, Verdict, rows_of, table_of
from pairset.records.verdict import verdict_id_of
from pairset.rows.tables import connect_tables
from pairset.store import PairSet
from tests.review.offline.annotated_set import (
    annotation_of,
    make_annotated_set,
    pair_of,
    write_annotations,
    write_pairs,
)

PAIRS = 700
TARGET = ["--precision", "0.9", "--audit-share", "0.2"]
SURE = 0.5
"""Confidence from which on the model of this set is nearly always right, and below hardly ever."""

Judge = Callable[[str, float], bool]


@pytest.fixture
def pairs(tmp_path: Path) -> PairSet:
    """So many annotated pairs, confidence from 0 to almost 1."""
    return make_annotated_set(tmp_path, PAIRS)


def honest(name: str, confidence: float) -> bool:
    return confidence >= SURE and int(name[:4], 16) % 100 > 0


def triage(pair_set: PairSet, *flags: str) -> int:
    return main(["triage", pair_set.url, *TARGET, *flags])


def ask(pair_set: PairSet, query: str) -> list[tuple[object, ...]]:
    with connect_tables(pair_set) as tables:
        return tables.execute(query).fetchall()


def judge(
    pair_set: PairSet, queues: Iterable[str], decide: Judge, only: Container[str] | None = None
) -> None:
    """Verdicts of a person on all that is queued there and has none."""
    wanted = ", ".join(f"'{queue}'" for queue in queues)
    query = f"""SELECT a.annotation_id, a.pair_id, a.confidence FROM triage
        JOIN annotations a USING (annotation_id) WHERE queue IN ({wanted}) AND annotation_id NOT IN
            (SELECT annotation_id FROM verdicts WHERE reviewer <> 'auto')"""
    rows = ask(pair_set, query)
    verdicts = [
        Verdict(
            verdict_id=verdict_id_of(str(name), "a@x.org"),
            revision=1,
            annotation_id=str(name),
            pair_id=str(pair_id),
            reviewer="a@x.org",
            decision="accept" if decide(str(name), float(str(confidence))) else "reject",
        )
        for name, pair_id, confidence in rows
        if only is None or name in only
    ]
    shard = f"{len(pair_set.stage('verdicts', 'reviews').shards()):05}"
    pair_set.stage("verdicts", "reviews").write(shard, table_of(Verdict, verdicts))


def counts(pair_set: PairSet) -> dict[str, int]:
    rows = ask(pair_set, "SELECT queue || ' ' || reason, count(*) FROM triage GROUP BY 1")
    return {str(name): int(str(rows)) for name, rows in rows}


def certify(pair_set: PairSet, sample: int = 350) -> None:
    """Judge a sample in its two parts, and let triage look at it."""
    for _ in range(2):
        triage(pair_set, "--budget", str(sample))
        judge(pair_set, ["review"], honest)
    triage(pair_set)


def add_pairs(pair_set: PairSet, change: Callable[[Pair], Pair], first: int = 5_000) -> None:
    """As many annotated pairs again as there are, with the same confidences."""
    current = pair_set.current("pairs")
    assert current is not None
    files = [Path("x"), Path("y")]
    new = [change(pair_of(first + number, files)) for number in range(PAIRS)]
    write_pairs(pair_set, [*rows_of(Pair, current.read("00000")), *new], key=f"more-{first}")
    annotations: list[Annotation] = [
        annotation_of(pair, number / PAIRS) for number, pair in enumerate(new)
    ]
    write_annotations(pair_set, annotations)


def test_without_verdicts_nothing_is_accepted_and_it_says_how_many_it_takes(
    pairs: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    triage(pairs)
    said = " ".join(capsys.readouterr().out.split())

    assert counts(pairs) == {"review nothing_certified": PAIRS}
    assert "NOTHING CERTIFIED" in said
    assert "are too few" in said
    assert "It would take about" in said


def test_the_first_half_of_the_budget_is_a_random_sample(pairs: PairSet) -> None:
    triage(pairs, "--budget", "200")
    assert counts(pairs) == {"review nothing_certified": 100, "waiting over_budget": PAIRS - 100}
    query = "SELECT avg(a.confidence) FROM triage JOIN annotations a USING (annotation_id) "
    ((queued,),) = ask(pairs, query + "WHERE queue = 'review'")

    assert float(str(queued)) == pytest.approx(0.5, abs=0.12)  # four standard errors


def queued(pair_set: PairSet) -> set[str]:
    rows = ask(pair_set, "SELECT annotation_id FROM triage WHERE queue = 'review'")
    return {str(name) for (name,) in rows}


def mean_confidence(pair_set: PairSet, names: set[str]) -> float:
    known = dict(ask(pair_set, "SELECT annotation_id, confidence FROM annotations"))
    return float(np.mean([float(str(known[name])) for name in names]))


def test_the_second_half_is_drawn_from_what_may_be_accepted(
    pairs: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    triage(pairs, "--budget", "200")
    first = queued(pairs)
    judge(pairs, ["review"], honest)
    triage(pairs, "--budget", "200")
    both = queued(pairs)

    assert first < both
    assert len(both) == 200
    assert mean_confidence(pairs, first) == pytest.approx(0.5, abs=0.12)  # four standard errors
    assert mean_confidence(pairs, both - first) > 0.65
    assert "thresholds are tested once the budget is judged" in capsys.readouterr().out


def test_an_interrupted_sample_goes_on_where_it_ended(pairs: PairSet) -> None:
    """Verdicts that come in move the calibration, and neither the gate nor the queue."""
    triage(pairs, "--budget", "300")
    judge(pairs, ["review"], honest)
    triage(pairs, "--budget", "300")
    whole = queued(pairs)
    some = set(sorted(whole)[::2])
    judge(pairs, ["review"], honest, only=some)
    triage(pairs, "--budget", "300")

    assert queued(pairs) == whole
    main(["triage", pairs.url, "--threshold", "0.5"])
    triage(pairs, "--budget", "300")
    assert queued(pairs) == whole


def test_no_threshold_is_tested_before_the_budget_is_judged(pairs: PairSet) -> None:
    """A look at half of the sample would use up what the whole of it needs."""
    for budget in ("300", "300", "600"):
        triage(pairs, "--budget", budget)
        judge(pairs, ["review"], honest)
    triage(pairs, "--budget", "650")
    assert set(counts(pairs)) == {"review nothing_certified", "waiting over_budget"}
    triage(pairs)
    assert counts(pairs)["accepted above_threshold"] > 0


def test_a_certified_threshold_accepts_and_says_on_what_grounds(
    pairs: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    certify(pairs)
    said = " ".join(capsys.readouterr().out.split())
    accepted = ask(
        pairs,
        "SELECT annotation_id, a.confidence FROM triage JOIN annotations a USING (annotation_id) "
        "WHERE queue = 'accepted'",
    )
    right = [honest(str(name), float(str(confidence))) for name, confidence in accepted]

    assert "CERTIFIED: from a probability of" in said
    assert len(right) > 200
    assert np.mean(right) >= 0.9
    assert counts(pairs)["audit random_draw"] > 0


def test_verdicts_chosen_by_doubt_do_not_certify(pairs: PairSet) -> None:
    """A reviewer who took the sure ones first has judged as many, and proves nothing."""
    triage(pairs, "--budget", "0")
    judge(pairs, ["waiting"], honest)
    kept = "annotation_id IN (SELECT annotation_id FROM annotations WHERE confidence > 0.6)"
    verdicts = pairs.stage("verdicts", "reviews")
    chosen = ask(pairs, f"SELECT verdict_id FROM verdicts WHERE {kept}")[::2]
    names = {name for (name,) in chosen}
    rows = [row for row in rows_of(Verdict, verdicts.read("00000")) if row.verdict_id in names]
    verdicts.write("00000", table_of(Verdict, rows))
    triage(pairs)

    assert len(rows) > 100
    assert set(counts(pairs)) == {"review nothing_certified"}


def test_again_changes_nothing(pairs: PairSet, capsys: pytest.CaptureFixture[str]) -> None:
    certify(pairs)
    paths = sorted(Path(pairs.root).rglob("*.parquet"))
    before = [path.stat().st_mtime_ns for path in paths]
    capsys.readouterr()
    triage(pairs)

    assert sorted(Path(pairs.root).rglob("*.parquet")) == paths
    assert [path.stat().st_mtime_ns for path in paths] == before
    assert "Nothing changed" in capsys.readouterr().out


def test_good_audits_change_nothing(pairs: PairSet, capsys: pytest.CaptureFixture[str]) -> None:
    certify(pairs)
    before = counts(pairs)
    judge(pairs, ["audit"], honest)
    capsys.readouterr()
    triage(pairs)

    assert counts(pairs) == before
    assert "Audits since: " in capsys.readouterr().out


def test_bad_audits_withdraw_what_was_accepted(
    pairs: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    certify(pairs)
    assert ask(pairs, "SELECT count(*) FROM verdicts WHERE reviewer = 'auto'") != [(0,)]
    judge(pairs, ["audit"], lambda name, confidence: int(name[:4], 16) % 3 > 0)
    capsys.readouterr()
    triage(pairs)
    said = capsys.readouterr().out

    assert "CERTIFICATE BROKEN" in said
    assert counts(pairs) == {"review certificate_broken": PAIRS}
    assert ask(pairs, "SELECT count(*) FROM verdicts WHERE reviewer = 'auto'") == [(0,)]
    triage(pairs)
    assert "Nothing changed" in capsys.readouterr().out


def test_more_of_the_same_pairs_are_accepted_under_the_same_threshold(pairs: PairSet) -> None:
    certify(pairs)
    before = counts(pairs)["accepted above_threshold"]
    add_pairs(pairs, lambda pair: pair)
    triage(pairs)

    assert counts(pairs)["accepted above_threshold"] > 1.7 * before


def test_pairs_of_another_kind_end_the_certificate(
    pairs: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    certify(pairs)
    add_pairs(pairs, lambda pair: replace(pair, similarity=0.5))
    capsys.readouterr()
    triage(pairs)
    said = " ".join(capsys.readouterr().out.split())

    assert "THE MIX SHIFTED" in said
    assert "similarity" in said
    assert counts(pairs) == {"review mix_shifted": 2 * PAIRS}


OTHER_PAIRS = {
    "another similarity": (lambda pair: replace(pair, similarity=0.5), "similarity"),
    "larger changes": (lambda pair: replace(pair, change_fraction=0.6), "change_fraction"),
    "the same": (lambda pair: pair, None),
}


@pytest.mark.parametrize("kind", OTHER_PAIRS)
def test_without_a_certificate_it_warns_of_pairs_unlike_those_that_confidence_was_calibrated_on(
    pairs: PairSet, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    change, number = OTHER_PAIRS[kind]
    by_hand = ["triage", pairs.url, "--threshold", "0.5"]
    assert main(by_hand) == 0
    certify(pairs)
    assert main(by_hand) == 0
    assert "THE MIX SHIFTED" not in capsys.readouterr().out
    add_pairs(pairs, change)
    assert main(by_hand) == 0
    said = " ".join(capsys.readouterr().out.split())

    assert ("THE MIX SHIFTED" in said) == (number is not None)
    assert number is None or f"in {number} (p =" in said
    assert counts(pairs)["accepted above_threshold"] > 0
    assert main([*by_hand, "--json"]) == 0
    assert bool(json.loads(capsys.readouterr().out)["mix_shifted"]) == (number is not None)


def test_each_look_must_be_surer_than_the_one_before(
    pairs: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    certify(pairs)
    assert "in look 1" in " ".join(capsys.readouterr().out.split())
    judge(pairs, ["review"], honest)
    triage(pairs)
    assert "in look 1" in " ".join(capsys.readouterr().out.split())
    triage(pairs, "--recertify")
    assert "allowed 0.005 in look 2" in " ".join(capsys.readouterr().out.split())


def test_a_threshold_given_by_hand_still_works_afterwards(pairs: PairSet) -> None:
    certify(pairs)
    main(["triage", pairs.url, "--threshold", "0.5", "--audit-share", "0"])

    assert counts(pairs) == {"accepted above_threshold": 350, "review below_threshold": 350}
    triage(pairs)
    assert counts(pairs)["accepted above_threshold"] > 200
