"""On which side of the split a scene is. Pure."""

from dataclasses import dataclass

from pairset.records.example import Split
from pairset.records.ids import content_id


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How scenes are dealt out."""

    held_out_share: float
    """Expected share of the scenes that nobody trains on, 0 to 1."""
    seed: int

    def side_of(self, scene: str) -> Split:
        """The side of a scene: it depends on its name and the seed alone, so that new scenes move
        no old one.
        """
        drawn = int(content_id("split", str(self.seed), scene)[:12], 16) / 16**12
        return Split.HELD_OUT if drawn < self.held_out_share else Split.TRAIN
