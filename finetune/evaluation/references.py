"""Whose words annotators are measured against: never a model's own, and never nobody's alone."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from finetune.evaluation.annotators import Annotator
from pairset.errors import MissingStageError
from pairset.records import Example
from pairset.rows.tables import connect_tables
from pairset.rows.voices import Judges, Voice, is_judged, judges_of, voice_of
from pairset.store import PairSet

_WRITERS = """
    SELECT annotation_id, model, adapter, prompt_id FROM all_annotations
    WHERE annotation_id IN (SELECT unnest(?))
"""


@dataclass(frozen=True, slots=True)
class References:
    """The words of some pairs, and who stands by them."""

    judges: Judges
    """Those who judged pairs among them."""
    judged: int
    """Pairs in their words."""
    unseen: Mapping[str, int]
    """Pairs in words that triage accepted unseen, by the annotator that wrote them."""

    @property
    def is_mixed(self) -> bool:
        return bool(self.unseen)

    @property
    def in_words(self) -> str:
        """Of how many pairs the words are whose."""
        parts = [f"{self.judged} pairs in the words of {self.judges.who}"]
        parts += [
            f"{pairs} in words of {name} that triage accepted and nobody judged"
            for name, pairs in self.unseen.items()
        ]
        return "; ".join(parts)


def writers_of(pair_set: PairSet, examples: Sequence[Example]) -> dict[str, Annotator]:
    """By annotation id, who wrote the words that nobody judged."""
    unseen = [each.annotation_id for each in examples if voice_of(each.reviewer) is Voice.AUTO]
    if not unseen:
        return {}
    with connect_tables(pair_set) as tables:
        rows = tables.execute(_WRITERS, [unseen]).fetchall()
    return {annotation_id: Annotator(*writer) for annotation_id, *writer in rows}


def without_own_words(
    examples: Sequence[Example],
    writers: Mapping[str, Annotator],
    measured: Collection[Annotator],
) -> list[Example]:
    """Those whose words nobody wrote who is measured.

    An adapter and its base write much the same, so a model's words measure no adapter on it either.
    """
    models = {each.model for each in measured}
    return [
        each
        for each in examples
        if is_judged(each.reviewer)
        or (each.annotation_id in writers and writers[each.annotation_id].model not in models)
    ]


def references_of(examples: Sequence[Example], writers: Mapping[str, Annotator]) -> References:
    """Whose words these examples are."""
    judged = [each.reviewer for each in examples if is_judged(each.reviewer)]
    unseen = (writers[each.annotation_id] for each in examples if not is_judged(each.reviewer))
    counts = Counter(each.short_name for each in unseen)
    return References(judges_of(judged), len(judged), dict(counts.most_common()))


def nobody_judged(pair_set: PairSet, unseen: int) -> MissingStageError:
    """Why there is nothing to measure against, and what to do."""
    accepted = (
        f" The {unseen} that triage accepted are a model's own words: held against those it "
        "would be right by definition."
        if unseen
        else ""
    )
    return MissingStageError(
        f"Nobody has judged a pair of {pair_set.url} that could measure anything.{accepted} Let "
        f"people judge some: pairset review serve {pair_set.url}, then pairset review push and "
        "pairset review pull."
    )
