"""Pairs that mining found unchanged, as examples: review never shows them, so nothing else would.

What is never shown is unlearnt: after edits alone a model sees edits everywhere.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from annotator.prompting.reply import reply_text
from finetune.examples.make import fields_of
from finetune.examples.split import SplitRule
from finetune.planted.edit_words import NO_CHANGE, PLAIN_CAPTION, Bilingual
from pairset.records import Example
from pairset.records.edit_types import EditType
from pairset.records.example import MINING, Split, example_id_of
from pairset.records.ids import content_id
from pairset.rows.scenes import PairPlace, scenes_of
from pairset.rows.tables import connect_tables, kept_places, stream_rows
from pairset.store import PairSet

PATCH_FLOOR = 24.0
"""Grey levels; encoding at a quality of 60 or more shifts no patch by more than 23."""
_COPIES = f"""
    SELECT pair_id, source_id, target_id, cluster, source_uri, target_uri, status FROM pairs
    WHERE status = 'exact_copy' OR (status = 're_encoded' AND coalesce(change_components, 0) = 0
        AND coalesce(patch_shift, 0) < {PATCH_FLOOR})
"""  # noqa: S608 - the floor is ours
"""The gates that leave no doubt that one picture is seen twice.

Where a region of a re-encoded copy differs strongly, or a patch as a whole, it may be a small edit:
encoding leaves none.
Of the others, ``mirrored_copy`` was turned over and ``near_duplicate`` may have lost a border:
these are edits. In ``unchanged`` the perceptual hashes contradict the measured difference.
"""

WORDS: Mapping[str, Bilingual] = {
    "brief": NO_CHANGE,
    "full": Bilingual("Keep the image unchanged.", "保持图片不变。"),
}
"""What each prompt wants to be told where nothing changes, by its name; a prompt of one's own is
taken for one that asks as ``full`` does."""

_EDIT_TYPE = str(EditType.NONE)


@dataclass(frozen=True, slots=True)
class UnchangedPair(PairPlace):
    """A pair that a gate rejected because nothing changed."""

    source_uri: str
    target_uri: str
    status: str
    """The gate."""


def unchanged_examples(
    pair_set: PairSet,
    reviewed: Sequence[Example],
    rule: SplitRule,
    prompt: str,
    share: float,
) -> list[Example]:
    """Unchanged pairs of the set, so many that they are at most this share of each side.

    Scenes take turns, and pairs of a scene are drawn by their ids. A pair is of the scene of the
    kept pairs that it shares an image or the cluster with; a picture that was described in review
    keeps that caption. ``reviewed`` are the examples of review, on whose number the share depends.
    """
    teaching = [each for each in reviewed if each.teaches]
    with connect_tables(pair_set) as tables:
        pairs = [UnchangedPair(**row) for row in stream_rows(tables, _COPIES)]
        kept = kept_places(tables)
    scenes = _scenes(pairs, kept)
    captions = _captions(teaching, kept)
    words = WORDS.get(prompt, WORDS["full"])
    room = Counter(str(each.split) for each in teaching)
    examples: list[Example] = []
    for pair in _in_turns(pairs, scenes):
        side = rule.side_of(scenes[pair.pair_id])
        taken = sum(each.split == side for each in examples)
        if taken < int(room[side] * share / (1 - share)):
            caption = captions.get(pair.source_id, PLAIN_CAPTION)
            examples.append(_example(pair, (scenes[pair.pair_id], side), words, caption))
    return sorted(examples, key=lambda each: each.pair_id)


def _scenes(pairs: Sequence[UnchangedPair], kept: Sequence[PairPlace]) -> dict[str, str]:
    """The scene of each unchanged pair, by pair id.

    Kept pairs name the scenes, as ``pairset evaluate`` knows these alone. What ties two of their
    scenes together is left out: it would be on both sides.
    """
    named, together = scenes_of(kept), scenes_of(pairs)
    known: dict[str, str] = {}
    for place in kept:
        known |= dict.fromkeys(_ties(place), named[place.pair_id])
    touched: defaultdict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        touched[together[pair.pair_id]] |= {known[tie] for tie in _ties(pair) if tie in known}
    names = {own: min(found, default=own) for own, found in touched.items() if len(found) <= 1}
    return {pair_id: names[own] for pair_id, own in together.items() if own in names}


def _ties(place: PairPlace) -> Iterator[str]:
    yield from (place.source_id, place.target_id)
    if place.cluster is not None:
        yield f"cluster {place.cluster}"


def _captions(teaching: Sequence[Example], kept: Sequence[PairPlace]) -> dict[str, str]:
    """What most reviewed replies call each picture, by image id."""
    places = {place.pair_id: place for place in kept}
    said: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in teaching:
        fields, place = fields_of(str(each.reply)), places[each.pair_id]
        said[place.source_id][fields["source_caption"]] += 1
        said[place.target_id][fields["target_caption"]] += 1
    return {
        image: min(found, key=lambda text: (-found[text], text)) for image, found in said.items()
    }


def _in_turns(pairs: Sequence[UnchangedPair], scenes: Mapping[str, str]) -> list[UnchangedPair]:
    """Those that have a scene; one of every scene before the second of any."""
    seen: Counter[str] = Counter()
    turns: list[tuple[int, UnchangedPair]] = []
    for pair in sorted(pairs, key=lambda pair: content_id("unchanged", pair.pair_id)):
        if pair.pair_id in scenes:
            turns.append((seen[scenes[pair.pair_id]], pair))
            seen[scenes[pair.pair_id]] += 1
    return [pair for _, pair in sorted(turns, key=lambda turn: turn[0])]


def _example(
    pair: UnchangedPair, place: tuple[str, Split], words: Bilingual, caption: str
) -> Example:
    reply = reply_text(
        {
            "instruction_en": words.en,
            "instruction_zh": words.zh,
            "inverse_en": words.en,
            "inverse_zh": words.zh,
            "edit_type": _EDIT_TYPE,
            "is_changed": False,
            "source_caption": caption,
            "target_caption": caption,
            "preserved": "Everything.",
        }
    )
    return Example(
        example_id=example_id_of(pair.pair_id, "", reply),
        pair_id=pair.pair_id,
        annotation_id="",
        verdict_id="",
        reviewer=MINING,
        decision=pair.status,
        scene=place[0],
        split=place[1],
        source_uri=pair.source_uri,
        target_uri=pair.target_uri,
        reply=reply,
        original_reply=reply,
        edit_type=_EDIT_TYPE,
        original_edit_type=_EDIT_TYPE,
        instruction_en=words.en,
        instruction_zh=words.zh,
    )
