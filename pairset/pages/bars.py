"""Geometry of the page's charts: numbers in, rectangles out."""

from collections.abc import Sequence
from dataclasses import dataclass

from pairset.app.status.funnel import GateYield
from pairset.pages.phrases import STATUS_WORDS, words_of

BAR_WIDTH = 1000.0
"""Units of the funnel's bars across."""
HISTOGRAM_HEIGHT = 100.0
"""Units of the tallest bar of the histogram."""
_SMALLEST_VISIBLE = 3.0


@dataclass(frozen=True, slots=True)
class FunnelBar:
    """One gate: what went on, and behind it what ended here."""

    status: str
    name: str
    meaning: str
    count: int
    share: str
    left_width: float
    turned_away_width: float


@dataclass(frozen=True, slots=True)
class AgreementBar:
    """How far a reviewer agrees with another, or with the consensus."""

    name: str
    measure: str
    value: str
    width: float


@dataclass(frozen=True, slots=True)
class HistogramBar:
    """One bin of confidence."""

    x: float
    y: float
    width: float
    height: float
    title: str


def funnel_bars(gates: Sequence[GateYield]) -> tuple[FunnelBar, ...]:
    """A bar for each gate, all on the scale of the candidates."""
    total = sum(gate.count for gate in gates)
    return tuple(
        FunnelBar(
            status=gate.status,
            name=f"{words_of(gate.status)}{', unseen' if gate.unseen else ''}",
            meaning=STATUS_WORDS.get(gate.status, ("", ""))[1],
            count=gate.count,
            share=f"{gate.share:.1%}",
            left_width=round(gate.left / total * BAR_WIDTH, 1),
            turned_away_width=0.0 if gate.status == "kept" else _visible(gate.share * BAR_WIDTH),
        )
        for gate in gates
    )


def agreement_bar(name: str, measure: str, value: float) -> AgreementBar:
    """A bar from 0 to 1; less than chance, which kappa has below 0, is an empty one."""
    width = round(min(max(value, 0), 1) * BAR_WIDTH, 1)
    return AgreementBar(name, measure, f"{value:.2f}", width)


def histogram_bars(counts: Sequence[int]) -> tuple[HistogramBar, ...]:
    """A bar for each bin, ten units wide with a gap of one."""
    tallest = max(counts, default=0)
    bars = []
    for index, count in enumerate(counts):
        height = round(count / tallest * HISTOGRAM_HEIGHT, 1) if tallest else 0.0
        low, high = index / len(counts), (index + 1) / len(counts)
        title = f"{low:.2f} to {high:.2f}: {count}"
        bars.append(HistogramBar(index * 10.0, HISTOGRAM_HEIGHT - height, 9.0, height, title))
    return tuple(bars)


def _visible(width: float) -> float:
    """Never thinner than the eye can see: one pair in ten thousand still shows."""
    return round(max(width, _SMALLEST_VISIBLE), 1)
