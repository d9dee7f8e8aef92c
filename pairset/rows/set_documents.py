"""The one door for JSON that lies in a set: whatever is wrong with it, the file is named."""

from typing import Any, TypeVar

from pairset.files.damage import reading
from pairset.files.documents import parse_document
from pairset.store import PairSet

T = TypeVar("T")


def read_set_document(kind: type[T], pair_set: PairSet, path: str) -> T | None:
    """A JSON file of a set as a dataclass or any other type; None where there is none.

    Raises DamagedSetError for what is no JSON, for fields of other types, for numbers that are
    none, for a link that leads out of the set.
    """
    if not pair_set.filesystem.exists(pair_set.inside(path)):
        return None
    with reading(path):
        return parse_finite(kind, pair_set.content_of(path))


def read_set_object(pair_set: PairSet, path: str) -> dict[str, Any] | None:
    """Likewise a JSON object of any fields."""
    return read_set_document(dict[str, Any], pair_set, path)


def parse_finite(kind: type[T], content: bytes | str) -> T:
    """As ``parse_document``, but NaN and infinities are no numbers. Raises ValueError."""
    _refuse_infinities(parse_document(object, content))
    return parse_document(kind, content)


def _refuse_infinities(value: object) -> None:
    """NaN and Infinity are read as numbers, and so is 1e999, which is too large for one."""
    waiting: list[object] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, float) and each - each != 0:
            raise ValueError("a number of it is not finite")
