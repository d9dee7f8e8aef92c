"""An example as a model reads it: the very messages of serving, and after them the reply to learn.

Tokens of the prompt come from the same builder and the same processor call as in the annotator's
engines, so that a model is trained on what it will be asked, token for token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from annotator.prompting.prompt import Exemplar, Message, Prompt, build_messages, pillow_part
from pairset.errors import SettingsError
from pairset.models.loaded import Processor

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Conversation:
    """One pair, the prompt about it, and one reply; what is shown before is part of the prompt."""

    prompt: "dict[str, Tensor]"
    """What the processor makes of the messages, as a batch of one: input_ids (1, length), pixels
    and whatever else the model wants."""
    reply: list[int]
    """Token ids of the reply, closed by the end of the turn."""

    @property
    def length(self) -> int:
        """Tokens in all."""
        return int(self.prompt["input_ids"].shape[1]) + len(self.reply)


class ChatEncoder:
    """Turns pairs and replies into token ids, for one model and one prompt."""

    def __init__(self, processor: Processor, prompt: Prompt, end_of_turn: int) -> None:
        self._processor = processor
        self._prompt = prompt
        self._end_of_turn = end_of_turn

    def prompt_inputs(
        self,
        source: "PillowImage",
        target: "PillowImage",
        exemplars: Sequence[Exemplar] = (),
    ) -> "dict[str, Tensor]":
        """The prompt about a pair, as every engine builds it."""
        encoded = self._processor.apply_chat_template(
            [build_messages(self._prompt, source, target, pillow_part, exemplars)],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )
        return dict(encoded)

    def reply_ids(self, reply: str) -> list[int]:
        """Token ids of a reply and of the end of the turn."""
        encoded = self._processor.tokenizer(reply, add_special_tokens=False)
        return [*encoded["input_ids"], self._end_of_turn]

    def check_placeholders(self, model_name: str, exemplars: int = 0) -> None:
        """Hold that the chat template makes a place for each image, and keeps exemplars' replies.

        Raises SettingsError where it does not: such a model would be trained on pictures and
        replies it never saw.
        """
        from PIL import Image

        blank = Image.new("RGB", (64, 64))
        (message,) = build_messages(self._prompt, blank, blank, pillow_part)
        *images, words = message["content"]
        # How a place is written differs from family to family; that each image adds one does not.
        texts = [
            self._template_text([{**message, "content": [*images[:count], words]}])
            for count in range(len(images) + 1)
        ]
        added = [len(more) - len(less) for less, more in pairwise(texts)]
        if min(added) <= 0:
            raise SettingsError(
                f"The chat template of {model_name} does not make a place for each of the "
                f"{len(images)} images of a pair (they add {added} characters): train another "
                "model."
            )
        shown = [Exemplar(blank, blank, f'{{"reply":{number}}}') for number in range(exemplars)]
        text = self._template_text(build_messages(self._prompt, blank, blank, pillow_part, shown))
        if not all(exemplar.reply in text for exemplar in shown):
            raise SettingsError(
                f"The chat template of {model_name} leaves out earlier replies: train without "
                "--exemplars, or another model."
            )

    def _template_text(self, messages: list[Message]) -> str:
        """The messages as the chat template writes them, before images become tokens."""
        return self._processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False
        )
