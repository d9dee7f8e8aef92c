"""A model is measured on words that somebody judged, and never on its own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from finetune.evaluation.annotators import Annotator
from finetune.evaluation.references import references_of, without_own_words
from finetune.examples.make import make_examples
from finetune.lora.sample_replies import draw
from pairset.app.cli import main
from pairset.records import Annotation, Evaluation, Verdict, rows_of, table_of
from pairset.records.verdict import AUTO, SIMULATED
from pairset.store import PairSet
from tests.finetune.evaluation.conftest import RULE
from tests.finetune.evaluation.reviewed_set import MODEL, REVIEWER

HALF = ("--held-out-share", "0.5")


def speak_as(pair_set: PairSet, reviewer: Callable[[int, Verdict], str]) -> None:
    """The set with other reviewers; what ``auto`` says is what the model wrote."""
    stage = pair_set.stage("verdicts", "reviews")
    verdicts = [
        replace(verdict, reviewer=reviewer(number, verdict))
        for number, verdict in enumerate(rows_of(Verdict, stage.read("00000")))
    ]
    stage.write("00000", table_of(Verdict, verdicts))


def annotate_as(pair_set: PairSet, model: str) -> None:
    """Another model without an adapter says the same as the first."""
    drawn = rows_of(Annotation, pair_set.stage("annotations", "drawn").read("00000"))
    others = [
        replace(each, model=model, annotation_id=f"{model}{each.annotation_id}") for each in drawn
    ]
    pair_set.stage("annotations", model).write("00000", table_of(Annotation, others))


def half_unseen(number: int, verdict: Verdict) -> str:
    return AUTO if number % 2 else REVIEWER


def measured(pair_set: PairSet) -> list[Evaluation]:
    stage = pair_set.current("evaluations")
    assert stage is not None
    return list(rows_of(Evaluation, stage.read("00000")))


def page_of(pair_set: PairSet, page: Page) -> str:
    page.goto(Path(pair_set.url, "report", "evaluation.html").resolve().as_uri())
    return page.locator("body").inner_text()


@pytest.mark.parametrize("flags", [(), ("--include-auto",)])
def test_where_nobody_judged_nothing_is_measured(
    reviewed: PairSet, flags: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    speak_as(reviewed, lambda *_: AUTO)

    assert main(["evaluate", reviewed.url, *HALF, *flags]) == 2
    said = capsys.readouterr().err
    assert "pairset review serve" in said
    assert not Path(reviewed.url, "report").exists()
    assert reviewed.current("evaluations") is None
    if flags:
        assert "Nobody has judged a pair" in said
        assert "right by definition" in said


def test_a_model_is_not_measured_on_words_it_wrote_itself_nor_is_its_adapter(
    reviewed: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    speak_as(reviewed, half_unseen)
    assert main(["evaluate", reviewed.url, *HALF, "--include-auto"]) == 0

    assert {row.reviewer for row in measured(reviewed)} == {REVIEWER}
    said = capsys.readouterr().out
    assert "no model is measured on its own words" in said.replace("\n", " ")
    assert "pairs in the words of 1 person." in said


def test_another_models_accepted_words_measure_when_asked_for_and_are_counted_apart(
    reviewed: PairSet, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    speak_as(reviewed, half_unseen)
    annotate_as(reviewed, "another")
    chosen = (*HALF, "--adapters", "another")

    assert main(["evaluate", reviewed.url, *chosen]) == 0
    assert {row.reviewer for row in measured(reviewed)} == {REVIEWER}
    assert "nobody judged" not in page_of(reviewed, page)

    assert main(["evaluate", reviewed.url, *chosen, "--include-auto"]) == 0
    rows = measured(reviewed)
    unseen = sum(row.reviewer == AUTO for row in rows)
    assert 0 < unseen < len(rows)
    sentence = (
        f"{len(rows) - unseen} pairs in the words of 1 person; {unseen} in words of {MODEL} that "
        "triage accepted and nobody judged."
    )
    assert sentence in capsys.readouterr().out
    words = page_of(reviewed, page)
    panels = page.locator("main section.panel")
    assert page.locator(".rests-on").all_inner_texts() == [sentence] * panels.count()
    assert "that nobody judged" in page.locator(".slices").first.inner_text()
    assert f"{unseen} in words of {MODEL} that nobody judged" in words


def test_a_simulated_reviewer_is_called_so_wherever_it_speaks(
    reviewed: PairSet, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    speak_as(reviewed, lambda *_: SIMULATED)
    assert main(["evaluate", reviewed.url, *HALF]) == 0
    said = capsys.readouterr().out
    words = page_of(reviewed, page)

    assert "in the words of a simulated reviewer." in said
    assert "By what the simulated reviewer found wrong" in said
    assert "judged by a simulated reviewer" in words
    assert "people" not in words
    assert set(page.locator(".saying.reviewers b").all_inner_texts()) == {"Simulated reviewer"}
    others = words.replace("simulated reviewer", "").replace("Simulated reviewer", "")
    assert "reviewer" not in others


def test_samples_of_training_show_no_accepted_words(reviewed: PairSet) -> None:
    speak_as(reviewed, half_unseen)
    drawn = draw(make_examples(reviewed, RULE, include_auto=True))

    assert {each.reviewer for each in drawn} == {REVIEWER}


def test_words_whose_writer_is_not_known_measure_nobody(reviewed: PairSet) -> None:
    speak_as(reviewed, half_unseen)
    examples = [each for each in make_examples(reviewed, RULE, include_auto=True) if each.teaches]
    anybody = Annotator("anybody", None, "p")
    left: list[Any] = without_own_words(examples, {}, [anybody])

    assert {each.reviewer for each in left} == {REVIEWER}
    assert references_of(left, {}).unseen == {}
