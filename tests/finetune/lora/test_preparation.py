"""Pictures are seen once where there is room for all of them, and learnt from alike where not."""

import json

import pytest

from annotator.prompting.prompt import load_prompt
from annotator.weights.models import load_model
from finetune.lora.adapted_model import Learner, load_learner
from finetune.lora.conversations import ChatEncoder
from finetune.lora.loop import Trained
from finetune.lora.preparation import ItemCache
from finetune.settings import TrainSettings
from pairset.models.adapter_cards import adapter_folder
from pairset.store import PairSet
from tests.annotator.shown_set import make_examples
from tests.finetune.lora.conftest import Train

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")


@pytest.fixture(scope="module")
def learner() -> Learner:
    return load_learner(load_model("starter"), TrainSettings(set_url="unused"), None)


def cache_of(learner: Learner, gigabytes: float) -> ItemCache:
    settings = TrainSettings(set_url="unused", picture_gigabytes=gigabytes)
    chat_encoder = ChatEncoder(learner.processor, load_prompt("brief"), learner.end_of_turn)
    return ItemCache(chat_encoder, settings, learner.model)


def test_with_room_an_example_holds_what_was_seen_and_is_kept(
    reviewed: PairSet, learner: Learner
) -> None:
    example = make_examples(reviewed)[0]
    cache = cache_of(learner, 1)
    item = cache.item(example)
    assert "pixel_values" not in item.conversation.prompt
    assert cache.item(example) is item
    assert cache.seconds_looking > 0


def test_what_the_vision_tower_did_before_the_loop_counts_as_training() -> None:
    loop = Trained(steps=4, seconds=8.0, examples_per_second=4.0, loss=1.0, padding_share=0.0)
    whole = loop.begun_earlier(2.0)
    assert (whole.seconds, whole.examples_per_second) == (10.0, 3.2)


def test_without_room_for_all_every_example_holds_pixels(
    reviewed: PairSet, learner: Learner
) -> None:
    first, second, third, *_ = make_examples(reviewed)
    seen = cache_of(learner, 1).item(first)
    size = sum(tensor.nbytes for tensor in seen.conversation.prompt.values())
    cache = cache_of(learner, 2.5 * size / 2**30)
    assert "pixel_values" not in cache.item(first).conversation.prompt
    assert "pixel_values" not in cache.item(second).conversation.prompt
    for example in (third, first, second):
        assert "pixel_values" in cache.item(example).conversation.prompt


def test_what_is_seen_once_is_learnt_as_what_is_seen_in_every_epoch(
    reviewed: PairSet, train: Train
) -> None:
    assert train("--name", "once") == 0
    assert train("--name", "always", "--picture-gigabytes", "0") == 0

    def losses(name: str) -> list[float]:
        lines = (adapter_folder(reviewed, name) / "curve.jsonl").read_text().splitlines()
        return [json.loads(line)["loss"] for line in lines]

    assert losses("once") == pytest.approx(losses("always"), abs=1e-3)
