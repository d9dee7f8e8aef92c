"""Cells of Parquet columns, read one after the other so that memory is bounded by single cells.

A row group says nothing true of what it expands to: a dictionary makes gigabytes of a kilobyte. All
reads are in the caller's thread: one of pyarrow's that still holds the file when the program ends
would abort it.
"""

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from pairset.decoding import ENCODED_LIMIT_BYTES, ImageError, ImageErrorCode
from pairset.files.uris import open_file

ROWS_LIMIT = 100_000_000
"""Most rows that the footer of a file may promise."""

ROWS_OF_A_SMALL_FILE = 100_000
"""A file with more rows than that has a byte for each, at least: without, it is a bomb."""

EXPANDED_LIMIT_BYTES = 1 << 30
"""What a row group may expand to where the file is packed tighter than images can be.

A dictionary makes gigabytes of a kilobyte, cell by cell. A page is unpacked whole, and the format
lets it have 2 GiB, whatever the footer says.
"""
_TIGHTEST_PACKING = 64

_READ_BYTES = 1 << 20
_KEPT_BYTES = 256 << 20
"""Cells of one row group that are kept, for those who do not ask in order."""
_OPEN_ROW_GROUPS = 4


def open_parquet(file: IO[bytes]) -> pq.ParquetFile:
    """A Parquet file whose columns are read in pieces.

    Raises OSError, ValueError or ArrowException, also where the footer promises what cannot be.
    """
    parquet = pq.ParquetFile(file, pre_buffer=False, buffer_size=_READ_BYTES)
    sizes = row_group_sizes(parquet)
    promised = parquet.metadata.num_rows
    most = min(ROWS_LIMIT, max(ROWS_OF_A_SMALL_FILE, size_of(file)))
    if min(sizes, default=0) < 0 or sum(sizes) != promised or promised > most:
        raise ValueError(f"the footer promises {promised} rows, which this file cannot hold")
    return parquet


def size_of(file: IO[bytes]) -> int:
    """Bytes of an open file."""
    return file.seek(0, os.SEEK_END)


def row_group_sizes(parquet: pq.ParquetFile) -> list[int]:
    """Rows of each row group."""
    footer = parquet.metadata
    return [footer.row_group(group).num_rows for group in range(footer.num_row_groups)]


def column_cells(
    parquet: pq.ParquetFile, group: int, column: str, file_bytes: int
) -> Iterator[pa.Scalar]:
    """The cells of one column in one row group, in order, of a file that has so many bytes.

    Raises OSError, ValueError or ArrowException where the column is damaged from there on, where
    two columns have that name, and where it would expand beyond EXPANDED_LIMIT_BYTES.
    """
    allowed = left = _allowed_expansion(parquet, group, file_bytes)
    for batch in parquet.iter_batches(1, [group], [column], use_threads=False):
        places = batch.schema.get_all_field_indices(column)
        if len(places) != 1:
            raise ValueError(f"{len(places)} columns are called {column!r}")
        if batch.num_rows:
            cells = batch.column(places[0])
            left -= _expanded_bytes(cells)
            if left < 0:
                raise ValueError(f"its cells expand to more than the limit of {allowed} bytes")
            yield cells[0]


def _allowed_expansion(parquet: pq.ParquetFile, group: int, file_bytes: int) -> int:
    """Bytes that the cells of a column may have together.

    Only the row group is asked: pyarrow ends the process where a column's own entry is encrypted.
    Raises ValueError if it promises more.
    """
    allowed = max(EXPANDED_LIMIT_BYTES, _TIGHTEST_PACKING * file_bytes)
    promised = parquet.metadata.row_group(group).total_byte_size
    if promised > allowed:
        raise ValueError(f"its pages expand to {promised} bytes, the limit is {allowed}")
    return allowed


def _expanded_bytes(cells: pa.Array) -> int:
    """Bytes of the one cell; of a dictionary that it shares with others, its own."""
    if pa.types.is_dictionary(cells.type):
        value = cells[0].value if cells[0].is_valid else None
        content = value.as_buffer() if isinstance(value, pa.BinaryScalar) else None
        return content.size if content is not None else 0
    return int(cells.nbytes)


