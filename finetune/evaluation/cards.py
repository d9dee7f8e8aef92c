"""The pairs on the page: where one annotator does better than another, and where it does worse."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePath

from finetune.evaluation.annotators import Annotator
from finetune.evaluation.contest import Contest
from pairset.app.report.contents import Side
from pairset.pages.thumbnails import Thumbnail
from pairset.records import Evaluation, Example

_PIECE = re.compile(r"[㐀-鿿]|[^\W㐀-鿿]+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an instruction."""

    text: str
    differs: bool
    """Whether the reviewers' words have nothing of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one annotator said of a pair."""

    name: str
    series: int
    """Which colour it has on the page."""
    row: Evaluation
    en: tuple[Piece, ...]
    zh: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One pair: its images, the reviewers' words, and those of two annotators."""

    source: Side
    target: Side
    expected: Evaluation
    said: tuple[Said, ...]


def most_different(
    one: Sequence[Evaluation], other: Sequence[Evaluation], most: int
) -> tuple[list[int], list[int]]:
    """Places of the pairs most gained and most lost by the one against the other.

    An exact instruction that the other has not goes before words that are merely closer, and the
    first of each edit type before the second of any.
    """
    gains = [_worth(a) - _worth(b) for a, b in zip(one, other, strict=True)]
    gained = [place for place, gain in enumerate(gains) if gain > 0]
    lost = [place for place, gain in enumerate(gains) if gain < 0]
    gained.sort(key=lambda place: -gains[place])
    lost.sort(key=lambda place: gains[place])
    return _varied(gained, one)[:most], _varied(lost, one)[:most]


def least_alike(rows: Sequence[Evaluation], most: int) -> list[int]:
    """Places of the pairs whose words are farthest from the reviewers', edit types in turn."""
    wrong = [place for place, row in enumerate(rows) if not (row.exact_en and row.exact_zh)]
    wrong.sort(key=lambda place: _worth(rows[place]))
    return _varied(wrong, rows)[:most]


def _varied(places: Sequence[int], rows: Sequence[Evaluation]) -> list[int]:
    """The places in their order, dealt out so that edit types take turns."""
    before = Counter[str]()
    turns = []
    for place in places:
        turns.append((before[rows[place].edit_type], place))
        before[rows[place].edit_type] += 1
    return [place for _, place in sorted(turns, key=lambda turn: turn[0])]


def _worth(row: Evaluation) -> float:
    """How good an annotation is: whole points for exact words, fractions for closeness."""
    return row.exact_en + row.exact_zh + (row.chrf_en + row.chrf_zh) / 200


def compared_words(said: str | None, expected: str) -> tuple[Piece, ...]:
    """An instruction in pieces: those that the reviewers' words share, and those they do not."""
    ours, theirs = _PIECE.findall(said or ""), _PIECE.findall(expected)
    matched = SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes()
    return tuple(
        Piece("".join(ours[start:end]), differs=kind != "equal")
        for kind, _, _, start, end in matched
        if end > start
    )


def lay_out(
    contest: Contest,
    shown: Sequence[tuple[Annotator, str, int]],
    places: Sequence[int],
    thumbnails: Mapping[str, Thumbnail],
    examples: Mapping[str, Example],
) -> list[Card]:
    """Cards of the pairs at these places; ``shown`` are the annotators, their names and colours."""
    first = contest.rows[shown[0][0]]
    return [
        Card(
            source=_side(examples[first[place].pair_id].source_uri, thumbnails),
            target=_side(examples[first[place].pair_id].target_uri, thumbnails),
            expected=first[place],
            said=tuple(
                _said(name, series, contest.rows[annotator][place])
                for annotator, name, series in shown
            ),
        )
        for place in places
    ]


def _said(name: str, series: int, row: Evaluation) -> Said:
    return Said(
        name=name,
        series=series,
        row=row,
        en=compared_words(row.said_instruction_en, row.instruction_en),
        zh=compared_words(row.said_instruction_zh, row.instruction_zh),
    )


def _side(uri: str | None, thumbnails: Mapping[str, Thumbnail]) -> Side:
    if uri is None:
        return Side("", Thumbnail(None, problem="the pair names no image"))
    return Side(PurePath(uri).name, thumbnails[uri])
