"""Annotations that people decided on. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pairset.records.ids import content_id
from review.calibration.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Judged:
    """Annotations that people decided on. All three have one entry for each."""

    evidence: Sequence[Evidence]
    right: Sequence[bool]
    """Accepted unchanged."""
    scenes: Sequence[str]

    def rows(self, places: Iterable[int]) -> "Judged":
        """Some of them."""
        listed = list(places)
        return Judged(
            [self.evidence[row] for row in listed],
            [self.right[row] for row in listed],
            [self.scenes[row] for row in listed],
        )

    @property
    def key(self) -> str:
        """Hash of what was decided."""
        pairs = zip(self.evidence, self.right, strict=True)
        return content_id(
            "verdicts", *sorted(f"{each.annotation_id} {int(ok)}" for each, ok in pairs)
        )
