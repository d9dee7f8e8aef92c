"""What the model says of a few held-out pairs, before training and after it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import torch

from annotator.pictures import load_example_images
from finetune.lora.adapted_model import Learner
from finetune.lora.conversations import ChatEncoder
from finetune.settings import TrainSettings
from pairset.decoding import ImageError
from pairset.records import Example
from pairset.records.example import Split
from pairset.records.ids import content_id
from pairset.rows.places import PlacedImage
from pairset.rows.voices import Voice, voice_of
from pairset.running.progress import progress

if TYPE_CHECKING:
    from torch import Tensor

_LONGEST_REPLY = 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """One held-out pair, and two replies to it as they were written."""

    example: Example
    before: str
    """The base's, with the adapter switched off."""
    after: str


def take_samples(
    learner: Learner,
    chat_encoder: ChatEncoder,
    examples: Sequence[Example],
    settings: TrainSettings,
    placed: Mapping[str, PlacedImage],
) -> list[Sample]:
    """Greedy replies to ``settings.samples`` held-out pairs.

    They are drawn by their ids, edit types in turn, without a look at how the replies come out. A
    pair that cannot be asked about makes way for the next one.
    """
    learner.model.eval()
    drawn = draw(examples)
    most = min(settings.samples, len(drawn))
    asked = islice(_asked(learner, chat_encoder, drawn, settings, placed), most)
    return list(progress(asked, "samples", total=most, unit="pair"))


def draw(examples: Sequence[Example]) -> list[Example]:
    """Held-out pairs in an order by chance that stays the same, edit types taking turns.

    Not those whose words are a model's own, accepted unseen: they show nothing that it learnt.
    """
    held_out = [
        each
        for each in examples
        if each.teaches
        and each.split == Split.HELD_OUT
        and voice_of(each.reviewer) is not Voice.AUTO
    ]
    before = Counter[str | None]()
    turns = []
    for each in sorted(held_out, key=lambda each: content_id("sample", each.pair_id)):
        turns.append((before[each.edit_type], each))
        before[each.edit_type] += 1
    return [each for _, each in sorted(turns, key=lambda turn: turn[0])]


def _asked(
    learner: Learner,
    chat_encoder: ChatEncoder,
    examples: Sequence[Example],
    settings: TrainSettings,
    placed: Mapping[str, PlacedImage],
) -> Iterator[Sample]:
    for example in examples:
        try:
            pictures = load_example_images(example, settings.max_pixels, placed)
            prompt = chat_encoder.prompt_inputs(*pictures)
        except ImageError:
            continue
        room = settings.context_tokens - int(prompt["input_ids"].shape[1])
        if room <= 0:
            continue
        longest = min(_LONGEST_REPLY, room)
        with learner.model.disable_adapter():
            before = _reply(learner, prompt, longest)
        yield Sample(example, before, _reply(learner, prompt, longest))


@torch.no_grad()
def _reply(learner: Learner, prompt: "dict[str, Tensor]", longest: int) -> str:
    inputs = {name: tensor.to(learner.model.device) for name, tensor in prompt.items()}
    written: Tensor = learner.model.generate(  # type: ignore[no-untyped-call]
        **inputs,
        max_new_tokens=longest,
        use_cache=True,  # the trainer switches it off where activations are computed twice
        # What a model's own generation config may say else would not be greedy.
        do_sample=False,
        temperature=None,
        top_p=None,
        top_k=None,
        repetition_penalty=1.0,
    )
    new = written[0, inputs["input_ids"].shape[1] :]
    return learner.processor.tokenizer.decode(new, skip_special_tokens=True)
