"""Reviewed pairs in the prompt: what is sent, what the row says, and what a run goes on from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotator.annotate import annotate
from annotator.engines import EnginePlan
from annotator.engines.vllm_options import vllm_arguments
from annotator.settings import AnnotateSettings
from annotator.weights.models import load_model
from pairset.errors import MissingStageError
from pairset.records import Example
from pairset.rows.annotations import latest_annotations
from pairset.store import PairSet
from tests.annotator.fake_server import FakeServer
from tests.annotator.shown_set import make_ready, publish

Rows = list[dict[str, Any]]
Run = Callable[..., Rows]


@pytest.fixture
def examples(small_set: PairSet) -> dict[str, Example]:
    return {example.example_id: example for example in make_ready(small_set)}


@pytest.fixture
def run(small_set: PairSet, fake: FakeServer) -> Run:
    def run(**changes: object) -> Rows:
        values: dict[str, Any] = {"server": fake.url, "concurrency": 1, "exemplars": 2, **changes}
        annotate(AnnotateSettings(set_url=small_set.url, **values))
        return latest_annotations(small_set).to_pylist()

    return run


def test_exemplars_are_sent_as_earlier_turns_and_named_in_the_row(
    run: Run, fake: FakeServer, examples: dict[str, Example]
) -> None:
    (row,) = run(limit=1)

    (request,) = fake.requests
    roles = [message["role"] for message in request["messages"]]
    assert roles == ["user", "assistant"] * 2 + ["user"]
    replies = [message["content"][0]["text"] for message in request["messages"][1::2]]
    assert len(row["exemplars"]) == 2
    assert replies == [examples[name].reply for name in row["exemplars"]]
    assert row["pair_id"] not in {examples[name].pair_id for name in row["exemplars"]}
    parts = [[part["type"] for part in m["content"]] for m in request["messages"][::2]]
    assert parts == [["image_url", "image_url", "text"]] * 3


def test_without_exemplars_nothing_is_shown_and_no_table_is_needed(
    run: Run, fake: FakeServer
) -> None:
    rows = run(exemplars=0)

    assert {tuple(row["exemplars"]) for row in rows} == {()}
    assert {len(request["messages"]) for request in fake.requests} == {1}


def test_a_run_goes_on_where_it_ended(
    run: Run, fake: FakeServer, examples: dict[str, Example]
) -> None:
    assert examples
    begun = run(limit=4)
    rows = run()

    assert len(rows) == len(fake.requests) == 6
    assert [row for row in rows if row in begun] == begun
    assert run() == rows
    assert len(fake.requests) == 6


def test_how_many_are_shown_and_of_which_table_makes_other_annotations(
    run: Run, small_set: PairSet, examples: dict[str, Example]
) -> None:
    runs = [run(exemplars=0), run(exemplars=1), run(exemplars=2)]
    publish(small_set, list(examples.values())[:-1], key="second")
    runs.append(run(exemplars=2))

    ids = [{row["annotation_id"] for row in rows} for rows in runs]
    assert len(set.union(*ids)) == 4 * 6
    assert len({rows[0]["prompt_id"] for rows in runs}) == 4


def test_an_exemplar_that_cannot_be_opened_is_named_in_the_rows_it_was_for(
    run: Run, examples: dict[str, Example]
) -> None:
    broken = next(iter(examples.values()))
    Path(str(broken.source_uri)).write_bytes(b"no image")
    rows = run()

    for row in rows:
        is_hit = broken.example_id in row["exemplars"] or row["pair_id"] == broken.pair_id
        assert row["error_code"] == ("image_changed" if is_hit else None)
        if broken.example_id in row["exemplars"]:
            assert broken.example_id in row["error"]
    assert any(broken.example_id in row["exemplars"] for row in rows)


def test_a_set_without_examples_says_what_to_do(run: Run) -> None:
    with pytest.raises(MissingStageError, match="pairset train"):
        run()


@pytest.mark.parametrize(("exemplars", "images"), [(0, 2), (3, 8)])
def test_vllm_is_told_how_many_images_a_prompt_may_have(exemplars: int, images: int) -> None:
    settings = AnnotateSettings(set_url="unused", exemplars=exemplars)
    arguments = vllm_arguments(EnginePlan(settings, load_model("starter"), None))

    assert arguments["limit_mm_per_prompt"]["image"] == images


def test_rows_from_before_there_were_exemplars_are_gone_on_from(
    run: Run, small_set: PairSet
) -> None:
    before = run(exemplars=0, limit=2)
    stage = small_set.current("annotations")
    assert stage is not None
    (shard,) = stage.shards()
    stage.write(shard, stage.read(shard).drop_columns(["exemplars"]))
    rows = run(exemplars=0)

    assert len(rows) == 6
    ids = {row["annotation_id"] for row in before}
    assert {row["annotation_id"] for row in rows if row["exemplars"] is None} == ids
