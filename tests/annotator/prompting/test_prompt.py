import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from annotator.prompting.prompt import Exemplar, Prompt, build_messages, load_prompt, pillow_part
from annotator.prompting.taxonomy import DEFINITIONS, AceFamily, UltraEditType
from pairset.records.edit_types import EditType


def test_the_brief_prompt_is_what_the_starter_learnt() -> None:
    words = "Describe the edit from the first image to the second as JSON. 用JSON描述编辑。"
    assert load_prompt("brief").words == words


def test_the_full_prompt_explains_every_edit_type() -> None:
    words = load_prompt("full").words
    assert "{edit_types}" not in words
    for edit_type, definition in DEFINITIONS.items():
        assert f"- {edit_type}: {definition.en} / {definition.zh}" in words


def test_the_full_prompt_shows_the_keys_in_their_order() -> None:
    prompt = load_prompt("full")
    shown = prompt.words.splitlines()[-1]
    places = [shown.index(json.dumps(key)) for key in prompt.schema["properties"]]
    assert places == sorted(places)


def test_other_words_are_another_prompt() -> None:
    assert load_prompt("brief").prompt_id == load_prompt("brief").prompt_id
    ids = {
        load_prompt("brief").prompt_id,
        load_prompt("full").prompt_id,
        Prompt("x", "y").prompt_id,
    }
    assert len(ids) == 3


def test_messages_show_source_then_target_then_the_words() -> None:
    source, target = Image.new("RGB", (20, 20)), Image.new("RGB", (20, 20))
    (message,) = build_messages(load_prompt("brief"), source, target, pillow_part)
    assert message["role"] == "user"
    first, second, words = message["content"]
    assert first["image"] is source
    assert second["image"] is target
    assert words == {"type": "text", "text": load_prompt("brief").words}


def test_exemplars_are_earlier_turns_of_the_same_form() -> None:
    pictures = [Image.new("RGB", (20, 20)) for _ in range(6)]
    exemplars = [Exemplar(*pictures[:2], '{"n":1}'), Exemplar(*pictures[2:4], '{"n":2}')]
    prompt = load_prompt("brief")
    messages = build_messages(prompt, *pictures[4:], pillow_part, exemplars)

    assert [message["role"] for message in messages] == ["user", "assistant"] * 2 + ["user"]
    for message, first in zip(messages[::2], (0, 2, 4), strict=True):
        shown = pictures[first : first + 2]
        assert [message] == build_messages(prompt, *shown, pillow_part)
    replies = [message["content"] for message in messages[1::2]]
    assert replies == [[{"type": "text", "text": each.reply}] for each in exemplars]


def test_what_is_shown_is_part_of_the_prompts_id() -> None:
    plain = load_prompt("brief")
    shown = [(0, "a"), (1, "a"), (2, "a"), (1, "b")]
    ids = [replace(plain, exemplars=n, examples=key).prompt_id for n, key in shown]

    assert ids[0] == plain.prompt_id
    assert len(set(ids)) == 4


def test_every_edit_type_is_defined_and_mapped() -> None:
    assert list(DEFINITIONS) == list(EditType)
    for definition in DEFINITIONS.values():
        assert definition.en
        assert definition.zh
        assert definition.ultraedit in UltraEditType
        assert definition.ace in AceFamily
    assert len(UltraEditType) == 9
    assert len(AceFamily) == 8
    assert {definition.ultraedit for definition in DEFINITIONS.values()} == set(UltraEditType)


@pytest.mark.parametrize("edit_type", EditType)
def test_the_documented_table_is_the_taxonomy(edit_type: EditType) -> None:
    page = Path(__file__).parents[3] / "docs" / "annotation.md"
    definition = DEFINITIONS[edit_type]
    cells = (f"`{edit_type}`", definition.en, definition.zh, definition.ultraedit, definition.ace)
    assert f"| {' | '.join(cells)} |" in page.read_text(encoding="utf-8").splitlines()
