"""How many verdicts on randomly drawn pairs a certificate would take, as the scores have it."""

import numpy as np

from review.certificates.learn_then_test import binomial_tail, least_verdicts, most_errors
from review.certificates.population import Floats

_CHANCE = 0.8
_MOST_VERDICTS = 200_000
_GROWTH = 1.1
_SHARES = np.arange(0.02, 1.001, 0.02)


def verdicts_needed(
    scores: Floats, precision: float, level: float, optimism: float = 1.0
) -> int | None:
    """The fewest random verdicts that certify some threshold with a chance of 80 %.

    ``scores`` are the probabilities of all pairs at hand; where verdicts showed that so many times
    more are wrong than the scores had it, ``optimism`` says so. None where no part of the pairs
    looks right often enough: then it is not verdicts that are missing.
    """
    ordered = np.sort(scores)[::-1]
    needed = []
    for share in _SHARES:
        rows = round(share * len(ordered))
        if rows:
            wrong = min(1.0, optimism * (1 - float(ordered[:rows].mean())))
            above = _verdicts_above(wrong, 1 - precision, level)
            if above is not None:
                needed.append(above * len(ordered) / rows)
    return int(np.ceil(min(needed))) if needed else None


def _verdicts_above(wrong: float, risk: float, level: float) -> int | None:
    """Verdicts above a threshold that certify it, if so large a share there is wrong."""
    if wrong >= risk:
        return None
    verdicts = least_verdicts(0, risk, level)
    while verdicts < _MOST_VERDICTS:
        errors = most_errors(verdicts, risk, level)
        if binomial_tail(errors, verdicts, wrong) >= _CHANCE:
            return verdicts
        verdicts = int(np.ceil(verdicts * _GROWTH))
    return None
