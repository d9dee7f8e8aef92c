"""Images by URI."""

from typing import TYPE_CHECKING

import pyarrow as pa

from pairset.decoding import ENCODED_LIMIT_BYTES, ImageError, ImageErrorCode, decode
from pairset.parquet_cells import parquet_cell
from pairset.uris import open_file, split_uri

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
