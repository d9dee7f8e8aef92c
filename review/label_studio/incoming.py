"""What a Label Studio says, checked once where it enters: after this it is trusted.

A server may be any version, edited by anybody, or no Label Studio at all. What cannot be made sense
of is one skipped submission with a sentence, never the end of a pull.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pairset.text import storable

MOST_CHARACTERS = 20_000
"""Of one text: many pages. The longest instruction anybody wrote has a few hundred."""
MOST_NUMBERS = 4_000_000
"""Of one mask, packed: the largest that were seen have some 100,000."""
_MOST_ENTRIES = 10_000
_DEEPEST = 20
_LARGEST_ID = 2**53
_YEARS = range(2000, 2200)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_BIDIRECTIONAL = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class ForeignSubmissionError(Exception):
    """A task or submission that cannot be made a verdict; ``str(error)`` says why."""


def checked(value: object, depth: int = 0) -> Any:
    """JSON as tables take it: valid Unicode, finite numbers, of bounded depth and length.

    Raises ForeignSubmissionError where it is larger than anything a labelling page makes.
    """
    if depth > _DEEPEST:
        raise ForeignSubmissionError(f"it is nested deeper than {_DEEPEST}")
    if isinstance(value, str):
        return _checked_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return _checked_list(value, depth)
    if isinstance(value, dict):
        _check_length(len(value), _MOST_ENTRIES, "fields")
        return {_checked_text(str(key)): checked(each, depth + 1) for key, each in value.items()}
    return value


def _checked_list(values: list[object], depth: int) -> list[object]:
    if all(type(each) is int for each in values):  # a mask: quick, and longer than anything else
        _check_length(len(values), MOST_NUMBERS, "numbers")
        return values
    _check_length(len(values), _MOST_ENTRIES, "entries")
    return [checked(each, depth + 1) for each in values]


def _checked_text(text: str) -> str:
    _check_length(len(text), MOST_CHARACTERS, "characters")
    return storable(text)


def _check_length(length: int, most: int, what: str) -> None:
    if length > most:
        raise ForeignSubmissionError(f"it holds {length:,} {what}, and {most:,} are plenty")


def written(text: str) -> str:
    """A text as a person can have meant it: without control and bidirectional characters."""
    return _BIDIRECTIONAL.sub("", _CONTROL.sub(" ", text))


def record(value: object, what: str) -> Mapping[str, Any]:
    """An object. Raises ForeignSubmissionError."""
    if not isinstance(value, dict):
        raise ForeignSubmissionError(f"{what} is no object but {_shown(value)}")
    return value


def number_of(value: object, what: str) -> int:
    """A number that a server counts by. Raises ForeignSubmissionError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST_ID:
        raise ForeignSubmissionError(f"{what} is {_shown(value)}, no number of Label Studio's")
    return value


def time_of(value: object, what: str) -> str:
    """A time as text, ISO 8601, of this age. Raises ForeignSubmissionError."""
    try:
        is_known = isinstance(value, str) and datetime.fromisoformat(value).year in _YEARS
    except ValueError:
        is_known = False
    if not is_known:
        raise ForeignSubmissionError(f"{what} is {_shown(value)}, no time of this age")
    return str(value)


def seconds_of(value: object) -> float | None:
    """How long somebody took; None where that is no length of time."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _LARGEST_ID else None


def _shown(value: object) -> str:
    return repr(value)[:60]
