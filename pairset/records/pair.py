"""Two related images, or the reason why they are not a pair worth having."""

from dataclasses import dataclass
from enum import StrEnum

from pairset.records.ids import content_id
from pairset.records.table import Float32, Int32, Record


class PairStatus(StrEnum):
    """What the gates decided: kept, or the first gate that said no."""

    KEPT = "kept"
    EXACT_COPY = "exact_copy"
    MIRRORED_COPY = "mirrored_copy"
    RE_ENCODED = "re_encoded"
    NEAR_DUPLICATE = "near_duplicate"
    UNCHANGED = "unchanged"
    UNRELATED = "unrelated"
    IMPLIED = "implied"
    OVER_IMAGE_CAP = "over_image_cap"
    OVER_CLUSTER_CAP = "over_cluster_cap"
    UNREADABLE = "unreadable"


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
    """HDBSCAN cluster both images belong to."""
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
    status: str = PairStatus.KEPT
    """kept, or the gate that rejected the pair."""
    error: str | None = None
    """Why a gate could not measure the pair."""


def pair_id_of(source_id: str, target_id: str) -> str:
    """Id of the pair from one image to another; the reversed pair has another id."""
    return content_id("pair", source_id, target_id)
