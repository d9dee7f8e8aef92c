"""What each reviewer did, and how far any two of them agree. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median

from pairset.records import Consensus, Verdict
from pairset.records.verdict import Decision
from review.opinions.adjudication import Votes
from review.opinions.agreement_measures import (
    Item,
    Language,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    text_agreement,
)


@dataclass(frozen=True, slots=True)
class ReviewerFigures:
    """One reviewer's work."""

    reviewer: str
    decisions: Mapping[str, int]
    """Verdicts by decision, skips included."""
    seconds: float | None
    """Median time for a verdict."""
    with_consensus: float | None
    """Share of settled annotations with several reviewers on which this one decided likewise."""


@dataclass(frozen=True, slots=True)
class TwoReviewers:
    """Two reviewers on the annotations both decided."""

    one: str
    other: str
    shared: int
    kappa: float | None
    """Cohen's, on accept, fix and reject."""
    chrf_en: float | None
    """Mean chrF of their English instructions, 0 to 100, where both say the pair is of use."""
    chrf_zh: float | None


@dataclass(frozen=True, slots=True)
class GroupAgreement:
    """All reviewers together, on annotations that several decided."""

    annotations: int
    fleiss_kappa: float | None
    alpha_decision: float | None
    alpha_edit_type: float | None
    alpha_quality: float | None
    """On ranks: 4 stars are closer to 5 than to 1."""


def group_agreement(votes: Sequence[Votes]) -> GroupAgreement:
    """Fleiss' kappa and Krippendorff's alpha of everybody."""
    shared = [each for each in votes if len(each) > 1]
    decisions = _labels(shared, "decision")
    return GroupAgreement(
        annotations=len(shared),
        fleiss_kappa=fleiss_kappa(decisions),
        alpha_decision=krippendorff_alpha(decisions),
        alpha_edit_type=krippendorff_alpha(_labels(shared, "edit_type")),
        alpha_quality=krippendorff_alpha(_labels(shared, "quality"), "ordinal"),
    )


def two_by_two(votes: Sequence[Votes]) -> list[TwoReviewers]:
    """Every two reviewers who share annotations."""
    reviewers = sorted({reviewer for each in votes for reviewer in each})
    decisions = _labels(votes, "decision")
    found = []
    for one, other in combinations(reviewers, 2):
        shared = [(each[one], each[other]) for each in votes if one in each and other in each]
        if shared:
            kappa = cohen_kappa(decisions, one, other)
            chrf_en, chrf_zh = _mean_chrf(shared, "en"), _mean_chrf(shared, "zh")
            found.append(TwoReviewers(one, other, len(shared), kappa, chrf_en, chrf_zh))
    return found


def reviewer_figures(
    verdicts: Iterable[Verdict], settled: Mapping[str, Consensus]
) -> list[ReviewerFigures]:
    """Each reviewer's counts and pace; ``settled`` is the consensus by annotation id."""
    by_reviewer: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_reviewer.setdefault(verdict.reviewer, []).append(verdict)
    return [_figures(reviewer, theirs, settled) for reviewer, theirs in sorted(by_reviewer.items())]


def _figures(
    reviewer: str, verdicts: Sequence[Verdict], settled: Mapping[str, Consensus]
) -> ReviewerFigures:
    seconds = [each.seconds_spent for each in verdicts if each.seconds_spent is not None]
    compared = [
        each.decision == settled[each.annotation_id].decision
        for each in verdicts
        if each.annotation_id in settled
        and settled[each.annotation_id].reviewers > 1
        and settled[each.annotation_id].decision
    ]
    return ReviewerFigures(
        reviewer=reviewer,
        decisions=dict(Counter(each.decision for each in verdicts)),
        seconds=median(seconds) if seconds else None,
        with_consensus=fmean(compared) if compared else None,
    )


def _labels(votes: Sequence[Votes], name: str) -> list[Item]:
    """What each reviewer said in one field; who left it empty is left out."""
    labels = ({who: getattr(verdict, name) for who, verdict in each.items()} for each in votes)
    return [{who: label for who, label in each.items() if label is not None} for each in labels]


def _mean_chrf(shared: Sequence[tuple[Verdict, Verdict]], language: Language) -> float | None:
    name = f"instruction_{language}"
    texts = [
        [getattr(one, name), getattr(other, name)]
        for one, other in shared
        if Decision.REJECT not in (one.decision, other.decision)
    ]
    scores = [text_agreement(both, language)[0][1] for both in texts if all(both)]
    return fmean(scores) if scores else None
