"""What a server said that did not do what it was asked, in a few words for a person."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from pairset.text import storable

_EXCERPT_CHARACTERS = 300
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
_NAMES_OF_MESSAGES = ("message", "detail", "msg", "error")


def excerpt_of(content: bytes) -> str:
    """How a reply begins, or the error message in it; a page for people is not shown."""
    if _PAGE.match(content):
        return "it answered a web page"
    try:
        said = error_in(json.loads(content))
    except (ValueError, RecursionError):
        said = None
    text = said or storable(content[: 4 * _EXCERPT_CHARACTERS])
    return " ".join(text.split())[:_EXCERPT_CHARACTERS]


def error_in(body: object) -> str | None:
    """The message of an error in a reply's JSON, in the forms that servers give it."""
    error = body.get("error") if isinstance(body, dict) else None
    for said in (error, body):
        if isinstance(said, dict):
            said = next((said[name] for name in _NAMES_OF_MESSAGES if said.get(name)), None)
        if isinstance(said, str) and said.strip():
            return storable(said)
    return None


@dataclass(frozen=True, slots=True)
class Failure:
    """What a server says went wrong in a reply whose status says that all is well."""

    message: str
    status: int | None
    """The status that it should have had, where it tells."""


def failure_in(body: object) -> Failure | None:
    """The error of a completion, its own or its first choice's; None where there is none.

    Gateways that have begun to answer before the model fails send such replies.
    """
    if not isinstance(body, dict):
        return None
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    for place in (body, choice):
        error = place.get("error") if isinstance(place, dict) else None
        if error:
            message = error_in(place) or storable(json.dumps(error))
            return Failure(message[:_EXCERPT_CHARACTERS], _status_in(error))
    return None


def _status_in(error: object) -> int | None:
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and code.isascii() and code.isdigit():
        return int(code[:4])
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def with_texts(document: object, change: Callable[[str], str]) -> object:
    """JSON with every text and name in it changed. Raises RecursionError where it is too deep."""
    if isinstance(document, str):
        return change(document)
    if isinstance(document, list):
        return [with_texts(each, change) for each in document]
    if isinstance(document, dict):
        return {change(name): with_texts(each, change) for name, each in document.items()}
    return document
