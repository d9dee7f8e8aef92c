"""Where each annotation goes: accepted, to a person, or aside. Pure; nothing is read or written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from pairset.records import Triage
from pairset.records.ids import content_id
from pairset.records.triage import Queue, TriageReason
from review.calibration.fixable import NO_IDEA
from review.sorting.gain import Prospect, gain_order

QueueOrder: TypeAlias = Literal["gain", "doubt", "random"]

_DRAW_DIGITS = 13
"""Hexadecimal digits of a draw: 52 bits, as many as a float between 0 and 1 holds."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What triage looks at of one annotation."""

    annotation_id: str
    pair_id: str
    scene: str | None
    """Cluster of the pair."""
    confidence: float | None
    is_kept: bool
    """Whether mining still keeps the pair."""
    has_instruction: bool
    is_changed: bool
    """False where the reply says that nothing changed."""
    edit_type: str | None = None
    chance: float | None = None
    """Probability of being right, for the order of the queue; None where nothing is known."""
    fixable: float = NO_IDEA
    """P(fixed | wrong): whether words would help, for the same order."""
    is_judged: bool = False
    """Whether a person has decided already."""
    is_behind: bool = False
    """Whether no verdict on it would help to prove a certificate."""
    is_contradicted: bool = False
    """Whether what mining measured on the pair says that something changed."""
    is_stand_in: bool = False
    """Whether it is the starter's, and nobody said that such may be accepted."""

    @property
    def sound_confidence(self) -> float | None:
        """The confidence, unless it is no number from 0 to 1: a foreign table may hold anything."""
        is_sound = self.confidence is not None and 0 <= self.confidence <= 1
        return self.confidence if is_sound else None


@dataclass(frozen=True, slots=True)
class Policy:
    """What counts as sure, and how many a person can look at."""

    threshold: float
    audit_share: float
    budget: int | None
    seed: int
    queue_by: QueueOrder
    withheld: TriageReason | None = None
    """Why nothing is accepted at all, however sure; people then get a random sample first."""
    errors: Mapping[str, int] | None = None
    """Annotations that people put right, by edit type; matters to the order by gain alone."""


def sort_annotations(candidates: Iterable[Candidate], policy: Policy) -> list[Triage]:
    """One row for each candidate, those for a person first and the most useful of them foremost.

    The same candidates and policy give the same rows, whatever order they come in.
    """
    known = {each.annotation_id: _with_sound_confidence(each) for each in candidates}
    sorted_out = [_sort_one(known[name], policy) for name in sorted(known)]
    reviews = [row for row in sorted_out if row.queue == Queue.REVIEW]
    audits = [row for row in sorted_out if row.queue == Queue.AUDIT]
    others = [row for row in sorted_out if row.queue not in (Queue.REVIEW, Queue.AUDIT)]
    reviews = _in_order(reviews, known, policy)
    audits.sort(key=lambda row: audit_draw(row.annotation_id, policy.seed))
    queued, waiting = _within_budget(reviews, audits, policy)
    placed = [replace(row, place=place) for place, row in enumerate(queued)]
    return [*placed, *waiting, *others]


def _with_sound_confidence(candidate: Candidate) -> Candidate:
    """What is no probability (NaN compares as neither) is no confidence."""
    if candidate.confidence is None or 0 <= candidate.confidence <= 1:
        return candidate
    return replace(candidate, confidence=None)


def _in_order(rows: list[Triage], known: Mapping[str, Candidate], policy: Policy) -> list[Triage]:
    """Those for a person; a certificate needs its sample, whatever order was asked for."""
    if policy.withheld or policy.queue_by == "random":
        return sorted(rows, key=lambda row: _place_in_sample(known[row.annotation_id], policy))
    if policy.queue_by == "doubt":
        scenes = {name: candidate.scene for name, candidate in known.items()}
        return _one_of_each_scene_first(rows, scenes)
    return _most_gain_first(rows, known, policy)


def _most_gain_first(
    rows: list[Triage], known: Mapping[str, Candidate], policy: Policy
) -> list[Triage]:
    """What was judged keeps its place in the queue and within the budget; then the most gain."""
    judged = [row for row in rows if known[row.annotation_id].is_judged]
    others = [row for row in rows if not known[row.annotation_id].is_judged]
    prospects = [_prospect(known[row.annotation_id]) for row in others]
    count = None if policy.budget is None else max(0, policy.budget - len(judged))
    chosen = gain_order(prospects, policy.errors, count)
    left = set(range(len(others))) - set(chosen)
    return [
        *judged,
        *(others[place] for place in chosen),
        *(others[place] for place in sorted(left)),
    ]


def _prospect(candidate: Candidate) -> Prospect:
    name = candidate.annotation_id
    confidence = None if candidate.is_contradicted else candidate.sound_confidence
    right = confidence if confidence is None or candidate.chance is None else candidate.chance
    scene, kind = candidate.scene or name, candidate.edit_type or ""
    doubt = confidence or 0.0
    return Prospect(name, right or 0.0, scene, kind, candidate.fixable, doubt)


