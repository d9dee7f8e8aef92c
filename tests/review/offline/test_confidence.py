"""Triage leaves what verdicts say of confidence in the set, and brings it up to date."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pairset.app.cli import main
from pairset.records import Annotation, Verdict, rows_of, table_of
from pairset.records.verdict import verdict_id_of
from pairset.rows.confidence_figures import (
    ConfidenceFigures,
    ConfidenceFileError,
    confidence_path,
    read_confidence,
)
from pairset.store import PairSet
from tests.review.offline.annotated_set import make_annotated_set

PAIRS = 120

Decide = Callable[[Annotation], str | None]


@pytest.fixture
def pairs(tmp_path: Path) -> PairSet:
    """So many annotated pairs, confidence from 0 to almost 1."""
    return make_annotated_set(tmp_path, PAIRS)


def annotations(pair_set: PairSet) -> list[Annotation]:
    current = pair_set.current("annotations")
    assert current is not None
    return [row for table in current.tables() for row in rows_of(Annotation, table)]


def judge(pair_set: PairSet, decide: Decide, reviewer: str = "a@x.org") -> None:
    """A person's verdicts; none where the decision is None."""
    decided = [(each, decide(each)) for each in annotations(pair_set)]
    verdicts = [
        Verdict(
            verdict_id=verdict_id_of(each.annotation_id, reviewer),
            revision=1,
            annotation_id=each.annotation_id,
            pair_id=each.pair_id,
            reviewer=reviewer,
            decision=decision,
            instruction_en="Paint the square green.",
            changed_fields=["instruction_en"],
            error_types=["wrong_attribute"] if decision == "fix" else [],
            reject_reasons=["unrelated_pair"] if decision == "reject" else [],
        )
        for each, decision in decided
        if decision is not None
    ]
    shard = f"{len(pair_set.stage('verdicts', 'reviews').shards()):05}"
    pair_set.stage("verdicts", "reviews").write(shard, table_of(Verdict, verdicts))


def sure_ones_are_right(each: Annotation) -> str:
    """From one half on, except for the surest."""
    confidence = each.confidence or 0
    return "accept" if 0.5 <= confidence < 0.98 else "fix"


def triage(pair_set: PairSet, *flags: str) -> ConfidenceFigures | None:
    assert main(["triage", pair_set.url, "--threshold", "0.9", *flags]) == 0
    return read_confidence(pair_set)


def measured(pair_set: PairSet, *flags: str) -> ConfidenceFigures:
    figures = triage(pair_set, *flags)
    assert figures is not None
    return figures


def test_before_people_said_anything_there_is_no_file(pairs: PairSet) -> None:
    assert triage(pairs) is None
    judge(pairs, lambda _: "accept", reviewer="auto")
    assert triage(pairs) is None


def test_the_figures_are_those_of_the_verdicts(pairs: PairSet) -> None:
    judge(pairs, sure_ones_are_right)
    figures = measured(pairs)
    right = sum(sure_ones_are_right(each) == "accept" for each in annotations(pairs))

    assert (figures.verdicts, figures.accepted, figures.skipped) == (PAIRS, right, 0)
    assert (figures.drawn, figures.rests_on, figures.is_fair) == (PAIRS, PAIRS, True)
    assert figures.reviewers == ("a@x.org",)
    assert figures.at_random[0].accuracy == pytest.approx(right / PAIRS)
    assert figures.before.risk_coverage[-1].risk == pytest.approx(1 - right / PAIRS)
    assert figures.after is not None
    assert figures.after.score.brier is not None
    assert figures.before.score.brier is not None
    assert figures.after.score.brier < figures.before.score.brier
    (recolor,) = figures.edit_types
    assert (recolor.edit_type, recolor.before.auroc) == ("recolor", figures.before.score.auroc)


def test_the_surest_mistakes_come_first_with_what_was_said_of_them(pairs: PairSet) -> None:
    judge(pairs, sure_ones_are_right)
    mistakes = measured(pairs).mistakes
    sure = [each.probability or 0 for each in mistakes]
    surest = [each.annotation_id for each in annotations(pairs) if (each.confidence or 0) >= 0.98]

    assert len(mistakes) == 10
    assert sure == sorted(sure, reverse=True)
    assert {each.annotation_id for each in mistakes[: len(surest)]} == set(surest)
    (objection,) = mistakes[0].objections
    assert (objection.reviewer, objection.decision) == ("a@x.org", "fix")
    assert objection.instruction_en == "Paint the square green."
    assert objection.error_types == ("wrong_attribute",)


def test_the_page_shows_them(pairs: PairSet) -> None:
    judge(pairs, sure_ones_are_right)
    triage(pairs)

    assert main(["report", pairs.url, "--shown-pairs", "1"]) == 0
    page = Path(pairs.url, "report", "index.html").read_text(encoding="utf-8")
    assert page.count("Paint the square green.") == 10


