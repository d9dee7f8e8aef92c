"""Whether a certificate follows from the verdicts of its set: a stranger may have written it.

All that can be reckoned again is: how many of the verdicts it names are errors, what p-values these
counts have, at what level a look may test, and whether the draw could have chosen those verdicts.
The last needs the annotations that there were; once others were added, audits and the test of the
mix are what is left.
"""

import math
from dataclasses import replace

import numpy as np

from pairset.records.ids import content_id
from review.calibration.evidence import PROBES
from review.calibration.reading import KnownSet
from review.certificates.certificate import Certificate, Kept
from review.certificates.learn_then_test import ThresholdSequence, ThresholdTest, binomial_tail
from review.certificates.population import Population

_ROUNDING = 1e-9


def follows(kept: Kept, known: KnownSet, population: Population) -> bool:
    """Whether the verdicts say what a certificate says of them.

    ``population`` has the scores of the models that were kept with it, and its random orders.
    """
    certificate = kept.certificate
    sequence = certificate.sequence
    passed = sequence.passed if sequence else None
    if sequence is None or passed is None or not _is_reckoned(certificate, sequence):
        return False
    outcomes = [known.outcomes.get(name, ...) for name in certificate.tested_on]
    errors = sum(outcome is not True for outcome in outcomes)
    counts = len(outcomes), errors
    if ... in outcomes or counts != (passed.verdicts, passed.errors):
        return False
    is_comparable = certificate.population == population_key(known) and not _reads_probes(kept)
    return not is_comparable or _is_drawn(certificate, known, population, passed.threshold)


def population_key(known: KnownSet) -> str:
    """Hash of all annotations that may be accepted."""
    return content_id("population", *(each.annotation_id for each in known.evidence))


def _is_reckoned(certificate: Certificate, sequence: ThresholdSequence) -> bool:
    """Whether levels and p-values are those of the counts."""
    level = certificate.target.level(certificate.looks) if certificate.looks > 0 else math.nan
    is_sound = (
        _is_near(sequence.level, level)
        and sequence.design_effect >= 1
        and len(set(certificate.tested_on)) == len(certificate.tested_on)
        and all(test.p_value <= level for test in sequence.tests[:-1])
    )
    risk = 1 - certificate.target.precision
    return is_sound and all(_is_test(test, sequence, risk) for test in sequence.tests)


def _is_test(test: ThresholdTest, sequence: ThresholdSequence, risk: float) -> bool:
    if not (0 <= test.threshold <= 1 and 0 <= test.errors <= test.verdicts):
        return False
    effect = sequence.design_effect
    return _is_near(test.p_value, binomial_tail(test.errors / effect, test.verdicts / effect, risk))


def _is_near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=_ROUNDING)


def _is_drawn(
    certificate: Certificate, known: KnownSet, population: Population, threshold: float
) -> bool:
    """Whether the verdicts it names are what the draw gave of the pairs above the threshold.

    They are exactly that if they count, all of them, where nothing else were judged.
    """
    tested = np.isin([each.annotation_id for each in known.evidence], certificate.tested_on)
    at_threshold = tested & (np.abs(population.scores - threshold) <= _ROUNDING)
    scores = np.where(at_threshold, threshold, population.scores)
    alone = replace(population, scores=scores, judged=tested)
    return bool(np.array_equal(alone.counted(threshold), tested))


def _reads_probes(kept: Kept) -> bool:
    """Whether scores move when a model is asked again: then they are not what they were."""
    models = [*kept.calibration.models, *(kept.gate.calibration.models if kept.gate else ())]
    return any(name in PROBES for model in models for name in model.scales)
