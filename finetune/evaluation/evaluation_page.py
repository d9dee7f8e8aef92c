"""The page SET/report/evaluation.html: one file with everything in it."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from annotator.pictures import read_example
from finetune.evaluation.annotators import Annotator, names_of, opponents
from finetune.evaluation.cards import Card, lay_out, least_alike, most_different
from finetune.evaluation.contest import Contest
from finetune.evaluation.score_bars import Bar, heat_cells, share_bar
from finetune.evaluation.scores import AnnotatorFigures, EvaluationFigures, Slice
from finetune.settings import EvaluateSettings
from pairset import __version__
from pairset.decoding import ImageError
from pairset.pages.lines import (
    Axis,
    highest_risk,
    reliability_line,
    risk_line,
    ticks_across,
    ticks_up,
)
from pairset.pages.render import render_page
from pairset.pages.thumbnails import Thumbnail, inline_thumbnails
from pairset.records import Example
from pairset.rows.places import PlacedImage, placed_examples
from pairset.store import PairSet, write_atomically

SERIES = 6
"""Annotators that have a colour of their own; the next one begins anew."""
SHARES = {
    "exact_en": "English exact",
    "exact_zh": "Chinese exact",
    "edit_type_right": "Edit type",
    "is_changed_right": "Change seen",
}
"""Figures that are drawn as bars, by their field."""


@dataclass(frozen=True, slots=True)
class SliceRow:
    """The pairs of one edit type or error, with a bar for each annotator under each measure."""

    name: str
    pairs: int
    scenes: int
    unseen: int
    """Pairs whose words nobody judged."""
    bars: dict[str, list[Bar | None]]


@dataclass(frozen=True, slots=True)
class CardGroup:
    """Some pairs under a heading."""

    title: str
    note: str
    cards: list[Card]


def write_page(
    pair_set: PairSet,
    figures: EvaluationFigures,
    contest: Contest,
    examples: Sequence[Example],
    settings: EvaluateSettings,
) -> str:
    """Write the page, and say where it is."""
    model = {
        "set_name": pair_set.root.rsplit("/", 1)[-1],
        "version": __version__,
        "written": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "figures": figures,
        "shares": SHARES,
        "series": [number % SERIES for number in range(len(figures.annotators))],
        **_charts(figures.annotators),
        "edit_type_rows": _slice_rows([each.by_edit_type for each in figures.annotators]),
        "error_type_rows": _slice_rows([each.by_error_type for each in figures.annotators]),
        "groups": _groups(pair_set, contest, examples, settings),
    }
    page = render_page(model, name="evaluation", packages=["finetune.evaluation"])
    path = f"{pair_set.root}/report/evaluation.html"
    write_atomically(pair_set, path, page.encode())
    return path if pair_set.is_local else str(pair_set.filesystem.unstrip_protocol(path))


def _charts(annotators: Sequence[AnnotatorFigures]) -> dict[str, object]:
    curves = [each.calibration.risk_coverage for each in annotators]
    highest = highest_risk(curves)
    return {
        "bars": [
            {measure: share_bar(each.means[measure]) for measure in SHARES} for each in annotators
        ],
        "judged": [share_bar(each.judged_same) for each in annotators],
        "reliability": [
            reliability_line(each.calibration.reliability, "replies", "exact")
            for each in annotators
        ],
        "risk": [risk_line(curve, highest) for curve in curves],
        "across": ticks_across(),
        "share_ticks": ticks_up(),
        "risk_ticks": ticks_up(Axis(high=highest)),
        "edit_type_cells": [heat_cells(each.edit_types) for each in annotators],
        "is_changed_cells": [heat_cells(each.is_changed) for each in annotators],
    }


def _slice_rows(slices: Sequence[Sequence[Slice]]) -> list[SliceRow]:
    """The same slices of every annotator, side by side."""
    return [
        SliceRow(
            name=parts[0].name,
            pairs=parts[0].pairs,
            scenes=parts[0].scenes,
            unseen=parts[0].unseen,
            bars={
                measure: [share_bar(part.means[measure]) for part in parts] for measure in SHARES
            },
        )
        for parts in zip(*slices, strict=True)
    ]


def thumbnails_of(
    examples: Sequence[Example], placed: Mapping[str, PlacedImage], pixels: int
) -> dict[str, Thumbnail]:
    """By URI; what is no image of its pair is not put into a page that others may get."""
    problems: dict[str, Thumbnail] = {}
    for example in examples:
        try:
            read_example(example, placed)
        except ImageError as error:
            problem = Thumbnail(None, problem=f"{error.code}: {error}")
            problems |= dict.fromkeys(_uris(example), problem)
    uris = {uri for example in examples for uri in _uris(example)} - problems.keys()
    return inline_thumbnails({uri: placed[uri] for uri in sorted(uris)}, pixels) | problems


def _groups(
    pair_set: PairSet, contest: Contest, examples: Sequence[Example], settings: EvaluateSettings
) -> list[CardGroup]:
    by_pair = {example.pair_id: example for example in examples}
    chosen = list(_chosen(contest, settings))
    first = next(iter(contest.rows.values()))
    pair_ids = {first[place].pair_id for *_, places in chosen for place in places}
    shown_here = [by_pair[name] for name in sorted(pair_ids)]
    placed = placed_examples(pair_set, shown_here)
    thumbnails = thumbnails_of(shown_here, placed, settings.thumbnail_pixels)
    return [
        CardGroup(title, note, lay_out(contest, shown, places, thumbnails, by_pair))
        for title, note, shown, places in chosen
        if places
    ]


_Shown = list[tuple[Annotator, str, int]]


def _chosen(
    contest: Contest, settings: EvaluateSettings
) -> Sequence[tuple[str, str, _Shown, list[int]]]:
    """Title, note, annotators and pairs of each group."""
    everyone, most = list(contest.rows), settings.shown_pairs
    names = names_of(everyone)
    matches = opponents(everyone, settings.against)
    if not matches:
        alone = everyone[0]
        note = "Pairs whose words are farthest from those they are held against."
        places = least_alike(contest.rows[alone], most)
        return [("Least alike", note, [_shown(alone, everyone, names)], places)]
    groups = [
        _match_groups(
            contest,
            [_shown(other, everyone, names), _shown(one, everyone, names)],
            most,
        )
        for one, other in matches
    ]
    return list(chain.from_iterable(groups))


def _match_groups(
    contest: Contest, shown: _Shown, most: int
) -> list[tuple[str, str, _Shown, list[int]]]:
    (other, other_name, _), (one, name, _) = shown
    gained, lost = most_different(contest.rows[one], contest.rows[other], most)
    return [
        (
            f"Gained by {name}",
            f"Where {name} comes closest to the words they are held against beyond {other_name}.",
            shown,
            gained,
        ),
        (
            f"Lost by {name}",
            f"Where {name} falls farthest behind {other_name}.",
            shown,
            lost,
        ),
    ]


def _shown(
    annotator: Annotator, everyone: Sequence[Annotator], names: Mapping[Annotator, str]
) -> tuple[Annotator, str, int]:
    return annotator, names[annotator], everyone.index(annotator) % SERIES


def _uris(example: Example) -> list[str]:
    return [uri for uri in (example.source_uri, example.target_uri) if uri]
