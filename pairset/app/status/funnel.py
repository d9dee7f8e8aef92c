"""The yield of the gates: how many candidates each turned away, and how many were left."""

from collections.abc import Mapping
from dataclasses import dataclass

from pairset.records.pair import PairStatus


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate, or the kept pairs behind the last of them."""

    status: str
    count: int
    """Candidates that ended here."""
    share: float
    """The same as a share of all candidates, 0 to 1."""
    left: int
    """Candidates still in the running after this gate."""


def funnel(counts: Mapping[str, int]) -> tuple[Gate, ...]:
    """Order the counts of pairs by status from the first gate to the kept pairs.

    Gates that turned nobody away are left out; a status that this version does not know comes
    after those it knows.
    """
    total = sum(counts.values())
    known = [str(status) for status in PairStatus if status is not PairStatus.KEPT]
    unknown = sorted(set(counts) - set(known) - {PairStatus.KEPT})
    left, gates = total, []
    for status in [*known, *unknown]:
        count = counts.get(status, 0)
        left -= count
        if count:
            gates.append(Gate(status, count, count / total, left))
    if total:
        gates.append(Gate(PairStatus.KEPT, left, left / total, left))
    return tuple(gates)
