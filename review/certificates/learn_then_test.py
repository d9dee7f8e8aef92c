"""The lowest threshold above which a wanted share is right, found without looking twice.

Learn then Test (Angelopoulos, Bates, Candès, Jordan & Lei 2021, arXiv 2110.01052) with
fixed-sequence testing: thresholds are tested from strict to loose, each at the full level, and the
first that fails ends it; the chance that one passes which misses the target is at most the level.
Where to start is learned from the scores, which saw no verdict that is tested (split fixed-sequence
testing, ibid.): amid the thresholds that forgive so many errors that they are likely to pass. With
59 verdicts and no error to spare, one unlucky verdict would end the sequence.

The p-value of a threshold is the binomial tail of its errors. Where pairs of a scene fail
together, verdicts and errors are divided by the design effect (Korn & Graubard 1998).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pairset.errors import MissingExtraError
from review.certificates.population import Flags, Floats, Population, design_effect

_GOOD_CHANCE = 0.95
"""Chance of passing, as the scores have it, that is good enough for the first test."""
_LEAST_CHANCE = 0.2
"""With less of a chance nothing is tested: a look that would hardly pass is better saved."""
_MOST_TESTS = 400


@dataclass(frozen=True, slots=True)
class ThresholdTest:
    """One threshold, and what the verdicts above it say."""

    threshold: float
    verdicts: int
    errors: int
    p_value: float
    """Chance of so few errors, did the pairs above the threshold just miss the target."""


@dataclass(frozen=True, slots=True)
class ThresholdSequence:
    """The tests in their order: all passed but perhaps the last. None where none had a chance."""

    level: float
    tests: tuple[ThresholdTest, ...]
    design_effect: float

    @property
    def passed(self) -> ThresholdTest | None:
        """The loosest that passed; None where nothing is certified."""
        good = [test for test in self.tests if test.p_value <= self.level]
        return good[-1] if good else None


def fixed_sequence(population: Population, precision: float, level: float) -> ThresholdSequence:
    """Test thresholds until one fails.

    ``population.scores`` must come from a model that saw none of the verdicts, nor others of their
    scenes. ``level`` is the chance of a missed target that is allowed, 0 to 1.
    """
    effect = design_effect(population)
    risk = 1 - precision
    tests: list[ThresholdTest] = []
    for threshold, counted in _thresholds(population, risk, level, effect):
        errors = int((~population.right[counted]).sum())
        verdicts = int(counted.sum())
        p_value = binomial_tail(errors / effect, verdicts / effect, risk)
        tests.append(ThresholdTest(threshold, verdicts, errors, p_value))
        if p_value > level:
            break
    return ThresholdSequence(level, tuple(tests), effect)


def binomial_tail(errors: float, verdicts: float, risk: float) -> float:
    """P(at most so many errors among so many verdicts), each wrong with chance ``risk``.

    Counts need not be whole. Raises MissingExtraError without scipy.
    """
    try:
        from scipy.special import betainc
    except ImportError as error:
        raise MissingExtraError("scipy", "review") from error
    if errors >= verdicts:
        return 1.0
    return float(betainc(verdicts - errors, errors + 1, 1 - risk))


def least_verdicts(errors: int, risk: float, level: float) -> int:
    """The fewest verdicts that certify with so many errors."""
    low, high = errors, errors + 1
    while binomial_tail(errors, high, risk) > level:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if binomial_tail(errors, middle, risk) > level else (low, middle)
    return high


def most_errors(verdicts: float, risk: float, level: float) -> int:
    """The most errors that certify among so many verdicts; -1 where even none would not."""
    low, high = -1, math.ceil(verdicts)
    while high - low > 1:
        middle = (low + high) // 2
        passes = binomial_tail(middle, verdicts, risk) <= level
        low, high = (middle, high) if passes else (low, middle)
    return low


def _thresholds(
    population: Population, risk: float, level: float, effect: float
) -> Iterator[tuple[float, Flags]]:
    """Thresholds from strict to loose, and the rows that count for each. Sees no outcome."""
    levels = np.unique(population.scores[population.judged])[::-1]
    counted = [(float(each), population.counted(each)) for each in _thinned(levels)]
    chances = [_chance(population.scores[rows], risk, level, effect) for _, rows in counted]
    if not chances or max(chances) < _LEAST_CHANCE:
        return
    good = [place for place, chance in enumerate(chances) if chance >= _GOOD_CHANCE]
    reached = 0
    for threshold, rows in counted[good[len(good) // 2] if good else int(np.argmax(chances)) :]:
        if rows.sum() > reached:
            reached = int(rows.sum())
            yield threshold, rows


def _thinned(levels: Floats) -> Floats:
    return levels[:: max(1, len(levels) // _MOST_TESTS)]


def _chance(scores: Floats, risk: float, level: float, effect: float) -> float:
    """Chance that verdicts with these scores certify, if the scores tell the truth.

    One more error than they foretell is reckoned with: the surest scores boast most.
    """
    if not len(scores):
        return 0.0
    verdicts = len(scores) / effect
    wrong = float((1 - scores).sum() + 1) / (len(scores) + 1)
    errors = most_errors(verdicts, risk, level)
    return binomial_tail(errors, verdicts, wrong) if errors >= 0 else 0.0
