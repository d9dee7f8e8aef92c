"""How often `pairset triage --precision` keeps its word, and how much it accepts: 200 draws.

    python -m benchmarks.certificates [--draws 200] [--verdicts 300 600 1000] [--mixes hard …]

Every draw is a set of 4,000 simulated pairs, whose evidence the shipped code reads: it queues a
sample, is given the truth for verdicts, calibrates, and tests thresholds. Beside it the same number
of verdicts on a plain random sample. An oracle knows the lowest threshold on the same scores above
which the target is met. The last line is one JSON object.
"""

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pairset.measures.calibration import area_under_roc
from review.calibration.evidence import Evidence, Floats
from review.calibration.reading import KnownSet
from review.certificates.certificate import Kept, Target
from review.certificates.certified_triage import Route, route_of
from review.certificates.look import Terms, stand
from review.sorting.sorting import sample_draw

TARGET = Target(precision=0.95, confidence=0.95)
PAIRS = 4_000
EDIT_TYPES = ("add", "remove", "recolor", "style")
_LOOKS = 6
"""Rounds of the same command after which a reviewer would give up."""


@dataclass(frozen=True, slots=True)
class Mix:
    """A world that pairs are drawn from."""

    right: float
    """Share that is right, 0 to 1."""
    tokens: float
    """How far right and wrong are apart in the tokens, in standard deviations."""
    pixels: float
    """Likewise in the pixels; the sign depends on the edit type."""
    scene_size: int = 2
    together: float = 0.0
    """Share of the scenes whose pairs are all right or all wrong."""


MIXES = {
    "in_domain": Mix(0.97, 2.8, 0.6),
    "hard": Mix(0.5, 1.9, 2.2),
    "hard_scenes": Mix(0.5, 1.9, 2.2, scene_size=8, together=0.5),
}


@dataclass(frozen=True, slots=True)
class World:
    """One set, and the truth about it."""

    known: KnownSet
    right: NDArray[np.bool_]

    def judged(self, names: set[str]) -> "World":
        """The set with true verdicts on these."""
        truth = zip(self.known.evidence, self.right.tolist(), strict=True)
        outcomes = {each.annotation_id: ok for each, ok in truth if each.annotation_id in names}
        return replace(self, known=replace(self.known, outcomes=outcomes))


@dataclass(frozen=True, slots=True)
class Draw:
    """What came of one."""

    certified: bool
    broken: bool
    coverage: float
    """Share of all pairs that is accepted."""
    oracle: float
    """Likewise by the lowest threshold that meets the target."""
    auroc: float
    judged: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--verdicts", type=int, nargs="+", default=[300, 600, 1000])
    parser.add_argument("--mixes", nargs="+", default=list(MIXES), choices=list(MIXES))
    options = parser.parse_args()
    found = []
    for mix in options.mixes:
        for verdicts in options.verdicts:
            for way in ("plain", "gated"):
                draws = list(drawn(MIXES[mix], verdicts, way, options.draws))
                found.append({"mix": mix, "verdicts": verdicts, "way": way, **summary(draws)})
                print(found[-1], flush=True)
    mixes = {name: asdict(MIXES[name]) for name in options.mixes}
    print(json.dumps({"draws": options.draws, "mixes": mixes, "found": found}))


def drawn(mix: Mix, verdicts: int, way: str, draws: int) -> Iterator[Draw]:
    """Each draw is another set; both ways see the same ones."""
    for seed in range(draws):
        world = world_of(mix, seed)
        yield plain(world, verdicts, seed) if way == "plain" else gated(world, verdicts, seed)


def world_of(mix: Mix, seed: int, pairs: int = PAIRS) -> World:
    """Draw a set. Nothing is judged."""
    generator = np.random.default_rng(seed)
    scene = np.arange(pairs) // mix.scene_size
    right = generator.random(pairs) < mix.right
    is_together = generator.random(pairs) < mix.together
    right = np.where(is_together[scene], right[scene * mix.scene_size], right)
    sides = np.where(right, 0.5, -0.5)
    tokens = generator.normal(mix.tokens * sides, 1)
    edit_type = generator.integers(len(EDIT_TYPES), size=pairs)
    signs = np.where(edit_type % 2, 1, -1)
    pixels = signs * generator.normal(mix.pixels * sides, 1)
    noise = generator.normal(0, 1, (pairs, 4))
    evidence = [
        _evidence(f"{seed}-{row}", EDIT_TYPES[edit_type[row]], tokens[row], pixels[row], noise[row])
        for row in range(pairs)
    ]
    return World(KnownSet(evidence, [f"{seed} {name}" for name in scene], {}), right)


