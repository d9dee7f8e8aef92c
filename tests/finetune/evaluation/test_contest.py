"""Nobody is measured on what they know, nor on pairs that the others never saw."""

from dataclasses import replace
from pathlib import Path

import pytest

from finetune.evaluation.annotators import Annotator
from finetune.evaluation.contest import hold_contest
from finetune.evaluation.known_scenes import known_scenes
from pairset.errors import MissingStageError, SettingsError
from pairset.files.damage import DamagedSetError
from pairset.records import Annotation, Evaluation, Example, rows_of, table_of
from pairset.records.example import Split
from pairset.store import PairSet
from tests.finetune.evaluation.reviewed_set import ADAPTER, MODEL, keep_card

BASE = Annotator(MODEL, None, "p1")
ADAPTED = Annotator(MODEL, ADAPTER, "p1")


def held_out(examples: list[Example]) -> list[Example]:
    return [each for each in examples if each.teaches and each.split == Split.HELD_OUT]


def train_on(examples: list[Example], scenes: set[str]) -> list[Example]:
    """The examples of a training that drew its split so that these scenes were on its side."""
    return [
        replace(each, split=Split.TRAIN if each.scene in scenes else Split.HELD_OUT)
        for each in examples
    ]


def keep_annotations(pair_set: PairSet, pair_ids: set[str]) -> None:
    """Leave the adapter's annotations of these pairs only."""
    stage = pair_set.stage("annotations", ADAPTER)
    rows = [each for each in rows_of(Annotation, stage.read("00000")) if each.pair_id in pair_ids]
    stage.write("00000", table_of(Annotation, rows))


def test_everyone_has_a_row_for_each_held_out_pair_in_one_order(
    reviewed: PairSet, examples: list[Example]
) -> None:
    contest = hold_contest(reviewed, examples, [])

    assert list(contest.rows) == [BASE, ADAPTED]
    pair_ids = [[row.pair_id for row in rows] for rows in contest.rows.values()]
    assert pair_ids[0] == pair_ids[1] == [each.pair_id for each in held_out(examples)]
    assert contest.held_out_pairs == len(pair_ids[0])


def test_a_row_says_what_was_right(reviewed: PairSet, examples: list[Example]) -> None:
    fixed = next(each for each in held_out(examples) if "not_an_edit" in each.error_types)
    contest = hold_contest(reviewed, examples, [])
    base, adapted = (
        next(row for row in rows if row.pair_id == fixed.pair_id) for rows in contest.rows.values()
    )

    assert (base.edit_type, base.said_edit_type, base.edit_type_right) == ("recolor", "add", False)
    assert (base.exact_en, base.exact_zh, base.is_changed_right) == (False, False, True)
    assert 0 < base.chrf_en < 100
    assert base.error_types == ["not_an_edit", "wrong_attribute"]
    assert (adapted.exact_en, adapted.exact_zh, adapted.edit_type_right) == (True, True, True)
    assert (adapted.chrf_en, adapted.chrf_zh, adapted.rouge_l_en) == (100, 100, 1)
    assert adapted.scene == fixed.scene


def test_a_failed_reply_is_wrong_in_everything(reviewed: PairSet, examples: list[Example]) -> None:
    rows = hold_contest(reviewed, [replace(e, split="held_out") for e in examples], []).rows
    (failed,) = [row for row in rows[ADAPTED] if row.failed]

    right = [getattr(failed, name) for name in Evaluation.SCHEMA.names if name.startswith("exact")]
    assert right == [False, False]
    assert not failed.edit_type_right
    assert not failed.is_changed_right
    assert (failed.chrf_en, failed.rouge_l_zh, failed.confidence) == (0, 0, None)


def test_scenes_that_a_compared_adapter_was_trained_on_are_left_out(
    reviewed: PairSet, examples: list[Example]
) -> None:
    known = {each.scene for each in held_out(examples)[:3]}
    keep_card(reviewed, train_on(examples, known))
    contest = hold_contest(reviewed, examples, [])

    assert (contest.known_scenes, contest.known_pairs) == (3, 3)
    assert known.isdisjoint(row.scene for row in contest.rows[BASE])
    assert len(contest.rows[BASE]) == contest.held_out_pairs - 3
    assert contest.notes == []
    assert hold_contest(reviewed, examples, ["base"]).known_scenes == 0


