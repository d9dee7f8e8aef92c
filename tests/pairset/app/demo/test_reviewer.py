"""The simulated reviewer says what somebody says who knows what was planted."""

from dataclasses import replace

import pytest

from pairset.app.demo.against_truth import Expected
from pairset.app.demo.reviewer import verdict_on
from pairset.records import Annotation

TRUTH = Expected("p", "Add a star at the top.", "添加", "Remove the star.", "移除", "add")
RIGHT = Annotation(
    "a",
    "p",
    "starter",
    None,
    "prompt",
    "vllm",
    1,
    instruction_en=TRUTH.instruction_en,
    instruction_zh=TRUTH.instruction_zh,
    inverse_en=TRUTH.inverse_en,
    inverse_zh=TRUTH.inverse_zh,
    edit_type="add",
)


def test_what_is_right_is_accepted() -> None:
    verdict = verdict_on(RIGHT, TRUTH, 1)

    assert (verdict.decision, verdict.changed_fields) == ("accept", [])


def test_what_is_wrong_is_corrected_and_the_models_words_are_kept() -> None:
    wrong = replace(RIGHT, instruction_en="Add a star at the left.")
    verdict = verdict_on(wrong, TRUTH, 1)

    assert (verdict.decision, verdict.changed_fields) == ("fix", ["instruction_en"])
    assert verdict.instruction_en == TRUTH.instruction_en
    assert verdict.original_instruction_en == wrong.instruction_en


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"instruction_en": "Add a star at the left."}, "wrong_position"),
        ({"instruction_en": "Add a moon at the top."}, "wrong_attribute"),
        ({"edit_type": "frame"}, "invented_change"),
        ({"edit_type": "none"}, "missing_change"),
    ],
)
def test_the_worst_error_is_named(change: dict[str, str], error: str) -> None:
    assert verdict_on(replace(RIGHT, **change), TRUTH, 1).error_types == [error]


def test_a_pair_that_nobody_planted_is_rejected() -> None:
    verdict = verdict_on(RIGHT, None, 1)

    assert (verdict.decision, verdict.reject_reasons) == ("reject", ["unrelated_pair"])


def test_the_same_annotation_gets_the_same_verdict_id() -> None:
    assert verdict_on(RIGHT, TRUTH, 1).verdict_id == verdict_on(RIGHT, TRUTH, 2).verdict_id
