"""What a certificate stands at now: kept, broken, void, or looked for anew. Pure."""

import math
from dataclasses import dataclass, replace

import numpy as np

from pairset.records.ids import content_id
from review.calibration.calibration_model import Reliability
from review.calibration.crossfit import CrossFitted, cross_fit
from review.calibration.evidence import Floats
from review.calibration.fitting import reliability_of
from review.calibration.judged import Judged
from review.calibration.reading import KnownSet
from review.certificates.audit import audit_test
from review.certificates.certificate import Certificate, Kept, Standing, Target
from review.certificates.founded import follows, population_key
from review.certificates.gate import Gate, gate_of
from review.certificates.learn_then_test import ThresholdSequence, fixed_sequence
from review.certificates.needs import verdicts_needed
from review.certificates.plain_sample import sample_plan
from review.certificates.population import Flags, Population
from review.certificates.shift import Shift, shifts
from review.sorting.sorting import audit_draw, sample_draw

_MORE_AT_LEAST = 1.25
"""Verdicts to ask for over those that were just not enough, however few it should have taken."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is certified, of whose annotations, and how it goes on being tested."""

    target: Target
    annotator: str
    audit_share: float
    seed: int
    shift_level: float
    recertify: bool
    budget: int | None = None
    """Verdicts that people will give before thresholds are tested; None tests at once."""


def stand(known: KnownSet, terms: Terms, kept: Kept | None) -> Kept:
    """Where the certificate stands.

    What is certified holds while it follows from its verdicts, until audits break it, the mix
    shifts, or somebody asks for another look; anything else is looked at anew as soon as there are
    other verdicts. The same verdicts never get a second look, and none before the budget's are
    there.
    """
    decided = _decided(known)
    if kept and kept.certificate.standing == Standing.CERTIFIED and not terms.recertify:
        if not follows(kept, known, _population_then(known, terms, kept)):
            return kept.with_certificate(standing=Standing.UNFOUNDED, decided=decided)
        return _tested_again(known, terms, kept, decided)
    if kept and kept.certificate.decided == decided and kept.certificate.sequence:
        return kept
    return _look(known, terms, decided, kept)


def _population_then(known: KnownSet, terms: Terms, kept: Kept) -> Population:
    """With the scores and the orders that a certificate was made by."""
    seed = kept.certificate.seed
    scores = kept.probabilities(known.evidence, known.scenes)
    return population_of(known, scores, terms.seed if seed is None else seed)


def population_of(known: KnownSet, scores: Floats, seed: int) -> Population:
    """All that may be accepted, with its verdicts and its places in the random orders.

    Where everybody skipped, the verdict counts as an error: what nobody could judge is not known
    to be right.
    """
    names = [each.annotation_id for each in known.evidence]
    return Population(
        scores=scores,
        judged=np.array([name in known.outcomes for name in names], dtype=bool),
        right=np.array([known.outcomes.get(name) is True for name in names], dtype=bool),
        orders=tuple(
            np.array([draw(name, seed) for name in names]) for draw in (sample_draw, audit_draw)
        ),
        scenes=np.array(known.scenes, dtype=str),
    )


def _decided(known: KnownSet) -> str:
    """Hash of what people said of the annotations that may be accepted."""
    names = (each.annotation_id for each in known.evidence)
    said = (f"{name} {known.outcomes[name]}" for name in names if name in known.outcomes)
    return content_id("decided", *said)


