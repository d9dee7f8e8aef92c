"""Text from outside, made safe once where it is stored and once where it is printed.

Names of files, captions, replies and what servers say may hold anything. Tables hold valid Unicode
alone; a terminal obeys control characters, and bidirectional ones show a text in another order.
"""

import json
import math
import re
from collections.abc import Mapping

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_UNSAFE_TO_PRINT = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but for tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, overrides and isolates
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # halves of surrogate pairs
    "]"
)


def storable(text: str | bytes) -> str:
    """A text that every table takes: valid Unicode without NUL.

    Halves of a surrogate pair that belong together become the character they stand for. What is no
    Unicode becomes U+FFFD, the replacement character.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="replace")
    elif not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", _REPLACEMENT)


def printable(text: str) -> str:
    """A text that cannot command a terminal: control and bidirectional characters as escapes.

    Line feeds and tabs stay.
    """
    return _UNSAFE_TO_PRINT.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def json_text(document: object, is_unicode: bool = True) -> str:
    """A document as JSON that a terminal may see: unsafe characters as escapes.

    Numbers that are none (NaN, infinity) become null: JSON has no word for them. With
    ``is_unicode`` False all of it is ASCII.
    """
    text = json.dumps(
        _without_odd_numbers(document), indent=2, ensure_ascii=not is_unicode, default=str
    )
    return _UNSAFE_TO_PRINT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _without_odd_numbers(document: object) -> object:
    if isinstance(document, float):
        return document if math.isfinite(document) else None
    if isinstance(document, Mapping):
        return {str(name): _without_odd_numbers(value) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [_without_odd_numbers(value) for value in document]
    return document