def test_doubt_first_is_no_sample_and_the_file_says_so(pairs: PairSet) -> None:
    judge(pairs, lambda each: "fix" if (each.confidence or 0) < 0.5 else None)
    figures = measured(pairs)

    assert figures.verdicts == PAIRS // 2
    assert figures.drawn < 20
    assert (figures.rests_on, figures.is_fair) == (figures.verdicts, False)


def test_a_pair_that_most_rejected_leaves_the_set_and_skips_say_nothing(pairs: PairSet) -> None:
    least, second, third = sorted(each.confidence or 0 for each in annotations(pairs))[:3]
    opinions = {least: ("reject", "reject"), second: ("reject", "accept"), third: ("skip", "skip")}
    for place, reviewer in enumerate(("a@x.org", "b@x.org")):
        judge(pairs, lambda e: opinions.get(e.confidence or 0, ("accept",) * 2)[place], reviewer)  # noqa: B023
    figures = measured(pairs)
    decided = PAIRS - 1

    assert (figures.verdicts, figures.skipped) == (decided, 1)
    assert figures.accepted == decided - 2
    accuracy = [point.accuracy for point in figures.before.savings]
    assert accuracy[:3] == pytest.approx([1 - 2 / decided, 1 - 1 / (decided - 1), 1])


def test_too_few_verdicts_leave_the_prior_and_it_says_why(pairs: PairSet) -> None:
    names = {each.annotation_id for each in annotations(pairs)[:20]}
    judge(pairs, lambda each: "accept" if each.annotation_id in names else None)
    figures = measured(pairs)

    assert list(figures.forms) == ["prior"]
    assert "are too few" in figures.forms["prior"]
    assert figures.after is not None
    assert figures.mistakes == ()


def test_again_changes_nothing(pairs: PairSet, capsys: pytest.CaptureFixture[str]) -> None:
    judge(pairs, sure_ones_are_right)
    triage(pairs)
    path = Path(confidence_path(pairs))
    before = path.stat().st_mtime_ns, path.read_bytes()
    capsys.readouterr()
    triage(pairs)

    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    assert "Nothing changed" in capsys.readouterr().out
    path.unlink()
    triage(pairs)
    assert path.read_bytes() == before[1]


def test_news_change_it_and_verdicts_that_are_gone_take_it_away(
    pairs: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(pairs, sure_ones_are_right)
    first = measured(pairs)
    capsys.readouterr()
    judge(pairs, lambda _: "fix", reviewer="b@x.org")
    second = measured(pairs)

    assert "Nothing changed" not in capsys.readouterr().out
    assert (first.accepted > 0, second.accepted) == (True, 0)
    stage = pairs.stage("verdicts", "reviews")
    for shard in stage.shards():
        rows = [replace(row, withdrawn=True) for row in rows_of(Verdict, stage.read(shard))]
        stage.write(shard, table_of(Verdict, rows))
    assert triage(pairs) is None


def test_a_certificate_marks_where_it_stands(pairs: PairSet) -> None:
    judge(pairs, lambda each: "accept" if (each.confidence or 0) >= 0.25 else "reject")
    certificate = measured(pairs, "--precision", "0.8").certificate

    assert certificate is not None
    assert (certificate.precision, certificate.standing) == (0.8, "certified")
    assert certificate.threshold is not None
    assert certificate.coverage is not None
    assert 0.3 < certificate.coverage <= 1
    assert measured(pairs).certificate is None


def test_without_scikit_learn_there_is_the_raw_confidence_alone(pairs: PairSet) -> None:
    """In a process where it cannot be imported, as on a machine that has only the core."""
    judge(pairs, sure_ones_are_right)
    program = (
        "import sys; sys.modules['sklearn'] = None; sys.modules['sklearn.linear_model'] = None\n"
        "from pairset.app.cli import main\n"
        f"raise SystemExit(main(['triage', {pairs.url!r}]))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    figures = read_confidence(pairs)

    assert figures is not None
    assert (figures.after, figures.forms) == (None, {})
    assert figures.mistakes[0].probability is None
    assert figures.mistakes[0].confidence >= figures.mistakes[-1].confidence
    assert measured(pairs).after is not None


def test_a_file_of_another_version_is_named_and_triage_writes_it_anew(pairs: PairSet) -> None:
    judge(pairs, sure_ones_are_right)
    path = Path(confidence_path(pairs))
    path.write_text('{"verdicts": 3}')

    with pytest.raises(ConfidenceFileError, match=r"confidence\.json.*pairset triage"):
        read_confidence(pairs)
    assert main(["report", pairs.url]) == 1
    assert measured(pairs).verdicts == PAIRS
