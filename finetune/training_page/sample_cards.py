"""Samples as cards: two images, what was said before and after, and the reviewer's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from annotator.prompting.reply import ReplyError, check_reply
from finetune.evaluation.cards import Piece, compared_words
from finetune.examples.make import fields_of
from finetune.lora.sample_replies import Sample
from finetune.measures.texts import is_exact
from pairset.app.report.contents import Side
from pairset.pages.thumbnails import Thumbnail
from pairset.records import Example

_BEFORE, _AFTER = "Before", "After"


@dataclass(frozen=True, slots=True)
class Words:
    """One reply to a pair."""

    name: str
    series: int
    """Which colour it has on the page."""
    en: tuple[Piece, ...]
    zh: tuple[Piece, ...]
    edit_type: str | None
    is_exact: bool
    """Whether the English is word for word the reviewer's."""
    problem: str | None = None
    """Why the reply could not be used."""
    raw: str | None = None
    """The reply as it was written, where it could not be used."""


@dataclass(frozen=True, slots=True)
class SampleCard:
    """One held-out pair on the page."""

    source: Side
    target: Side
    example: Example
    said: tuple[Words, Words]


def lay_out(samples: Sequence[Sample], thumbnails: Mapping[str, Thumbnail]) -> list[SampleCard]:
    """A card for each sample, in their order; thumbnails are by the address of the image."""
    return [
        SampleCard(
            source=_side(str(each.example.source_uri), thumbnails),
            target=_side(str(each.example.target_uri), thumbnails),
            example=each.example,
            said=(
                words_of_reply(_BEFORE, 0, each.before, each.example),
                words_of_reply(_AFTER, 1, each.after, each.example),
            ),
        )
        for each in samples
    ]


def words_of_reply(name: str, series: int, reply: str, example: Example) -> Words:
    """A reply held against the reviewer's words; one that breaks the rules is shown as it is."""
    expected = fields_of(example.reply or "{}")
    try:
        found = check_reply(reply)
    except ReplyError as error:
        return Words(name, series, (), (), None, False, problem=str(error), raw=reply)
    return Words(
        name=name,
        series=series,
        en=compared_words(found.instruction_en, expected["instruction_en"]),
        zh=compared_words(found.instruction_zh, expected["instruction_zh"]),
        edit_type=str(found.edit_type),
        is_exact=is_exact(found.instruction_en, expected["instruction_en"]),
    )


def _side(uri: str, thumbnails: Mapping[str, Thumbnail]) -> Side:
    return Side(PurePath(uri).name, thumbnails[uri])
