"""``--adapter best`` is the adapter that was measured best on the model that is asked."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from annotator.weights.models import load_model
from finetune.evaluate import save_evaluations
from pairset.app.cli import main
from pairset.errors import MissingStageError, ModelUnavailableError
from pairset.models.adapter_cards import AdapterCard, adapter_folder, write_card
from pairset.records import Evaluation
from pairset.store import PairSet
from tests.annotator.fake_server import FakeServer
from tests.annotator.weights.test_adapters import LANGUAGE, write_adapter

ROW = Evaluation(
    **dict.fromkeys(
        ("annotation_id", "example_id", "pair_id", "prompt_id", "scene", "edit_type"), "x"
    ),
    **dict.fromkeys(("instruction_en", "instruction_zh"), "x"),
    **dict.fromkeys(("said_edit_type", "said_instruction_en", "said_instruction_zh")),
    **dict.fromkeys(("chrf_en", "chrf_zh", "rouge_l_en", "rouge_l_zh"), 0.0),
    **dict.fromkeys(("exact_zh", "edit_type_right", "is_changed_right", "failed"), False),
    model="starter",
    adapter=None,
    is_changed=True,
    said_is_changed=None,
    exact_en=False,
    confidence=None,
)


def keep_adapter(pair_set: PairSet, name: str, model: str = "starter") -> None:
    """An adapter with its card, as training leaves it."""
    folder = adapter_folder(pair_set, name)
    folder.mkdir(parents=True)
    write_adapter(folder, LANGUAGE)
    card = AdapterCard(
        name=name,
        method="supervised",
        model=model,
        model_identity=load_model("starter").identity if model == "starter" else model,
        prompt_id="p",
        start_from=None,
        data="d",
        examples="e",
        trained_on=1,
        unchanged=0,
        excluded={},
        settings={},
        versions={},
        figures={"loss": 0.5},
        finished_at="2026-01-01",
    )
    write_card(pair_set, folder, card)


def measure(pair_set: PairSet, right: dict[str | None, Sequence[bool]]) -> None:
    """Keep an evaluation in which the adapters had these instructions right."""
    rows = [
        replace(ROW, adapter=adapter, pair_id=f"pair-{number}", exact_en=is_right)
        for adapter, outcomes in right.items()
        for number, is_right in enumerate(outcomes)
    ]
    save_evaluations(pair_set, rows)


def best(pair_set: PairSet, **settings: str) -> str:
    asked = {"model": "starter", "engine": "transformers"} | settings
    annotator = resolve_annotator(AnnotateSettings(set_url=pair_set.url, adapter="best", **asked))
    assert annotator.adapter is not None
    return annotator.adapter.name


def test_it_is_the_one_with_the_most_exact_instructions(small_set: PairSet) -> None:
    for name in ("first", "second", "third"):
        keep_adapter(small_set, name)
    measure(small_set, {None: [True] * 4, "first": [True, False], "second": [True, True, False]})
    assert best(small_set) == "second"

    measure(small_set, {"first": [True, True, True, False], "second": [True, False]})
    assert best(small_set) == "first"


def test_of_equal_ones_it_is_the_first_by_name(small_set: PairSet) -> None:
    for name in ("b", "a", "c"):
        keep_adapter(small_set, name)
    measure(small_set, {"c": [True, False], "b": [True, False], "a": [False, True]})

    assert best(small_set) == "a"


def test_adapters_of_another_base_or_without_a_card_are_not_considered(small_set: PairSet) -> None:
    keep_adapter(small_set, "ours")
    keep_adapter(small_set, "foreign", model="some/other")
    measure(small_set, {"ours": [False, True], "foreign": [True, True], "gone": [True, True]})

    assert best(small_set) == "ours"


def test_figures_of_another_model_do_not_count(small_set: PairSet) -> None:
    keep_adapter(small_set, "ours")
    save_evaluations(small_set, [replace(ROW, model="some/other", adapter="ours", exact_en=True)])

    with pytest.raises(MissingStageError, match="measured"):
        best(small_set)


def test_before_anything_was_measured_it_says_what_to_do(
    small_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["annotate", small_set.url, "--model", "starter", "--adapter", "best"]
    assert main([*words, "--engine", "transformers"]) == 2
    assert f"pairset train {small_set.url} --model starter" in capsys.readouterr().err

    keep_adapter(small_set, "first")
    assert main([*words, "--engine", "transformers"]) == 2
    said = capsys.readouterr().err
    assert f"pairset annotate {small_set.url} --model starter --adapter first" in said
    assert f"pairset evaluate {small_set.url}" in said


def test_a_running_server_is_asked_for_it_by_name(small_set: PairSet, fake: FakeServer) -> None:
    keep_adapter(small_set, "first", model="fake")
    save_evaluations(small_set, [replace(ROW, model="fake", adapter="first", exact_en=True)])
    asked = {"server": fake.url, "model": "fake", "engine": "server"}
    with pytest.raises(ModelUnavailableError, match="has no adapter 'first'"):
        best(small_set, **asked)

    fake.models.append({"id": "first", "parent": "fake"})
    assert best(small_set, **asked) == "first"


def test_the_list_of_adapters_shows_what_was_measured(
    small_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_adapter(small_set, "first")
    keep_adapter(small_set, "second")
    measure(small_set, {"first": [True, True, True, False]})

    assert main(["adapters", small_set.url]) == 0
    lines = {
        words[0]: words for words in map(str.split, capsys.readouterr().out.split("\n")) if words
    }
    assert "0.750" in lines["first"]
    assert lines["second"][-2] == "–"