def audit_draw(annotation_id: str, seed: int) -> float:
    """Place in the random order of audits, 0 to 1, by the annotation and the seed alone."""
    return _draw("audit", annotation_id, seed)


def sample_draw(annotation_id: str, seed: int) -> float:
    """Place in another random order, in which people judge the sample of a certificate."""
    return _draw("sample", annotation_id, seed)


def _place_in_sample(candidate: Candidate, policy: Policy) -> tuple[bool, float]:
    no_help = candidate.is_behind or candidate.sound_confidence is None
    is_behind = bool(policy.withheld) and no_help
    return is_behind, sample_draw(candidate.annotation_id, policy.seed)


def _draw(purpose: str, annotation_id: str, seed: int) -> float:
    digits = content_id(purpose, str(seed), annotation_id)[:_DRAW_DIGITS]
    return float(int(digits, 16) / 16**_DRAW_DIGITS)


def _sort_one(candidate: Candidate, policy: Policy) -> Triage:
    queue, reason = _queue_and_reason(candidate, policy)
    confidence = candidate.sound_confidence
    return Triage(candidate.annotation_id, candidate.pair_id, queue, reason, confidence)


def _queue_and_reason(candidate: Candidate, policy: Policy) -> tuple[Queue, TriageReason]:
    if not candidate.is_kept:
        return Queue.SET_ASIDE, TriageReason.PAIR_WITHDRAWN
    if not candidate.is_changed:
        return _of_unchanged(candidate, policy)
    if not candidate.has_instruction:
        return Queue.SET_ASIDE, TriageReason.NO_INSTRUCTION
    confidence = candidate.sound_confidence
    if confidence is None:
        return Queue.REVIEW, TriageReason.NO_CONFIDENCE
    if policy.withheld:
        return Queue.REVIEW, policy.withheld
    if confidence < policy.threshold:
        return Queue.REVIEW, TriageReason.BELOW_THRESHOLD
    if candidate.is_stand_in:
        return Queue.REVIEW, TriageReason.STAND_IN_MODEL
    if _is_audited(candidate, policy):
        return Queue.AUDIT, TriageReason.RANDOM_DRAW
    return Queue.ACCEPTED, TriageReason.ABOVE_THRESHOLD


def _of_unchanged(candidate: Candidate, policy: Policy) -> tuple[Queue, TriageReason]:
    """Where "no change" goes. Before a certificate, people see its sample and no audits."""
    if candidate.is_contradicted:
        return Queue.REVIEW, TriageReason.CONTRADICTS_PIXELS
    if not policy.withheld and _is_audited(candidate, policy):
        return Queue.AUDIT, TriageReason.NO_CHANGE_DRAW
    return Queue.SET_ASIDE, TriageReason.NO_CHANGE


def _is_audited(candidate: Candidate, policy: Policy) -> bool:
    return audit_draw(candidate.annotation_id, policy.seed) < policy.audit_share


def _one_of_each_scene_first(rows: Sequence[Triage], scenes: dict[str, str | None]) -> list[Triage]:
    """Least confident first (uncertainty sampling, Lewis & Gale 1994), taking turns by scene.

    Pairs of one scene teach much the same: the second of a scene comes after the first of all.
    """
    by_doubt = sorted(rows, key=lambda row: (_confidence(row), row.annotation_id))
    seen: dict[str, int] = {}
    turns: list[tuple[int, Triage]] = []
    for row in by_doubt:
        scene = scenes[row.annotation_id] or row.annotation_id
        turns.append((seen.get(scene, 0), row))
        seen[scene] = seen.get(scene, 0) + 1
    return [row for _, row in sorted(turns, key=lambda turn: turn[0])]


def _confidence(row: Triage) -> float:
    is_doubtful = row.confidence is None or row.reason == TriageReason.CONTRADICTS_PIXELS
    return -1.0 if is_doubtful else float(row.confidence or 0.0)


def _within_budget(
    reviews: list[Triage], audits: list[Triage], policy: Policy
) -> tuple[list[Triage], list[Triage]]:
    """Those that a person is to see, and those that must wait.

    Audits get their share of the budget, or all that reviews leave: an acceptance rate nobody
    measures is worth nothing.
    """
    everything = [*reviews, *audits]
    if policy.budget is None or len(everything) <= policy.budget:
        return everything, []
    share = round(policy.budget * policy.audit_share)
    audit_count = min(len(audits), max(share, policy.budget - len(reviews)))
    review_count = policy.budget - audit_count
    queued = [*reviews[:review_count], *audits[:audit_count]]
    left_over = [*reviews[review_count:], *audits[audit_count:]]
    return queued, [_waiting(row) for row in left_over]


def _waiting(row: Triage) -> Triage:
    return replace(row, queue=Queue.WAITING, reason=TriageReason.OVER_BUDGET)
