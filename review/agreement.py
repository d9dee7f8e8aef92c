"""The verb ``pairset review agreement``: how far reviewers agree, and what needs another look."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pairset.app.report.people_section import AGREEMENT_FILE
from pairset.errors import MissingStageError
from pairset.locking.locks import writing
from pairset.records import Consensus, Verdict, rows_of, table_of
from pairset.records.consensus import Settlement
from pairset.records.ids import content_id
from pairset.records.verdict import DECIDED, Decision
from pairset.rows.freshness import ANNOTATIONS, TRIAGE, complain_of_lags
from pairset.rows.tables import connect_tables
from pairset.store import PairSet, open_set, write_atomically
from pairset.terminal.console import say, say_json, say_table
from review.opinions.adjudication import consensus_of, votes_by_annotation
from review.opinions.reviewers import (
    GroupAgreement,
    ReviewerFigures,
    TwoReviewers,
    group_agreement,
    reviewer_figures,
    two_by_two,
)
from review.settings import AgreementSettings

_DISPUTES_SHOWN = 20
_DECISIONS = (*DECIDED, Decision.SKIP)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Everything the verb prints."""

    group: GroupAgreement
    pairs_of_reviewers: list[TwoReviewers]
    reviewers: list[ReviewerFigures]
    settlements: dict[str, int]
    """Annotations by how they were settled."""
    disputes: list[Consensus]
    """The adjudication queue."""


def agreement(settings: AgreementSettings) -> None:
    """Measure agreement, write the consensus into the set, and list what is disputed.

    Raises MissingStageError before any verdict was pulled.
    """
    pair_set = open_set(settings.set_url)
    verdicts = _verdicts_of_people(pair_set)
    if not verdicts:
        raise MissingStageError(
            f"{pair_set.url} holds no reviewer's verdict yet. Fetch them with: "
            f"pairset review pull {pair_set.url}"
        )
    complain_of_lags(pair_set, ANNOTATIONS, TRIAGE)
    votes = votes_by_annotation(verdicts)
    settled = [
        consensus_of(votes[name], settings.text_floor, settings.adjudicator)
        for name in sorted(votes)
    ]
    found = _measure(verdicts, settled)
    with writing(pair_set, settings.verb):
        _save(pair_set, settled, found)
    if settings.json_output:
        say_json(asdict(found))
    else:
        _say_all(found)


def _measure(verdicts: Sequence[Verdict], settled: Sequence[Consensus]) -> Agreement:
    votes = list(votes_by_annotation(verdicts).values())
    return Agreement(
        group=group_agreement(votes),
        pairs_of_reviewers=two_by_two(votes),
        reviewers=reviewer_figures(verdicts, {each.annotation_id: each for each in settled}),
        settlements=dict(Counter(each.settlement for each in settled)),
        disputes=[each for each in settled if each.settlement == Settlement.OPEN],
    )


def _verdicts_of_people(pair_set: PairSet) -> list[Verdict]:
    query = "SELECT * REPLACE (NULL AS raw_result) FROM verdicts WHERE reviewer <> 'auto'"
    with connect_tables(pair_set) as tables:
        return list(rows_of(Verdict, tables.sql(query).to_arrow_table()))


def _save(pair_set: PairSet, settled: Sequence[Consensus], found: Agreement) -> None:
    """Keep the consensus as a table, and the figures for ``pairset report``."""
    key = content_id("consensus", *map(repr, settled))
    stage = pair_set.stage("consensus", key)
    if not stage.is_finished("00000"):
        stage.write("00000", table_of(Consensus, settled))
    pair_set.publish("consensus", key)
    figures = json.dumps(asdict(found), indent=2, ensure_ascii=False).encode()
    write_atomically(pair_set, f"{pair_set.root}/{AGREEMENT_FILE}", figures)


def _say_all(found: Agreement) -> None:
    group = found.group
    say_table(
        f"Agreement on {group.annotations} annotations with several reviewers",
        ["Fleiss' kappa", "alpha decision", "alpha edit type", "alpha quality"],
        [[group.fleiss_kappa, group.alpha_decision, group.alpha_edit_type, group.alpha_quality]],
    )
    if found.pairs_of_reviewers:
        say_table(
            "Two by two",
            ["reviewer", "reviewer", "shared", "Cohen's kappa", "chrF en", "chrF zh"],
            [list(asdict(two).values()) for two in found.pairs_of_reviewers],
        )
    say_table(
        "Reviewers",
        ["reviewer", *_DECISIONS, "median s", "with consensus"],
        [
            [
                each.reviewer,
                *(each.decisions.get(decision, 0) for decision in _DECISIONS),
                each.seconds,
                each.with_consensus,
            ]
            for each in found.reviewers
        ],
    )
    say_table("Consensus", ["settled", "annotations"], list(found.settlements.items()))
    if found.disputes:
        rows = [
            [each.pair_id, each.task_id, ", ".join(each.disagreements)]
            for each in found.disputes[:_DISPUTES_SHOWN]
        ]
        title = f"To adjudicate, {len(found.disputes)} pairs"
        say_table(title, ["pair", "task", "disagree about"], rows)
        say(
            "pairset review push gives them a view of their own in Label Studio. Name whoever "
            "settles them there with: pairset review agreement SET --adjudicator EMAIL"
        )