def _evidence(name: str, edit_type: str, tokens: float, pixels: float, noise: Floats) -> Evidence:
    """Numbers whose usual reading gives back what they were made from."""
    return Evidence(
        annotation_id=name,
        edit_type=edit_type,
        reply_probability=1 / (1 + math.exp(-(tokens + 0.3 * noise[0]))),
        confidence=1 / (1 + math.exp(-(tokens + 0.3 * noise[0]))),
        mean_en=-math.exp(-tokens),
        min_en=-math.exp(-(tokens + 0.5 * noise[1])),
        change_fraction=(0.4 + 0.07 * pixels) ** 2,
        color_difference=(5 + pixels + 0.5 * noise[2]) ** 2,
        similarity=0.9 + 0.02 * noise[3],
    )


def plain(world: World, verdicts: int, seed: int) -> Draw:
    """As many verdicts on a plain random sample, and one look."""
    order = sorted(_names(world), key=lambda name: sample_draw(name, seed))
    judged = world.judged(set(order[:verdicts]))
    return _draw(judged, stand(judged.known, _terms(seed, None), None))


def gated(world: World, verdicts: int, seed: int) -> Draw:
    """The same command until the budget is judged, all that is queued judged in between."""
    terms, judged, asked = _terms(seed, verdicts), world, set[str]()
    kept: Kept | None = None
    for _ in range(_LOOKS):
        route = route_of(judged.known, terms, kept)
        kept = route.kept
        if kept.certificate.sequence is not None:
            return _draw(judged, kept)
        asked |= set(queue_of(route, _names(world), seed))
        judged = world.judged(asked)
    raise AssertionError(f"The budget was not judged after {_LOOKS} rounds.")


def queue_of(route: Route, names: list[str], seed: int) -> list[str]:
    """What triage queues while nothing is certified."""
    order = sorted(names, key=lambda name: (name in route.behind, sample_draw(name, seed)))
    return order[: route.queue_size]


def summary(draws: list[Draw]) -> dict[str, float]:
    """Shares of the draws, and means over them; nothing certified covers nothing."""
    count = len(draws)
    broken = sum(draw.broken for draw in draws) / count
    return {
        "draws": count,
        "broken": round(broken, 4),
        "broken_standard_error": round(math.sqrt(broken * (1 - broken) / count), 4),
        "nothing_certified": round(sum(not draw.certified for draw in draws) / count, 4),
        "coverage": round(sum(draw.coverage for draw in draws) / count, 4),
        "coverage_of_oracle": round(sum(d.coverage / d.oracle for d in draws) / count, 4),
        "auroc": round(sum(draw.auroc for draw in draws) / count, 4),
        "judged": round(sum(draw.judged for draw in draws) / count, 1),
    }


def _terms(seed: int, budget: int | None) -> Terms:
    return Terms(TARGET, "simulated", 0.05, seed, 0.01, False, budget)


def _names(world: World) -> list[str]:
    return [each.annotation_id for each in world.known.evidence]


def _draw(world: World, kept: Kept) -> Draw:
    scores = kept.calibration.probabilities(world.known.evidence, world.known.scenes)
    threshold = kept.certificate.threshold
    lowered = kept.probabilities(world.known.evidence, world.known.scenes)
    accepted = lowered >= (math.inf if threshold is None else threshold)
    ordered = world.right[np.argsort(-scores)]
    keeps = np.cumsum(ordered) / np.arange(1, len(ordered) + 1) >= TARGET.precision
    return Draw(
        certified=threshold is not None,
        broken=bool(accepted.any()) and float(world.right[accepted].mean()) < TARGET.precision,
        coverage=float(accepted.mean()),
        oracle=(int(np.flatnonzero(keeps)[-1]) + 1) / len(ordered),
        auroc=area_under_roc(scores.tolist(), world.right.tolist()) or 0.0,
        judged=int(sum(each is not None for each in world.known.outcomes.values())),
    )


if __name__ == "__main__":
    main()
