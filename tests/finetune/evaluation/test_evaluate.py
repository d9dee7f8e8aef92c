"""``pairset evaluate`` on a small set: rows in the set, tables, JSON."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pairset.app.cli import main
from pairset.records import Example
from pairset.records.example import Split
from pairset.rows.tables import connect_tables
from pairset.store import PairSet
from tests.annotator.fake_server import raw_reply, running_fake_server
from tests.finetune.evaluation.reviewed_set import ADAPTER, MODEL, keep_card

SHARE = ("--held-out-share", "0.5")


def ask(pair_set: PairSet, query: str) -> list[tuple[Any, ...]]:
    with connect_tables(pair_set) as tables:
        return tables.sql(query).fetchall()


def evaluate(pair_set: PairSet, *options: str) -> int:
    return main(["evaluate", pair_set.url, *SHARE, *options])


def figures_of(
    pair_set: PairSet, capsys: pytest.CaptureFixture[str], *options: str
) -> dict[str, Any]:
    capsys.readouterr()
    assert evaluate(pair_set, *options, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def by_name(figures: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in figures["annotators"]}


def share(examples: Sequence[Example], kinds: set[str]) -> float:
    """Share of the held-out pairs whose reviewer found nothing but such errors."""
    held_out = [each for each in examples if each.teaches and each.split == Split.HELD_OUT]
    return sum(set(each.error_types) <= kinds for each in held_out) / len(held_out)


def test_rows_answer_which_adapter_is_better(reviewed: PairSet, examples: list[Example]) -> None:
    assert evaluate(reviewed) == 0

    found = dict(ask(reviewed, "SELECT adapter, avg(exact_en::INT) FROM evaluations GROUP BY ALL"))
    assert found[None] == pytest.approx(share(examples, set()))
    assert found[ADAPTER] > found[None]


def test_figures_are_those_of_the_rows(
    reviewed: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = by_name(figures_of(reviewed, capsys))
    columns = ("exact_en", "exact_zh", "edit_type_right", "is_changed_right", "chrf_en", "chrf_zh")
    means = ", ".join(f"avg({name}::DOUBLE)" for name in columns)
    for name, adapter in ((MODEL, "IS NULL"), (ADAPTER, f"= '{ADAPTER}'")):
        (row,) = ask(reviewed, f"SELECT {means} FROM evaluations WHERE adapter {adapter}")
        assert [figures[name]["means"][column]["value"] for column in columns] == pytest.approx(row)


def test_a_second_run_says_the_same_and_adds_nothing(
    reviewed: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    first = figures_of(reviewed, capsys)

    assert figures_of(reviewed, capsys) == first
    assert len(reviewed.runs("evaluations")) == 1


def test_the_tested_difference_is_that_of_the_shares(
    reviewed: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = figures_of(reviewed, capsys)
    (match,) = figures["matches"]
    found = match["measures"]["exact_en"]
    shares = {name: each["means"]["exact_en"] for name, each in by_name(figures).items()}

    assert (match["name"], match["against"]) == (ADAPTER, MODEL)
    assert found["difference"]["value"] == pytest.approx(
        shares[ADAPTER]["value"] - shares[MODEL]["value"]
    )
    assert (found["gained"] - found["lost"]) / figures["pairs"] == pytest.approx(
        found["difference"]["value"]
    )
    assert shares[MODEL]["low"] < shares[MODEL]["value"] < shares[MODEL]["high"]


def test_slices_and_tables_count_every_pair(
    reviewed: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = figures_of(reviewed, capsys)
    for each in figures["annotators"]:
        assert sum(part["pairs"] for part in each["by_edit_type"]) == figures["pairs"]
        assert {part["name"] for part in each["by_edit_type"]} == {"add", "recolor", "none"}
        for table in (each["edit_types"], each["is_changed"]):
            assert sum(map(sum, table["counts"])) == figures["pairs"]
    base = by_name(figures)[MODEL]
    slices = {part["name"]: part["means"]["exact_en"]["value"] for part in base["by_error_type"]}
    assert slices.pop("none named") == 1
    assert set(slices.values()) == {0}


def test_another_annotator_may_be_the_one_to_beat(
    reviewed: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    (match,) = figures_of(reviewed, capsys, "--against", ADAPTER)["matches"]
    assert (match["name"], match["against"]) == (MODEL, ADAPTER)

    alone = figures_of(reviewed, capsys, "--adapters", ADAPTER)
    assert (list(by_name(alone)), alone["matches"]) == ([ADAPTER], [])


def test_the_terminal_tells_it_all(
    reviewed: PairSet, examples: list[Example], capsys: pytest.CaptureFixture[str]
) -> None:
    known = next(each.scene for each in examples if each.teaches and each.split == Split.HELD_OUT)
    trained = [each for each in examples if each.split == Split.TRAIN or each.scene == known]
    keep_card(reviewed, [replace(each, split="train") for each in trained])
    assert evaluate(reviewed) == 0

    said = capsys.readouterr().out
    assert "Left out: 1 pairs of 1 held-out scenes" in said
    for title in ("Right, in per cent", "Words", "By edit type", "Pair by pair", "McNemar p"):
        assert title in said
    assert Path(said.split()[-1]) == Path(reviewed.url, "report", "evaluation.html")


def test_a_judge_is_held_against_the_reviewers_first(
    reviewed: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_fake_server() as server:
        server.otherwise = lambda: raw_reply("yes")
        judged = ("--judge-server", server.url, "--judge-model", "fake")
        assert evaluate(reviewed, *judged) == 0
        assert capsys.readouterr().out.lstrip().startswith("The judge fake against the reviewers")
        figures = figures_of(reviewed, capsys, *judged)

    assert next(iter(figures)) == "judge"
    assert by_name(figures)[MODEL]["judged_same"]["value"] == 1
    assert ask(reviewed, "SELECT count(*) > 0 FROM evaluations WHERE judged_same") == [(True,)]


def test_half_a_judge_is_refused(reviewed: PairSet, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(reviewed, "--judge-server", "http://127.0.0.1:9") == 2
    assert "--judge-model" in capsys.readouterr().err


def test_before_reviews_it_says_what_to_do(
    reviewed: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(reviewed.stage("verdicts", "reviews").shard_path("00000")).unlink()

    assert evaluate(reviewed) == 2
    assert "Review pairs first" in capsys.readouterr().err


def test_settings_are_kept_with_the_set(reviewed: PairSet) -> None:
    assert evaluate(reviewed, "--adapters", f"base,{ADAPTER}") == 0

    (run,) = Path(reviewed.url, "runs").glob("evaluate-*.json")
    kept = json.loads(run.read_text())
    assert kept["adapters"] == ["base", ADAPTER]
