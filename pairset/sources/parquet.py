"""Images of Parquet files: each cell of each image column, with what its row says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from pairset.decoding import ImageError, ImageErrorCode
from pairset.files.uris import open_file, place_uri
from pairset.sources.captions import SAID_NAMES, TEXT_LIMIT_BYTES, said_in
from pairset.sources.columns_in_words import columns_in_words
from pairset.sources.found import Found, PassedOver
from pairset.sources.image_columns import described, image_columns
from pairset.sources.parquet_cells import (
    bytes_in_cell,
    bytes_of_scalar,
    column_cells,
    open_parquet,
    parquet_cell,
    row_group_sizes,
    size_of,
)
from pairset.sources.protocol import Extent, ReadOptions, SourceKind
from pairset.text import storable

_READ_ERRORS = (OSError, ValueError, pa.ArrowException)
_PLACES_NAMED = 5


class ParquetFiles(SourceKind):
    """Parquet files with bytes of images in columns, split into ranges of rows."""

    name = "parquet"
    suffixes = (".parquet",)
    errors = (*SourceKind.errors, pa.ArrowException)

    def owns(self, place: Mapping[str, str]) -> bool:
        return "row" in place

    def split(self, uri: str, images_per_shard: int) -> list[Extent]:
        try:
            with open_file(uri) as file:
                total = open_parquet(file).metadata.num_rows
        except _READ_ERRORS:
            return [Extent()]
        starts = range(0, max(1, total), images_per_shard)
        return [Extent(first, min(images_per_shard, total - first)) for first in starts]

    def variant(self, options: ReadOptions) -> str:
        columns = ", ".join(map(repr, sorted(options.image_columns)))
        return f"columns {columns}" if columns else ""

    def notices(self, uris: Iterable[str], options: ReadOptions) -> Iterator[str]:
        return columns_in_words(uris, options.image_columns)

    def images(
        self, uri: str, extent: Extent, options: ReadOptions
    ) -> Iterator[Found | PassedOver]:
        """Images in some rows: of the columns asked for, else of those named so.

        What cannot be read costs its row group at most, and is one Found with the error.
        """
        try:
            with open_file(uri) as file:
                yield from _found_in(uri, file, extent, options.image_columns)
        except _READ_ERRORS as error:
            yield Found(uri, ImageError(ImageErrorCode.UNREADABLE, storable(f"{uri}: {error}")))

    def read(self, container: str, place: Mapping[str, str]) -> bytes:
        return parquet_cell(container, int(place["row"]), place["column"])


def row_uri(container: str, row: int, column: str) -> str:
    """URI of the image bytes in one row."""
    return place_uri(container, {"row": row, "column": column})


def _found_in(uri: str, file: IO[bytes], extent: Extent, wanted: Sequence[str]) -> Iterator[Found]:
    parquet = open_parquet(file)
    schema = parquet.schema_arrow
    columns = image_columns(schema, wanted).read
    if not columns:
        message = f"{uri}: no column of images among {described(schema)}"
        advice = "--image-column NAME reads one of bytes"
        error = ImageError(ImageErrorCode.NOT_AN_IMAGE, storable(f"{message}. {advice}"))
        yield Found(uri, error)
        return
    if not parquet.metadata.num_rows:
        yield Found(uri, ImageError(ImageErrorCode.EMPTY, f"{uri}: the file has no rows"))
        return
    part = _Part(uri, parquet, size_of(file), columns, _text_columns(schema))
    rows = parquet.metadata.num_rows if extent.count is None else extent.first + extent.count
    yield from part.images(extent.first, rows)


def _text_columns(schema: pa.Schema) -> list[str]:
    names = schema.names
    return [
        column.name
        for column in schema
        if column.name in SAID_NAMES and names.count(column.name) == 1 and _is_text(column.type)
    ]


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    is_string = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(is_string or pa.types.is_string_view(kind))


@dataclass
class _Part:
    """Some rows of a file, read a row at a time from each column by itself."""

    uri: str
    parquet: pq.ParquetFile
    file_bytes: int
    columns: Sequence[str]
    text_columns: Sequence[str]
    problems: list[ImageError] = field(default_factory=list)
    """What cost more than one row, or a text."""
    texts_left_out: list[int] = field(default_factory=list)
    """Rows."""

    def images(self, first_row: int, last_row: int) -> Iterator[Found]:
        first = 0
        for group, size in enumerate(row_group_sizes(self.parquet)):
            if first + size > first_row and first < last_row:
                start, stop = max(first_row - first, 0), min(last_row - first, size)
                yield from self._group(group, first, start, stop)
            first += size
        if self.texts_left_out:
            places = ", ".join(map(str, self.texts_left_out[:_PLACES_NAMED]))
            message = (
                f"{self.uri}: {len(self.texts_left_out)} texts over {TEXT_LIMIT_BYTES} bytes were "
                f"left out, such as those of rows {places}"
            )
            self.problems.append(ImageError(ImageErrorCode.TOO_LARGE, message))
        yield from (Found(self.uri, problem) for problem in self.problems)

    def _group(self, group: int, first: int, start: int, stop: int) -> Iterator[Found]:
        """Rows ``start`` to ``stop`` of one row group, whose first row is ``first`` in the file."""
        images = {name: self._cells(group, name) for name in self.columns}
        texts = {name: self._cells(group, name) for name in self.text_columns}
        for row in range(stop):
            cells = {name: self._next(images, name, first + row) for name in list(images)}
            said = {name: self._next(texts, name, first + row) for name in list(texts)}
            if row < start:
                continue
            told = self._said(said, first + row)
            for name, cell in cells.items():
                if cell is not None:
                    place = row_uri(self.uri, first + row, name)
                    yield Found(place, _content(place, cell), told)
            if not images:
                return

    def _cells(self, group: int, name: str) -> Iterator[pa.Scalar]:
        return column_cells(self.parquet, group, name, self.file_bytes)

    def _next(
        self, columns: dict[str, Iterator[pa.Scalar]], name: str, row: int
    ) -> pa.Scalar | None:
        """The next cell of a column; a column that ends or is damaged is taken out."""
        try:
            return next(columns[name])
        except StopIteration:
            problem = "its row group ends before"
        except _READ_ERRORS as error:
            problem = str(error)
        del columns[name]
        message = f"{self.uri}: column {name!r} cannot be read from row {row} on: {problem}"
        self.problems.append(ImageError(ImageErrorCode.UNREADABLE, storable(message)))
        return None

    def _said(self, cells: dict[str, pa.Scalar | None], row: int) -> dict[str, str | None]:
        texts = {}
        for name, cell in cells.items():
            if cell is None or not cell.is_valid:
                continue
            try:
                texts[name] = storable(bytes_of_scalar(cell, TEXT_LIMIT_BYTES))
            except ImageError:
                self.texts_left_out.append(row)
        return said_in(texts)


def _content(uri: str, cell: pa.Scalar) -> bytes | ImageError:
    try:
        content = bytes_in_cell(cell)
    except ImageError as error:
        return ImageError(error.code, f"{uri}: {error}")
    return content or ImageError(ImageErrorCode.EMPTY, f"{uri}: no bytes in this row")


PARQUET_FILES = ParquetFiles()
