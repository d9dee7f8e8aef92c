"""Files of a set that hold something else than a verb wrote: the file is named, with what to do."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from pairset.errors import PairsetError

_WRONG = (pa.ArrowException, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading and taking apart a table or a document raises where it is another one."""
_OF_TABLES = ("ConversionException", "IOException", "InvalidInputException")
_ADVICE = "Restore it, or remove it: the verb that wrote it makes it again where it can."


class DamagedSetError(PairsetError):
    """A file of a set is not what a verb wrote there."""


class MissingRunError(DamagedSetError):
    """The run that readers of a stage should follow is not there."""


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Read and take apart one file inside. Raises DamagedSetError naming it."""
    try:
        yield
    except _WRONG as error:
        raise DamagedSetError(f"{path} is damaged: {_first_line(error)}. {_ADVICE}") from error


def damaged_table(error: Exception) -> DamagedSetError | None:
    """What DuckDB says of a table that it cannot read, in words; None where it is another error."""
    duckdb = sys.modules.get("duckdb")
    if duckdb is None or not isinstance(error, duckdb.Error):
        return None
    # A broken footer has no kind of its own; queries that are wrong have.
    if type(error) is not duckdb.Error and type(error).__name__ not in _OF_TABLES:
        return None
    return DamagedSetError(f"A table of the set cannot be read: {_first_line(error)}. {_ADVICE}")


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.split("\n", 1)[0].rstrip(".")[:300]
