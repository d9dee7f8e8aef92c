"""Whether the pixels contradict a reply that says "no change". Pure."""

from dataclasses import dataclass

CHANGED_AREA = 0.01
"""Share of the area: twice what the gate of mining asks of a local change."""
CHANGED_REGION = 0.003
"""The same of the largest region alone."""
TONE_SHIFT = 6.0
"""Grey levels of coarse colour, 95th percentile; JPEG at quality 50 shifts it by 3.3 at most."""
DETAIL_KEPT = 0.6
"""Share of fine detail; resizing to half keeps .68 at least, a visible blur under .5."""
MOVED = 0.05
"""Shares of a side: a frame that moved farther was cropped, turned or put elsewhere."""
_SAME_FRAME = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """What mining measured on a pair, None where it did not."""

    change_fraction: float | None = None
    change_largest: float | None = None
    tone_shift: float | None = None
    detail_ratio: float | None = None
    alignment: list[float] | None = None


def contradicts_no_change(measured: Measured) -> bool:
    """Whether something changed by more than encoding and resizing change."""
    return (
        _or(measured.change_fraction, 0.0) >= CHANGED_AREA
        or _or(measured.change_largest, 0.0) >= CHANGED_REGION
        or _or(measured.tone_shift, 0.0) >= TONE_SHIFT
        or not DETAIL_KEPT <= _or(measured.detail_ratio, 1.0) <= 1 / DETAIL_KEPT
        or _moved(measured.alignment) > MOVED
    )


def _or(value: float | None, unmeasured: float) -> float:
    return unmeasured if value is None else value


def _moved(alignment: list[float] | None) -> float:
    """How far the corner moved that moved farthest, in shares of a side."""
    if not alignment or len(alignment) != len(_SAME_FRAME):
        return 0.0
    a, b, c, d, e, f = (here - there for here, there in zip(alignment, _SAME_FRAME, strict=True))
    corners = ((0, 0), (1, 0), (0, 1), (1, 1))
    return max(max(abs(a * x + b * y + c), abs(d * x + e * y + f)) for x, y in corners)
