"""Triage under a certificate: what verdicts prove becomes a policy, and is said in words."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from pairset.errors import MissingExtraError, MissingStageError
from pairset.records.triage import TriageReason
from pairset.store import PairSet
from pairset.terminal.console import say
from review.calibration.calibration_model import CalibrationFileError, Reliability
from review.calibration.reading import KnownSet, read_known
from review.certificates.certificate import (
    Certificate,
    Kept,
    Standing,
    Target,
    latest_kept,
)
from review.certificates.look import Terms, population_of, shifted_since, stand
from review.certificates.plain_sample import sample_plan
from review.certificates.shift import Shift
from review.settings import TriageSettings
from review.sorting.sorting import Candidate, Policy

DOES_NOT_FOLLOW = (
    "The certificate of this set does not follow from its verdicts: somebody changed the one or "
    "the others, or verdicts were revised since. Nothing is accepted under it. Once there are "
    "other verdicts, the same command looks for another threshold."
)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a certificate sends annotations."""

    kept: Kept
    probabilities: Mapping[str, float]
    """By annotation id, of those that may be accepted."""
    behind: Set[str] = frozenset()
    """Ids of those that need no verdict for a proof."""
    queue_size: int | None = None
    """How many are queued while nothing is certified; None for all."""

    def scored(self, candidate: Candidate) -> Candidate:
        """The candidate with its probability in place of its raw confidence."""
        name = candidate.annotation_id
        return replace(
            candidate, confidence=self.probabilities.get(name), is_behind=name in self.behind
        )

    def policy(self, usual: Policy) -> Policy:
        """The certified threshold, or why there is none."""
        certificate = self.kept.certificate
        if certificate.threshold is None:
            withheld = TriageReason(certificate.standing)
            return replace(usual, withheld=withheld, budget=self.queue_size)
        return replace(usual, threshold=certificate.threshold)


def certified_route(pair_set: PairSet, settings: TriageSettings) -> Route:
    """Find out where the certificate of the settings stands.

    Raises MissingStageError before anything was annotated, MissingExtraError without scikit-learn.
    """
    annotations = pair_set.current("annotations")
    if annotations is None or settings.precision is None:
        raise MissingStageError(f"{pair_set.url} has no annotations to certify anything about.")
    target = Target(settings.precision, settings.confidence)
    terms = Terms(
        target,
        annotations.key,
        settings.audit_share,
        settings.seed,
        settings.shift_level,
        settings.recertify,
        settings.budget,
    )
    known = read_known(pair_set)
    return route_of(known, terms, latest_kept(pair_set, target, annotations.key))


def route_of(known: KnownSet, terms: Terms, before: Kept | None) -> Route:
    """The route by what is known and by what stood before. Pure."""
    kept = stand(known, terms, before)
    scores = kept.probabilities(known.evidence, known.scenes)
    names = [each.annotation_id for each in known.evidence]
    population = population_of(known, scores, terms.seed)
    admitted = kept.gate.admits(known.evidence, known.scenes) if kept.gate else None
    plan = sample_plan(population, admitted, terms.budget)
    behind = frozenset(names[row] for row in np.flatnonzero(plan.behind))
    return Route(kept, dict(zip(names, scores.tolist(), strict=True)), behind, plan.size)


def words_of_shift(pair_set: PairSet, level: float) -> str | None:
    """That pairs came which are unlike those a calibration was certified on; None where not so.

    It needs a calibration that an earlier run with a certificate kept, and scipy.
    """
    annotations = pair_set.current("annotations")
    try:
        kept = latest_kept(pair_set, None, annotations.key) if annotations else None
        moved = shifted_since(read_known(pair_set), kept, level) if kept else ()
    except (CalibrationFileError, MissingExtraError):
        return None
    if not kept or not moved:
        return None
    return (
        "THE MIX SHIFTED: pairs came since confidence was calibrated, and they differ from those "
        f"it was certified on in {_numbers(moved)}. How far a probability can be believed is not "
        f"known of them. With --precision {kept.certificate.target.precision:g}, triage accepts "
        "nothing before verdicts prove it anew."
    )


def _numbers(moved: Sequence[Shift]) -> str:
    return ", ".join(f"{shift.number} (p = {shift.p_value:.2g})" for shift in moved)


def say_certificate(kept: Kept, url: str) -> None:
    """Say what is certified, what it rests on, and what to do where nothing is."""
    certificate = kept.certificate
    for line in (*_calibration_lines(kept), *_standing_lines(certificate, url)):
        say(line)


