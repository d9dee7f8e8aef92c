"""What the page calls things."""

from collections.abc import Mapping
from types import MappingProxyType

STATUS_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "kept": ("Kept", "Related, and something changed: these go on to annotation."),
        "exact_copy": ("Exact copy", "Both files hold the same picture."),
        "mirrored_copy": ("Mirrored copy", "One is the other, turned left to right."),
        "re_encoded": ("Re-encoded", "The same picture, resized or compressed again."),
        "near_duplicate": ("Near duplicate", "Perceptual hash and colours are almost the same."),
        "unchanged": ("Unchanged", "Once aligned, no region differs enough to be an edit."),
        "unrelated": ("Unrelated", "Alike to the encoder, yet not the same scene."),
        "implied": ("Implied", "Kept pairs of the same scene already lead from one to the other."),
        "over_image_cap": ("Over image cap", "One of the images is in enough pairs already."),
        "over_cluster_cap": ("Over cluster cap", "The cluster gave enough pairs already."),
        "unreadable": ("Unreadable", "A gate could not measure the pair."),
    }
)
"""By pair status, its name and one sentence on what it means."""

STAGE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "images": "Images",
        "pairs": "Candidate pairs",
        "annotations": "Annotations",
    }
)
"""The stages that the page counts."""

DEMO_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "pair_precision": "pair precision",
        "pair_recall": "pair recall",
        "edit_type_accuracy": "edit type right",
        "exact_en": "English exactly right",
        "exact_zh": "Chinese exactly right",
        "confidence_auroc": "confidence AUROC",
    }
)
"""Figures of the demo that the page shows, by their key in demo.json."""


def words_of(code: str) -> str:
    """A code as words: ``no_such_thing`` → ``No such thing``."""
    if code == "none":
        return "No change"
    return STATUS_WORDS[code][0] if code in STATUS_WORDS else code.replace("_", " ").capitalize()
