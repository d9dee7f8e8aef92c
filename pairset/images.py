"""Images by URI."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from pairset.decoding import ImageError, ImageErrorCode, decode
from pairset.records.image import image_id_of
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
    except (OSError, ValueError, pa.ArrowException) as error:
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
        return _parquet_cell(container, int(place["row"]), place["column"])
    with open_file(container) as file:
        if "offset" not in place:
            return bytes(file.read())
        file.seek(int(place["offset"]))
        return bytes(file.read(int(place["size"])))


def _parquet_cell(container: str, row: int, column: str) -> bytes:
    group, first = _row_group_of(container, row)
    return image_bytes_of(_row_group(container, group, column)[row - first].as_py())


def image_bytes_of(cell: bytes | dict[str, Any] | None) -> bytes:
    """Bytes in a Parquet cell: plain binary, or the ``{bytes, path}`` struct of HF datasets."""
    if isinstance(cell, dict):
        cell = cell.get("bytes")
    return cell or b""


@lru_cache(maxsize=64)
def _row_group_starts(container: str) -> tuple[int, ...]:
    with open_file(container) as file:
        footer = pq.ParquetFile(file).metadata
    starts, total = [], 0
    for group in range(footer.num_row_groups):
        starts.append(total)
        total += footer.row_group(group).num_rows
    return tuple(starts)


def _row_group_of(container: str, row: int) -> tuple[int, int]:
    starts = _row_group_starts(container)
    group = max(index for index, start in enumerate(starts) if start <= row)
    return group, starts[group]


@lru_cache(maxsize=4)
def _row_group(container: str, group: int, column: str) -> pa.ChunkedArray:
    with open_file(container) as file:
        return pq.ParquetFile(file).read_row_group(group, [column], use_threads=False)[column]


def open_image(uri: str) -> "PillowImage":
    """Upright RGB pixels of the image behind a URI, as ``decode`` gives them. Raises ImageError."""
    return decode(read_bytes(uri)).pixels


def open_known_image(image_id: str, uris: Sequence[str]) -> "PillowImage":
    """The same of the image of that id, from the first place that holds it. Raises ImageError."""
    return decode(read_image(image_id, uris)).pixels
