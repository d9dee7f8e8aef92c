"""Whether the audits still bear out the certificate, asked as often as anybody likes.

Every triage looks again at audits that have grown since, so a test that is right once would cry
wolf in the end. This one may be looked at after every verdict: a likelihood ratio averaged over
all error rates that miss the target (Robbins 1970) reaches 1/α with a chance of at most α
(Ville 1939).
"""

import math
from dataclasses import dataclass

from pairset.errors import MissingExtraError


@dataclass(frozen=True, slots=True)
class AuditTest:
    """What verdicts on randomly drawn accepted pairs say."""

    verdicts: int
    errors: int
    p_value: float
    """Chance of ever seeing as much against a target that is met."""


def audit_test(verdicts: int, errors: int, precision: float) -> AuditTest:
    """Test that at least the wanted share is right: a sequential binomial test.

    Error rates beyond the allowed one are weighed alike. Raises MissingExtraError without scipy.
    """
    try:
        from scipy.special import betaincc, betaln
    except ImportError as error:
        raise MissingExtraError("scipy", "review") from error
    risk, rights = 1 - precision, verdicts - errors
    beyond = float(betaincc(errors + 1, rights + 1, risk))
    if beyond == 0:
        return AuditTest(verdicts, errors, 1.0)
    log_broken = float(betaln(errors + 1, rights + 1)) + math.log(beyond) - math.log(precision)
    log_kept = errors * math.log(risk) + rights * math.log(precision)
    return AuditTest(verdicts, errors, math.exp(min(0.0, log_kept - log_broken)))
