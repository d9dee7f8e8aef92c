"""A pull brings what reviewers did, field by field, each thing once."""

import json
from pathlib import Path

import pytest

from pairset.records.verdict import Decision
from review.opinions.verdicts import REVIEWS
from review.settings import PullSettings
from tests.review.offline.fake_project import Json
from tests.review.offline.room import Room

PAGES_OF_TASKS = "GET /api/tasks/$"


@pytest.fixture
def pushed(room: Room) -> Room:
    room.push()
    return room


def task(room: Room, place: int = 0) -> Json:
    return room.studio.project.task_of(room.queued()[place])


def test_accept_fix_reject_and_skip_arrive(pushed: Room) -> None:
    project = pushed.studio.project
    for place, verdict in enumerate(["accept", "fix", "reject", None]):
        project.submit(task(pushed, place), 1, verdict)
    assert pushed.pull() == 0

    verdicts = pushed.verdicts()
    assert [verdict.decision for verdict in verdicts] == ["accept", "fix", "reject", "skip"]
    assert [verdict.pair_id for verdict in verdicts] == pushed.queued()[:4]
    assert {verdict.reviewer for verdict in verdicts} == {"ann@example.org"}
    assert {verdict.seconds_spent for verdict in verdicts} == {6.5}


def test_what_was_changed_is_kept_beside_what_was_shown(pushed: Room) -> None:
    pushed.studio.project.submit(
        task(pushed), 2, "fix", instruction_zh="把圆涂成红色。", edit_type="replace"
    )
    pushed.pull()
    (verdict,) = pushed.verdicts()

    assert verdict.instruction_zh == "把圆涂成红色。"
    assert verdict.original_instruction_zh == "把方块涂成红色。"
    assert (verdict.edit_type, verdict.original_edit_type) == ("replace", "recolor")
    assert verdict.instruction_en == verdict.original_instruction_en == "Paint the square red."
    assert verdict.changed_fields == ["instruction_zh", "edit_type"]
    assert verdict.change_box == pytest.approx([24, 16, 48, 32])


def test_nothing_is_counted_twice(pushed: Room, capsys: pytest.CaptureFixture[str]) -> None:
    pushed.studio.project.submit(task(pushed), 1, "accept")
    pushed.pull()
    shards = pushed.pair_set.stage("verdicts", REVIEWS).shards()
    pushed.pull()
    pushed.pull("--everything")

    assert len(pushed.verdicts()) == 1
    assert pushed.pair_set.stage("verdicts", REVIEWS).shards() == shards
    assert "Nothing new. The set holds 1" in capsys.readouterr().out


def test_an_edit_is_a_new_revision_of_the_same_verdict(pushed: Room) -> None:
    annotation = pushed.studio.project.submit(task(pushed), 1, "accept")
    pushed.pull()
    pushed.studio.project.edit(task(pushed), annotation, "fix", instruction_en="Paint it green.")
    pushed.pull()

    (verdict,) = pushed.verdicts()
    assert (verdict.decision, verdict.instruction_en) == ("fix", "Paint it green.")
    assert [each.revision for each in pushed.verdicts("all_verdicts")] == [1, 2]


def test_a_deleted_verdict_counts_no_more_and_is_not_lost(pushed: Room) -> None:
    annotation = pushed.studio.project.submit(task(pushed), 1, "accept")
    pushed.pull()
    pushed.studio.project.delete_annotation(task(pushed), annotation)
    pushed.pull()

    assert pushed.verdicts() == []
    assert [each.withdrawn for each in pushed.verdicts("all_verdicts")] == [False, True]


def test_a_deletion_that_leaves_no_trace_is_found_by_counting(pushed: Room) -> None:
    annotation = pushed.studio.project.submit(task(pushed), 1, "accept")
    pushed.studio.project.submit(task(pushed, 1), 1, "accept")
    pushed.pull()
    pushed.studio.project.delete_annotation(task(pushed), annotation, leaves_trace=False)
    pushed.pull()

    assert [verdict.pair_id for verdict in pushed.verdicts()] == [pushed.queued()[1]]


