"""Whatever a Label Studio returns is a verdict or a named skip, and never the end of a pull."""

import math
from typing import Any

import pytest

from pairset.records import Verdict
from pairset.records.verdict import AUTO, Decision
from review.exchange.regions import box_of, rating_of
from review.form.brush import painted
from review.label_studio.incoming import ForeignSubmissionError, checked
from tests.review.exchange.test_labels import SHOWN, judged, region, verdict
from tests.review.offline.fake_studio import Fault
from tests.review.offline.room import Room

ENORMOUS = "x" * 10_000_000


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": {"number": 5}},
        {"id": 2**70},
        {"id": True},
        {"created_at": None},
        {"created_at": "0001-01-01T00:00:00Z"},
        {"updated_at": "9999-12-31T23:59:59Z"},
        {"updated_at": "yesterday"},
        {"updated_at": 17},
        {"lead_time": [[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]},
        {"note": ENORMOUS},
    ],
)
def test_what_no_reviewer_submits_is_skipped_with_a_reason(changes: dict[str, Any]) -> None:
    with pytest.raises(ForeignSubmissionError) as error:
        judged([*SHOWN, verdict("accept")], **changes)

    assert 0 < len(str(error.value)) < 200


@pytest.mark.parametrize(
    "result",
    [
        [],
        None,
        "accept",
        {"verdict": "accept"},
        [None, 7, "accept", []],
        [{"from_name": ["verdict"], "value": {"choices": ["accept"]}}],
        [{"from_name": "verdict", "value": None}],
        [{"from_name": "verdict", "value": {"choices": "accept"}}],
        [{"from_name": "verdict", "value": {"choices": [["accept"]]}}],
        [verdict("perhaps")],
        [verdict("accept"), verdict("reject")],
    ],
)
def test_a_verdict_without_one_choice_of_ours_is_undecided(result: Any) -> None:
    assert judged(result).decision == Decision.UNDECIDED


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf, "6", [6], True, 10**400])
def test_a_length_of_time_that_is_none_is_left_out(seconds: Any) -> None:
    assert judged([*SHOWN, verdict("accept")], lead_time=seconds).seconds_spent is None


@pytest.mark.parametrize("stars", [0, 6, -3, 2.5, math.nan, "5", [5], True, 10**30])
def test_stars_beyond_five_are_none(stars: Any) -> None:
    assert rating_of([region("quality", "rating", stars)], "quality") is None


@pytest.mark.parametrize(
    "sides",
    [
        {"x": math.nan},
        {"width": -20},
        {"x": 200},
        {"y": "10"},
        {"height": 10**400},
        {"width": None},
        {"x": [1]},
    ],
)
def test_a_box_that_no_picture_has_is_none(sides: dict[str, Any]) -> None:
    value = {"x": 10, "y": 10, "width": 20, "height": 20} | sides
    assert box_of([{"from_name": "region", "value": value}]) is None


def test_a_box_is_cut_off_at_the_edge_of_the_picture() -> None:
    value = {"x": -10, "y": 50, "width": 300, "height": 100}
    drawn = {"from_name": "region", "value": value, "original_width": 200, "original_height": 100}

    assert box_of([drawn]) == [0, 50, 200, 100]


@pytest.mark.parametrize("packed", [[255] * 40, [1, 2], [-1] * 9, ["a"], [0.5] * 20, [None] * 9])
def test_a_mask_that_is_none_is_no_change_of_anything_else(packed: list[Any]) -> None:
    found = judged([*SHOWN[:3], region("mask", "rle", packed), verdict("fix")])

    assert found.changed_fields == ["change_mask"]


def test_a_mask_is_measured_before_it_is_unpacked() -> None:
    with pytest.raises(ValueError, match="photograph"):
        painted([255, 255, 255, 255, *([0] * 20)])


def test_words_keep_no_half_characters_and_none_that_command_or_turn_a_line() -> None:
    said = "Paint\ud83d it\x1b[31m red\u202e.\x00"
    found = judged([region("instruction_en", "text", [said]), verdict("fix")])

    assert found.instruction_en == "Paint\ufffd it [31m red.\ufffd"
    assert "\ud83d" not in str(found.raw_result)


def test_labels_that_are_not_on_the_page_are_kept_once_each() -> None:
    ticked = region("error_types", "choices", ["odd", "odd", 7, None, ["deep"], "new"])

    assert judged([*SHOWN, ticked, verdict("fix")]).error_types == ["odd", "new"]


def test_numbers_that_are_none_are_stored_as_nothing() -> None:
    assert checked({"a": [math.nan, {"b": -math.inf}], "c": 1.5}) == {
        "a": [None, {"b": None}],
        "c": 1.5,
    }


