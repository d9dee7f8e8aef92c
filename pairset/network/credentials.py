"""Keys and passwords: taken from outside in one place, and taken out of every text in another.

A server may repeat what it was sent. Nothing that it says reaches a row, a file or the screen with
a key in it.
"""

import base64
import html
import os
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, quote_plus

from pairset.errors import SettingsError

HIDDEN = "[hidden]"
"""What stands where a key stood."""

_SHORTEST = 6
"""Shorter values are no secrets ("EMPTY" is what is given to servers that want none), and words of
a reply may hold them by chance."""
_NOT_FOR_HEADERS = re.compile(r"[^\x20-\x7e]")
_USER_OF_URL = re.compile(r"(?<=://)[^/?#\s]*@")


class Secrets:
    """What must be in no text, in the forms in which a server may repeat it."""

    def __init__(self, values: Iterable[str | None] = ()) -> None:
        forms = {form for value in values if value for form in _forms(value.strip())}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(_in_json, longest_first))) if forms else None

    def hide(self, text: str) -> str:
        """The text without them."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


def _forms(value: str) -> set[str]:
    """As it is, and as it stands in addresses, pages and headers."""
    if len(value) < _SHORTEST:
        return set()
    packed = base64.b64encode(value.encode()).decode().rstrip("=")
    written = {value, quote(value, safe=""), quote(value), quote_plus(value), html.escape(value)}
    return written | {packed, packed.replace("+", "-").replace("/", "_")}


def _in_json(form: str) -> str:
    """Pattern of a text in JSON, and in JSON that is a text of another: any character escaped."""
    return "".join(rf"(?:\\*{re.escape(each)}|\\+u{ord(each):04x})" for each in form)


def key_from_environment(variables: Sequence[str]) -> str | None:
    """The first of some environment variables that holds a key, as ``header_value`` gives it."""
    for name in variables:
        value = header_value(os.environ.get(name), f"${name}")
        if value:
            return value
    return None


def header_value(value: str | None, source: str) -> str | None:
    """A key without the white space and line breaks round it; None where there is none.

    Raises SettingsError, which names the source and not the key, for one that no HTTP header holds.
    """
    value = (value or "").strip()
    if _NOT_FOR_HEADERS.search(value):
        raise SettingsError(
            f"{source} holds a character that no key has: a line break in its middle, a control "
            "character, or one that is not ASCII. Set it again; it is not shown here."
        )
    return value or None


def basic_credentials(user: str, password: str) -> str:
    """User and password as a request shows them in its header."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def without_credentials(value: object) -> object:
    """Settings or a part of them: no URL in it has a user or a password any more."""
    if isinstance(value, str):
        return _USER_OF_URL.sub("", value)
    if isinstance(value, dict):
        return {name: without_credentials(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_credentials(each) for each in value]
    return value