def judged_of(known: KnownSet) -> Judged:
    """What people decided on; skips teach nothing."""
    everything = Judged(
        known.evidence,
        [known.outcomes.get(each.annotation_id) is True for each in known.evidence],
        known.scenes,
    )
    return everything.rows(
        row
        for row, each in enumerate(known.evidence)
        if known.outcomes.get(each.annotation_id) is not None
    )


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a look stands on."""

    judged: Judged
    calibration: CrossFitted
    gate: Gate | None
    population: Population
    admitted: Flags
    """Rows that pass the gate; all where there is none."""
    is_time: bool
    """Whether everything is judged that was to be."""

    @property
    def drawn(self) -> int:
        """Verdicts that the draw chose, among all pairs or among those that pass the gate."""
        return int((self.population.counted(0.0) | self.drawn_inside).sum())

    @property
    def drawn_inside(self) -> Flags:
        """Those among the pairs that pass."""
        return replace(self.population, scores=self.admitted.astype(np.float64)).counted(1.0)


def _ground(known: KnownSet, terms: Terms, before: Kept | None) -> _Ground:
    """Fit, and make the gate once there is enough to make it from.

    The gate there was stays, unless the mix is another: of that it says nothing.
    """
    judged = judged_of(known)
    calibration = cross_fit(judged)
    scores = calibration.probabilities(known.evidence, known.scenes)
    population = population_of(known, scores, terms.seed)
    plan = sample_plan(population, None, terms.budget)
    gate = before.gate if before and before.certificate.standing != Standing.SHIFTED else None
    if gate is None and plan.has_first_part:
        gate = gate_of(calibration, scores)
    admitted = np.ones(len(scores), dtype=bool)
    if gate:
        admitted = gate.admits(known.evidence, known.scenes)
        lowered = gate.lowered(scores, known.evidence, known.scenes)
        population = replace(population, scores=lowered)
        plan = sample_plan(population, admitted, terms.budget)
    is_time = terms.budget is None or plan.is_judged
    return _Ground(judged, calibration, gate, population, admitted, is_time)


def _look(known: KnownSet, terms: Terms, decided: str, before: Kept | None) -> Kept:
    """Test thresholds, where the verdicts are there and have a chance of certifying one."""
    ground = _ground(known, terms, before)
    population, target = ground.population, terms.target
    looks = before.certificate.looks if before else 0
    sequence = None
    if ground.is_time:
        sequence = fixed_sequence(population, target.precision, target.level(looks + 1))
        looks += bool(sequence.tests)
    passed = sequence.passed if sequence else None
    raw, calibrated = _reliabilities(known, ground)
    certificate = Certificate(
        target=target,
        annotator=terms.annotator,
        standing=Standing.CERTIFIED if passed else Standing.NOTHING,
        decided=decided,
        population=population_key(known),
        looks=looks,
        pairs=len(known.evidence),
        verdicts=int(population.judged.sum()),
        drawn=ground.drawn,
        sequence=sequence,
        floor=ground.gate.floor if ground.gate else None,
        tested_on=_names(known, population.counted(passed.threshold)) if passed else (),
        needed=None if passed else _needed(ground, sequence, target, looks + 1),
        before=raw,
        after=calibrated,
        seed=terms.seed,
    )
    return Kept(certificate, ground.calibration, ground.gate)


def _reliabilities(known: KnownSet, ground: _Ground) -> tuple[Reliability, Reliability]:
    """Of the raw confidences and of the calibrated ones, on what people decided."""
    decided = np.array([known.outcomes.get(e.annotation_id) is not None for e in known.evidence])
    confidences = [each.confidence or 0.0 for each in ground.judged.evidence]
    right = ground.judged.right
    scores = ground.population.scores[decided].tolist()
    return reliability_of(confidences, right), reliability_of(scores, right)


def _needed(
    ground: _Ground, sequence: ThresholdSequence | None, target: Target, look: int
) -> int | None:
    """Drawn verdicts in all; more than there are, since these were not enough."""
    population = ground.population
    optimism = 1.0
    if sequence and sequence.tests:
        first = sequence.tests[0]
        expected = float((1 - population.scores[population.counted(first.threshold)]).sum())
        optimism = max(1.0, (first.errors + 1) / (expected + 1))
    inside = population.scores[ground.admitted]
    needed = verdicts_needed(inside, target.precision, target.level(look), optimism)
    if needed is None:
        return None
    outside = ground.drawn - int(ground.drawn_inside.sum())
    at_least = math.ceil(ground.drawn * _MORE_AT_LEAST) if ground.is_time else ground.drawn
    return max(outside + needed, at_least)


def _tested_again(known: KnownSet, terms: Terms, kept: Kept, decided: str) -> Kept:
    """Audits first, then whether what would be accepted is such as what was certified."""
    certificate = kept.certificate
    scores = kept.probabilities(known.evidence, known.scenes)
    population = population_of(known, scores, terms.seed)
    above = scores >= (certificate.threshold or 0.0)
    tested = np.isin([each.annotation_id for each in known.evidence], certificate.tested_on)
    audited = above & population.judged & ~tested & (population.orders[1] < terms.audit_share)
    errors = int((~population.right[audited]).sum())
    audits = int(audited.sum())
    audit = audit_test(audits, errors, terms.target.precision) if audits else None
    if audit and audit.p_value <= 1 - terms.target.confidence:
        return kept.with_certificate(standing=Standing.BROKEN, audit=audit, decided=decided)
    if certificate.population == population_key(known):
        return kept.with_certificate(audit=audit)
    found = shifted_since(known, kept, terms.shift_level)
    standing = Standing.SHIFTED if found else Standing.CERTIFIED
    decided = decided if found else certificate.decided
    return kept.with_certificate(standing=standing, audit=audit, shifts=found, decided=decided)


def shifted_since(known: KnownSet, kept: Kept, level: float) -> tuple[Shift, ...]:
    """In what the pairs that came since differ from those a threshold was certified on.

    Only pairs above it count. Nothing where none was ever certified, or no pair came.
    """
    certificate = kept.certificate
    passed = certificate.sequence.passed if certificate.sequence else None
    if passed is None or certificate.population == population_key(known):
        return ()
    above = kept.probabilities(known.evidence, known.scenes) >= passed.threshold
    tested = np.isin([each.annotation_id for each in known.evidence], certificate.tested_on)
    then, now = (
        [known.evidence[row] for row in np.flatnonzero(above & part)] for part in (tested, ~tested)
    )
    return shifts(then, now, level)


def _names(known: KnownSet, rows: Flags) -> tuple[str, ...]:
    return tuple(known.evidence[row].annotation_id for row in np.flatnonzero(rows))
