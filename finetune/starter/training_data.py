"""What is taught when: the mix of kinds, first an easy one, then more of what stays unlearnt."""

from collections.abc import Mapping
from dataclasses import dataclass

from finetune.planted.plant import EDITS

TURNS = ("rotate_cw", "rotate_ccw", "rotate_180")

BYSTANDERS = (0, 0, 0, 1, 1, 2)
"""Drawn from for every edit: stickers are no proof that one of them changed."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """How a stretch of training draws its edits."""

    mix: Mapping[str, float]
    """Weight of each kind, in about percent."""
    bystanders_of_turns: tuple[int, ...] = BYSTANDERS

    def bystanders(self, kind: str) -> tuple[int, ...]:
        """Return the counts to draw from."""
        return self.bystanders_of_turns if kind in TURNS else BYSTANDERS


EASY = Lesson(
    {
        **dict.fromkeys(EDITS, 2.0),
        **dict.fromkeys(("add", "remove", "recolor", "replace"), 8.0),
        "move": 9.0,
        # No change is common in real corpora and must not be guessed away.
        "none": 17.0,
        **dict.fromkeys((*TURNS, "zoom_in"), 3.0),
        **dict.fromkeys(("add_frame", "remove_frame"), 2.5),
    }
)

HARD = Lesson(
    {
        **EASY.mix,
        **dict.fromkeys(TURNS, 7.0),
        **dict.fromkeys(("zoom_in", "pixelate"), 5.0),
        **dict.fromkeys(("blur", "monochrome", "desaturate"), 3.0),
        **dict.fromkeys(("add", "remove"), 5.0),
        **dict.fromkeys(("recolor", "replace"), 7.0),
        "none": 13.0,
    },
    # Stickers show which way a picture turned long before its colours do.
    bystanders_of_turns=(0, 2, 3, 4),
)

HARD_FROM_BATCH = 1132


def lesson_of(batch: int) -> Lesson:
    """Return the lesson that batch number `batch` belongs to."""
    return EASY if batch < HARD_FROM_BATCH else HARD
