"""What a model is asked: the words, the two images, in one form for all engines and for training.

The words live in ``prompts/*.md``. Their hash and the reply schema's is the prompt's id, which
enters the id of every annotation: other words, other annotations.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from annotator.reply import reply_schema
from annotator.settings import STARTER
from annotator.taxonomy import DEFINITIONS
from pairset.ids import content_id

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

PromptName = Literal["full", "brief"]

Message = dict[str, Any]
"""One chat message: ``role`` and ``content``, a list of parts."""


@dataclass(frozen=True)
class Prompt:
    """The words of one prompt and the schema its reply is held to."""

    name: str
    words: str

    @cached_property
    def schema(self) -> dict[str, Any]:
        return reply_schema()

    @cached_property
    def prompt_id(self) -> str:
        """Hash of the words and of the schema; the order of its keys counts."""
        return content_id("prompt", self.words, json.dumps(self.schema, ensure_ascii=False))


def prompt_name(wanted: Literal["auto", "full", "brief"], model: str) -> PromptName:
    """The prompt a model is asked with: as wanted, or the one line that the starter knows."""
    if wanted != "auto":
        return wanted
    return "brief" if model == STARTER else "full"


def load_prompt(name: PromptName) -> Prompt:
    """Read a prompt's words from the package and fill in the edit types."""
    words = files("annotator").joinpath(f"prompts/{name}.md").read_text(encoding="utf-8").strip()
    return Prompt(name, words.replace("{edit_types}", _edit_type_lines()))


def _edit_type_lines() -> str:
    return "\n".join(
        f"- {edit_type}: {definition.en} / {definition.zh}"
        for edit_type, definition in DEFINITIONS.items()
    )


def build_messages(
    prompt: Prompt,
    source: "PillowImage",
    target: "PillowImage",
    image_part: Callable[["PillowImage"], dict[str, Any]],
) -> list[Message]:
    """The conversation about one pair: source, target, then the words.

    ``image_part`` wraps an image the way an engine takes it (a data URL, a Pillow image, …);
    everything else is the same wherever a model is asked or trained.
    """
    content = [image_part(source), image_part(target), {"type": "text", "text": prompt.words}]
    return [{"role": "user", "content": content}]


def pillow_part(image: "PillowImage") -> dict[str, Any]:
    """An image part as transformers' chat templates take it."""
    return {"type": "image", "image": image}
