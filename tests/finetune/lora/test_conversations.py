"""A model that would not see one of the images is refused before it is trained."""

from typing import Any

import jinja2
import pytest

from annotator.prompting.prompt import load_prompt
from finetune.lora.conversations import ChatEncoder
from pairset.errors import SettingsError

IMAGES = "{% for part in messages[0].content if part.type == 'image' %}"
WORDS = "{{ messages[0].content[-1].text }}"


class Template:
    """A processor that only writes messages down."""

    def __init__(self, template: str) -> None:
        self._template = jinja2.Template(template)

    def apply_chat_template(self, messages: list[dict[str, Any]], **_: Any) -> str:
        return self._template.render(messages=messages)


def check(template: str) -> None:
    ChatEncoder(Template(template), load_prompt("brief"), 2).check_placeholders("a model")


@pytest.mark.parametrize(
    "places",
    [
        "<|vision_start|><|image_pad|><|vision_end|>",
        "<IMG_CONTEXT>\n",
        "Picture {{ loop.index }}: <image>\n",
        "{% if loop.first %}:{% endif %}<image>",
    ],
)
def test_each_family_writes_its_places_in_its_own_way(places: str) -> None:
    check(IMAGES + places + "{% endfor %}" + WORDS)


@pytest.mark.parametrize(
    "places", ["", "<image>", IMAGES + "{{ loop.first and '<image>' or '' }}{% endfor %}"]
)
def test_a_template_that_drops_an_image_is_refused(places: str) -> None:
    with pytest.raises(SettingsError, match="a model does not make a place for each"):
        check(places + WORDS)
