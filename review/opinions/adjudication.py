"""From the verdicts of several reviewers to one, or to the adjudicator. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pairset.records import Consensus, Verdict
from pairset.records.consensus import Settlement
from pairset.records.verdict import DECIDED, Decision, ReviewedField
from review.opinions.agreement_measures import Language, text_agreement

_USABLE = (Decision.ACCEPT, Decision.FIX)
_LANGUAGES: tuple[Language, ...] = ("en", "zh")

Votes = Mapping[str, Verdict]
"""The verdict of each reviewer on one annotation."""


def votes_by_annotation(verdicts: Iterable[Verdict]) -> dict[str, dict[str, Verdict]]:
    """Of each annotation every reviewer's latest decision; skips are none."""
    found: dict[str, dict[str, Verdict]] = {}
    for verdict in sorted(verdicts, key=lambda each: (each.updated_at, each.verdict_id)):
        if verdict.decision in DECIDED:
            found.setdefault(verdict.annotation_id, {})[verdict.reviewer] = verdict
    return found


def consensus_of(votes: Votes, text_floor: float, adjudicator: str | None = None) -> Consensus:
    """Settle one annotation.

    Accept and fix both say that the pair is of use, and are compared by their words; a reject says
    that it is not. Words agree from ``text_floor`` (chrF) on.
    """
    verdicts = list(votes.values())
    if adjudicator and adjudicator in votes:
        return _settled(verdicts, votes[adjudicator], Settlement.ADJUDICATED)
    if len(verdicts) == 1:
        return _settled(verdicts, verdicts[0], Settlement.SINGLE)
    camp = _majority(verdicts)
    if not camp:
        return _open(verdicts, ["decision"])
    disagreements = _disagreements(camp, text_floor)
    if disagreements:
        return _open(verdicts, disagreements)
    settlement = Settlement.AGREED if len(camp) == len(verdicts) else Settlement.MAJORITY
    return _settled(verdicts, _closest_to_all(camp), settlement)


def _majority(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those of more than half, by whether the pair is of use; empty at a tie."""
    camps = ([v for v in verdicts if (v.decision in _USABLE) is usable] for usable in (True, False))
    return next((camp for camp in camps if len(camp) * 2 > len(verdicts)), [])


def _disagreements(camp: Sequence[Verdict], text_floor: float) -> list[str]:
    if camp[0].decision not in _USABLE:
        return []
    found = [
        f"instruction_{language}"
        for language in _LANGUAGES
        if min(map(min, _agreement_in(language, camp))) < text_floor
    ]
    most_frequent = Counter(v.edit_type for v in camp).most_common(1)[0][1]
    return found if most_frequent * 2 > len(camp) else [*found, ReviewedField.EDIT_TYPE]


def _closest_to_all(camp: Sequence[Verdict]) -> Verdict:
    """The medoid by the words of both languages; at a tie a fix, which somebody thought about."""
    scores = [0.0] * len(camp)
    for language in _LANGUAGES:
        table = _agreement_in(language, camp)
        scores = [score + sum(row) for score, row in zip(scores, table, strict=True)]
    ranked = sorted(
        zip(scores, camp, strict=True),
        key=lambda entry: (-entry[0], entry[1].decision != Decision.FIX, entry[1].verdict_id),
    )
    return ranked[0][1]


def _agreement_in(language: Language, camp: Sequence[Verdict]) -> list[list[float]]:
    texts = [getattr(verdict, f"instruction_{language}") or "" for verdict in camp]
    return text_agreement(texts, language)


def _settled(verdicts: Sequence[Verdict], chosen: Verdict, how: Settlement) -> Consensus:
    return Consensus(
        annotation_id=chosen.annotation_id,
        pair_id=chosen.pair_id,
        settlement=how,
        decision=chosen.decision,
        verdict_id=chosen.verdict_id,
        disagreements=[],
        reviewers=len(verdicts),
        task_id=chosen.task_id,
    )


def _open(verdicts: Sequence[Verdict], disagreements: list[str]) -> Consensus:
    return Consensus(
        annotation_id=verdicts[0].annotation_id,
        pair_id=verdicts[0].pair_id,
        settlement=Settlement.OPEN,
        decision=None,
        verdict_id=None,
        disagreements=disagreements,
        reviewers=len(verdicts),
        task_id=verdicts[0].task_id,
    )
