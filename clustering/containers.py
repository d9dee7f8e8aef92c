"""Images inside tars and Parquet files: where each lies, its bytes, and what is said of it."""

import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clustering.corpus import IMAGE_SUFFIXES
from pairset.decoding import ImageError, ImageErrorCode
from pairset.images import image_bytes_of
from pairset.text import storable
from pairset.uris import open_file, parquet_row_uri, tar_member_uri

_CAPTIONS = ("caption", "text", "prompt", "description", "title")
_LICENCES = ("licence", "license")
_ORIGINS = ("origin", "page_url", "original_url", "url", "source")


@dataclass(frozen=True, slots=True)
class Found:
    """One image in a container, or the reason why there is none."""

    uri: str
    content: bytes | ImageError
    said: Mapping[str, str | None] = field(default_factory=dict)
    """caption, licence and origin, as far as the corpus tells."""


def in_tar(uri: str) -> Iterator[Found]:
    """Images of a WebDataset tar, each with the .txt or .json member that shares its key.

    A damaged archive gives its good members, then one Found with the error.
    """
    said: dict[str, dict[str, str | None]] = {}
    try:
        for key, texts in _sidecars(uri):
            said[key] = texts
    except (ImageError, tarfile.TarError):
        pass  # the images come from a second walk, which ends at the same damage and reports it
    try:
        for member, archive in _members(uri, IMAGE_SUFFIXES):
            content = _content(archive, member)
            place = tar_member_uri(uri, member.name, member.offset_data, member.size)
            origin: dict[str, str | None] = {"origin": storable(member.name)}
            yield Found(place, content, origin | said.get(_key(member.name), {}))
    except ImageError as error:
        yield Found(uri, error)
    except tarfile.TarError as error:
        yield Found(uri, ImageError(ImageErrorCode.UNREADABLE, f"{uri}: damaged tar: {error}"))


def _members(
    uri: str, suffixes: frozenset[str]
) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    try:
        with (
            open_file(uri) as file,
            tarfile.open(fileobj=file, mode="r:") as archive,
        ):
            for member in archive:
                if member.isreg() and PurePosixPath(member.name).suffix.lower() in suffixes:
                    yield member, archive
    except (OSError, tarfile.TarError, EOFError) as error:
        message = f"{uri}: no readable, uncompressed tar: {error}"
        raise ImageError(ImageErrorCode.UNREADABLE, message) from error


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | ImageError:
    file = archive.extractfile(member)
    content = file.read() if file else b""
    if len(content) < member.size:
        raise tarfile.ReadError(f"{member.name} is cut short")
    return content or ImageError(ImageErrorCode.EMPTY, f"{member.name}: the member is empty")


def _sidecars(uri: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    for member, archive in _members(uri, frozenset({".txt", ".json"})):
        file = archive.extractfile(member)
        text = file.read().decode("utf-8", errors="replace") if file else ""
        if member.name.endswith(".txt"):
            yield _key(member.name), {"caption": text.strip()}
            continue
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            yield _key(member.name), said_in(document)


def _key(name: str) -> str:
    """WebDataset: all up to the first dot of the file name."""
    folder, _, base = name.rpartition("/")
    return f"{folder}/{base.split('.', 1)[0]}"


def said_in(row: Mapping[str, Any]) -> dict[str, str | None]:
    """Caption, licence and origin in a row or a JSON document, under the names in common use."""
    wanted = {"caption": _CAPTIONS, "licence": _LICENCES, "origin": _ORIGINS}
    found = {
        field: next((row[name] for name in names if isinstance(row.get(name), str)), None)
        for field, names in wanted.items()
    }
    return {field: storable(value) for field, value in found.items() if value is not None}


def in_parquet(uri: str, first_row: int, rows: int | None) -> Iterator[Found]:
    """Images in some rows of a Parquet file: a column of binaries or of {bytes, path} structs."""
    try:
        with open_file(uri) as file:
            yield from _rows(pq.ParquetFile(file), uri, first_row, rows)
    except (OSError, ValueError, pa.ArrowException) as error:
        yield Found(uri, ImageError(ImageErrorCode.UNREADABLE, f"{uri}: {error}"))


def _rows(file: pq.ParquetFile, uri: str, first_row: int, rows: int | None) -> Iterator[Found]:
    column = _image_column(file.schema_arrow)
    if column is None:
        message = f"{uri}: no column of image bytes"
        yield Found(uri, ImageError(ImageErrorCode.NOT_AN_IMAGE, message))
        return
    told = {*_CAPTIONS, *_LICENCES, *_ORIGINS}
    columns = [column, *(name for name in file.schema_arrow.names if name in told)]
    last_row = file.metadata.num_rows if rows is None else first_row + rows
    row = 0
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if row + size > first_row and row < last_row:
            table = file.read_row_group(group, columns=columns)
            start, stop = max(first_row - row, 0), min(last_row - row, size)
            for offset, cells in enumerate(table.slice(start, stop - start).to_pylist(), start):
                yield _cell(parquet_row_uri(uri, row + offset, column), cells, column)
        row += size


def _cell(uri: str, cells: dict[str, Any], column: str) -> Found:
    content = image_bytes_of(cells[column])
    empty = ImageError(ImageErrorCode.EMPTY, f"{uri}: no bytes in this row")
    said = {name: value for name, value in cells.items() if name != column}
    return Found(uri, content or empty, said_in(said))


def _image_column(schema: pa.Schema) -> str | None:
    for column in schema:
        kind = column.type
        if pa.types.is_struct(kind):
            names = [kind.field(index).name for index in range(kind.num_fields)]
            if "bytes" in names:
                return str(column.name)
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return str(column.name)
    return None