def bytes_in_cell(cell: pa.Scalar) -> bytes:
    """Bytes of a cell: plain binary, or the ``{bytes, path}`` struct of HF datasets; b"" for none.

    Raises ImageError for a cell over ENCODED_LIMIT_BYTES, ValueError for one of another type.
    """
    if isinstance(cell, pa.StructScalar):
        if not cell.is_valid:
            return b""
        if cell.type.names.count("bytes") != 1:
            raise ValueError(f"a cell of type {cell.type}")
        cell = cell["bytes"]
    return bytes_of_scalar(cell, ENCODED_LIMIT_BYTES)


def bytes_of_scalar(cell: pa.Scalar, limit: int) -> bytes:
    """Bytes of a binary or of a text, b"" for null; text is not decoded.

    Raises ImageError for one over the limit, ValueError for a cell of another type.
    """
    if isinstance(cell, pa.DictionaryScalar):
        cell = cell.value if cell.is_valid else pa.scalar(None, pa.binary())
    if not isinstance(cell, pa.BinaryScalar):
        raise ValueError(f"a cell of type {cell.type}")
    content = cell.as_buffer() if cell.is_valid else None
    if content is None:
        return b""
    if content.size > limit:
        message = f"a cell of {content.size} bytes is over the limit of {limit}"
        raise ImageError(ImageErrorCode.TOO_LARGE, message)
    return bytes(content)


def parquet_cell(container: str, row: int, column: str) -> bytes:
    """Image bytes in one row of a Parquet file, b"" where it has none.

    Raises OSError, ValueError or ArrowException, ImageError for a cell that is too large.
    """
    sizes = _row_group_sizes(container)
    first = 0
    for group, size in enumerate(sizes):
        if first <= row < first + size:
            return _open_row_group(container, group, column).read(row - first)
        first += size
    raise ValueError(f"there is no row {row}, the file has {first}")


@lru_cache(maxsize=64)
def _row_group_sizes(container: str) -> tuple[int, ...]:
    with open_file(container) as file:
        return tuple(row_group_sizes(open_parquet(file)))


@lru_cache(maxsize=_OPEN_ROW_GROUPS)
def _open_row_group(container: str, group: int, column: str) -> "_RowGroup":
    return _RowGroup(container, group, column)


class _RowGroup:
    """One column of one row group, read forward; what was passed is kept as far as memory goes."""

    def __init__(self, container: str, group: int, column: str) -> None:
        file = open_file(container)
        self._close = weakref.finalize(self, file.close)
        self._parquet, self._file_bytes = open_parquet(file), size_of(file)
        self._group, self._column = group, column
        self._lock = threading.Lock()
        self._rewind()

    def read(self, row: int) -> bytes:
        with self._lock:
            if row < self._next and row not in self._kept:
                self._rewind()
            while self._next <= row:
                self._advance()
            content = self._kept[row]
        if isinstance(content, ImageError):
            raise content
        return content

    def _rewind(self) -> None:
        self._cells = column_cells(self._parquet, self._group, self._column, self._file_bytes)
        self._next = 0
        self._kept: OrderedDict[int, bytes | ImageError] = OrderedDict()
        self._kept_bytes = 0

    def _advance(self) -> None:
        cell = next(self._cells, None)
        if cell is None:
            raise ValueError(f"the row group ends after {self._next} rows")
        try:
            content: bytes | ImageError = bytes_in_cell(cell)
        except ImageError as error:
            content = error
        self._kept[self._next] = content
        self._kept_bytes += _size(content)
        self._next += 1
        while self._kept_bytes > _KEPT_BYTES and len(self._kept) > 1:
            self._kept_bytes -= _size(self._kept.popitem(last=False)[1])


def _size(content: bytes | ImageError) -> int:
    return len(content) if isinstance(content, bytes) else 0