def pulled(room: Room, *flags: str) -> list[Verdict]:
    assert room.pull(*flags) == 0
    return room.verdicts()


def test_one_foreign_submission_spoils_no_other(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.push()
    project, tasks = room.studio.project, list(room.studio.project.tasks.values())
    for task in tasks[:6]:
        project.submit(task, 1, "accept")
    tasks[0]["annotations"][0]["created_at"] = "0001-01-01T00:00:00Z"
    tasks[1]["annotations"][0]["result"].append({"deep": ENORMOUS})
    tasks[2]["data"] = {"pair_id": ["no", "text"], "annotation_id": 7}
    tasks[3]["data"]["info"] = ENORMOUS
    tasks[4]["updated_at"] = "9999-12-31T23:59:59.0Z"
    found = pulled(room)
    said = capsys.readouterr().err

    assert {verdict.task_id for verdict in found} == {tasks[4]["id"], tasks[5]["id"]}
    assert "3 submissions were passed over" in said
    assert "no time of this age" in said
    assert len(said) < 5_000


def test_a_time_of_the_far_future_does_not_end_what_later_pulls_see(room: Room) -> None:
    room.push()
    project, tasks = room.studio.project, list(room.studio.project.tasks.values())
    project.submit(tasks[0], 1, "accept")
    tasks[0]["updated_at"] = "2199-12-31T23:59:59.0Z"
    assert len(pulled(room)) == 1

    project.submit(tasks[1], 1, "accept")
    assert len(pulled(room)) == 2


def test_verdicts_of_a_clock_that_was_set_back_are_found(room: Room) -> None:
    room.push()
    project, tasks = room.studio.project, list(room.studio.project.tasks.values())
    project.seconds = 100_000
    project.submit(tasks[0], 1, "accept")
    assert len(pulled(room)) == 1

    project.seconds = 0
    project.submit(tasks[1], 1, "reject")
    assert len(pulled(room)) == 2


def test_a_verdict_that_turned_foreign_keeps_what_was_pulled(room: Room) -> None:
    room.push()
    project, tasks = room.studio.project, list(room.studio.project.tasks.values())
    submitted = project.submit(tasks[0], 1, "accept")
    (before,) = pulled(room)
    submitted["updated_at"] = "no time"
    tasks[0]["updated_at"] = project.now()

    assert pulled(room) == [before]


@pytest.mark.parametrize(
    ("users", "who"),
    [
        ([{"id": 1, "email": None}], "user 1"),
        ([{"id": 1}], "user 1"),
        ([{"email": "a@b.c"}, None, 7], "user 1"),
        ("nobody", "user 1"),
        ([{"id": 1, "email": AUTO}], "user 1"),
        ([{"id": 1, "email": "simulated"}], "user 1"),
        ([{"id": 1, "email": "a\u202e@b\ud83d.c"}], "a@b\ufffd.c"),
    ],
)
def test_a_user_without_an_address_has_a_number_and_nobody_is_called_auto(
    room: Room, users: Any, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.push()
    project = room.studio.project
    monkeypatch.setattr(project, "_users", lambda: users)
    project.submit(next(iter(project.tasks.values())), 1, "accept")

    assert [verdict.reviewer for verdict in pulled(room)] == [who]


@pytest.mark.parametrize("who", [None, {}, {"email": "x"}, "ann", [1]])
def test_a_submission_of_nobody_is_kept(room: Room, who: Any) -> None:
    room.push()
    project = room.studio.project
    project.submit(next(iter(project.tasks.values())), 1, "accept")["completed_by"] = who

    assert [verdict.reviewer for verdict in pulled(room)] == ["user unknown"]


def test_the_same_submission_twice_is_one_verdict(room: Room) -> None:
    room.push()
    project = room.studio.project
    task = next(iter(project.tasks.values()))
    task["annotations"].append(project.submit(task, 1, "accept"))

    assert len(pulled(room)) == 1
    assert len(room.verdicts("all_verdicts")) == 1


@pytest.mark.parametrize(
    "body", ["[]", '{"tasks": {}}', '{"tasks": [], "total": "many"}', '"x"', "{" * 50, "[" * 99_999]
)
def test_what_is_no_label_studio_ends_a_pull_with_a_sentence(
    room: Room, body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    room.push()
    room.studio.always.append(Fault(r"GET /api/tasks/$", 200, body))
    capsys.readouterr()

    assert room.pull() == 4
    said = capsys.readouterr().err
    assert "no Label Studio" in said or "answered no JSON" in said
    assert "Traceback" not in said
