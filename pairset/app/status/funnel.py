"""The yield of the gates: how many candidates each turned away, and how many were left."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pairset.records.pair import GATES, PairStatus


@dataclass(frozen=True, slots=True)
class GateYield:
    """One gate, or the kept pairs behind the last of them."""

    status: str
    unseen: bool
    """Whether this is the earlier of two gates of this status, which looks at no pixels."""
    count: int
    """Candidates that ended here."""
    share: float
    """The same as a share of all candidates, 0 to 1."""
    left: int
    """Candidates still in the running after this gate."""


Place = tuple[str, bool]
"""Status of a pair, and whether its pixels were looked at: one gate."""
_PIXEL_GATES = {str(gate.status) for gate in GATES if gate.sees_pixels}
_KNOWN: tuple[Place, ...] = tuple((str(gate.status), gate.sees_pixels) for gate in GATES)


def funnel(counts: Mapping[Place, int]) -> tuple[GateYield, ...]:
    """Order the counts of pairs from the first gate that is tested to the kept pairs.

    Gates that turned nobody away are left out; a status that this version does not know comes
    after those it knows.
    """
    ended: Counter[Place] = Counter()
    for place, count in counts.items():
        ended[_gate_of(place)] += count
    total = ended.total()
    unknown = sorted(place for place in ended if place not in _KNOWN and place[0] != "kept")
    left, gates = total, []
    for status, sees_pixels in (*_KNOWN, *unknown):
        count = ended[status, sees_pixels]
        left -= count
        if count:
            unseen = not sees_pixels and status in _PIXEL_GATES
            gates.append(GateYield(status, unseen, count, count / total, left))
    if total:
        gates.append(GateYield(PairStatus.KEPT, False, left, left / total, left))
    return tuple(gates)


def _gate_of(place: Place) -> Place:
    """Where a status is given by one gate only, that one, whatever was looked at."""
    status, _ = place
    of_status = [known for known in _KNOWN if known[0] == status]
    return of_status[0] if len(of_status) == 1 else place
