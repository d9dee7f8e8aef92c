"""What is known of an annotation before anybody looked: numbers by name. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

REPLY_PROBABILITY = "reply_probability"
LOG_PROBABILITIES = (
    *(REPLY_PROBABILITY, "confidence", "mean_en", "min_en"),
    *("probability_zh", "mean_zh", "min_zh", "language_gap"),
    *("mean_inverse_en", "min_inverse_en", "mean_inverse_zh", "min_inverse_zh"),
    *("inverse_gap", "inverse_overlap", "mean_edit_type"),
)
"""What the model's own reply says; stored with the annotation, so it costs nothing."""
PIXELS = (
    *("change_fraction", "change_components", "change_largest", "box_share"),
    *(
        "color_difference",
        "tone_shift",
        "background_shift",
        "light_shift",
        "warmth_shift",
        "chroma_shift",
    ),
    *("contrast_ratio", "detail_ratio", "similarity", "ssim", "structure_correlation"),
    *("unexplained", "unexplained_backwards", "leftover", "moved"),
)
"""What mining measured on the two images."""
PROBES = (
    *("critic_yes", "sample_type_agreement", "sample_chrf"),
    *("gap_swapped", "gap_source_twice", "gap_blank_target", "other_mean", "direction"),
)
"""What was asked of models afterwards (pairset probe, pairset direction)."""

NUMBERS = frozenset({*LOG_PROBABILITIES, *PIXELS, *PROBES})
_LEAST_PROBABILITY = 1e-6


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of one annotation; None where it was never measured."""

    annotation_id: str
    edit_type: str | None = None
    """As the model said."""
    reply_probability: float | None = None
    """Probability of the tokens of both instructions in both languages and of the edit type, 0 to
    1: who accepts an annotation unchanged accepts all of it."""
    confidence: float | None = None
    """Probability of the English instruction's tokens, 0 to 1."""
    mean_en: float | None = None
    """Mean log-probability of those tokens, natural logarithm."""
    min_en: float | None = None
    """The least of them."""
    probability_zh: float | None = None
    """The same three of the Chinese instruction."""
    mean_zh: float | None = None
    min_zh: float | None = None
    language_gap: float | None = None
    """How far the two mean log-probabilities are apart: sure in one language, not in the other."""
    mean_inverse_en: float | None = None
    """Mean and least log-probability of the instruction that leads back."""
    min_inverse_en: float | None = None
    mean_inverse_zh: float | None = None
    min_inverse_zh: float | None = None
    inverse_gap: float | None = None
    """How far the mean log-probabilities of both English instructions are apart."""
    inverse_overlap: float | None = None
    """Share of the words of both English instructions that stand in both, 0 to 1 (Jaccard)."""
    mean_edit_type: float | None = None
    """Mean log-probability of the edit type's tokens."""
    change_fraction: float | None = None
    """Share of the aligned area that changed, 0 to 1."""
    change_components: float | None = None
    """Connected regions that changed."""
    change_largest: float | None = None
    """Share that the largest of them covers, 0 to 1."""
    box_share: float | None = None
    """Area of the change box over that of the source, 0 to 1."""
    color_difference: float | None = None
    """Mean absolute difference of the aligned images, 0 to 255."""
    tone_shift: float | None = None
    """Difference of coarse colours, 0 to 255."""
    background_shift: float | None = None
    """The same, median over blocks."""
    light_shift: float | None = None
    """Light of the target less that of the source, -255 to 255, like the next two."""
    warmth_shift: float | None = None
    """Red less blue."""
    chroma_shift: float | None = None
    """Distance of colours from grey."""
    contrast_ratio: float | None = None
    """Target over source, like the next."""
    detail_ratio: float | None = None
    similarity: float | None = None
    """Cosine of the embeddings."""
    ssim: float | None = None
    structure_correlation: float | None = None
    unexplained: float | None = None
    """Share of the target that no single edit of the source explains, and of the source."""
    unexplained_backwards: float | None = None
    leftover: float | None = None
    """The block that the best single edit of the source explains least, 0 to 255."""
    moved: float | None = None
    """How far the alignment is from none: Frobenius norm of the difference, in sides."""
    critic_yes: float | None = None
    """Probability that the instruction is true, complete and not reversed, 0 to 1."""
    sample_type_agreement: float | None = None
    """Share of replies at random with the same edit type, 0 to 1."""
    sample_chrf: float | None = None
    """Mean chrF of their English instructions to the one that was annotated, 0 to 100."""
    gap_swapped: float | None = None
    """How much the mean log-probability of the English instruction falls with the images
    swapped, natural logarithm; below 0 where it rises. So, too, the next two."""
    gap_source_twice: float | None = None
    gap_blank_target: float | None = None
    other_mean: float | None = None
    """Mean log-probability of its tokens to models that did not write it."""
    direction: float | None = None
    """Cosine between what changed in the images and in their captions, -1 to 1 (pairset
    direction)."""


def measured(evidence: Sequence[Evidence], name: str) -> Floats:
    """One number of each annotation, as the model reads it; NaN where it was never measured.

    Probabilities become log-odds, log-probabilities the logarithm of their distance from 0, ratios
    their logarithm, and areas, counts and colours their square root with their sign: what is small
    differs most.
    """
    raw = np.array([getattr(each, name) for each in evidence], dtype=np.float64)
    if name in (REPLY_PROBABILITY, "confidence", "probability_zh", "critic_yes"):
        clipped = np.clip(raw, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
        return np.asarray(np.log(clipped / (1 - clipped)))
    if name.startswith(("mean_", "min_")) or name == "other_mean":
        return np.asarray(-np.log(np.maximum(-raw, _LEAST_PROBABILITY)))
    if name in ("inverse_overlap", "similarity", "ssim", "structure_correlation", *PROBES):
        return raw
    if name.endswith("_ratio"):
        return np.asarray(np.log(np.maximum(raw, _LEAST_PROBABILITY)))
    return np.asarray(np.sign(raw) * np.sqrt(np.abs(raw)))
