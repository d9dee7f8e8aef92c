"""Gates: what the numbers measured on a pair make of it. Pure."""

from dataclasses import dataclass

from clustering.gates.affine import IDENTITY, MIRROR
from clustering.gates.alignment import Alignment
from clustering.gates.difference import Difference, same_detail
from clustering.settings import MineSettings
from pairset.records.pair import PairStatus

TONE_FLOOR = 4.0
"""Grey levels of coarse colour. JPEG at quality 50 shifts it by 3.3 at most, a brightness of +6
by 6 (docs/mining.md)."""
_SAME_FRAME = 0.05
"""Shares of a side: corners that moved no farther are in the same frame."""
_STILL = 0.01


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The settings that gates go by."""

    alignment_floor: float
    change_area_floor: float
    phash_copy_ceiling: int
    keep_mirrored: bool

    @classmethod
    def of(cls, settings: MineSettings) -> "Thresholds":
        return cls(
            settings.alignment_floor,
            settings.change_area_floor,
            settings.phash_copy_ceiling,
            settings.keep_mirrored,
        )


def is_related(alignment: Alignment, thresholds: Thresholds) -> bool:
    """Whether structure agrees: without that there is nothing to compare."""
    return alignment.correlation >= thresholds.alignment_floor


def judge(
    alignment: Alignment, difference: Difference, phash_distance: int, thresholds: Thresholds
) -> PairStatus:
    """The first gate that says no, or kept.

    The perceptual hash is blind to light and colour: it names what an unchanged pair is, and the
    aligned difference decides whether it is unchanged.
    """
    if not is_related(alignment, thresholds):
        return PairStatus.UNRELATED
    if is_changed(difference, thresholds.change_area_floor):
        return PairStatus.KEPT
    if alignment.distance_from(MIRROR) <= _SAME_FRAME:
        return PairStatus.KEPT if thresholds.keep_mirrored else PairStatus.MIRRORED_COPY
    if alignment.distance_from(IDENTITY) > _SAME_FRAME:
        return PairStatus.KEPT
    if phash_distance > thresholds.phash_copy_ceiling:
        return PairStatus.UNCHANGED
    still = alignment.distance_from(IDENTITY) <= _STILL
    return PairStatus.RE_ENCODED if still else PairStatus.NEAR_DUPLICATE


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
