"""Two related images, or the reason why they are not a pair worth having."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pairset.records.ids import content_id
from pairset.records.table import Float32, Int32, Record


class PairStatus(StrEnum):
    """What became of a candidate: kept, or turned away by a gate; with the words for it."""

    meaning: str
    """One sentence."""
    label: str

    def __new__(cls, code: str, meaning: str, label: str = "") -> "PairStatus":
        member = str.__new__(cls, code)
        member._value_, member.meaning = code, meaning
        member.label = label or code.replace("_", " ").capitalize()
        return member

    PENDING = "pending", "No gate has looked at its pixels yet."
    KEPT = "kept", "Related, and something changed: these go on to annotation."
    EXACT_COPY = "exact_copy", "Both files hold the same picture."
    UNREADABLE = "unreadable", "A gate could not measure the pair."
    UNRELATED = "unrelated", "Alike to the encoder, yet not the same scene."
    MIRRORED_COPY = "mirrored_copy", "One is the other, turned left to right."
    UNCHANGED = "unchanged", "Once aligned, no region differs enough to be an edit."
    RE_ENCODED = "re_encoded", "The same picture, resized or compressed again.", "Re-encoded"
    NEAR_DUPLICATE = "near_duplicate", "Perceptual hash and colours are almost the same."
    IMPLIED = "implied", "Kept pairs of the same scene already lead from one to the other."
    OVER_IMAGE_CAP = "over_image_cap", "One of the images is in enough pairs already."
    OVER_CLUSTER_CAP = "over_cluster_cap", "The cluster gave enough pairs already."


class Gate(NamedTuple):
    """One gate, by the status of the pairs that it turns away."""

    status: PairStatus
    sees_pixels: bool
    """Whether the images are aligned by then; rows of gates before have no numbers."""


GATES = (
    Gate(PairStatus.EXACT_COPY, sees_pixels=False),
    Gate(PairStatus.NEAR_DUPLICATE, sees_pixels=False),
    Gate(PairStatus.OVER_CLUSTER_CAP, sees_pixels=False),
    Gate(PairStatus.UNREADABLE, sees_pixels=False),
    Gate(PairStatus.UNRELATED, sees_pixels=True),
    Gate(PairStatus.MIRRORED_COPY, sees_pixels=True),
    Gate(PairStatus.UNCHANGED, sees_pixels=True),
    Gate(PairStatus.RE_ENCODED, sees_pixels=True),
    Gate(PairStatus.NEAR_DUPLICATE, sees_pixels=True),
    Gate(PairStatus.IMPLIED, sees_pixels=True),
    Gate(PairStatus.OVER_IMAGE_CAP, sees_pixels=True),
    Gate(PairStatus.OVER_CLUSTER_CAP, sees_pixels=True),
)
"""In the order in which they are tested; two statuses are given by two gates each."""


@dataclass(frozen=True, slots=True)
class Pair(Record):
    """A candidate pair in its canonical direction, with every number measured on it."""

    pair_id: str
    """Hash of the ordered image ids."""
    reverse_pair_id: str
    """Id of the same pair from target to source."""
    source_id: str
    target_id: str
    source_uri: str
    target_uri: str
    cluster: str | None
    """Scene that both images belong to, named after the images in it."""
    similarity: Float32 | None = None
    """Cosine of the two embeddings."""
    phash_distance: Int32 | None = None
    """Hamming distance of the perceptual hashes, 0 to 64 bits."""
    mirrored_phash_distance: Int32 | None = None
    """The same between the source and the mirrored target."""
    alignment: list[Float32] | None = None
    """Affine map from source to target, two rows of three, both images spanning 0 to 1."""
    structure_correlation: Float32 | None = None
    """Correlation of the aligned images' structure, blind to light and colour, -1 to 1."""
    color_difference: Float32 | None = None
    """Mean absolute difference of the aligned images, 0 to 255."""
    tone_shift: Float32 | None = None
    """Difference of the aligned images' coarse colours, 95th percentile, 0 to 255."""
    background_shift: Float32 | None = None
    """The same, median over blocks: near 0 where only a part of the image changed."""
    patch_shift: Float32 | None = None
    """Mean of target less source in the patch of 7 × 7 pixels where it is largest, of images whose
    longer side is 384, 0 to 255: large where something small changed."""
    color_shift: list[Float32] | None = None
    """Mean of target less source: red, green and blue, -255 to 255."""
    chroma_shift: Float32 | None = None
    """The same of how far coarse colours are from grey."""
    contrast_ratio: Float32 | None = None
    """Spread of the target's coarse light over that of the source."""
    detail_ratio: Float32 | None = None
    """Fine detail of the target over that of the source, with light and contrast made equal."""
    unexplained: Float32 | None = None
    """Share of the target that no single edit of the source explains, 0 to about 1."""
    unexplained_backwards: Float32 | None = None
    """The same of the source, from the target: an original explains its edits, not they it."""
    leftover: Float32 | None = None
    """The block of the target farthest from what the best single edit of the source makes of it,
    0 to 255: large where an object changed, and under a change of the whole image two edits did."""
    ssim: Float32 | None = None
    """Structural similarity of the aligned images (Wang et al. 2004)."""
    change_fraction: Float32 | None = None
    """Share of the aligned area that changed, 0 to 1."""
    change_components: Int32 | None = None
    """Connected regions that changed."""
    change_largest: Float32 | None = None
    """Share of the aligned area that the largest of them covers, 0 to 1."""
    change_box: list[Int32] | None = None
    """Box round what changed: left, top, right, bottom in source pixels."""
    change_mask_size: list[Int32] | None = None
    """Height and width of the mask."""
    change_mask: list[Int32] | None = None
    """Mask of what changed, run lengths in COCO order (column by column, zeros first)."""
    status: str = PairStatus.PENDING
    """What became of it, one of ``PairStatus``."""
    error: str | None = None
    """Why a gate could not measure the pair."""


def pair_id_of(source_id: str, target_id: str) -> str:
    """Id of the pair from one image to another; the reversed pair has another id."""
    return content_id("pair", source_id, target_id)
