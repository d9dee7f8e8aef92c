"""The plain script: what it trains is an adapter like any other, and it asks as the verb asks."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from finetune.lora_script import conversations_of
from pairset.app.cli import main
from pairset.rows.annotations import latest_annotations
from pairset.store import PairSet

STEPS_COMPARED = 4

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")


def run_script(pair_set: PairSet, out: Path) -> dict[str, Any]:
    words = ["--model", "starter", "--epochs", "2", "--batch-size", "4", "--learning-rate", "1e-3"]
    command = [sys.executable, "-m", "finetune.lora_script", pair_set.url, str(out), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def test_the_loss_falls_and_the_adapter_writes_other_words_in_the_transformers_engine(
    reviewed: PairSet, tmp_path: Path
) -> None:
    losses = run_script(reviewed, tmp_path / "out")["losses"]
    assert sum(losses[-STEPS_COMPARED:]) < 0.8 * sum(losses[:STEPS_COMPARED])

    plain = replies(reviewed)
    assert replies(reviewed, "--adapter", str(tmp_path / "out")) != plain


def replies(pair_set: PairSet, *words: str) -> dict[str, str]:
    common = ("--model", "starter", "--engine", "transformers", "--dtype", "float32")
    # 1: every reply of a pupil of a few steps may be cut off, and the run says so.
    assert main(["annotate", pair_set.url, *common, "--limit", "4", *words]) in (0, 1)
    rows = latest_annotations(pair_set).to_pylist()
    return {row["pair_id"]: row["raw_reply"] for row in rows}


def test_its_conversations_are_those_of_the_verb(reviewed: PairSet) -> None:
    from annotator.prompting.prompt import load_prompt
    from annotator.weights.models import load_model
    from finetune.examples.make import make_examples
    from finetune.examples.split import SplitRule
    from finetune.examples.weakness import oversampled
    from finetune.lora.adapted_model import load_learner
    from finetune.lora.conversations import ChatEncoder
    from finetune.lora.preparation import training_item
    from finetune.settings import TrainSettings
    from finetune.training_plan import to_learn

    settings = TrainSettings(set_url=reviewed.url, model="starter")
    learner = load_learner(load_model("starter"), settings, None)
    chat_encoder = ChatEncoder(learner.processor, load_prompt("brief"), learner.end_of_turn)
    rule = SplitRule(settings.held_out_share, settings.split_seed)
    examples = make_examples(reviewed, rule, settings.include_auto)
    epoch = oversampled(to_learn(examples, settings), settings.oversample)
    items = [training_item(each, chat_encoder, settings).conversation for each in epoch]

    conversations = conversations_of(reviewed.url, learner.processor, "starter")
    assert [conversation.reply for conversation in conversations] == [item.reply for item in items]
    for conversation, item in zip(conversations, items, strict=True):
        assert conversation.prompt.keys() == item.prompt.keys()
        assert all((conversation.prompt[name] == item.prompt[name]).all() for name in item.prompt)
