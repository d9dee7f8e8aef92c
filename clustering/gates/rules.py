"""The gates: one ordered table of what turns a candidate away, and by which settings. Pure.

The first gate that says no names the pair. A gate sees no setting but those that its row names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from clustering.gates.affine import IDENTITY, MIRROR
from clustering.gates.alignment import Alignment
from clustering.gates.difference import Difference, same_detail
from clustering.settings import MineSettings
from pairset.records import Pair
from pairset.records.pair import PairStatus

TONE_FLOOR = 4.0
"""Grey levels of coarse colour. JPEG at quality 50 shifts it by 3.3 at most, a brightness of +6
by 6 (docs/mining.md)."""
_SAME_FRAME = 0.05
"""Shares of a side: corners that moved no farther are in the same frame."""
_STILL = 0.01


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate of which only embeddings and hashes are known."""

    pair: Pair
    rank: int
    """Its place among the candidates of its cluster, the most similar first, from 0."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate whose aligned images were compared."""

    alignment: Alignment
    difference: Difference
    phash_distance: int
    """Bits between the perceptual hashes, 0 to 64."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A good pair beside the others of its cluster."""

    is_chosen: bool
    """Whether the graph of pairs needs it."""
    of_image: int
    """Kept pairs so far of that of its images which has more of them."""
    of_cluster: int
    """Kept pairs so far of its cluster."""


K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Rule(Generic[K]):
    """One gate: which pairs it turns away, by what it knows of them and by which settings."""

    status: PairStatus
    turns_away: Callable[..., bool]
    """Takes what is known, then the values of the settings in their order."""
    settings: tuple[str, ...] = ()


def is_same_image(known: Ranked) -> bool:
    """Whether both files hold the same bytes."""
    return known.pair.source_id == known.pair.target_id


def is_too_similar(known: Ranked, similarity_ceiling: float) -> bool:
    """Whether the encoder alone takes it for a copy."""
    return (known.pair.similarity or 0.0) > similarity_ceiling


def is_beyond_the_first(known: Ranked, candidates_per_cluster: int) -> bool:
    """Whether its cluster has enough that are more similar."""
    return known.rank >= candidates_per_cluster


def is_unread(pair: Pair) -> bool:
    """Whether one of its images could not be opened."""
    return pair.error is not None


def is_unrelated(alignment: Alignment, alignment_floor: float) -> bool:
    """Whether structure disagrees: then there is nothing to compare."""
    return not alignment.correlation >= alignment_floor


def is_changed(difference: Difference, change_area_floor: float) -> bool:
    """Whether more changed than encoding and resizing change.

    Something did if regions of strong difference cover enough area (the no-change check of
    NHR-Edit), or coarse colours shifted, or fine detail was lost or won: faint edits of the whole
    image stay below any threshold per pixel.
    """
    return (
        difference.change_fraction >= change_area_floor
        or difference.tone_shift >= TONE_FLOOR
        or not same_detail(difference.detail_ratio)
    )


def is_mirrored_copy(known: Compared, change_area_floor: float, keep_mirrored: bool) -> bool:
    """Whether nothing changed once the target is mirrored back."""
    if keep_mirrored or is_changed(known.difference, change_area_floor):
        return False
    return known.alignment.distance_from(MIRROR) <= _SAME_FRAME


def is_unchanged(known: Compared, change_area_floor: float, phash_copy_ceiling: int) -> bool:
    """Whether nothing changed although the hashes differ: they only name what is unchanged."""
    is_copy = known.phash_distance <= phash_copy_ceiling
    return not is_copy and is_near_duplicate(known, change_area_floor)


def is_re_encoded(known: Compared, change_area_floor: float) -> bool:
    """Whether nothing changed, and nothing moved."""
    return _is_unchanged_within(known, change_area_floor, _STILL)


def is_near_duplicate(known: Compared, change_area_floor: float) -> bool:
    """Whether nothing changed, and the frame hardly moved."""
    return _is_unchanged_within(known, change_area_floor, _SAME_FRAME)


def _is_unchanged_within(known: Compared, change_area_floor: float, distance: float) -> bool:
    """Whether nothing changed and the frame moved by no more than a share of a side."""
    if is_changed(known.difference, change_area_floor):
        return False
    return known.alignment.distance_from(IDENTITY) <= distance


def is_implied(choice: Choice, pair_graph: str) -> bool:
    """Whether other pairs lead from one of its images to the other."""
    return pair_graph != "all" and not choice.is_chosen


def is_over_image_cap(choice: Choice, pairs_per_image: int) -> bool:
    """Whether one of its images is in enough pairs."""
    return choice.of_image >= pairs_per_image


def is_over_cluster_cap(choice: Choice, pairs_per_cluster: int) -> bool:
    """Whether its cluster gave enough pairs."""
    return choice.of_cluster >= pairs_per_cluster


_AREA = "change_area_floor"
PROPOSED: tuple[Rule[Ranked], ...] = (
    Rule(PairStatus.EXACT_COPY, is_same_image),
    Rule(PairStatus.NEAR_DUPLICATE, is_too_similar, ("similarity_ceiling",)),
    Rule(PairStatus.OVER_CLUSTER_CAP, is_beyond_the_first, ("candidates_per_cluster",)),
)
OPENED: tuple[Rule[Pair], ...] = (Rule(PairStatus.UNREADABLE, is_unread),)
ALIGNED: tuple[Rule[Alignment], ...] = (
    Rule(PairStatus.UNRELATED, is_unrelated, ("alignment_floor",)),
)
COMPARED: tuple[Rule[Compared], ...] = (
    Rule(PairStatus.MIRRORED_COPY, is_mirrored_copy, (_AREA, "keep_mirrored")),
    Rule(PairStatus.UNCHANGED, is_unchanged, (_AREA, "phash_copy_ceiling")),
    Rule(PairStatus.RE_ENCODED, is_re_encoded, (_AREA,)),
    Rule(PairStatus.NEAR_DUPLICATE, is_near_duplicate, (_AREA,)),
)
CHOSEN: tuple[Rule[Choice], ...] = (
    Rule(PairStatus.IMPLIED, is_implied, ("pair_graph",)),
    Rule(PairStatus.OVER_IMAGE_CAP, is_over_image_cap, ("pairs_per_image",)),
    Rule(PairStatus.OVER_CLUSTER_CAP, is_over_cluster_cap, ("pairs_per_cluster",)),
)
"""The gates by what has to be known of a pair, which costs more from one to the next."""
_STAGES: Mapping[str, tuple[Rule[Any], ...]] = MappingProxyType(
    {"candidates": PROPOSED, "measures": (*OPENED, *ALIGNED, *COMPARED), "pairs": CHOSEN}
)


def gates_of(stage: str) -> list[str]:
    """The gates that decide rows of a stage, for its key: one gate more is another run."""
    return [f"gate={rule.status}" for rule in _STAGES.get(stage, ())]


def first_no(
    rules: Sequence[Rule[K]],
    known: K,
    settings: MineSettings,
    otherwise: PairStatus = PairStatus.KEPT,
) -> PairStatus:
    """The status that the first gate which turns a pair away gives it."""
    for rule in rules:
        if rule.turns_away(known, *(getattr(settings, name) for name in rule.settings)):
            return rule.status
    return otherwise
