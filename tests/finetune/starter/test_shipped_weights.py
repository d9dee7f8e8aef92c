"""The weights in the package: they load, and they answer photos they never saw."""

from typing import Any

import pytest

from finetune.starter import measure as starter_report
from finetune.starter.held_out_scores import answer, held_out_edits, score, shares
from finetune.starter.measure import SHIPPED


@pytest.fixture(scope="module")
def scores() -> Any:
    edits = held_out_edits(60, seed=5)
    answers = answer(SHIPPED, edits)
    return [score(edit, said) for edit, said in zip(edits, answers, strict=True)]


def test_the_folder_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 20_000_000


def test_every_answer_is_json(scores: Any) -> None:
    assert shares(scores).parsed >= 0.95


def test_most_answers_are_right(scores: Any) -> None:
    """Below the measured shares (docs/starter.md), as 60 pairs say little."""
    found = shares(scores)
    assert found.edit_type >= 0.9
    assert found.instruction_en >= 0.9
    assert found.instruction_zh >= 0.9
    assert found.is_changed >= 0.95


def test_the_command_prints_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["starter_report", "--pairs", "3", "--seed", "2"])
    starter_report.main()
    assert "| **all** | 3 |" in capsys.readouterr().out
