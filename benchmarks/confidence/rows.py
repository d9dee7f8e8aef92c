"""A mix as calibration sees it: evidence, what is right, scenes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.confidence.mixed_set import Known, judged_right
from pairset.rows.tables import connect_tables
from pairset.store import PairSet
from review.calibration.evidence import Evidence
from review.calibration.judged import Judged
from review.calibration.reading import read_known

_PAIRS = "SELECT annotation_id, pair_id FROM annotations"


@dataclass(frozen=True, slots=True)
class Rows:
    """Annotations that may be accepted, in order of their ids; one entry for each throughout."""

    evidence: Sequence[Evidence]
    right: NDArray[np.bool_]
    scenes: Sequence[str]
    origins: Sequence[str]
    set_aside: int
    """Annotations besides, of pairs in which the model saw no change."""

    def __len__(self) -> int:
        return len(self.evidence)

    def judged(self, places: Iterable[int] | None = None) -> Judged:
        """All of them with their verdicts, or some."""
        everything = Judged(self.evidence, self.right.tolist(), self.scenes)
        return everything if places is None else everything.rows(places)


def read_rows(pair_set: PairSet, known: dict[str, Known]) -> Rows:
    """Read an annotated mix."""
    right = judged_right(pair_set, known)
    with connect_tables(pair_set) as tables:
        pair_of = dict(tables.execute(_PAIRS).fetchall())
    found = read_known(pair_set)
    names = [each.annotation_id for each in found.evidence]
    return Rows(
        evidence=found.evidence,
        right=np.array([right[name] for name in names]),
        scenes=found.scenes,
        origins=[known[pair_of[name]].origin for name in names],
        set_aside=len(right) - len(names),
    )