def test_verdicts_of_a_deleted_task_stay_and_a_push_puts_it_back(
    pushed: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed.studio.project.submit(task(pushed), 1, "accept")
    pushed.pull()
    pushed.studio.project.delete_task(task(pushed)["id"])
    pushed.pull()

    assert len(pushed.verdicts()) == 1
    assert "pairset review push" in capsys.readouterr().err
    pushed.push()
    assert sorted(pushed.studio.project.pair_ids()) == sorted(pushed.queued())


def test_only_what_changed_is_read(pushed: Room) -> None:
    for place in range(5):
        pushed.studio.project.submit(task(pushed, place), 1, "accept")
    pushed.pull("--tasks-per-request", "2")
    before = pushed.studio.asked(PAGES_OF_TASKS)
    pushed.pull("--tasks-per-request", "2", "--overlap-seconds", "0")

    assert pushed.studio.asked(PAGES_OF_TASKS) == before + 2


def test_a_verdict_that_shows_up_late_is_found_in_the_overlap(pushed: Room) -> None:
    late = pushed.studio.project.submit(task(pushed), 1, "accept")
    hidden = task(pushed)["annotations"]
    hidden.remove(late)
    pushed.studio.project.submit(task(pushed, 1), 1, "accept")
    pushed.pull()
    hidden.append(late)
    pushed.pull()

    assert len(pushed.verdicts()) == 2


def test_two_reviewers_of_one_pair_are_two_verdicts(pushed: Room) -> None:
    pushed.studio.project.submit(task(pushed), 1, "accept")
    pushed.studio.project.submit(task(pushed), 2, "reject")
    pushed.pull()

    assert [each.reviewer for each in pushed.verdicts()] == ["ann@example.org", "bo@example.org"]
    assert len({each.annotation_id for each in pushed.verdicts()}) == 1


def test_a_verdict_belongs_to_the_annotation_that_was_shown(pushed: Room) -> None:
    reviewed = task(pushed)
    first = reviewed["predictions"][0]
    old_id = first["result"][0]["id"].split(":")[0]
    pushed.studio.project.submit(reviewed, 1, "accept")
    newer = json.loads(json.dumps(first).replace(old_id, "newer"))
    reviewed["predictions"].append(newer | {"id": 999, "model_version": "newer"})
    pushed.studio.project.submit(reviewed, 2, "accept")
    pushed.pull()

    assert [each.annotation_id for each in pushed.verdicts()] == [old_id, "newer"]


def test_a_bare_accept_by_a_script_means_the_words_that_were_shown(pushed: Room) -> None:
    annotation = pushed.studio.project.submit(task(pushed), 1, "accept")
    annotation["result"] = annotation["result"][-1:]
    pushed.pull()
    (verdict,) = pushed.verdicts()

    assert verdict.instruction_en == "Paint the square red."
    assert verdict.changed_fields == []


def test_a_page_without_verdicts_loses_nothing_and_is_named(
    pushed: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    annotation = pushed.studio.project.submit(task(pushed), 1, "accept")
    annotation["result"].pop()
    pushed.studio.project.controls.remove("verdict")
    assert pushed.pull() == 0

    (verdict,) = pushed.verdicts()
    assert verdict.decision == Decision.UNDECIDED
    assert len(json.loads(verdict.raw_result or "")) == len(annotation["result"])
    assert "it has no verdict" in capsys.readouterr().err


def test_choices_that_somebody_edited_are_named(
    pushed: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed.studio.project.submit(next(iter(pushed.studio.project.tasks.values())), 1, "approve")
    pushed.pull()

    assert [each.decision for each in pushed.verdicts()] == ["undecided"]
    assert "1 submissions say neither accept nor fix nor reject" in capsys.readouterr().err


def test_many_pulls_leave_few_files(pushed: Room) -> None:
    annotation = pushed.studio.project.submit(task(pushed), 1, "accept")
    for count in range(70):
        pushed.studio.project.edit(task(pushed), annotation, "fix", instruction_en=f"No. {count}")
        pushed.pull()

    assert len(pushed.pair_set.stage("verdicts", REVIEWS).shards()) < 64
    assert len(pushed.verdicts("all_verdicts")) == 70
    assert pushed.verdicts()[0].instruction_en == "No. 69"


def test_what_a_token_is_stays_out_of_settings_and_files(pushed: Room) -> None:
    token = pushed.studio.token or ""
    assert pushed.pull("--token", token) == 0
    written = [path for path in Path(pushed.pair_set.root).rglob("*") if path.is_file()]

    assert written
    assert not any(token.encode() in path.read_bytes() for path in written)
    assert token not in repr(PullSettings(set_url="x", token=token))
