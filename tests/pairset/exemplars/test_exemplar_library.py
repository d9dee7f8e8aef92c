"""Which reviewed pairs of a set may be shown, and by which encoder they are found."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pairset.errors import MissingStageError
from pairset.exemplars.library import exemplars_for, published_examples, read_examples
from pairset.records import Embedding, Example, Pair, rows_of, table_of
from pairset.store import PairSet
from tests.annotator.shown_set import embed, make_examples, make_ready, pairs_of
from tests.annotator.small_set import make_set

PAIRS = 8


@pytest.fixture
def pair_set(tmp_path: Path) -> PairSet:
    return make_set(tmp_path, PAIRS)


def shown_ids(pair_set: PairSet, examples: list[Example], count: int = 3) -> dict[str, list[str]]:
    pair_ids = [pair.pair_id for pair in pairs_of(pair_set)]
    shown = exemplars_for(pair_set, examples, pair_ids, count)
    return {pair_id: [each.pair_id for each in exemplars] for pair_id, exemplars in shown.items()}


def test_every_pair_is_shown_other_pairs(pair_set: PairSet) -> None:
    shown = shown_ids(pair_set, make_ready(pair_set))

    assert len(shown) == PAIRS
    for pair_id, others in shown.items():
        assert len(set(others)) == 3
        assert pair_id not in others


def test_what_is_shown_does_not_depend_on_what_else_is_asked(pair_set: PairSet) -> None:
    examples = make_ready(pair_set)
    together = shown_ids(pair_set, examples)

    for pair in pairs_of(pair_set):
        alone = exemplars_for(pair_set, examples[::-1], [pair.pair_id], 3)
        assert [each.pair_id for each in alone[pair.pair_id]] == together[pair.pair_id]


def test_the_most_relevant_stands_next_to_the_question(pair_set: PairSet) -> None:
    examples = make_ready(pair_set)
    one, three = shown_ids(pair_set, examples, 1), shown_ids(pair_set, examples, 3)

    assert {pair_id: others[-1:] for pair_id, others in three.items()} == one


def test_only_what_teaches_and_is_trained_on_is_shown(pair_set: PairSet) -> None:
    embed(pair_set)
    first, second, *others = make_examples(pair_set)
    able = [replace(first, exclusion="disputed"), replace(second, split="held_out"), *others]
    shown = {each for ids in shown_ids(pair_set, able, PAIRS).values() for each in ids}

    assert shown == {each.pair_id for each in others}


def test_neighbours_of_a_scene_are_not_shown_to_each_other(pair_set: PairSet) -> None:
    examples = make_ready(pair_set)
    stage = pair_set.stage("pairs", "drawn")
    rows = list(rows_of(Pair, stage.read("00000")))
    together = [replace(pair, cluster="one") for pair in rows[:3]]
    stage.write("00000", table_of(Pair, [*together, *rows[3:]]))
    shown = shown_ids(pair_set, examples, PAIRS)

    neighbours = {pair.pair_id for pair in together}
    assert all(not neighbours & set(shown[pair_id]) for pair_id in neighbours)
    assert neighbours & set(shown[rows[3].pair_id])


def test_the_encoder_is_the_one_that_the_pairs_were_mined_with(pair_set: PairSet) -> None:
    examples = make_ready(pair_set)
    before = shown_ids(pair_set, examples)
    vectors = {
        row.image_id: np.array(row.vector)
        for row in rows_of(Embedding, pair_set.stage("embeddings", "drawn-1").read("00000"))
    }
    embed(pair_set, "a-later-encoder", seed=1)
    stage = pair_set.stage("pairs", "drawn")
    mined = [
        replace(pair, similarity=float(vectors[pair.source_id] @ vectors[pair.target_id]))
        for pair in pairs_of(pair_set)
    ]
    stage.write("00000", table_of(Pair, mined))

    assert shown_ids(pair_set, examples) == before
    pair_set.filesystem.rm(pair_set.stage("embeddings", "drawn-1").path, recursive=True)
    assert shown_ids(pair_set, examples) != before


def test_the_published_examples_are_read(pair_set: PairSet) -> None:
    examples = make_ready(pair_set)

    assert published_examples(pair_set).key == "first"
    assert read_examples(published_examples(pair_set)) == examples


def test_a_set_without_examples_says_what_publishes_them(pair_set: PairSet) -> None:
    with pytest.raises(MissingStageError, match="pairset train"):
        published_examples(pair_set)


def test_a_set_without_embeddings_says_what_makes_them(pair_set: PairSet) -> None:
    with pytest.raises(MissingStageError, match="pairset mine"):
        shown_ids(pair_set, make_examples(pair_set))


def test_examples_of_which_none_can_be_shown_stop_the_run(pair_set: PairSet) -> None:
    embed(pair_set)
    held_out = make_examples(pair_set, lambda each: replace(each, split="held_out"))

    with pytest.raises(MissingStageError, match="None of the 8 examples"):
        shown_ids(pair_set, held_out)
