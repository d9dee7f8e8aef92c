"""What Label Studio's JSON of a submission says, field by field."""

from typing import Any

import numpy as np
import pytest

from pairset.records import Verdict
from pairset.records.verdict import Decision
from review.exchange.regions import text_of
from review.exchange.submitted import ReviewedTask, reviewed_task, verdict_of
from review.form.brush import brush_rle

Json = dict[str, Any]
BOX = {"x": 25, "y": 25, "width": 25, "height": 25, "rectanglelabels": ["changed"]}


def region(control: str, kind: str, value: Any, **more: Any) -> Json:
    return {"id": "r", "from_name": control, "type": kind, "value": {kind: value}, **more}


def mask(columns: int) -> list[int]:
    """So many columns painted."""
    painted = np.zeros((4, 6), dtype=bool)
    painted[:, :columns] = True
    return brush_rle(painted)


def box(**moved: float) -> Json:
    shape = {"from_name": "region", "type": "rectanglelabels", "value": BOX | moved}
    return shape | {"original_width": 200, "original_height": 100}


SHOWN = [
    region("instruction_en", "text", ["Paint it red."]) | {"id": "judged:instruction_en"},
    region("edit_type", "choices", ["recolor"]),
    box(),
    region("mask", "rle", mask(2)),
]


def judged(result: list[Json], **changes: Any) -> Verdict:
    """The verdict made of a submission on a task whose prediction is SHOWN."""
    submission = {
        "id": 5,
        "result": result,
        "parent_prediction": 1,
        "created_at": "2026-01-02T00:00:00Z",
        "updated_at": "2026-01-02T00:00:00Z",
    }
    prediction = {"id": 1, "result": SHOWN, "created_at": "2026-01-01T00:00:00Z"}
    offered = {"Paint it red.": "涂成红色。", "Make it darker.": "让它变暗。"}
    task = ReviewedTask(3, "pair", "first", [prediction], [], "2026-01-02T00:00:00Z", offered)
    return verdict_of(task, submission | changes, "ann@example.org", "project")


def verdict(choice: str) -> Json:
    return region("verdict", "choices", [choice])


def test_an_accept_of_what_was_shown_changes_nothing() -> None:
    found = judged([*SHOWN, verdict("accept")])

    assert (found.decision, found.changed_fields) == (Decision.ACCEPT, [])
    assert found.annotation_id == "judged"
    assert found.change_box == found.original_change_box == [50, 25, 100, 50]


def test_a_box_that_the_page_rounded_is_the_same_box() -> None:
    assert judged([*SHOWN[:2], box(x=25.1), SHOWN[3]]).changed_fields == []


def test_a_box_that_was_moved_is_a_change() -> None:
    found = judged([*SHOWN[:2], box(x=30), SHOWN[3]])

    assert found.changed_fields == ["change_box"]
    assert found.change_box == [60, 25, 110, 50]


def test_two_boxes_are_one_box_round_both() -> None:
    assert judged([*SHOWN, box(x=0, y=0)]).change_box == [0, 0, 100, 50]


def test_what_was_taken_away_is_a_change() -> None:
    found = judged([SHOWN[0], verdict("fix")])

    assert found.changed_fields == ["edit_type", "change_box", "change_mask"]
    assert (found.edit_type, found.original_edit_type) == (None, "recolor")


def test_a_repainted_mask_is_a_change() -> None:
    assert judged([*SHOWN[:3], region("mask", "rle", mask(3))]).changed_fields == ["change_mask"]


def test_what_an_edited_page_submits_breaks_nothing() -> None:
    polygon = {"from_name": "region", "type": "polygonlabels", "value": {"points": [[1, 2]]}}
    found = judged([*SHOWN[:2], polygon, region("mask", "rle", [9]), {"from_name": "verdict"}])

    assert found.decision == Decision.UNDECIDED
    assert found.changed_fields == ["change_box", "change_mask"]


def test_reasons_errors_and_stars_arrive() -> None:
    found = judged(
        [
            *SHOWN,
            verdict("reject"),
            region("reject_reason", "choices", ["unrelated_pair", "unsafe"]),
            region("error_types", "choices", ["wrong_object"]),
            region("quality", "rating", 2),
        ]
    )
    assert found.reject_reasons == ["unrelated_pair", "unsafe"]
    assert found.error_types == ["wrong_object"]
    assert found.quality == 2


def test_a_skip_says_nothing_of_the_words() -> None:
    found = judged([], was_cancelled=True, parent_prediction=None)

    assert (found.decision, found.changed_fields) == (Decision.SKIP, [])
    assert found.original_instruction_en == "Paint it red."
    assert found.instruction_en is None


def test_a_choice_nobody_knows_is_undecided() -> None:
    assert judged([verdict("maybe")]).decision == Decision.UNDECIDED


def test_without_a_prediction_the_task_tells_the_annotation() -> None:
    found = judged([verdict("accept")], parent_prediction=None, created_at="2025-01-01T00:00:00Z")

    assert found.annotation_id == "first"
    assert found.original_instruction_en is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [(["a", " b "], "a\nb"), ("a", "a"), ([""], None), ([], None), (None, None)],
)
def test_a_text_area_holds_one_text(text: object, expected: str | None) -> None:
    assert text_of([region("instruction_en", "text", text)], "instruction_en") == expected


def test_a_task_without_a_pair_is_not_ours() -> None:
    assert reviewed_task({"id": 1, "data": {"text": "?"}, "updated_at": "x"}) is None


def ticked(candidate: str) -> Json:
    return region("candidate", "choices", [candidate])


@pytest.mark.parametrize("key", ["accept", "fix"])
def test_another_candidate_is_a_fix_in_both_languages_whichever_key_was_pressed(key: str) -> None:
    found = judged([*SHOWN, verdict(key), ticked("Make it darker.")])

    assert (found.decision, found.changed_fields) == ("fix", ["instruction_en", "instruction_zh"])
    assert (found.instruction_en, found.instruction_zh) == ("Make it darker.", "让它变暗。")
    assert found.original_instruction_en == "Paint it red."


def test_the_candidate_that_was_prefilled_changes_nothing() -> None:
    found = judged([*SHOWN, verdict("accept"), ticked("Paint it red.")])

    assert (found.decision, found.changed_fields) == ("accept", [])


def test_a_scripts_accept_of_another_candidate_keeps_the_rest_as_it_was_shown() -> None:
    found = judged([verdict("accept"), ticked("Make it darker.")])

    assert (found.decision, found.instruction_en) == ("fix", "Make it darker.")
    assert found.edit_type == "recolor"


def test_typed_words_go_before_a_candidate() -> None:
    typed = region("instruction_en", "text", ["Paint it dark red."])
    found = judged([typed, *SHOWN[1:], verdict("fix"), ticked("Make it darker.")])

    assert found.instruction_en == "Paint it dark red."
