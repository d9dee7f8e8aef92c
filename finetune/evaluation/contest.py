"""The pairs on which annotators meet: held out, reviewed, unknown to all, answered by all."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from finetune.evaluation.annotators import Annotator, choose, in_order, names_of
from finetune.evaluation.known_scenes import known_scenes
from finetune.evaluation.references import (
    References,
    nobody_judged,
    references_of,
    without_own_words,
    writers_of,
)
from finetune.evaluation.scoring import score
from pairset.errors import MissingStageError
from pairset.records import Annotation, Evaluation, Example, rows_of
from pairset.records.annotation import TOKEN_EVIDENCE
from pairset.records.example import Split
from pairset.rows.tables import connect_tables
from pairset.rows.voices import is_judged
from pairset.store import PairSet

_ANNOTATORS = "SELECT DISTINCT model, adapter, prompt_id FROM all_annotations"
_EVIDENCE = ("raw_reply", *TOKEN_EVIDENCE)
_ANNOTATIONS = f"""
    SELECT * REPLACE ({", ".join(f"NULL AS {name}" for name in _EVIDENCE)})
    FROM all_annotations WHERE pair_id IN (SELECT unnest(?))
"""  # noqa: S608 - columns are constants of this module

Answers = Mapping[str, Annotation]
"""Annotations of one annotator, by pair."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Who is compared, row by row, and what was left out."""

    rows: dict[Annotator, list[Evaluation]]
    """Of every annotator one row for each pair, in the same order of pairs."""
    held_out_pairs: int
    """Reviewed pairs on the side of the split that nobody trains on."""
    known_scenes: int
    """Scenes among them that were left out, as one of the annotators was trained on them."""
    known_pairs: int
    left_out: list[str]
    """Annotators without any answer to these pairs."""
    references: References
    """Whose words they are measured against."""
    notes: list[str] = field(default_factory=list)
    """What a reader of the figures should know."""


def hold_contest(pair_set: PairSet, examples: Sequence[Example], wanted: Sequence[str]) -> Contest:
    """Score every chosen annotator on the pairs that all of them met.

    Raises MissingStageError where no pair is left to compare on, SettingsError for unknown names.
    """
    held_out = _held_out(pair_set, examples)
    everyone, answers = _answers(pair_set, [example.pair_id for example in held_out])
    chosen = choose(everyone, wanted)
    present = [annotator for annotator in chosen if annotator in answers]
    names = names_of(everyone)
    known, notes = _known(pair_set, examples, present, names)
    unknown = [example for example in held_out if example.scene not in known]
    writers = writers_of(pair_set, unknown)
    fresh = without_own_words(unknown, writers, present)
    notes += _own_words_note(len(unknown) - len(fresh))
    met = [
        example
        for example in fresh
        if all(example.pair_id in answers[annotator] for annotator in present)
    ]
    if not present or not met:
        raise _nothing_to_compare(pair_set, held_out, fresh, present, names, answers)
    references = references_of(met, writers)
    if not references.judged:
        raise nobody_judged(pair_set, len(met))
    if len(met) < len(fresh):
        counts = _counts(fresh, present, names, answers)
        notes.append(
            f"Compared on the {len(met)} pairs that all annotated, of {len(fresh)} that "
            f"nobody trained on; annotated of these: {counts}."
        )
    return Contest(
        rows={
            each: [score(answers[each][example.pair_id], example) for example in met]
            for each in present
        },
        held_out_pairs=len(held_out),
        known_scenes=len({example.scene for example in held_out} & known),
        known_pairs=len(held_out) - len(unknown),
        left_out=[names[each] for each in chosen if each not in answers],
        references=references,
        notes=notes,
    )


def _held_out(pair_set: PairSet, examples: Sequence[Example]) -> list[Example]:
    usable = [example for example in examples if example.teaches]
    judged = sum(is_judged(example.reviewer) for example in usable)
    if not judged:
        raise nobody_judged(pair_set, len(usable))
    held_out = [example for example in usable if example.split == Split.HELD_OUT]
    if not any(is_judged(example.reviewer) for example in held_out):
        raise MissingStageError(
            f"{pair_set.url} has {judged} reviewed pairs with words to measure against, and "
            "none of them is held out. Review more pairs, or raise --held-out-share (and train "
            "with the same share)."
        )
    return held_out


def _answers(
    pair_set: PairSet, pair_ids: list[str]
) -> tuple[list[Annotator], dict[Annotator, dict[str, Annotation]]]:
    """Everyone who ever annotated in the set, and what they said of these pairs."""
    with connect_tables(pair_set) as tables:
        everyone = in_order(Annotator(*row) for row in tables.execute(_ANNOTATORS).fetchall())
        found = tables.sql(_ANNOTATIONS, params=[pair_ids]).to_arrow_table()
    answers: dict[Annotator, dict[str, Annotation]] = defaultdict(dict)
    for each in rows_of(Annotation, found):
        answers[Annotator(each.model, each.adapter, each.prompt_id)][each.pair_id] = each
    return everyone, answers


def _known(
    pair_set: PairSet,
    examples: Sequence[Example],
    annotators: Sequence[Annotator],
    names: Mapping[Annotator, str],
) -> tuple[set[str], list[str]]:
    """Scenes that any of them was trained on, and whose training is not known."""
    known: set[str] = set()
    notes = []
    for each in annotators:
        if each.adapter is None:
            continue
        scenes = known_scenes(pair_set, each.adapter, examples)
        if scenes is None:
            notes.append(
                f"{names[each]} has no card in this set: whether it was trained on these scenes "
                "is not known."
            )
        known |= scenes or set()
    return known, notes


def _own_words_note(pairs: int) -> list[str]:
    if not pairs:
        return []
    return [
        f"Left out: {pairs} pairs that triage accepted unseen, in the words of a model that is "
        "measured here: no model is measured on its own words."
    ]


def _nothing_to_compare(
    pair_set: PairSet,
    held_out: Sequence[Example],
    fresh: Sequence[Example],
    present: Sequence[Annotator],
    names: Mapping[Annotator, str],
    answers: Mapping[Annotator, Answers],
) -> MissingStageError:
    if not present:
        return MissingStageError(
            f"None of the {len(held_out)} held-out pairs of {pair_set.url} is annotated. Annotate "
            "them with: pairset annotate SET, with --adapter NAME for an adapter"
        )
    if not fresh:
        return MissingStageError(
            f"All {len(held_out)} held-out pairs are of scenes that one of the adapters was "
            "trained on. Give the --split-seed and --held-out-share it was trained with, or "
            "leave it out with --adapters."
        )
    counts = _counts(fresh, present, names, answers)
    return MissingStageError(
        f"No pair is annotated by all: of {len(fresh)} held-out pairs {counts}. Leave "
        "some out with --adapters, or annotate with them first."
    )


def _counts(
    examples: Sequence[Example],
    annotators: Sequence[Annotator],
    names: Mapping[Annotator, str],
    answers: Mapping[Annotator, Answers],
) -> str:
    counts = {
        each: sum(example.pair_id in answers[each] for example in examples) for each in annotators
    }
    return ", ".join(f"{names[each]} {count}" for each, count in counts.items())
