"""``pairset status`` counts every row once and says where the others went."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pairset.app.cli import main
from pairset.app.status.funnel import GateYield, funnel
from pairset.store import PairSet, create_set


@pytest.fixture
def figures(annotated_set: PairSet, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["status", annotated_set.url, "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def stage(figures: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [entry for entry in figures["stages"] if entry["stage"] == name]
    return dict(found)


def test_gates_come_in_order_and_what_is_left_shrinks_to_the_kept() -> None:
    gates = funnel({("kept", True): 5, ("unrelated", True): 3, ("exact_copy", False): 2})

    assert gates == (
        GateYield("exact_copy", False, 2, 0.2, 8),
        GateYield("unrelated", False, 3, 0.3, 5),
        GateYield("kept", False, 5, 0.5, 5),
    )


def test_the_order_is_that_in_which_gates_are_tested() -> None:
    statuses = ("implied", "near_duplicate", "mirrored_copy", "unrelated")
    gates = funnel({(status, True): 1 for status in statuses} | {("unreadable", False): 1})

    assert [(gate.status, gate.left) for gate in gates] == [
        ("unreadable", 4),
        ("unrelated", 3),
        ("mirrored_copy", 2),
        ("near_duplicate", 1),
        ("implied", 0),
        ("kept", 0),
    ]


def test_two_gates_that_give_one_status_are_counted_apart() -> None:
    counts = {("over_cluster_cap", False): 4, ("over_cluster_cap", True): 1, ("unrelated", True): 2}

    assert [(gate.status, gate.unseen, gate.left) for gate in funnel(counts)] == [
        ("over_cluster_cap", True, 3),
        ("unrelated", False, 1),
        ("over_cluster_cap", False, 0),
        ("kept", False, 0),
    ]


def test_a_status_of_a_later_version_is_counted_too() -> None:
    assert [gate.status for gate in funnel({("brand_new", True): 1})] == ["brand_new", "kept"]


def test_without_candidates_there_is_no_funnel() -> None:
    assert funnel({}) == ()


def test_rows_failures_and_shards_are_counted(figures: dict[str, Any]) -> None:
    assert stage(figures, "images") == {
        "stage": "images",
        "rows": 23,
        "failures": 3,
        "shards_finished": 2,
        "shards_planned": 3,
    }
    assert stage(figures, "annotations")["rows"] == 5
    assert stage(figures, "annotations")["failures"] == 1


def test_failures_are_counted_by_reason(figures: dict[str, Any]) -> None:
    counts = {(f["stage"], f["reason"]): f["count"] for f in figures["failures"]}

    assert counts == {
        ("images", "truncated"): 2,
        ("images", "empty"): 1,
        ("pairs", "unreadable"): 1,
        ("annotations", "invalid"): 1,
    }


def test_the_funnel_ends_with_the_kept_pairs(figures: dict[str, Any]) -> None:
    assert figures["funnel"][-1] == {
        "status": "kept",
        "unseen": False,
        "count": 5,
        "share": 1 / 3,
        "left": 5,
    }
    assert sum(gate["count"] for gate in figures["funnel"]) == 15


def test_edit_types_and_confidence_come_from_the_latest_attempts(figures: dict[str, Any]) -> None:
    assert figures["edit_types"] == {"recolor": 2, "add": 1, "none": 1}
    assert figures["confidence_quantiles"]["p50"] == pytest.approx((0.42 + 0.73) / 2)


def test_runs_are_listed_with_their_time(figures: dict[str, Any]) -> None:
    (run,) = figures["runs"]

    assert run["name"] == "mine"
    assert run["started"].endswith("+00:00")


def test_a_run_started_when_its_name_says_whatever_became_of_the_file(
    annotated_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(annotated_set.root, "runs")
    kept = folder / "review-push-20260102T030405.000006Z.json"
    kept.write_text("{}")
    os.utime(kept, (0, 0))
    (folder / "notes.json").write_text("{}")
    main(["status", annotated_set.url, "--json"])
    runs = json.loads(capsys.readouterr().out)["runs"]

    assert {"name": "review-push", "started": "2026-01-02T03:04:05+00:00"} in runs
    assert {run["name"] for run in runs} == {"mine", "review-push"}


def test_a_person_reads_tables(annotated_set: PairSet, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", annotated_set.url]) == 0

    said = capsys.readouterr().out
    assert "Gates, 15 candidates" in said
    assert "33.3%" in said
    assert "2 of 3" in said


def test_a_set_without_failures_says_nothing_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_set(str(tmp_path)).save_run("mine", {})

    assert main(["status", str(tmp_path)]) == 0
    assert "Failures" not in capsys.readouterr().out
