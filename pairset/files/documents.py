"""JSON that somebody else wrote: what was meant, checked for its types, or a reason why not.

Sets, models and adapters come from other people. Whatever of theirs is read passes through here.
"""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

LARGEST_DOCUMENT_BYTES = 64 << 20
"""More than any document of a set or a model has; tokenizers have some ten megabytes."""

T = TypeVar("T")


def parse_document(kind: type[T], content: bytes | str) -> T:
    """JSON as a dataclass or any other type, with every field of the type that it is declared as.

    Raises ValueError, in one line, for what is no JSON or no UTF-8, for JSON that is nested too
    deeply, and for fields that are missing or of another type.
    """
    try:
        return TypeAdapter(kind).validate_json(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from error


def parse_object(content: bytes | str) -> dict[str, Any]:
    """A JSON object of any fields. Raises ValueError as ``parse_document`` does."""
    return parse_document(dict[str, Any], content)


def read_bounded(path: Path) -> bytes:
    """A file's content. Raises ValueError for what is no plain file or larger than it can be."""
    if not path.is_file():
        raise ValueError(f"{path.name} is missing or no file")
    with path.open("rb") as file:
        content = file.read(LARGEST_DOCUMENT_BYTES + 1)
    if len(content) > LARGEST_DOCUMENT_BYTES:
        raise ValueError(f"{path.name} is larger than {LARGEST_DOCUMENT_BYTES >> 20} MiB")
    return content


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises ValueError naming the file."""
    try:
        return parse_object(read_bounded(path))
    except OSError as error:
        raise ValueError(f"{path.name}: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
