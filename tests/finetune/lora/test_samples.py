"""Samples are drawn without a look at the outcome, and say what serving would say."""

from pathlib import Path

import pytest

from finetune.examples.make import make_examples
from finetune.examples.split import SplitRule
from finetune.lora.sample_replies import Sample, draw, take_samples
from finetune.settings import TrainSettings
from pairset.app.cli import main
from pairset.models.adapter_cards import adapter_folder
from pairset.records import Example
from pairset.rows.annotations import latest_annotations
from pairset.store import PairSet
from tests.finetune.lora.conftest import Train

HALF = SplitRule(held_out_share=0.5, seed=0)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")


def samples_of(pair_set: PairSet, adapter: str, most: int, **settings: int) -> list[Sample]:
    """Samples as training takes them, of an adapter that is there already."""
    from annotator.prompting.prompt import load_prompt
    from annotator.weights.models import load_model
    from finetune.lora.adapted_model import load_learner
    from finetune.lora.conversations import ChatEncoder

    asked = TrainSettings(set_url=pair_set.url, samples=most, **settings)
    learner = load_learner(load_model("starter"), asked, adapter_folder(pair_set, adapter))
    chat_encoder = ChatEncoder(learner.processor, load_prompt("brief"), learner.end_of_turn)
    return take_samples(learner, chat_encoder, make_examples(pair_set, HALF, False), asked, {})


def said_by(pair_set: PairSet, *words: str) -> dict[str, str]:
    """Replies by pair, as ``pairset annotate`` is given them without a grammar."""
    common = ("--engine", "transformers", "--dtype", "float32", "--model", "starter")
    alone = ("--no-guided", "--batch-size", "1")
    # 1: every reply of a pupil of a few steps may be cut off, and the run says so.
    assert main(["annotate", pair_set.url, *common, *alone, *words]) in (0, 1)
    rows = latest_annotations(pair_set).to_pylist()
    return {row["pair_id"]: row["raw_reply"] for row in rows}


def test_only_held_out_pairs_are_drawn_edit_types_in_turn(reviewed: PairSet) -> None:
    examples = make_examples(reviewed, HALF, include_auto=False)
    drawn = draw(examples)

    expected = [each for each in examples if each.teaches and each.split == "held_out"]
    assert sorted(drawn, key=lambda each: each.pair_id) == expected
    kinds = {each.edit_type for each in expected}
    assert len(kinds) > 1
    assert {each.edit_type for each in drawn[: len(kinds)]} == kinds
    assert draw(list(reversed(examples))) == drawn


def test_before_and_after_are_what_the_base_and_the_adapter_annotate(
    reviewed: PairSet, train: Train
) -> None:
    assert train("--name", "first", "--epochs", "3") == 0
    samples = samples_of(reviewed, "first", most=4)

    assert len(samples) == 4
    before, after = said_by(reviewed), said_by(reviewed, "--adapter", "first")
    for sample in samples:
        pair_id = sample.example.pair_id
        assert (sample.before, sample.after) == (before[pair_id], after[pair_id])
    assert any(sample.before != sample.after for sample in samples)


def test_a_pair_whose_picture_is_gone_makes_way_for_the_next(
    reviewed: PairSet, train: Train
) -> None:
    assert train("--name", "first", "--epochs", "1") == 0
    first, second, *_ = drawn = draw(make_examples(reviewed, HALF, include_auto=False))
    Path(str(first.source_uri)).rename(f"{first.source_uri}.gone")
    try:
        samples = samples_of(reviewed, "first", most=1)
        everyone = samples_of(reviewed, "first", most=len(drawn))
    finally:
        Path(f"{first.source_uri}.gone").rename(str(first.source_uri))

    assert [_id(each) for each in samples] == [second.example_id]
    assert first.example_id not in {_id(each) for each in everyone}
    assert samples_of(reviewed, "first", most=1, context_tokens=8) == []


def _id(sample: Sample) -> str:
    example: Example = sample.example
    return example.example_id
