"""Reviewers who agree, who do not, and what becomes of a pair they disagree about."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import cohen_kappa_score

from pairset.app.cli import main
from pairset.records import Consensus, Verdict, rows_of
from pairset.records.consensus import Settlement
from pairset.rows.tables import connect_tables
from review.opinions.adjudication import consensus_of, votes_by_annotation
from review.opinions.agreement_measures import (
    Item,
    Level,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    text_agreement,
)
from tests.review.offline.room import Room

WORDS = "Paint the square red."
WORKED_EXAMPLE = [  # of Wikipedia's article on Fleiss' kappa: ten subjects, fourteen raters
    *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
    *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
]


def items(*columns: str) -> list[Item]:
    """One item for each column of letters; a dot is no rating."""
    return [
        {f"rater {row}": label for row, label in enumerate(column) if label != "."}
        for column in zip(*columns, strict=True)
    ]


def verdict(reviewer: str, decision: str, words: str = WORDS, **changes: Any) -> Verdict:
    usual = Verdict(
        verdict_id=f"{reviewer}-{decision}",
        revision=1,
        annotation_id="a",
        pair_id="p",
        reviewer=reviewer,
        decision=decision,
        instruction_en=words,
        instruction_zh="把方块涂成红色。",
        edit_type="recolor",
        updated_at="2026-01-01",
    )
    return replace(usual, **changes)


def settle(*verdicts: Verdict, adjudicator: str | None = None) -> Consensus:
    (votes,) = votes_by_annotation(verdicts).values()
    return consensus_of(votes, 60, adjudicator)


@pytest.mark.parametrize("columns", [("aabba", "abbba"), ("aaab", "bbba"), ("abcabc", "abcacb")])
def test_cohens_kappa_is_that_of_scikit_learn(columns: tuple[str, str]) -> None:
    expected = cohen_kappa_score(*map(list, columns))
    assert cohen_kappa(items(*columns), "rater 0", "rater 1") == pytest.approx(expected)


def test_fleiss_kappa_is_that_of_the_worked_example() -> None:
    rated = [
        dict(enumerate(label for label, count in enumerate(row) for _ in range(count)))
        for row in WORKED_EXAMPLE
    ]
    named = [{str(rater): label for rater, label in item.items()} for item in rated]
    assert fleiss_kappa(named) == pytest.approx(0.210, abs=5e-4)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815)])
def test_alpha_takes_gaps_and_is_that_of_krippendorffs_example(level: Level, alpha: float) -> None:
    """Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example C."""
    letters = items("123321412...", "1233224125.3", ".33323422" + "51.", "12332441251.")
    rated = [{rater: int(str(label)) for rater, label in item.items()} for item in letters]

    assert krippendorff_alpha(rated, level) == pytest.approx(alpha, abs=5e-4)


def test_where_nothing_is_left_to_chance_there_is_no_figure() -> None:
    same = items("aaa", "aaa")
    assert cohen_kappa(same, "rater 0", "rater 1") is None
    assert fleiss_kappa(same) is None
    assert krippendorff_alpha(same) is None
    assert cohen_kappa([], "rater 0", "rater 1") is None
    assert fleiss_kappa(items("ab")) is None


def test_ranks_close_by_agree_more_than_ranks_far_away() -> None:
    close, far = (
        krippendorff_alpha(
            [{"x": 1, "y": 1}, {"x": 3, "y": 3}, {"x": 4, "y": other}, {"x": 5, "y": 5}], "ordinal"
        )
        for other in (5, 1)
    )
    assert close is not None
    assert far is not None
    assert close > far


def test_equal_texts_agree_fully_and_chinese_ones_by_characters() -> None:
    (_, same), _ = text_agreement(["把方块涂红", "把方块涂红"], "zh")
    (_, near), _ = text_agreement(["把方块涂成红色。", "把方块涂为红色。"], "zh")
    (_, far), _ = text_agreement(["把方块涂成红色。", "移除左边的圆"], "zh")
    assert same == 100
    assert near > 60 > far


def test_reviewers_who_say_the_same_agree() -> None:
    found = settle(verdict("ann", "accept"), verdict("bo", "accept"))
    assert (found.settlement, found.decision) == (Settlement.AGREED, "accept")


def test_accept_and_fix_agree_where_their_words_do() -> None:
    close = settle(verdict("ann", "accept"), verdict("bo", "fix", "Paint the square in red."))
    far = settle(verdict("ann", "accept"), verdict("bo", "fix", "Remove that circle, please!"))

    assert (close.settlement, close.decision) == (Settlement.AGREED, "fix")
    assert (far.settlement, far.disagreements) == (Settlement.OPEN, ["instruction_en"])


def test_a_tie_is_open_and_a_third_reviewer_settles_it() -> None:
    two = [verdict("ann", "accept"), verdict("bo", "reject")]
    three = [*two, verdict("cy", "reject")]

    assert settle(*two).disagreements == ["decision"]
    assert (settle(*three).settlement, settle(*three).decision) == (Settlement.MAJORITY, "reject")


def test_other_edit_types_are_a_disagreement() -> None:
    found = settle(verdict("ann", "fix"), verdict("bo", "fix", edit_type="replace"))
    assert found.disagreements == ["edit_type"]


def test_the_adjudicators_word_settles_it() -> None:
    found = settle(
        verdict("ann", "accept"), verdict("bo", "reject"), verdict("cy", "fix"), adjudicator="cy"
    )
    assert (found.settlement, found.decision) == (Settlement.ADJUDICATED, "fix")


def test_a_skip_is_no_vote_and_a_later_verdict_of_the_same_reviewer_replaces_the_first() -> None:
    found = settle(
        verdict("ann", "reject"),
        verdict("ann", "accept", updated_at="2026-01-02"),
        verdict("bo", "skip"),
    )
    assert (found.settlement, found.decision) == (Settlement.SINGLE, "accept")


@pytest.fixture
def reviewed(room: Room) -> Room:
    """Two reviewers on six pairs: they agree on four, and on one of the others it is the words."""
    room.push()
    project, queued = room.studio.project, room.queued()
    for place, pair_id in enumerate(queued[:6]):
        task = project.task_of(pair_id)
        project.submit(task, 1, "accept" if place < 5 else "reject")
        words = {"instruction_en": "Remove the circle!"} if place == 4 else {}
        project.submit(task, 2, "fix" if place == 4 else "accept", **words)
    room.pull()
    return room


def test_the_verb_prints_figures_and_the_adjudication_queue(
    reviewed: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", "agreement", reviewed.pair_set.url]) == 0

    said = capsys.readouterr().out
    assert "To adjudicate, 2 pairs" in said
    assert "ann@example.org" in said


def test_the_figures_come_as_json(reviewed: Room, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["review", "agreement", reviewed.pair_set.url, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["group"]["annotations"] == 6
    (two,) = found["pairs_of_reviewers"]
    assert two["shared"] == 6
    assert two["kappa"] == pytest.approx(
        cohen_kappa_score(["a"] * 5 + ["r"], ["a"] * 4 + ["f", "a"])
    )
    assert found["settlements"] == {"agreed": 4, "open": 2}
    assert [each["disagreements"] for each in found["disputes"]].count(["decision"]) == 1
    assert found["reviewers"][0]["decisions"] == {"accept": 5, "reject": 1}
    assert found["reviewers"][0]["seconds"] == 6.5


def test_the_consensus_is_a_table_of_the_set(reviewed: Room) -> None:
    main(["review", "agreement", reviewed.pair_set.url])
    with connect_tables(reviewed.pair_set) as tables:
        rows = list(rows_of(Consensus, tables.sql("FROM consensus").to_arrow_table()))
        joined = tables.sql("SELECT count(*) FROM consensus JOIN verdicts USING (verdict_id)")
        assert joined.fetchall() == [(4,)]

    assert sorted(row.pair_id for row in rows) == sorted(reviewed.queued()[:6])


def test_status_and_report_tell_what_people_said(
    reviewed: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    url = reviewed.pair_set.url
    reviewed.triage("--threshold", "0", "--audit-share", "1")
    main(["review", "agreement", url])
    assert main(["status", url]) == 0
    assert main(["report", url]) == 0
    said = capsys.readouterr().out
    page = Path(said.split()[-1]).read_text(encoding="utf-8")

    assert "Audit of sure annotations" in said
    assert "Of 6 sure annotations that were looked at all the same, 4 were accepted" in page
    assert "Krippendorff’s alpha" in page
    assert "2 people" in page


def test_the_report_draws_how_far_each_agrees(reviewed: Room) -> None:
    main(["review", "agreement", reviewed.pair_set.url])
    main(["report", reviewed.pair_set.url])
    page = Path(reviewed.pair_set.root, "report", "index.html").read_text(encoding="utf-8")
    figures = json.loads(Path(reviewed.pair_set.root, "agreement.json").read_text())
    bars = re.findall(r'<th scope="row">(.*?)</th>.*?class="left" width="(.*?)"', page, re.S)[-3:]
    shares = [each["with_consensus"] for each in figures["reviewers"]]

    assert [name for name, _ in bars] == ["ann and bo", "ann", "bo"]
    assert [float(width) for _, width in bars] == pytest.approx(
        [1000 * max(0, value) for value in (figures["pairs_of_reviewers"][0]["kappa"], *shares)],
        abs=0.1,
    )
    assert max(shares) > 0


def test_before_a_pull_it_says_what_to_do(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "agreement", room.pair_set.url]) == 2
    assert "pairset review pull" in capsys.readouterr().err
