"""What a corpus says of its images, under the names in common use."""

import json
from collections.abc import Mapping
from typing import Any

from pairset.text import storable

_CAPTIONS = ("caption", "text", "prompt", "description", "title")
_LICENCES = ("licence", "license")
_ORIGINS = ("origin", "page_url", "original_url", "url", "source")
_NAMES = {"caption": _CAPTIONS, "licence": _LICENCES, "origin": _ORIGINS}

SAID_NAMES = frozenset(name for names in _NAMES.values() for name in names)
"""Every name that is looked for."""

TEXT_LIMIT_BYTES = 64 << 10
"""Longest caption, licence or origin that is kept; a longer one is left out."""

SIDECAR_LIMIT_BYTES = 1 << 20
"""Largest .txt or .json member that is read."""


def said_in(row: Mapping[str, Any]) -> dict[str, str | None]:
    """Caption, licence and origin in a row or a JSON document: the first name that has a text.

    A text that is no Unicode has the replacement character in its place, one over
    TEXT_LIMIT_BYTES is left out.
    """
    found = {
        field: next((row[name] for name in names if isinstance(row.get(name), str)), None)
        for field, names in _NAMES.items()
    }
    texts = {field: storable(value) for field, value in found.items() if value is not None}
    return {field: text for field, text in texts.items() if not is_too_long(text)}


def is_too_long(text: str) -> bool:
    """Whether a text is over TEXT_LIMIT_BYTES."""
    return len(text) > TEXT_LIMIT_BYTES or len(text.encode()) > TEXT_LIMIT_BYTES


def said_beside(texts: list[bytes], documents: list[bytes]) -> dict[str, str | None]:
    """What the .txt and .json members say that share the key of an image.

    A .txt is the caption; the .json gives licence and origin, and the caption without a .txt.
    Of several of a kind the last in the archive counts.
    """
    said: dict[str, str | None] = {}
    for content in documents:
        said |= _said_in_json(content)
    for content in texts:
        caption = storable(content).removeprefix("\ufeff").strip()
        if not is_too_long(caption) and (caption or "caption" not in said):
            said["caption"] = caption
    return said


def _said_in_json(content: bytes) -> dict[str, str | None]:
    try:
        document = json.loads(content.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return {}
    return said_in(document) if isinstance(document, dict) else {}
