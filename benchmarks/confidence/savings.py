"""What reviewing a part of a mix saves, by gain, by doubt and at random.

Looks are given in four rounds; after each the calibration is fitted on what was judged. Accuracy is
that of the pairs worth keeping once the looked-at ones are put right: reviewing all makes it 1.
Errors count once for each scene and edit type. Intervals are bootstrapped over scenes.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.certificates import World
from benchmarks.confidence.campaigns import world_of
from benchmarks.confidence.rows import Rows
from review.calibration.crossfit import cross_fit
from review.calibration.evidence import Evidence, Floats
from review.calibration.fitting import shipped_prior
from review.calibration.fixable import fixable
from review.certificates.look import judged_of
from review.sorting.sorting import Candidate, Policy, QueueOrder, sort_annotations

ORDERS: tuple[QueueOrder, ...] = ("gain", "doubt", "random")
NOT_OF_USE = ("unrelated",)
"""Origins of pairs that are not worth keeping, whatever is written of them."""
_ROUNDS = 4
_RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Truth:
    """A world, and which of its pairs are worth keeping."""

    world: World
    of_use: NDArray[np.bool_]
    scene: NDArray[np.int64]

    @property
    def evidence(self) -> list[Evidence]:
        return self.world.known.evidence


def figures(rows: Rows, shares: tuple[float, ...]) -> dict[str, dict[str, object]]:
    """By order and share that is reviewed."""
    _, scene = np.unique(rows.scenes, return_inverse=True)
    of_use = np.array([origin not in NOT_OF_USE for origin in rows.origins])
    truth = Truth(world_of(rows), of_use, scene)
    found: dict[str, dict[str, object]] = {}
    for share in shares:
        looks = {order: looked_at(truth, order, round(share * len(rows))) for order in ORDERS}
        for order in ORDERS:
            found[f"{order} {share:.0%}"] = measures(truth, looks[order], looks["gain"])
    return found


def looked_at(truth: Truth, order: QueueOrder, budget: int) -> NDArray[np.bool_]:
    """Rows that were looked at in the end."""
    names = [each.annotation_id for each in truth.evidence]
    seen: set[str] = set()
    for part in range(1, _ROUNDS + 1):
        limit = round(budget * part / _ROUNDS)
        policy = Policy(1.01, 0.0, limit, 0, order, errors=_errors(truth, seen))
        rows = sort_annotations(_candidates(truth, seen), policy)
        seen |= {row.annotation_id for row in rows if row.place is not None}
    return np.array([name in seen for name in names])


def _candidates(truth: Truth, seen: set[str]) -> list[Candidate]:
    return [
        Candidate(
            *(each.annotation_id, each.annotation_id, str(scene), each.confidence),
            *(True, True, True, each.edit_type, chance, words_help, each.annotation_id in seen),
        )
        for each, scene, chance, words_help in zip(
            truth.evidence,
            truth.scene.tolist(),
            _chances(truth, seen).tolist(),
            fixable(truth.evidence, _fixed(truth, seen)).tolist(),
            strict=True,
        )
    ]


def _chances(truth: Truth, seen: set[str]) -> Floats:
    if not seen:
        return shipped_prior().probabilities(truth.evidence)
    known = truth.world.judged(seen).known
    return cross_fit(judged_of(known)).probabilities(known.evidence, known.scenes)


def _fixed(truth: Truth, seen: set[str]) -> dict[str, bool]:
    """Of what was looked at and is wrong, whether it could be put right."""
    outcomes = zip(truth.evidence, truth.world.right.tolist(), truth.of_use.tolist(), strict=True)
    return {
        each.annotation_id: use
        for each, right, use in outcomes
        if each.annotation_id in seen and not right
    }


def _errors(truth: Truth, seen: set[str]) -> Counter[str]:
    fixed = _fixed(truth, seen)
    return Counter(each.edit_type or "" for each in truth.evidence if fixed.get(each.annotation_id))


def measures(
    truth: Truth, looked: NDArray[np.bool_], by_gain: NDArray[np.bool_]
) -> dict[str, object]:
    """Accuracy with its interval, how far it is from that by gain, and distinct errors found."""
    draws = np.random.default_rng(0).multinomial(
        int(truth.scene.max()) + 1,
        np.ones(truth.scene.max() + 1) / (truth.scene.max() + 1),
        _RESAMPLES,
    )
    kept = np.bincount(truth.scene, truth.of_use)
    own, gains = (
        np.bincount(truth.scene, truth.of_use & (truth.world.right | each))
        for each in (looked, by_gain)
    )
    accuracy = draws @ own / (draws @ kept)
    lead = draws @ (gains - own) / (draws @ kept)
    errors = {
        (int(scene), each.edit_type)
        for each, scene, found in zip(
            truth.evidence, truth.scene, looked & ~truth.world.right, strict=True
        )
        if found
    }
    return {
        "accuracy": round(float(own.sum() / kept.sum()), 4),
        "interval": _interval(accuracy),
        "gain_leads_by": _interval(lead),
        "errors_found": int((looked & ~truth.world.right).sum()),
        "scenes_and_types": len(errors),
    }


def _interval(values: Floats) -> list[float]:
    """95 %, by percentiles."""
    return [round(float(each), 4) for each in np.percentile(values, [2.5, 97.5])]
