"""Evidence drawn from a known world: what is right has sure tokens and pixels that fit its type."""

import numpy as np

from review.calibration.evidence import Evidence
from review.calibration.judged import Judged

USUAL_CHANGE = {"add": 0.05, "recolor": 0.2, "style": 0.8}
PAIRS_OF_A_SCENE = 2


def drawn_judged(count: int, seed: int) -> Judged:
    """So many judged annotations: half are wrong, some of them sure of an edit nobody made."""
    generator = np.random.default_rng(seed)
    evidence, right = [], []
    for number in range(count):
        is_right = bool(generator.random() < 0.5)
        evidence.append(_drawn_one(f"{seed}-{number}", is_right, generator))
        right.append(is_right)
    scenes = [f"scene {seed}-{number // PAIRS_OF_A_SCENE}" for number in range(count)]
    return Judged(evidence, right, scenes)


def _drawn_one(name: str, is_right: bool, generator: np.random.Generator) -> Evidence:
    edit_type = str(generator.choice(list(USUAL_CHANGE)))
    is_sure = is_right or generator.random() < 0.4
    doubt = abs(generator.normal(0.1 if is_sure else 1.5, 0.3 if is_sure else 0.8)) + 1e-3
    change = USUAL_CHANGE[edit_type] * float(np.exp(generator.normal(0, 0.2)))
    if is_sure and not is_right:
        change = 0.5 * float(generator.random())
    return Evidence(
        annotation_id=name,
        edit_type=edit_type,
        reply_probability=float(np.exp(-4 * doubt)),
        confidence=float(np.exp(-doubt)),
        mean_en=-doubt / 8,
        min_en=-doubt / 2,
        probability_zh=float(np.exp(-1.1 * doubt)),
        mean_zh=-doubt / 7,
        min_zh=-doubt / 2,
        language_gap=doubt / 56,
        change_fraction=min(1.0, change),
        change_components=float(generator.integers(1, 4)),
        box_share=min(1.0, 2 * change),
        color_difference=60 * change,
        tone_shift=30 * change,
        similarity=1 - change / 3,
        ssim=1 - change / 2,
        structure_correlation=1 - change / 2,
    )
