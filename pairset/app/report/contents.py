"""What stands on the page, as plain values: built without reading anything."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from pairset.app.report.shown_pairs import AnnotatedPair
from pairset.pages.phrases import DEMO_WORDS, STATUS_WORDS, words_of
from pairset.pages.thumbnails import Thumbnail
from pairset.records import Annotation, Pair


@dataclass(frozen=True, slots=True)
class Side:
    """One image of a pair on the page."""

    name: str
    """File name, for the text that stands in for the image."""
    thumbnail: Thumbnail


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number measured on a pair, as it is shown."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class PairCard:
    """A pair on the page."""

    pair: Pair
    source: Side
    target: Side
    mask: str | None
    measurements: tuple[Measurement, ...]
    annotation: Annotation | None

    @property
    def change_words(self) -> str:
        fraction = self.pair.change_fraction
        if fraction is None:
            return ""
        return f"{fraction:.1%} of the area changed" if fraction else "No local change"


@dataclass(frozen=True, slots=True)
class RejectedGroup:
    """Examples of what one gate turned away."""

    status: str
    name: str
    meaning: str
    count: int
    cards: tuple[PairCard, ...]


@dataclass(frozen=True, slots=True)
class DemoFigure:
    """One figure of the demo: a share between 0 and 1."""

    name: str
    value: str


def card_of(
    shown: AnnotatedPair, thumbnails: Mapping[str, Thumbnail], mask: str | None
) -> PairCard:
    """Lay out one pair."""
    pair = shown.pair
    return PairCard(
        pair=pair,
        source=Side(_file_name(pair.source_uri), thumbnails[pair.source_id]),
        target=Side(_file_name(pair.target_uri), thumbnails[pair.target_id]),
        mask=mask,
        measurements=tuple(_measurements(pair)),
        annotation=shown.annotation,
    )


def rejected_groups(
    cards: Mapping[str, Sequence[PairCard]], counts: Mapping[str, int]
) -> tuple[RejectedGroup, ...]:
    """Examples by reason, in the order of ``counts``, which is that of the gates."""
    return tuple(
        RejectedGroup(
            status=status,
            name=words_of(status),
            meaning=STATUS_WORDS.get(status, ("", ""))[1],
            count=counts[status],
            cards=tuple(cards[status]),
        )
        for status in counts
        if cards.get(status)
    )


def edit_type_counts(cards: Sequence[PairCard]) -> dict[str, int]:
    """Pairs on the page by edit type, most frequent first."""
    written = (card.annotation for card in cards)
    counts = Counter(a.edit_type for a in written if a is not None and a.edit_type)
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def demo_figures(document: Mapping[str, object]) -> tuple[DemoFigure, ...]:
    """The figures of demo.json that the page shows, in its order."""
    return tuple(
        DemoFigure(words, f"{value:.2f}" if isinstance(value, float) else f"{value}")
        for key, words in DEMO_WORDS.items()
        if isinstance(value := document.get(key), int | float)
    )


def _measurements(pair: Pair) -> list[Measurement]:
    rows = (
        ("similarity", pair.similarity, "cosine of the embeddings"),
        ("SSIM", pair.ssim, "structural similarity of the aligned images"),
        ("structure", pair.structure_correlation, "correlation of the aligned structure"),
        ("changed", pair.change_fraction, "share of the aligned area that changed"),
        ("regions", pair.change_components, "connected regions that changed"),
        ("colour", pair.color_difference, "mean colour difference, 0 to 255"),
        ("tone", pair.tone_shift, "difference of the coarse colours, 0 to 255"),
        ("pHash", pair.phash_distance, "bits of the perceptual hash that differ, of 64"),
        ("mirrored", pair.mirrored_phash_distance, "the same against the mirrored image"),
    )
    return [
        Measurement(name, _number(value), meaning)
        for name, value, meaning in rows
        if value is not None
    ]


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:.3f}" if abs(value) <= 1 else f"{value:.1f}"


def _file_name(uri: str) -> str:
    container, _, fragment = uri.partition("#")
    inside = [part[5:] for part in fragment.split("&") if part.startswith("name=")]
    return PurePath(inside[0] if inside else container).name
