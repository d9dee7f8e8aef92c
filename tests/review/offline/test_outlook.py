"""What people decided moves the order of the queue; without verdicts the raw confidence does."""

from pathlib import Path

import pytest

from pairset.app.cli import main
from pairset.records import Verdict, table_of
from pairset.records.verdict import verdict_id_of
from pairset.rows.tables import connect_tables
from pairset.store import PairSet
from tests.review.offline.annotated_set import make_annotated_set

PAIRS = 120


@pytest.fixture
def pairs(tmp_path: Path) -> PairSet:
    """So many annotated pairs, confidence from 0 to almost 1."""
    return make_annotated_set(tmp_path, PAIRS)


def queued(pair_set: PairSet, *flags: str) -> list[tuple[str, str, float]]:
    """Annotation, pair and raw confidence of what triage queues, in its order."""
    assert main(["triage", pair_set.url, "--audit-share", "0", "--threshold", "1", *flags]) == 0
    with connect_tables(pair_set) as tables:
        return tables.execute(
            "SELECT annotation_id, t.pair_id, t.confidence FROM triage t WHERE queue = 'review' "
            "ORDER BY place"
        ).fetchall()


def judge(pair_set: PairSet, rows: list[tuple[str, str, float]]) -> None:
    """The model is right where it is unsure, and wrong where it is sure, but for every tenth."""
    verdicts = [
        Verdict(
            verdict_id_of(name, "a@x.org"),
            *(1, name, pair_id, "a@x.org"),
            "accept" if (confidence < 0.5) != (number % 10 == 0) else "fix",
        )
        for number, (name, pair_id, confidence) in enumerate(rows)
    ]
    pair_set.stage("verdicts", "reviews").write("00000", table_of(Verdict, verdicts))


def test_without_verdicts_the_least_confident_come_first(pairs: PairSet) -> None:
    confidences = [confidence for _, _, confidence in queued(pairs, "--budget", "20")]

    assert confidences == sorted(confidences)
    assert max(confidences) == pytest.approx(19 / PAIRS)


def test_verdicts_turn_the_order_round_where_confidence_misleads(pairs: PairSet) -> None:
    judged = queued(pairs, "--queue-by", "random", "--budget", "80")
    judge(pairs, judged)
    names = {name for name, _, _ in judged}
    after = queued(pairs, "--budget", "90")

    assert {name for name, _, _ in after[:80]} == names
    assert min(confidence for _, _, confidence in after[80:]) > 0.5


def test_doubt_is_still_to_be_had(pairs: PairSet) -> None:
    judge(pairs, queued(pairs, "--queue-by", "random", "--budget", "80"))
    confidences = [row[2] for row in queued(pairs, "--queue-by", "doubt", "--budget", "10")]

    assert max(confidences) == pytest.approx(9 / PAIRS)
