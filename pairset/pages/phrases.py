"""What the page calls things."""

from collections.abc import Mapping
from types import MappingProxyType

from pairset.records.pair import PairStatus

STATUS_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {str(status): (status.label, status.meaning) for status in PairStatus}
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
