"""Whether certificates are right on a mix: many campaigns of verdicts, through triage's own code.

Every campaign draws other verdicts, calibrates, tests thresholds and accepts; an oracle knows the
lowest threshold on the same scores that meets the target.
"""

import math
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from benchmarks.certificates import TARGET, Draw, World, gated, plain, summary
from benchmarks.confidence.rows import Rows
from pairset.running.progress import progress
from review.calibration.reading import KnownSet
from review.certificates.audit import audit_test
from review.certificates.certificate import Kept
from review.certificates.look import Terms, stand
from review.sorting.sorting import sample_draw

_AUDITS = 200
"""Random orders of audits."""
_SHIFT_LEVEL = 0.01
_PLAIN_SHARE = 0.2
"""Of the campaigns, for comparison."""


def world_of(rows: Rows) -> World:
    """The mix with nothing judged."""
    return World(KnownSet(list(rows.evidence), list(rows.scenes), {}), rows.right)


def figures(rows: Rows, verdicts: int, draws: int) -> dict[str, dict[str, float]]:
    """With so many verdicts, spent as triage asks for them; now and then on a plain sample."""
    world = world_of(rows)
    found = {}
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        for way, count in ((gated, draws), (plain, math.ceil(draws * _PLAIN_SHARE))):
            coming = workers.map(partial(way, world, verdicts), range(count))
            name = f"certificate, {way.__name__}"
            found[way.__name__] = summary(
                list[Draw](progress(coming, name, total=count, unit="draw"))
            )
    return found


def shift_figures(certified_on: Rows, others: Rows, verdicts: int) -> dict[str, object]:
    """Certify on one mix, then meet another: does the test of shift see it, and how soon do audits?

    Audits are told alone, as if the test of shift had not been there.
    """
    kept = _certified(certified_on, verdicts)
    threshold = kept.certificate.threshold
    if threshold is None:
        return {"certified": False}
    after = _met(certified_on, others, kept)
    scores = kept.probabilities(list(others.evidence), list(others.scenes))
    right = others.right[scores >= threshold]
    waits = [_audits_until_broken(right, seed) for seed in range(_AUDITS)]
    return {
        "certified": True,
        "standing_with_the_other_mix": str(after.certificate.standing),
        "numbers_that_shifted": len(after.certificate.shifts),
        "accepted_of_the_other_mix": len(right) / len(others),
        "right_of_these": float(right.mean()),
        "audits_until_broken_median": float(np.median(waits)),
        "audits_until_broken_95": float(np.percentile(waits, 95)),
    }


def _certified(rows: Rows, verdicts: int) -> Kept:
    world = world_of(rows)
    names = sorted(
        (each.annotation_id for each in rows.evidence), key=lambda name: sample_draw(name, 0)
    )
    return stand(world.judged(set(names[:verdicts])).known, _terms(), None)


def _met(certified_on: Rows, others: Rows, kept: Kept) -> Kept:
    """The same set with the other mix in it as well."""
    both = KnownSet(
        [*certified_on.evidence, *others.evidence], [*certified_on.scenes, *others.scenes], {}
    )
    return stand(both, _terms(), kept)


def _audits_until_broken(right: Sequence[bool], seed: int) -> int:
    """Audits in random order until the certificate counts as broken; all where it never does."""
    order = np.random.default_rng(seed).permutation(len(right))
    errors = np.cumsum(~np.asarray(right)[order])
    for audits in range(1, len(order) + 1):
        test = audit_test(audits, int(errors[audits - 1]), TARGET.precision)
        if test.p_value <= 1 - TARGET.confidence:
            return audits
    return len(order)


def _terms() -> Terms:
    return Terms(TARGET, "starter", 0.05, 0, _SHIFT_LEVEL, recertify=False)
