"""Every word of reviewers has one home, and the page, the docs and training follow it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree

import pytest

from finetune.settings import TrainSettings
from pairset.records.consensus import Settlement
from pairset.records.triage import Queue
from pairset.records.verdict import DECIDED, Decision, ErrorType, RejectReason, ReviewedField
from review.form import names, words
from review.form.config import build_label_config

ROOT = Path(__file__).parents[3]
OF_CONTROLS = [
    (names.VERDICT, DECIDED, words.VERDICTS),
    (names.REJECT_REASON, tuple(RejectReason), words.REJECT_REASONS),
    (names.ERROR_TYPES, tuple(ErrorType), words.ERROR_TYPES),
]
of_controls = pytest.mark.parametrize(("control", "values", "worded"), OF_CONTROLS)
IN_QUERIES: dict[str, type[StrEnum]] = {
    "decision": Decision,
    "settlement": Settlement,
    "queue": Queue,
}


def choices_on(page: str, control: str) -> list[tuple[str | None, str | None]]:
    found = ElementTree.fromstring(page).findall(f".//Choices[@name='{control}']/Choice")
    return [(choice.get("alias"), choice.get("value")) for choice in found]


@of_controls
def test_the_page_offers_every_value_in_both_languages(
    control: str, values: Sequence[StrEnum], worded: Sequence[words.Words]
) -> None:
    page = build_label_config(["add"])

    assert [each.value for each in worded] == list(values)
    assert all(each.en and each.zh for each in worded)
    assert choices_on(page, control) == [(each.value, f"{each.en} {each.zh}") for each in worded]


@pytest.mark.parametrize("worded", [words.REJECT_REASONS, words.ERROR_TYPES])
def test_the_documented_table_is_what_the_page_offers(worded: Sequence[words.Words]) -> None:
    rows = [
        f"| `{each.value}` | {each.en} | {each.zh} | `{(each.hotkey or '').upper()}` |"
        for each in worded
    ]

    assert "\n".join(rows) + "\n\n" in (ROOT / "docs" / "review.md").read_text(encoding="utf-8")


def test_what_a_reviewer_can_change_is_on_the_page() -> None:
    shown = {*names.TEXT_CONTROLS, names.EDIT_TYPE}
    drawn = {ReviewedField.CHANGE_BOX, ReviewedField.CHANGE_MASK}

    assert {*ReviewedField} == shown | drawn


@pytest.mark.parametrize("column", IN_QUERIES)
def test_queries_ask_for_values_that_exist(column: str) -> None:
    pattern = rf"\b{column} (?:=|<>|(?:NOT )?IN) \(?((?:'\w+'(?:, )?)+)"
    packages = ("annotator", "clustering", "finetune", "pairset", "review")
    texts = [path.read_text("utf-8") for each in packages for path in (ROOT / each).rglob("*.py")]
    asked = {
        value
        for text in texts
        for group in re.findall(pattern, text)
        for value in re.findall(r"\w+", group)
    }

    assert asked
    assert asked <= {*map(str, IN_QUERIES[column])}


def test_training_weighs_error_types_that_exist() -> None:
    assert set(TrainSettings(set_url="s").error_weights) <= set(ErrorType)
    weights = dict.fromkeys(map(str, ErrorType), 2.0)
    assert TrainSettings(set_url="s", error_weights=weights).error_weights == weights


ASK = """
from finetune.settings import TrainSettings
from review.form import words
from review.form.config import build_label_config
import review.form.words
print(review.form.words.__file__)
print('alias="wrong_count"' in build_label_config(["add"]))
print(next(each.shown for each in words.ERROR_TYPES if each.value == "wrong_count"))
print(TrainSettings(set_url="s", error_weights={"wrong_count": 2}).error_weights["wrong_count"])
"""


def documented_lines() -> list[str]:
    """What the two blocks of code under "Add an error type" put in place of their dots."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## Add an error type\n")[1].split("\n## ")[0]
    return re.findall(r"^```python\n.*?\.\.\.,?\n(.*?)^\)?\n?```", section, re.M | re.S)


def add_before(path: Path, first: str, lines: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(first) == 1
    path.write_text(text.replace(first, lines + first), encoding="utf-8")


def test_an_error_type_is_added_in_two_files_as_contributing_says(tmp_path: Path) -> None:
    for package in ("pairset", "review", "finetune"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    (tmp_path / "annotator").symlink_to(ROOT / "annotator")
    member, worded = documented_lines()
    add_before(tmp_path / "pairset/records/verdict.py", "    WRONG_OBJECT =", member)
    add_before(tmp_path / "review/form/words.py", "    Words(ErrorType.WRONG_OBJECT,", worded)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"}

    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    here, *told = asked.stdout.splitlines()
    assert Path(here).is_relative_to(tmp_path)
    assert told == ["True", "wrong count 数量错", "2.0"]
