"""Images by URI."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from pairset.decoding import ENCODED_LIMIT_BYTES, ImageError, ImageErrorCode, decode
from pairset.files.uris import open_file, split_uri
from pairset.records.image import image_id_of
from pairset.sources.parquet_cells import parquet_cell

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage


def read_bytes(uri: str) -> bytes:
    """The encoded image behind a URI. Raises ImageError (missing, unreadable, empty)."""
    container, place = split_uri(uri)
    try:
        content = _read(container, place)
    except FileNotFoundError as error:
        raise ImageError(ImageErrorCode.MISSING, f"{uri}: no such file") from error
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise ImageError(ImageErrorCode.UNREADABLE, f"{uri}: {error}") from error
    if not content:
        raise ImageError(ImageErrorCode.EMPTY, f"{uri}: the file is empty")
    return content


def read_image(image_id: str, uris: Sequence[str]) -> bytes:
    """The encoded image of that id, from the first of its places that still holds it.

    Files are moved, and overwritten in place: the id is the hash of the bytes, and decides.
    Raises ImageError: ``changed`` where a place holds other bytes, else what is wrong with the
    first.
    """
    problems: list[ImageError] = []
    for uri in uris:
        try:
            content = read_bytes(uri)
        except ImageError as error:
            problems.append(error)
            continue
        if image_id_of(content) == image_id:
            return content
        other = f"{uri}: the file was replaced since it was mined; mine again"
        problems.append(ImageError(ImageErrorCode.CHANGED, other))
    if not problems:
        raise ImageError(ImageErrorCode.MISSING, f"image {image_id}: no place is known")
    changed = (each for each in problems if each.code == ImageErrorCode.CHANGED)
    raise next(changed, problems[0])


def _read(container: str, place: dict[str, str]) -> bytes:
    if "row" in place:
        return parquet_cell(container, int(place["row"]), place["column"])
    offset, size = int(place.get("offset", 0)), int(place.get("size", ENCODED_LIMIT_BYTES + 1))
    if offset < 0 or not 0 <= size <= ENCODED_LIMIT_BYTES + 1:
        raise ValueError(f"no file has {size} bytes of an image at {offset}")
    with open_file(container) as file:
        file.seek(offset)
        content = bytes(file.read(size))
    if len(content) > ENCODED_LIMIT_BYTES:
        message = f"over the limit of {ENCODED_LIMIT_BYTES} bytes"
        raise ImageError(ImageErrorCode.TOO_LARGE, f"{container}: {message}")
    return content


def open_image(uri: str) -> "PillowImage":
    """Upright RGB pixels of the image behind a URI, as ``decode`` gives them. Raises ImageError."""
    return decode(read_bytes(uri)).pixels


def open_known_image(image_id: str, uris: Sequence[str]) -> "PillowImage":
    """The same of the image of that id, from the first place that holds it. Raises ImageError."""
    return decode(read_image(image_id, uris)).pixels
