"""A push brings the server up to the queue: each pair once, the least confident first."""

from dataclasses import replace
from pathlib import Path

import pytest

from pairset.app.cli import main
from pairset.records import Annotation, Pair, rows_of, table_of
from tests.pairset.second_places import copy_everything
from tests.review.offline.annotated_set import annotation_of, write_annotations, write_pairs
from tests.review.offline.room import Room


def kept_pairs(room: Room) -> list[Pair]:
    current = room.pair_set.current("pairs")
    assert current is not None
    return list(rows_of(Pair, current.read("00000")))


def new_adapter_run(room: Room, confidence: float = 0.1) -> None:
    """Every pair annotated anew by a model with another adapter, and triaged."""
    annotations = [annotation_of(pair, confidence, adapter="lora-2") for pair in kept_pairs(room)]
    write_annotations(room.pair_set, annotations, key="adapter-run")
    room.triage("--threshold", "0.5")


def test_every_queued_pair_becomes_a_task(room: Room) -> None:
    assert room.push() == 0
    assert sorted(room.studio.project.pair_ids()) == sorted(room.queued())


def test_a_task_shows_both_images_and_the_words(room: Room) -> None:
    room.push()
    data = room.studio.project.task_of(room.queued()[0])["data"]

    assert data["source_image"].startswith("/data/local-files/?d=pairs/")
    assert data["source_image"] != data["target_image"]
    assert "source" not in data
    assert "seer" in data["info"]


def test_the_prediction_holds_what_was_mined_and_annotated(room: Room) -> None:
    room.push()
    (prediction,) = room.studio.project.task_of(room.queued()[3])["predictions"]
    values = {region["from_name"]: region["value"] for region in prediction["result"]}

    assert prediction["model_version"] == "seer · 012345"
    assert prediction["score"] == pytest.approx(0.15)
    assert values["instruction_zh"] == {"text": ["把方块涂成红色。"]}
    assert values["edit_type"] == {"choices": ["recolor"]}
    assert values["region"]["x"] == pytest.approx(25)
    assert "mask" in values


