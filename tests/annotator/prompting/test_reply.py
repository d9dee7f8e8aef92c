import json

import pytest

from annotator.prompting.reply import KEYS, ReplyError, check_finish, check_reply, reply_schema
from pairset.records.edit_types import EditType
from tests.annotator.fake_server import REPLY


def code_of(text: str) -> str:
    with pytest.raises(ReplyError) as raised:
        check_reply(text)
    return raised.value.code


def changed(**changes: object) -> str:
    return json.dumps(REPLY | changes, ensure_ascii=False)


def test_a_good_reply_is_taken_whole() -> None:
    checked = check_reply(changed())
    assert checked.edit_type is EditType.BRIGHTNESS
    assert checked.instruction_zh == "把画面调亮。"


def test_no_change_is_a_legitimate_answer() -> None:
    assert not check_reply(changed(is_changed=False, edit_type="none")).is_changed


def test_the_instruction_is_written_first() -> None:
    schema = reply_schema()
    assert tuple(schema["properties"]) == tuple(schema["required"]) == KEYS
    assert KEYS[:2] == ("instruction_en", "instruction_zh")
    assert KEYS.index("edit_type") > KEYS.index("inverse_zh")


@pytest.mark.parametrize("text", ["", "Sure! Here it is", '{"instruction_en": "Add', "[" * 100_000])
def test_what_is_no_json_is_said_to_be_none(text: str) -> None:
    assert code_of(text) == "invalid_json"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        changed(extra="x"),
        changed(instruction_en=""),
        changed(instruction_en=" "),
        changed(instruction_en=7),
        changed(instruction_en="x" * 500),
        changed(edit_type="teleport"),
        changed(edit_type=None),
        changed(is_changed="true"),
    ],
)
def test_what_breaks_the_schema_is_invalid(text: str) -> None:
    assert code_of(text) == "invalid_reply"


@pytest.mark.parametrize(("is_changed", "edit_type"), [(True, "none"), (False, "add")])
def test_change_and_type_must_agree(is_changed: bool, edit_type: str) -> None:
    assert code_of(changed(is_changed=is_changed, edit_type=edit_type)) == "inconsistent"


@pytest.mark.parametrize(
    ("finish_reason", "refusal", "code"),
    [
        ("length", None, "truncated"),
        ("content_filter", None, "refused"),
        ("refusal", None, "refused"),
        ("stop", "I cannot help with that.", "refused"),
    ],
)
def test_how_a_reply_ended_is_honoured(finish_reason: str, refusal: str | None, code: str) -> None:
    with pytest.raises(ReplyError) as raised:
        check_finish(finish_reason, refusal)
    assert raised.value.code == code


def test_a_reply_that_stopped_is_fine() -> None:
    check_finish("stop")


@pytest.mark.parametrize("text", ["红色 → blue, 'SALE'", "a\nb", "a\x00", 'a"b', "a\\b", ""])
def test_the_grammar_takes_clean_texts_only(text: str) -> None:
    xgrammar = pytest.importorskip("xgrammar")
    from xgrammar.testing import _is_grammar_accept_string

    grammar = xgrammar.Grammar.from_json_schema(json.dumps(reply_schema()))
    written = '{"instruction_en":"' + text + '",' + changed().split(",", 1)[1].lstrip()
    clean = text.isprintable() and text and not set(text) & {'"', "\\"}
    assert _is_grammar_accept_string(grammar, written) == bool(clean)


def test_the_grammar_keeps_the_order_of_keys() -> None:
    xgrammar = pytest.importorskip("xgrammar")
    from xgrammar.testing import _is_grammar_accept_string

    grammar = xgrammar.Grammar.from_json_schema(json.dumps(reply_schema()))
    assert _is_grammar_accept_string(grammar, json.dumps(REPLY, ensure_ascii=False))
    assert not _is_grammar_accept_string(
        grammar, json.dumps(dict(reversed(REPLY.items())), ensure_ascii=False)
    )
