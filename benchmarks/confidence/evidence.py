"""What each piece of evidence is worth: ranking and calibration on pairs that no verdict is of."""

import os
import statistics
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks.confidence.rows import Rows
from pairset.measures.calibration import area_under_roc, calibration_error, reliability
from review.calibration.crossfit import cross_fit
from review.calibration.evidence import PIXELS, PROBES, Evidence

PIECES = {
    "tokens of the reply": ("reply_probability",),
    "tokens en": ("confidence", "mean_en", "min_en"),
    "tokens zh": ("probability_zh", "mean_zh", "min_zh"),
    "languages apart": ("language_gap",),
    "tokens of the way back": (
        *("mean_inverse_en", "min_inverse_en", "mean_inverse_zh", "min_inverse_zh", "inverse_gap"),
    ),
    "words there and back": ("inverse_overlap",),
    "tokens of the edit type": ("mean_edit_type",),
    "changed area": ("change_fraction", "change_components", "change_largest", "box_share"),
    "colour": ("color_difference", "tone_shift"),
    "background": ("background_shift",),
    "light and colour with signs": (
        *("light_shift", "warmth_shift", "chroma_shift", "contrast_ratio"),
    ),
    "fine detail": ("detail_ratio",),
    "structure": ("ssim", "structure_correlation"),
    "what no single edit explains": ("unexplained", "unexplained_backwards"),
    "what it leaves in one block": ("leftover",),
    "moved frame": ("moved",),
    "critic": ("critic_yes",),
    "samples": ("sample_type_agreement", "sample_chrf"),
    "images swapped": ("gap_swapped",),
    "source twice": ("gap_source_twice",),
    "blank target": ("gap_blank_target",),
    "directions of images and captions": ("direction",),
}
"""Numbers of the evidence by what they tell."""


@dataclass(frozen=True, slots=True)
class Draws:
    """How often verdicts are drawn, and how many each time."""

    count: int
    verdicts: int


@dataclass(frozen=True, slots=True)
class Worth:
    """What a calibration fitted on some verdicts makes of the other pairs; medians over draws."""

    auroc: float
    calibration_error: float
    forms: tuple[str, ...]
    """The forms that were chosen."""


def worth(rows: Rows, draws: Draws, without: Iterable[str] = ()) -> Worth:
    """Fit on so many random verdicts and look at all other pairs, again and again.

    ``without`` names numbers of the evidence that nobody looks at.
    """
    rows = replace(rows, evidence=_blanked(rows, tuple(without)))
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        found = list(workers.map(partial(_draw, rows, draws.verdicts), range(draws.count)))
    return Worth(
        statistics.median(each.auroc for each in found),
        statistics.median(each.calibration_error for each in found),
        tuple(sorted({form for each in found for form in each.forms})),
    )


def raw(rows: Rows) -> Worth:
    """The raw confidence on all pairs."""
    said = [each.confidence or 0.0 for each in rows.evidence]
    return _worth(said, rows.right, ())


def ablation(rows: Rows, draws: Draws) -> dict[str, dict[str, float]]:
    """By piece of evidence: how much AUROC is lost without it, and what it has alone."""
    names = [name for piece in PIECES.values() for name in piece]
    whole = worth(rows, draws).auroc
    return {
        piece: {
            "lost_without": whole - worth(rows, draws, numbers).auroc,
            "alone": worth(rows, draws, set(names) - set(numbers)).auroc,
        }
        for piece, numbers in PIECES.items()
        if _is_measured(rows, numbers)
    }


def figures(rows: Rows, draws: Draws) -> dict[str, object]:
    """Raw confidence, then the tiers one after the other."""
    tokens = worth(rows, draws, without=(*PIXELS, *PROBES))
    pixels = worth(rows, draws, without=PROBES)
    full = worth(rows, draws)
    return {
        "pairs": len(rows),
        "set_aside": rows.set_aside,
        "right": float(rows.right.mean()),
        "raw": _said(raw(rows)),
        "tokens": _said(tokens),
        "pixels": _said(pixels),
        "full": _said(full),
    }


def _said(found: Worth) -> dict[str, object]:
    return {"auroc": found.auroc, "ece": found.calibration_error, "forms": list(found.forms)}


def _draw(rows: Rows, verdicts: int, seed: int) -> Worth:
    order = np.random.default_rng(seed).permutation(len(rows))
    calibration = cross_fit(rows.judged(order[:verdicts].tolist()))
    others = order[verdicts:]
    said = calibration.probabilities(
        [rows.evidence[row] for row in others], [rows.scenes[row] for row in others]
    )
    forms = (model.form for model in calibration.models)
    return _worth(said.tolist(), rows.right[others], forms)


def _blanked(rows: Rows, numbers: Sequence[str]) -> list[Evidence]:
    return [replace(each, **dict.fromkeys(numbers)) for each in rows.evidence]


def _is_measured(rows: Rows, numbers: Iterable[str]) -> bool:
    return any(getattr(each, name) is not None for each in rows.evidence for name in numbers)


def _worth(said: Sequence[float], right: np.ndarray, forms: Iterable[str]) -> Worth:
    outcomes = right.tolist()
    return Worth(
        area_under_roc(said, outcomes) or 0.5,
        calibration_error(reliability(said, outcomes)) or 0.0,
        tuple(map(str, forms)),
    )
