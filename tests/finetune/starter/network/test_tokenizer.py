import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from annotator.prompting.reply import KEYS
from finetune.planted.plant import EDITS, plant
from finetune.starter.network.starter_reply import BRIEF_PROMPT, planted_reply
from finetune.starter.network.tokenizer import SCAFFOLD, build_tokenizer, token_id

Photograph = Callable[[int, int], Image.Image]


@pytest.mark.parametrize("kind", EDITS)
def test_replies_survive_the_tokenizer(processor: Any, photograph: Photograph, kind: str) -> None:
    edit = plant(random.Random(5), photograph(5, 96), kind)
    assert edit is not None
    reply = planted_reply(edit)
    ids = processor.tokenizer(reply)["input_ids"]
    assert processor.tokenizer.decode(ids) == reply
    assert len(ids) < 60


def test_a_reply_is_what_the_annotator_expects(photograph: Photograph) -> None:
    edit = plant(random.Random(0), photograph(0, 96), "add")
    assert edit is not None
    assert tuple(json.loads(planted_reply(edit))) == KEYS


def test_values_begin_and_end_on_token_borders(processor: Any, photograph: Photograph) -> None:
    edit = plant(random.Random(0), photograph(0, 96), "move")
    assert edit is not None
    tokenizer = processor.tokenizer
    ids = tokenizer(planted_reply(edit))["input_ids"]
    opening, closing = (ids.index(token_id(tokenizer, piece)) for piece in SCAFFOLD[:2])
    assert tokenizer.decode(ids[opening + 1 : closing]) == edit.instruction.en


def test_the_prompt_is_one_token(processor: Any) -> None:
    assert len(processor.tokenizer(BRIEF_PROMPT)["input_ids"]) == 1


@pytest.mark.parametrize("text", ["Ein Ärger: 東京, 42 km²!", '{"a":"b"}', "把猫换成狗。"])
def test_other_text_survives_too(processor: Any, text: str) -> None:
    assert processor.tokenizer.decode(processor.tokenizer(text)["input_ids"]) == text


def test_the_tokenizer_is_the_same_every_time(processor: Any) -> None:
    assert build_tokenizer().get_vocab() == processor.tokenizer.get_vocab()


def test_a_piece_of_text_is_no_token(processor: Any) -> None:
    with pytest.raises(TypeError):
        token_id(processor.tokenizer, ["no", "token"])  # type: ignore[arg-type]
