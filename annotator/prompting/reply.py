"""What a model must answer: the schema it is held to, and the check of what came."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pairset.network.credentials import HIDDEN
from pairset.records.edit_types import EditType

INSTRUCTION_CHARACTERS = 400
"""Longest instruction that is taken for one."""
CAPTION_CHARACTERS = 300
"""Longest caption, and longest list of what is preserved."""

_LONGEST_TEXT = {
    "instruction_en": INSTRUCTION_CHARACTERS,
    "instruction_zh": INSTRUCTION_CHARACTERS,
    "inverse_en": INSTRUCTION_CHARACTERS,
    "inverse_zh": INSTRUCTION_CHARACTERS,
    "source_caption": CAPTION_CHARACTERS,
    "target_caption": CAPTION_CHARACTERS,
    "preserved": CAPTION_CHARACTERS,
}

KEYS = (
    "instruction_en",
    "instruction_zh",
    "inverse_en",
    "inverse_zh",
    "edit_type",
    "is_changed",
    "source_caption",
    "target_caption",
    "preserved",
)
"""The keys in the order they are written. The instruction stands first on purpose: whatever is
decided before it (a type, say) takes part of the uncertainty with it, and the confidence reads
the instruction's tokens only."""


_FENCE, _END_OF_THOUGHTS = "```", "</think>"
_UNWELCOME = frozenset("\\\ufffd")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control, format (bidirectional ones among them) and surrogate characters,
and of separators of lines and paragraphs."""
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that words and emoji are written with."""
_SHOWN_CHARACTERS = 200

_TEXT = {"type": "string", "pattern": r'^[^\x00-\x1f\x7f"\\]+$'}
"""A text without control characters, double quotes and backslashes.

A ``pattern`` instead of ``maxLength``: under the latter xgrammar lets raw control characters
through, which are no JSON. It is matched against the text as it is written, hence no escapes.
It bounds no length: xgrammar 0.2 fails on ``{1,300}`` and its cost grows with the bound. Lengths
are bounded by max_tokens while writing, and checked afterwards.
"""


def reply_schema() -> dict[str, object]:
    """JSON schema of the reply, for constrained decoding; properties are in writing order."""
    other = {
        "edit_type": {"type": "string", "enum": [edit_type.value for edit_type in EditType]},
        "is_changed": {"type": "boolean"},
    }
    return {
        "type": "object",
        "properties": {key: other.get(key, _TEXT) for key in KEYS},
        "required": list(KEYS),
        "additionalProperties": False,
    }


class ReplyErrorCode(StrEnum):
    """Why a reply became no annotation."""

    TRUNCATED = "truncated"
    REFUSED = "refused"
    INVALID_JSON = "invalid_json"
    INVALID_REPLY = "invalid_reply"
    INCONSISTENT = "inconsistent"
    REQUEST_REJECTED = "request_rejected"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    UNSUPPORTED = "unsupported"
    """The server cannot do what was asked of it."""


OF_THE_SERVER = frozenset({ReplyErrorCode.SERVER_ERROR, ReplyErrorCode.TIMEOUT})
"""Codes of a server that is down, where no reply has another."""


class ReplyError(Exception):
    """One reply cannot be used; carries the code that its row gets."""

    def __init__(self, code: ReplyErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class CheckedReply:
    """A reply whose fields all are what they should be."""

    instruction_en: str
    instruction_zh: str
    inverse_en: str
    inverse_zh: str
    edit_type: EditType
    is_changed: bool
    source_caption: str
    target_caption: str
    preserved: str


def reply_text(fields: Mapping[str, str | bool]) -> str:
    """The reply as JSON without any space between tokens, keys in writing order.

    That is how models are taught to write it, and how little of it constrained decoding leaves to
    chance. Raises KeyError where a key is missing.
    """
    ordered = {key: fields[key] for key in KEYS}
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))


_REFUSALS = frozenset({"content_filter", "refusal"})


def check_finish(finish_reason: str | None, refusal: str | None = None) -> None:
    """Honour how the reply ended. Raises ReplyError (truncated, refused)."""
    if refusal or finish_reason in _REFUSALS:
        raise ReplyError(ReplyErrorCode.REFUSED, refusal or "the server's content filter refused")
    if finish_reason == "length":
        raise ReplyError(
            ReplyErrorCode.TRUNCATED, "the reply was cut off: raise --max-tokens, then retry"
        )