def test_what_training_excluded_was_not_learned(reviewed: PairSet, examples: list[Example]) -> None:
    scenes = {each.scene for each in held_out(examples)}
    trained = [replace(each, exclusion="too_long") for each in train_on(examples, scenes)]
    keep_card(reviewed, trained)

    assert hold_contest(reviewed, examples, []).known_scenes == 0


def test_a_scene_is_known_under_the_name_it_has_now(
    reviewed: PairSet, examples: list[Example]
) -> None:
    taught = held_out(examples)[0]
    renamed = [replace(each, scene=f"old {each.scene}") for each in examples]
    keep_card(reviewed, train_on(renamed, {f"old {taught.scene}"}))

    assert known_scenes(reviewed, ADAPTER, examples) == {taught.scene, f"old {taught.scene}"}


def test_an_adapter_knows_what_the_one_it_began_from_knew(
    reviewed: PairSet, examples: list[Example]
) -> None:
    scenes = {each.scene for each in examples[:2]}
    keep_card(reviewed, train_on(examples, scenes))
    second = Path(reviewed.root, "adapters", "lora-2", "card.json")
    second.parent.mkdir()
    reviewed.stage("examples", "none").write("00000", table_of(Example, []))
    second.write_text(f'{{"examples": "none", "start_from": "{ADAPTER}"}}')

    assert known_scenes(reviewed, "lora-2", examples) == scenes


def test_an_adapter_without_a_card_is_named(reviewed: PairSet, examples: list[Example]) -> None:
    (note,) = hold_contest(reviewed, examples, []).notes

    assert note.startswith("lora-1 has no card in this set")


@pytest.mark.parametrize("card", ["no json", "[]", '{"examples": 3}', '{"examples": "gone"}'])
def test_a_card_that_does_not_tell_what_was_learned_stops_the_run(
    reviewed: PairSet, examples: list[Example], card: str
) -> None:
    keep_card(reviewed, examples).write_text(card)

    with pytest.raises((MissingStageError, DamagedSetError), match="lora-1"):
        hold_contest(reviewed, examples, [])
    assert list(hold_contest(reviewed, examples, ["base"]).rows) == [BASE]


def test_only_pairs_that_all_annotated_are_compared(
    reviewed: PairSet, examples: list[Example]
) -> None:
    met = {each.pair_id for each in held_out(examples)[:5]}
    keep_annotations(reviewed, met)
    contest = hold_contest(reviewed, examples, [])

    assert [len(rows) for rows in contest.rows.values()] == [5, 5]
    assert f"{MODEL} {contest.held_out_pairs}, {ADAPTER} 5" in contest.notes[-1]
    assert len(hold_contest(reviewed, examples, ["base"]).rows[BASE]) == contest.held_out_pairs


def test_who_annotated_none_of_the_pairs_is_left_out_and_named(
    reviewed: PairSet, examples: list[Example]
) -> None:
    keep_annotations(reviewed, {e.pair_id for e in examples if e.split == Split.TRAIN})
    contest = hold_contest(reviewed, examples, [])

    assert list(contest.rows) == [BASE]
    assert contest.left_out == [ADAPTER]


def test_without_anything_to_compare_it_says_why_and_what_to_do(
    reviewed: PairSet, examples: list[Example]
) -> None:
    everything = [replace(each, split=Split.TRAIN) for each in examples]
    with pytest.raises(MissingStageError, match="none of them is held out"):
        hold_contest(reviewed, everything, [])
    with pytest.raises(SettingsError, match="'lora-9'"):
        hold_contest(reviewed, examples, ["lora-9"])

    path = keep_card(reviewed, everything)
    with pytest.raises(MissingStageError, match=r"All .* --split-seed"):
        hold_contest(reviewed, examples, [])
    path.unlink()

    for stage in reviewed.runs("annotations"):
        rows = [replace(each, pair_id="other") for each in rows_of(Annotation, stage.read("00000"))]
        stage.write("00000", table_of(Annotation, rows))
    with pytest.raises(MissingStageError, match="pairset annotate"):
        hold_contest(reviewed, examples, [])


def test_annotators_that_never_met_are_counted(reviewed: PairSet, examples: list[Example]) -> None:
    first, *others = held_out(examples)
    keep_annotations(reviewed, {first.pair_id})
    stage = reviewed.stage("annotations", "drawn")
    rows = [e for e in rows_of(Annotation, stage.read("00000")) if e.pair_id != first.pair_id]
    stage.write("00000", table_of(Annotation, rows))

    with pytest.raises(MissingStageError, match=f"{MODEL} {len(others)}, {ADAPTER} 1"):
        hold_contest(reviewed, examples, [])
