"""What a promise stands at now: kept, broken, void, or looked for anew. Pure."""

import math
from dataclasses import dataclass

import numpy as np

from pairset.ids import content_id
from review.calibration.crossfit import cross_fit
from review.calibration.evidence import Floats
from review.calibration.fitting import reliability_of
from review.calibration.judged import Judged
from review.calibration.reading import KnownSet
from review.guarantee.audit import audit_test
from review.guarantee.certificate import Certificate, Kept, Promise, Standing
from review.guarantee.learn_then_test import TestSequence, fixed_sequence
from review.guarantee.needs import verdicts_needed
from review.guarantee.population import Flags, Population
from review.guarantee.shift import shifts
from review.sorting import audit_draw, sample_draw

_MORE_AT_LEAST = 1.25
"""Verdicts to ask for over those that were just not enough, however few it should have taken."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is promised, of whose annotations, and how it goes on being tested."""

    promise: Promise
    annotator: str
    audit_share: float
    seed: int
    shift_level: float
    recertify: bool


def stand(known: KnownSet, terms: Terms, kept: Kept | None) -> Kept:
    """Where the promise stands.

    What is certified holds until audits break it, the mix shifts, or somebody asks for another
    look; anything else is looked at anew as soon as there are other verdicts. The same verdicts
    never get a second look.
    """
    decided = _decided(known)
    if kept and kept.certificate.standing == Standing.CERTIFIED and not terms.recertify:
        return _tested_again(known, terms, kept, decided)
    if kept and kept.certificate.decided == decided:
        return kept
    return _look(known, terms, decided, kept.certificate.looks if kept else 0)


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


def _population_key(known: KnownSet) -> str:
    return content_id("population", *(each.annotation_id for each in known.evidence))


def _judged(known: KnownSet) -> Judged:
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


def _look(known: KnownSet, terms: Terms, decided: str, looks_before: int) -> Kept:
    """Fit, and test thresholds where the verdicts have a chance of certifying one."""
    judged = _judged(known)
    calibration = cross_fit(judged)
    scores = calibration.probabilities(known.evidence, known.scenes)
    population = population_of(known, scores, terms.seed)
    promise = terms.promise
    sequence = fixed_sequence(population, promise.precision, promise.level(looks_before + 1))
    looks = looks_before + bool(sequence.tests)
    passed = sequence.passed
    counted = population.counted(passed.threshold if passed else 0.0)
    is_judged = np.array([known.outcomes.get(e.annotation_id) is not None for e in known.evidence])
    confidences = [each.confidence or 0.0 for each in judged.evidence]
    return Kept(
        Certificate(
            promise=promise,
            annotator=terms.annotator,
            standing=Standing.CERTIFIED if passed else Standing.NOTHING,
            decided=decided,
            population=_population_key(known),
            looks=looks,
            pairs=len(known.evidence),
            verdicts=int(population.judged.sum()),
            drawn=int(population.counted(0.0).sum()),
            sequence=sequence,
            tested_on=_names(known, counted) if passed else (),
            needed=None if passed else _needed(population, sequence, promise, looks + 1),
            before=reliability_of(confidences, judged.right),
            after=reliability_of(scores[is_judged].tolist(), judged.right),
        ),
        calibration,
    )


def _needed(
    population: Population, sequence: TestSequence, promise: Promise, look: int
) -> int | None:
    """Drawn verdicts in all; more than there are, since these were not enough."""
    optimism = 1.0
    if sequence.tests:
        first = sequence.tests[0]
        expected = float((1 - population.scores[population.counted(first.threshold)]).sum())
        optimism = max(1.0, (first.errors + 1) / (expected + 1))
    level = promise.level(look)
    needed = verdicts_needed(population.scores, promise.precision, level, optimism)
    drawn = int(population.counted(0.0).sum())
    return None if needed is None else max(needed, math.ceil(drawn * _MORE_AT_LEAST))


def _tested_again(known: KnownSet, terms: Terms, kept: Kept, decided: str) -> Kept:
    """Audits first, then whether what would be accepted is such as what was certified."""
    certificate = kept.certificate
    scores = kept.calibration.probabilities(known.evidence, known.scenes)
    population = population_of(known, scores, terms.seed)
    above = scores >= (certificate.threshold or 0.0)
    tested = np.isin([each.annotation_id for each in known.evidence], certificate.tested_on)
    audited = above & population.judged & ~tested & (population.orders[1] < terms.audit_share)
    errors = int((~population.right[audited]).sum())
    audits = int(audited.sum())
    audit = audit_test(audits, errors, terms.promise.precision) if audits else None
    if audit and audit.p_value <= 1 - terms.promise.confidence:
        return kept.with_certificate(standing=Standing.BROKEN, audit=audit, decided=decided)
    if certificate.population == _population_key(known):
        return kept.with_certificate(audit=audit)
    then, now = (
        [known.evidence[row] for row in np.flatnonzero(above & part)] for part in (tested, ~tested)
    )
    found = shifts(then, now, terms.shift_level)
    standing = Standing.SHIFTED if found else Standing.CERTIFIED
    decided = decided if found else certificate.decided
    return kept.with_certificate(standing=standing, audit=audit, shifts=found, decided=decided)


def _names(known: KnownSet, rows: Flags) -> tuple[str, ...]:
    return tuple(known.evidence[row].annotation_id for row in np.flatnonzero(rows))
