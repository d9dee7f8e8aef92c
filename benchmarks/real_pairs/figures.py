"""Figures of a mined corpus: how many of the known pairs it keeps, and what turned others away."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from benchmarks.real_pairs.corpus import Corpus, KnownPair
from pairset.records.pair import PairStatus

NOT_A_CANDIDATE = "not_a_candidate"
"""What became of a known pair that mining has no row of."""
ALL = "all"
"""The name of the sum over the families."""


class Half(StrEnum):
    """Which scenes count: thresholds are chosen on one half and reported on the other."""

    FIRST = "first"
    SECOND = "second"
    ALL = "all"

    def has(self, scene: str) -> bool:
        """Whether a scene counts; a hash of its name decides."""
        is_first = hashlib.sha256(scene.encode()).digest()[0] < 128
        return self == Half.ALL or is_first == (self == Half.FIRST)


@dataclass(frozen=True)
class MinedPair:
    """One row of the mined pairs."""

    source_id: str
    target_id: str
    status: str
    similarity: float | None

    @property
    def is_kept(self) -> bool:
        return self.status == PairStatus.KEPT

    @property
    def ends(self) -> frozenset[str]:
        """Both image ids, whatever the direction; a single one of two copies of one file."""
        return frozenset((self.source_id, self.target_id))


@dataclass(frozen=True)
class Fate:
    """What became of a known pair: its status, or ``NOT_A_CANDIDATE``."""

    pair: KnownPair
    status: str


@dataclass(frozen=True)
class MinedCorpus:
    """A corpus, the image id of each photo by its file name, and every candidate."""

    corpus: Corpus
    image_ids: Mapping[str, str]
    pairs: tuple[MinedPair, ...]

    def fates(self, half: Half) -> list[Fate]:
        """What became of each known pair of a half."""
        statuses: dict[frozenset[str], str] = {}
        for pair in sorted(self.pairs, key=lambda pair: pair.is_kept):
            statuses[pair.ends] = pair.status
        return [
            Fate(pair, statuses.get(self._ends(pair), NOT_A_CANDIDATE))
            for pair in self.corpus.pairs
            if half.has(self.corpus.scenes[pair.first])
        ]

    def kept(self, half: Half) -> list[MinedPair]:
        """Kept pairs of a half. Of a pair of strangers the scene that sorts first decides: a rule
        that wanted both scenes in the half would leave out half of the strangers.
        """
        kept = (pair for pair in self.pairs if pair.is_kept)
        return [pair for pair in kept if half.has(min(self._scenes_of_either(pair)))]

    def is_of_one_scene(self, pair: MinedPair) -> bool:
        """Whether both images show one scene; files with the same bytes show all of theirs."""
        return bool(self._scenes[pair.source_id] & self._scenes[pair.target_id])

    @cached_property
    def photo_of(self) -> Mapping[str, str]:
        """File name by image id, the first one of several."""
        return {self.image_ids[photo]: photo for photo in sorted(self.image_ids, reverse=True)}

    @cached_property
    def _scenes(self) -> Mapping[str, set[str]]:
        scenes: dict[str, set[str]] = {}
        for photo, image_id in self.image_ids.items():
            scenes.setdefault(image_id, set()).add(self.corpus.scenes[photo])
        return scenes

    def _scenes_of_either(self, pair: MinedPair) -> set[str]:
        return self._scenes[pair.source_id] | self._scenes[pair.target_id]

    def _ends(self, pair: KnownPair) -> frozenset[str]:
        return frozenset(self.image_ids.get(photo, photo) for photo in (pair.first, pair.second))


def recall_of(fates: Iterable[Fate]) -> dict[str, float]:
    """Share of the known pairs that are kept, 0 to 1, by family and of all."""
    known: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for fate in fates:
        for family in (fate.pair.family, ALL):
            known[family] += 1
            kept[family] += fate.status == PairStatus.KEPT
    return {family: kept[family] / known[family] for family in _in_order(known)}


def lost_of(fates: Iterable[Fate]) -> dict[str, dict[str, int]]:
    """Known pairs that are not kept: by what turned them away, how many of each family and all."""
    lost: dict[str, Counter[str]] = {}
    for fate in fates:
        if fate.status != PairStatus.KEPT:
            lost.setdefault(fate.status, Counter()).update((fate.pair.family, ALL))
    return {
        status: {family: lost[status][family] for family in _in_order(lost[status])}
        for status in sorted(lost, key=lambda status: (-lost[status][ALL], status))
    }


def precision_of(mined: MinedCorpus, half: Half) -> float | None:
    """Share of the kept pairs whose two photos are of one scene; None where none is kept."""
    kept = mined.kept(half)
    return sum(map(mined.is_of_one_scene, kept)) / len(kept) if kept else None


def figures_of(mined: MinedCorpus, half: Half, core_seconds: float | None) -> dict[str, object]:
    """What the last line says. Candidates and core-seconds are those of the whole corpus.

    core_seconds: processor time of mining; None where it is not known.
    """
    fates, images = mined.fates(half), max(1, len(mined.image_ids))
    precision = precision_of(mined, half)
    return {
        "half": half.value,
        "recall": {family: round(share, 4) for family, share in recall_of(fates).items()},
        "precision": None if precision is None else round(precision, 4),
        "candidates_per_image": round(len(mined.pairs) / images, 4),
        "core_seconds_per_image": None if core_seconds is None else round(core_seconds / images, 4),
        "kept": len(mined.kept(half)),
        "lost": lost_of(fates),
    }


def table_of(fates: Iterable[Fate]) -> str:
    """A line for each family and each kind in it: pairs, share kept, what turned others away."""
    groups: dict[tuple[str, str], list[str]] = {}
    for fate in fates:
        for group in ((fate.pair.family, ""), (fate.pair.family, fate.pair.kind), (ALL, "")):
            groups.setdefault(group, []).append(fate.status)
    lines = [f"{'family, kind':42} pairs  kept  lost"]
    for family, kind in sorted(groups, key=lambda group: (group[0] == ALL, group)):
        statuses = groups[family, kind]
        share = statuses.count(PairStatus.KEPT) / len(statuses)
        counts = Counter(status for status in statuses if status != PairStatus.KEPT)
        lost = ", ".join(f"{status} {count}" for status, count in counts.most_common())
        lines.append(
            f"{'  ' + kind if kind else family:42} {len(statuses):5}  {share:4.2f}  {lost}"
        )
    return "\n".join(line.rstrip() for line in lines)


def _in_order(families: Iterable[str]) -> list[str]:
    return sorted(families, key=lambda family: (family == ALL, family))