def check_reply(text: str) -> CheckedReply:
    """Turn the reply's text into checked fields.

    Raises ReplyError: invalid_json, invalid_reply (keys, types, lengths, unknown edit type) or
    inconsistent (``is_changed`` and ``edit_type`` contradict each other).
    """
    fields = _json_object(text)
    if set(fields) != set(KEYS):
        missing, surplus = sorted(set(KEYS) - set(fields)), sorted(set(fields) - set(KEYS))
        raise _invalid(f"keys missing: {missing}, not asked for: {_shown(', '.join(surplus))}")
    texts = {name: _checked_text(fields, name, most) for name, most in _LONGEST_TEXT.items()}
    edit_type, is_changed = _checked_type(fields["edit_type"]), fields["is_changed"]
    if not isinstance(is_changed, bool):
        raise _invalid(f"is_changed is {_shown(is_changed)}, not true or false")
    if is_changed == (edit_type is EditType.NONE):
        raise ReplyError(
            ReplyErrorCode.INCONSISTENT, f"is_changed is {is_changed} with edit_type {edit_type}"
        )
    return CheckedReply(edit_type=edit_type, is_changed=is_changed, **texts)


def _invalid(message: str) -> ReplyError:
    return ReplyError(ReplyErrorCode.INVALID_REPLY, message)


def reply_place(text: str) -> tuple[int, int]:
    """Where the JSON begins and ends in what a model wrote: after its thoughts, inside its fence.

    Models that no grammar holds think aloud in ``<think>`` and write JSON as Markdown.
    """
    start = 0
    if not text.lstrip().startswith("{"):
        start = (
            text.rfind(_END_OF_THOUGHTS) + len(_END_OF_THOUGHTS) if _END_OF_THOUGHTS in text else 0
        )
    fence = text.find(_FENCE, start)
    if fence < 0 or "{" in text[start:fence]:
        return start, len(text)
    opened = text.find("\n", fence)
    closed = text.rfind(_FENCE)
    start = opened if opened >= 0 else fence + len(_FENCE)
    return start, closed if closed > start else len(text)


def after_thoughts(text: str) -> str:
    """What a model wrote once it had thought."""
    return text.rpartition(_END_OF_THOUGHTS)[2]


def _json_object(text: str) -> dict[str, object]:
    start, end = reply_place(text)
    try:
        fields = json.loads(text[start:end], object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        reason = str(error) if text.strip() else "it is empty"
        raise ReplyError(ReplyErrorCode.INVALID_JSON, f"the reply is no JSON: {reason}") from error
    if not isinstance(fields, dict):
        raise _invalid(f"the reply is a {type(fields).__name__}, not an object")
    return fields


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Confidence is read off the first of two values of one name, and JSON means the last."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise _invalid("a key is there twice")
    return fields


def _checked_text(fields: Mapping[str, object], name: str, most: int) -> str:
    value = fields[name]
    if not isinstance(value, str) or not value.strip():
        raise _invalid(f"{name} is {_shown(value)}, not a text")
    if len(value) > most:
        raise _invalid(f"{name} has {len(value)} characters, more than {most}")
    return checked_words(name, value)


def checked_words(name: str, text: str) -> str:
    """A text that holds what the grammar allows; straight double quotes become curved ones.

    Raises ReplyError (invalid_reply) for control, bidirectional and other invisible characters, for
    backslashes, for what is no Unicode, and for a key that a server repeated.
    """
    for character in text:
        if character in _UNWELCOME or (
            unicodedata.category(character) in _INVISIBLE and character not in _JOINERS
        ):
            raise _invalid(f"{name} holds the character U+{ord(character):04X}")
    if HIDDEN in text:
        raise _invalid(f"{name} repeats a key or a password")
    pieces = text.split('"')
    if len(pieces) % 2 == 0:
        raise _invalid(f"{name} holds a double quote that nothing closes")
    quoted = (piece if place % 2 == 0 else f"“{piece}”" for place, piece in enumerate(pieces))
    return "".join(quoted)


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return f"a {type(value).__name__}"  # maybe of a depth that cannot be written out
    return f"{value!r:.{_SHOWN_CHARACTERS}}"


def _checked_type(value: object) -> EditType:
    if not isinstance(value, str) or value not in set(EditType):
        raise _invalid(f"edit_type {_shown(value)} is not one of the known ones")
    return EditType(value)
