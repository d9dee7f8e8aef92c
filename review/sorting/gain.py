"""In which order people's looks are worth the most. Pure.

A look changes something if the annotation is wrong, and teaches if the pair is of use: then the
verdict is a correction to train on, and a rejection is not (review/calibration/fixable.py). What
it teaches shrinks with every look at the same scene, and with the errors that the queue is likely
to hold already of the same kind of edit. So the worth of a look is

    (1 - P(right)) · P(fixed | wrong)
    / ⁴√((1 + looks at the scene) · (1 + errors of the kind))

The root is so high because scenes are large: shared out any more evenly, looks go to pairs that are
right (benchmarks/confidence, savings).

and the queue is the greedy one: every place goes to what is worth the most after all before it.
Worths only ever fall while it grows, so they are looked at again only where they come first (lazy
greedy, Minoux 1978).
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from review.calibration.fixable import NO_IDEA

_SPREAD = 0.25
"""How fast worth falls with looks and errors that are there already; 0 looks at doubt alone."""

_Entry: TypeAlias = tuple[float, float, str, int, int]
"""Negative worth, confidence, name, place, and the looks at the scene it was weighed after."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """An annotation nobody has looked at."""

    name: str
    right: float
    """Probability that a reviewer would accept it unchanged, 0 to 1."""
    scene: str
    kind: str
    """Edit type."""
    fixable: float = NO_IDEA
    """P(fixed | wrong), 0 to 1: whether words would help at all."""
    confidence: float = 0.0
    """The lower comes first where worths are equal."""


def gain_order(
    prospects: Sequence[Prospect],
    errors: Mapping[str, int] | None = None,
    count: int | None = None,
) -> list[int]:
    """Places in ``prospects`` of the ``count`` most worth a look, the most useful first.

    ``errors`` counts the annotations of each kind that were put right already.
    The order in which they come does not matter. n prospects of k kinds take O(n) to begin with and
    O(k + log n) for every place, and what scenes of many pairs add: a pair is weighed again at most
    once for every look at its scene.
    """
    queue = _Queue(prospects, errors or {})
    wanted = len(prospects) if count is None else min(count, len(prospects))
    return [queue.take() for _ in range(wanted)]


class _Queue:
    """What is left to queue: a heap for each kind, since a kind's worths fall all together."""

    def __init__(self, prospects: Sequence[Prospect], errors: Mapping[str, int]) -> None:
        self._prospects = prospects
        self._looks: dict[str, int] = {}
        kinds = {each.kind for each in prospects}
        self._errors = {kind: float(errors.get(kind, 0)) for kind in kinds}
        self._heaps: dict[str, list[_Entry]] = {kind: [] for kind in kinds}
        for place, each in enumerate(prospects):
            worth = (1 - each.right) * each.fixable
            self._heaps[each.kind].append((-worth, each.confidence, each.name, place, 0))
        for heap in self._heaps.values():
            heapq.heapify(heap)

    def take(self) -> int:
        """The place of the most useful prospect that is left."""
        *_, kind = min(self._foremost())
        place = heapq.heappop(self._heaps[kind])[3]
        chosen = self._prospects[place]
        self._looks[chosen.scene] = self._looks.get(chosen.scene, 0) + 1
        self._errors[kind] += 1 - chosen.right
        if not self._heaps[kind]:
            del self._heaps[kind]
        return place

    def _foremost(self) -> Iterator[tuple[float, float, str, str]]:
        """Of each kind the most useful, as negative worth, confidence, name and kind."""
        for kind, heap in self._heaps.items():
            worth, confidence, name, place, looks = heap[0]
            while looks < (now := self._looks.get(self._prospects[place].scene, 0)):
                fallen = worth * ((1 + looks) / (1 + now)) ** _SPREAD
                heapq.heapreplace(heap, (fallen, confidence, name, place, now))
                worth, confidence, name, place, looks = heap[0]
            yield worth / (1 + self._errors[kind]) ** _SPREAD, confidence, name, kind