def _calibration_lines(kept: Kept) -> list[str]:
    models = kept.calibration.models
    forms = ", ".join(sorted({model.form for model in models}))
    certificate = kept.certificate
    lines = [
        f"Calibration: {len(models)} models, each fitted without a fifth of the scenes and asked "
        f"about that fifth alone. Form: {forms} ({models[0].because})."
    ]
    before, after = certificate.before, certificate.after
    if before and after and before.brier is not None:
        lines.append(
            f"  raw confidence: {_said(before)}; calibrated, scenes unseen: {_said(after)}"
        )
    return lines


def _said(reliability: Reliability) -> str:
    return f"ECE {reliability.calibration_error:.3f}, Brier {reliability.brier:.3f}"


def _standing_lines(certificate: Certificate, url: str) -> list[str]:
    target = certificate.target
    share, sure = f"{target.precision:.1%}", f"{target.confidence:.1%}"
    if certificate.standing == Standing.BROKEN and certificate.audit:
        audit = certificate.audit
        return [
            f"CERTIFICATE BROKEN: of {audit.verdicts} audited pairs {audit.errors} were not right "
            f"(p = {audit.p_value:.2g} that {share} are). Everything that had been accepted is "
            "withdrawn and goes to people, a random sample first. With more verdicts, the same "
            "command looks for another threshold."
        ]
    if certificate.standing == Standing.UNFOUNDED:
        return []  # triage ends with these words
    if certificate.standing == Standing.SHIFTED:
        moved = _numbers(certificate.shifts)
        return [
            f"THE MIX SHIFTED: what would be accepted differs from what was certified in {moved}. "
            "A threshold certified elsewhere proves nothing here, so nothing is accepted: review "
            "the random sample that stands first in the queue, and run the same command again."
        ]
    if certificate.sequence is None:
        return [_not_tested(certificate)]
    if certificate.threshold is None:
        return [_nothing(certificate, share, sure, url)]
    return _certified(certificate, share, sure)


def _certified(certificate: Certificate, share: str, sure: str) -> list[str]:
    passed = certificate.sequence.passed if certificate.sequence else None
    if not passed or not certificate.sequence:
        return []
    lines = [
        f"CERTIFIED: from a probability of {passed.threshold:.3f} on, at least {share} are right, "
        f"with {sure} confidence: {passed.errors} errors in {passed.verdicts} drawn verdicts "
        f"(p = {passed.p_value:.3g}, allowed {certificate.sequence.level:.3g} in look "
        f"{certificate.looks}; {len(certificate.sequence.tests)} thresholds from strict to loose)."
    ]
    audit = certificate.audit
    if audit and audit.verdicts:
        lines.append(
            f"  Audits since: {audit.errors} errors in {audit.verdicts} (p = {audit.p_value:.2g} "
            "against the target being met)."
        )
    return lines


def _not_tested(certificate: Certificate) -> str:
    part = (
        "The first half of the budget is drawn from all pairs, to fit the calibration."
        if certificate.floor is None
        else "What is queued was drawn from the pairs that may be accepted: from a probability of "
        f"{certificate.floor:.3f} on, as the first half of the budget had it."
    )
    return (
        f"NOTHING CERTIFIED: thresholds are tested once the budget is judged; {certificate.drawn} "
        f"verdicts were chosen by the draw so far. {part} Review all that is queued, doubtful or "
        "not, and run the same command again; without --budget it tests what there is."
    )


def _nothing(certificate: Certificate, share: str, sure: str, url: str) -> str:
    chosen = certificate.verdicts - certificate.drawn
    others = f", {chosen} others by doubt or by a reviewer" if chosen else ""
    head = (
        f"NOTHING CERTIFIED: the verdicts prove of no threshold that {share} are right, with "
        f"{sure} confidence. {certificate.drawn} were chosen by the draw{others}. "
    )
    if certificate.needed is None:
        return head + (
            "No part of the pairs looks right often enough, so more verdicts would not help: "
            "improve the annotator, or ask for less."
        )
    if certificate.needed > certificate.pairs:
        return head + (
            f"It would take about {certificate.needed} verdicts on pairs like these, more than the "
            f"{certificate.pairs} there are: annotate more pairs, ask for less, or review them all."
        )
    more = certificate.needed - certificate.drawn
    return head + (
        f"About {more} more should: verdicts on pairs that the draw takes from this very set, in "
        f"the order of the queue (--budget {certificate.needed} queues no more than it takes). "
        f"Review them all, doubtful or not, then: pairset triage {url} --precision "
        f"{certificate.target.precision:g} --confidence {certificate.target.confidence:g}"
    )
