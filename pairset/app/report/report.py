"""Gather a set's figures and pairs, and write the page."""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain

from pairset import __version__
from pairset.app.report.confidence_section import current_figures, judged_section
from pairset.app.report.contents import (
    PairCard,
    card_of,
    demo_figures,
    edit_type_counts,
    rejected_groups,
)
from pairset.app.report.overlay import change_overlay
from pairset.app.report.people_section import people_panel
from pairset.app.report.settings import ReportSettings
from pairset.app.report.shown_pairs import (
    AnnotatedPair,
    confidences,
    kept_pairs,
    pairs_of_annotations,
    rejected_pairs,
)
from pairset.app.status.counts import SetFigures, read_figures
from pairset.files.damage import reading
from pairset.pages.bars import funnel_bars, histogram_bars
from pairset.pages.phrases import STAGE_WORDS
from pairset.pages.render import render_page
from pairset.pages.thumbnails import uris_of, write_thumbnails
from pairset.records import Pair
from pairset.rows.freshness import ANNOTATIONS, CONSENSUS, TRIAGE, lags_of
from pairset.rows.places import placed_images
from pairset.rows.set_documents import read_set_object
from pairset.rows.tables import connect_tables
from pairset.store import PairSet, create_set, open_set, write_atomically
from pairset.terminal.console import complain, say

_HISTOGRAM_BINS = 20


def report(settings: ReportSettings) -> None:
    """Write index.html and its images, and say where they are."""
    pair_set = open_set(settings.set_url)
    page_folder = create_set(settings.output or f"{settings.set_url.rstrip('/')}/report")
    page = render_page(_gather(pair_set, page_folder, settings), packages=["pairset.app.report"])
    path = f"{page_folder.root}/index.html"
    write_atomically(page_folder, path, page.encode())
    say(path if page_folder.is_local else page_folder.filesystem.unstrip_protocol(path))


def _gather(pair_set: PairSet, page_folder: PairSet, settings: ReportSettings) -> dict[str, object]:
    judged = current_figures(pair_set)
    lags = [lag.in_words(pair_set.url) for lag in lags_of(pair_set, ANNOTATIONS, TRIAGE, CONSENSUS)]
    for words in lags:
        complain(f"Note: {words}")
    with connect_tables(pair_set) as tables:
        figures = read_figures(pair_set, tables)
        mistaken = pairs_of_annotations(tables, judged.mistaken if judged else [])
        kept = kept_pairs(tables, settings.choose, settings.shown_pairs, settings.seed)
        rejected = rejected_pairs(tables, settings.shown_rejected, settings.seed)
        bins = confidences(tables, _HISTOGRAM_BINS)
    turned_away = {
        status: [AnnotatedPair(pair) for pair in pairs] for status, pairs in rejected.items()
    }
    cards = _lay_out(
        pair_set, [kept, mistaken, *turned_away.values()], page_folder, settings.thumbnail_pixels
    )
    rejected_cards = dict(zip(turned_away, cards[2:], strict=True))
    return {
        "set_name": pair_set.root.rsplit("/", 1)[-1],
        "version": __version__,
        "written": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "demo": _demo(pair_set),
        "lags": lags,
        "people": people_panel(pair_set, figures),
        "judged": judged_section(judged, cards[1]) if judged else None,
        "stages": [(words, figures.stage(name)) for name, words in STAGE_WORDS.items()],
        "failures": figures.failures,
        "quantiles": figures.confidence_quantiles,
        "funnel": funnel_bars(figures.funnel),
        "candidates": sum(gate.count for gate in figures.funnel),
        "histogram": histogram_bars(bins),
        "cards": cards[0],
        "kept_count": _kept_count(figures),
        "choice": settings.choose,
        "seed": settings.seed,
        "edit_types": edit_type_counts(cards[0]),
        "rejected": rejected_groups(rejected_cards, _pairs_by_status(figures)),
    }


def _lay_out(
    pair_set: PairSet,
    groups: Sequence[Sequence[AnnotatedPair]],
    page_folder: PairSet,
    longer_side: int,
) -> list[list[PairCard]]:
    """The cards of every group; each image is read and scaled once, however often it is shown."""
    everything: list[Pair] = [shown.pair for shown in chain.from_iterable(groups)]
    placed = placed_images(pair_set, uris_of(everything))
    thumbnails = write_thumbnails(page_folder, placed, longer_side)
    return [
        [
            card_of(shown, thumbnails, change_overlay(shown.pair, thumbnails[shown.pair.target_id]))
            for shown in group
        ]
        for group in groups
    ]


def _pairs_by_status(figures: SetFigures) -> dict[str, int]:
    """In the order of the gates; two gates may give one status."""
    counts: Counter[str] = Counter()
    for gate in figures.funnel:
        counts[gate.status] += gate.count
    return counts


def _kept_count(figures: SetFigures) -> int:
    return figures.funnel[-1].count if figures.funnel else 0


def _demo(pair_set: PairSet) -> dict[str, object] | None:
    """What the demo measured, where the set is one."""
    path = f"{pair_set.root}/demo.json"
    document = read_set_object(pair_set, path)
    if document is None:
        return None
    with reading(path):
        seconds = document.get("seconds") or {}
        return {
            "engine": document.get("engine"),
            "seconds": sum(seconds.values()),
            "figures": [asdict(figure) for figure in demo_figures(document)],
        }