def test_the_link_opens_a_view_of_open_tasks_least_confident_first(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.push()
    ((number, view),) = room.studio.project.views.items()

    assert view["data"]["ordering"] == ["tasks:predictions_score"]
    assert view["data"]["filters"]["items"][0]["value"] == "open"
    link = f"{room.studio.url}/projects/7/data?tab={number}&labeling=1"
    assert link in capsys.readouterr().out


def test_a_second_push_writes_no_task(room: Room) -> None:
    room.push()
    before = room.studio.asked("POST .*import")
    room.push()

    assert room.studio.asked("POST .*import") == before
    assert len(room.studio.project.views) == 1


def test_a_lost_map_is_rebuilt_from_the_server(room: Room) -> None:
    room.push()
    (lost,) = room.task_maps()
    lost.unlink()
    room.push()

    assert sorted(room.studio.project.pair_ids()) == sorted(room.queued())
    assert room.task_maps() == [lost]


def test_a_new_adapter_adds_predictions_to_the_same_tasks(room: Room) -> None:
    room.push()
    tasks = dict(room.studio.project.tasks)
    new_adapter_run(room)
    room.push()
    room.push()

    assert tasks.keys() <= room.studio.project.tasks.keys()
    versions = [each["model_version"] for each in tasks[min(tasks)]["predictions"]]
    assert versions == ["seer · 012345", "seer + lora-2 · 012345"]
    assert room.studio.project.model_version == "seer + lora-2 · 012345"


def test_what_other_models_said_of_a_pair_is_among_its_candidates(room: Room) -> None:
    pair = next(pair for pair in kept_pairs(room) if pair.pair_id == room.queued()[0])
    other = replace(annotation_of(pair, 0.9, "older"), instruction_en="Turn it red.")
    room.pair_set.stage("annotations", "older").write("0", table_of(Annotation, [other]))
    room.push()

    data = room.studio.project.task_of(pair.pair_id)["data"]
    assert data["candidates"] == [{"value": "Paint the square red."}, {"value": "Turn it red."}]
    assert data["candidates_zh"] == ["把方块涂成红色。"] * 2


def test_a_withdrawn_pair_is_marked_and_keeps_its_work(room: Room) -> None:
    room.push()
    pair_id = room.queued()[0]
    task = room.studio.project.task_of(pair_id)
    room.studio.project.submit(task, 1, "accept")
    write_pairs(
        room.pair_set, [pair for pair in kept_pairs(room) if pair.pair_id != pair_id], "less"
    )
    room.triage("--threshold", "0.5")
    room.push()

    assert task["data"]["state"] == "withdrawn"
    assert task["data"]["info"].startswith("WITHDRAWN")
    assert len(task["annotations"]) == 1


def test_a_pair_that_comes_back_is_open_again(room: Room) -> None:
    room.push()
    pairs, pair_id = kept_pairs(room), room.queued()[0]
    for kept, key in ((pairs[1:], "less"), (pairs, "again")):
        write_pairs(room.pair_set, kept, key)
        room.triage("--threshold", "0.5", "--audit-share", "0")
        room.push()

    data = room.studio.project.task_of(pair_id)["data"]
    assert data["state"] == "open"
    assert "WITHDRAWN" not in data["info"]


def test_an_image_that_is_gone_keeps_its_pairs_back_and_is_named(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = kept_pairs(room)[0]
    Path(lost.source_uri).rename(f"{lost.source_uri}.away")

    assert room.push() == 0
    assert lost.pair_id not in room.studio.project.pair_ids()
    said = capsys.readouterr().err
    assert lost.pair_id in said
    assert "no such file" in said
    Path(f"{lost.source_uri}.away").rename(lost.source_uri)
    room.push()
    assert sorted(room.studio.project.pair_ids()) == sorted(room.queued())


def test_of_two_places_the_one_that_is_left_is_shown(room: Room, tmp_path: Path) -> None:
    copy_everything(room.pair_set, tmp_path / "second")
    for pair in kept_pairs(room):
        Path(pair.source_uri).unlink(missing_ok=True)

    assert room.push() == 0
    assert sorted(room.studio.project.pair_ids()) == sorted(room.queued())


def test_images_elsewhere_are_linked(room: Room) -> None:
    room.push("--image-url", "https://images.example.org/{image_id}.jpg")
    pair = kept_pairs(room)[0]
    data = room.studio.project.task_of(pair.pair_id)["data"]

    assert data["source_image"] == f"https://images.example.org/{pair.source_id}.jpg"


def test_masks_can_be_left_out(room: Room) -> None:
    room.push("--no-mask")
    (prediction,) = room.studio.project.task_of(room.queued()[0])["predictions"]

    assert "mask" not in {region["from_name"] for region in prediction["result"]}


def test_other_peoples_tasks_are_let_alone(room: Room) -> None:
    other = {"id": 900, "data": {"text": "?"}, "annotations": [], "predictions": []}
    room.studio.project.tasks[900] = other | {"drafts": [], "updated_at": "2026-01-01T00:00:00Z"}
    room.push()
    room.studio.project.submit(room.studio.project.task_of(room.queued()[0]), 1, "accept")

    assert room.pull() == 0
    assert room.studio.project.tasks[900]["data"] == {"text": "?"}


def test_what_reviewers_disagree_about_has_a_view_of_its_own(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.push()
    project = room.studio.project
    task = project.task_of(room.queued()[0])
    project.submit(task, 1, "accept")
    project.submit(task, 2, "reject")
    room.pull()
    main(["review", "agreement", room.pair_set.url])
    room.push()

    assert task["data"]["state"] == "disputed"
    assert [view["data"]["title"] for view in project.views.values()][-1] == "To adjudicate"
    assert "1 pairs to adjudicate" in capsys.readouterr().out
    project.submit(task, 3, "reject")
    room.pull()
    main(["review", "agreement", room.pair_set.url])
    room.push()
    assert task["data"]["state"] == "open"


def test_an_old_triage_is_not_passed_over_in_silence(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.push()
    adapted = [annotation_of(pair, 0.7, adapter="new") for pair in kept_pairs(room)]
    write_annotations(room.pair_set, adapted, key="adapted")
    capsys.readouterr()
    assert room.push() == 0

    assert "The triage is older than the annotations" in capsys.readouterr().err
