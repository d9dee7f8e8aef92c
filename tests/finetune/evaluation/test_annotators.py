"""Who is who, and who is tested against whom."""

import pytest

from finetune.evaluation.annotators import Annotator, choose, in_order, names_of, opponents
from pairset.errors import SettingsError

QWEN = Annotator("qwen", None, "p1")
QWEN_LORA = Annotator("qwen", "lora-1", "p1")
BRIEF = Annotator("qwen", None, "p2222222")
STARTER = Annotator("starter", None, "p1")
STARTER_LORA = Annotator("starter", "lora-2", "p2222222")


def test_models_come_before_their_adapters() -> None:
    assert in_order([STARTER_LORA, QWEN_LORA, STARTER, QWEN]) == [
        *(QWEN, QWEN_LORA, STARTER, STARTER_LORA)
    ]


def test_names_are_as_long_as_they_must_be() -> None:
    twin = Annotator("starter", "lora-1", "p1")

    assert list(names_of([QWEN, QWEN_LORA]).values()) == ["qwen", "lora-1"]
    assert names_of([QWEN, BRIEF]) == {QWEN: "qwen, prompt p1", BRIEF: "qwen, prompt p22222"}
    assert list(names_of([QWEN_LORA, twin]).values()) == ["lora-1 on qwen", "lora-1 on starter"]


def test_a_person_names_adapters_models_or_every_base() -> None:
    everyone = [QWEN, QWEN_LORA, STARTER, STARTER_LORA]

    assert choose(everyone, []) == everyone
    assert choose(everyone, ["base", "lora-2"]) == [QWEN, STARTER, STARTER_LORA]
    assert choose(everyone, ["qwen"]) == [QWEN]


def test_an_unknown_name_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(SettingsError, match=r"'lora-9'.*qwen, lora-1"):
        choose([QWEN, QWEN_LORA], ["lora-9"])


def test_an_adapter_is_tested_against_its_own_model_under_the_same_prompt() -> None:
    everyone = [QWEN, BRIEF, QWEN_LORA, STARTER, STARTER_LORA]

    assert opponents(everyone, None) == [(QWEN_LORA, QWEN), (STARTER_LORA, STARTER)]
    assert opponents([QWEN_LORA, STARTER], None) == []


def test_all_others_are_tested_against_the_one_that_is_named() -> None:
    assert opponents([QWEN, QWEN_LORA, STARTER], "lora-1") == [
        (QWEN, QWEN_LORA),
        (STARTER, QWEN_LORA),
    ]
    with pytest.raises(SettingsError, match="could be any of qwen, starter"):
        opponents([QWEN, STARTER], "base")
