"""The demo's pairs in a real Label Studio: reviewed in a browser, pulled, and learnt from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from finetune.examples.make import make_examples
from finetune.examples.split import SplitRule
from pairset.app.cli import main
from pairset.app.demo.against_truth import Expected
from pairset.app.demo.reviewer import verdict_on
from pairset.models.adapter_cards import adapter_folder, read_card
from pairset.records import Annotation, Verdict, rows_of
from pairset.records.edit_types import EditType
from pairset.records.verdict import Decision
from pairset.rows.annotations import latest_annotations
from pairset.rows.tables import connect_tables
from pairset.store import PairSet
from review.form import names
from review.label_studio.client import StudioClient
from review.label_studio.project import StudioProject
from review.studio.connection import StudioConnection
from review.studio.home import home_of, read_or_make_secrets
from review.studio.own_studio import StudioServer
from tests.review.planted_set import make_planted_set
from tests.review.reviewer import Reviewer

PUSHED = 200
SAMPLE = 40
"""Pairs that the simulated reviewer judges through the server's API."""
CORRECTED = "Give the picture another look."
HELD_OUT_SHARE = 0.3

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")


@dataclass(frozen=True)
class Demo:
    """A set of planted pairs whose annotations are all in a running Label Studio."""

    pair_set: PairSet
    expected: dict[str, Expected]
    connection: StudioConnection
    done: dict[str, str]
    """Pair ids by what was done with the pair in the browser."""
    widths: list[int]
    complaints: list[str]
    sampled: set[str]
    """Pair ids that were judged through the API."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Demo]:
    pair_set, expected = make_planted_set(tmp_path_factory.mktemp("demo"), seed=0)
    url = pair_set.url
    common = ("--model", "starter", "--dtype", "float32")
    assert main(["annotate", url, *common, "--engine", "transformers"]) == 0
    assert main(["triage", url, "--threshold", "1"]) == 0
    with StudioServer(pair_set, [edit_type.value for edit_type in EditType]) as connection:
        assert main(["review", "push", url]) == 0
        reviewer = Reviewer(browser)
        done, widths = _work_in_the_browser(reviewer, pair_set, connection)
        sampled = _judge_some(pair_set, expected, connection, set(done.values()))
        assert main(["review", "pull", url]) == 0
        yield Demo(pair_set, expected, connection, done, widths, reviewer.complaints, sampled)


def _work_in_the_browser(
    reviewer: Reviewer, pair_set: PairSet, connection: StudioConnection
) -> tuple[dict[str, str], list[int]]:
    login = read_or_make_secrets(home_of(pair_set))
    with StudioClient(connection.url, connection.token) as client:
        view_id = StudioProject(client, connection.project_id).ensure_queue()
    reviewer.open_queue(connection.labelling_url(view_id), login.email, login.password)
    widths = reviewer.image_widths()
    done = {}
    reviewer.press("a")
    done["accepted"] = reviewer.submit()
    reviewer.rewrite_instruction(CORRECTED)
    reviewer.press("f")
    done["fixed"] = reviewer.submit()
    reviewer.press("r")
    reviewer.press("4")
    done["rejected"] = reviewer.submit()
    done["skipped"] = reviewer.skip()
    reviewer.draw_box(0.1, 0.5, 0.4, 0.9)
    reviewer.press("f")
    done["boxed"] = reviewer.submit()
    return done, widths


def _judge_some(
    pair_set: PairSet,
    expected: dict[str, Expected],
    connection: StudioConnection,
    taken: set[str],
) -> set[str]:
    """Submit what the simulated reviewer says of some pairs, as the page would submit it."""
    rows = rows_of(Annotation, latest_annotations(pair_set))
    annotations = {row.pair_id: row for row in rows}
    judged: set[str] = set()
    with StudioClient(connection.url, connection.token) as client:
        project = StudioProject(client, connection.project_id)
        for task in (task for page in project.tasks(PUSHED) for task in page):
            pair_id = task["data"]["pair_id"]
            if pair_id in taken or len(judged) == SAMPLE:
                continue
            verdict = verdict_on(annotations[pair_id], expected[pair_id], task["id"])
            client.sdk.annotations.create(task["id"], result=_submitted(verdict), lead_time=4.0)
            judged.add(pair_id)
    return judged


def _submitted(verdict: Verdict) -> list[dict[str, Any]]:
    texts = [
        _region(name, "textarea", {"text": [getattr(verdict, name)]})
        for name in names.TEXT_CONTROLS
    ]
    choices = {
        names.EDIT_TYPE: [verdict.edit_type],
        names.VERDICT: [verdict.decision],
        names.ERROR_TYPES: verdict.error_types,
    }
    ticked = [_region(name, "choices", {"choices": chosen}) for name, chosen in choices.items()]
    return [*texts, *(region for region in ticked if region["value"]["choices"])]


def _region(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    target = names.TARGET_IMAGE
    return {"id": name, "from_name": name, "to_name": target, "type": kind, "value": value}


def verdicts_of(pair_set: PairSet) -> dict[str, dict[str, Any]]:
    with connect_tables(pair_set) as tables:
        found = tables.execute("SELECT * FROM verdicts WHERE reviewer <> 'auto'")
        columns = [column[0] for column in found.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    assert len({row["pair_id"] for row in rows}) == len(rows)
    return {row["pair_id"]: row for row in rows}


def test_two_hundred_pairs_of_the_demo_are_tasks(demo: Demo) -> None:
    with StudioClient(demo.connection.url, demo.connection.token) as client:
        state = StudioProject(client, demo.connection.project_id).state()

    assert state.task_count >= PUSHED


def test_both_photographs_are_really_there(demo: Demo) -> None:
    assert min(demo.widths) > 0
    assert len(demo.widths) == 2
    assert demo.complaints == []


def test_exactly_what_was_done_comes_back(demo: Demo) -> None:
    verdicts = verdicts_of(demo.pair_set)

    assert verdicts.keys() == {*demo.done.values(), *demo.sampled}
    decisions = {done: verdicts[pair_id]["decision"] for done, pair_id in demo.done.items()}
    assert decisions == {
        "accepted": "accept",
        "fixed": "fix",
        "rejected": "reject",
        "skipped": "skip",
        "boxed": "fix",
    }
    fixed = verdicts[demo.done["fixed"]]
    assert fixed["instruction_en"] == CORRECTED != fixed["original_instruction_en"]
    assert fixed["changed_fields"] == ["instruction_en"]
    assert verdicts[demo.done["boxed"]]["changed_fields"] == ["change_box"]


def test_corrections_through_the_server_are_those_of_the_reviewer(demo: Demo) -> None:
    verdicts = verdicts_of(demo.pair_set)

    judged = [verdicts[pair_id] for pair_id in demo.sampled]
    assert {row["decision"] for row in judged} == {Decision.ACCEPT, Decision.FIX}
    for row in judged:
        truth = demo.expected[row["pair_id"]]
        assert row["instruction_en"] == truth.instruction_en
        assert row["instruction_zh"] == truth.instruction_zh
        assert row["edit_type"] == truth.edit_type


def test_they_are_learnt_and_the_adapter_answers(demo: Demo, tmp_path: Path) -> None:
    url, share = demo.pair_set.url, str(HELD_OUT_SHARE)
    quick = ("--epochs", "2", "--learning-rate", "1e-3", "--name", "reviewed")
    assert main(["train", url, "--model", "starter", "--held-out-share", share, *quick]) == 0

    examples = make_examples(demo.pair_set, SplitRule(HELD_OUT_SHARE, 0), include_auto=False)
    teaching = [each for each in examples if each.teaches and each.split == "train"]
    card = read_card(adapter_folder(demo.pair_set, "reviewed"))
    assert card is not None
    assert card.trained_on == len(teaching) > SAMPLE / 3
    asked = ("--model", "starter", "--adapter", "reviewed", "--engine", "transformers")
    assert main(["annotate", url, *asked, "--dtype", "float32", "--limit", "6"]) == 0
    rows = latest_annotations(demo.pair_set).to_pylist()
    assert {row["adapter"] for row in rows} == {"reviewed"}
    assert len(rows) == 6
