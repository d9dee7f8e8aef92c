"""A byte-level BPE of the starter's few words, with the reply's scaffold as whole tokens."""

import random
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from PIL import Image
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from finetune.planted.edit_words import FRAME_COLOURS, PLACES, SHAPES
from finetune.planted.plant import EDITS, MIN_SIDE, plant
from finetune.starter.network.starter_reply import BRIEF_PROMPT, planted_reply

END_OF_TURN = "<|im_end|>"
PADDING = "<|endoftext|>"
IMAGE = "<|image_pad|>"
SPECIAL = (
    PADDING,
    "<|im_start|>",
    END_OF_TURN,
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    IMAGE,
    "<|video_pad|>",
)

SCAFFOLD = (
    '{"instruction_en":"',
    '","instruction_zh":"',
    '","inverse_en":"',
    '","inverse_zh":"',
    '","edit_type":"',
    '","is_changed":true,"source_caption":"',
    '","is_changed":false,"source_caption":"',
    '","target_caption":"',
    '","preserved":"',
    '"}',
)
"""The reply without its values. Whole tokens: nothing to learn, and values begin on a token."""

STOCK_PHRASES = (
    BRIEF_PROMPT,
    "A photo with a ",
    "A photo.",
    "The scene and all objects.",
    "Everything else.",
)

CHINESE_SLOTS = (
    *(colour.name.zh for colour in FRAME_COLOURS),
    *(shape.zh for shape in SHAPES),
    *(place.zh for place in PLACES),
    *("把", "在", "的", "改成", "换成", "移到", "添加", "移除", "加上", "去掉", "边框", "。"),
)
"""Chinese has no spaces, so BPE would fuse slots into whole sentences."""

_PAIRS = 4000
"""Planted replies that the tokenizer is trained on: enough for every word to occur."""

_WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def build_tokenizer(vocabulary: int = 800) -> PreTrainedTokenizerFast:
    """Train on the replies to planted edits; the same every time."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(_corpus(), trainer)
    bpe.add_tokens(
        [AddedToken(t, normalized=False) for t in (*SCAFFOLD, *STOCK_PHRASES, *CHINESE_SLOTS)]
    )
    wrap: Callable[..., PreTrainedTokenizerFast] = PreTrainedTokenizerFast
    return wrap(
        tokenizer_object=bpe,
        eos_token=END_OF_TURN,
        pad_token=PADDING,
        additional_special_tokens=list(SPECIAL[1:]),
        model_max_length=2048,
    )


def token_id(tokenizer: PreTrainedTokenizerFast, token: str) -> int:
    """Return the id of one whole token."""
    found = tokenizer.convert_tokens_to_ids(token)
    if not isinstance(found, int):
        raise TypeError(f"{token!r} is more than one token")
    return found


def taught_tokens(tokenizer: PreTrainedTokenizerFast) -> set[int]:
    """Ids of every token that planted replies, their prompt and the end of a turn are made of."""
    taught = {token_id(tokenizer, token) for token in SPECIAL}
    for text in (BRIEF_PROMPT, "user\n", "assistant\n", *_replies(_PAIRS)):
        taught.update(tokenizer(text)["input_ids"])
    return taught


def _corpus() -> Iterator[str]:
    separators = (*SCAFFOLD, *STOCK_PHRASES, *CHINESE_SLOTS)
    for reply in _replies(_PAIRS):
        yield from _split(reply, separators)
    yield from ["user\n", "assistant\n", "system\n"] * (_PAIRS // 10)


@cache
def _replies(pairs: int) -> tuple[str, ...]:
    """Return the replies to edits planted in noise."""
    rng = random.Random(0)
    noise = np.random.default_rng(0).integers(0, 255, (MIN_SIDE, MIN_SIDE, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    edits = (plant(rng, image, EDITS[number % len(EDITS)]) for number in range(pairs))
    return tuple(planted_reply(edit) for edit in edits if edit)


def _split(text: str, separators: tuple[str, ...]) -> list[str]:
    for separator in separators:
        text = text.replace(separator, "\0")
    return [piece for piece in text.split("\0") if piece]
