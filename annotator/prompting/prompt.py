"""What a model is asked: the words, the two images, in one form for all engines and for training.

The words live in ``prompts/*.md``. Their hash and the reply schema's is the prompt's id, which
enters the id of every annotation: other words, other annotations. So do exemplars, reviewed pairs
that are shown before the one in question.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, Union

from annotator.prompting.reply import reply_schema
from annotator.prompting.taxonomy import DEFINITIONS
from pairset.models.stand_in import STARTER
from pairset.plain_files import EncodedImage
from pairset.records.ids import content_id

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

PromptName = Literal["full", "brief"]
EDIT_TYPES = "{edit_types}"
"""Placeholder in a prompt for the list of edit types."""

Picture: TypeAlias = Union["PillowImage", EncodedImage]
"""Upright RGB pixels of bounded size, or a file that holds such."""


class Message(TypedDict):
    """One chat message."""

    role: str
    content: list[dict[str, object]]
    """Its parts: texts and images."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A reviewed pair as a model is shown it, and the reply that reviewers stand by."""

    source: Picture
    target: Picture
    reply: str


@dataclass(frozen=True)
class Prompt:
    """The words of one prompt and the schema its reply is held to."""

    name: str
    words: str
    exemplars: int = 0
    """Most exemplars shown before a pair."""
    examples: str = ""
    """Key of the table of examples that they are chosen from; empty where none are shown."""
    own_text: str = ""
    """Content of the user's file that the words were read from; empty for a prompt that ships."""

    @cached_property
    def schema(self) -> dict[str, object]:
        return reply_schema()

    @cached_property
    def prompt_id(self) -> str:
        """Hash of the words and of the schema, whose order of keys counts, and of what is shown."""
        shown = [str(self.exemplars), self.examples] if self.exemplars else []
        schema = json.dumps(self.schema, ensure_ascii=False)
        return content_id("prompt", self.words, schema, *shown)


def prompt_name(wanted: Literal["auto", "full", "brief"], model: str) -> PromptName:
    """The prompt a model is asked with: as wanted, or the one line that the starter knows."""
    if wanted != "auto":
        return wanted
    return "brief" if model == STARTER else "full"


def load_prompt(name: PromptName) -> Prompt:
    """Read a prompt's words from the package and fill in the edit types."""
    words = files("annotator").joinpath(f"prompts/{name}.md").read_text(encoding="utf-8").strip()
    return Prompt(name, filled_in(words))


def filled_in(words: str) -> str:
    """The words of a prompt with the list of edit types where the placeholder stands."""
    lines = (
        f"- {edit_type}: {definition.en} / {definition.zh}"
        for edit_type, definition in DEFINITIONS.items()
    )
    return words.replace(EDIT_TYPES, "\n".join(lines))


def build_messages(
    prompt: Prompt,
    source: Picture,
    target: Picture,
    image_part: Callable[[Picture], dict[str, object]],
    exemplars: Sequence[Exemplar] = (),
) -> list[Message]:
    """The conversation about one pair: source, target, then the words.

    Each exemplar is an earlier turn of the same form, with its reply as the model's own.
    ``image_part`` wraps an image the way an engine takes it (a data URL, a Pillow image, …);
    everything else is the same wherever a model is asked or trained.
    """

    def question(source: Picture, target: Picture) -> Message:
        content = [image_part(source), image_part(target), _text_part(prompt.words)]
        return {"role": "user", "content": content}

    messages: list[Message] = []
    for shown in exemplars:
        messages.append(question(shown.source, shown.target))
        messages.append({"role": "assistant", "content": [_text_part(shown.reply)]})
    return [*messages, question(source, target)]


def images_in(exemplars: int) -> int:
    """How many images a conversation has, by the number of its exemplars."""
    return 2 * (exemplars + 1)


def _text_part(text: str) -> dict[str, object]:
    return {"type": "text", "text": text}


def pillow_part(picture: Picture) -> dict[str, object]:
    """An image part as transformers' chat templates take it."""
    return {"type": "image", "image": pixels_of(picture)}


def pixels_of(picture: Picture) -> "PillowImage":
    """What a picture shows. Raises ImageError for a file that is damaged inside."""
    return picture.pixels() if isinstance(picture, EncodedImage) else picture
