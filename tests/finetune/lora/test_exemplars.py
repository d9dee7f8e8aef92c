"""Training with exemplars: the tokens of serving, shown now and then not, never of one's scene."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

from annotator.engines import EnginePlan, Question
from annotator.engines.transformers import TransformersEngine
from annotator.prompting.prompt import Exemplar, load_prompt
from annotator.settings import AnnotateSettings
from annotator.weights.models import load_model
from finetune.lora.conversations import ChatEncoder
from finetune.lora.order import ByLength, QueryDropout
from finetune.lora.preparation import ItemCache, PairItems, prepare
from finetune.settings import TrainSettings
from pairset.app.cli import main
from pairset.errors import SettingsError
from pairset.models.adapter_cards import adapter_folder, read_card
from pairset.models.stand_in import STARTER
from pairset.store import PairSet
from tests.annotator.shown_set import embed, make_examples
from tests.finetune.lora.conftest import Train

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")

PROMPT = load_prompt("brief")


@pytest.fixture(scope="module")
def starter_processor() -> Any:
    from transformers import AutoProcessor

    processors: Any = AutoProcessor
    return processors.from_pretrained(load_model("starter").folder)


@pytest.fixture
def chat_encoder(starter_processor: Any) -> ChatEncoder:
    return ChatEncoder(starter_processor, PROMPT, starter_processor.tokenizer.eos_token_id)


class Listener:
    """A model that says nothing and remembers what it was asked."""

    device = "cpu"

    def __init__(self, processor: Any) -> None:
        self.heard: dict[str, torch.Tensor] = {}
        self.generation_config = SimpleNamespace(eos_token_id=processor.tokenizer.eos_token_id)
        self._vocabulary = SimpleNamespace(num_embeddings=len(processor.tokenizer))

    def get_input_embeddings(self) -> Any:
        return self._vocabulary

    def generate(self, input_ids: torch.Tensor, **inputs: Any) -> torch.Tensor:
        self.heard = {"input_ids": input_ids, **inputs}
        return input_ids


def test_training_reads_the_very_tokens_and_pixels_of_serving(
    starter_processor: Any, chat_encoder: ChatEncoder
) -> None:
    red, green, blue, grey = (
        Image.new("RGB", (90, 70), colour) for colour in ("red", "green", "blue", "grey")
    )
    exemplars = (Exemplar(red, green, '{"a":1}'), Exemplar(grey, red, '{"b":"把画面调亮。"}'))
    listener = Listener(starter_processor)
    settings = AnnotateSettings(set_url="unused", guided=False)
    plan = EnginePlan(settings, load_model(STARTER), adapter=None)
    engine = TransformersEngine(plan, 2048, starter_processor, listener)
    list(engine.ask(PROMPT, [Question(blue, grey, exemplars)]))

    learnt = chat_encoder.prompt_inputs(blue, grey, exemplars)
    assert (
        learnt["input_ids"].shape[1] > chat_encoder.prompt_inputs(blue, grey)["input_ids"].shape[1]
    )
    assert listener.heard["input_ids"].tolist() == learnt["input_ids"].tolist()
    assert torch.equal(listener.heard["pixel_values"], learnt["pixel_values"])


def test_a_template_that_leaves_out_earlier_replies_is_refused(chat_encoder: ChatEncoder) -> None:
    chat_encoder.check_placeholders("starter", exemplars=2)
    processor = chat_encoder._processor
    whole = processor.chat_template
    deaf = whole.replace(
        "{% for message in messages %}",
        "{% for message in messages if message['role'] == 'user' %}",
    )
    assert deaf != whole
    processor.chat_template = deaf
    try:
        with pytest.raises(SettingsError, match="leaves out earlier replies"):
            chat_encoder.check_placeholders("starter", exemplars=2)
    finally:
        processor.chat_template = whole


def test_exemplars_are_dropped_as_often_as_asked_and_anew_in_each_epoch() -> None:
    lengths, bare = [10] * 1_000, [3] * 1_000
    order = ByLength(lengths, 8, 1, QueryDropout(0.3, bare))
    first = list(order)
    order.set_epoch(1)
    second = list(order)

    for epoch in (first, second):
        assert sorted(number % 1_000 for number in epoch) == list(range(1_000))
        assert 250 < sum(number >= 1_000 for number in epoch) < 350
    assert {n for n in first if n >= 1_000} != {n for n in second if n >= 1_000}
    assert list(ByLength(lengths, 8, 1, QueryDropout(0.3, bare))) == first


def test_examples_without_their_exemplars_share_batches() -> None:
    order = list(ByLength([90] * 320, 8, 0, QueryDropout(0.5, [10] * 320)))
    batches = [order[start : start + 8] for start in range(0, 320, 8)]

    mixed = sum(len({number >= 320 for number in batch}) > 1 for batch in batches)
    assert mixed <= len(batches) / 4


def test_an_item_is_there_with_its_exemplars_and_without(
    reviewed: PairSet, chat_encoder: ChatEncoder
) -> None:
    embed(reviewed)
    examples = make_examples(reviewed)[:6]
    settings = TrainSettings(set_url=reviewed.url, exemplars=2)
    cache = ItemCache(chat_encoder, settings)
    prepared = prepare(reviewed, examples, cache, settings)
    items = PairItems(examples, cache, prepared)

    assert items.variants == 2 * len(items) == 12
    for number, example in enumerate(examples):
        shown, bare = items[number], items[number + len(items)]
        assert (shown.example_id, bare.example_id) == (example.example_id, example.example_id)
        assert (shown.exemplars, bare.exemplars) == (2, 0)
        assert shown.conversation.length == prepared.lengths[example.example_id]
        assert bare.conversation.length == prepared.bare_lengths[example.example_id]
        assert example not in prepared.shown[example.pair_id]
        assert all(each in examples for each in prepared.shown[example.pair_id])


def test_what_is_too_long_with_its_exemplars_says_so(
    reviewed: PairSet, chat_encoder: ChatEncoder
) -> None:
    embed(reviewed)
    examples = make_examples(reviewed)[:4]
    bare = TrainSettings(set_url=reviewed.url)
    cache = ItemCache(chat_encoder, bare)
    alone = prepare(reviewed, examples, cache, bare)
    context = max(alone.lengths.values())
    settings = TrainSettings(set_url=reviewed.url, exemplars=1, context_tokens=context)
    prepared = prepare(reviewed, examples, cache, settings)

    assert not alone.excluded
    assert {each.exclusion for each in prepared.excluded.values()} == {"too_long"}
    assert all("1 exemplars" in str(each.exclusion_detail) for each in prepared.excluded.values())


def test_a_run_with_exemplars_is_kept_with_its_card_and_served(
    reviewed: PairSet, train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    embed(reviewed)
    assert train("--name", "first", "--epochs", "1", "--exemplars", "2") == 0

    said = capsys.readouterr().out
    assert "--adapter first --exemplars 2" in said
    card = read_card(adapter_folder(reviewed, "first"))
    assert card is not None
    assert (card.settings["exemplars"], card.settings["query_dropout"]) == (2, 0.2)
    asked = ("--model", "starter", "--adapter", "first", "--engine", "transformers")
    # 1: every reply of a pupil of a few steps may be cut off, and the run says so.
    assert main(["annotate", reviewed.url, *asked, "--exemplars", "2", "--limit", "2"]) in (0, 1)


def test_preferences_are_learnt_with_exemplars_and_without(reviewed: PairSet, train: Train) -> None:
    embed(reviewed)
    shown = ("--exemplars", "1", "--query-dropout", "0.5")
    words = ("--name", "second", "--epochs", "1", "--method", "preference", "--anchor", "0")
    assert train(*words, *shown, "--dropout", "0") == 0

    card = read_card(adapter_folder(reviewed, "second"))
    assert card is not None
    # Against the model itself there is no margin: ln 2 where the right reference is found.
    first = (adapter_folder(reviewed, "second") / "curve.jsonl").read_text().splitlines()[0]
    assert '"loss": 0.69' in first


def test_exemplars_need_the_embeddings_of_mining(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--exemplars", "1") == 2

    assert "pairset mine" in capsys.readouterr().err
