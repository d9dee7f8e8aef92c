"""Every family that vLLM serves with LoRA is trained on the tokens it will be asked with, and what
it learnt is the same in PEFT, in the transformers engine and in vLLM."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from annotator.engines import open_engine
from annotator.engines.vllm_options import MissingVllmError, require_vllm
from annotator.prompting.prompt import load_prompt
from annotator.weights.models import load_model, starter_folder
from finetune.lora.adapted_model import Learner, load_learner
from finetune.lora.collate import Collator, TrainingItem
from finetune.lora.conversations import ChatEncoder, Conversation
from finetune.lora.vision import can_look, forward_inputs, look
from finetune.settings import TrainSettings
from pairset.app.cli import main
from pairset.errors import SettingsError
from pairset.models.adapter_cards import adapter_folder
from pairset.rows.annotations import latest_annotations
from pairset.store import PairSet
from tests.finetune.evaluation.reviewed_set import make_reviewed_set, pairs_of
from tests.finetune.lora.ask_vllm import plan_of, questions_of
from tests.finetune.lora.tiny_models import FAMILIES, save_tiny_model

PAIRS, ASKED = 16, 3
VLLM_TIMEOUT_SECONDS = 1200
TRAINING = ("--prompt", "brief", "--batch-size", "4", "--rank", "8", "--learning-rate", "1e-2")

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:peft"),
    pytest.mark.filterwarnings("ignore::FutureWarning:torch"),
]
families = pytest.mark.parametrize("family", [*FAMILIES, "starter"])


@dataclass(frozen=True)
class Pupil:
    """A model, and the adapter that it learnt."""

    model: str
    adapter: Path
    pair_set: PairSet
    pictures: list[tuple[str, str]]
    """Of a few pairs: paths of source and target."""

    @property
    def curve(self) -> list[float]:
        lines = (self.adapter / "curve.jsonl").read_text().splitlines()
        return [json.loads(line)["loss"] for line in lines]

    def load(self) -> Learner:
        """Into PEFT, as training goes on from it."""
        settings = TrainSettings(set_url="unused", dtype="float32")
        return load_learner(load_model(self.model), settings, self.adapter)


@dataclass(frozen=True)
class Said:
    """What one engine read and wrote about one pair."""

    prompt: list[int]
    reply: list[int]
    logprobs: list[float]


@pytest.fixture(scope="module")
def pupils(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pupil]:
    """All of them, trained by the command on what reviewers said."""
    folder = tmp_path_factory.mktemp("families")
    pair_set = make_reviewed_set(folder, PAIRS)
    pictures = [(str(p.source_uri), str(p.target_uri)) for p in pairs_of(pair_set)[:ASKED]]
    models = {name: str(save_tiny_model(name, folder / name)) for name in FAMILIES}
    models["starter"] = str(starter_folder())
    pupils = {}
    for name, model in models.items():
        words = ("--model", model, "--name", name, "--epochs", "5", *TRAINING)
        assert main(["train", pair_set.url, *words]) == 0
        pupils[name] = Pupil(model, adapter_folder(pair_set, name), pair_set, pictures)
    return pupils


@pytest.fixture(scope="module")
def transformers_said(pupils: dict[str, Pupil]) -> dict[str, list[Said]]:
    return {name: _ask_transformers(pupil) for name, pupil in pupils.items()}


def _ask_transformers(pupil: Pupil) -> list[Said]:
    """What the engine gives ``generate`` and takes from it."""
    heard: list[tuple[Any, Any]] = []

    with open_engine("transformers", plan_of(pupil.model, str(pupil.adapter))) as engine:
        inside: Any = engine
        generate = inside._model.generate

        def overheard(**inputs: Any) -> Any:
            heard.append((inputs, generate(**inputs)))
            return heard[-1][1]

        inside._model.generate = overheard
        questions = questions_of(pupil.pictures)
        answers = dict(engine.ask(load_prompt("brief"), questions))
    ((inputs, sequences),) = heard
    length = inputs["input_ids"].shape[1]
    said = []
    for number, row in enumerate(sequences.tolist()):
        answer: Any = answers[number]
        real = inputs["attention_mask"][number].bool()
        prompt = inputs["input_ids"][number][real].tolist()
        logprobs = [token.logprob for token in answer.tokens]
        said.append(Said(prompt, row[length:][: answer.completion_tokens], logprobs))
    return said


@pytest.fixture(scope="module")
def vllm_said(
    pupils: dict[str, Pupil], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Said]]:
    """In one process of its own: what vLLM does to its process is not undone."""
    try:
        require_vllm()
    except MissingVllmError as error:
        pytest.skip(str(error))
    asked, answered = (tmp_path_factory.mktemp("vllm") / name for name in ("asked", "answered"))
    questions = {
        name: {"model": pupil.model, "adapter": str(pupil.adapter), "pictures": pupil.pictures}
        for name, pupil in pupils.items()
    }
    asked.write_text(json.dumps(questions))
    subprocess.run(
        [sys.executable, "-m", "tests.finetune.lora.ask_vllm", str(asked), str(answered)],
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=VLLM_TIMEOUT_SECONDS,
    )
    answers = json.loads(answered.read_text())
    return {name: [Said(**said) for said in answers[name]] for name in pupils}


def _prompt_inputs(pupil: Pupil, learner: Learner) -> list[dict[str, torch.Tensor]]:
    chat_encoder = ChatEncoder(learner.processor, load_prompt("brief"), learner.end_of_turn)
    questions = questions_of(pupil.pictures)
    return [chat_encoder.prompt_inputs(each.source, each.target) for each in questions]


@families
def test_training_lowers_the_loss(pupils: dict[str, Pupil], family: str) -> None:
    curve = pupils[family].curve
    assert sum(curve[-4:]) < 0.7 * sum(curve[:4])


@families
def test_training_reads_the_tokens_that_the_transformers_engine_reads(
    pupils: dict[str, Pupil], transformers_said: dict[str, list[Said]], family: str
) -> None:
    prompts = _prompt_inputs(pupils[family], pupils[family].load())
    assert [each["input_ids"][0].tolist() for each in prompts] == [
        said.prompt for said in transformers_said[family]
    ]


def _annotations(pupil: Pupil, *adapter: str) -> dict[str, dict[str, Any]]:
    """What the command writes about four pairs, by pair id."""
    words = ("--model", pupil.model, "--engine", "transformers", "--prompt", "brief")
    few = ("--dtype", "float32", "--limit", "4", "--max-tokens", "40")
    # 1: every reply of such a small model may be cut off, and the run says so.
    assert main(["annotate", pupil.pair_set.url, *words, *few, *adapter]) in (0, 1)
    return {row["pair_id"]: row for row in latest_annotations(pupil.pair_set).to_pylist()}


@families
def test_the_command_annotates_with_the_adapter_and_it_changes_what_is_said(
    pupils: dict[str, Pupil], family: str
) -> None:
    base = _annotations(pupils[family])
    adapted = _annotations(pupils[family], "--adapter", family)
    assert len(adapted) == 4
    assert base.keys() == adapted.keys()
    assert {row["adapter"] for row in adapted.values()} == {family}
    assert all(adapted[pair]["raw_reply"] for pair in adapted)
    assert any(adapted[pair]["raw_reply"] != base[pair]["raw_reply"] for pair in adapted)


@families
def test_vllm_reads_and_writes_what_the_transformers_engine_does(
    vllm_said: dict[str, list[Said]], transformers_said: dict[str, list[Said]], family: str
) -> None:
    assert len(vllm_said[family]) == ASKED
    for ours, theirs in zip(transformers_said[family], vllm_said[family], strict=True):
        assert theirs.prompt == ours.prompt
        assert theirs.reply == ours.reply
        assert theirs.logprobs[: len(ours.logprobs)] == pytest.approx(ours.logprobs, abs=1e-3)


@families
def test_the_training_pass_thinks_of_a_reply_what_the_engines_think(
    pupils: dict[str, Pupil], transformers_said: dict[str, list[Said]], family: str
) -> None:
    pupil, said = pupils[family], transformers_said[family]
    learner = pupil.load()
    items = [
        TrainingItem(str(number), Conversation(inputs, said[number].reply))
        for number, inputs in enumerate(_prompt_inputs(pupil, learner))
    ]
    batch = Collator(learner.padding_token)(items)
    with torch.no_grad():
        model = learner.model.eval()
        logits = model(**batch["inputs"], logits_to_keep=batch["window"]).logits[:, :-1]
    for row, each in zip(logits.log_softmax(-1), said, strict=True):
        known = row[-len(each.reply) :].gather(1, torch.tensor(each.reply)[:, None])[:, 0]
        assert known.tolist()[: len(each.logprobs)] == pytest.approx(each.logprobs, abs=1e-3)


@families
def test_pictures_that_were_seen_once_say_what_their_pixels_say(
    pupils: dict[str, Pupil], family: str
) -> None:
    learner = pupils[family].load()
    prompts = _prompt_inputs(pupils[family], learner)
    assert can_look(learner.model)

    def logits(prompts: list[dict[str, torch.Tensor]]) -> torch.Tensor:
        items = [TrainingItem("a", Conversation(prompt, [1, 2, 3])) for prompt in prompts]
        batch = Collator(learner.padding_token)(items)
        asked = forward_inputs(batch["inputs"])
        assert ("pixel_values" in asked) != ("mm_encoder_outputs" in asked)
        with torch.no_grad():
            found: torch.Tensor = learner.model(**asked, logits_to_keep=batch["window"]).logits
        return found

    learner.model.eval()
    seen = [look(learner.model, prompt) for prompt in prompts]
    assert torch.allclose(logits(seen), logits(prompts), atol=1e-4)
    assert not torch.allclose(logits(seen[::-1]), logits(prompts), atol=1e-2)


@families
def test_a_turn_ends_with_the_token_that_the_engines_stop_at(
    pupils: dict[str, Pupil], family: str
) -> None:
    learner = pupils[family].load()
    assert learner.processor.tokenizer.decode([learner.end_of_turn]) == "<|im_end|>"


@families
def test_only_language_layers_are_adapted(pupils: dict[str, Pupil], family: str) -> None:
    learner = pupils[family].load()
    trained = [name for name, weight in learner.model.named_parameters() if weight.requires_grad]
    layers = learner.model.config.text_config.num_hidden_layers
    assert all("language_model" in name for name in trained)
    assert len(trained) == 2 * 7 * layers


@families
def test_a_template_that_drops_images_is_refused(pupils: dict[str, Pupil], family: str) -> None:
    learner = pupils[family].load()
    chat_encoder = ChatEncoder(learner.processor, load_prompt("brief"), learner.end_of_turn)
    chat_encoder.check_placeholders(family)

    learner.processor.chat_template = "{{ messages[0]['content'][-1]['text'] }}"
    with pytest.raises(SettingsError, match=rf"chat template of {family} .*\[0, 0\]"):
        chat_encoder.check_placeholders(family)
